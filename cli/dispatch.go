package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
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
	// mostSends is how often a share is sent again without any progress.
	mostSends = 3
	// mostRunsFailed is how many runs of a share may fail, one after the other, before it is sent no more.
	mostRunsFailed = 2
	// restPatience is how long a share may stand still after its run ended with something left: a run that goes on by itself
	// commits something before long.
	restPatience = 90 * time.Second
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
	done bool   // without an error: after one the platform tries again
	why  string // its error, as far as it was filed
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
	began    time.Time
	moved    time.Time // when any share last came further
}

// sentShare is one of them.
type sentShare struct {
	request archive.Request
	report  *archive.ShareReport
	left    int       // windows, at the last look
	moved   time.Time // when it last came further, or was sent
	again   int       // how often it was sent again since it came further
	runs    []string  // request ids, the last one last
	failed  int       // of the runs, those in a row that filed a failure
	told    string    // the run whose failure was told last
}

// newDispatch takes the shares from the answer of the run that cut.
func newDispatch(invoker handler.Invoker, answer *archive.Report) *dispatch {
	d := &dispatch{invoker: invoker, answer: answer}
	for i, q := range answer.Next {
		d.shares = append(d.shares, &sentShare{request: q, report: &answer.Shares[i]})
	}
	return d
}

// begin looks where the shares stand, and sends each of them.
func (d *dispatch) begin(ctx context.Context) error {
	var err error
	if d.first, err = d.books.look(ctx); err != nil {
		return err
	}
	d.began = time.Now()
	d.moved = d.began
	d.take(d.first)
	for _, s := range d.shares {
		if err := d.send(ctx, s); err != nil {
			return err
		}
		s.report.RequestID = s.runs[0]
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

// send puts a share into the function's queue.
func (d *dispatch) send(ctx context.Context, s *sentShare) error {
	event, err := handler.Encode(s.request)
	if err != nil {
		return err
	}
	id, err := d.invoker.Invoke(ctx, event)
	if err != nil {
		return fmt.Errorf("send share %s: %w", s.report.Share, err)
	}
	s.runs, s.moved = append(s.runs, id), time.Now()
	return nil
}

// follow watches until no window is left, and sends again what stands still. It ends with an error where that does not help.
func (d *dispatch) follow(ctx context.Context) error {
	failures := 0
	for pause := firstLook; ; pause = min(pause*3/2, lastLook) {
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		ended, _ := d.books.ended(ctx, d.lastRuns()) // before the look, which then sees all they did; unknown, patience has to do
		now, err := d.books.look(ctx)
		if err != nil {
			if failures++; failures >= mostFailures || ctx.Err() != nil {
				return err
			}
			continue
		}
		failures = 0
		d.take(now)
		d.tellFailures(ended)
		if now.windowsLeft() == 0 {
			d.conclude(now)
			return nil
		}
		if err := d.hasten(ctx, ended); err != nil {
			return err
		}
	}
}

// take notes where the shares stand.
func (d *dispatch) take(now standing) {
	for _, s := range d.shares {
		left := now.left[s.request.Share.Number-1]
		if left < s.left {
			s.moved, s.again, s.failed, d.moved = time.Now(), 0, 0, time.Now()
		}
		s.left = left
	}
	w, first := &d.watch, d.first
	w.Windows.Store(int64(first.windowsLeft()))
	w.WindowsDone.Store(int64(max(first.windowsLeft()-now.windowsLeft(), 0)))
	w.Calls.Store(int64(now.calls - first.calls))
	w.Bytes.Store(now.bytes - first.bytes) // of files only what is done is known: there is nothing to hold it against
	w.Owed.Store(int64(now.owed))
}

// tellFailures says of each run that failed why, once.
func (d *dispatch) tellFailures(ended map[string]runEnd) {
	for _, s := range d.shares {
		id := s.lastRun()
		if end, known := ended[id]; known && !end.done && s.told != id {
			s.told = id
			s.failed++
			fmt.Fprintf(d.remarks, "share %s: its run failed: %s\n", s.report.Share, cmp.Or(end.why, "see the function's log of request "+id))
		}
	}
}

// spent tells whether sending the share again does not help.
func (s *sentShare) spent() bool { return s.again >= mostSends || s.failed >= mostRunsFailed }

// hasten sends the shares again that stand still. Where all that have something left were sent often enough, it gives up.
func (d *dispatch) hasten(ctx context.Context, ended map[string]runEnd) error {
	stuck := time.Since(d.moved) > d.patience
	for _, s := range d.shares {
		if s.left == 0 {
			continue
		}
		done := ended[s.lastRun()].done
		tired := time.Since(s.moved) > d.patienceWith(s, done)
		stuck = stuck && tired && s.spent()
		if !tired || s.spent() {
			continue
		}
		s.again++
		said := "share %s has %s left: sent again\n"
		if done {
			said = "share %s: its run ended with %s left; the rest is sent\n"
		}
		fmt.Fprintf(d.remarks, said, s.report.Share, count(int64(s.left), "window"))
		if err := d.send(ctx, s); err != nil {
			return err
		}
	}
	if stuck {
		return errors.New("no progress: left are " + d.leftOver())
	}
	return nil
}

// patienceWith is how long a share may stand still. Where nobody else goes on with what its run left, it is sent at once, but only
// while that brings it further.
func (d *dispatch) patienceWith(s *sentShare, ended bool) time.Duration {
	switch {
	case !ended:
		return d.patience
	case d.alone && s.again == 0:
		return 0
	}
	return min(d.patience, restPatience)
}

func (s *sentShare) lastRun() string { return s.runs[len(s.runs)-1] }

// lastRuns are the latest runs of the shares that have something left.
func (d *dispatch) lastRuns() (ids []string) {
	for _, s := range d.shares {
		if s.left > 0 {
			ids = append(ids, s.lastRun())
		}
	}
	return ids
}

// leftOver names the shares that have something left.
func (d *dispatch) leftOver() string {
	var parts []string
	for _, s := range d.shares {
		if s.left > 0 {
			parts = append(parts, fmt.Sprintf("%s of share %s", count(int64(s.left), "window"), s.report.Share))
		}
	}
	return strings.Join(parts, ", ")
}

// conclude turns the answer of the run that cut into that of the whole.
func (d *dispatch) conclude(now standing) {
	r := d.answer
	r.Complete = now.owing == 0
	r.Totals.Calls = now.calls - d.first.calls
	r.Totals.Bytes = now.bytes - d.first.bytes
	r.Totals.Media = archive.MediaCount{Copied: now.files - d.first.files, Pending: now.owed, Lost: now.lost}
	r.Totals.Seconds = time.Since(d.began).Seconds()
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
