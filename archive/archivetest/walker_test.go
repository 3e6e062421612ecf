package archivetest_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
	"cdrvault/cdr"
)

const app = "1400000000"

var hour = archive.Window{Start: time.Date(2026, 11, 21, 21, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC)}

// archived is a bucket with one archived hour of two calls, and its walker.
func archived(t *testing.T) (*archivetest.MemStore, *archivetest.Source, *archivetest.Walker) {
	now := hour.End.Add(5 * time.Minute)
	source, store := archivetest.NewSource(func() time.Time { return now }), archivetest.NewMemStore(t)
	source.Add(app,
		archivetest.Call{ID: "call-1", Time: hour.Start, Files: map[string]*archivetest.Media{
			"asr.json": {Body: []byte(`{"text":"hello"}`), Type: "application/json"},
		}},
		archivetest.Call{ID: "call-2", Time: hour.Start.Add(time.Minute)},
	)
	grid := archive.Grid{Zone: time.UTC, Length: time.Hour}
	_, err := archive.New(source, source, store, archive.Options{
		Apps: []string{app}, Grid: grid, Settle: time.Hour, Kinds: map[cdr.Kind]bool{cdr.ASR: true}, Concurrency: 1,
		MediaHost: func(string) bool { return true }, Clock: func() time.Time { return now }, Scratch: t.TempDir(),
	}).Run(t.Context(), archive.Request{ID: "request-1"})
	if err != nil {
		t.Fatal(err)
	}
	walker := archivetest.NewWalker(store, source, grid, "")
	walker.Whole(t)
	return store, source, walker
}

// objects of the archived hour.
const (
	rows     = "cdr/sdk_app_id=1400000000/dt=2026-11-21/hour=21/calls-2100.ndjson"
	index    = "media_index/sdk_app_id=1400000000/dt=2026-11-21/hour=21/media-2100.ndjson"
	manifest = "manifests/sdk_app_id=1400000000/dt=2026-11-21/2100.json"
	media    = "media/sdk_app_id=1400000000/dt=2026-11-21/hour=21/call-1/asr.json"
)

// edit changes an object's bytes by hand.
func edit(store *archivetest.MemStore, key string, change func([]byte) []byte) {
	o, _ := store.Object(key)
	store.Set(key, change(bytes.Clone(o.Data)), o.Options)
}

func replaced(old, new string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(old), []byte(new)) }
}

// firstLine and twice change an object of lines.
func firstLine(b []byte) []byte { return b[:bytes.IndexByte(b, '\n')+1] }
func twice(b []byte) []byte     { return append(b, b...) }

// A walk finds whatever is done to a bucket by hand.
func TestWalker(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*archivetest.MemStore, *archivetest.Source)
	}{
		{"row gone", func(s *archivetest.MemStore, _ *archivetest.Source) { edit(s, rows, firstLine) }},
		{"row twice", func(s *archivetest.MemStore, _ *archivetest.Source) { edit(s, rows, twice) }},
		{"value gone", func(s *archivetest.MemStore, _ *archivetest.Source) { edit(s, rows, replaced(archivetest.Phone, "")) }},
		{"half a row", func(s *archivetest.MemStore, _ *archivetest.Source) {
			edit(s, rows, func(b []byte) []byte { return b[:len(b)-5] })
		}},
		{"rows in another hour", func(s *archivetest.MemStore, _ *archivetest.Source) {
			o, _ := s.Object(rows)
			s.Set(strings.ReplaceAll(rows, "21/calls-21", "22/calls-22"), o.Data, o.Options)
		}},
		{"rows deleted", func(s *archivetest.MemStore, _ *archivetest.Source) { s.Delete(rows) }},
		{"index deleted", func(s *archivetest.MemStore, _ *archivetest.Source) { s.Delete(index) }},
		{"index says lost", func(s *archivetest.MemStore, _ *archivetest.Source) { edit(s, index, replaced("archived", "lost")) }},
		{"media deleted", func(s *archivetest.MemStore, _ *archivetest.Source) { s.Delete(media) }},
		{"media changed", func(s *archivetest.MemStore, _ *archivetest.Source) { edit(s, media, replaced("hello", "hallo")) }},
		{"media that no one names", func(s *archivetest.MemStore, _ *archivetest.Source) {
			o, _ := s.Object(media)
			s.Set(strings.ReplaceAll(media, "call-1", "call-2"), o.Data, o.Options)
		}},
		{"manifest deleted", func(s *archivetest.MemStore, _ *archivetest.Source) { s.Delete(manifest) }},
		{"manifest forgets a file", func(s *archivetest.MemStore, _ *archivetest.Source) {
			edit(s, manifest, replaced(`"media":[`, `"nothing":[`))
		}},
		{"manifest counts wrongly", func(s *archivetest.MemStore, _ *archivetest.Source) {
			edit(s, manifest, replaced(`"calls":2`, `"calls":3`))
		}},
		{"a secret in a row", func(s *archivetest.MemStore, _ *archivetest.Source) {
			edit(s, rows, replaced("Example", archivetest.Secret))
		}},
		{"a phone number in a manifest", func(s *archivetest.MemStore, _ *archivetest.Source) {
			edit(s, manifest, replaced("request-1", archivetest.Phone))
		}},
		{"metadata gone", func(s *archivetest.MemStore, _ *archivetest.Source) {
			o, _ := s.Object(rows)
			s.Set(rows, o.Data, archive.PutOptions{})
		}},
		{"an object in no folder", func(s *archivetest.MemStore, _ *archivetest.Source) {
			s.Set("notes.txt", []byte("x"), archive.PutOptions{})
		}},
		{"a listed call that is not there", func(_ *archivetest.MemStore, c *archivetest.Source) {
			c.Add(app, archivetest.Call{ID: "call-3", Time: hour.Start})
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store, source, walker := archived(t)
			test.spoil(store, source)
			tb := &recorder{TB: t}
			walker.Whole(tb)
			if tb.errors == 0 {
				t.Error("the walk found nothing")
			}
		})
	}
}

// At every moment, even between two writes of a run, Unbroken finds nothing wrong.
func TestWalker_UnbrokenWithoutManifest(t *testing.T) {
	store, _, walker := archived(t)
	store.Delete(manifest)
	walker.Unbroken(t)
}
