package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
)

// How many calls lie in some windows is asked of the API before any of them is read. Windows that follow each other on one day
// are counted together, so that half a year costs some 180 requests. What a manifest tells is not asked again. A count is
// what the API says at that moment and leaves out a call in the first or last second (see Source): it serves to reckon with, and
// proves nothing.

// stretch is windows of one application that follow each other and are worked on for the same reason.
type stretch struct {
	app    string
	reason Reason
	span   Window
	tasks  []Task // oldest first
	fresh  bool   // no window has a manifest
	told   bool   // manifests tell all calls of each window
	calls  int    // all together; -1 where nobody counted them
}

// countsAtOnce bounds the counts in flight: the source keeps to the API's limit whatever their number. So many keep a limit of 20
// requests a second busy with answers after 800 ms.
const countsAtOnce = 16

// days puts tasks together by application, day, reason and neighbourhood, and adds up what manifests tell.
func (r *run) days(tasks []Task) []stretch {
	tasks = slices.SortedStableFunc(slices.Values(tasks), func(a, b Task) int {
		return cmp.Or(cmp.Compare(a.App, b.App), a.Window.Start.Compare(b.Window.Start))
	})
	var all []stretch
	for _, t := range tasks {
		s := r.stretch(t)
		if last := len(all) - 1; last >= 0 && all[last].leadsTo(s) && r.Grid.sameDay(all[last].span, s.span) {
			all[last] = all[last].with(s)
		} else {
			all = append(all, s)
		}
	}
	return all
}

// stretch is that of a single window.
func (r *run) stretch(t Task) stretch {
	standing, heard := r.ledgers[t.App][t.Window.Start.Unix()]
	s := stretch{app: t.App, reason: t.Reason, span: t.Window, tasks: []Task{t}, fresh: !heard, calls: -1}
	if heard && standing.Broken == "" && standing.Agreed {
		s.told, s.calls = true, standing.Inside
	}
	return s
}

// leadsTo tells whether next goes on where s ends, for the same reason and known in the same way.
func (s stretch) leadsTo(next stretch) bool {
	return s.app == next.app && s.reason == next.reason && s.fresh == next.fresh && s.told == next.told && s.span.End.Equal(next.span.Start)
}

// with is s and, behind it, next.
func (s stretch) with(next stretch) stretch {
	s.span.End, s.tasks = next.span.End, slices.Concat(s.tasks, next.tasks)
	if s.calls < 0 || next.calls < 0 {
		s.calls = -1
	} else {
		s.calls += next.calls
	}
	return s
}

// sameDay tells whether two windows begin on the same day of the grid's zone.
func (g Grid) sameDay(a, b Window) bool {
	const day = "2006-01-02"
	return a.Start.In(g.Zone).Format(day) == b.Start.In(g.Zone).Format(day)
}

// count asks for the calls of those stretches that no manifest tells of: one request each.
func (r *run) count(stretches []stretch) error {
	return r.counting(len(stretches), func(ctx context.Context, i int) error {
		if s := &stretches[i]; !s.told {
			return r.countOne(ctx, s)
		}
		return nil
	})
}

// counting does something for each of n stretches, several at once. The first error ends it.
func (r *run) counting(n int, do func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(r.soon)
	g.SetLimit(countsAtOnce)
	for i := range n {
		g.Go(func() error { return guard(func() error { return do(ctx, i) }) })
	}
	return g.Wait()
}

func (r *run) countOne(ctx context.Context, s *stretch) error {
	n, err := r.source.Count(ctx, s.app, s.span)
	if err != nil {
		return fmt.Errorf("count calls: %w", err)
	}
	s.calls = n
	return nil
}

// census gives the heavy windows among the tasks, each by itself, the largest first: as its manifest tells, or the API. With an
// error, those that were found until then. How many stretches could not be counted, or not whole, the report tells: what is heavy
// there is nobody's loss but of speed.
func (r *run) census(tasks []Task) ([]stretch, error) {
	days := r.days(tasks)
	failed := make([]error, len(days))
	err := r.counting(len(days), func(ctx context.Context, i int) error {
		if !days[i].told {
			failed[i] = r.countOne(ctx, &days[i])
		}
		return r.grave(failed[i])
	})
	if err != nil {
		return nil, err
	}
	r.uncounted(failed)
	heavy, _, err := r.heavies(days)
	return heavy, err
}

// grave is err where it is one of all requests, not of this one: the run's time is up, or the API refuses whoever asks.
func (r *run) grave(err error) error {
	if err != nil && (r.timeUp(err) || errors.Is(err, ErrDenied)) {
		return err
	}
	return nil
}

// uncounted notes that some counts failed, and why the first did.
func (r *run) uncounted(failed []error) {
	failed = slices.DeleteFunc(slices.Clone(failed), func(err error) bool { return err == nil })
	if len(failed) > 0 {
		r.report.note(fmt.Sprintf("%d counts failed: a window with very many calls there is copied by one share: %s",
			len(failed), clip(failed[0].Error(), errorText)))
	}
}

// heavies gives the heavy windows of stretches that were counted, the largest first, and how many requests it took to find them.
func (r *run) heavies(stretches []stretch) (all []stretch, asked int, err error) {
	found, counts, failed := make([][]stretch, len(stretches)), make([]int, len(stretches)), make([]error, len(stretches))
	err = r.counting(len(stretches), func(ctx context.Context, i int) error {
		if stretches[i].told {
			found[i] = r.heavyTold(stretches[i])
		} else {
			found[i], counts[i], failed[i] = r.heavy(ctx, stretches[i], r.heavyCalls)
		}
		return r.grave(failed[i])
	})
	if err == nil {
		r.uncounted(failed)
	}
	for i := range stretches {
		all, asked = append(all, found[i]...), asked+counts[i]
	}
	slices.SortStableFunc(all, func(a, b stretch) int { return b.calls - a.calls })
	return all, asked, err
}

// heavyTold gives the heavy windows of s, whose manifests tell of all.
func (r *run) heavyTold(s stretch) (all []stretch) {
	for _, t := range s.tasks {
		if one := r.stretch(t); one.calls > r.heavyCalls {
			all = append(all, one)
		}
	}
	return all
}

// heavy gives the windows of s, which no manifest tells of, with more than bound calls, by halving whatever has more: an
// ordinary day costs the one request that it was counted with. asked is how many it took. A half that cannot be counted is left
// out, with the error.
func (r *run) heavy(ctx context.Context, s stretch, bound int) (found []stretch, asked int, err error) {
	switch {
	case s.calls <= bound:
		return nil, 0, nil
	case len(s.tasks) == 1:
		return []stretch{s}, 0, nil
	}
	middle := len(s.tasks) / 2
	for _, tasks := range [][]Task{s.tasks[:middle], s.tasks[middle:]} {
		half := stretch{app: s.app, reason: s.reason, tasks: tasks, calls: -1,
			span: Window{Start: tasks[0].Window.Start, End: tasks[len(tasks)-1].Window.End}}
		failed := r.countOne(ctx, &half)
		some, more, deeper := r.heavy(ctx, half, bound)
		found, asked = append(found, some...), asked+1+more
		if err = errors.Join(err, failed, deeper); r.grave(err) != nil {
			return found, asked, err
		}
	}
	return found, asked, err
}
