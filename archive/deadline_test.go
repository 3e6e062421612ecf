package archive_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// within runs q with a deadline, before which the answer has to come, without an error: too little time is none.
func (w *world) within(limit time.Duration, q archive.Request) *archive.Report {
	w.Helper()
	report, err := w.tryWithin(limit, q)
	if err != nil {
		w.Fatalf("limit %s: %v", limit, err)
	}
	return report
}

// nowhere runs q with a deadline, before which nothing at all can be read: what hangs is as good as not there, which is an
// error that the platform tries again after.
func (w *world) nowhere(limit time.Duration, q archive.Request) {
	w.Helper()
	if report, err := w.tryWithin(limit, q); err == nil || report.Complete {
		w.Errorf("limit %s: no error, complete %v", limit, report.Complete)
	}
}

func (w *world) tryWithin(limit time.Duration, q archive.Request) (*archive.Report, error) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), limit)
	defer cancel()
	report, err := w.try(ctx, q)
	if ctx.Err() != nil {
		w.Errorf("limit %s: the answer came after the deadline", limit)
	}
	return report, err
}

// hangs has every request of that name wait for the end of its context.
func (w *world) hangs(hanging archivetest.Asked, from int) {
	w.source.OnRequest = func(ctx context.Context, what archivetest.Asked, n int) error {
		if what != hanging || n < from {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}
}

// limits are the deadlines that these tests run with.
var limits = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 10 * time.Second, 30 * time.Second}

// eachLimit runs f for each limit, on a clock of its own.
func eachLimit(t *testing.T, f func(t *testing.T, limit time.Duration)) {
	for _, limit := range limits {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { f(t, limit) })
		})
	}
}

// goesOn checks that the next run, which nothing hinders, ends the work without repeating what is done.
func (w *world) goesOn(done int) {
	w.Helper()
	w.source.OnRequest, w.store.Before = nil, nil
	w.resetCounts()
	if report := w.run(window()); !report.Complete {
		w.Errorf("the next run is not complete: %+v", report)
	}
	if all := 6; w.downloads() > all-done {
		w.Errorf("%d downloads, although %d of %d files were there", w.downloads(), done, all)
	}
	if got := w.committed(); got.Calls != 3 || len(got.Media) != 6 {
		w.Errorf("%d calls, %d files", got.Calls, len(got.Media))
	}
}

func TestDeadline_HangingAPI(t *testing.T) {
	eachLimit(t, func(t *testing.T, limit time.Duration) {
		w := smallWorld(t)
		w.hangs(archivetest.AskedPage, 1)
		w.nowhere(limit, archive.Request{})
		w.goesOn(0)
	})
}

// The second page hangs: what the first one brought is committed, as what it is.
func TestDeadline_HangingPage(t *testing.T) {
	eachLimit(t, func(t *testing.T, limit time.Duration) {
		w := smallWorld(t)
		w.source.PageSize = 2
		w.hangs(archivetest.AskedPage, 2)
		if report := w.within(limit, archive.Request{}); report.Complete {
			t.Error("complete")
		}
		w.nowhere(limit, archive.Request{})
		if got := w.committed(); got.State != "open" || got.Calls == 0 || len(got.Media) == 0 {
			t.Errorf("committed %d calls and %d files, state %s", got.Calls, len(got.Media), got.State)
		}
		w.goesOn(2)
	})
}

func TestDeadline_HangingCount(t *testing.T) {
	eachLimit(t, func(t *testing.T, limit time.Duration) {
		w := smallWorld(t)
		w.hangs(archivetest.AskedCount, 1)
		if report := w.within(limit, archive.Request{}); report.Complete {
			t.Error("complete, although nothing tells of late calls")
		}
		w.goesOn(6)
	})
}

// One file hangs among others: they are archived, and it is owed.
func TestDeadline_HangingFile(t *testing.T) {
	eachLimit(t, func(t *testing.T, limit time.Duration) {
		w := smallWorld(t)
		w.file("call-2", "participant-0.mp3", func(m *archivetest.Media) { m.Way = archivetest.Once(archivetest.Hanging) })
		report := w.within(limit, archive.Request{})
		if report.Complete || report.Totals.Media.Copied != 5 || report.Totals.Media.Pending != 1 {
			t.Errorf("complete %v, media %+v", report.Complete, report.Totals.Media)
		}
		w.walker.Whole(t)
		w.goesOn(5)
	})
}

