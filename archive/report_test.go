package archive_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"cdrvault/archive"
)

// answered is the length of a report as it is answered.
func answered(t *testing.T, r *archive.Report) int {
	t.Helper()
	b, err := json.Marshal(r.Short())
	if err != nil {
		t.Fatal(err)
	}
	return len(b)
}

const mostAnswer = 64 << 10

// A thousand windows fit into an answer; how many were left out is said, and the totals are of all.
func TestReport_ManyWindows(t *testing.T) {
	w := newWorld(t)
	w.late("call-1")
	report := w.run(archive.Request{From: five.Add(-999 * time.Hour), To: five.Add(time.Hour)})
	short := report.Short()
	if n := answered(t, report); n >= mostAnswer {
		t.Errorf("the answer has %d bytes", n)
	}
	if len(report.Windows) != 1000 || len(short.Windows)+short.Folded != 1000 || short.Totals.Calls != 1 {
		t.Errorf("%d windows, %d after folding, %d folded, %d calls", len(report.Windows), len(short.Windows), short.Folded, short.Totals.Calls)
	}
}

// What failed is never folded in favour of what went well, however long its errors are.
func TestReport_FailuresComeFirst(t *testing.T) {
	report := &archive.Report{}
	for i := range 1000 {
		w := archive.WindowReport{App: app, Window: hours.Stamp(five), State: archive.Unchanged}
		if i%10 == 9 {
			w.State, w.Error = archive.Failed, strings.Repeat("x", 160)
		}
		report.Windows = append(report.Windows, w)
	}
	if n := answered(t, report); n >= mostAnswer {
		t.Errorf("the answer has %d bytes", n)
	}
	for i, w := range report.Short().Windows[:100] {
		if w.State != archive.Failed {
			t.Fatalf("window %d is %s", i, w.State)
		}
	}
	if report.Windows[0].State != archive.Unchanged {
		t.Error("folding changed the report")
	}
}

func TestReport_ManyFindings(t *testing.T) {
	report := &archive.Report{Checked: &archive.Checked{}}
	for range 1000 {
		report.Windows = append(report.Windows, archive.WindowReport{App: app, Window: hours.Stamp(five), Error: strings.Repeat("x", 160)})
		report.Findings = append(report.Findings, archive.Finding{App: app, Window: hours.Stamp(five), Trouble: archive.Missing,
			What: "media", Name: strings.Repeat("k", 300), Why: "the manifest names it"})
	}
	if n := answered(t, report); n >= mostAnswer {
		t.Errorf("the answer has %d bytes", n)
	}
	if report.Short().Checked.Folded == 0 || report.Checked.Folded != 0 {
		t.Error("what was left out is not said, or said in the report itself")
	}
}

// Where the calls were not proved to be all, no answer says complete: not the first, and not one that changed nothing.
func TestReport_UnprovedIsNotComplete(t *testing.T) {
	w := smallWorld(t)
	w.source.Doubt = func(n int) bool { return n <= 2 }
	for i := range 3 {
		report := w.timer()
		if want := i == 2; report.Complete != want {
			t.Errorf("run %d: complete %v, want %v", i+1, report.Complete, want)
		}
	}
}

func TestReport_FailedWindow(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	w.store.OnGet = func(key string) error {
		if key == manifestKey {
			return fmt.Errorf("bucket refuses")
		}
		return nil
	}
	report, err := w.try(t.Context(), window())
	if err == nil {
		t.Fatal("no error")
	}
	if report.Complete || windowState(report) != archive.Failed {
		t.Errorf("complete %v, state %s", report.Complete, windowState(report))
	}
	if !strings.Contains(err.Error(), hours.Stamp(five)) {
		t.Errorf("error %q does not name the window", err)
	}
	w.store.OnGet = nil
	w.run(window())
}

// A plan of a thousand windows that are no neighbours fits into an answer too.
func TestReport_ManyPlannedWindows(t *testing.T) {
	report := &archive.Report{Plan: &archive.PlanReport{Cost: &archive.Cost{}}}
	for range 1000 {
		report.Plan.Windows = append(report.Plan.Windows, archive.PlannedWindow{App: app, Window: hours.Stamp(five), Reason: archive.ReasonHole})
		report.Plan.Stretches = append(report.Plan.Stretches,
			archive.PlannedStretch{App: app, From: hours.Stamp(five), To: hours.Stamp(five.Add(time.Hour)), Reason: archive.ReasonHole})
	}
	short := report.Short().Plan
	if n := answered(t, report); n >= mostAnswer || len(short.Windows)+short.Folded != 1000 || len(short.Stretches)+short.StretchesFolded != 1000 {
		t.Errorf("the answer has %d bytes, %d and %d folded", n, short.Folded, short.StretchesFolded)
	}
	if len(report.Plan.Windows) != 1000 || short.Cost == nil {
		t.Error("folding changed the report, or lost the cost")
	}
}
