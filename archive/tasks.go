package archive

import (
	"maps"
	"slices"
)

// tasks gives the windows to work on: those of the range that was asked for, else those that the ledgers call due.
func (r *run) tasks() ([]Task, error) {
	if r.ranged() {
		return r.asked()
	}
	return r.due()
}

// asked gives the tasks of the range that was asked for. Its manifests are looked at all the same: an archive that was begun
// with other windows has them under other names.
func (r *run) asked() ([]Task, error) {
	span, notes, err := r.planner.span(r.Request)
	if err != nil {
		return nil, err
	}
	for _, note := range notes {
		r.report.note(note)
	}
	var tasks []Task
	for _, app := range r.apps {
		ledger, err := r.readLedger(r.soon, app, span)
		if err == nil && len(ledger) == 0 {
			err = r.sameGrid(r.soon, app)
		}
		if err != nil {
			return nil, err
		}
		maps.DeleteFunc(ledger, func(start int64, _ Standing) bool { return !span.Contains(start) })
		r.ledgers[app] = ledger
		tasks = append(tasks, r.planner.asked(app, span, ledger)...)
	}
	return tasks, nil
}

// due gives the tasks that the ledgers tell of.
func (r *run) due() ([]Task, error) {
	var tasks []Task
	for _, app := range r.apps {
		ledger, err := r.reachable(r.soon, app)
		if err != nil {
			return nil, err
		}
		r.ledgers[app] = ledger
		tasks = append(tasks, r.planner.due(app, ledger)...)
	}
	slices.SortStableFunc(tasks, r.planner.urgency)
	return tasks, nil
}

// plan says what archive would do.
func (r *run) plan() error {
	tasks, err := r.tasks()
	if err != nil {
		return r.unlessStopped(err)
	}
	p := &PlanReport{Windows: []PlannedWindow{}}
	for _, t := range tasks {
		r.report.cover(t.Window)
		w := PlannedWindow{App: t.App, Window: r.Grid.Stamp(t.Window.Start), Reason: t.Reason,
			APIRequests: 1 + r.ledgers[t.App][t.Window.Start.Unix()].Inside/pageEstimate}
		p.Windows = append(p.Windows, w)
		p.APIRequests += w.APIRequests
	}
	for _, app := range r.apps {
		p.APIRequests += len(r.planner.watch(r.ledgers[app]))
	}
	r.report.Plan = p
	return nil
}

// pageEstimate is how many calls a request brings: DescribeTelCdr's largest page. A plan reckons with it, nothing else does.
const pageEstimate = 100
