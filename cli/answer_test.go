package cli

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vbauerster/mpb/v8"

	"cdrvault/archive"
)

func TestDescribe(t *testing.T) {
	gone := time.Date(2027, 2, 22, 0, 0, 0, 0, time.UTC)
	r := &archive.Report{
		Windows: []archive.WindowReport{
			{App: "1400000000", Window: "2026-11-22T05:00:00+08:00", State: archive.Committed, Reason: archive.ReasonNew,
				Calls: 120, Added: 120, Media: archive.MediaCount{Copied: 300}},
			{App: "1400000000", Window: "2026-11-22T04:00:00+08:00", State: archive.Partial, Reason: archive.ReasonHole,
				Calls: 7, Media: archive.MediaCount{Kept: 3, Pending: 1}},
			{App: "1400000000", Window: "2026-11-22T03:00:00+08:00", State: archive.Failed, Error: "list calls: refused"},
		},
		Folded: 1200,
		From:   "2026-11-22T03:00:00+08:00",
		Totals: archive.Totals{Calls: 127, Media: archive.MediaCount{Copied: 300, Kept: 3, Pending: 1}, Bytes: 12_345_678,
			APIRequests: 1, StoreRequests: 1310, Seconds: 2.5},
		Debts: &archive.DebtReport{Files: 1, NextDeadline: &gone},
		Links: []string{"NewUrl"},
		Notes: []string{"time was up"},
	}
	want := `window            app         state      reason  calls  added  copied  kept  pending
──────────────────────────────────────────────────────────────────────────────────────
2026-11-22 05:00  1400000000  committed  new       120    120     300
2026-11-22 04:00  1400000000  partial    hole        7                    3        1

failed  windows           app         error
───────────────────────────────────────────────────────────
     1  2026-11-22 03:00  1400000000  list calls: refused
and 1,200 more windows, most of them unchanged
total: 127 calls, 300 files copied, 3 kept, 1 pending, 12 MB
spent: 1 API request, 1,310 bucket requests, 2.5s
owed: 1 file, the first may be gone by 2027-02-22 08:00
note: field NewUrl has media links that this version does not know
note: time was up
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(describe(r), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDescribe_DryRunTellsWhatWouldBe(t *testing.T) {
	r := &archive.Report{
		DryRun: true,
		Windows: []archive.WindowReport{
			{App: "1400000000", Window: "2026-11-22T05:00:00+08:00", State: archive.Partial, Reason: archive.ReasonNew,
				Calls: 120, Added: 120, Media: archive.MediaCount{Pending: 300}},
			{App: "1400000000", Window: "2026-11-22T04:00:00+08:00", State: archive.Unchanged, Reason: archive.ReasonSettled,
				Calls: 7, Media: archive.MediaCount{Kept: 3}},
		},
		Totals: archive.Totals{Calls: 127, Media: archive.MediaCount{Kept: 3, Pending: 300}, APIRequests: 3, StoreRequests: 2, Seconds: 1},
		Debts:  &archive.DebtReport{Files: 300},
	}
	want := `window            app         would       reason   calls  added  kept  to copy
────────────────────────────────────────────────────────────────────────────────
2026-11-22 05:00  1400000000  be written  new        120    120            300
2026-11-22 04:00  1400000000  stay        settled      7            3
would be: 127 calls, 300 files to copy, 3 kept
spent: 3 API requests, 2 bucket requests, 1s
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(describe(r), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDescribe_NothingDue(t *testing.T) {
	want := "nothing was due\ntotal: 0 calls, 0 files copied, 0 B\nspent: 1 API request, 2 bucket requests, 1s\n"
	got := describe(&archive.Report{Totals: archive.Totals{APIRequests: 1, StoreRequests: 2, Seconds: 1}})
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFollow_DrawsNothingWithoutATerminal(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/err")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, w := range []Program{{Err: file}, {Err: &strings.Builder{}}} {
		var watch archive.Progress
		stop := w.follow(&watch)
		watch.Windows.Add(3)
		stop()
	}
	if info, err := file.Stat(); err != nil || info.Size() > 0 {
		t.Errorf("%d bytes, %v; want none", info.Size(), err)
	}
}

func TestBars_EndWhereTheRunEnds(t *testing.T) {
	var watch archive.Progress
	var out strings.Builder
	b := newBars(&out, &watch, mpb.WithAutoRefresh())
	watch.Windows.Add(24)
	watch.WindowsDone.Add(7)
	watch.Calls.Add(1)
	watch.Files.Add(1234)
	watch.FilesDone.Add(1234)
	watch.Bytes.Add(5_000_000)
	b.finish()
	for _, want := range []string{"windows", " 7/24 ", "1 call", "files", "1,234/1,234", "5.0 MB"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestShow_SaysNothingOfARunThatDidNothing(t *testing.T) {
	refused := errors.New("refused")
	for _, c := range []struct {
		name   string
		answer *archive.Report
		err    error
		asJSON bool
		want   bool
	}{
		{"nothing was due", &archive.Report{}, nil, false, true},
		{"failed before its first window", &archive.Report{}, refused, false, false},
		{"the same, for scripts", &archive.Report{}, refused, true, true},
		{"failed later", &archive.Report{Windows: make([]archive.WindowReport, 1)}, refused, false, true},
		{"failed after a verified window", &archive.Report{Checked: &archive.Checked{Windows: 1}}, refused, false, true},
		{"not begun", nil, refused, true, false},
	} {
		var out strings.Builder
		if err := (Program{Out: &out}).show(c.answer, c.err, c.asJSON, describe); err != nil || (out.Len() > 0) != c.want {
			t.Errorf("%s: printed %q, %v", c.name, out.String(), err)
		}
	}
}

// Calls and files of windows that failed are in no total: a backfill that is killed has not archived them.
func TestDescribe_Uncommitted(t *testing.T) {
	r := &archive.Report{
		Windows: []archive.WindowReport{{App: "1400000000", Window: "2026-11-22T05:00:00+08:00", State: archive.Failed, Error: "refused"}},
		Totals: archive.Totals{Calls: 58, Media: archive.MediaCount{Copied: 103}, Bytes: 10_000_000, APIRequests: 30, StoreRequests: 400, Seconds: 9,
			Uncommitted: &archive.Uncommitted{Calls: 189, Files: 1, Bytes: 2000}},
	}
	want := `total: 58 calls, 103 files copied, 10 MB
not committed: 189 calls read, 1 file copied, 2.0 kB: their windows failed or are left; a later run finds the files
`
	for name, got := range map[string]string{"run": describe(r), "backfill": describeBackfill(r)} {
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q lacks %q", name, got, want)
		}
	}
}

// A run whose time was up before any window was finished had something to do.
func TestDescribe_NothingFinished(t *testing.T) {
	got := describe(&archive.Report{Rest: 1, Stopped: true, Notes: []string{"interrupted: 1 window left for the next run"}})
	if strings.Contains(got, "nothing was due") || !strings.HasPrefix(got, "no window was finished\n") {
		t.Errorf("got %q", got)
	}
}
