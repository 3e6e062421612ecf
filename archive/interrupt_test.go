package archive_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// interrupted runs q and has its context cancelled by what when arranges.
func (w *world) interrupted(q archive.Request, when func(cancel func())) *archive.Report {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	when(cancel)
	report, err := w.try(ctx, q)
	if err != nil {
		w.Fatalf("interrupted: %v", err)
	}
	if !report.Stopped || report.Complete || len(report.Next) > 0 {
		w.Errorf("interrupted %v, complete %v, next %v", report.Stopped, report.Complete, report.Next)
	}
	w.source.OnRequest, w.store.Before = nil, nil
	return report
}

// The second page hangs, and somebody presses Ctrl-C: what the first one brought is committed as what it is.
func TestInterrupt_CommitsWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := smallWorld(t)
		w.source.PageSize = 2
		w.interrupted(window(), func(cancel func()) {
			w.source.OnRequest = func(ctx context.Context, _ archivetest.Asked, n int) error {
				if n < 2 {
					return nil
				}
				synctest.Wait() // what the first page names is copied
				cancel()
				<-ctx.Done()
				return ctx.Err()
			}
		})
		w.walker.Unbroken(t)
		if got := w.committed(); got.State != "open" || got.Calls == 0 || len(got.Media) == 0 {
			t.Errorf("committed %d calls and %d files, state %s", got.Calls, len(got.Media), got.State)
		}
		if len(w.answers()) != 1 || w.keptWindows() != 1 {
			t.Errorf("answers %q, %d windows in the ledger", w.answers(), w.keptWindows())
		}
		w.goesOn(2)
	})
}

// Interrupted before each request to the bucket in turn, whatever it is: what is committed is true, and the next run finishes.
func TestInterrupt_AnyMoment(t *testing.T) {
	for step := 1; ; step++ {
		var n atomic.Int64
		var hit atomic.Bool
		w := stretch(t)
		w.options.Windows, w.options.Concurrency = 1, 1
		w.interruptedIf(&hit, func(cancel func()) {
			w.store.Before = func(archivetest.Op, string) {
				if n.Add(1) == int64(step) {
					hit.Store(true)
					cancel()
				}
			}
		})
		if !hit.Load() {
			break
		}
		w.run(whole())
		w.same()
		if t.Failed() {
			t.Fatalf("interrupted at request %d", step)
		}
	}
}

// interruptedIf runs the backfill, which need not be interrupted at all.
func (w *world) interruptedIf(hit *atomic.Bool, when func(cancel func())) {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	when(cancel)
	report, err := w.try(ctx, whole())
	if err != nil || !hit.Load() && !report.Complete {
		w.Errorf("error %v, interrupted %v, complete %v", err, report.Stopped, report.Complete)
	}
	w.store.Before = nil
}

// Windows that were not begun are left, and none is begun any more.
func TestInterrupt_LeavesTheRest(t *testing.T) {
	w := stretch(t)
	w.options.Windows = 1
	report := w.interrupted(whole(), func(cancel func()) {
		w.between(3, cancel)
	})
	if n := len(report.Windows); n > 4 || report.Rest < 2*stretchHours-n {
		t.Errorf("%d windows worked on, %d left", n, report.Rest)
	}
	w.run(whole())
	w.same()
}

// A bucket that does not answer any more holds an interrupted run up for its grace, and no longer.
func TestInterrupt_GraceIsBounded(t *testing.T) {
	for grace, want := range map[time.Duration]time.Duration{0: 10 * time.Second, 3 * time.Second: 3 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := stretch(t)
			w.options.Grace = grace
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			began := time.Now()
			o := w.options
			o.Clock = func() time.Time { return w.now }
			hung := archive.New(w.source, w.source, hanging{w.store, cancel}, o)
			report, err := hung.Run(ctx, whole())
			if took := time.Since(began); took != want {
				t.Errorf("grace %v: the run ended %v after it was interrupted, want %v", grace, took, want)
			}
			if err != nil || !report.Stopped || report.Complete {
				t.Errorf("error %v, report %+v", err, report)
			}
			w.run(whole())
			w.same()
		})
	}
}

// hanging is a bucket whose puts of rows never end by themselves.
type hanging struct {
	*archivetest.MemStore
	cancel func()
}

func (h hanging) Put(ctx context.Context, key string, body archive.Body, o archive.PutOptions) error {
	if o.ContentType != "application/x-ndjson" {
		return h.MemStore.Put(ctx, key, body, o)
	}
	h.cancel()
	<-ctx.Done()
	return errors.Join(errors.New("put "+key), ctx.Err())
}

// A deadline is no interruption: it gives no grace.
func TestInterrupt_DeadlineIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stretch(t)
		w.options.Windows = 1
		w.slowly(200 * time.Millisecond)
		if report := w.within(time.Second, whole()); report.Stopped || report.Complete {
			t.Errorf("interrupted %v, complete %v", report.Stopped, report.Complete)
		}
	})
}
