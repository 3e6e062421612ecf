package archive

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A backfill archives what a range lacks. It is cut into shares for runs side by side (shares.go) that keep no state but the
// manifests: a share that is lost, doubled, delayed or killed is made good by whoever asks for the range again, and two
// that work on the same window only do it twice.

// backfill archives what a range lacks, or cuts it into shares.
func (r *run) backfill(ctx context.Context) error {
	if err := r.checkBackfill(); err != nil {
		return err
	}
	tasks, err := r.backlog()
	if err != nil {
		return r.unlessStopped(err)
	}
	if r.Shares > 1 {
		return r.deal(tasks)
	}
	r.outset = hull(tasks)
	s := &slicing{run: r, done: map[slot]int{}}
	s.copySome()
	if err = r.syncAll(ctx, tasks); err == nil {
		s.copyRest()
	}
	s.tell()
	return err
}

// checkBackfill refuses what no backfill can be, and reads the names of the heavy windows.
func (r *run) checkBackfill() error {
	switch {
	case r.From.IsZero() || r.To.IsZero():
		return &RequestError{"from", "a backfill needs a range: give from and to"}
	case r.Shares < 0 || r.Shares > MostShares:
		return &RequestError{"shares", fmt.Sprintf("must be a whole number from 1 to %d", MostShares)}
	case r.Share != Share{} && (r.Share.Number < 1 || r.Share.Number > r.Share.Of):
		return &RequestError{"share", fmt.Sprintf("is %s; must be k/n with k from 1 to n", r.Share)}
	case r.APIRate > 0 && r.Share.Of > r.APIRate:
		return &RequestError{"share", fmt.Sprintf("is one of %d; CCC_RATE_LIMIT leaves a backfill %d requests a second, and each share needs one", r.Share.Of, r.APIRate)}
	case r.Shares > 1 && r.Share != Share{}:
		return &RequestError{"shares", "goes without share: a share is not cut again"}
	case r.Order != "" && !slices.Contains(Orders, r.Order):
		return &RequestError{"order", "is none of " + list(Orders)}
	}
	return r.checkSlices()
}

// checkSlices reads Slices. The range is taken as it was asked for: a share may run when the API does not list its oldest
// windows any more. Names of windows are those of r.slices; events of before they told the application stand for all.
func (r *run) checkSlices() error {
	span := r.Grid.Widen(r.From, r.To)
	r.cuts = make(map[slot]int, len(r.Slices))
	for name, n := range r.Slices {
		app, stamp, told := strings.Cut(name, "/")
		apps := []string{app}
		if !told {
			apps, stamp = r.apps, name
		}
		start, err := time.Parse(time.RFC3339, stamp)
		if err != nil || !r.Grid.At(start).Start.Equal(start) || !span.Contains(start.Unix()) || !slices.Contains(r.apps, apps[0]) {
			return &RequestError{"slices", "names what is no window of the range; want application and start, as in " +
				r.windowName(slot{r.apps[0], span.Start.Unix()})}
		}
		if n < 1 || n > MostSlices {
			return &RequestError{"slices", fmt.Sprintf("cuts %s into %d; want 1 to %d", name, n, MostSlices)}
		}
		for _, app := range apps {
			at := slot{app, start.Unix()}
			r.cuts[at] = max(r.cuts[at], n)
		}
	}
	return nil
}

// windowName is a window as Request.Slices names it.
func (r *run) windowName(at slot) string { return at.app + "/" + r.Grid.Stamp(time.Unix(at.start, 0)) }

// backlog gives the tasks of the range that need work, in the order that was asked for. A run that goes on with what another
// left first takes the windows that nobody has archived: those that have a manifest were tried, and may owe the same again. Heavy
// windows come last of all: until then the other shares have copied their files.
func (r *run) backlog() ([]Task, error) {
	span, err := r.hear()
	if err != nil {
		return nil, err
	}
	var tasks []Task
	for _, app := range r.apps {
		tasks = append(tasks, r.planner.backlog(app, r.indexOf(app), span, r.Request, r.ledgers[app])...)
	}
	before := r.planner.before(r.order())
	slices.SortStableFunc(tasks, func(a, b Task) int { return cmp.Or(cmp.Compare(r.turn(a), r.turn(b)), before(a, b)) })
	return tasks, nil
}

// concerns tells whether a run looks at a window's manifest at all: a share looks at its own, and at those of the windows
// whose files it helps to copy.
func (r *run) concerns(app string, w Window) bool {
	return r.Share.Has(w, r.indexOf(app)) || r.cuts[slot{app, w.Start.Unix()}] > 0
}

// order is the order that was asked for. With Force nothing tells which windows are done, so what is left has to be told as
// a range: it is worked off from one end.
func (r *run) order() Order {
	if r.Force && (r.Order == "" || r.Order == OrderForgotten) {
		return OrderOldest
	}
	return r.Order
}

// turn is when a task's turn comes, whatever the order.
func (r *run) turn(t Task) int {
	switch {
	case r.cuts[t.slot()] > 0:
		return 2
	case r.Chain > 0 && !t.Unheard && !r.Force:
		return 1
	}
	return 0
}

// indexOf is an application's place among the configured ones: r.Apps would be those that the event names.
func (r *run) indexOf(app string) int { return slices.Index(r.Archiver.Apps, app) }
