package archive

import (
	"maps"
	"slices"
)

// plan says what a run would do: a backfill of the range that was asked for, with force a run over all of it, and without a
// range the timer's run. Nothing is written. Unless the request forbids it the API is asked, for counts and a few calls.
func (r *run) plan() error {
	tasks, passed, err := r.planned()
	if err != nil {
		r.onward = "no plan was made"
		return r.unlessStopped(err)
	}
	p := &PlanReport{Windows: []PlannedWindow{}, PassedOver: passed, APIRequests: r.lateCounts(tasks)}
	r.report.Plan = p
	for _, t := range tasks {
		r.report.cover(t.Window)
		w := PlannedWindow{App: t.App, Window: r.Grid.Stamp(t.Window.Start), Reason: t.Reason, APIRequests: int(r.stretch(t).pages().Least)}
		p.Windows = append(p.Windows, w)
		p.APIRequests += w.APIRequests
	}
	stretches := r.days(tasks)
	if !r.NoAPI {
		if p.Cost, err = r.foresee(stretches, tasks); err != nil && !r.timeUp(err) {
			return err
		}
		if p.Cost == nil {
			r.report.note(r.whyStopped() + " before the calls were counted: ask for a shorter range, or give the run more time")
		}
	}
	p.Stretches = r.joined(stretches, tasks)
	return nil
}

// planned gives the tasks of the plan, and how many windows of the range are passed over.
func (r *run) planned() (tasks []Task, passed int, err error) {
	if !r.ranged() || r.Force {
		tasks, err = r.tasks()
		return tasks, 0, err
	}
	if tasks, err = r.backlog(); err != nil {
		return nil, 0, err
	}
	span, _, err := r.planner.span(r.Request)
	return tasks, len(r.apps)*len(r.Grid.Cut(span)) - len(tasks), err
}

// foresee counts calls, looks at some, and reckons.
func (r *run) foresee(stretches []stretch, tasks []Task) (*Cost, error) {
	if err := r.count(stretches); err != nil {
		return nil, err
	}
	looked, err := r.look(stretches)
	if err != nil {
		return nil, err
	}
	w := workload{Options: r.Options, stretches: stretches, ledgers: r.ledgers, looked: looked, counts: r.lateCounts(tasks)}
	if w.fan, err = r.fanned(stretches, tasks); err != nil {
		return nil, err
	}
	if len(tasks) > 0 {
		if w.shell, err = r.shell(tasks[0]); err != nil {
			return nil, err
		}
	}
	_, w.sweeps = r.store.(Sweeper)
	for _, ledger := range r.ledgers {
		if r.ranged() && len(ledger) == 0 {
			w.nowhere++
		}
	}
	return w.cost(), nil
}

// lateCounts is how many counts look for late calls at the end of a run without a range: one for each run of young windows,
// those included that it has just archived.
func (r *run) lateCounts(tasks []Task) (n int) {
	if r.ranged() {
		return 0
	}
	after := map[string]Ledger{}
	for _, app := range r.apps {
		after[app] = maps.Clone(r.ledgers[app])
	}
	for _, t := range tasks {
		state := Open
		if t.Settled {
			state = Final
		}
		after[t.App][t.Window.Start.Unix()] = Standing{State: state}
	}
	for _, ledger := range after {
		n += len(r.planner.watch(ledger))
	}
	return n
}

// joined gives the stretches for the report: those of following days are one, in the order in which the first window of each is
// worked on.
func (r *run) joined(stretches []stretch, tasks []Task) []PlannedStretch {
	place := map[string]int{} // by application and window
	at := func(t Task) string { return t.App + " " + r.Grid.Stamp(t.Window.Start) }
	for i, t := range tasks {
		place[at(t)] = i
	}
	var all []stretch
	for _, s := range stretches {
		if last := len(all) - 1; last >= 0 && all[last].leadsTo(s) {
			all[last] = all[last].with(s)
		} else {
			all = append(all, s)
		}
	}
	first := func(s stretch) int {
		n := len(tasks)
		for _, t := range s.tasks {
			n = min(n, place[at(t)])
		}
		return n
	}
	slices.SortStableFunc(all, func(a, b stretch) int { return first(a) - first(b) })
	joined := make([]PlannedStretch, len(all))
	for i, s := range all {
		joined[i] = r.plannedStretch(s)
	}
	return joined
}

func (r *run) plannedStretch(s stretch) PlannedStretch {
	p := PlannedStretch{App: s.app, From: r.Grid.Stamp(s.span.Start), To: r.Grid.Stamp(s.span.End), Reason: s.reason,
		Windows: len(s.tasks), APIRequests: int(s.pages().Least)}
	if s.calls >= 0 {
		p.Calls = &s.calls
	}
	return p
}
