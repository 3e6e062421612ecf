package archive_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// tryShare runs share k of n, whatever comes of it.
func (w *world) tryShare(k, n int) *archive.Report {
	w.Helper()
	report, err := w.try(w.Context(), share(k, n))
	if err != nil {
		w.Errorf("share %d/%d: %v", k, n, err)
	}
	return report
}

// shares is into how many the stretch is cut.
const shares = 3

// orders are the ways in which three shares may follow each other, some of them twice.
var orders = [][]int{{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1},
	{1, 1, 2, 2, 3, 3}, {3, 2, 1, 1, 2, 3}, {2, 3, 2, 1, 2}}

// Whatever the order, and however often each share runs: the lake of one slow run.
func TestFanout_AnyOrder(t *testing.T) {
	for _, order := range orders {
		w := stretch(t)
		for _, k := range order {
			w.tryShare(k, shares)
		}
		w.same()
	}
}

// What a coordinator hands on is all there is to do, and no run of a share leaves anything of it.
func TestFanout_SharesOfTheCoordinator(t *testing.T) {
	w := stretch(t)
	q := whole()
	q.Shares = shares
	report := w.run(q)
	if report.Complete || len(report.Next) != shares {
		t.Fatalf("complete %v, next %v", report.Complete, report.Next)
	}
	for _, q := range report.Next {
		if report := w.run(q); !report.Complete {
			t.Errorf("share %s is not complete: %+v", q.Share, report)
		}
	}
	w.same()
	if report := w.run(q); !report.Complete || len(report.Next) > 0 {
		t.Errorf("nothing is left, but complete %v, next %v", report.Complete, report.Next)
	}
}

// A share that was lost leaves its windows and nothing else; asked for again, they are all that is done.
func TestFanout_LostShare(t *testing.T) {
	for lost := 1; lost <= shares; lost++ {
		w := stretch(t)
		for k := 1; k <= shares; k++ {
			if k != lost {
				w.tryShare(k, shares)
			}
		}
		w.resetCounts()
		report := w.run(whole())
		for _, window := range report.Windows {
			start, _ := time.Parse(time.RFC3339, window.Window)
			n := map[string]int{app: 0, twin: 1}[window.App]
			if !(archive.Share{Number: lost, Of: shares}).Has(hours.At(start), n) {
				t.Errorf("share %d was lost, and window %s of %s is done again", lost, window.Window, window.App)
			}
		}
		w.same()
	}
}

// A share reads the manifests of its own windows, and of those whose files it helps to copy; the others' are none of its affair.
func TestFanout_ReadsItsOwnManifests(t *testing.T) {
	w := stretch(t)
	w.run(whole())
	w.store.Delete("lake/ledger/sdk_app_id=" + app + ".json")
	w.store.Delete("lake/ledger/sdk_app_id=" + twin + ".json")
	q := share(owner(shares)%shares+1, shares)
	if got := w.costs(func() { w.run(q) }); got.Gets != 2+2*stretchHours/shares+1 {
		t.Errorf("%d readings, want the ledgers, the share's windows, and one that is heavy", got.Gets)
	}
}

// Another cut is another cut: shares of three and of two, one after the other, disturb each other as little.
func TestFanout_CutAnew(t *testing.T) {
	w := stretch(t)
	w.tryShare(1, 3)
	w.tryShare(2, 2)
	w.tryShare(3, 3)
	w.tryShare(1, 2)
	w.same()
}

// Each share is killed before each of its requests to the bucket; the others go their way, and somebody asks again.
func TestFanout_Killed(t *testing.T) {
	for k := 1; k <= shares; k++ {
		for step := 1; ; step++ {
			w, killed := stretch(t), false
			w.killed(step, &killed, share(k, shares))
			if !killed {
				break
			}
			for other := 1; other <= shares; other++ {
				if other != k {
					w.tryShare(other, shares)
				}
			}
			w.tryShare(k, shares)
			w.same()
			if t.Failed() {
				t.Fatalf("with share %d killed at request %d", k, step)
			}
		}
	}
}

// The killed share is not started again, and neither is the slice that it was at: the next timer finds the holes.
func TestFanout_KilledThenTimer(t *testing.T) {
	for step := 1; ; step += 3 {
		w, killed := stretch(t), false
		w.options.Start = midnight
		w.killed(step, &killed, share(2, shares))
		if !killed {
			break
		}
		w.tryShare(1, shares)
		w.tryShare(3, shares)
		w.timer()
		w.walker.Whole(t)
		if missing := w.run(whole()).Windows; len(missing) > 0 || t.Failed() {
			t.Fatalf("killed at request %d, after the timer's run: left %v", step, missing)
		}
	}
}

// author tells for each object which of the processes wrote it, and when one writes what another wrote.
type author struct {
	mu sync.Mutex
	of map[string]string
}

func (a *author) wrote(who, key string) (before string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	before = a.of[key]
	a.of[key] = who
	return before
}

// sideBySide runs requests at once, each in a process of its own, and tells who wrote what.
func (w *world) sideBySide(requests map[string]archive.Request, twice func(who, before, key string)) {
	w.Helper()
	a := &author{of: map[string]string{}}
	var all sync.WaitGroup
	for who, q := range requests {
		o := w.options
		o.Clock = func() time.Time { return w.now }
		q.ID, q.Now = who, w.now
		process := archive.New(w.source, w.source, stepped{w.store, func(op archivetest.Op, key string) {
			if op != archivetest.Put {
				return
			}
			if before := a.wrote(who, key); before != "" && before != who {
				twice(who, before, key)
			}
		}}, o)
		all.Go(func() {
			if _, err := process.Run(w.Context(), q); err != nil {
				w.Errorf("%s: %v", who, err)
			}
		})
	}
	all.Wait()
}

// Two shares at once never touch the same window. Together they touch the files of the heavy one, and the kept ledger.
func TestFanout_SideBySide(t *testing.T) {
	w := stretch(t)
	requests := map[string]archive.Request{}
	for k := 1; k <= shares; k++ {
		requests[fmt.Sprint("share-", k)] = share(k, shares)
	}
	heavy := fmt.Sprintf("/hour=%02d/", heavyHour)
	w.sideBySide(requests, func(who, before, key string) {
		if shared := strings.Contains(key, "/media/") && strings.Contains(key, heavy) || strings.Contains(key, "/ledger/"); !shared {
			t.Errorf("%s and %s both write %s", before, who, key)
		}
	})
	w.same()
}

// Each share twice, at once, with the timer's run in their midst.
func TestFanout_DoubledSideBySide(t *testing.T) {
	for range 5 {
		w := stretch(t)
		w.options.Start = midnight
		requests := map[string]archive.Request{"timer": {}}
		for k := 1; k <= shares; k++ {
			requests[fmt.Sprint("share-", k)] = share(k, shares)
			requests[fmt.Sprint("double-", k)] = share(k, shares)
		}
		w.sideBySide(requests, func(string, string, string) {})
		w.walker.Whole(t)
		if left := w.run(whole()).Windows; len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	}
}
