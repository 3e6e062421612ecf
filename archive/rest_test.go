package archive_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"

	"github.com/google/go-cmp/cmp"
)

// slowly has every request to the API take a while.
func (w *world) slowly(while time.Duration) {
	w.source.OnRequest = func(ctx context.Context, _ archivetest.Asked, _ int) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(while):
			return nil
		}
	}
}

// chain runs q with little time, and what each run hands on after it, until one hands on nothing. It gives the last report and
// the number of runs.
func (w *world) chain(limit time.Duration, q archive.Request) (*archive.Report, int) {
	w.Helper()
	for n := 1; ; n++ {
		report := w.within(limit, q)
		if report.Chain != n-1 {
			w.Errorf("run %d says that %d came before it", n, report.Chain)
		}
		if len(report.Next) == 0 {
			return report, n
		}
		if len(report.Next) > 1 || report.Complete || report.Next[0].Chain != n || n > 30 {
			w.Fatalf("run %d hands on %+v, complete %v", n, report.Next, report.Complete)
		}
		q = report.Next[0]
	}
}

// requests are those that hand on what they leave.
var requests = map[string]func() archive.Request{
	"backfill":        whole,
	"forced backfill": func() archive.Request { q := whole(); q.Force = true; return q },
	"newest first": func() archive.Request {
		q := whole()
		q.Force, q.Order = true, archive.OrderNewest
		return q
	},
	"share":        func() archive.Request { return share(1, 1) },
	"range":        func() archive.Request { return archive.Request{From: whole().From, To: whole().To} },
	"forced range": func() archive.Request { return archive.Request{From: whole().From, To: whole().To, Force: true} },
}

// With time for a few windows only, a chain of runs ends in the lake of one slow run, and none of them works on what an
// earlier one has finished, but for those that were in flight.
func TestRest_ChainFinishes(t *testing.T) {
	for name, q := range requests {
		for _, windows := range []int{1, 4} {
			synctest.Test(t, func(t *testing.T) {
				w := stretch(t)
				w.options.Windows = windows
				w.slowly(300 * time.Millisecond)
				last, n := w.chain(time.Second, q())
				if !last.Complete || n < 2 || last.Rest != 0 {
					t.Errorf("%s: complete %v after %d runs, rest %d", name, last.Complete, n, last.Rest)
				}
				w.same()
			})
		}
	}
}

// What is due is handed on with the same now, so that every run of the chain plans the same windows.
func TestRest_TimerChainKeepsNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stretch(t)
		w.options.Start = midnight
		w.slowly(50 * time.Millisecond)
		now := w.now
		first := w.within(time.Second, archive.Request{})
		if len(first.Next) != 1 || !first.Next[0].Now.Equal(now) || !first.Next[0].From.IsZero() || first.Rest == 0 {
			t.Fatalf("handed on %+v, rest %d", first.Next, first.Rest)
		}
		last, _ := w.chain(30*time.Second, archive.Request{})
		if !last.Complete {
			t.Error("not complete")
		}
		w.walker.Whole(t)
	})
}

// A range that is read whatever the manifests say is handed on without what is finished.
func TestRest_RangeShrinks(t *testing.T) {
	for name, from := range map[string]bool{"forced range": true, "newest first": false} {
		synctest.Test(t, func(t *testing.T) {
			w, q := stretch(t), requests[name]()
			w.options.Windows = 1
			w.slowly(100 * time.Millisecond)
			next := w.within(time.Second, q).Next
			if len(next) != 1 || from != next[0].From.After(q.From) || from != next[0].To.Equal(q.To) {
				t.Fatalf("%s: handed on %+v of %v to %v", name, next, q.From, q.To)
			}
		})
	}
}

// What time kept from being copied, of a window that is committed, is handed on as well.
func TestRest_UntriedFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stretch(t)
		w.options.Concurrency = 1
		w.file("heavy-5", "recording.mp3", func(m *archivetest.Media) { m.Way = archivetest.Once(archivetest.Hanging) })
		report := w.within(4*time.Second, whole())
		if len(report.Next) != 1 || report.Complete {
			t.Fatalf("handed on %v, complete %v", report.Next, report.Complete)
		}
		w.run(report.Next[0])
		w.same()
	})
}

// Time is up among the slices: what was copied is passed over by the run that goes on.
func TestRest_Slices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stretch(t)
		w.options.Windows = 1
		w.slowly(time.Second)
		report := w.within(4*time.Second, share(1, 1))
		if len(report.Next) != 1 || w.heavyFiles() == 0 || len(report.Windows) == 0 {
			t.Fatalf("handed on %v, %d files, %d windows", report.Next, w.heavyFiles(), len(report.Windows))
		}
		if diff := cmp.Diff(share(1, 1).Slices, report.Next[0].Slices); diff != "" {
			t.Errorf("slices that are left (-want +got):\n%s", diff)
		}
		w.source.OnRequest = nil
		w.run(report.Next[0])
		for file, n := range w.source.Downloads() {
			if n > 1 {
				t.Errorf("%s was downloaded %d times", file, n)
			}
		}
		w.same()
	})
}

// Slices that are copied are not named to the run that goes on: it does not list them again.
func TestRest_SlicesThatAreCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stretch(t)
		w.options.Windows = 1
		w.source.OnRequest = func(ctx context.Context, _ archivetest.Asked, n int) error {
			if n > 2*6 { // the slices of both applications are listed
				time.Sleep(400 * time.Millisecond)
			}
			return ctx.Err()
		}
		report := w.within(2*time.Second, share(1, 1))
		if len(report.Next) != 1 || len(report.Next[0].Slices) > 0 || w.heavyFiles() != heavyCalls {
			t.Errorf("handed on %v, %d files of the heavy window", report.Next, w.heavyFiles())
		}
	})
}

