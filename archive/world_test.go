package archive_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
	"cdrvault/cdr"
)

const app = "1400000000"

var (
	east  = time.FixedZone("UTC+8", 8*60*60)
	hours = archive.Grid{Zone: east, Length: time.Hour}
	five  = at("05:00:00") // the start of the window that most tests archive
)

// at is a moment of 2026-11-22 in the archive's zone.
func at(clock string) time.Time {
	t, err := time.ParseInLocation(time.DateTime, "2026-11-22 "+clock, east)
	if err != nil {
		panic(err)
	}
	return t
}

// world is a contact center, a bucket and a clock; every run in it is a new process.
type world struct {
	*testing.T
	now     time.Time
	source  *archivetest.Source
	store   *archivetest.MemStore
	walker  *archivetest.Walker
	options archive.Options
	runs    int
}

// newWorld is a world five minutes after the window of 05:00 has ended, without calls.
func newWorld(t *testing.T) *world {
	w := &world{T: t, now: at("06:05:00"), store: archivetest.NewMemStore(t)}
	w.source = archivetest.NewSource(func() time.Time { return w.now })
	w.walker = archivetest.NewWalker(w.store, w.source, hours, "lake/")
	w.options = archive.Options{
		Apps: []string{app}, Prefix: "lake/", Grid: hours, Settle: 24 * time.Hour, Gzip: true, MediaClass: "STANDARD_IA",
		Kinds:     map[cdr.Kind]bool{cdr.Recording: true, cdr.ASR: true, cdr.Participant: true, cdr.Voicemail: true, cdr.VoicemailASR: true},
		MediaHost: func(host string) bool { return host == archivetest.Host }, Concurrency: 4,
		Scratch: t.TempDir(),
	}
	if strings.Contains(t.Name(), inParts) {
		w.cut()
	}
	return w
}

// smallWorld has three calls between 05:00 and 06:00, which name six files, and one on each side.
func smallWorld(t *testing.T) *world {
	w := newWorld(t)
	w.source.Add(app,
		archivetest.Call{ID: "call-0", Time: at("04:59:59")},
		archivetest.Call{ID: "call-1", Time: at("05:00:00"), Talk: 1, Transcribed: at("05:10:00"), Files: map[string]*archivetest.Media{
			"recording.mp3": {Body: song(40, 1), Type: "audio/mpeg"},
			"asr.json":      {Body: []byte(`{"text":"你好"}`), Type: "application/json"},
		}},
		archivetest.Call{ID: "call-2", Time: at("05:20:00"), Talk: 1, Fields: map[string]any{"Remark": "已回访", "Big": json.Number("9007199254740993")},
			Files: map[string]*archivetest.Media{
				"participant-0.mp3": {Body: song(40, 2), Type: "audio/mpeg"},
				"participant-1.mp3": {Body: song(40, 3), Type: "audio/mpeg"},
			}},
		archivetest.Call{ID: "call-3", Time: at("05:59:59"), Files: map[string]*archivetest.Media{
			"voicemail-0.mp3":      {Body: song(40, 4), Type: "audio/mpeg"},
			"voicemail-asr-0.json": {Body: []byte(`{"text":"请回电"}`), Type: "application/json"},
		}},
		archivetest.Call{ID: "call-4", Time: at("06:00:00")},
	)
	return w
}

// song is an MP3 of n frames of 26 ms at 128 kbit/s.
func song(n int, seed byte) []byte {
	frame := make([]byte, 417)
	copy(frame, []byte{0xff, 0xfb, 0x90, 0x00})
	frame[400] = seed
	return bytes.Repeat(frame, n)
}

// archiver is a new process.
func (w *world) archiver() *archive.Archiver {
	o := w.options
	o.Clock, o.Meter = func() time.Time { return w.now }, &archive.Meter{}
	w.source.Meter = o.Meter
	return archive.New(w.source, w.source, w.store, o)
}

// try runs whatever is due, or q, and checks what must hold even if the run failed.
func (w *world) try(ctx context.Context, q archive.Request) (*archive.Report, error) {
	w.Helper()
	w.runs++
	q.ID, q.Now = fmt.Sprintf("request-%d", w.runs), w.now
	report, err := w.archiver().Run(ctx, q)
	w.walker.Unbroken(w)
	w.discreet(report, err)
	return report, err
}

// timer runs what is due, which must go well.
func (w *world) timer() *archive.Report {
	w.Helper()
	return w.run(archive.Request{})
}

