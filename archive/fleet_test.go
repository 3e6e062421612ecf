package archive_test

import (
	"slices"
	"testing"
	"time"

	"cdrvault/archive"
)

// foretold is the plan of a day in so many shares, where windows with more than heavy calls are cut into slices.
func (w *world) foretold(shares, heavy int) *archive.Cost {
	w.Helper()
	a, q := w.archiver(), day(archive.ModePlan)
	a.SetHeavy(heavy)
	q.Shares, q.Now = shares, w.now
	report, err := a.Run(w.Context(), q)
	if err != nil {
		w.Fatal(err)
	}
	return report.Plan.Cost
}

// The plan of a fan-out is held against one, request by request: the run that cuts, and those of the shares, of which the one that
// owns the busiest window comes last.
func TestPlan_OfAFanOut(t *testing.T) {
	const shares = 4
	busiest := hours.At(at("08:00:00").AddDate(0, 0, -1))
	for _, test := range []struct {
		name         string
		calls, files int
		apart        time.Duration
		heavy        int
	}{
		{"a quiet day", 40, 2, 20 * time.Minute, 100},
		{"without calls", 0, 0, 0, 100},
		{"a window cut into slices", 600, 2, 5 * time.Second, 250},
		{"windows of less calls than it takes", 600, 2, time.Minute, 250},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.options.APIRate = 18
			w.busyDay(test.calls, test.files, test.apart)
			fleets := w.foretold(shares, test.heavy).Fleets
			if len(fleets) != 2 || fleets[1].Instances != shares {
				t.Fatalf("fleets %+v", fleets)
			}
			q := day("")
			q.Shares = shares
			spent := w.costs(func() {
				next := w.shares(q, test.heavy).Next
				slices.SortStableFunc(next, func(a, b archive.Request) int { return last(a, busiest) - last(b, busiest) })
				for _, q := range next {
					if _, err := w.try(t.Context(), q); err != nil {
						t.Fatal(err)
					}
				}
			})
			w.walker.Whole(w)
			f := fleets[1]
			within(t, "API requests", int64(spent.Pages+spent.Counts+spent.Sessions), f.APIRequests)
			within(t, "PUT", int64(spent.Puts), f.StoreRequests.Put)
			within(t, "GET", int64(spent.Gets), f.StoreRequests.Get)
			within(t, "HEAD", int64(spent.Stats), f.StoreRequests.Head)
			within(t, "LIST", int64(spent.Lists), f.StoreRequests.List)
			if one := fleets[0]; f.APIRequests.Least <= one.APIRequests.Least || f.StoreRequests.List.Least <= one.StoreRequests.List.Least {
				t.Errorf("several instances ask no more than one: %+v", fleets)
			}
			if got, want := f.Invocations, (archive.Range{Least: 1 + shares, Most: 1 + shares}); got != want {
				t.Errorf("invocations %v, want %v", got, want)
			}
		})
	}
}

// last is 1 for the share that owns the window.
func last(q archive.Request, w archive.Window) int {
	if q.Share.Has(w, 0) {
		return 1
	}
	return 0
}

// A window alone cannot be worked off by several instances.
func TestPlan_NothingToCut(t *testing.T) {
	w := smallWorld(t)
	q := window()
	q.Shares = 8
	if fleets := w.planned(q).Cost.Fleets; len(fleets) != 1 {
		t.Errorf("fleets %+v", fleets)
	}
}
