package archive_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// writes are the objects that a run of the small world writes, one of each sort.
var writes = map[string]string{
	"media":      "/call-1/recording.mp3",
	"transcript": "/call-3/voicemail-asr-0.json",
	"index":      "/media_index/",
	"rows":       "/cdr/",
	"manifest":   "/manifests/",
	"answer":     "/runs/",
	"ledger":     "/ledger/",
}

// fails has the first times Puts of keys that hold part fail.
func (w *world) fails(part string, fault archivetest.Fault, times int) {
	var failed atomic.Int64
	w.store.OnPut = func(key string, _ int) archivetest.Fault {
		if strings.Contains(key, part) && failed.Add(1) <= int64(times) {
			return fault
		}
		return archivetest.None
	}
}

// Each write is lost, or stored and reported as failed: once, and twice in a row. Whatever it is, the next runs end in
// the lake of an archive that nothing happened to.
func TestFaults(t *testing.T) {
	want := lakeOf(smallWorld(t))
	for name, part := range writes {
		for fault, how := range map[archivetest.Fault]string{archivetest.Lost: "lost", archivetest.StoredButReported: "stored but reported failed"} {
			for times := 1; times <= 2; times++ {
				t.Run(name+" "+how, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w := smallWorld(t)
						w.fails(part, fault, times)
						w.heal(times + 1)
						if diff := cmp.Diff(want, w.lake()); diff != "" {
							t.Errorf("lake (-undisturbed +healed):\n%s", diff)
						}
					})
				})
			}
		}
	}
}

// The same for a window that is committed and gets a late call.
func TestFaults_LateCall(t *testing.T) {
	undisturbed := smallWorld(t)
	undisturbed.timer()
	want := lakeOf(undisturbed.later())
	for name, part := range writes {
		if name == "transcript" || name == "media" {
			part = "/late/recording.mp3"
		}
		for fault, how := range map[archivetest.Fault]string{archivetest.Lost: "lost", archivetest.StoredButReported: "stored but reported failed"} {
			t.Run(name+" "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := smallWorld(t)
					w.timer()
					w.later().fails(part, fault, 1)
					w.heal(2)
					if diff := cmp.Diff(want, w.lake()); diff != "" {
						t.Errorf("lake (-undisturbed +healed):\n%s", diff)
					}
				})
			})
		}
	}
}

// later is an hour later, when the API lists one more call of 05:00.
func (w *world) later() *world {
	w.now = w.now.Add(time.Hour)
	w.source.Add(app, archivetest.Call{ID: "late", Time: at("05:30:00"), Files: map[string]*archivetest.Media{
		"recording.mp3": {Body: song(40, 9), Type: "audio/mpeg"},
	}})
	return w
}

// lakeOf is the lake after a run that nothing happens to.
func lakeOf(w *world) map[string]string {
	w.Helper()
	w.timer()
	return w.lake()
}

// heal runs until a run says that all is done, at most times; then everything must hold.
func (w *world) heal(times int) {
	w.Helper()
	for range times {
		report, err := w.try(w.Context(), archive.Request{})
		if err == nil && report.Complete {
			break
		}
		w.now = w.now.Add(time.Minute)
	}
	if report := w.timer(); !report.Complete {
		w.Errorf("not complete after %d runs: %+v", w.runs, report)
	}
}

// A manifest that cannot be written leaves the window uncommitted, and the run says so.
func TestFaults_AreErrors(t *testing.T) {
	for _, name := range []string{"index", "rows", "manifest", "answer"} {
		t.Run(name, func(t *testing.T) {
			w := smallWorld(t)
			w.fails(writes[name], archivetest.Lost, 9)
			report, err := w.try(t.Context(), archive.Request{})
			if err == nil || report.Complete && name != "answer" {
				t.Errorf("error %v, complete %v", err, report.Complete)
			}
		})
	}
}

// Killed right before or right after any request to the bucket, the next run finishes the work.
func TestKilled(t *testing.T) {
	want := lakeOf(smallWorld(t))
	for step := 1; ; step++ {
		w, killed := smallWorld(t), false
		w.kill(step, &killed)
		if !killed {
			break
		}
		w.store.Before = nil
		w.timer()
		if diff := cmp.Diff(want, w.lake()); diff != "" {
			t.Errorf("killed at request %d: lake (-undisturbed +healed):\n%s", step, diff)
		}
	}
}
