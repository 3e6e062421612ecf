package archive_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// day is the range of the 21st, all of which has ended and may still change.
func day(mode archive.Mode) archive.Request {
	return archive.Request{Mode: mode, From: at("00:00:00").AddDate(0, 0, -1), To: at("00:00:00")}
}

// busyDay has n calls on the 21st, one after the other from 08:00 on, in as many windows as they take; every third one names as
// many files.
func (w *world) busyDay(n, files int, apart time.Duration) {
	for i := range n {
		c := archivetest.Call{ID: fmt.Sprint("day-", i), Time: at("08:00:10").AddDate(0, 0, -1).Add(time.Duration(i) * apart), Talk: 1}
		if i%3 == 0 && files > 0 {
			c.Files = map[string]*archivetest.Media{}
			for k := range files {
				c.Files[fmt.Sprintf("participant-%d.mp3", k)] = &archivetest.Media{Body: song(40+i%50+k, byte(i)), Type: "audio/mpeg"}
			}
		}
		w.source.Add(app, c)
	}
}

// planned runs a plan, which must write nothing and download nothing to its end.
func (w *world) planned(q archive.Request) *archive.PlanReport {
	w.Helper()
	q.Mode = archive.ModePlan
	before := len(w.store.Keys())
	report := w.run(q)
	if n := len(w.store.Keys()); n != before || w.puts() != 0 {
		w.Errorf("a plan wrote: %d objects, had %d", n, before)
	}
	return report.Plan
}

// within checks that a figure lies within its bounds.
func within(t *testing.T, what string, got int64, r archive.Range) {
	t.Helper()
	if got < r.Least || got > r.Most {
		t.Errorf("%s: %d, planned %d to %d", what, got, r.Least, r.Most)
	}
}

// The plan of a day is held against its backfill, request by request. Without calls all of it is exact.
func TestPlan_AgainstTheBackfill(t *testing.T) {
	for _, test := range []struct {
		name         string
		calls, files int
		apart        time.Duration
		exact        bool
	}{
		{"no calls", 0, 0, 0, true},
		{"one window", 90, 0, time.Second, false},
		{"one window of many pages", 950, 0, time.Second, false},
		{"many windows", 300, 0, 2 * time.Minute, false},
		{"files in one window", 300, 3, time.Second, false},
		{"files in many windows", 600, 2, time.Minute, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.options.APIRate = 18
			w.busyDay(test.calls, test.files, test.apart)
			plan := w.planned(day(""))
			spent := w.costs(func() { w.run(day(archive.ModeBackfill)) })
			cost := plan.Cost
			if cost.Calls != test.calls || len(plan.Windows) != 24 || len(plan.Stretches) != 1 || *plan.Stretches[0].Calls != test.calls {
				t.Errorf("%d calls in %d windows", cost.Calls, len(plan.Windows))
			}
			switch bounds := cost.MediaBytes; {
			case bounds == nil && (test.files > 0 || cost.Files.Most == 0):
				t.Fatal("no estimate of media")
			case bounds == nil: // no call that was looked at has a file; how long one of another call is, nobody knows
			case bounds.Most > 2*bounds.Least:
				t.Errorf("media between %d and %d bytes: that tells nothing", bounds.Least, bounds.Most)
			default:
				within(t, "media", w.weigh("lake/media/"), *bounds)
			}
			if test.exact && (cost.APIRequests.Least != cost.APIRequests.Most || cost.StoreRequests.Put.Least != cost.StoreRequests.Put.Most) {
				t.Errorf("not exact: %+v", cost)
			}
			within(t, "API requests", int64(spent.Pages+spent.Counts+spent.Sessions), cost.APIRequests)
			within(t, "files", int64(spent.Downloads), *cost.Files)
			within(t, "PUT", int64(spent.Puts), cost.StoreRequests.Put)
			within(t, "GET", int64(spent.Gets), cost.StoreRequests.Get)
			within(t, "HEAD", int64(spent.Stats), cost.StoreRequests.Head)
			within(t, "LIST", int64(spent.Lists), cost.StoreRequests.List)
			within(t, "rows", w.weigh("lake/cdr/"), *cost.RowBytes)
			within(t, "books", w.weigh("lake/media_index/")+w.weigh("lake/manifests/")+w.weigh("lake/ledger/"), *cost.BookBytes)
		})
	}
}

// weigh is the bytes of all objects below a prefix.
func (w *world) weigh(prefix string) (n int64) {
	for key, o := range w.store.Objects() {
		if len(key) > len(prefix) && key[:len(prefix)] == prefix {
			n += int64(len(o.Data))
		}
	}
	return n
}

