package archive

import (
	"context"
	"maps"
	"slices"
)

// backfill archives what a range lacks.
func (r *run) backfill(ctx context.Context) error {
	tasks, err := r.backlog()
	if err != nil {
		return r.unlessStopped(err)
	}
	if r.Shares > 1 {
		return r.share(tasks)
	}
	err = r.syncAll(ctx, tasks)
	r.sweep()
	return err
}

// backlog gives the tasks of the range that need work, in the order that was asked for.
func (r *run) backlog() ([]Task, error) {
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
		tasks = append(tasks, r.planner.backlog(app, r.indexOf(app), span, r.Request, ledger)...)
	}
	slices.SortStableFunc(tasks, r.planner.before(r.Order))
	return tasks, nil
}

// indexOf is an application's place among the configured ones: r.Apps would be those that the event names.
func (r *run) indexOf(app string) int { return slices.Index(r.Archiver.Apps, app) }
