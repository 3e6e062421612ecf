package archive_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// heavyFiles is how many files of the heavy window lie in the bucket.
func (w *world) heavyFiles() (n int) {
	for _, key := range w.store.Keys() {
		if strings.HasPrefix(key, "lake/media/sdk_app_id="+app+"/") && strings.Contains(key, fmt.Sprintf("/hour=%02d/", heavyHour)) {
			n++
		}
	}
	return n
}

// owner is the share of n that commits the heavy window of app.
func owner(n int) int {
	for k := 1; ; k++ {
		if (archive.Share{Number: k, Of: n}).Has(hours.At(midnight.Add(heavyHour*time.Hour)), 0) {
			return k
		}
	}
}

// A share copies the files of its slices and no others, and commits nothing of a window that is not its own. The share that
// commits it downloads none of them again.
func TestSlices_AreAdopted(t *testing.T) {
	w := stretch(t)
	k := owner(shares)
	for other := 1; other <= shares; other++ {
		if other == k {
			continue
		}
		was := w.heavyFiles()
		report := w.tryShare(other, shares)
		if got := w.heavyFiles() - was; got != heavyCalls/shares {
			t.Errorf("share %d copied %d files of the heavy window, want %d", other, got, heavyCalls/shares)
		}
		if !strings.Contains(strings.Join(report.Notes, "\n"), "windows that the shares copy together") {
			t.Errorf("notes %q", report.Notes)
		}
	}
	w.resetCounts()
	w.tryShare(k, shares)
	for file, n := range w.source.Downloads() {
		if n > 1 {
			t.Errorf("%s was downloaded %d times", file, n)
		}
	}
	w.same()
}

// A share that copies files and commits nothing says so in an answer of its own.
func TestSlices_AreAnswered(t *testing.T) {
	w, q := stretch(t), share(owner(shares)%shares+1, shares)
	q.Apps, q.From, q.To = []string{app}, midnight.Add(heavyHour*time.Hour), midnight.Add((heavyHour+1)*time.Hour)
	w.tryQ(q)
	if len(w.answers()) != 1 || w.heavyFiles() == 0 {
		t.Errorf("%d files, answers %q", w.heavyFiles(), w.answers())
	}
}

// A slice is done again at the cost of its pages and of one listing, and a slice of a window that is committed costs nothing.
func TestSlices_DoubledIsCheap(t *testing.T) {
	w := stretch(t)
	k := owner(shares)
	other := k%shares + 1
	w.tryShare(other, shares)
	got := w.costs(func() { w.tryShare(other, shares) })
	if got.Downloads+got.Puts+got.Stats > 0 || got.Pages != 6/shares {
		t.Errorf("doubled before the window is committed: %+v", got)
	}
	w.tryShare(k, shares)
	if got := w.costs(func() { w.tryShare(other, shares) }); got.Pages+got.Downloads+got.Puts > 0 {
		t.Errorf("doubled after the window is committed: %+v", got)
	}
}

// What hinders a slice hinders nothing else: the run that commits the window copies the rest.
func TestSlices_FaultsAreNotes(t *testing.T) {
	w := stretch(t)
	var asked atomic.Int64
	w.source.OnRequest = func(_ context.Context, what archivetest.Asked, _ int) error {
		if asked.Add(1) <= 6/shares {
			return fmt.Errorf("%s refused", what)
		}
		return nil
	}
	report := w.tryShare(owner(shares)%shares+1, shares)
	if !strings.Contains(strings.Join(report.Notes, "\n"), "the runs that commit them copy the rest") || w.heavyFiles() > 0 {
		t.Errorf("notes %q, %d files", report.Notes, w.heavyFiles())
	}
	for k := 1; k <= shares; k++ {
		w.tryShare(k, shares)
	}
	w.same()
}

// What hinders the slices of many windows is told in one sentence.
func TestSlices_ManyFaultsAreOneNote(t *testing.T) {
	w, q := stretch(t), share(1, 1)
	for i := range stretchHours {
		for _, app := range w.options.Apps {
			q.Slices[slot(app, midnight.Add(time.Duration(i)*time.Hour))] = 1
		}
	}
	var asked atomic.Int64
	w.source.OnRequest = func(_ context.Context, what archivetest.Asked, _ int) error {
		if asked.Add(1) <= int64(len(q.Slices)) {
			return fmt.Errorf("%s refused", what)
		}
		return nil
	}
	report := w.run(q)
	if len(report.Notes) != 1 || strings.Count(report.Notes[0], "refused") != 3 {
		t.Errorf("notes %q, want one that names three windows", report.Notes)
	}
	if want := fmt.Sprintf("slices of %d windows", 2*stretchHours); !strings.Contains(report.Notes[0], want) {
		t.Errorf("note %q, want %q in it", report.Notes[0], want)
	}
	w.same()
}

