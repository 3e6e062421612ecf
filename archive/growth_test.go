package archive_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// grown is a crowd that is archived with n calls, and has more of them since.
func grown(t *testing.T, n, now int) *world {
	w := crowd(t, n)
	w.timer()
	for i := n; i < now; i++ {
		w.join(i)
	}
	w.now = w.now.Add(time.Hour)
	return w
}

// A window that grows over the limit ends as one that had all its calls at once.
func TestParts_Growth(t *testing.T) {
	for _, n := range []int{0, 20, 40, 60} {
		w := grown(t, n, 100)
		w.timer()
		want := crowd(t, 100)
		want.now = w.now
		want.run(window())
		if diff := cmp.Diff(want.rows(), w.rows()); diff != "" {
			t.Errorf("from %d calls to 100: rows (-at once +grown):\n%s", n, diff)
		}
	}
}

// rows are the bytes of the window's rows and index.
func (w *world) rows() map[string]string {
	all := w.lake()
	for key := range all {
		if !strings.HasPrefix(key, "lake/cdr/") && !strings.HasPrefix(key, "lake/media_index/") {
			delete(all, key)
		}
	}
	return all
}

// Killed before any request, while a window is cut into more objects, nothing is missing, and the next run ends the work: also
// where the API then lists so few calls that there would have been nothing to cut, and where the window was due in any case.
func TestParts_KilledWhileGrowing(t *testing.T) {
	for withdrawn, due := range map[int]bool{0: false, 70: false, 69: true} {
		for step := 1; ; step++ {
			w, killed := crowd(t, 30), false
			w.source.Doubt = func(int) bool { return due }
			w.timer()
			w.source.Doubt = nil
			for i := 30; i < 100; i++ {
				w.join(i)
			}
			w.now = w.now.Add(time.Hour)
			w.kill(step, &killed)
			w.store.Before = nil
			for i := range withdrawn {
				w.source.Withdraw(app, fmt.Sprintf("call-%03d", 99-i))
			}
			w.run(window())
			if got := w.found(verified); len(slices.DeleteFunc(got, func(s string) bool { return s == "extra media" })) != 0 {
				t.Errorf("killed at request %d, %d withdrawn: verification found %q", step, withdrawn, got)
			}
			if !killed {
				break
			}
		}
	}
}

// Each write of a growing window is lost, or stored and reported as failed.
func TestParts_FaultsWhileGrowing(t *testing.T) {
	want := func() map[string]string { w := grown(t, 30, 100); w.timer(); return w.rows() }()
	for _, fault := range []archivetest.Fault{archivetest.Lost, archivetest.StoredButReported} {
		for n := 1; ; n++ {
			w, failed := grown(t, 30, 100), false
			puts := 0
			w.store.OnPut = func(key string, _ int) archivetest.Fault {
				if strings.HasPrefix(key, "lake/media/") || strings.HasPrefix(key, "lake/runs/") || strings.HasPrefix(key, "lake/ledger/") {
					return archivetest.None
				}
				if puts++; puts == n {
					failed = true
					return fault
				}
				return archivetest.None
			}
			if _, err := w.try(t.Context(), archive.Request{}); err == nil && failed {
				t.Errorf("write %d failed, and the run did not", n)
			}
			w.store.OnPut = nil
			w.run(window())
			if diff := cmp.Diff(want, w.rows()); diff != "" {
				t.Errorf("write %d: rows (-undisturbed +healed):\n%s", n, diff)
			}
			if !failed {
				break
			}
		}
	}
}

// Four runs at once cut a growing window.
func TestParts_FourAtOnceWhileGrowing(t *testing.T) {
	want := func() map[string]string { w := grown(t, 30, 100); w.timer(); return w.rows() }()
	w := grown(t, 30, 100)
	ended := make(chan error)
	var runs []*archive.Archiver
	for range 4 {
		runs = append(runs, w.archiver())
	}
	for i, a := range runs {
		go func() {
			_, err := a.Run(t.Context(), archive.Request{ID: fmt.Sprint("at-once-", i), Now: w.now})
			ended <- err
		}()
	}
	for range runs {
		if err := <-ended; err != nil {
			t.Log(err) // gave way to the others too often
		}
	}
	w.run(window())
	if diff := cmp.Diff(want, w.rows()); diff != "" {
		t.Errorf("rows (-one run +four at once):\n%s", diff)
	}
}
