package archive

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// What a run leaves for want of time, another can go on with at once, instead of with the next timer's event. The archive says
// what that run is to do; whether it is started is its caller's affair. It needs no state of this run: the manifests tell
// what is done.

// handOn puts what another run is to go on with into the report. A run that failed is tried again as it was, and one that
// was interrupted is asked for again by whoever did it. One that got nothing done would hand on the same for ever.
func (r *run) handOn(ctx context.Context, err error) {
	r.tellRest()
	maps.DeleteFunc(r.unsliced, func(at slot, _ bool) bool { return !r.uncopied(at) })
	if len(r.unsliced) > 0 {
		r.report.Complete = false
		r.report.note(fmt.Sprintf("slices of %d windows are left", len(r.unsliced)))
	}
	if err != nil || !r.short && len(r.rest)+len(r.unsliced) == 0 || r.DryRun || r.interrupted() {
		return
	}
	if r.Mode != ModeArchive && r.Mode != ModeBackfill {
		return
	}
	switch {
	case r.superseded():
		r.report.note("a younger run is at work on what is due: nothing is handed on")
	case !r.progressed():
		r.report.note("nothing was finished, so nothing is handed on: give the run more time")
	case r.outranked(ctx):
		r.report.note("another run of the same event goes on with what is left")
	case r.Chain >= MostChain:
		r.report.note(fmt.Sprintf("handed on %d times: what is left is handed on no further", MostChain))
	default:
		r.report.Next = append(r.report.Next, r.remainder())
	}
}

// tellRest says in the answer what time kept from being done: in one sentence, with one number.
func (r *run) tellRest() {
	r.report.Rest = len(r.rest)
	switch {
	case r.short && r.onward != "":
		r.report.note(r.whyStopped() + ": " + r.onward)
	case len(r.rest) > 0:
		r.report.note(r.whyStopped() + ": " + counted(len(r.rest), "window") + " left for the next run")
	case r.short:
		r.report.note(r.whyStopped() + ": the rest is left for the next run")
	default:
		return
	}
	r.report.Complete = false
}

// superseded tells whether a younger timer's run is at work on all that is due, this run's rest with it: it begins with the newest
// window, so that a manifest of one that closed after this run's now is its sign. Chains of both would do the same work.
func (r *run) superseded() bool {
	if r.ranged() {
		return false // no timer asks for a range
	}
	newest := r.Grid.Closed(r.Now)
	for _, ledger := range r.ledgers {
		for start := range ledger {
			if start >= newest.End.Unix() {
				return true
			}
		}
	}
	return false
}

// progressed tells whether the run did something that no later run has to do again.
func (r *run) progressed() bool {
	said := func(w WindowReport) bool { return w.State == Committed || w.Added > 0 }
	return r.report.stored() || slices.ContainsFunc(r.report.Windows, said) ||
		r.narrows() && hull(r.rest).Length() < r.outset.Length()
}

// narrows tells whether the rest has to be told as a range: where every window of a range is read, whatever its manifest
// says, the manifests do not tell which ones are done.
func (r *run) narrows() bool {
	return r.ranged() && len(r.rest) > 0 && (r.Mode == ModeArchive || r.Force)
}

// remainder is the request that goes on. Slices that are copied are not named any more; by the time their windows' turn comes
// the other shares have copied theirs, too.
func (r *run) remainder() Request {
	q := r.Request
	q.ID = ""
	q.Chain++
	if r.narrows() {
		left := hull(r.rest)
		q.From, q.To = left.Start, left.End
	}
	q.Slices = r.slicesLeft(q.From, q.To)
	return q
}

// slicesLeft names the windows of a range whose slices time kept from being copied, as Request.Slices does; nil: none.
func (r *run) slicesLeft(from, to time.Time) map[string]int {
	left := map[string]int{}
	for at := range r.unsliced {
		if start := time.Unix(at.start, 0); !start.Before(from) && start.Before(to) {
			left[r.windowName(at)] = r.cuts[at]
		}
	}
	if len(left) == 0 {
		return nil
	}
	return left
}

// hull is the range from the first of the tasks' windows to the last.
func hull(tasks []Task) Window {
	var all Window
	for i, t := range tasks {
		if i == 0 || t.Window.Start.Before(all.Start) {
			all.Start = t.Window.Start
		}
		if t.Window.End.After(all.End) {
			all.End = t.Window.End
		}
	}
	return all
}
