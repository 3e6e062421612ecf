package archive_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// summed checks that an answer's totals are those of its windows, and that a window that failed has no numbers.
func (w *world) summed(r *archive.Report) {
	w.Helper()
	var calls int
	var media archive.MediaCount
	for _, one := range r.Windows {
		m := one.Media
		calls += one.Calls
		media.Copied, media.Kept, media.Pending = media.Copied+m.Copied, media.Kept+m.Kept, media.Pending+m.Pending
		if one.State == archive.Failed && (one.Calls != 0 || one.Added != 0 || m != archive.MediaCount{}) {
			w.Errorf("the failed window %s has numbers: %+v", one.Window, one)
		}
	}
	if r.Totals.Calls != calls || r.Totals.Media != media {
		w.Errorf("totals %d calls, %+v; the windows have %d, %+v", r.Totals.Calls, r.Totals.Media, calls, media)
	}
}

// The bucket takes neither rows nor manifest of one window, or the API breaks off: what was read and copied for that window stands in
// no total but its own, and the next run finds the files there.
func TestTotals_CountWhatIsCommitted(t *testing.T) {
	for name, c := range map[string]struct {
		hinder func(*world)
		want   archive.Uncommitted
	}{
		"no rows":           {func(w *world) { w.fails(rowsKey, archivetest.Lost, 9) }, archive.Uncommitted{Calls: 3, Files: 6}},
		"no manifest":       {func(w *world) { w.fails(manifestKey, archivetest.Lost, 9) }, archive.Uncommitted{Calls: 3, Files: 6}},
		"no second page":    {func(w *world) { w.refusesPages(3, 9) }, archive.Uncommitted{Calls: 1, Files: 2}},
		"no file is stored": {func(w *world) { w.fails("/", archivetest.Lost, 99) }, archive.Uncommitted{Calls: 4}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := smallWorld(t)
				w.options.Windows, w.source.PageSize = 1, 2
				c.hinder(w)
				q := archive.Request{From: five.Add(-time.Hour), To: five.Add(time.Hour)}
				report, err := w.try(t.Context(), q)
				if err == nil {
					t.Fatal("no error")
				}
				w.summed(report)
				got := report.Totals.Uncommitted
				if got == nil || (got.Bytes > 0) != (got.Files > 0) {
					t.Fatalf("uncommitted: %+v", got)
				}
				if c.want.Bytes = got.Bytes; *got != c.want {
					t.Errorf("uncommitted: %+v, want %+v", *got, c.want)
				}
				w.unhindered(q, 6-got.Files)
			})
		})
	}
}

// refusesPages has the source refuse its pages from the first to the last.
func (w *world) refusesPages(first, last int) {
	w.source.OnRequest = func(_ context.Context, what archivetest.Asked, n int) error {
		if what == archivetest.AskedPage && first <= n && n <= last {
			synctest.Wait() // what the pages before name is copied
			return errors.New("list calls: refused")
		}
		return nil
	}
}

// unhindered checks that the next run copies what is missing and no more, and says nothing of anything uncommitted.
func (w *world) unhindered(q archive.Request, copied int) {
	w.Helper()
	w.store.OnPut, w.source.OnRequest = nil, nil
	report := w.run(q)
	w.summed(report)
	if !report.Complete || report.Totals.Media.Copied != copied || report.Totals.Uncommitted != nil {
		w.Errorf("the next run: complete %v, %+v", report.Complete, report.Totals)
	}
}

// Time ends a run among many windows: the answer has one sentence of it, with the number of windows that rest tells; and a window
// that it calls partial is committed.
func TestRest_IsToldOnce(t *testing.T) {
	for _, interrupted := range []bool{false, true} {
		t.Run(fmt.Sprintf("interrupted %v", interrupted), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := stretch(t)
				w.options.Windows = 2
				w.slowly(200 * time.Millisecond)
				report := w.endedBy(interrupted, whole())
				why := map[bool]string{false: "time was up", true: "interrupted"}[interrupted]
				if want := []string{fmt.Sprintf("%s: %d windows left for the next run", why, report.Rest)}; report.Complete || !slices.Equal(report.Notes, want) {
					t.Errorf("complete %v, notes %q, want %q", report.Complete, report.Notes, want)
				}
				if done := 2*stretchHours - report.Rest; len(report.Windows) < done || report.Rest == 0 || done == 0 {
					t.Errorf("%d windows told, %d left of %d", len(report.Windows), report.Rest, 2*stretchHours)
				}
				w.summed(report)
				w.keepWord(report)
			})
		})
	}
}

