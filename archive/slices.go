package archive

import (
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

// copySlices copies the files of the slices that are this share's. What hinders it is noted and nothing more. It is an error
// only where the run's time is up and nothing at all was reached.
func (r *run) copySlices() error {
	var (
		mu     sync.Mutex
		copied int
		failed []error
	)
	q := newQueue(r.Windows, func(t Task) {
		files, bytes, err := r.copyMine(t)
		mu.Lock()
		defer mu.Unlock()
		copied += files
		r.report.Totals.Media.Copied += files
		r.report.Totals.Bytes += bytes
		if err != nil {
			failed = append(failed, fmt.Errorf("copy slices of app %s window %s: %w", t.App, r.Grid.Stamp(t.Window.Start), err))
		}
	})
	for _, t := range r.sliced() {
		q.add(t)
	}
	if err := q.wait(); err != nil {
		failed = append(failed, fmt.Errorf("copy slices: %w", err))
	}
	if copied > 0 {
		r.report.note(fmt.Sprintf("copied %d files of windows that the shares copy together", copied))
	}
	if ended(r.soon) {
		return r.unlessStopped(errors.Join(append(failed, r.soon.Err())...))
	}
	for _, err := range failed {
		r.report.note(clip(err.Error(), errorText) + "; the run that commits it copies the rest")
	}
	return nil
}

// sliced gives the heavy windows that nobody has committed yet, what comes first in time in front.
func (r *run) sliced() []Task {
	span, _, err := r.planner.span(r.Request)
	if err != nil || r.DryRun {
		return nil
	}
	var tasks []Task
	for start := range r.heavy {
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
	n, seconds := r.heavy[w.Start.Unix()], int(w.Length()/time.Second)
	edge := func(i int) time.Time { return w.Start.Add(time.Duration(seconds*i/n) * time.Second) }
	for i := max(r.Share.Number-1, 0); i < n; i += max(r.Share.Of, 1) {
		parts = append(parts, Window{Start: edge(i), End: edge(i + 1)})
	}
	return parts
}

// copyMine copies the files of this share's slices of a window, and tells how many it stored. One slice after the other: the
// links are fresh, and few wait. Whatever lies under a file's key is passed over; the run that commits looks at it.
func (r *run) copyMine(t Task) (files int, bytes int64, err error) {
	copies := r.newCopier(t, &past{fresh: true, files: index{}})
	for key := range copies.stray() {
		copies.known[key] = File{Key: key, Status: Archived}
	}
	var failed []error
	for _, part := range r.mine(t.Window) {
		if ended(r.soon) {
			break
		}
		failed = append(failed, r.copySlice(t, part, copies), copies.wait())
	}
	return len(copies.copied), copies.bytes, errors.Join(failed...)
}

// copySlice lists one slice and has its files copied. A call whose time lies elsewhere is another slice's, or is left to the
// run that reads the whole window.
func (r *run) copySlice(t Task, part Window, copies *copier) error {
	norm := r.normalizer(t)
	_, err := r.source.Calls(r.soon, t.App, part, func(page []json.RawMessage) error {
		for _, raw := range page {
			rec, err := norm.Normalize(raw)
			if err != nil || !rec.HasTime || !part.Contains(rec.Time) {
				continue
			}
			for _, f := range rec.Files {
				copies.want(rec, f)
			}
		}
		return r.soon.Err()
	})
	return err
}
