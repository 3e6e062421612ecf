package archive_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

// standings by the words of the plan tests.
var (
	quiet  = archive.Standing{State: archive.Open, Agreed: true}
	final  = archive.Standing{State: archive.Final, Agreed: true}
	owing  = archive.Standing{State: archive.Open, Agreed: true, Owed: 1}
	making = archive.Standing{State: archive.Open, Agreed: true, Processing: 1}
	doubt  = archive.Standing{State: archive.Open}
	broken = archive.Standing{State: archive.Open, Agreed: true, Broken: "cut"}
)

// ledger has the given standings in consecutive windows that end with the one that starts at last.
func ledger(last time.Time, standings ...archive.Standing) archive.Ledger {
	l := archive.Ledger{}
	for i, s := range standings {
		l[last.Add(-time.Duration(len(standings)-1-i)*time.Hour).Unix()] = s
	}
	return l
}

// short gives tasks as "reason day-hour:minute", an asterisk for a settled window.
func short(tasks []archive.Task) string {
	var words []string
	for _, t := range tasks {
		mark := ""
		if t.Settled {
			mark = "*"
		}
		words = append(words, fmt.Sprintf("%s %s%s", t.Reason, t.Window.Start.In(east).Format("02-15:04"), mark))
	}
	return strings.Join(words, ", ")
}

