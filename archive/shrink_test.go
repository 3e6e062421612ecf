package archive_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// What the walker remembers of earlier walks is what these tests rely on: Whole and Unbroken fail where a call, a value
// or a file is gone.

func TestShrink_WithdrawnCall(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	w.source.Withdraw(app, "call-2")
	for _, q := range []archive.Request{{}, window(), {From: five, To: five.Add(time.Hour), Force: true}} {
		if w.run(q); w.committed().Calls != 3 {
			t.Errorf("%d calls are left", w.committed().Calls)
		}
	}
	if row := w.row("call-2"); row["Remark"] != "已回访" {
		t.Errorf("the withdrawn call's row: %v", row)
	}
}

func TestShrink_AllWithdrawn(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	for _, id := range []string{"call-1", "call-2", "call-3"} {
		w.source.Withdraw(app, id)
	}
	w.now = at("23:59:00").Add(24 * time.Hour) // settled
	w.run(window())
	if got := w.committed(); got.Calls != 3 || len(got.Media) != 6 || got.State != "final" {
		t.Errorf("%d calls and %d files are left, state %s", got.Calls, len(got.Media), got.State)
	}
}

func TestShrink_BlankedFields(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	was := w.row("call-2")
	w.source.Edit(app, "call-2", func(c *archivetest.Call) {
		c.Fields = map[string]any{"Remark": "", "Big": nil, "ServeParticipants": []any{}, "Caller": nil}
		c.Files = map[string]*archivetest.Media{"participant-0.mp3": c.Files["participant-0.mp3"], "participant-1.mp3": c.Files["participant-1.mp3"]}
	})
	w.run(window())
	if diff := cmp.Diff(was, w.row("call-2")); diff != "" {
		t.Errorf("row (-before +after the API blanked it):\n%s", diff)
	}
}

func TestShrink_RealChangesAreTaken(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	w.source.Edit(app, "call-2", func(c *archivetest.Call) {
		c.Fields = map[string]any{"Remark": "再次回访", "Big": json.Number("9007199254740995")}
	})
	report := w.run(window())
	if report.Windows[0].Changed != 1 || report.Windows[0].Added != 0 {
		t.Errorf("%d changed, %d added, want one changed", report.Windows[0].Changed, report.Windows[0].Added)
	}
	if got := w.row("call-2")["Remark"]; got != "再次回访" {
		t.Errorf("remark %v", got)
	}
}

func TestShrink_LinkVanished(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	w.source.Edit(app, "call-1", func(c *archivetest.Call) { c.Fields = map[string]any{"RecordURL": "", "AsrUrl": nil} })
	w.run(window())
	if got := w.row("call-1")["RecordURL"]; got != mediaKey("call-1", "recording.mp3") {
		t.Errorf("the row's link is %v", got)
	}
}

func TestShrink_GoneAtTheSource(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	w.file("call-1", "recording.mp3", func(m *archivetest.Media) { m.Gone = true })
	w.now = at("09:00:00").Add(24 * time.Hour)
	w.run(archive.Request{From: five, To: five.Add(time.Hour), Force: true})
	if got := w.indexed(mediaKey("call-1", "recording.mp3"))["status"]; got != "archived" {
		t.Errorf("the file is %v", got)
	}
}

// A run that was killed between its rows and its manifest wrote a call that the API then withdraws: it is in the lake.
func TestShrink_RowsOfAKilledRunStay(t *testing.T) {
	w := newWorld(t)
	w.timer() // commits an empty window
	w.late("early")
	puts := 0
	w.store.OnPut = func(key string, _ int) archivetest.Fault {
		if strings.Contains(key, "/manifests/") {
			puts++
		}
		if puts == 2 { // the first announces the rows
			return archivetest.Lost
		}
		return archivetest.None
	}
	if _, err := w.try(t.Context(), archive.Request{}); err == nil {
		t.Fatal("no error without a manifest")
	}
	w.store.OnPut = nil
	w.source.Withdraw(app, "early")
	w.late("late")
	w.run(window())
	w.row("early")
	w.row("late")
}

// A call whose Time comes back empty stays where it was.
func TestShrink_TimeBlanked(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	w.source.Edit(app, "call-2", func(c *archivetest.Call) { c.At, c.Time = c.Time, time.Time{} })
	w.run(window())
	if got := w.row("call-2")["Time"]; got == nil {
		t.Error("the row's Time is gone")
	}
}

// The same in a window that was never committed: a run was killed right before its manifest, or right before its rows, and what
// it archived is listed no longer.
func TestShrink_ObjectsOfAKilledRunStay(t *testing.T) {
	for _, part := range []string{"/manifests/", "/cdr/"} {
		w := newWorld(t)
		w.late("early")
		w.fails(part, archivetest.Lost, 1)
		if _, err := w.try(t.Context(), archive.Request{}); err == nil {
			t.Fatal("no error without " + part)
		}
		w.source.Withdraw(app, "early")
		w.run(window())
		if got, want := w.committed(), strings.Count(part, "manifest"); got.Calls != want || len(got.Media) != 1 {
			t.Errorf("killed before %s: %d calls and %d files, want %d and one", part, got.Calls, len(got.Media), want)
		}
	}
}

// Somebody put an object of his own over the rows, without a line break: what the API still lists comes back, on lines of its
// own, and the foreign line is left behind.
func TestShrink_ForeignRows(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	o, _ := w.store.Object(rowsKey)
	w.store.Set(rowsKey, []byte(`{"SessionId":"foreign"}`), o.Options)
	w.walker.Forget()
	w.late("late")
	w.run(window())
	if got := len(w.all(rowsKey)); got != 4 {
		t.Errorf("%d rows, want those of the API", got)
	}
}
