package archive_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

var forced = archive.Request{From: window().From, To: window().To, Force: true}

// deleted are the objects that someone may delete by hand.
var deleted = map[string][]string{
	"a recording":       {mediaKey("call-1", "recording.mp3")},
	"a transcript":      {mediaKey("call-3", "voicemail-asr-0.json")},
	"rows":              {rowsKey},
	"index":             {indexKey},
	"manifest":          {manifestKey},
	"rows and index":    {rowsKey, indexKey},
	"index, manifest":   {indexKey, manifestKey},
	"all but the media": {rowsKey, indexKey, manifestKey},
}

// Force mends whatever was deleted by hand.
func TestForce_Mends(t *testing.T) {
	want := lakeOf(smallWorld(t))
	for name, keys := range deleted {
		t.Run(name, func(t *testing.T) {
			w := smallWorld(t)
			w.timer()
			w.walker.Forget(keys...)
			for _, key := range keys {
				w.store.Delete(key)
			}
			w.run(forced)
			if diff := cmp.Diff(want, w.lake()); diff != "" {
				t.Errorf("lake (-before +after):\n%s", diff)
			}
		})
	}
}

// A file whose bytes were changed by hand is fetched again.
func TestForce_MendsChangedFile(t *testing.T) {
	w, key := sameKey(t)
	if _, err := w.archiver().Run(t.Context(), archive.Request{Now: w.now}); err != nil {
		t.Fatal(err)
	}
	o, _ := w.store.Object(key)
	w.store.Set(key, append(o.Data, 0), o.Options)
	if _, err := w.archiver().Run(t.Context(), archive.Request{Now: w.now, From: forced.From, To: forced.To, Force: true}); err != nil {
		t.Fatal(err)
	}
	w.walker.Whole(t)
}

func TestForce_NothingToMend(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	w.resetCounts()
	w.run(forced)
	if w.puts() != 0 || w.downloads() != 0 {
		t.Errorf("%d puts and %d downloads", w.puts(), w.downloads())
	}
}

// The books of a call that the API no longer lists are made anew from what the lake has.
func TestForce_IndexOfAWithdrawnCall(t *testing.T) {
	for _, keys := range [][]string{{indexKey}, {indexKey, manifestKey}} {
		w := smallWorld(t)
		w.timer()
		w.source.Withdraw(app, "call-2")
		for _, key := range keys {
			w.store.Delete(key)
		}
		w.run(forced)
		if got := w.committed(); got.Calls != 3 || len(got.Media) != 6 {
			t.Errorf("without %v: %d calls, %d files", keys, got.Calls, len(got.Media))
		}
	}
}

// A deleted file that the source no longer has is told as lost.
func TestForce_WhatCannotBeMended(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	key := mediaKey("call-1", "recording.mp3")
	w.walker.Forget(key)
	w.store.Delete(key)
	w.source.Withdraw(app, "call-1")
	w.now = w.now.AddDate(0, 0, 2)
	w.run(forced)
	if lost := w.committed().Lost; len(lost) != 1 || lost[0].Key != key {
		t.Errorf("lost: %+v", lost)
	}
}
