package archive_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// coordinate runs a coordinator with windows of more than heavy calls cut into slices. It writes nothing.
func (w *world) coordinate(ctx context.Context, q archive.Request, heavy int) (*archive.Report, error) {
	w.Helper()
	q.Mode, q.ID, q.Now = archive.ModeBackfill, "coordinator", w.now
	before := len(w.store.Keys())
	a := w.archiver()
	a.SetHeavy(heavy)
	report, err := a.Run(ctx, q)
	if n := len(w.store.Keys()); err == nil && n != before { // one that fails files its answer
		w.Errorf("a coordinator wrote: %d objects, had %d", n, before)
	}
	w.discreet(report, err)
	return report, err
}

// shares is cut, which must go well.
func (w *world) shares(q archive.Request, heavy int) *archive.Report {
	w.Helper()
	report, err := w.coordinate(w.Context(), q, heavy)
	if err != nil {
		w.Fatal(err)
	}
	return report
}

// crowd has n calls in the window that begins at start.
func (w *world) crowd(app string, start time.Time, n int) {
	for i := range n {
		w.source.Add(app, archivetest.Call{ID: fmt.Sprint("crowd-", start.Unix(), "-", i), Time: start.Add(time.Duration(i) * time.Second)})
	}
}

// slot is a window as Request.Slices names it.
func slot(app string, start time.Time) string { return app + "/" + hours.Stamp(start) }

// Every window of every range is in exactly one share of any number of shares.
func TestShare_EveryWindowOnce(t *testing.T) {
	for of := range 30 {
		for _, w := range hours.Cut(archive.Window{Start: five, End: five.AddDate(0, 0, 40)}) {
			owners := 0
			for n := range max(of, 1) {
				if (archive.Share{Number: n + 1, Of: of}).Has(w, of%3) {
					owners++
				}
			}
			if owners != 1 {
				t.Fatalf("%s has %d owners of %d", hours.Stamp(w.Start), owners, of)
			}
		}
	}
}

// No share has more of a range than the others, wherever the range lies, however long its windows are and however many shares
// there are.
func TestShare_Balance(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, length := range []time.Duration{time.Hour, 20 * time.Minute, 5 * time.Minute} {
		grid := archive.Grid{Zone: east, Length: length}
		for of := 1; of <= 64; of++ {
			n, start := 1+random.IntN(1500), grid.At(five.Add(time.Duration(random.IntN(10_000))*time.Hour)).Start
			counts := make([]int, of)
			for _, w := range grid.Cut(archive.Window{Start: start, End: start.Add(time.Duration(n) * length)}) {
				counts[shareOf(w, of)]++
			}
			for i, count := range counts {
				if fair := (n + of - 1) / of; count > fair+1 {
					t.Errorf("windows of %s: share %d of %d has %d of %d", length, i+1, of, count, n)
				}
			}
		}
	}
}

// owner is the index of the share that has a window.
func shareOf(w archive.Window, of int) int {
	for i := range of {
		if (archive.Share{Number: i + 1, Of: of}).Has(w, 0) {
			return i
		}
	}
	return -1
}

// The busy hour of the days of three months comes to all shares.
func TestShare_SpreadsBusyHours(t *testing.T) {
	for of := 2; of <= 24; of++ {
		counts := make([]int, of)
		for d := range 90 {
			counts[shareOf(hours.At(five.AddDate(0, 0, d)), of)]++
		}
		for i, n := range counts {
			if n > 3*90/of+2 || of < 12 && n == 0 {
				t.Errorf("share %d of %d has %d of 90", i+1, of, n)
			}
		}
	}
}

