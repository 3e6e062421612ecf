package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

// somePlan has windows of two applications, in the order in which they are worked on.
func somePlan() *archive.PlanReport {
	hour := func(clock string) string { return "2026-11-" + clock + ":00+08:00" }
	stretch := func(app, from, to string, reason archive.Reason, windows, calls, requests int) archive.PlannedStretch {
		return archive.PlannedStretch{App: app, From: hour(from), To: hour(to), Reason: reason, Windows: windows, Calls: &calls, APIRequests: requests}
	}
	window := func(reason archive.Reason) archive.PlannedWindow { return archive.PlannedWindow{Reason: reason} }
	return &archive.PlanReport{
		APIRequests: 1209, PassedOver: 3,
		Windows: []archive.PlannedWindow{window(archive.ReasonNew), window(archive.ReasonHole), window(archive.ReasonOwing), window(archive.ReasonHole)},
		Stretches: []archive.PlannedStretch{
			stretch("1400000001", "22T05:00", "22T06:00", archive.ReasonNew, 1, 40, 1),
			stretch("1400000001", "21T23:00", "22T01:00", archive.ReasonHole, 2, 120_307, 1204),
			stretch("1400000002", "21T23:00", "22T00:00", archive.ReasonOwing, 1, 7, 1),
		},
	}
}

// lines holds got against want line by line.
func lines(t *testing.T, want, got string) {
	t.Helper()
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDescribePlan_NotAsked(t *testing.T) {
	plan := somePlan()
	for i := range plan.Stretches {
		plan.Stretches[i].Calls = nil
	}
	lines(t, `from              to                app         reason  windows  API requests
───────────────────────────────────────────────────────────────────────────────
2026-11-22 05:00  2026-11-22 06:00  1400000001  new           1             1
2026-11-21 23:00  2026-11-22 01:00  1400000001  hole          2         1,204
2026-11-21 23:00  2026-11-22 00:00  1400000002  owing         1             1

due: 4 windows (1 new, 2 hole, 1 owing)
passed over: 3 windows that lack nothing
cost: at least 1,209 API requests
note: range widened
`, describePlan(&archive.Report{Plan: plan, Notes: []string{"range widened"}}))
}

// madeUp are prices.
var madeUp = archive.Prices{Currency: "CNY", Basis: "made up", TenThousandRequests: 0.01, GBMonth: 0.118, MediaGBMonth: 0.08,
	TenThousandInvocations: 0.0133, GBSecond: 0.0001}

func TestDescribePlan_WithCost(t *testing.T) {
	plan := somePlan()
	about := func(least, most int64) archive.Range { return archive.Range{Least: least, Most: most} }
	files, media := about(170_000, 210_000), about(31_000_000_000, 40_000_000_000)
	rows, books := about(9_000_000, 9_000_000), about(60_000_000, 75_000_000)
	plan.Cost = &archive.Cost{
		Calls: 120_354, Files: &files, MediaBytes: &media, RowBytes: &rows, BookBytes: &books,
		APIRequests: about(1209, 1209), Rate: 18, APISeconds: about(68, 68),
		StoreRequests: archive.StoreRequests{Put: about(170_014, 210_018), Get: about(2, 2), Head: about(1, 5), List: about(4, 8)},
		Fleets: []archive.Fleet{{Instances: 8, Seconds: about(184, 238), GBSeconds: about(736, 952), Invocations: about(9, 9),
			APIRequests: about(1213, 1213), StoreRequests: archive.StoreRequests{Put: about(170_030, 210_034), Get: about(17, 26)},
			Price: archive.PriceRange{Least: 0.0818, Most: 0.1058}}},
		Price: &archive.Price{Prices: madeUp, Requests: archive.PriceRange{Least: 0.17, Most: 0.21},
			StorageMonth: &archive.PriceRange{Least: 3.4, Most: 4.39}},
		Assumed: "an instance is an instance",
		Sample:  archive.SampleReport{Moments: 8, Calls: 390, Files: 610, Sized: 30, Unsized: 2},
	}
	lines(t, `from              to                app         reason  windows    calls  API requests
────────────────────────────────────────────────────────────────────────────────────────
2026-11-22 05:00  2026-11-22 06:00  1400000001  new           1       40             1
2026-11-21 23:00  2026-11-22 01:00  1400000001  hole          2  120,307         1,204
2026-11-21 23:00  2026-11-22 00:00  1400000002  owing         1        7             1

due: 4 windows (1 new, 2 hole, 1 owing)
passed over: 3 windows that lack nothing

cost                          at least  at most
─────────────────────────────────────────────────
calls                          120,354
files to copy                  170,000  210,000
media                            31 GB    40 GB
rows, packed                    9.0 MB
index, manifests                 60 MB    75 MB
  storage added, CNY a month      3.40     4.39
API requests                     1,209
  at 18 a second                  1m8s
bucket: PUT                    170,014  210,018
bucket: GET, HEAD                    3        7
bucket: LIST                         4        8
  bucket requests, CNY            0.17     0.21
function: 8 instances             3m4s    3m58s
  invocations of 900 s               9
  API requests                   1,213
  bucket requests              170,047  210,060
  GB-seconds                       736      952
  function, CNY                   0.08     0.11

files and bytes are estimated from 390 calls at 8 moments with 610 files; the length of 32 was asked, and 2 not told
bounds are meant to hold in nine cases of ten; a single figure has none
the function takes as long as the slowest: API requests, files, bytes of media, or windows
assumed: an instance is an instance
prices: made up; yours: --prices FILE
  bucket: CNY 0.01 for 10,000 requests, 0.118 for a GB and month, 0.08 for one of media
  function: 0.0133 for 10,000 invocations, 0.0001 for a GB-second
`, describePlan(&archive.Report{Plan: plan}))
}

// Where nothing was left out, nothing is said to be an estimate from some moments.
func TestDescribeCost_AllListed(t *testing.T) {
	got := describeCost(&archive.Cost{Calls: 1300, Price: &archive.Price{Prices: madeUp}, Sample: archive.SampleReport{Moments: 40, Calls: 1300, Files: 12, Sized: 12}})
	if want := "\nall 1,300 calls were listed, with 12 files; the length of 12 was asked\n"; !strings.Contains(got, want) || strings.Contains(got, "moment") {
		t.Errorf("no %q in\n%s", want, got)
	}
}

func TestDescribeCost_Unknown(t *testing.T) {
	got := describeCost(&archive.Cost{Calls: 3, Price: &archive.Price{Prices: madeUp}})
	for _, want := range []string{"files to copy           no estimate", "media                   no estimate", "index, manifests        no estimate", "no call was listed at the moments"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestDescribePlan_NothingDue(t *testing.T) {
	want := "no window is due\ncost: at least 1 API request\n"
	if got := describePlan(&archive.Report{Plan: &archive.PlanReport{APIRequests: 1, Cost: &archive.Cost{}}}); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	want = "no window is due\npassed over: 24 windows that lack nothing\n"
	if got := describePlan(&archive.Report{Plan: &archive.PlanReport{PassedOver: 24}}); got != want {
		t.Errorf("a finished range: got %q, want %q", got, want)
	}
}

func TestBasis_OfCallsThatNameNoFile(t *testing.T) {
	const want = "files and bytes are estimated from 2 calls at 1 moment, which name no file\n"
	if got := basis(&archive.Cost{Sample: archive.SampleReport{Calls: 2, Moments: 1}, Files: &archive.Range{}, MediaBytes: &archive.Range{}, Price: &archive.Price{}}); !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q first", got, want)
	}
}
