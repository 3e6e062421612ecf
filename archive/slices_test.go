package archive_test

import (
	"cdrvault/archive"
	"cdrvault/archive/archivetest"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
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
		if asked.Add(1) <= 4 {
			return fmt.Errorf("%s refused", what)
		}
		return nil
	}
	report := w.tryShare(owner(shares)%shares+1, shares)
	if !strings.Contains(strings.Join(report.Notes, "\n"), "the run that commits it copies the rest") || w.heavyFiles() > 0 {
		t.Errorf("notes %q, %d files", report.Notes, w.heavyFiles())
	}
	for k := 1; k <= shares; k++ {
		w.tryShare(k, shares)
	}
	w.same()
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