// What the ledger tells is not counted again: the second plan of a range asks nothing, and what its windows ask of the bucket
// lies within its bounds, whether they have settled, owe a file or both.
func TestPlan_OfWindowsWithManifests(t *testing.T) {
	w := smallWorld(t)
	w.options.APIRate = 18
	w.file("call-2", "participant-0.mp3", func(m *archivetest.Media) { m.From = at("23:00:00") })
	w.run(archive.Request{From: at("04:00:00"), To: at("06:00:00")})
	for _, now := range []time.Time{at("07:05:00"), at("07:05:00").AddDate(0, 0, 1)} {
		w.now = now
		q := archive.Request{From: at("04:00:00"), To: at("06:00:00")}
		w.resetCounts()
		plan := w.planned(q)
		if asked := w.source.Requests(); len(asked) != 0 || w.downloads() != 0 {
			t.Errorf("asked %v and began %d downloads", asked, w.downloads())
		}
		if plan.PassedOver+len(plan.Windows) != 2 || *plan.Cost.Files != (archive.Range{Least: 1, Most: 1}) {
			t.Errorf("%d passed over, %d planned, files %v", plan.PassedOver, len(plan.Windows), *plan.Cost.Files)
		}
		q.Mode = archive.ModeBackfill
		cost, spent := plan.Cost, w.costs(func() { w.run(q) })
		within(t, "API requests", int64(spent.Pages), cost.APIRequests)
		within(t, "PUT", int64(spent.Puts), cost.StoreRequests.Put)
		within(t, "GET", int64(spent.Gets), cost.StoreRequests.Get)
		within(t, "HEAD", int64(spent.Stats), cost.StoreRequests.Head)
		within(t, "LIST", int64(spent.Lists), cost.StoreRequests.List)
	}
}

// The timer's run counts once more for the windows that it has just archived: the plan has that request too.
func TestPlan_OfWhatIsDue(t *testing.T) {
	w := smallWorld(t)
	plan := w.planned(archive.Request{})
	spent := w.costsOfTimer()
	if got, want := plan.APIRequests, spent.Pages+spent.Counts; got != want || plan.Cost.APIRequests != (archive.Range{Least: 2, Most: 2}) {
		t.Errorf("planned %d requests (%v), spent %d", got, plan.Cost.APIRequests, want)
	}
	within(t, "PUT", int64(spent.Puts), plan.Cost.StoreRequests.Put)
	within(t, "LIST", int64(spent.Lists), plan.Cost.StoreRequests.List)
	if len(plan.Cost.Fleets) != 1 {
		t.Errorf("fleets: %+v", plan.Cost.Fleets)
	}
}

// A day of windows costs one count, and a plan of half a year a count for each day and a few listings.
func TestPlan_AsksLittle(t *testing.T) {
	w := newWorld(t)
	w.source.Add(app, archivetest.Call{ID: "one", Time: at("03:00:00").AddDate(0, 0, -100)})
	w.planned(archive.Request{From: w.now.AddDate(0, 0, -179), To: w.now.Truncate(time.Hour)})
	if asked := w.source.Requests(); asked[archivetest.AskedCount] != 180 || asked[archivetest.AskedPage] != 1 {
		t.Errorf("asked %v", asked)
	}
}

func TestPlan_WithoutTheAPI(t *testing.T) {
	w := smallWorld(t)
	plan := w.planned(archive.Request{From: at("04:00:00"), To: at("06:00:00"), NoAPI: true})
	if asked := w.source.Requests(); len(asked) != 0 || plan.Cost != nil || plan.Stretches[0].Calls != nil || plan.APIRequests != 2 {
		t.Errorf("asked %v, plan %+v", asked, plan)
	}
}

