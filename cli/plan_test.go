package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

func TestDescribePlan_NeighboursShareALine(t *testing.T) {
	planned := func(app, window string, reason archive.Reason, requests int) archive.PlannedWindow {
		return archive.PlannedWindow{App: app, Window: "2026-11-" + window + ":00+08:00", Reason: reason, APIRequests: requests}
	}
	r := &archive.Report{
		Plan: &archive.PlanReport{APIRequests: 1209, Windows: []archive.PlannedWindow{
			planned("1400000001", "22T05:00", archive.ReasonNew, 1),
			planned("1400000001", "21T23:00", archive.ReasonHole, 2),
			planned("1400000002", "21T23:00", archive.ReasonOwing, 1),
			planned("1400000001", "22T00:00", archive.ReasonHole, 1202), // another application between it and its neighbour
			planned("1400000002", "22T00:00", archive.ReasonHole, 1),    // another reason
			planned("1400000002", "22T02:00", archive.ReasonHole, 1),    // an hour between
		}},
		Notes: []string{"range widened"},
	}
	want := `from              to                app         reason  windows  API requests
───────────────────────────────────────────────────────────────────────────────
2026-11-22 05:00  2026-11-22 06:00  1400000001  new           1             1
2026-11-21 23:00  2026-11-22 01:00  1400000001  hole          2         1,204
2026-11-21 23:00  2026-11-22 00:00  1400000002  owing         1             1
2026-11-22 00:00  2026-11-22 01:00  1400000002  hole          1             1
2026-11-22 02:00  2026-11-22 03:00  1400000002  hole          1             1

due: 6 windows (1 new, 4 hole, 1 owing)
cost: at least 1,209 API requests
note: range widened
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(describePlan(r, time.Hour), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDescribePlan_NothingDue(t *testing.T) {
	want := "no window is due\ncost: at least 1 API request\n"
	if got := describePlan(&archive.Report{Plan: &archive.PlanReport{APIRequests: 1}}, time.Hour); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
