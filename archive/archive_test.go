package archive_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// decode reads a JSON object of the bucket.
func decode(w *world, key string, into any) {
	w.Helper()
	o, ok := w.store.Object(key)
	if !ok {
		w.Fatalf("no %s", key)
	}
	if err := json.Unmarshal(o.Data, into); err != nil {
		w.Fatal(err)
	}
}

func unzipped(w *world, packed []byte) string {
	w.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		w.Fatal(err)
	}
	plain, err := io.ReadAll(zip)
	if err != nil {
		w.Fatal(err)
	}
	return string(plain)
}

func TestRun_SmallWorld(t *testing.T) {
	w := smallWorld(t)
	report := w.timer()
	want := []archive.WindowReport{{App: app, Window: "2026-11-22T05:00:00+08:00", State: archive.Committed, Calls: 3,
		Added: 3, Media: archive.MediaCount{Copied: 6}, Reason: archive.ReasonNew}}
	if diff := cmp.Diff(want, report.Windows); diff != "" {
		t.Errorf("windows (-want +got):\n%s", diff)
	}
	if !report.Complete {
		t.Error("not complete")
	}
	if class := w.store.Objects()[mediaKey("call-1", "recording.mp3")].Options.Class; class != "STANDARD_IA" {
		t.Errorf("media lie in class %q", class)
	}
}

