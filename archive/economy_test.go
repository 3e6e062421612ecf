package archive_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// spent is what a run asked of the API, the source and the bucket.
type spent struct {
	Pages, Counts, Sessions, Downloads int
	Gets, Stats, Lists, Puts           int
}

// costs runs f and tells what it asked.
func (w *world) costs(f func()) spent {
	w.Helper()
	w.resetCounts()
	f()
	api, store := w.source.Requests(), w.store.Counts()
	return spent{
		Pages: api[archivetest.AskedPage], Counts: api[archivetest.AskedCount], Sessions: api[archivetest.AskedSessions],
		Downloads: w.downloads(), Gets: store[archivetest.Get], Stats: store[archivetest.Stat],
		Lists: store[archivetest.List], Puts: store[archivetest.Put],
	}
}

func (w *world) costsOfTimer() spent {
	w.Helper()
	return w.costs(func() { w.timer() })
}

func (w *world) spends(want, got spent) {
	w.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.Errorf("requests (-want +got):\n%s", diff)
	}
}

// A new window costs one request for each file, three to commit, and one to see what a killed run has left of it. A run that
// writes costs two more, to file its answer and its ledger.
func TestEconomy_NewWindow(t *testing.T) {
	w := smallWorld(t)
	w.spends(spent{Pages: 1, Counts: 1, Downloads: 6, Lists: 1 + 1, Gets: 1, Puts: 6 + 3 + 2}, w.costsOfTimer())
}

// The same event again: one count tells that nothing came. A range is read again.
func TestEconomy_NothingChanged(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	w.spends(spent{Counts: 1, Lists: 1, Gets: 1}, w.costsOfTimer())
	w.spends(spent{Pages: 1, Lists: 1, Gets: 2, Stats: 1}, w.costs(func() { w.run(window()) }))
}

func TestEconomy_AnswerTellsRequests(t *testing.T) {
	w := smallWorld(t)
	if got := w.timer().Totals.APIRequests; got != 2 {
		t.Errorf("%d API requests in the answer, want the page and the count", got)
	}
}

// An empty window costs its manifest, and two looks for rows and index that a killed run may have left of calls which the API
// lists no longer.
func TestEconomy_EmptyWindow(t *testing.T) {
	w := newWorld(t)
	w.spends(spent{Pages: 1, Counts: 1, Lists: 1, Gets: 1, Stats: 2, Puts: 1 + 2}, w.costsOfTimer())
}

// While a transcript is being made, its window is read again and nothing is written. When it arrives, that costs its own
// bytes, index, rows (its call's status changed), manifest, answer and ledger.
func TestEconomy_OneTranscript(t *testing.T) {
	w := smallWorld(t)
	w.source.Edit(app, "call-1", func(c *archivetest.Call) { c.Transcribed = at("06:40:00") })
	w.timer()
	w.now = at("06:30:00")
	w.spends(spent{Pages: 1, Counts: 1, Lists: 1, Gets: 2, Stats: 1}, w.costsOfTimer())
	w.now = at("06:45:00")
	got := w.costsOfTimer()
	w.spends(spent{Pages: 1, Counts: 1, Downloads: 1, Lists: 1, Gets: got.Gets, Stats: got.Stats, Puts: 1 + 3 + 2}, got)
	w.spends(spent{Counts: 1, Lists: 1, Gets: 1}, w.costsOfTimer())
}

// A late call costs its file, index, rows and manifest, and one write more: the window, which nobody would look at again if the run
// died among these, is announced. A window that is due in any case, as that of a missing transcript, is not.
func TestEconomy_LateCall(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	w.later()
	got := w.costs(func() { w.run(window()) })
	w.spends(spent{Pages: 1, Downloads: 1, Lists: 1, Gets: got.Gets, Stats: 10, Puts: 1 + 1 + 3 + 2}, got)
}

