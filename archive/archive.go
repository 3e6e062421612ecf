package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"cdrvault/cdr"
)

// Options say what an archive is. All fields are needed unless they say otherwise.
type Options struct {
	Apps        []string // contact-center applications
	Prefix      string   // of every key: empty, or with a slash at its end
	Grid        Grid
	Settle      time.Duration // how long after its end a window is compared with the API
	Start       time.Time     // from when the archive has to be complete; zero: from its oldest window
	Gzip        bool
	MediaClass  string // storage class of media; empty: STANDARD
	Kinds       map[cdr.Kind]bool
	MediaHost   func(host string) bool // may media come from this host ("h" or "h:port")?
	Concurrency int                    // copies in flight, over all windows
	Windows     int                    // windows in flight; 4 where 0
	Clock       func() time.Time       // time.Now where nil
	Meter       *Meter                 // the requests that source and store count; may be nil
	Scratch     string                 // folder for files that wait; os.TempDir() where empty
	Progress    *Progress              // may be nil
	Pause       time.Duration          // before a file is tried again, then twice as long each time up to 5 s; 200 ms where 0
	Close       func()                 // gives up the connections at the end of the run; may be nil
}

// Progress is how far a run has come, for whoever watches it. Counters only grow.
type Progress struct {
	Windows, WindowsDone atomic.Int64
	Calls                atomic.Int64
	Files, FilesDone     atomic.Int64
	Bytes                atomic.Int64 // media bytes stored
}

// Archiver archives. Its credentials live in source and store.
type Archiver struct {
	Options
	source  Source
	opener  Opener
	store   Store
	keys    keys
	scratch *scratch
}

// New builds an Archiver.
func New(source Source, opener Opener, store Store, o Options) *Archiver {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Meter == nil {
		o.Meter = &Meter{}
	}
	if o.Progress == nil {
		o.Progress = &Progress{}
	}
	if o.Windows == 0 {
		o.Windows = 4
	}
	if o.Pause == 0 {
		o.Pause = 200 * time.Millisecond
	}
	if o.Scratch == "" {
		o.Scratch = os.TempDir()
	}
	return &Archiver{Options: o, source: source, opener: opener, store: store,
		keys: keys{prefix: o.Prefix, grid: o.Grid, gzip: o.Gzip}, scratch: newScratch(o.Scratch, scratchSize)}
}

// Run does what q asks for. It stops in time to commit and answer before ctx's deadline. The error is a *RequestError
// where q cannot be run, else it joins what refused or could not be reached; the report tells of everything else, and is
// nil only where nothing was begun.
func (a *Archiver) Run(ctx context.Context, q Request) (*Report, error) {
	defer a.close()
	began := a.Clock()
	r, err := a.begin(ctx, q)
	if err != nil {
		return nil, err
	}
	defer r.budget.end()
	switch r.Mode {
	case ModeArchive:
		err = r.archive(ctx)
	case ModeVerify:
		err = r.verify(ctx)
	case ModePlan:
		err = r.plan()
	default:
		return nil, &RequestError{"mode", "is none of " + listModes()}
	}
	if refused := new(RequestError); errors.As(err, &refused) {
		return nil, err
	}
	if r.budget.allows(ledgerSteps) {
		r.keepLedgers(ctx)
	}
	r.conclude(a.Clock().Sub(began), err)
	if errFile := r.file(ctx); errFile != nil && !ended(ctx) { // for want of time alone, what is committed is no error
		err = errors.Join(err, errFile)
	}
	return r.report, err
}

func (a *Archiver) close() {
	if a.Close != nil {
		a.Close()
	}
}

// archive brings the lake up to date: the windows that were asked for, or those that are due and then those that changed
// since they were read.
func (r *run) archive(ctx context.Context) error {
	tasks, err := r.tasks()
	if err != nil {
		return r.unlessStopped(err)
	}
	err = r.syncAll(ctx, tasks)
	if !r.ranged() {
		late, errLate := r.late()
		err = errors.Join(err, r.unlessStopped(errLate), r.syncAll(ctx, late))
	}
	r.sweep()
	return err
}

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