// Whoever cuts, cuts alike: the shares of one coordinator are those of the next, and together they are the backlog.
func TestShares_TheBacklog(t *testing.T) {
	w := newWorld(t)
	w.options.Apps = []string{app, "1400000001"}
	w.run(archive.Request{From: at("02:00:00"), To: at("03:00:00")}) // both are archived, and quiet
	q := archive.Request{From: at("00:00:00").AddDate(0, 0, -2), To: at("06:00:00"), Shares: 5}
	first, again := w.shares(q, 1000), w.shares(q, 1000)
	if diff := cmp.Diff(first.Next, again.Next); diff != "" {
		t.Errorf("cut twice (-first +second):\n%s", diff)
	}
	if first.Complete || len(first.Next) != 5 || len(first.Shares) != 5 {
		t.Fatalf("complete %v, next %d, shares %v", first.Complete, len(first.Next), first.Shares)
	}
	total := 0
	for i, next := range first.Next {
		want := archive.Request{Now: w.now.UTC(), From: q.From, To: q.To, Mode: archive.ModeBackfill, Share: archive.Share{Number: i + 1, Of: 5}}
		if diff := cmp.Diff(want, next); diff != "" {
			t.Errorf("share %d (-want +got):\n%s", i+1, diff)
		}
		total += first.Shares[i].Windows
	}
	if total != 2*(2*24+6-1) {
		t.Errorf("%d windows in all shares", total)
	}
}

func TestShares_NothingToDo(t *testing.T) {
	w := newWorld(t)
	q := archive.Request{From: at("02:00:00"), To: at("06:00:00")}
	w.run(q)
	q.Shares = 4
	report := w.shares(q, 1000)
	if !report.Complete || len(report.Next) != 0 || len(report.Shares) != 0 || len(report.Notes) != 0 {
		t.Errorf("complete %v, next %v, shares %v, notes %v", report.Complete, report.Next, report.Shares, report.Notes)
	}
}

