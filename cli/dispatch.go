package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"cdrvault/archive"
	"cdrvault/handler"
)

// A fan-out is followed by what its runs leave in the bucket. The platform is not asked: a run that it calls done may have
// left something, and one that it lost may have done all of it.

const (
	// firstLook and lastLook are between two looks at the bucket, the former at the beginning.
	firstLook, lastLook = time.Second, 5 * time.Second
	// mostFailures is how many looks in a row may fail.
	mostFailures = 5
)

// books tell how a fan-out goes.
type books interface {
	// look reads where the shares stand now.
	look(ctx context.Context) (standing, error)
	// ended tells how those of the runs with these request ids ended that are known to have done so.
	ended(ctx context.Context, ids []string) (map[string]runEnd, error)
}

// runEnd is how a run ended.
type runEnd struct {
	done  bool      // without an error: after one the platform tries again
	rest  int       // windows that time kept it from finishing
	why   string    // its error, as far as it was filed
	filed time.Time // when it told; another time is another try
}

// standing is how far a range is archived.
type standing struct {
	left                     []int // windows that each share lacks, by its number less one
	owing                    int   // windows that are archived as far as possible now
	calls, files, owed, lost int
	bytes                    int64
}

func (s standing) windowsLeft() (n int) {
	for _, left := range s.left {
		n += left
	}
	return n
}

// dispatch is the shares of a backfill on their way.
type dispatch struct {
	books    books
	invoker  handler.Invoker
	remarks  io.Writer
	answer   *archive.Report // of the run that cut; what becomes of the shares is added
	patience time.Duration
	alone    bool // no run goes on by itself: what one leaves has to be sent
	watch    archive.Progress
	shares   []*sentShare
	first    standing // before anything was sent
	now      standing // at the last look
	began    time.Time
	moved    time.Time // when any share last came further
}

// newDispatch takes the shares from the answer of the run that cut.
func newDispatch(invoker handler.Invoker, answer *archive.Report) *dispatch {
	d := &dispatch{invoker: invoker, answer: answer}
	for i, q := range answer.Next {
		d.shares = append(d.shares, &sentShare{request: q, report: &answer.Shares[i]})
	}
	return d
}

// begin looks where the shares stand, and sends each of them. Where the first one is not taken, no other will be: it ends.
func (d *dispatch) begin(ctx context.Context) error {
	var err error
	if d.first, err = d.books.look(ctx); err != nil {
		return err
	}
	d.began = time.Now()
	d.moved = d.began
	d.take(d.first)
	for _, s := range d.shares {
		if err := d.send(ctx, s); err != nil && (d.sent() == 0 || ctx.Err() != nil) {
			return err
		}
	}
	return nil
}

// sent is how many invocations were made.
func (d *dispatch) sent() (n int) {
	for _, s := range d.shares {
		n += len(s.runs)
	}
	return n
}

// unsent is why a share was not taken by the platform; nil: all were.
func (d *dispatch) unsent() error {
	for _, s := range d.shares {
		if len(s.runs) == 0 {
			return s.untaken
		}
	}
	return nil
}

// send puts a share into the function's queue. Where it is not taken, that is told, and the share keeps the error.
func (d *dispatch) send(ctx context.Context, s *sentShare) error {
	var id string
	event, err := handler.Encode(s.request)
	if err == nil {
		id, err = d.invoker.Invoke(ctx, event)
	}
	if err != nil {
		err = fmt.Errorf("send share %s: %w", s.report.Share, err)
		if d.sent() > 0 && ctx.Err() == nil {
			fmt.Fprintln(d.remarks, err)
		}
	}
	s.note(id, err)
	return err
}

// follow watches until no window is left, and sends again what stands still. It ends with an error where that does not help.
func (d *dispatch) follow(ctx context.Context) error {
	failures := 0
	for pause := firstLook; ; pause = min(pause*3/2, lastLook) {
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		ended, err := d.books.ended(ctx, d.lastRuns()) // before the look, which then sees all they did
		if err != nil && failures == 0 {
			d.doubt(ctx, err) // and no more: unknown, patience has to do
		}
		now, errLook := d.books.look(ctx)
		if errLook != nil {
			if failures++; failures >= mostFailures || ctx.Err() != nil {
				return errLook
			}
			if failures == 1 && err == nil {
				d.doubt(ctx, errLook)
			}
			continue
		}
		failures = 0
		d.take(now)
		d.hear(ended)
		if now.windowsLeft() == 0 {
			return nil
		}
		if err := d.hasten(ctx, ended); err != nil {
			return err
		}
	}
}

// doubt says why nothing is known of the shares: a look that fails has been tried for a while.
func (d *dispatch) doubt(ctx context.Context, err error) {
	if ctx.Err() == nil {
		fmt.Fprintf(d.remarks, "the bucket does not answer: %s; looking again\n", oneLine(err))
	}
}

// take notes where the shares stand.
func (d *dispatch) take(now standing) {
	d.now = now
	for _, s := range d.shares {
		if s.take(now.left[s.request.Share.Number-1]) {
			d.moved = s.moved
		}
	}
	w, first := &d.watch, d.first
	w.Windows.Store(int64(first.windowsLeft()))
	w.WindowsDone.Store(int64(max(first.windowsLeft()-now.windowsLeft(), 0)))
	w.Calls.Store(int64(now.calls - first.calls))
	w.Bytes.Store(now.bytes - first.bytes) // of files only what is done is known: there is nothing to hold it against
	w.Owed.Store(int64(now.owed))
}

// hear takes in how runs ended, and says of those that failed why.
func (d *dispatch) hear(ended map[string]runEnd) {
	for _, s := range d.shares {
		end, known := ended[s.lastRun()]
		s.answered = s.answered || known
		if !known || !s.hear(end) {
			continue
		}
		fmt.Fprintf(d.remarks, "share %s: its run failed: %s\n", s.report.Share, s.why)
	}
}

// lastRuns are the latest runs of the shares that have something left.
func (d *dispatch) lastRuns() (ids []string) {
	for _, s := range d.shares {
		if s.left > 0 && len(s.runs) > 0 {
			ids = append(ids, s.lastRun())
		}
	}
	return ids
}

// conclude turns the answer of the run that cut into that of the whole, as far as it has come.
func (d *dispatch) conclude() {
	r, now := d.answer, d.now
	r.Rest = now.windowsLeft()
	r.Complete = r.Rest == 0 && now.owing == 0
	r.Notes = slices.DeleteFunc(r.Notes, func(note string) bool { return strings.HasSuffix(note, archive.Handed) })
	r.Totals.Calls = now.calls - d.first.calls
	r.Totals.Bytes = now.bytes - d.first.bytes
	r.Totals.Media = archive.MediaCount{Copied: now.files - d.first.files, Pending: now.owed, Lost: max(now.lost-d.first.lost, 0)}
	r.Totals.Seconds = time.Since(d.began).Round(time.Millisecond).Seconds()
	if now.owed > 0 {
		r.Debts = &archive.DebtReport{Files: now.owed}
	}
}

// sleep waits, or ends with ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