// syncSome brings windows up to date side by side: what takes the time is waiting for answers. A window that fails does not
// stop the others; time that is up, and settings that do not fit the archive, do.
func (r *run) syncSome(ctx context.Context, tasks []Task) error {
	var (
		mu      sync.Mutex
		failed  []error
		begun   int
		misfits bool
	)
	q := newQueue(r.Windows, func(t Task) {
		mu.Lock()
		stop := misfits || ended(r.soon)
		if !stop {
			begun++
		}
		mu.Unlock()
		if stop {
			return
		}
		t.Force, t.DryRun = r.Force, r.DryRun
		done, err := r.sync(ctx, t)
		mu.Lock()
		defer mu.Unlock()
		if err = r.collect(t, done, err); err != nil {
			failed = append(failed, err)
		}
		misfits = misfits || errors.As(err, new(*gridError))
	})
	for _, t := range tasks {
		q.add(t)
	}
	if err := q.wait(); err != nil {
		failed = append(failed, err)
	}
	if left := len(tasks) - begun; left > 0 && !misfits {
		r.report.left(left)
	}
	return errors.Join(failed...)
}

// collect takes what became of a window into what the run knows.
func (r *run) collect(t Task, done committed, err error) error {
	if err = r.unlessStopped(err); err != nil {
		err = &WindowError{Mode: ModeArchive, App: t.App, Window: r.Grid.Stamp(t.Window.Start), Err: err}
	}
	r.learn(t, done)
	r.report.add(t.Window, done.report, err)
	r.Progress.WindowsDone.Add(1)
	return err
}

// committed is what became of a window.
type committed struct {
	report   WindowReport
	manifest *Manifest // nil: it could not be committed
	sealed   []byte    // the manifest as this run wrote it; nil: it did not have to
	links    []string  // fields with media links that we do not know
	bytes    int64     // of media, stored
}

// sync is the whole of cdrvault for one window: recall what is committed, read the calls while their files are being
// copied, and commit.
func (r *run) sync(ctx context.Context, t Task) (committed, error) {
	none := committed{report: WindowReport{App: t.App, Window: r.Grid.Stamp(t.Window.Start), State: Unchanged, Reason: t.Reason}}
	was, err := r.recall(r.soon, t)
	if err != nil {
		return none, err
	}
	found, err := r.find(t, was)
	if err != nil {
		return none, err
	}
	if found.reading.cut && len(found.reading.calls) == 0 {
		return none, found.reading.why // nothing was read, so nothing can be said of the window
	}
	return r.commit(ctx, t, was, found)
}

// finding is everything a run found out about a window.
type finding struct {
	reading *reading
	files   index
	copied  map[string]bool // keys that this run stored
	bytes   int64           // of them
}

// find reads the window's calls while their files are being copied. Both end when the run's time is up.
func (r *run) find(t Task, was *past) (finding, error) {
	copies := r.newCopier(t, was)
	found, err := r.read(t, copies)
	if err := errors.Join(err, copies.wait()); err != nil {
		return finding{}, err
	}
	files, copied := copies.outcome(found.listing.Agreed && !found.cut)
	return finding{reading: found, files: files, copied: copied, bytes: copies.bytes}, nil
}

// read lists the window's calls, and has their files copied on the side. A reading that the run's time cuts short is
// still true as far as it goes: it is committed as one that is not all.
func (r *run) read(t Task, copies *copier) (*reading, error) {
	found, norm := newReading(), r.normalizer(t)
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
	if err != nil && ended(r.soon) {
		found.cut, found.why, err = true, err, nil
	}
	return found, err
}

// linkHost is the host of a link, with its port where it names one; empty where there is none.
func linkHost(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Host
}

// WindowError is a window that could not be archived, or verified: the API or the bucket refused, or could not be reached.
type WindowError struct {
	Mode   Mode
	App    string
	Window string // its start, RFC 3339
	Err    error
}

func (e *WindowError) Error() string {
	return fmt.Sprintf("%s app %s window %s: %v", e.Mode, e.App, e.Window, e.Err)
}

func (e *WindowError) Unwrap() error { return e.Err }
