package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	var (
		mu     sync.Mutex
		copied int
	)
	ctx, cancel := halfOf(r.soon)
	defer cancel()
	q := newQueue(r.Windows, func(t Task) {
		copies, err := r.copyMine(ctx, t)
		mu.Lock()
		defer mu.Unlock()
		copied += len(copies.copied)
		r.report.Totals.Bytes += copies.bytes
		if ended(ctx) {
			r.unsliced[t.Window.Start.Unix()] = true
		} else if err != nil {
			text := fmt.Sprintf("copy slices of app %s window %s: %v", t.App, r.Grid.Stamp(t.Window.Start), err)
			r.report.note(clip(text, errorText) + "; the run that commits it copies the rest")
		}
	})
	for _, t := range r.sliced() {
		q.add(t)
	}
	if err := q.wait(); err != nil {
		r.report.note("copy slices: " + clip(err.Error(), errorText))
	}
	r.report.Totals.Media.Copied += copied
	if copied > 0 {
		r.report.note(fmt.Sprintf("copied %d files of windows that the shares copy together", copied))
	}
}

// sliced gives the heavy windows that nobody has committed yet, what comes first in time in front.
func (r *run) sliced() []Task {
	span, _, err := r.planner.span(r.Request)
	if err != nil || r.DryRun {
		return nil
	}
	var tasks []Task
	for start := range r.cuts {
		w := r.Grid.At(time.Unix(start, 0))
		for _, app := range r.apps {
			if _, heard := r.ledgers[app][start]; !heard && span.Contains(start) && len(r.mine(w)) > 0 {
				tasks = append(tasks, Task{App: app, Window: w, Settled: r.planner.settled(w), Unheard: true, Force: r.Force})
			}
		}
	}
	slices.SortFunc(tasks, r.planner.before(OrderOldest))
	return tasks
}

// mine gives the slices of a heavy window that this share copies.
func (r *run) mine(w Window) []Window {
	var parts []Window
	n, seconds := r.cuts[w.Start.Unix()], int(w.Length()/time.Second)
	edge := func(i int) time.Time { return w.Start.Add(time.Duration(seconds*i/n) * time.Second) }
	for i := max(r.Share.Number-1, 0); i < n; i += max(r.Share.Of, 1) {
		parts = append(parts, Window{Start: edge(i), End: edge(i + 1)})
	}
	return parts
}

// copyMine copies the files of this share's slices of a window. One slice after the other: the links are fresh, and few files
// wait. Whatever lies under a file's key is passed over; the run that commits looks at it.
func (r *run) copyMine(ctx context.Context, t Task) (*copier, error) {
	copies := r.newCopier(t, &past{fresh: true, files: index{}})
	copies.ctx = ctx
	for key := range copies.stray() {
		copies.known[key] = File{Key: key, Status: Archived}
	}
	var failed []error
	for _, part := range r.mine(t.Window) {
		if ended(ctx) {
			break
		}
		failed = append(failed, r.copySlice(ctx, t, part, copies), copies.wait())
	}
	return copies, errors.Join(failed...)
}

// copySlice lists one slice and has its files copied. A call whose time lies elsewhere is another slice's, or is left to the
// run that reads the whole window.
func (r *run) copySlice(ctx context.Context, t Task, part Window, copies *copier) error {
	norm := r.normalizer(t)
	_, err := r.source.Calls(ctx, t.App, part, func(page []json.RawMessage) error {
		for _, raw := range page {
			rec, err := norm.Normalize(raw)
			if err != nil || !rec.HasTime || !part.Contains(rec.Time) {
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