// Time for the slices is up, but then there is enough for the windows themselves: nothing is left.
func TestRest_SlicesThatTheWindowMadeGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stretch(t)
		w.source.OnRequest = func(ctx context.Context, _ archivetest.Asked, n int) error {
			if n == 2 { // among the slices
				<-ctx.Done()
			}
			return ctx.Err()
		}
		report := w.within(time.Minute, share(1, 1))
		if !report.Complete || len(report.Next) != 0 {
			t.Errorf("complete %v, handed on %v, notes %q", report.Complete, report.Next, report.Notes)
		}
		w.same()
	})
}

// answers are the keys under runs/.
func (w *world) answers() (keys []string) {
	for _, key := range w.store.Keys() {
		if strings.HasPrefix(key, "lake/runs/") {
			keys = append(keys, key)
		}
	}
	return keys
}

// Nothing is handed on where the next run could do no better.
func TestRest_HandsOnNothing(t *testing.T) {
	for name, c := range map[string]struct {
		q       archive.Request
		prepare func(*world)
		note    string
	}{
		"nothing was finished": {whole(), func(w *world) {
			w.run(whole())
			w.store.Delete("lake/manifests/sdk_app_id=" + app + "/dt=2026-11-20/0000.json")
			w.source.PageSize = 1
			w.hangs(archivetest.AskedPage, 2+w.source.Requests()[archivetest.AskedPage])
		}, "nothing was finished"},
		"the chain is at its end": {archive.Request{Mode: archive.ModeBackfill, From: whole().From, To: whole().To, Chain: 96}, func(w *world) {
			w.slowly(200 * time.Millisecond)
		}, "handed on 96 times"},
		"a dry run": {archive.Request{Mode: archive.ModeBackfill, From: whole().From, To: whole().To, DryRun: true}, func(w *world) {
			w.slowly(200 * time.Millisecond)
		}, ""},
		"a verification": {archive.Request{Mode: archive.ModeVerify, From: whole().From, To: whole().To}, func(w *world) {
			w.run(whole())
			w.slowly(200 * time.Millisecond)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := stretch(t)
				w.options.Windows = 1
				c.prepare(w)
				report := w.within(time.Second, c.q)
				if len(report.Next) > 0 || report.Complete {
					t.Errorf("handed on %v, complete %v", report.Next, report.Complete)
				}
				if told := strings.Join(report.Notes, "\n"); !strings.Contains(told, c.note) {
					t.Errorf("notes %q, want one with %q", report.Notes, c.note)
				}
			})
		})
	}
}

// A run that failed is tried again by the platform: it hands on nothing itself.
func TestRest_FailedRunHandsOnNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stretch(t)
		w.options.Windows = 1
		w.slowly(200 * time.Millisecond)
		w.fails("/manifests/", archivetest.Lost, 1)
		report, err := w.tryWithin(time.Second, whole())
		if err == nil || len(report.Next) > 0 || !report.Failed {
			t.Errorf("error %v, handed on %v, failed %v", err, report.Next, report.Failed)
		}
	})
}

// A refusal that only the deadline keeps from being tried again is want of time: what was done counts, and the rest is handed on.
func TestRest_RefusedInTheLastSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stretch(t)
		w.options.Windows = 1
		const last = 6
		w.source.OnRequest = func(_ context.Context, what archivetest.Asked, n int) error {
			if n < last {
				return nil
			}
			return fmt.Errorf("describe calls, page 0: RequestLimitExceeded: %w", archive.ErrTooLate)
		}
		report := w.within(time.Minute, whole())
		if len(report.Next) != 1 || report.Rest == 0 || report.Complete || report.Failed {
			t.Errorf("handed on %v, rest %d, complete %v", report.Next, report.Rest, report.Complete)
		}
		w.source.OnRequest = nil
		w.run(report.Next[0])
		w.same()
	})
}

// A run that got nowhere did not run out of time, whatever the API says: the platform is to try it again.
func TestRest_RefusedFromTheBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stretch(t)
		w.options.Windows = 1
		w.source.OnRequest = func(context.Context, archivetest.Asked, int) error {
			return fmt.Errorf("describe calls, page 0: RequestLimitExceeded: %w", archive.ErrTooLate)
		}
		if report, err := w.tryWithin(time.Minute, window()); err == nil || len(report.Next) > 0 {
			t.Errorf("error %v, handed on %v", err, report.Next)
		}
	})
}

// A chain of a timer's run ends where a younger timer's run has begun; one that does a range goes on: no timer asks for it.
func TestRest_AYoungerTimerTakesOver(t *testing.T) {
	for name, c := range map[string]struct {
		q    archive.Request
		next int
	}{
		"what is due": {archive.Request{Chain: 1}, 0},
		"a range":     {archive.Request{From: midnight, To: midnight.Add(stretchHours * time.Hour), Chain: 1}, 1},
		"a backfill":  {archive.Request{Mode: archive.ModeBackfill, From: midnight, To: midnight.Add(stretchHours * time.Hour), Chain: 1}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := stretch(t)
				w.options.Start = midnight
				earlier := w.now
				w.now = earlier.Add(time.Hour)
				w.run(archive.Request{From: five.Add(time.Hour), To: five.Add(2 * time.Hour)}) // as a younger timer's run begins
				w.now = earlier
				w.options.Windows = 1
				w.slowly(200 * time.Millisecond)
				report := w.within(time.Second, c.q)
				if len(report.Next) != c.next || report.Rest == 0 {
					t.Errorf("handed on %v, rest %d", report.Next, report.Rest)
				}
				if told := strings.Contains(strings.Join(report.Notes, "\n"), "a younger run"); told != (c.next == 0) {
					t.Errorf("notes %q", report.Notes)
				}
			})
		})
	}
}
