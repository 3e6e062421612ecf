package archive_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// between runs f once, when the nth page is asked for: with windows of a page each, one after the other, nothing else is under way.
func (w *world) between(nth int, f func()) {
	done := false
	w.source.OnRequest = func(_ context.Context, what archivetest.Asked, n int) error {
		if !done && what == archivetest.AskedPage && n == nth {
			done = true
			f()
		}
		return nil
	}
}

// other is a run of another process.
func (w *world) other(q archive.Request) {
	w.Helper()
	q.ID, q.Now = "other", w.now
	if _, err := w.archiver().Run(w.Context(), q); err != nil {
		w.Error(err)
	}
}

// In the midst of a backfill another run archives everything. The backfill notices once a minute has passed, at the cost of one
// listing for each application and one reading for each manifest that is new to it, and reads nothing twice.
func TestMeanwhile_PassesOver(t *testing.T) {
	for name, q := range map[string]archive.Request{"backfill": whole(), "range": {From: whole().From, To: whole().To}} {
		w := stretch(t)
		w.options.Windows = 1
		w.between(4, func() {
			w.now = w.now.Add(time.Minute)
			w.other(whole())
			w.resetCounts()
		})
		report := w.run(q)
		pages := w.source.Requests()[archivetest.AskedPage]
		if pages > 1 || len(report.Windows) > 5 || !report.Complete {
			t.Errorf("%s: %d more pages, %d windows, complete %v", name, pages, len(report.Windows), report.Complete)
		}
		if told := strings.Join(report.Notes, "\n"); !strings.Contains(told, "archived by another run meanwhile") {
			t.Errorf("%s: notes %q", name, report.Notes)
		}
		w.same()
	}
}

// The timer's run notices as well, where it has many holes to fill.
func TestMeanwhile_TimerPassesOver(t *testing.T) {
	w := stretch(t)
	w.options.Windows, w.options.Start = 1, midnight
	w.between(4, func() {
		w.now = w.now.Add(time.Minute)
		w.other(whole())
	})
	if report := w.timer(); report.Complete != true || len(report.Windows) > 2*(54-stretchHours)+5 {
		t.Errorf("complete %v, %d windows", report.Complete, len(report.Windows))
	}
	w.walker.Whole(t)
}

// Nobody looks before a minute has passed, and nobody twice within one: the manifests of each application are listed when a run
// begins, once more since there are none, and when it looks again.
func TestMeanwhile_LooksOnceAMinute(t *testing.T) {
	for passed, want := range map[time.Duration]int{0: 2 * 2, time.Minute - time.Second: 2 * 2, time.Minute: 2 * 3, time.Hour: 2 * 3} {
		w, lists := stretch(t), 0
		w.options.Windows = 1
		w.store.OnList = func(prefix string) error {
			if strings.Contains(prefix, "/manifests/") {
				lists++
			}
			return nil
		}
		w.between(4, func() { w.now = w.now.Add(passed) })
		w.run(whole())
		if lists != want {
			t.Errorf("%v passed: manifests listed %d times, want %d", passed, lists, want)
		}
		w.same()
	}
}

// What another run could not finish is worked on, with its manifest in mind.
func TestMeanwhile_OwingIsWorkedOn(t *testing.T) {
	w := stretch(t)
	w.options.Windows = 1
	way := archivetest.Always(archivetest.Unreachable)
	w.file("call-5-0", "recording.mp3", func(m *archivetest.Media) { m.Way = way })
	indexes := 0
	w.between(4, func() {
		w.now = w.now.Add(time.Minute)
		w.other(whole())
		w.file("call-5-0", "recording.mp3", func(m *archivetest.Media) { m.Way = nil })
		w.store.OnPut = func(key string, _ int) archivetest.Fault {
			if strings.Contains(key, "/media_index/sdk_app_id="+app) && strings.Contains(key, "/hour=05/") {
				indexes++
			}
			return archivetest.None
		}
	})
	if report := w.run(whole()); !report.Complete {
		t.Errorf("not complete: %+v", report)
	}
	if indexes != 1 {
		t.Errorf("the index was put %d times: the run took the window for one that nobody has archived", indexes)
	}
	w.same()
}

// keptWindows is what the kept ledger of app tells of.
func (w *world) keptWindows() int {
	w.Helper()
	var ledger struct{ Windows map[string]any }
	o, ok := w.store.Object("lake/ledger/sdk_app_id=" + app + ".json")
	if !ok {
		return 0
	}
	if err := json.Unmarshal(o.Data, &ledger); err != nil {
		w.Fatal(err)
	}
	return len(ledger.Windows)
}

// A long run that began before another one ended keeps what that one kept.
func TestLedger_LongRunsMerge(t *testing.T) {
	w := stretch(t)
	w.options.Windows = 1
	early, late := whole(), whole()
	early.To, late.From = midnight.Add(3*time.Hour), midnight.Add(3*time.Hour)
	w.between(2, func() {
		w.now = w.now.Add(2 * time.Minute)
		w.other(late)
	})
	w.run(early)
	if n := w.keptWindows(); n != stretchHours {
		t.Errorf("%d windows kept, want those of both runs: %d", n, stretchHours)
	}
}

// Shares know a part each, and keep what the others have kept.
func TestLedger_SharesKeepTogether(t *testing.T) {
	w := stretch(t)
	for k := 1; k <= shares; k++ {
		w.tryShare(k, shares)
	}
	if n := w.keptWindows(); n != stretchHours {
		t.Errorf("%d windows kept, want those of all shares: %d", n, stretchHours)
	}
}
