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
//	late      the window's manifest says that nothing is left to be copied, and the slice is not begun
//	cut       by the run's time: the run that goes on is told which windows' slices are left
//
// A window that its owner had to commit before all was copied keeps its slices: else one run would work while the others, which
// could help, have nothing left to do.

// slicing is what comes of the slices that a share copies.
type slicing struct {
	*run

	mu       sync.Mutex // holds for the run's books too
	done     map[slot]int
	copied   int      // files
	hindered []string // windows of which files were not copied, and why
}

// copySome copies the files of the share's slices for half of the run's time at most: its own windows are to get on as well. What
// hinders it is noted and nothing more.
func (s *slicing) copySome() {
	ctx, cancel := halfOf(s.soon)
	defer cancel()
	s.copy(ctx)
}

// copyRest goes on with them once the share's own windows are done: there is nothing else to do.
func (s *slicing) copyRest() {
	if len(s.unsliced) > 0 && !ended(s.soon) {
		s.copy(s.soon)
	}
}

// copy copies the files of the slices that are left.
func (s *slicing) copy(ctx context.Context) {
	q := newQueue(s.Windows, func(t Task) { s.work(ctx, t) })
	for _, t := range s.sliced() {
		q.add(t)
	}
	if err := q.wait(); err != nil {
		s.hindered = append(s.hindered, err.Error())
	}
}

// work copies the files of this share's slices of one window.
func (s *slicing) work(ctx context.Context, t Task) {
	copies, err := s.copyMine(ctx, t)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.copied += len(copies.copied)
	s.report.Totals.Media.Copied += len(copies.copied)
	s.report.Totals.Bytes += copies.bytes
	if delete(s.unsliced, t.slot()); timeUp(ctx, err) {
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
	if s.copied > 0 {
		s.report.note(fmt.Sprintf("copied %d files of windows that the shares copy together", s.copied))
	}
	if n := len(s.hindered); n > 0 {
		slices.Sort(s.hindered)
		s.report.note(fmt.Sprintf("slices of %d windows were not copied; the runs that commit them copy the rest: %s",
			n, strings.Join(s.hindered[:min(n, fewHindered)], "; ")))
	}
}

// sliced gives the heavy windows of which slices are left to copy, what comes first in time in front.
func (s *slicing) sliced() []Task {
	span, _, err := s.planner.span(s.Request)
	if err != nil || s.DryRun {
		return nil
	}
	var tasks []Task
	for at := range s.cuts {
		t := Task{App: at.app, Window: s.Grid.At(time.Unix(at.start, 0)), Unheard: !s.heard(at), Force: s.Force}
		if t.Settled = s.planner.settled(t.Window); s.uncopied(at) && span.Contains(at.start) && len(s.mine(t)) > 0 {
			tasks = append(tasks, t)
		}
	}
	before := s.planner.before(OrderOldest)
	slices.SortFunc(tasks, func(a, b Task) int { return cmp.Or(before(a, b), cmp.Compare(a.App, b.App)) })
	return tasks
}

// uncopied tells whether files of a window are left to copy, as far as the run has heard: nobody has committed it, or whoever did
// had no time for all of its files, or for all of its calls. What else it owes is for its owner to try.
func (r *run) uncopied(at slot) bool {
	s, heard := r.ledgers[at.app][at.start]
	return !heard || s.Broken == "" && (s.Untried > 0 || !s.Agreed)
}

// mine gives the share's slices of a window, without those that this run is done with.
func (s *slicing) mine(t Task) []Window {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Share.slices(t.Window, s.cuts[t.slot()])[s.done[t.slot()]:]
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
func (s *slicing) copyMine(ctx context.Context, t Task) (*copier, error) {
	copies := s.newCopier(t, &past{fresh: true, files: index{}})
	copies.ctx = ctx
	if err := s.recallFiles(t, copies); err != nil {
		return copies, err
	}
	var failed error
	for _, slice := range s.mine(t) {
		err := errors.Join(s.copySlice(ctx, t, slice, copies), copies.wait())
		if timeUp(ctx, err) {
			return copies, err
		}
		if failed == nil {
			failed = err
		}
		s.tick(t)
	}
	return copies, failed
}

// recallFiles tells a copier which files of a window need no copying: those that its manifest knows, and those in its folder.
func (r *run) recallFiles(t Task, copies *copier) error {
	if !t.Unheard {
		filed, err := r.manifestNow(copies.ctx, t)
		if err != nil {
			return err
		}
		if filed.manifest != nil {
			copies.known = filed.manifest.files()
		}
	}
	for key := range copies.stray() {
		copies.known[key] = File{Key: key, Status: Archived}
	}
	return nil
}

// tick notes that one more slice of a window is done with.
func (s *slicing) tick(t Task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done[t.slot()]++
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
