package archive

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// A window with very many calls would keep one run busy while the others have nothing left to do. So its time is cut into
// slices, and every share first copies the files of its slices: under the keys that they have anyway, create-only. It
// commits nothing. The share that owns the window commits it last of all and finds the files in the folder, as it would
// find those of a run that was killed. Nothing depends on a slice:
//
//	lost      the committing run copies what is missing itself
//	doubled   whoever comes second finds the files in the listing, or the bucket refuses them
//	killed    what was copied lies there, and is passed over the next time
//	late      the window is committed; its manifest says so, and the slice is not begun
//	cut       by the run's time: the run that goes on is told which windows' slices are left

// copySlices copies the files of the slices that are this share's, for half of the run's time at most: the share's own windows
// are to get on as well. What hinders it is noted and nothing more.
func (r *run) copySlices() {
	ctx, cancel := halfOf(r.soon)
	defer cancel()
	s := &slicing{run: r, ctx: ctx}
	q := newQueue(r.Windows, s.work)
	for _, t := range r.sliced() {
		q.add(t)
	}
	if err := q.wait(); err != nil {
		s.hindered = append(s.hindered, err.Error())
	}
	s.tell()
}

// slicing is what comes of the slices that a share copies.
type slicing struct {
	*run
	ctx context.Context

	mu       sync.Mutex // holds for the run's books too
	copied   int        // files
	hindered []string   // windows of which files were not copied, and why
}

// work copies the files of this share's slices of one window.
func (s *slicing) work(t Task) {
	copies, err := s.copyMine(s.ctx, t)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.copied += len(copies.copied)
	s.report.Totals.Bytes += copies.bytes
	if timeUp(s.ctx, err) {
		s.unsliced[t.slot()] = true
	} else if err != nil {
		s.hindered = append(s.hindered, clip(fmt.Sprintf("app %s window %s: %v", t.App, s.Grid.Stamp(t.Window.Start), err), errorText))
	}
}

// fewHindered is how many of the windows whose slices could not be copied an answer names. Nothing is lost with the others: what
// hinders many is the same for all.
const fewHindered = 3

// tell says in the answer what was copied, and what was not.
func (s *slicing) tell() {
	s.report.Totals.Media.Copied += s.copied
	if s.copied > 0 {
		s.report.note(fmt.Sprintf("copied %d files of windows that the shares copy together", s.copied))
	}
	if n := len(s.hindered); n > 0 {
		slices.Sort(s.hindered)
		s.report.note(fmt.Sprintf("slices of %d windows were not copied; the runs that commit them copy the rest: %s",
			n, strings.Join(s.hindered[:min(n, fewHindered)], "; ")))
	}
}

// sliced gives the heavy windows that nobody has committed yet, what comes first in time in front.
func (r *run) sliced() []Task {
	span, _, err := r.planner.span(r.Request)
	if err != nil || r.DryRun {
		return nil
	}
	var tasks []Task
	for at, n := range r.cuts {
		w := r.Grid.At(time.Unix(at.start, 0))
		if !r.heard(at) && span.Contains(at.start) && len(r.Share.slices(w, n)) > 0 {
			tasks = append(tasks, Task{App: at.app, Window: w, Settled: r.planner.settled(w), Unheard: true, Force: r.Force})
		}
	}
	before := r.planner.before(OrderOldest)
	slices.SortFunc(tasks, func(a, b Task) int { return cmp.Or(before(a, b), cmp.Compare(a.App, b.App)) })
	return tasks
}

// slices gives those of the n slices of a heavy window that the share copies.
func (s Share) slices(w Window, n int) []Window {
	var all []Window
	seconds := int(w.Length() / time.Second)
	edge := func(i int) time.Time { return w.Start.Add(time.Duration(seconds*i/n) * time.Second) }
	for i := max(s.Number-1, 0); i < n; i += max(s.Of, 1) {
		all = append(all, Window{Start: edge(i), End: edge(i + 1)})
	}
	return all
}

// copyMine copies the files of this share's slices of a window. One slice after the other: the links are fresh, and few files
// wait. Whatever lies under a file's key is passed over; the run that commits looks at it.
func (r *run) copyMine(ctx context.Context, t Task) (*copier, error) {
	copies := r.newCopier(t, &past{fresh: true, files: index{}})
	copies.ctx = ctx
	for key := range copies.stray() {
		copies.known[key] = File{Key: key, Status: Archived}
	}
	var failed error
	for _, slice := range r.Share.slices(t.Window, r.cuts[t.slot()]) {
		err := errors.Join(r.copySlice(ctx, t, slice, copies), copies.wait())
		if timeUp(ctx, err) {
			return copies, err
		}
		if failed == nil {
			failed = err
		}
	}
	return copies, failed
}

// copySlice lists one slice and has its files copied. A call whose time lies elsewhere is another slice's, or is left to the
// run that reads the whole window.
func (r *run) copySlice(ctx context.Context, t Task, slice Window, copies *copier) error {
	norm := r.normalizer(t)
	_, err := r.source.Calls(ctx, t.App, slice, func(page []json.RawMessage) error {
		for _, raw := range page {
			rec, err := norm.Normalize(raw)
			if err != nil || !rec.HasTime || !slice.Contains(rec.Time) {
				continue
			}
			for _, f := range rec.Files {
				copies.want(rec, f)
			}
		}
		return ctx.Err()
	})
	return err
}