// Every request to the bucket takes a while.
func TestDeadline_SlowBucket(t *testing.T) {
	eachLimit(t, func(t *testing.T, limit time.Duration) {
		w := smallWorld(t)
		w.store.Before = func(archivetest.Op, string) { time.Sleep(limit / 30) }
		w.within(limit, archive.Request{})
		w.goesOn(0)
	})
}

// A settled window, an expired link, and an API that does not answer for fresh ones: the file is owed, not lost.
func TestDeadline_ExpiredLinkIsNotLost(t *testing.T) {
	eachLimit(t, func(t *testing.T, limit time.Duration) {
		w := oneFile(t, archivetest.Once(archivetest.Expired))
		w.now = w.now.AddDate(0, 0, 2)
		w.hangs(archivetest.AskedSessions, 1)
		w.within(limit, window())
		w.stands(archive.Pending)
		w.source.OnRequest = nil
		w.run(window())
		w.stands(archive.Archived)
	})
}

// The API refuses fresh links when there is no time for another try: the file was not tried, and whoever goes on tries it.
func TestDeadline_TooLateForAFreshLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := oneFile(t, archivetest.Once(archivetest.Expired))
		w.source.OnRequest = func(_ context.Context, what archivetest.Asked, _ int) error {
			if what == archivetest.AskedSessions {
				return fmt.Errorf("describe calls: RequestLimitExceeded: %w", archive.ErrTooLate)
			}
			return nil
		}
		report := w.within(4*time.Second, window())
		w.stands(archive.Pending)
		if report.Rest != 1 || len(report.Next) != 1 || w.committed().Debts[0].Tries != 0 {
			t.Errorf("rest %d, handed on %v, debts %+v", report.Rest, report.Next, w.committed().Debts)
		}
	})
}

// A settled window owes a file, and the page with its call is not reached: nothing is known of the file.
func TestDeadline_UnreadPageLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.late("call-0")
		w.source.Add(app, archivetest.Call{ID: "call-1", Time: at("05:40:00"), Files: map[string]*archivetest.Media{
			theFile: {Body: song(40, 1), Type: "audio/mpeg", Way: archivetest.Once(archivetest.Missing)},
		}})
		w.timer()
		w.stands(archive.Pending)
		w.now = w.now.AddDate(0, 0, 2)
		w.source.PageSize = 1
		w.hangs(archivetest.AskedPage, 2)
		w.nowhere(4*time.Second, window())
		w.stands(archive.Pending)
		w.source.OnRequest = nil
		w.run(window())
		w.stands(archive.Archived)
	})
}

// A run had no time for a file, and the API withdraws its call before another run has: there is no link any more to try. The
// window does not wait for it for ever.
func TestDeadline_UntriedFileOfAWithdrawnCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := oneFile(t, archivetest.Once(archivetest.Hanging))
		w.within(4*time.Second, archive.Request{})
		w.stands(archive.Pending)
		w.source.Withdraw(app, "call-1")
		if report := w.run(window()); report.Rest != 0 {
			t.Error("the window is said to lack time")
		}
		w.stands(archive.Pending)
		w.now = w.now.Add(24 * time.Hour)
		w.timer()
		w.stands(archive.Lost)
		if got := w.committed(); got.State != "final" {
			t.Errorf("the window is %s", got.State)
		}
	})
}

// With many windows due, those that fit are done, the newest one first.
func TestDeadline_ManyWindows(t *testing.T) {
	eachLimit(t, func(t *testing.T, limit time.Duration) {
		w := newWorld(t)
		w.options.Start, w.options.Windows = at("00:00:00").AddDate(0, 0, -1), 1
		w.source.OnRequest = func(ctx context.Context, _ archivetest.Asked, _ int) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(limit / 20):
				return nil
			}
		}
		first := w.within(limit, archive.Request{})
		newest := func(w archive.WindowReport) bool { return w.Window == hours.Stamp(five) }
		if first.Complete || !slices.ContainsFunc(first.Windows, newest) {
			t.Errorf("complete %v, %d windows", first.Complete, len(first.Windows))
		}
		w.source.OnRequest = nil
		if rest := w.timer(); !rest.Complete || len(rest.Windows) >= 24+6 {
			t.Errorf("the next run: complete %v, %d windows", rest.Complete, len(rest.Windows))
		}
	})
}