// tooLate has the API refuse request n for good, as when there is no time for another try, and all after it take a while.
func (w *world) tooLate(nth int, while time.Duration) {
	w.options.Windows = 1 // one request after the other
	w.source.OnRequest = func(_ context.Context, _ archivetest.Asked, n int) error {
		switch {
		case n == nth:
			return fmt.Errorf("describe calls, page 0: RequestLimitExceeded: %w", archive.ErrTooLate)
		case n > nth:
			time.Sleep(while)
		}
		return nil
	}
}

// Slices that the API refused when there was no time for another try are handed on, as those that time was up for: under their
// application, and in as many slices as before.
func TestSlices_TooLateIsHandedOn(t *testing.T) {
	heavy := midnight.Add(heavyHour * time.Hour)
	for refused, left := range map[int]map[string]int{
		3: {slot(app, heavy): 6},
		7: {slot(twin, heavy): 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			w, q := stretch(t), share(1, 1)
			q.Slices[slot(twin, heavy)] = 2
			w.tooLate(refused, 300*time.Millisecond)
			report := w.within(2*time.Second, q)
			if len(report.Next) != 1 {
				t.Fatalf("handed on %v", report.Next)
			}
			if diff := cmp.Diff(left, report.Next[0].Slices); diff != "" {
				t.Errorf("slices that are left (-want +got):\n%s", diff)
			}
			w.source.OnRequest = nil
			w.run(report.Next[0])
			w.same()
		})
	}
}

// Slices are not left where their window was committed after all.
func TestSlices_TooLateButCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stretch(t)
		w.tooLate(3, 0)
		if report := w.within(time.Minute, share(1, 1)); !report.Complete || len(report.Next) > 0 {
			t.Errorf("complete %v, handed on %v", report.Complete, report.Next)
		}
		w.same()
	})
}

// Heavy windows of two applications in the same hour are cut each by its own number, and left each by itself.
func TestSlices_OfTwoApplications(t *testing.T) {
	heavy := midnight.Add(heavyHour * time.Hour)
	for name, c := range map[string]struct {
		slices map[string]int
		pages  int // those that the first of two shares lists for its slices
	}{
		"each its own number":      {map[string]int{slot(app, heavy): 6, slot(twin, heavy): 2}, 3 + 1},
		"one of them":              {map[string]int{slot(app, heavy): 6}, 3},
		"without the application":  {map[string]int{hours.Stamp(heavy): 4}, 2 + 2},
		"the larger of two counts": {map[string]int{hours.Stamp(heavy): 2, slot(app, heavy): 6}, 3 + 1},
	} {
		w, q := stretch(t), share(1, 2)
		q.From, q.To, q.Slices = heavy, heavy.Add(time.Hour), c.slices
		owned := 0
		for i := range w.options.Apps {
			if q.Share.Has(hours.At(heavy), i) {
				owned++
			}
		}
		w.tryQ(q)
		if got := w.source.Requests()[archivetest.AskedPage] - owned; got != c.pages {
			t.Errorf("%s: %d pages listed for slices, want %d", name, got, c.pages)
		}
		w.run(whole())
		w.same()
	}
}

// More files than one listing names: none of those that a killed run left is downloaded again.
func TestSlices_FolderOfManyPages(t *testing.T) {
	w := newWorld(t)
	w.options.Gzip = false
	const files = 1050
	for i := range files {
		w.source.Add(app, archivetest.Call{ID: fmt.Sprint("call-", i), Time: five, Files: map[string]*archivetest.Media{
			"asr.json": {Body: fmt.Appendf(nil, `{"n":%d}`, i), Type: "application/json"},
		}})
	}
	q := archive.Request{Mode: archive.ModeBackfill, From: five, To: five.Add(time.Hour), Slices: map[string]int{hours.Stamp(five): 2}}
	q.Share = archive.Share{Number: 1, Of: 2}
	w.tryQ(q)
	q.Share.Number = 2
	w.resetCounts()
	w.tryQ(q)
	if n := w.downloads(); n > 0 || len(w.committed().Media) != files {
		t.Errorf("%d downloads, %d files committed", n, len(w.committed().Media))
	}
}

func (w *world) tryQ(q archive.Request) {
	w.Helper()
	if _, err := w.try(w.Context(), q); err != nil {
		w.Error(err)
	}
}

// A window that owes many files is looked at in the same way: what a run copied that was killed before its commit is not
// downloaded again.
func TestSlices_ManyOwed(t *testing.T) {
	w := newWorld(t)
	const files = 60
	for i := range files {
		w.source.Add(app, archivetest.Call{ID: fmt.Sprint("call-", i), Time: five, Files: map[string]*archivetest.Media{
			"recording.mp3": {Body: song(40, byte(i)), Type: "audio/mpeg", From: at("07:00:00")},
		}})
	}
	w.timer()
	if n := len(w.committed().Debts); n != files {
		t.Fatalf("%d files owed", n)
	}
	w.now = at("07:05:00")
	w.fails("/media_index/", archivetest.Lost, 1)
	if _, err := w.try(t.Context(), window()); err == nil {
		t.Fatal("the index was lost, and the run says nothing")
	}
	w.store.OnPut = nil
	w.resetCounts()
	w.run(window())
	if n := w.downloads(); n > 0 || len(w.committed().Media) != files {
		t.Errorf("%d downloads, %d files committed", n, len(w.committed().Media))
	}
}