// Links that are refused, and calls that hide from the sample, leave gaps in the plan, not an error.
func TestPlan_WithoutASample(t *testing.T) {
	w := smallWorld(t)
	for _, name := range []string{"recording.mp3", "asr.json"} {
		w.file("call-1", name, func(m *archivetest.Media) { m.Way = archivetest.Always(archivetest.Expired) })
	}
	for _, name := range []string{"participant-0.mp3", "participant-1.mp3"} {
		w.file("call-2", name, func(m *archivetest.Media) { m.Way = archivetest.Always(archivetest.UnknownLength) })
	}
	for _, name := range []string{"voicemail-0.mp3", "voicemail-asr-0.json"} {
		w.file("call-3", name, func(m *archivetest.Media) { m.Gone = true })
	}
	cost := w.planned(window()).Cost
	want := archive.SampleReport{Moments: 1, Calls: 3, Files: 6, Unsized: 6}
	if diff := cmp.Diff(want, cost.Sample); diff != "" || cost.MediaBytes != nil || *cost.Files != (archive.Range{Least: 6, Most: 6}) {
		t.Errorf("files %v, bytes %v, sample (-want +got):\n%s", cost.Files, cost.MediaBytes, diff)
	}
	w.source.OnRequest = func(_ context.Context, what archivetest.Asked, _ int) error {
		if what == archivetest.AskedPage {
			for _, id := range []string{"call-0", "call-1", "call-2", "call-3", "call-4"} {
				w.source.Withdraw(app, id)
			}
		}
		return nil
	}
	cost = w.planned(window()).Cost
	if cost.Files != nil || cost.MediaBytes != nil || cost.Calls != 3 || cost.Price.StorageMonth != nil {
		t.Errorf("planned %+v", cost)
	}
}

// talked has a call for each of some recordings: its talk, and how many bytes. Of those beyond the first told the source does not say
// how long they are.
func (w *world) talked(told int, files ...[2]int) {
	for i, f := range files {
		m := &archivetest.Media{Body: song(1+f[1]/417, byte(i))[:f[1]], Type: "audio/mpeg"}
		if i >= told {
			m.Way = archivetest.Always(archivetest.UnknownLength)
		}
		w.source.Add(app, archivetest.Call{ID: fmt.Sprint("talked-", i), Time: at("08:00:10").AddDate(0, 0, -1).Add(time.Duration(i) * time.Minute),
			Talk: f[0], Files: map[string]*archivetest.Media{"recording.mp3": m}})
	}
}

// A single length says nothing of how long other files are: that is no estimate, and least of all an exact one.
func TestPlan_OneLengthIsKnown(t *testing.T) {
	for name, bytes := range map[string]int{"of a file": 16_000, "of an empty one": 0} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			files := [][2]int{{10, bytes}}
			for i := range 7 {
				files = append(files, [2]int{20 * i, 64_000 * i})
			}
			w.talked(1, files...)
			cost := w.planned(day("")).Cost
			if want := (archive.SampleReport{Moments: 1, Calls: 8, Files: 8, Sized: 1, Unsized: 7}); cost.Sample != want || cost.MediaBytes != nil {
				t.Errorf("sample %+v, media %v", cost.Sample, cost.MediaBytes)
			}
		})
	}
}

// Lengths that grow fast with the talk do not make files of short calls less than nothing.
func TestPlan_SteepLengths(t *testing.T) {
	w := newWorld(t)
	var files [][2]int
	for i := range 6 {
		files = append(files, [2]int{100 + 10*i, 2_000 + 4_000*i})
	}
	for range 100 {
		files = append(files, [2]int{10, 1_000})
	}
	w.talked(6, files...)
	if r := w.planned(day("")).Cost.MediaBytes; r != nil && (r.Least < 72_000 || r.Most <= r.Least) {
		t.Errorf("media %v, and six of the files have 72,000 bytes", *r)
	}
}

// An API that refuses makes the plan fail; time that is up only takes the cost from it.
func TestPlan_APIRefuses(t *testing.T) {
	w := smallWorld(t)
	refusal := errors.New("refused")
	w.source.OnRequest = func(context.Context, archivetest.Asked, int) error { return refusal }
	if _, err := w.try(t.Context(), archive.Request{Mode: archive.ModePlan}); !errors.Is(err, refusal) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	w.source.OnRequest = func(ctx context.Context, _ archivetest.Asked, _ int) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}
	report, err := w.try(ctx, archive.Request{Mode: archive.ModePlan})
	if err != nil || report.Plan.Cost != nil || len(report.Plan.Windows) != 1 || len(report.Notes) != 1 {
		t.Errorf("error %v, report %+v", err, report)
	}
}

// A sample stands for all calls, though calls of the busy hours have no files and the few others have them all; and what it asks
// is bounded, however many calls there are.
func TestPlan_SampleIsFair(t *testing.T) {
	w := newWorld(t)
	noon := at("12:00:00").AddDate(0, 0, -1)
	for i := range 6000 {
		w.source.Add(app, archivetest.Call{ID: fmt.Sprint("busy-", i), Time: noon.Add(time.Duration(i) * time.Second)})
	}
	for i := range 1000 {
		w.source.Add(app, archivetest.Call{ID: fmt.Sprint("quiet-", i), Time: noon.Add(-time.Duration(i+1) * 30 * time.Second), Talk: 1,
			Files: map[string]*archivetest.Media{"recording.mp3": {Body: song(40+i%7, byte(i)), Type: "audio/mpeg"}}})
	}
	plan := w.planned(day(""))
	within(t, "files", 1000, *plan.Cost.Files)
	asked := w.source.Requests()
	if asked[archivetest.AskedCount] > 1+16*12 || asked[archivetest.AskedPage] > 16 || w.downloads() > 128 {
		t.Errorf("asked %v, began %d downloads", asked, w.downloads())
	}
}