// A settled week: one list request for each thousand windows, one count, and the ledger; no manifest is read.
func TestEconomy_SettledWeek(t *testing.T) {
	w := newWorld(t)
	week := archive.Request{From: w.now.Add(-7 * 24 * time.Hour), To: w.now.Truncate(time.Hour)}
	for d := range 7 {
		w.source.Add(app, archivetest.Call{ID: fmt.Sprint("day-", d), Time: five.AddDate(0, 0, -d)})
	}
	w.run(week)
	w.timer()
	w.now = w.now.Add(time.Hour)
	w.timer()
	w.spends(spent{Counts: 1, Lists: 1, Gets: 1}, w.costsOfTimer())
}

// How many requests to the bucket a run makes one after the other is told by a bucket in which each takes a second of a
// clock that only moves while all wait. What needs no answer of another request does not wait for one.
func TestEconomy_RequestsInARow(t *testing.T) {
	const each = time.Second
	inARow := func(t *testing.T, f func(*world)) (n int) {
		synctest.Test(t, func(t *testing.T) {
			w := smallWorld(t)
			w.options.Concurrency = 6 // all its files at once
			w.store.Before = func(archivetest.Op, string) { time.Sleep(each) }
			began := time.Now()
			f(w)
			n = int(time.Since(began) / each)
		})
		return n
	}
	for _, test := range []struct {
		name string
		run  func(*world)
		want int // ledger beside manifests, strays, files, index, rows, manifest, ledger beside answer
	}{
		{"a new window", func(w *world) { w.timer() }, 7},
		{"a range, where no manifest lies near it", func(w *world) { w.run(window()) }, 8},
		{"with abandoned uploads to look for", func(w *world) { w.sweeps() }, 7},
	} {
		if got := inARow(t, test.run); got != test.want {
			t.Errorf("%s: %d requests one after the other, want %d", test.name, got, test.want)
		}
	}
}

// sweeps is a timer's run at a bucket that can be asked for abandoned uploads.
func (w *world) sweeps() {
	w.Helper()
	o := w.options
	o.Clock = func() time.Time { return w.now }
	store := sweeper{w.store, new(atomic.Int64)}
	if _, err := archive.New(w.source, w.source, store, o).Run(w.Context(), archive.Request{ID: "sweeps", Now: w.now}); err != nil {
		w.Error(err)
	}
	if n := store.asked.Load(); n != 1 {
		w.Errorf("asked for abandoned uploads %d times, want once", n)
	}
}

// sweeper is a bucket that has no abandoned uploads.
type sweeper struct {
	*archivetest.MemStore
	asked *atomic.Int64
}

func (s sweeper) AbortUploads(context.Context, string, time.Time) (int, error) {
	s.asked.Add(1)
	s.Before(archivetest.List, "")
	return 0, nil
}

// An old ledger, put back after another run wrote the window's manifest: that manifest alone is read again, and believed.
func TestEconomy_OldLedger(t *testing.T) {
	const ledgerKey = "lake/ledger/sdk_app_id=" + app + ".json"
	w := smallWorld(t)
	w.timer()
	old := w.store.Objects()[ledgerKey]
	w.source.Add(app, archivetest.Call{ID: "late", Time: at("05:30:00")})
	w.run(window())
	w.store.Set(ledgerKey, old.Data, old.Options)
	w.spends(spent{Counts: 1, Lists: 1, Gets: 2}, w.costsOfTimer())
}

// panicking is a bucket whose look for abandoned uploads panics.
type panicking struct{ archive.Store }

func (panicking) AbortUploads(context.Context, string, time.Time) (int, error) { panic("odd answer") }

// Housekeeping that panics is told in the answer, and harms nothing.
func TestSweep_PanicIsTold(t *testing.T) {
	w := smallWorld(t)
	o := w.options
	o.Clock = func() time.Time { return w.now }
	report, err := archive.New(w.source, w.source, panicking{w.store}, o).Run(t.Context(), archive.Request{ID: "sweeps", Now: w.now})
	if err != nil || !slices.ContainsFunc(report.Notes, func(s string) bool { return strings.HasPrefix(s, "tidy up: ") }) {
		t.Errorf("error %v, notes %q", err, report.Notes)
	}
}