// The keys are the archive's interface: a change here is one that readers of the bucket see.
func TestRun_Keys(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	want := []string{
		"lake/cdr/sdk_app_id=1400000000/dt=2026-11-22/hour=05/calls-0500.ndjson.gz",
		"lake/ledger/sdk_app_id=1400000000.json",
		"lake/manifests/sdk_app_id=1400000000/dt=2026-11-22/0500.json",
		"lake/media/sdk_app_id=1400000000/dt=2026-11-22/hour=05/call-1/asr.json",
		"lake/media/sdk_app_id=1400000000/dt=2026-11-22/hour=05/call-1/recording.mp3",
		"lake/media/sdk_app_id=1400000000/dt=2026-11-22/hour=05/call-2/participant-0.mp3",
		"lake/media/sdk_app_id=1400000000/dt=2026-11-22/hour=05/call-2/participant-1.mp3",
		"lake/media/sdk_app_id=1400000000/dt=2026-11-22/hour=05/call-3/voicemail-0.mp3",
		"lake/media/sdk_app_id=1400000000/dt=2026-11-22/hour=05/call-3/voicemail-asr-0.json",
		"lake/media_index/sdk_app_id=1400000000/dt=2026-11-22/hour=05/media-0500.ndjson.gz",
		"lake/runs/dt=2026-11-22/20261121T220500Z-request-1.json",
	}
	if diff := cmp.Diff(want, w.store.Keys()); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestRun_EmptyWindow(t *testing.T) {
	w := newWorld(t)
	w.timer()
	if _, ok := w.store.Object(rowsKey); ok {
		t.Error("a rows object for a window without calls")
	}
	if got := w.committed(); got.Calls != 0 {
		t.Errorf("%d calls committed", got.Calls)
	}
}

func TestRun_PlainLines(t *testing.T) {
	w := smallWorld(t)
	w.options.Gzip = false
	w.timer()
	if _, ok := w.store.Object(key("cdr", "hour=05/calls-0500.ndjson")); !ok {
		t.Errorf("no plain rows among %q", w.store.Keys())
	}
}

// A window keeps the compression it was begun with: its rows must not lie in the partition twice.
func TestRun_CompressionChanged(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	w.options.Gzip = false
	w.source.Add(app, archivetest.Call{ID: "late", Time: at("05:30:00")})
	w.run(window())
	if got := len(w.lines(rowsKey)); got != 4 {
		t.Errorf("%d rows, want 4", got)
	}
}

func TestRun_SameCallsSameBytes(t *testing.T) {
	one, two := smallWorld(t), smallWorld(t)
	two.options.Concurrency, two.source.PageSize, two.now = 1, 2, two.now.Add(3*60e9)
	one.timer()
	two.timer()
	if diff := cmp.Diff(one.lake(), two.lake()); diff != "" {
		t.Errorf("two archives of the same calls (-one +other):\n%s", diff)
	}
}

func TestRun_TwoApplications(t *testing.T) {
	w := smallWorld(t)
	w.options.Apps = []string{app, "1400000001"}
	w.source.Add("1400000001", archivetest.Call{ID: "call-1", Time: at("05:00:00")})
	if report := w.timer(); len(report.Windows) != 2 {
		t.Errorf("%d windows, want one for each application", len(report.Windows))
	}
	other := newWorld(t)
	other.options.Apps = w.options.Apps
	report, err := other.try(t.Context(), archive.Request{Apps: []string{"1400000002"}})
	if report != nil || !isRequestError(err) {
		t.Errorf("an application that is not configured: report %v, error %v", report, err)
	}
}

func TestRun_OddEntries(t *testing.T) {
	w := smallWorld(t)
	for _, odd := range []string{`null`, `5`, `"x"`, `[]`} {
		w.source.Add(app, archivetest.Call{Raw: odd, Time: at("05:30:00")})
	}
	w.source.Add(app, archivetest.Call{Raw: `{"Time":1,"SessionId":"far"}`, Time: at("05:30:01")})
	w.source.Add(app, archivetest.Call{Raw: `{"SessionId":"timeless"}`, Time: at("05:30:02")})
	w.source.Add(app, archivetest.Call{Raw: `{"Hotline":"no id at all"}`, Time: at("05:30:03")})
	report := w.timer()
	if report.Windows[0].Calls != 6 {
		t.Errorf("%d calls, want three and the three odd ones", report.Windows[0].Calls)
	}
	var m archive.Manifest
	decode(w, manifestKey, &m)
	got := map[string]int{"odd": m.Odd, "outside": m.Outside}
	if diff := cmp.Diff(map[string]int{"odd": 4, "outside": 1}, got); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

// Whatever an API's reading of a range's ends is, every call is archived once.
func TestRun_Boundaries(t *testing.T) {
	for _, ends := range []archivetest.Ends{archivetest.Closed, archivetest.Open, archivetest.HalfOpen} {
		t.Run(string(ends), func(t *testing.T) {
			w := newWorld(t)
			w.source.Ends, w.now = ends, at("08:05:00")
			want := 0
			for _, clock := range []string{"05:00:00", "05:00:01", "05:59:59", "06:00:00", "06:00:01", "06:59:59", "07:00:00", "07:59:58", "07:59:59"} {
				w.source.Add(app, archivetest.Call{ID: "at-" + clock, Time: at(clock), Files: map[string]*archivetest.Media{
					"recording.mp3": {Body: song(40, byte(want))},
				}})
				want++
			}
			report := w.run(archive.Request{From: at("05:00:00"), To: at("08:00:00")})
			if report.Totals.Calls != want || report.Totals.Media.Copied != want {
				t.Errorf("%d calls, %d files, want %d of each", report.Totals.Calls, report.Totals.Media.Copied, want)
			}
		})
	}
}

func TestRun_UnknownLinksAreReported(t *testing.T) {
	w := newWorld(t)
	w.source.Add(app, archivetest.Call{ID: "call-1", Time: at("05:00:00"), Fields: map[string]any{
		"VideoUrl": "https://" + archivetest.Host + "/" + archivetest.Secret + "/film.mp4?sign=" + archivetest.Secret,
	}})
	if diff := cmp.Diff([]string{"VideoUrl"}, w.timer().Links); diff != "" {
		t.Errorf("unknown links (-want +got):\n%s", diff)
	}
}

func TestRun_DryRunWritesNothing(t *testing.T) {
	w := smallWorld(t)
	report := w.run(archive.Request{DryRun: true})
	if keys := w.store.Keys(); len(keys) != 0 || w.downloads() != 0 {
		t.Errorf("%d downloads, and written: %q", w.downloads(), keys)
	}
	if report.Totals.Calls != 3 || !report.DryRun {
		t.Errorf("answer: %d calls, dry run %v", report.Totals.Calls, report.DryRun)
	}
}
