package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// syncAll brings windows up to date: those that have just closed first, so that nothing old ever keeps them waiting, then the
// others, several at once.
func (r *run) syncAll(ctx context.Context, tasks []Task) error {
	r.Progress.Windows.Add(int64(len(tasks)))
	first := 0
	for first < len(tasks) && tasks[first].Reason == ReasonNew {
		first++
	}
	return errors.Join(r.syncSome(ctx, tasks[:first]), r.syncSome(ctx, tasks[first:]))
}

// hopeless is how many windows of a range fail one after another before the rest is left: then it is not the windows, and to go on
// is a request refused, or a minute of tries, for each of thousands. The timer's runs go on: windows that fail for ever must not
// keep those behind them from being archived, and nobody is there to ask for another order.
const hopeless = 8

// syncSome brings windows up to date side by side: what takes the time is waiting for answers. A window that fails does not
// stop the others; time that is up, settings that do not fit the archive, and failures without hope do.
func (r *run) syncSome(ctx context.Context, tasks []Task) error {
	p := &pass{run: r, ctx: ctx, unheard: unheard(tasks)}
	q := newQueue(r.Windows, p.work)
	for _, t := range tasks {
		q.add(t)
	}
	if err := q.wait(); err != nil {
		p.failed = append(p.failed, err)
	}
	if p.giveUp() {
		r.report.note(fmt.Sprintf("%d windows in a row failed: %s left for the next run", hopeless, counted(p.dropped, "window")))
	}
	if p.passed > 0 {
		r.report.note(counted(p.passed, "window") + " archived by another run meanwhile")
	}
	return errors.Join(p.failed...)
}

// pass is one pass over many windows, several at once.
type pass struct {
	*run
	ctx     context.Context
	unheard map[string]Window // by application: the range of the windows that had no manifest

	mu      sync.Mutex // holds for the run's books too, while windows are worked on
	failed  []error
	dropped int  // windows not begun because there was no hope
	passed  int  // windows that another run has archived meanwhile
	misfits bool // the settings do not fit the archive
	barren  int  // windows that failed since one did not
}

// giveUp tells whether there is no hope for the windows that are not begun.
func (p *pass) giveUp() bool { return p.ranged() && p.barren >= hopeless }

// work brings one window up to date.
func (p *pass) work(t Task) {
	p.lookAgain()
	t, ok := p.still(t)
	if !ok {
		return
	}
	t.Force, t.DryRun = p.Force, p.DryRun
	done, err := p.sync(p.ctx, t)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err = p.collect(t, done, err); err != nil {
		p.failed = append(p.failed, err)
		p.barren++
	} else if !p.giveUp() { // what was under way as hope ended changes nothing
		p.barren = 0
	}
	p.misfits = p.misfits || errors.As(err, new(*SettingError))
}

// still tells whether a window is to be worked on yet, and gives its task with what is known of it by now.
func (p *pass) still(t Task) (Task, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.misfits:
		return t, false
	case p.giveUp():
		p.dropped++
		return t, false
	case ended(p.soon):
		p.rest = append(p.rest, t)
		return t, false
	case !t.Unheard || p.Force:
		return t, true
	}
	s, heard := p.ledgers[t.App][t.Window.Start.Unix()]
	if _, lacks := p.planner.missing(t.Window, p.ledgers[t.App]); heard && !lacks {
		p.passed++
		p.met(t, s.by)
		p.Progress.WindowsDone.Add(1)
		return t, false
	}
	t.Unheard = !heard
	return t, true
}

// collect takes what became of a window into what the run knows. One that time kept from being committed at all is left, and the
// answer does not name it: nothing can be said of it.
func (r *run) collect(t Task, done committed, err error) error {
	failed := r.unlessStopped(err)
	if done.short || err != nil && failed == nil {
		r.rest = append(r.rest, t)
	}
	r.learn(t, done)
	switch {
	case failed != nil:
		r.report.fail(t.Window, done, failed)
		failed = &WindowError{Mode: ModeArchive, App: t.App, Window: r.Grid.Stamp(t.Window.Start), Err: failed}
		r.Progress.fail(failed)
	case err != nil:
		r.report.forgo(t.Window, done)
		return nil
	default:
		r.report.add(t.Window, done)
		r.Progress.Owed.Add(int64(done.report.Media.Pending))
	}
	r.Progress.WindowsDone.Add(1)
	return failed
}

// committed is what became of a window.
type committed struct {
	report   WindowReport
	manifest *Manifest // nil: it could not be committed
	stamp    string    // of the manifest as this run wrote it; empty: it did not have to
	links    []string  // fields with media links that we do not know
	bytes    int64     // of media, stored
	short    bool      // time kept it from being finished
}

// sync is the whole of cdrvault for one window: recall what is committed, read the calls while their files are being
// copied, and commit.
func (r *run) sync(ctx context.Context, t Task) (committed, error) {
	none := committed{report: WindowReport{App: t.App, Window: r.Grid.Stamp(t.Window.Start), State: Unchanged, Reason: t.Reason}}
	was, err := r.recall(r.soon, t)
	if err != nil {
		return none, err
	}
	defer func() { was.archived.close() }() // where committing has not done so already
	found, err := r.find(t, was)
	defer found.reading.rows.close()
	none.report.Calls, none.report.Media.Copied, none.bytes = found.reading.rows.len(), len(found.copied), found.bytes
	if err != nil {
		return none, err
	}
	if found.reading.cut && found.reading.rows.len() == 0 {
		return none, found.reading.why // nothing was read, so nothing can be said of the window
	}
	done, err := r.commit(ctx, t, was, found)
	if err != nil {
		done.report = none.report
	}
	done.short = found.reading.cut || done.manifest != nil && done.manifest.untried() > 0
	return done, err
}

// finding is everything a run found out about a window.
type finding struct {
	reading *reading
	files   index
	copied  map[string]bool // keys that this run stored
	bytes   int64           // of them
}

// find reads the window's calls while their files are being copied. Both end when the run's time is up. With an error, too, it tells
// what was read and copied until then.
func (r *run) find(t Task, was *past) (finding, error) {
	copies := r.newCopier(t, was)
	defer copies.jobs.wait() // whatever happens to the reading, no copy outlives its window
	found, err := r.read(t, copies)
	got := finding{reading: found}
	if err = errors.Join(err, copies.wait()); err == nil {
		got.files, err = copies.outcome(found.listing.Agreed && !found.cut)
	}
	got.copied, got.bytes = copies.copied, copies.bytes
	return got, err
}

// read lists the window's calls, and has their files copied on the side. A reading that the run's time cuts short is
// still true as far as it goes: it is committed as one that is not all.
func (r *run) read(t Task, copies *copier) (*reading, error) {
	found, norm := r.newReading(), r.normalizer(t)
	var err error
	found.listing, err = r.source.Calls(r.soon, t.App, t.Window, func(page []json.RawMessage) error {
		for _, raw := range page {
			rec, ok := found.take(norm, t.Window, raw)
			if !ok {
				continue
			}
			for _, f := range rec.Files {
				copies.want(rec, f)
			}
		}
		r.Progress.Calls.Add(int64(len(page)))
		return r.soon.Err()
	})
	if err != nil && r.timeUp(err) {
		found.cut, found.why, err = true, err, nil
	}
	return found, err
}
