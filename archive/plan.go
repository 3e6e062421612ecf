package archive

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Reason is why a run works on a window.
type Reason string

// The reasons.
const (
	ReasonNew     Reason = "new"     // it has just closed
	ReasonAsked   Reason = "asked"   // a range was asked for
	ReasonHole    Reason = "hole"    // it has no manifest, though the archive has to be complete from before it
	ReasonBroken  Reason = "broken"  // its manifest cannot be trusted
	ReasonOwing   Reason = "owing"   // a file is owed, a transcript is being made, or the calls were not proved to be all
	ReasonSettled Reason = "settled" // it may not change any more: one full reading makes it final
	ReasonRepair  Reason = "repair"  // a verification found trouble
	ReasonLate    Reason = "late"    // the API counts other calls than were archived
)

// Limits of the source.
const (
	reach     = 180 * 24 * time.Hour // the API lists calls of the last 180 days (DescribeTelCdr, StartTimeStamp)
	retention = 3                    // months that the source keeps recordings by default (CCC's push page)
)

// Task is one window that a run works on.
type Task struct {
	App     string
	Window  Window
	Reason  Reason
	Settled bool // ARCHIVE_SETTLE has passed since the window's end
	Unheard bool // the ledger has no manifest of it
	Force   bool
	DryRun  bool
}

// planner decides which windows a run works on. It is pure: what it says depends on its fields and the ledger alone.
type planner struct {
	grid   Grid
	settle time.Duration
	start  time.Time // ARCHIVE_START; zero: the oldest window of the ledger
	now    time.Time
}

// settled tells whether a window may not change any more.
func (p planner) settled(w Window) bool { return !p.now.Before(w.End.Add(p.settle)) }

// asked gives the windows of a span that was asked for, what the source forgets first in front.
func (p planner) asked(app string, span Window, ledger Ledger) []Task {
	var tasks []Task
	for _, w := range p.grid.Cut(span) {
		_, heard := ledger[w.Start.Unix()]
		tasks = append(tasks, Task{App: app, Window: w, Reason: ReasonAsked, Settled: p.settled(w), Unheard: !heard})
	}
	return tasks
}

// backlog gives the windows of a span that need work, in the order that was asked for: a window that is archived for good, or
// that lacks nothing and is still watched, is passed over, unless no manifest is to be trusted. app is the index of the application among the configured ones.
func (p planner) backlog(name string, app int, span Window, q Request, ledger Ledger) []Task {
	var tasks []Task
	for _, w := range p.grid.Cut(span) {
		if !q.Share.Has(w, app) {
			continue
		}
		reason, ok := p.missing(w, ledger)
		if q.Force && !ok {
			reason, ok = ReasonAsked, true
		}
		if ok {
			_, heard := ledger[w.Start.Unix()]
			tasks = append(tasks, Task{App: name, Window: w, Reason: reason, Settled: p.settled(w), Unheard: !heard})
		}
	}
	return tasks
}

// missing tells why a window of a backfill needs work, if it does: a window that the archive does not have was asked for.
func (p planner) missing(w Window, ledger Ledger) (Reason, bool) {
	if _, heard := ledger[w.Start.Unix()]; !heard {
		return ReasonAsked, true
	}
	return p.reason(w, p.grid.Closed(p.now), ledger)
}

// before gives the comparison of an order.
func (p planner) before(o Order) func(a, b Task) int {
	byStart := func(a, b Task) int { return a.Window.Start.Compare(b.Window.Start) }
	switch o {
	case OrderNewest:
		return func(a, b Task) int { return byStart(b, a) }
	case OrderOldest:
		return byStart
	}
	return p.urgency
}

// due gives the windows that need work: the newest one first, whatever else is to be done, then what the source forgets
// first. Windows that only might have changed are not among them: watch gives those.
func (p planner) due(app string, ledger Ledger) []Task {
	var tasks []Task
	newest := p.grid.Closed(p.now)
	for _, w := range p.grid.Cut(Window{Start: p.reached(p.earliest(ledger)), End: newest.End}) {
		if reason, ok := p.reason(w, newest, ledger); ok {
			tasks = append(tasks, Task{App: app, Window: w, Reason: reason, Settled: p.settled(w),
				Unheard: reason == ReasonNew || reason == ReasonHole})
		}
	}
	slices.SortStableFunc(tasks, p.urgency)
	return tasks
}

// reason tells why a window needs work, if it does.
func (p planner) reason(w, newest Window, ledger Ledger) (Reason, bool) {
	s, committed := ledger[w.Start.Unix()]
	switch {
	case !committed && w == newest:
		return ReasonNew, true
	case !committed:
		return ReasonHole, !w.Start.Before(p.begin(ledger))
	case s.Broken != "":
		return ReasonBroken, true
	case s.State == Final:
		return "", false
	case p.settled(w):
		return ReasonSettled, true
	case !s.quiet():
		return ReasonOwing, true
	}
	return "", false
}

