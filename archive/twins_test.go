package archive_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// as runs q in a new process, under a request id and in so much time.
func (w *world) as(id string, limit time.Duration, q archive.Request) *archive.Report {
	w.Helper()
	return w.in(w.archiver(), id, limit, q)
}

func (w *world) in(a *archive.Archiver, id string, limit time.Duration, q archive.Request) *archive.Report {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), limit)
	defer cancel()
	q.ID = id
	report, err := a.Run(ctx, q)
	if err != nil {
		w.Error(err)
	}
	return report
}

// hour asks for one hour of the stretch.
func hour(i int) archive.Request {
	q := whole()
	q.From = midnight.Add(time.Duration(i) * time.Hour)
	q.To = q.From.Add(time.Hour)
	return q
}

// atCommit runs f once, right before the nth manifest is written: with one window at a time, nothing else is under way then.
func (w *world) atCommit(nth int, f func()) {
	n := 0
	w.store.Before = func(op archivetest.Op, key string) {
		if op != archivetest.Put || !strings.Contains(key, "/manifests/") {
			return
		}
		if n++; n == nth {
			w.store.Before = nil
			f()
		}
	}
}

// forget takes the manifests of hours of the stretch away.
func (w *world) forget(hours ...int) {
	for _, hour := range hours {
		for _, app := range w.options.Apps {
			w.store.Delete(fmt.Sprintf("lake/manifests/sdk_app_id=%s/dt=2026-11-20/0%d00.json", app, hour))
		}
	}
}

// A run finds an hour archived that it has not come to yet, and then its time is up. It hands on what it leaves, unless whoever
// archived that hour came of the same event and ranks before it.
func TestTwins_OneGoesOn(t *testing.T) {
	const two, five = 850 * time.Millisecond, 1500 * time.Millisecond // time for so many windows
	for name, c := range map[string]struct {
		limit time.Duration
		order archive.Order
		other string // request id; the run's own is m
		q     archive.Request
		later time.Duration // the other's now
		on    bool          // the run hands on
	}{
		"a smaller id":                      {five, "", "a", hour(1), 0, false},
		"a larger id":                       {five, "", "z", hour(1), 0, true},
		"the same id and a later window":    {five, "", "m", hour(1), 0, true},
		"the same id and an earlier window": {two, archive.OrderNewest, "m", hour(4), 0, false},
		"a timer's run":                     {five, "", "a", archive.Request{}, 0, true},
		"another event":                     {five, "", "a", hour(1), time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := stretch(t)
				w.options.Windows, w.options.Start = 1, midnight
				w.slowly(200 * time.Millisecond)
				slow, q := w.source.OnRequest, whole()
				q.Now, q.Order = w.now, c.order
				w.atCommit(2, func() {
					w.source.OnRequest = nil
					c.q.Now = w.now.Add(c.later)
					w.as(c.other, time.Hour, c.q)
					if c.q.From.IsZero() {
						w.forget(3, 4, 5)
					}
					w.source.OnRequest, w.now = slow, w.now.Add(time.Minute)
				})
				report := w.as("m", c.limit, q)
				if on := len(report.Next) == 1; on != c.on || report.Rest == 0 {
					t.Errorf("handed on %v, rest %d, notes %q", report.Next, report.Rest, report.Notes)
				}
				if told := strings.Contains(strings.Join(report.Notes, "\n"), "another run of the same event"); told == c.on {
					t.Errorf("notes %q", report.Notes)
				}
			})
		})
	}
}

// Every event is delivered twice, at the same moment, so that both runs are at the same windows, and the loser of each learns who
// won it. There is always one that goes on. Some do not see each other in the two or three windows that they have time for, so
// that there are a few chains, eight at the very most, but they do not double from one generation to the next.
func TestTwins_StayFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stretch(t)
		w.options.Windows = 1
		w.slowly(300 * time.Millisecond)
		q := whole()
		q.Now = w.now
		events := []archive.Request{q}
		for generation := 0; len(events) > 0; generation++ {
			if len(events) > 8 || generation > 30 {
				t.Fatalf("generation %d has %d events", generation, len(events))
			}
			reports := make(chan *archive.Report, 2*len(events))
			processes := []*archive.Archiver{}
			for range 2 * len(events) {
				processes = append(processes, w.archiver())
			}
			for i, q := range events {
				for _, a := range processes[2*i : 2*i+2] {
					go func() { reports <- w.in(a, fmt.Sprintf("run-%d-%d", generation, i), time.Second, q) }()
				}
			}
			var next []archive.Request
			complete := false
			for range 2 * len(events) {
				r := <-reports
				next, complete = append(next, r.Next...), complete || r.Complete
			}
			if len(next) == 0 && !complete {
				t.Fatalf("generation %d: nobody goes on", generation)
			}
			events = next
		}
		w.same()
	})
}
