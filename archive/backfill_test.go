package archive_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// The stretch is six settled hours of two applications, from midnight two days ago. Each hour has a call with a
// recording; the heavy one has twelve, all over the hour, and a call that the API lists without a time.
const (
	twin         = "1400000001"
	stretchHours = 6
	heavyHour    = 3
	heavyCalls   = 12
)

var midnight = five.Add(-5*time.Hour).AddDate(0, 0, -2)

func stretch(t *testing.T) *world {
	w := newWorld(t)
	w.options.Apps = []string{app, twin}
	w.options.Gzip, w.options.Pause = false, time.Nanosecond // packing and pausing would be most of the time
	for i := range stretchHours {
		for n, app := range w.options.Apps {
			w.recorded(app, fmt.Sprintf("call-%d-%d", i, n), midnight.Add(time.Duration(i)*time.Hour))
		}
	}
	for i := range heavyCalls - 1 {
		w.recorded(app, fmt.Sprint("heavy-", i), midnight.Add(heavyHour*time.Hour+time.Duration(i+1)*5*time.Minute))
	}
	w.source.Add(app, archivetest.Call{ID: "timeless", At: midnight.Add(heavyHour*time.Hour + time.Minute)})
	return w
}

// recorded adds a call with a recording of its own.
func (w *world) recorded(app, id string, at time.Time) {
	var seed byte
	for _, b := range []byte(app + id) {
		seed = seed*31 + b
	}
	w.source.Add(app, archivetest.Call{ID: id, Time: at, Files: map[string]*archivetest.Media{
		"recording.mp3": {Body: song(40, seed), Type: "audio/mpeg"},
	}})
}

// whole asks for all of the stretch in one run.
func whole() archive.Request {
	return archive.Request{Mode: archive.ModeBackfill, From: midnight, To: midnight.Add(stretchHours * time.Hour)}
}

// share asks for share k of n, with the heavy window in six slices.
func share(k, n int) archive.Request {
	q := whole()
	q.Share = archive.Share{Number: k, Of: n}
	q.Slices = map[string]int{slot(app, midnight.Add(heavyHour*time.Hour)): 6}
	return q
}

// slow is the lake that one slow run makes of the stretch.
var slow struct {
	once sync.Once
	lake map[string]string
}

// same holds the lake against that of one slow run.
func (w *world) same() {
	w.Helper()
	slow.once.Do(func() {
		one := stretch(w.T)
		one.options.Windows, one.options.Concurrency = 1, 1
		one.run(archive.Request{From: whole().From, To: whole().To})
		slow.lake = one.lake()
	})
	w.walker.Whole(w)
	if diff := cmp.Diff(slow.lake, w.lake()); diff != "" {
		w.Errorf("lake (-one slow run +this):\n%s", diff)
	}
}

func TestBackfill_ArchivesTheRange(t *testing.T) {
	w := stretch(t)
	report := w.run(whole())
	if !report.Complete || len(report.Windows) != 2*stretchHours || len(report.Next) != 0 {
		t.Errorf("complete %v, %d windows, next %v", report.Complete, len(report.Windows), report.Next)
	}
	w.same()
}

// What is archived for good is passed over: running a backfill again costs one listing and the ledger for each application.
func TestBackfill_AgainDoesNothing(t *testing.T) {
	w := stretch(t)
	w.run(whole())
	w.spends(spent{Lists: 2, Gets: 2}, w.costs(func() {
		if report := w.run(whole()); !report.Complete || len(report.Windows) != 0 {
			t.Errorf("complete %v, %d windows", report.Complete, len(report.Windows))
		}
	}))
}

// Only what is missing is read: one hole among what the timer archived.
func TestBackfill_FillsHoles(t *testing.T) {
	w := stretch(t)
	w.run(whole())
	w.store.Delete("lake/manifests/sdk_app_id=" + app + "/dt=2026-11-20/0200.json")
	report := w.run(whole())
	if len(report.Windows) != 1 || report.Windows[0].Window != hours.Stamp(midnight.Add(2*time.Hour)) {
		t.Errorf("windows %+v", report.Windows)
	}
	w.same()
}

