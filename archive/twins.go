package archive

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// An event may be delivered twice, and a coordinator may cut the same shares again. The runs that come of it, twins, do the same
// work; if each of them handed on what it left, and each of those events were delivered twice as well, there would be more and
// more of them. So of the twins that see each other, one goes on: the one with the smallest request id, and of those with the
// same id, as the deliveries of one event have it, the one that committed the earliest window. A run gives way only to another
// that ranks before it, so that the first of all never does: there is always one that goes on, unless it fails, and then the
// platform tries it again. Twins that do not see each other both go on, and do the same work twice.

// rank orders twins. A smaller one goes first.
type rank struct {
	id    string // request id
	start int64  // Unix second at which the earliest window begins that the run committed
	app   string
}

func (a rank) before(b rank) bool {
	return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.start, b.start), cmp.Compare(a.app, b.app)) < 0
}

// author says who committed a window, from a manifest.
type author struct {
	id     string // request id
	now    int64  // Unix second that the run took for now: the same for all runs that came of one event
	reason Reason
}

// author tells who wrote a manifest.
func (m *Manifest) author() author {
	return author{id: m.CommittedBy, now: m.CommittedAt.Unix(), reason: m.Reason}
}

// twins is what a run knows of those that do the same, and of itself among them.
type twins struct {
	seen      []rank
	first     *rank  // of this run, by what it committed; nil: nothing
	contested []Task // windows that another run committed while this one worked on them
}

// met notes who committed a window that nobody had committed when the tasks were planned, and that this run never began.
func (r *run) met(t Task, by author) {
	if by.id == "" || by.now != r.Now.Unix() || (by.reason == ReasonAsked) != r.ranged() || !r.Share.Has(t.Window, r.indexOf(t.App)) {
		return // no twin: a timer's run, another backfill, another share
	}
	r.twins.seen = append(r.twins.seen, rank{by.id, t.Window.Start.Unix(), t.App})
}

// worked notes whether this run or another one committed a window that nobody had committed before.
func (r *run) worked(t Task, done committed) {
	at := rank{r.ID, t.Window.Start.Unix(), t.App}
	switch {
	case done.stamp == "" && t.Unheard:
		r.twins.contested = append(r.twins.contested, t)
	case done.stamp != "" && (r.twins.first == nil || at.before(*r.twins.first)):
		r.twins.first = &at
	}
}

// mostContested bounds how many manifests are read to learn who won a window.
const mostContested = 4

// outranked tells whether a twin goes on, so that this run need not. Of a contested window, a manifest with this run's own id says
// nothing: an answer of the bucket's may have been lost.
func (r *run) outranked(ctx context.Context) bool {
	for _, t := range r.twins.contested[:min(len(r.twins.contested), mostContested)] {
		if !r.budget.allows(shortcutSteps) {
			break
		}
		if m, err := r.readManifest(ctx, t.App, t.Window); err == nil && m.CommittedBy != r.ID {
			r.met(t, m.author())
		}
	}
	return slices.ContainsFunc(r.twins.seen, func(twin rank) bool {
		own := cmp.Or(r.twins.first, &rank{id: r.ID, start: math.MaxInt64})
		return twin.before(*own)
	})
}