// endedBy runs q, and ends its time after a second: by its deadline, or because somebody gives it up.
func (w *world) endedBy(interrupted bool, q archive.Request) *archive.Report {
	w.Helper()
	if !interrupted {
		return w.within(time.Second, q)
	}
	return w.interrupted(q, func(cancel func()) { time.AfterFunc(time.Second, cancel) })
}

// keepWord checks that each window that an answer tells of without an error is committed.
func (w *world) keepWord(r *archive.Report) {
	w.Helper()
	for _, one := range r.Windows {
		start, err := time.Parse(time.RFC3339, one.Window)
		if err != nil {
			w.Fatal(err)
		}
		key := fmt.Sprintf("lake/manifests/sdk_app_id=%s/dt=%s.json", one.App, start.In(east).Format("2006-01-02/1504"))
		if _, ok := w.store.Object(key); !ok {
			w.Errorf("window %s is %s, and not committed", one.Window, one.State)
		}
	}
}

// A bucket whose rows cannot be written before the time is up: the window is left, and no one calls it partial.
func TestRest_UncommittedIsNotPartial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := smallWorld(t)
		report := w.interrupted(window(), func(cancel func()) {
			w.source.OnRequest = func(ctx context.Context, _ archivetest.Asked, _ int) error {
				cancel()
				<-ctx.Done()
				return ctx.Err()
			}
		})
		if diff := cmp.Diff([]string{"interrupted: 1 window left for the next run"}, report.Notes); diff != "" || len(report.Windows) > 0 || report.Rest != 1 {
			t.Errorf("%d windows, rest %d, notes (-want +got):\n%s", len(report.Windows), report.Rest, diff)
		}
	})
}

// A verification that is given up tells where to go on, once; the window that it was at is not behind it.
func TestRest_OfAVerification(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	q := archive.Request{Mode: archive.ModeVerify, From: five.Add(-time.Hour), To: five.Add(time.Hour)}
	report := w.interrupted(q, func(cancel func()) {
		w.store.Before = func(_ archivetest.Op, key string) {
			if strings.Contains(key, "0500") {
				cancel()
			}
		}
	})
	want := []string{"interrupted: verify from " + hours.Stamp(five) + " on"}
	if diff := cmp.Diff(want, report.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// The totals of a verification are those of the windows that it archived again; what it looked at is told beside them.
func TestTotals_OfAVerification(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	report := w.run(verified)
	w.summed(report)
	if report.Totals.Calls != 0 || report.Checked.Calls != 3 {
		t.Errorf("%d calls archived, %d checked; want 0 and 3", report.Totals.Calls, report.Checked.Calls)
	}
	w.store.Delete(rowsKey)
	repair := verified
	repair.Repair = true
	report = w.run(repair)
	w.summed(report)
	if len(report.Windows) != 1 || report.Totals.Calls != 3 || report.Checked.Calls != 3 {
		t.Errorf("%d windows, %d calls archived, %d checked; want 1, 3 and 3", len(report.Windows), report.Totals.Calls, report.Checked.Calls)
	}
}

// A plan that is given up before it knows its windows says so; one that fails speaks of no time.
func TestRest_OfAPlan(t *testing.T) {
	w := smallWorld(t)
	report := w.interrupted(archive.Request{Mode: archive.ModePlan}, func(cancel func()) {
		w.store.OnList = func(string) error {
			cancel()
			return context.Canceled
		}
	})
	if diff := cmp.Diff([]string{"interrupted: no plan was made"}, report.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	w.store.OnList = func(string) error { return errors.New("refused") }
	if report, err := w.try(t.Context(), archive.Request{Mode: archive.ModePlan}); err == nil || len(report.Notes) > 0 {
		t.Errorf("error %v, notes %q", err, report.Notes)
	}
}
