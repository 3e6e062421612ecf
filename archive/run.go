package archive

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"cdrvault/cdr"
)

// run is one run of an Archiver, and what it has learned so far.
type run struct {
	*Archiver
	Request
	planner   planner
	apps      []string
	soon      context.Context // ends when the time for reading and copying is up; what commits has until the deadline
	budget    *budget
	ledgers   map[string]Ledger             // by application
	shortcuts map[string]shortcut           // by application
	written   map[string]map[string]stamped // by application and manifest's name
	copies    chan struct{}                 // has room for as many copies as may be in flight
	report    *Report

	sweeping    chore         // the look for abandoned uploads
	interrupted func() bool   // its caller gave it up: nobody is to go on with it but by asking again
	cuts        map[slot]int  // Slices by window
	unsliced    map[slot]bool // those of them whose slices time kept from being copied
	began       time.Time     // by the run's clock
	looked      time.Time     // when the manifests were listed last
	outset      Window        // the range of the windows that were to be worked on
	rest        []Task        // those of them that time kept from being finished
	short       bool          // time kept something from being finished
	onward      string        // how to go on with it, where that is not what any next run does
	twins       twins         // other runs that do the same
}

// begin checks a request as far as that needs no ledger.
func (a *Archiver) begin(ctx context.Context, q Request) (*run, error) {
	if q.Now.IsZero() {
		q.Now = a.Clock()
	}
	if q.Mode == "" {
		q.Mode = ModeArchive
	}
	q.Now = q.Now.UTC().Truncate(time.Second)
	for _, app := range q.Apps {
		if !slices.Contains(a.Apps, app) {
			return nil, &RequestError{"apps", "names an application that is not configured; configured are " + list(a.Apps)}
		}
	}
	soon, budget := newBudget(ctx)
	r := &run{
		Archiver: a, Request: q, apps: a.Apps,
		planner:     planner{grid: a.Grid, settle: a.Settle, start: a.Start, now: q.Now},
		soon:        soon,
		budget:      budget,
		ledgers:     map[string]Ledger{},
		shortcuts:   map[string]shortcut{},
		written:     map[string]map[string]stamped{},
		copies:      make(chan struct{}, max(a.Concurrency, 1)),
		report:      newReport(q),
		unsliced:    map[slot]bool{},
		began:       a.Clock(),
		interrupted: func() bool { return errors.Is(ctx.Err(), context.Canceled) },
	}
	r.looked = r.began
	if len(q.Apps) > 0 {
		r.apps = slices.Compact(slices.Sorted(slices.Values(q.Apps)))
	}
	return r, nil
}

// list gives names as a sentence lists them.
func list[S ~string](names []S) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = string(name)
	}
	return strings.Join(all, ", ")
}

// ranged tells whether a range was asked for.
func (r *run) ranged() bool { return !r.From.IsZero() || !r.To.IsZero() }

// unlessStopped is err, or nil where it only says that the run's time is up, or that it was interrupted: then nothing
// refused, and the answer says that something is left (tellRest). A run that got nowhere at all did not run out of time: what it
// waited for could not be reached.
func (r *run) unlessStopped(err error) error {
	if err == nil || !r.timeUp(err) || !r.interrupted() && !r.report.gotAnywhere() {
		return err
	}
	r.report.Complete, r.short = false, true
	return nil
}

// timeUp tells whether err only says that the time for reading and copying is up, or too short for another try.
func (r *run) timeUp(err error) bool { return timeUp(r.soon, err) }

// whyStopped is what ended the time for reading and copying.
func (r *run) whyStopped() string {
	if r.interrupted() {
		return "interrupted"
	}
	return "time was up"
}

// normalizer makes rows of the task's window.
func (r *run) normalizer(t Task) *cdr.Normalizer {
	return &cdr.Normalizer{
		App: t.App, Window: r.Grid.Stamp(t.Window.Start), Kinds: r.Kinds, Media: r.MediaHost,
		Key: func(session, name string) string { return r.keys.media(t.App, t.Window, session, name) },
	}
}

// backoff spaces the tries of one file.
func (r *run) backoff() backoff.BackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = r.Pause, 5*time.Second
	return b
}

// learn takes what was committed into the run's ledger.
func (r *run) learn(t Task, done committed) {
	for _, field := range done.links {
		r.report.Links = insert(r.report.Links, field)
	}
	if done.manifest == nil {
		return
	}
	if r.ledgers[t.App] == nil {
		r.ledgers[t.App] = Ledger{}
	}
	r.ledgers[t.App][t.Window.Start.Unix()] = done.manifest.standing()
	r.worked(t, done)
	if done.stamp != "" {
		r.remember(t, done)
	}
}