func TestPlan(t *testing.T) {
	day := 24 * time.Hour
	tests := []struct {
		name   string
		now    time.Time
		settle time.Duration
		start  time.Time
		ledger archive.Ledger
		want   string
	}{
		{"first run", at("06:05:00"), day, time.Time{}, nil, "new 22-05:00"},
		{"first run right at the edge", at("06:00:00"), day, time.Time{}, nil, "new 22-05:00"},
		{"first run just before the edge", at("05:59:59"), day, time.Time{}, nil, "new 22-04:00"},
		{"midnight", at("00:05:00"), day, time.Time{}, nil, "new 21-23:00"},
		{"the same event again", at("06:05:00"), day, time.Time{}, ledger(five, quiet), ""},
		{"an hour later", at("07:05:00"), day, time.Time{}, ledger(five, quiet), "new 22-06:00"},
		{"newest first, then holes, oldest first", at("09:05:00"), day, time.Time{}, ledger(five, quiet), "new 22-08:00, hole 22-06:00, hole 22-07:00"},
		{"a hole in the middle", at("06:05:00"), day, time.Time{}, archive.Ledger{at("03:00:00").Unix(): quiet, five.Unix(): quiet}, "hole 22-04:00"},
		{"ARCHIVE_START", at("06:05:00"), day, at("03:20:00"), ledger(five, quiet), "hole 22-03:00, hole 22-04:00"},
		{"ARCHIVE_START in the future", at("06:05:00"), day, at("09:00:00"), nil, "new 22-05:00"},
		{"what is owed, being made or not proved", at("06:05:00"), day, time.Time{}, ledger(five, owing, making, doubt, quiet), "owing 22-02:00, owing 22-03:00, owing 22-04:00"},
		{"a manifest that cannot be trusted", at("06:05:00"), day, time.Time{}, ledger(five, broken, quiet), "broken 22-04:00"},
		{"settled an hour after", at("06:05:00"), time.Hour, time.Time{}, ledger(five, quiet, quiet), "settled 22-04:00*"},
		{"settled right at the edge", at("07:00:00"), time.Hour, time.Time{}, ledger(five, quiet), "new 22-06:00, settled 22-05:00*"},
		{"not settled just before the edge", at("06:59:59"), time.Hour, time.Time{}, ledger(five, quiet), ""},
		{"settled at once", at("06:05:00"), 0, time.Time{}, ledger(five, quiet), "settled 22-05:00*"},
		{"final windows rest", at("06:05:00"), time.Hour, time.Time{}, ledger(five, final, final, quiet), ""},
		{"final windows with odd books rest", at("06:05:00"), time.Hour, time.Time{}, ledger(five, final, quiet), ""},
		{"owing, before the beginning", at("06:05:00"), day, at("05:00:00"), ledger(five, owing, quiet, quiet), "owing 22-03:00"},
		{"hole before the beginning", at("06:05:00"), day, at("05:00:00"), ledger(five.Add(-3*time.Hour), quiet), "new 22-05:00"},
		{"settled and owing", at("06:05:00"), time.Hour, time.Time{}, ledger(five, owing, quiet), "settled 22-04:00*"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := short(archive.ListTasks(hours, test.settle, test.start, test.now, test.ledger))
			if got != test.want {
				t.Errorf("plan:\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

// Two hundred days without the function: what the API still lists is taken, the newest window first, then the oldest.
func TestPlan_LongGap(t *testing.T) {
	now := at("06:05:00")
	tasks := archive.ListTasks(hours, 24*time.Hour, now.AddDate(0, 0, -200), now, nil)
	if first := short(tasks[:1]); first != "new 22-05:00" {
		t.Errorf("first: %s", first)
	}
	edge := now.Add(-180 * 24 * time.Hour)
	oldest := now
	for _, task := range tasks {
		if task.Window.Start.Before(oldest) {
			oldest = task.Window.Start
		}
	}
	if early := oldest.Add(-time.Second); early.Before(edge) || oldest.Sub(edge) > 3*time.Hour {
		t.Errorf("oldest window starts at %s, the API's edge is %s", oldest, edge)
	}
	if n := len(tasks); n < 180*24-3 || n > 180*24 {
		t.Errorf("%d windows, want about %d", n, 180*24)
	}
}

// Recordings go after three months, calls after 180 days: whichever goes first is first in the plan.
func TestPlan_WhatIsForgottenFirst(t *testing.T) {
	now := at("06:05:00")
	tasks := archive.ListTasks(hours, 24*time.Hour, now.AddDate(0, 0, -170), now, nil)
	forgotten := func(w archive.Window) time.Time {
		if recordings := w.Start.AddDate(0, 3, 0); now.Before(recordings) {
			return recordings
		}
		return w.Start.Add(180 * 24 * time.Hour)
	}
	for i := 2; i < len(tasks); i++ {
		if forgotten(tasks[i].Window).Before(forgotten(tasks[i-1].Window)) {
			t.Fatalf("%s comes after %s", short(tasks[i:i+1]), short(tasks[i-1:i]))
		}
	}
}

func TestPlan_ShortWindows(t *testing.T) {
	grid := archive.Grid{Zone: east, Length: 5 * time.Minute}
	got := short(archive.ListTasks(grid, 24*time.Hour, at("05:50:00"), at("06:01:00"), nil))
	if want := "new 22-05:55, hole 22-05:50"; got != want {
		t.Errorf("plan %s, want %s", got, want)
	}
}

// One count covers every run of neighbours that is young and not final.
func TestPlan_Watched(t *testing.T) {
	l := ledger(five, quiet, final, quiet, owing, broken, quiet)
	delete(l, at("03:00:00").Unix())
	var got []string
	for _, span := range archive.ListWatched(hours, 24*time.Hour, at("06:05:00"), l) {
		got = append(got, span[0].Start.In(east).Format("15:04")+"-"+span[len(span)-1].End.In(east).Format("15:04"))
	}
	if diff := cmp.Diff([]string{"00:00-01:00", "02:00-03:00", "05:00-06:00"}, got); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}

func TestSpan(t *testing.T) {
	now := at("06:05:00")
	tests := []struct {
		name     string
		from, to time.Time
		want     string // empty: refused
		notes    int
	}{
		{"on the edges", at("03:00:00"), at("05:00:00"), "22-03:00 22-05:00", 0},
		{"in another zone", at("03:00:00").UTC(), at("05:00:00").UTC(), "22-03:00 22-05:00", 0},
		{"widened", at("03:10:00"), at("04:00:01"), "22-03:00 22-05:00", 1},
		{"one second", at("03:00:00"), at("03:00:01"), "22-03:00 22-04:00", 1},
		{"beyond now", at("05:00:00"), at("09:00:00"), "22-05:00 22-06:00", 1},
		{"the API's edge", now.Add(-180 * 24 * time.Hour), now.Add(-179 * 24 * time.Hour), "26-08:00 27-07:00", 2},
		{"before the API's edge", now.Add(-180*24*time.Hour - time.Second), at("05:00:00"), "", 0},
		{"backwards", at("05:00:00"), at("04:00:00"), "", 0},
		{"empty", at("05:00:00"), at("05:00:00"), "", 0},
		{"future", at("07:00:00"), at("08:00:00"), "", 0},
		{"the running window", at("06:00:00"), at("07:00:00"), "", 0},
		{"only from", at("05:00:00"), time.Time{}, "", 0},
		{"only to", time.Time{}, at("05:00:00"), "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			span, notes, err := archive.Span(hours, now, test.from, test.to)
			got := span.Start.In(east).Format("02-15:04") + " " + span.End.In(east).Format("02-15:04")
			switch {
			case test.want == "" && !isRequestError(err):
				t.Errorf("span %s, error %v, want a RequestError", got, err)
			case test.want != "" && (err != nil || got != test.want || len(notes) != test.notes):
				t.Errorf("span %s, notes %q, error %v; want %s", got, notes, err, test.want)
			}
		})
	}
}
