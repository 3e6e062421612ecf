package archive

import (
	"fmt"
	"slices"
)

// Calls come late, and transcripts later. Reading every young window again would cost a request and more for each of
// them each hour. Instead the API is asked once for the number of calls in all of them: where it is what was archived,
// nothing came. Only where it differs is the span halved, down to the windows that changed.

// drifted gives the windows of span, a run of neighbours, in which the API counts other calls than the ledger.
func (r *run) drifted(app string, span []Window, ledger Ledger) ([]Window, error) {
	want := 0
	for _, w := range span {
		want += ledger[w.Start.Unix()].Inside
	}
	got, err := r.source.Count(r.soon, app, Window{Start: span[0].Start, End: span[len(span)-1].End})
	if err != nil {
		return nil, fmt.Errorf("count calls: %w", err)
	}
	if got == want {
		return nil, nil
	}
	if len(span) == 1 {
		return span, nil
	}
	half := len(span) / 2
	left, err := r.drifted(app, span[:half], ledger)
	if err != nil {
		return nil, err
	}
	right, err := r.drifted(app, span[half:], ledger)
	return append(left, right...), err
}

// late gives the tasks for windows that changed since they were read.
func (r *run) late() ([]Task, error) {
	var tasks []Task
	for _, app := range r.apps {
		for _, span := range r.planner.watch(r.ledgers[app]) {
			windows, err := r.drifted(app, span, r.ledgers[app])
			for _, w := range windows {
				t := Task{App: app, Window: w, Reason: ReasonLate, Settled: r.planner.settled(w)}
				if r.workedOn(t) {
					continue // what differs now, the next run sees
				}
				tasks = append(tasks, t)
			}
			if err != nil {
				return tasks, err
			}
		}
	}
	return tasks, nil
}

// workedOn tells whether this very run has worked on a window, or left it.
func (r *run) workedOn(t Task) bool {
	return r.report.has(t.App, r.Grid.Stamp(t.Window.Start)) ||
		slices.ContainsFunc(r.rest, func(left Task) bool { return left.slot() == t.slot() })
}