// cutShort has the owner of the heavy window commit it when it had no time for most of its files.
func (w *world) cutShort() {
	w.Helper()
	concurrency := w.options.Concurrency
	w.options.Concurrency = 1
	w.file("heavy-0", "recording.mp3", func(m *archivetest.Media) { m.Way = archivetest.Once(archivetest.Hanging) })
	q := whole()
	q.Share = archive.Share{Number: owner(shares), Of: shares}
	if report := w.within(4*time.Second, q); report.Complete || w.heavyFiles() > 2 {
		w.Fatalf("complete %v, %d files of the heavy window", report.Complete, w.heavyFiles())
	}
	w.options.Concurrency = concurrency
}

// A window that its owner had to commit before all was copied is still copied by all shares together: nobody downloads what
// another has, and its owner adopts it.
func TestSlices_OfAWindowThatIsCommittedInPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, k := stretch(t), owner(shares)
		w.cutShort()
		w.resetCounts()
		for other := 1; other <= shares; other++ {
			if was := w.heavyFiles(); other != k {
				if w.tryShare(other, shares); w.heavyFiles()-was < heavyCalls/shares-1 {
					t.Errorf("share %d copied %d files of the heavy window", other, w.heavyFiles()-was)
				}
			}
		}
		w.tryShare(k, shares)
		for file, n := range w.source.Downloads() {
			if n > 1 {
				t.Errorf("%s was downloaded %d times", file, n)
			}
		}
		w.same()
		if got := w.costs(func() { w.tryShare(k%shares+1, shares) }); got.Pages+got.Downloads+got.Puts > 0 {
			t.Errorf("after all is copied: %+v", got)
		}
	})
}

// A new coordinator has the shares copy together what is left of such a window; and not what is too little for many.
func TestSlices_OfAWindowThatIsCommittedInPartAreDealt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stretch(t)
		w.cutShort()
		q := whole()
		q.Shares = shares
		for heavy, want := range map[int]int{heavyCalls - 1: 9, 10 * heavyCalls: 0} {
			if next := w.shares(q, heavy).Next; next[0].Slices[slot(app, midnight.Add(heavyHour*time.Hour))] != want {
				t.Errorf("more than %d calls: handed on %+v, want %d slices", heavy, next, want)
			}
		}
		w.run(whole())
		if next := w.shares(q, heavyCalls-1).Next; len(next) > 0 {
			t.Errorf("nothing is left, but handed on %+v", next)
		}
	})
}

// A share whose time is up among the slices of such a window hands them on.
func TestSlices_OfAWindowThatIsCommittedInPartAreLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stretch(t)
		w.cutShort()
		q := share(owner(shares)%shares+1, shares)
		q.Slices[slot(app, midnight.Add(heavyHour*time.Hour))] = heavyCalls
		w.slowly(800 * time.Millisecond)
		report := w.within(4*time.Second, q)
		if len(report.Next) != 1 || report.Complete {
			t.Fatalf("handed on %v, complete %v, notes %q", report.Next, report.Complete, report.Notes)
		}
		if diff := cmp.Diff(q.Slices, report.Next[0].Slices); diff != "" {
			t.Errorf("slices that are left (-want +got):\n%s", diff)
		}
	})
}

// A share that has nothing else to do copies slices for all of its time, and lists none of them twice.
func TestSlices_GoOnWhenNothingElseIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, q := stretch(t), share(owner(shares)%shares+1, shares)
		q.Slices[slot(app, midnight.Add(heavyHour*time.Hour))] = heavyCalls
		w.slowly(400 * time.Millisecond)
		q.From, q.To = midnight.Add(heavyHour*time.Hour), midnight.Add((heavyHour+1)*time.Hour)
		q.Apps = []string{app}
		report := w.within(3*time.Second, q) // 0.75 s of it are kept for the commit
		if pages, files := w.source.Requests()[archivetest.AskedPage], w.heavyFiles(); !report.Complete || pages > 4+1 || files < 3 {
			t.Errorf("complete %v, %d pages, %d files, notes %q", report.Complete, pages, files, report.Notes)
		}
		if report.Totals.Media.Copied != w.heavyFiles() || len(report.Notes) != 1 {
			t.Errorf("%d files copied, notes %q", report.Totals.Media.Copied, report.Notes)
		}
	})
}