func TestShares_DryRun(t *testing.T) {
	w := newWorld(t)
	report := w.shares(archive.Request{From: at("00:00:00"), To: at("06:00:00"), Shares: 3, DryRun: true}, 1000)
	if len(report.Shares) != 3 || len(report.Next) != 0 {
		t.Errorf("shares %v, next %v", report.Shares, report.Next)
	}
	if diff := cmp.Diff([]string{"6 windows would be handed to runs of their own"}, report.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// There are no more shares than requests a second: each would get none of them.
func TestShares_NoMoreThanTheLimitAllows(t *testing.T) {
	w := newWorld(t)
	w.options.APIRate = 2
	report := w.shares(archive.Request{From: at("00:00:00"), To: at("06:00:00"), Shares: 20}, 1000)
	if len(report.Next) != 2 || report.Next[1].Share.Of != 2 || len(report.Notes) != 2 {
		t.Errorf("next %v, notes %q", report.Next, report.Notes)
	}
}

// There are so few shares that a run of each can list what it has: a page for each request, in half of 880 seconds the largest
// window, and in all of them the four largest of a share.
func TestShares_NoMoreThanCanListTheirWindows(t *testing.T) {
	const half = 440 * 100 // calls that are listed at a request a second
	for name, test := range map[string]struct {
		crowds       []int // calls of the windows from 00:00 on
		rate, asked  int
		want, listed int // shares, and the largest window
	}{
		"as many as can be":       {[]int{half}, 2, 2, 2, 0},
		"a call more":             {[]int{3, half + 1}, 2, 2, 1, half + 1},
		"nobody tells the rate":   {[]int{half + 1}, 0, 2, 2, 0},
		"a rate that is rounded":  {[]int{half + 1}, 18, 16, 9, half + 1},
		"too large for any":       {[]int{half + 1}, 1, 4, 1, 0},
		"two at once":             {slices.Repeat([]int{half}, 4), 2, 2, 2, 0},
		"three at once":           {slices.Repeat([]int{half}, 12), 4, 4, 2, half},
		"those that wait do none": {slices.Repeat([]int{half / 2}, 12), 2, 2, 2, 0},
	} {
		w := newWorld(t)
		w.now = at("12:05:00")
		w.options.APIRate = test.rate
		for i, n := range test.crowds {
			w.source.Add(app, slices.Repeat([]archivetest.Call{{ID: "one of many", Time: at("00:30:00").Add(time.Duration(i) * time.Hour)}}, n)...)
		}
		report := w.shares(archive.Request{From: at("00:00:00"), To: at("12:00:00"), Shares: test.asked}, 20_000)
		if len(report.Next) == 0 || report.Next[0].Share.Of != test.want {
			t.Errorf("%s: next %v, want %d shares", name, report.Next, test.want)
		}
		note := fmt.Sprintf("no time to list a window of %d calls", test.listed)
		if told := strings.Contains(strings.Join(report.Notes, "\n"), note); told != (test.listed > 0) {
			t.Errorf("%s: notes %q", name, report.Notes)
		}
	}
}

// A window that no run can list, or of which the API tells a wrong number, does not take the others' shares: only those that fewer
// shares help count.
func TestShares_AWindowThatNoRunCanList(t *testing.T) {
	const whole = 880 * 100 // calls that are listed at a request a second
	for name, test := range map[string]struct {
		crowds []int // calls of the windows from 00:00 on
		want   int   // shares
	}{
		"it alone":             {[]int{2*whole + 1, 3}, 2},
		"all but too large":    {[]int{2 * whole}, 1},
		"beside a smaller one": {[]int{2*whole + 1, whole/2 + 1}, 1},
	} {
		w := newWorld(t)
		w.now = at("12:05:00")
		w.options.APIRate = 2
		for i, n := range test.crowds {
			w.source.Add(app, slices.Repeat([]archivetest.Call{{ID: "one of many", Time: at("00:30:00").Add(time.Duration(i) * time.Hour)}}, n)...)
		}
		report := w.shares(archive.Request{From: at("00:00:00"), To: at("12:00:00"), Shares: 2}, 20_000)
		if len(report.Next) == 0 || report.Next[0].Share.Of != test.want {
			t.Errorf("%s: next %v, want %d shares", name, report.Next, test.want)
		}
		told := strings.Contains(strings.Join(report.Notes, "\n"), fmt.Sprintf("1 windows have more calls than a run has time to list, whatever the number of shares: the largest %d", 2*whole+1))
		if told != (test.crowds[0] > 2*whole) {
			t.Errorf("%s: notes %q", name, report.Notes)
		}
	}
}

// What a manifest tells of a window counts as well, but for one that was cut: there the API is asked, and what nobody has read is
// cut into slices.
func TestShares_LargeWindowsThatHaveManifests(t *testing.T) {
	for agreed, want := range map[bool]int{true: 2, false: 1} {
		w := newWorld(t)
		w.options.APIRate = 2
		w.crowd(app, five, 10)
		w.source.Doubt = func(int) bool { return !agreed }
		w.run(window())
		w.now = w.now.AddDate(0, 0, 2) // it has settled and is read once more
		w.source.Add(app, slices.Repeat([]archivetest.Call{{ID: "one of many", Time: five}}, 44_001)...)
		q := window()
		q.Shares = 2
		report := w.shares(q, 20_000)
		if len(report.Next) != 1 || report.Next[0].Share.Of != want || (report.Next[0].Slices == nil) != agreed {
			t.Errorf("agreed %v: next %v", agreed, report.Next)
		}
	}
}

// Windows with very many calls are named with their slices: a quarter of the bound each, in numbers that fall evenly on the
// shares, and never more than 100. One that has a manifest is not named.
func TestShares_Slices(t *testing.T) {
	for _, test := range []struct {
		calls, shares, want int
	}{
		{100, 4, 0},
		{101, 8, 8}, // one for each
		{101, 4, 8}, // as many for each
		{400, 16, 16},
		{401, 16, 32},
		{3000, 7, 98},
		{3000, 64, 64},
	} {
		w := newWorld(t)
		w.crowd(app, at("03:00:00"), test.calls)
		w.crowd(app, at("01:00:00"), 3) // an ordinary neighbour
		w.crowd(app, at("05:00:00"), 500)
		w.source.Doubt = func(int) bool { return true }
		w.run(window()) // the window of 05:00: committed, and not proved to be all
		report := w.shares(archive.Request{From: at("00:00:00"), To: at("06:00:00"), Shares: test.shares}, 100)
		want := map[string]int{slot(app, at("03:00:00")): test.want}
		if test.want == 0 {
			want = nil
		}
		sum := 0
		for i, next := range report.Next {
			if diff := cmp.Diff(want, next.Slices); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", test, diff)
			}
			if report.Shares[i].Windows == 0 && report.Shares[i].Slices == 0 {
				t.Errorf("%+v: share %s has nothing to do", test, report.Shares[i].Share)
			}
			sum += report.Shares[i].Slices
		}
		if sum != test.want {
			t.Errorf("%+v: shares have %d slices", test, sum)
		}
	}
}

// A single window with very many calls keeps every share busy, though one only owns it.
func TestShares_OneHeavyWindow(t *testing.T) {
	w := newWorld(t)
	w.crowd(app, five, 400)
	q := window()
	q.Shares = 4
	report := w.shares(q, 100)
	want := []archive.ShareReport{{Share: "1/4", Slices: 4}, {Share: "2/4", Slices: 4}, {Share: "3/4", Slices: 4}, {Share: "4/4", Slices: 4}}
	want[shareOf(hours.At(five), 4)].Windows = 1
	if diff := cmp.Diff(want, report.Shares); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
}

// Of more heavy windows than an event has room for, the largest are named; and the event stays far under 128 KB.
func TestShares_ManyHeavyWindows(t *testing.T) {
	w := newWorld(t)
	for i := range 600 {
		w.crowd(app, five.Add(-time.Duration(i)*time.Hour), 2+i%2)
	}
	report := w.shares(archive.Request{From: five.Add(-599 * time.Hour), To: five.Add(time.Hour), Shares: 8}, 1)
	named := report.Next[0].Slices
	if len(named) != 500 {
		t.Errorf("%d windows are named", len(named))
	}
	for i := range 600 {
		if _, ok := named[slot(app, five.Add(-time.Duration(i)*time.Hour))]; i%2 == 1 && !ok {
			t.Errorf("a window with more calls is not named")
		}
	}
	if b, err := json.Marshal(named); err != nil || len(b) > 32<<10 {
		t.Errorf("%d bytes, error %v", len(b), err)
	}
}

// A day without heavy windows costs one count.
func TestShares_AskLittle(t *testing.T) {
	w := newWorld(t)
	w.crowd(app, five, 50)
	w.shares(archive.Request{From: at("00:00:00").AddDate(0, 0, -9), To: at("06:00:00"), Shares: 4}, 100)
	if asked := w.source.Requests(); asked[archivetest.AskedCount] != 10 || asked[archivetest.AskedPage] != 0 {
		t.Errorf("asked %v", asked)
	}
}

// The heavy windows of many days are looked for side by side: ten days take as long as one.
func TestShares_LooksForHeavyWindowsSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		const days, answer = 10, 100 * time.Millisecond
		for i := range days {
			w.crowd(app, five.AddDate(0, 0, -i), 200)
		}
		w.source.OnRequest = func(context.Context, archivetest.Asked, int) error { time.Sleep(answer); return nil }
		began := time.Now()
		report := w.shares(archive.Request{From: at("00:00:00").AddDate(0, 0, 1-days), To: at("06:00:00"), Shares: 4}, 100)
		if got := len(report.Next[0].Slices); got != days {
			t.Errorf("%d windows are named, want %d", got, days)
		}
		if took, halvings := time.Since(began), 5; took > time.Duration(1+2*halvings)*answer {
			t.Errorf("took %v", took)
		}
	})
}

