package archive_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

// edits are what may have happened to a manifest in the bucket.
var edits = map[string]func([]byte) []byte{
	"cut":             func(b []byte) []byte { return b[:len(b)/2] },
	"cut by a byte":   func(b []byte) []byte { return bytes.TrimSpace(b)[:len(bytes.TrimSpace(b))-1] },
	"empty object":    func([]byte) []byte { return []byte("{}") },
	"null":            func([]byte) []byte { return []byte("null") },
	"array":           func([]byte) []byte { return []byte("[]") },
	"HTML":            func([]byte) []byte { return []byte("<html></html>") },
	"newer":           func(b []byte) []byte { return bytes.Replace(b, []byte(`"version":1`), []byte(`"version":2`), 1) },
	"older":           func(b []byte) []byte { return bytes.Replace(b, []byte(`"version":1`), []byte(`"version":0`), 1) },
	"edited":          func(b []byte) []byte { return bytes.Replace(b, []byte(`"calls":3`), []byte(`"calls":2`), 1) },
	"a field more":    func(b []byte) []byte { return bytes.Replace(b, []byte(`{`), []byte(`{"more":1,`), 1) },
	"something after": func(b []byte) []byte { return append(bytes.Clone(b), "{}"...) },
	"other app":       func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(app), []byte("1400000009")) },
	"other window":    func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("T05:00"), []byte("T04:00")) },
}

// A manifest that does not hold is never believed and never a crash: its window is read again, and ends as it was.
func TestManifest_Spoilt(t *testing.T) {
	want := lakeOf(smallWorld(t))
	for name, edit := range edits {
		t.Run(name, func(t *testing.T) {
			w := smallWorld(t)
			w.timer()
			o, _ := w.store.Object(manifestKey)
			w.store.Set(manifestKey, edit(o.Data), o.Options)
			w.resetCounts()
			report := w.timer()
			if len(report.Windows) != 1 || report.Windows[0].Reason != archive.ReasonBroken {
				t.Errorf("windows: %+v, want one for its broken manifest", report.Windows)
			}
			if w.downloads() != 0 {
				t.Errorf("%d downloads, although every file is there", w.downloads())
			}
			if diff := cmp.Diff(want, w.lake()); diff != "" {
				t.Errorf("lake (-before +after):\n%s", diff)
			}
		})
	}
}

// One of a later program is told from one that was cut, whatever fields it has.
func TestManifest_OfALaterVersion(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	o, _ := w.store.Object(manifestKey)
	for _, more := range []string{`"version":2,"more":1`, `"version":2,"media":[{"more":1}]`} {
		w.store.Set(manifestKey, bytes.Replace(o.Data, []byte(`"version":1`), []byte(more), 1), o.Options)
		entries, err := w.archiver().Debts(t.Context(), archive.Request{})
		if err != nil || len(entries) != 1 || !strings.Contains(entries[0].Reason, "version 2, this program reads 1") {
			t.Errorf("%s: %+v, %v", more, entries, err)
		}
	}
}

// A manifest of another window that was copied here is not believed either.
func TestManifest_OfAnotherWindow(t *testing.T) {
	w := smallWorld(t)
	w.run(archive.Request{From: five.Add(-time.Hour), To: five.Add(time.Hour)})
	o, _ := w.store.Object(key("manifests", "0400.json"))
	w.store.Set(manifestKey, o.Data, o.Options)
	w.run(window())
	if got := w.committed().Calls; got != 3 {
		t.Errorf("%d calls", got)
	}
}

// refuses checks that a run stops with an error that names the setting, and writes nothing.
func (w *world) refuses(setting string, q archive.Request) {
	w.Helper()
	before := w.store.Objects()
	w.runs++
	_, err := w.archiver().Run(w.Context(), archive.Request{ID: "refused", Now: w.now, From: q.From, To: q.To, Force: q.Force})
	if err == nil || !strings.Contains(err.Error(), setting) || !strings.Contains(err.Error(), "COS_PREFIX") {
		w.Errorf("error %v, want one that names %s and COS_PREFIX", err, setting)
	}
	for key := range w.store.Objects() {
		if _, old := before[key]; !old && !strings.HasPrefix(key, "lake/runs/") && !strings.HasPrefix(key, "lake/ledger/") {
			w.Errorf("%s was written", key)
		}
	}
}

// An archive that was begun with other windows or another zone would get every call twice.
func TestManifest_OtherGridStops(t *testing.T) {
	grids := map[string]struct {
		setting string
		grid    archive.Grid
	}{
		"shorter windows": {"ARCHIVE_WINDOW", archive.Grid{Zone: east, Length: 30 * time.Minute}},
		"zone":            {"ARCHIVE_TIMEZONE", archive.Grid{Zone: time.FixedZone("UTC+9", 9*60*60), Length: time.Hour}},
		"zone of UTC":     {"ARCHIVE_TIMEZONE", archive.Grid{Zone: time.UTC, Length: time.Hour}},
	}
	requests := map[string]archive.Request{
		"timer":  {},
		"range":  {From: at("05:30:00"), To: at("06:00:00")},
		"before": {From: at("03:00:00"), To: at("06:00:00")},
		"force":  {From: five, To: five.Add(time.Hour), Force: true},
	}
	for what, other := range grids {
		for how, q := range requests {
			t.Run(what+", "+how, func(t *testing.T) {
				w := smallWorld(t)
				w.timer()
				w.timer() // keeps a ledger
				w.options.Grid = other.grid
				w.refuses(other.setting, q)
			})
		}
	}
}

func TestManifest_LongerWindowsStop(t *testing.T) {
	w := smallWorld(t)
	w.options.Grid.Length = 30 * time.Minute
	w.walker.Grid.Length = 30 * time.Minute
	w.run(archive.Request{From: five, To: five.Add(time.Hour)})
	w.options.Grid.Length = time.Hour
	w.refuses("ARCHIVE_WINDOW", archive.Request{})
	w.refuses("ARCHIVE_WINDOW", window())
}

// Half-hour windows share an hour's folder and keep their calls apart.
func TestManifest_ShortWindows(t *testing.T) {
	w := smallWorld(t)
	w.options.Grid.Length, w.walker.Grid.Length = 30*time.Minute, 30*time.Minute
	report := w.run(archive.Request{From: five, To: five.Add(time.Hour)})
	if len(report.Windows) != 2 || report.Totals.Calls != 3 {
		t.Errorf("%d windows, %d calls", len(report.Windows), report.Totals.Calls)
	}
}