// The moments are looked for side by side: with 16 of them, and halves of a day down to a minute, one after the other would take ten
// times as long. None of what leads to several of them is counted twice.
func TestPlan_DrawsSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for i := range 9000 {
			w.source.Add(app, archivetest.Call{ID: fmt.Sprint("call-", i), Time: at("00:00:00").AddDate(0, 0, -1).Add(time.Duration(i) * 9 * time.Second)})
		}
		w.source.OnRequest = func(_ context.Context, what archivetest.Asked, _ int) error {
			if what == archivetest.AskedCount {
				time.Sleep(time.Second)
			}
			return nil
		}
		began := time.Now()
		plan := w.planned(day(""))
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("the counts took %s", took)
		}
		// A day, its halves, their halves and those of these lead to all: beyond that each moment has counts of its own.
		if n, deep := w.source.Requests()[archivetest.AskedCount], 8; n > 1+15+16*(deep-4) {
			t.Errorf("asked %d counts for %d moments", n, plan.Cost.Sample.Moments)
		}
	})
}

// More instances share the API's limit: they shorten what files take, and nothing else.
func TestPlan_Fleet(t *testing.T) {
	w := newWorld(t)
	w.options.APIRate, w.options.Concurrency = 18, 1
	w.busyDay(300, 3, time.Second)
	q := day("")
	q.Shares = 100
	fleets := w.planned(q).Cost.Fleets
	if len(fleets) != 2 || fleets[0].Instances != 1 || fleets[1].Instances != 18 {
		t.Fatalf("fleets %+v", fleets)
	}
	if one, many := fleets[0], fleets[1]; one.Seconds.Least < 30 || many.Seconds.Least > 4 || one.Invocations.Most != 1 || many.Invocations.Most != 19 {
		t.Errorf("fleets %+v", fleets)
	}
	w.options.Concurrency = 1000
	for _, f := range w.planned(q).Cost.Fleets {
		if f.Seconds != (archive.Range{Least: 2, Most: 2}) || f.GBSeconds.Most != int64(f.Instances) {
			t.Errorf("the API's limit alone: %+v", f)
		}
	}
}

// Prices are those of STANDARD: for media of another class a month's storage has none, unless it is given.
func TestPlan_Prices(t *testing.T) {
	w := smallWorld(t)
	cost := w.planned(window()).Cost
	if cost.Price.StorageMonth != nil || cost.MediaClass != "STANDARD_IA" {
		t.Error("a price for STANDARD_IA, which is not known")
	}
	own := archive.ListPrices
	own.MediaGBMonth, own.TenThousandRequests, own.GBSecond = 1<<30, 10_000, 3
	cost.PriceBy(own)
	least := float64(cost.MediaBytes.Least)
	if p := cost.Price; p.StorageMonth == nil || p.StorageMonth.Least < least || p.StorageMonth.Least > least+1 || p.Basis != own.Basis {
		t.Errorf("price %+v of %v bytes", p, least)
	}
	if p, n := cost.Price.Requests, cost.StoreRequests.All(); p != (archive.PriceRange{Least: float64(n.Least), Most: float64(n.Most)}) {
		t.Errorf("%v requests at 1 each cost %v", n, p)
	}
	if f := cost.Fleets[0]; f.Price.Least < 3*float64(f.GBSeconds.Least) || f.Price.Least > 3*float64(f.GBSeconds.Least)+0.01 {
		t.Errorf("fleet %+v", f)
	}
	w.options.MediaClass = "STANDARD"
	if p := w.planned(window()).Cost.Price; p.StorageMonth == nil || p.Currency != "CNY" || p.Basis == "" {
		t.Errorf("price %+v", p)
	}
	deployed, err := os.ReadFile("../serverless.yml")
	if want := fmt.Sprintf("memorySize: %d ", int(1024*archive.FunctionMemory)); err != nil || !strings.Contains(string(deployed), want) {
		t.Errorf("serverless.yml has no %q: plans reckon with it (%v)", want, err)
	}
}