// Where the API refuses whoever asks, nothing is cut: the shares could not work either.
func TestShares_APIRefuses(t *testing.T) {
	w := newWorld(t)
	refusal := fmt.Errorf("AuthFailure: %w", archive.ErrDenied)
	w.source.OnRequest = func(context.Context, archivetest.Asked, int) error { return refusal }
	q := archive.Request{From: at("00:00:00"), To: at("06:00:00"), Shares: 4}
	if report, err := w.coordinate(t.Context(), q, 100); !errors.Is(err, refusal) || len(report.Next) != 0 {
		t.Errorf("error %v, next %v", err, report.Next)
	}
}

// A count that fails costs the slices of what it would have counted, and nothing else.
func TestShares_ACountFails(t *testing.T) {
	for name, fails := range map[string]func(n int) bool{
		"of a day":  func(n int) bool { return n == 1 },
		"of halves": func(n int) bool { return n == 3 || n == 4 },
		"each":      func(int) bool { return true },
	} {
		w := newWorld(t)
		w.crowd(app, at("01:00:00"), 200)
		w.crowd(app, at("01:00:00").AddDate(0, 0, -1), 200)
		w.source.OnRequest = func(_ context.Context, what archivetest.Asked, n int) error {
			if what == archivetest.AskedCount && fails(n) {
				return errors.New("answer has a negative TotalCount")
			}
			return nil
		}
		report := w.shares(archive.Request{From: at("00:00:00").AddDate(0, 0, -1), To: at("06:00:00"), Shares: 4}, 100)
		windows := 0
		for _, share := range report.Shares {
			windows += share.Windows
		}
		if len(report.Next) != 4 || windows != 24+6 {
			t.Errorf("%s: next %v, %d windows", name, report.Next, windows)
		}
		if told := strings.Join(report.Notes, "\n"); !strings.Contains(told, "counts failed") || !strings.Contains(told, "negative") {
			t.Errorf("%s: notes %q", name, report.Notes)
		}
		if n := len(report.Next[0].Slices); name == "of a day" && n != 1 || name == "each" && n != 0 {
			t.Errorf("%s: slices of %d windows", name, n)
		}
	}
}