// committedInOrder gives the starts of the windows in the order in which their manifests are written from now on.
func (w *world) committedInOrder() *[]string {
	var order []string
	w.options.Windows = 1
	w.store.Before = func(op archivetest.Op, key string) {
		if op == archivetest.Put && strings.Contains(key, "/manifests/sdk_app_id="+app) {
			order = append(order, strings.TrimSuffix(key[strings.LastIndexByte(key, '/')+1:], ".json"))
		}
	}
	return &order
}

func TestBackfill_Order(t *testing.T) {
	forward := []string{"0000", "0100", "0200", "0300", "0400", "0500"}
	backward := slices.Clone(forward)
	slices.Reverse(backward)
	for order, want := range map[archive.Order][]string{
		"": forward, archive.OrderForgotten: forward, archive.OrderOldest: forward, archive.OrderNewest: backward,
	} {
		w := stretch(t)
		got, q := w.committedInOrder(), whole()
		q.Order = order
		w.run(q)
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("order %q (-want +got):\n%s", order, diff)
		}
	}
}

// A heavy window is committed last of all: by then the other shares have copied its files.
func TestBackfill_HeavyLast(t *testing.T) {
	w := stretch(t)
	got := w.committedInOrder()
	w.run(share(1, 1))
	if diff := cmp.Diff([]string{"0000", "0100", "0200", "0400", "0500", "0300"}, *got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// A run that goes on with what another left takes what nobody has archived before what was tried already.
func TestBackfill_UntriedBeforeOwing(t *testing.T) {
	w := stretch(t)
	w.file("call-1-0", "recording.mp3", func(m *archivetest.Media) { m.Way = archivetest.Always(archivetest.Unreachable) })
	q := whole()
	q.To = midnight.Add(2 * time.Hour)
	w.run(q)
	got, rest := w.committedInOrder(), whole()
	rest.Chain = 1
	w.file("call-1-0", "recording.mp3", func(m *archivetest.Media) { m.Way = nil })
	w.run(rest)
	if diff := cmp.Diff([]string{"0200", "0300", "0400", "0500", "0100"}, *got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	w.same()
}

func TestBackfill_Force(t *testing.T) {
	w := stretch(t)
	w.run(whole())
	key := "lake/media/sdk_app_id=" + app + "/dt=2026-11-20/hour=03/heavy-1/recording.mp3"
	w.store.Delete(key)
	w.walker.Forget(key)
	q := whole()
	q.Force = true
	if report := w.run(q); len(report.Windows) != 2*stretchHours || report.Totals.Media.Copied != 1 {
		t.Errorf("%d windows, media %+v", len(report.Windows), report.Totals.Media)
	}
	w.same()
}

// With force, nothing but a range can tell what is left: it is worked off from one end, also where the source forgets the
// recordings of its middle first.
func TestBackfill_ForceKeepsToTheRange(t *testing.T) {
	for force, want := range map[bool][]string{false: {"0400", "0500", "0200", "0300"}, true: {"0200", "0300", "0400", "0500"}} {
		w := stretch(t)
		w.now = midnight.AddDate(0, 3, 0).Add(4*time.Hour - time.Minute)
		got, q := w.committedInOrder(), whole()
		q.Force, q.From = force, midnight.Add(2*time.Hour)
		w.run(q)
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("force %v (-want +got):\n%s", force, diff)
		}
	}
}

func TestBackfill_DryRun(t *testing.T) {
	w := stretch(t)
	for _, q := range []archive.Request{whole(), share(1, 2)} {
		q.DryRun = true
		if report := w.run(q); len(report.Windows) == 0 || len(report.Next) > 0 {
			t.Errorf("%d windows, next %v", len(report.Windows), report.Next)
		}
	}
	if n := w.puts(); n > 0 {
		t.Errorf("%d objects written", n)
	}
}

// A share may run when the API does not list the oldest windows of its range any more; asked for anew, they are refused.
func TestBackfill_HandedOnRangeMayAge(t *testing.T) {
	w := stretch(t)
	old := whole()
	old.From, old.To = w.now.AddDate(0, 0, -181), w.now.AddDate(0, 0, -179)
	if _, err := w.try(t.Context(), old); !isRequestError(err) {
		t.Errorf("asked for anew: %v", err)
	}
	old.Share, old.Slices = archive.Share{Number: 1, Of: 1}, map[string]int{hours.Stamp(old.From.Truncate(time.Hour)): 2}
	if report := w.run(old); len(report.Windows) == 0 {
		t.Error("no window of a share that is still listed")
	}
	old.To = w.now.AddDate(0, 0, -180).Add(-time.Hour)
	if report := w.run(old); len(report.Windows) != 0 || !report.Complete {
		t.Errorf("%d windows that the API does not list, complete %v", len(report.Windows), report.Complete)
	}
}

func TestBackfill_Refuses(t *testing.T) {
	for name, c := range map[string]struct {
		field string
		edit  func(*archive.Request)
	}{
		"no range":               {"from", func(q *archive.Request) { q.From, q.To = time.Time{}, time.Time{} }},
		"half a range":           {"from", func(q *archive.Request) { q.To = time.Time{} }},
		"no order":               {"order", func(q *archive.Request) { q.Order = "random" }},
		"negative shares":        {"shares", func(q *archive.Request) { q.Shares = -1 }},
		"a share cut again":      {"shares", func(q *archive.Request) { q.Shares, q.Share = 2, archive.Share{Number: 1, Of: 2} }},
		"share 0 of 3":           {"share", func(q *archive.Request) { q.Share = archive.Share{Of: 3} }},
		"share 1 of 19 at 18/s":  {"share", func(q *archive.Request) { q.Share = archive.Share{Number: 1, Of: 19} }},
		"share 4 of 3":           {"share", func(q *archive.Request) { q.Share = archive.Share{Number: 4, Of: 3} }},
		"share 1 of 0":           {"share", func(q *archive.Request) { q.Share = archive.Share{Number: 1} }},
		"slices of no time":      {"slices", func(q *archive.Request) { q.Slices = map[string]int{"yesterday": 2} }},
		"slices off the grid":    {"slices", func(q *archive.Request) { q.Slices = map[string]int{hours.Stamp(midnight.Add(time.Minute)): 2} }},
		"slices out of range":    {"slices", func(q *archive.Request) { q.Slices = map[string]int{hours.Stamp(five): 2} }},
		"no slices":              {"slices", func(q *archive.Request) { q.Slices = map[string]int{hours.Stamp(midnight): 0} }},
		"more slices than any":   {"slices", func(q *archive.Request) { q.Slices = map[string]int{hours.Stamp(midnight): archive.MostSlices + 1} }},
		"slices of a stranger":   {"slices", func(q *archive.Request) { q.Slices = map[string]int{slot("1400000009", midnight): 2} }},
		"slices of no window":    {"slices", func(q *archive.Request) { q.Slices = map[string]int{app + "/": 2} }},
		"a range in the future":  {"from", func(q *archive.Request) { q.From, q.To = at("07:00:00"), at("08:00:00") }},
		"a range without length": {"from", func(q *archive.Request) { q.To = q.From }},
	} {
		w, q := stretch(t), whole()
		w.options.APIRate = 18
		c.edit(&q)
		report, err := w.try(t.Context(), q)
		refused := new(archive.RequestError)
		if !errors.As(err, &refused) || refused.Field != c.field || report != nil {
			t.Errorf("%s: error %v, report %v; want one that names %s", name, err, report, c.field)
		}
		if n := w.puts(); n > 0 {
			t.Errorf("%s: %d objects written", name, n)
		}
	}
}

// What the heavy window owes is told by the share that owns it, not by every share that helps to copy its files.
func TestBackfill_DebtsAreToldOnce(t *testing.T) {
	w := stretch(t)
	w.file("heavy-1", "recording.mp3", func(m *archivetest.Media) { m.Way = archivetest.Always(archivetest.Unreachable) })
	w.run(whole())
	const shares = 3
	owed, incomplete := 0, 0
	for k := range shares {
		report := w.run(share(k+1, shares))
		if report.Debts != nil {
			owed += report.Debts.Files
		}
		if !report.Complete {
			incomplete++
		}
	}
	if owed != 1 || incomplete != 1 {
		t.Errorf("%d files owed, %d shares incomplete; one file of one window is", owed, incomplete)
	}
}
