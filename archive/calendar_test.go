package archive_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// A day whose hours stand differently: settled, owing, empty, not archived, not over.
func TestStatus(t *testing.T) {
	w := smallWorld(t)
	w.options.Start = at("02:00:00")
	w.options.Settle = 0
	w.source.Add(app, archivetest.Call{ID: "early", Time: at("03:30:00")})
	w.file("call-1", "recording.mp3", func(m *archivetest.Media) { m.Way = archivetest.Always(archivetest.Unreachable) })
	w.options.Settle = 2 * 60 * 60 * 1e9
	w.run(archive.Request{From: at("03:00:00"), To: at("04:00:00")})
	w.source.Withdraw(app, "call-0")
	w.run(archive.Request{From: at("04:00:00"), To: at("06:00:00")})
	w.resetCounts()
	calendars, err := w.archiver().Status(t.Context(), archive.Request{Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	if len(calendars) != 1 || len(calendars[0].Days) != 1 {
		t.Fatalf("calendars: %+v", calendars)
	}
	var want [24]archive.HourState
	want[2], want[3], want[4], want[5] = archive.HourHole, archive.HourFinal, archive.HourOpen, archive.HourOwing
	got := calendars[0]
	if diff := cmp.Diff(want, got.Days[0].Hours); diff != "" {
		t.Errorf("hours (-want +got):\n%s", diff)
	}
	if got.Calls != 4 || got.Owed != 1 || got.Files != 5 || got.GoneBy == nil {
		t.Errorf("totals: %+v", got)
	}
	if w.puts() != 0 || len(w.source.Requests()) != 0 {
		t.Errorf("%d puts, API requests %v: a status reads manifests only", w.puts(), w.source.Requests())
	}
}

func TestStatus_NothingArchived(t *testing.T) {
	w := newWorld(t)
	calendars, err := w.archiver().Status(t.Context(), archive.Request{Now: w.now})
	if err != nil || len(calendars) != 1 || calendars[0].Hours[archive.HourHole] != 1 {
		t.Errorf("calendars %+v, error %v", calendars, err)
	}
}

// An hour that was asked for by hand lies before ARCHIVE_START: the hours between are no holes, neither in the calendar nor for a
// verification. Those since the beginning are.
func TestStatus_AskedForBeforeTheBeginning(t *testing.T) {
	w := newWorld(t)
	w.options.Start = at("04:00:00")
	w.run(archive.Request{From: at("01:00:00"), To: at("02:00:00")})
	w.run(window())
	calendars, err := w.archiver().Status(t.Context(), archive.Request{Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	var want [24]archive.HourState
	want[1], want[4], want[5] = archive.HourOpen, archive.HourHole, archive.HourOpen
	if diff := cmp.Diff(want, calendars[0].Days[0].Hours); diff != "" {
		t.Errorf("hours (-want +got):\n%s", diff)
	}
	report, err := w.archiver().Run(t.Context(), archive.Request{ID: "verify", Now: w.now, Mode: archive.ModeVerify})
	if err != nil || len(report.Findings) != 1 || report.Findings[0].Window != hours.Stamp(at("04:00:00")) {
		t.Errorf("verification: %v, findings %+v", err, report.Findings)
	}
}

// Debts lists what is owed, the first deadline first, and what is lost.
func TestDebts_Listed(t *testing.T) {
	w := smallWorld(t)
	w.file("call-1", "asr.json", func(m *archivetest.Media) { m.Gone = true })
	w.file("call-3", "voicemail-0.mp3", func(m *archivetest.Media) { m.Way = archivetest.Always(archivetest.Refused) })
	w.file("call-2", "participant-0.mp3", func(m *archivetest.Media) { m.Gone = true })
	w.timer()
	entries, err := w.archiver().Debts(t.Context(), archive.Request{Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	var got []archive.Status
	for _, e := range entries {
		got = append(got, e.Status)
	}
	if diff := cmp.Diff([]archive.Status{archive.Pending, archive.Pending, archive.Refused}, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if entries[0].GoneBy == nil || entries[1].GoneBy == nil || entries[1].GoneBy.Before(*entries[0].GoneBy) {
		t.Errorf("deadlines %v, %v", entries[0].GoneBy, entries[1].GoneBy)
	}
}

// A plan says what a run would do and writes nothing. One that may not ask the API does not.
func TestPlan_Mode(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	w.now = at("08:05:00")
	got := w.costs(func() {
		report := w.run(archive.Request{Mode: archive.ModePlan, NoAPI: true})
		if report.Plan == nil || len(report.Plan.Windows) != 2 {
			t.Errorf("plan: %+v", report.Plan)
		}
	})
	if got.Puts != 0 || got.Pages != 0 || got.Counts != 0 || got.Downloads != 0 {
		t.Errorf("a plan asked for %+v", got)
	}
}