// Where time is up, or too short for another try, the shares go without slices. One that is interrupted hands on nothing.
func TestShares_NoTimeToCount(t *testing.T) {
	hangs := func(ctx context.Context, _ archivetest.Asked, _ int) error { <-ctx.Done(); return ctx.Err() }
	refuses := func(context.Context, archivetest.Asked, int) error {
		return fmt.Errorf("count calls: RequestLimitExceeded: %w", archive.ErrTooLate)
	}
	for name, c := range map[string]struct {
		answer    func(context.Context, archivetest.Asked, int) error
		interrupt bool
		next      int
		because   string
	}{
		"time is up":  {hangs, false, 4, "time was up"},
		"too short":   {refuses, false, 4, "time was up"},
		"interrupted": {hangs, true, 0, "interrupted"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.source.OnRequest = c.answer
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if c.interrupt {
				time.AfterFunc(time.Second, cancel)
			}
			report, err := w.coordinate(ctx, archive.Request{From: at("00:00:00"), To: at("06:00:00"), Shares: 4}, 100)
			if err != nil || len(report.Next) != c.next || report.Complete {
				t.Fatalf("%s: error %v, next %v, complete %v", name, err, report.Next, report.Complete)
			}
			if c.next > 0 && report.Next[0].Slices != nil || !strings.Contains(strings.Join(report.Notes, "\n"), c.because) {
				t.Errorf("%s: slices %v, notes %q", name, report.Next, report.Notes)
			}
		})
	}
}

// Two applications have heavy windows of the same hour: each is cut by its own calls.
func TestShares_SlicesOfTwoApplications(t *testing.T) {
	w := newWorld(t)
	w.options.Apps = []string{app, twin}
	w.crowd(app, five, 200)
	w.crowd(twin, five, 1000)
	q := window()
	q.Shares = 4
	report := w.shares(q, 100)
	if diff := cmp.Diff(map[string]int{slot(app, five): 8, slot(twin, five): 40}, report.Next[0].Slices); diff != "" {
		t.Errorf("slices (-want +got):\n%s", diff)
	}
	if report.Shares[0].Slices != 12 {
		t.Errorf("a share has %d slices", report.Shares[0].Slices)
	}
}
