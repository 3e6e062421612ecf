package archive

import (
	"maps"
	"slices"
)

// slot is a window of an application.
type slot struct {
	app   string
	start int64 // Unix second at which the window begins
}

// slot is where the task lies.
func (t Task) slot() slot { return slot{t.App, t.Window.Start.Unix()} }

// heard tells whether a window is committed, as far as the run knows.
func (r *run) heard(at slot) bool {
	_, ok := r.ledgers[at.app][at.start]
	return ok
}

// tasks gives the windows to work on: those of the range that was asked for, else those that the ledgers call due.
func (r *run) tasks() ([]Task, error) {
	if r.ranged() {
		return r.asked()
	}
	return r.due()
}

// asked gives the tasks of the range that was asked for, oldest first, so that what is left of them is a range again.
func (r *run) asked() ([]Task, error) {
	span, err := r.hear()
	if err != nil {
		return nil, err
	}
	var tasks []Task
	for _, app := range r.apps {
		tasks = append(tasks, r.planner.asked(app, span, r.ledgers[app])...)
	}
	slices.SortStableFunc(tasks, r.planner.before(OrderOldest))
	return tasks, nil
}

// hear reads what is committed in the range that was asked for, and gives the range as it falls on windows. The manifests
// are looked at even where every window is worked on: an archive that was begun with other windows has them under other names.
func (r *run) hear() (Window, error) {
	span, notes, err := r.planner.span(r.Request)
	if err != nil {
		return span, err
	}
	for _, note := range notes {
		r.report.note(note)
	}
	r.report.cover(span)
	for _, app := range r.apps {
		ledger, err := r.rangeLedger(r.soon, app, span)
		if err != nil {
			return span, err
		}
		maps.DeleteFunc(ledger, func(start int64, _ Standing) bool { return !span.Contains(start) })
		r.ledgers[app] = ledger
	}
	return span, nil
}

// due gives the tasks that the ledgers tell of.
func (r *run) due() ([]Task, error) {
	var tasks []Task
	for _, app := range r.apps {
		ledger, err := r.listedLedger(r.soon, app)
		if err != nil {
			return nil, err
		}
		r.ledgers[app] = ledger
		tasks = append(tasks, r.planner.due(app, ledger)...)
	}
	slices.SortStableFunc(tasks, r.planner.urgency)
	return tasks, nil
}