// from is where a run begins to watch: where the archive has to begin, but never before what the API still lists.
func (p planner) from(ledger Ledger) time.Time { return p.reached(p.begin(ledger)) }

// reached is t, but never before what the API still lists.
func (p planner) reached(t time.Time) time.Time {
	if edge := p.reachable(); t.Before(edge) {
		return edge
	}
	return t
}

// earliest is where the first window lies that the archive has or should have: one that was asked for by hand may lie before
// the beginning.
func (p planner) earliest(ledger Ledger) time.Time {
	earliest := p.begin(ledger)
	for start := range ledger {
		if t := time.Unix(start, 0).UTC(); t.Before(earliest) {
			earliest = t
		}
	}
	return earliest
}

// begin is where the archive has to begin: at ARCHIVE_START, else with the oldest window it holds, else with the newest
// one.
func (p planner) begin(ledger Ledger) time.Time {
	begin := p.grid.Closed(p.now).Start
	if !p.start.IsZero() {
		if start := p.grid.At(p.start).Start; start.Before(begin) {
			begin = start // one in the future is no reason to let the newest window go
		}
	} else {
		for start := range ledger {
			if t := time.Unix(start, 0).UTC(); t.Before(begin) {
				begin = t
			}
		}
	}
	return begin
}

// reachable is the start of the oldest window that the API still lists whole.
func (p planner) reachable() time.Time {
	// A source asks one second more on the left, and the request takes its time: one window less is asked than might be.
	return p.grid.At(p.now.Add(-reach)).End.Add(p.grid.Length)
}

// urgency orders tasks: the newest window, then by when the source forgets what is in it.
func (p planner) urgency(a, b Task) int {
	rank := func(t Task) int {
		if t.Reason == ReasonNew {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), p.forgotten(a.Window).Compare(p.forgotten(b.Window)),
		a.Window.Start.Compare(b.Window.Start))
}

// forgotten is when the source next forgets something of a window: its recordings, or later the calls themselves.
func (p planner) forgotten(w Window) time.Time {
	if recordings := w.Start.AddDate(0, retention, 0); p.now.Before(recordings) {
		return recordings
	}
	return w.Start.Add(reach)
}

// watch gives the runs of neighbouring windows younger than ARCHIVE_SETTLE that the ledger holds: one count tells for
// each run whether a call has come late.
func (p planner) watch(ledger Ledger) [][]Window {
	var spans [][]Window
	newest := p.grid.Closed(p.now)
	from := p.grid.At(newest.End.Add(-p.settle)).Start
	if begin := p.from(ledger); from.Before(begin) {
		from = begin
	}
	var span []Window
	for _, w := range p.grid.Cut(Window{Start: from, End: newest.End}) {
		if s, ok := ledger[w.Start.Unix()]; ok && s.Broken == "" && s.State != Final {
			span = append(span, w)
			continue
		}
		if len(span) > 0 {
			spans, span = append(spans, span), nil
		}
	}
	if len(span) > 0 {
		spans = append(spans, span)
	}
	return spans
}

// span checks the range of a request and gives the windows it covers, with what an operator should know of how it was
// taken.
func (p planner) span(r Request) (span Window, notes []string, err error) {
	closed := p.grid.Closed(p.now).End
	handedOn := r.Chain > 0 || r.Share.Of > 0 // checked when it was asked for; since then, the API has forgotten some more
	switch {
	case r.From.IsZero() || r.To.IsZero():
		return span, nil, &RequestError{"from", "from and to go together; give both, or neither for what is due"}
	case !r.From.Before(r.To):
		return span, nil, &RequestError{"from", "must be before to"}
	case r.From.Before(p.now.Add(-reach)) && !handedOn:
		return span, nil, &RequestError{"from", fmt.Sprintf("begins more than 180 days back, further than the API lists calls; the earliest is %s", p.grid.Stamp(p.reachable()))}
	}
	span = p.grid.Widen(r.From, r.To)
	if !span.Start.Equal(r.From) || !span.End.Equal(r.To) {
		notes = append(notes, fmt.Sprintf("range widened to the edges of its windows: %s to %s", p.grid.Stamp(span.Start), p.grid.Stamp(span.End)))
	}
	if edge := p.reachable(); span.Start.Before(edge) {
		span.Start = edge
		notes = append(notes, "range begins where the API still lists whole windows: "+p.grid.Stamp(edge))
	}
	if span.End.After(closed) {
		span.End = closed
		notes = append(notes, "range ends with the last window that has ended: "+p.grid.Stamp(closed))
	}
	if handedOn && !span.Start.Before(span.End) {
		return Window{Start: span.Start, End: span.Start}, notes, nil
	}
	if !span.Start.Before(span.End) {
		return span, nil, &RequestError{"from", "the range lies in the future: no window of it has ended; the last that has ended ends at " + p.grid.Stamp(closed)}
	}
	return span, notes, nil
}