// run runs q, which must go well.
func (w *world) run(q archive.Request) *archive.Report {
	w.Helper()
	report, err := w.try(w.Context(), q)
	if err != nil {
		w.Fatal(err)
	}
	w.walker.Whole(w)
	return report
}

// window asks for the window of 05:00.
func window() archive.Request { return archive.Request{From: five, To: five.Add(time.Hour)} }

// discreet checks that neither answer nor error tells what nobody may know.
func (w *world) discreet(report *archive.Report, err error) {
	w.Helper()
	b, _ := json.Marshal(report)
	told := string(b) + fmt.Sprint(err)
	for _, word := range []string{archivetest.Secret, archivetest.Phone, archivetest.Name} {
		if strings.Contains(told, word) {
			w.Errorf("answer or error holds %q", word)
		}
	}
}

// file changes one of a call's files at the source.
func (w *world) file(id, name string, change func(*archivetest.Media)) {
	w.source.Edit(app, id, func(c *archivetest.Call) { change(c.Files[name]) })
}

// puts is how many objects were written since the counts were reset.
func (w *world) puts() int { return w.store.Counts()[archivetest.Put] }

// downloads is how many downloads were begun since the counts were reset.
func (w *world) downloads() (n int) {
	for _, k := range w.source.Downloads() {
		n += k
	}
	return n
}

func (w *world) resetCounts() {
	w.store.ResetCounts()
	w.source.ResetCounts()
}

// key is a key of the window of 05:00.
func key(folder, name string) string {
	return "lake/" + folder + "/sdk_app_id=" + app + "/dt=2026-11-22/" + name
}

var (
	rowsKey     = key("cdr", "hour=05/calls-0500.ndjson.gz")
	indexKey    = key("media_index", "hour=05/media-0500.ndjson.gz")
	manifestKey = key("manifests", "0500.json")
)

func mediaKey(id, name string) string { return key("media", "hour=05/"+id+"/"+name) }

// books is what tests read of a manifest.
type books struct {
	State string
	Calls int
	Added int
	Debts []archive.Debt
	Lost  []archive.File
	Media []archive.File
}

// committed reads the manifest of 05:00.
func (w *world) committed() books {
	w.Helper()
	var b books
	o, ok := w.store.Object(manifestKey)
	if !ok {
		w.Fatal("the window is not committed")
	}
	if err := json.Unmarshal(o.Data, &b); err != nil {
		w.Fatal(err)
	}
	return b
}

// row gives a row of the window of 05:00.
func (w *world) row(id string) map[string]any {
	w.Helper()
	for _, row := range w.all(rowsKey) {
		if row["SessionId"] == id {
			return row
		}
	}
	w.Fatalf("no row of %s", id)
	return nil
}

// lines reads an object of lines.
func (w *world) lines(key string) (rows []map[string]any) {
	w.Helper()
	o, ok := w.store.Object(key)
	if !ok {
		w.Fatalf("no %s", key)
	}
	for line := range strings.Lines(unzipped(w, o.Data)) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			w.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// indexed gives the index line of a file.
func (w *world) indexed(key string) map[string]any {
	w.Helper()
	for _, f := range w.all(indexKey) {
		if f["key"] == key {
			return f
		}
	}
	w.Fatalf("no %s in the index", key)
	return nil
}

// lake is the bucket without what tells of runs: two lakes that hold the same are equal.
func (w *world) lake() map[string]string {
	w.Helper()
	all := map[string]string{}
	for key, o := range w.store.Objects() {
		switch {
		case strings.HasPrefix(key, "lake/runs/"), strings.HasPrefix(key, "lake/ledger/"):
		case strings.HasPrefix(key, "lake/manifests/"):
			all[key] = said(w, o.Data)
		default:
			all[key] = fmt.Sprintf("%x %v %s %s", o.CRC64, o.Options.Meta, o.Options.ContentType, o.Options.Class)
		}
	}
	return all
}

// said is a manifest without what the last commit did.
func said(w *world, data []byte) string {
	w.Helper()
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		w.Fatal(err)
	}
	maps.DeleteFunc(m, func(name string, _ any) bool {
		switch name {
		case "added", "changed", "reason", "committed_at", "committed_by", "seal", "listing":
			return true
		}
		return false
	})
	b, _ := json.Marshal(m)
	return string(b)
}

// windowState is what a report says of the window of 05:00.
func windowState(r *archive.Report) archive.State {
	for _, w := range r.Windows {
		if w.Window == hours.Stamp(five) {
			return w.State
		}
	}
	return ""
}

func isRequestError(err error) bool { return errors.As(err, new(*archive.RequestError)) }
