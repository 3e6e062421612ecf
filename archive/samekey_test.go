package archive_test

import (
	"testing"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// What lies under a media file's key already decides what becomes of a copy. These stores take other bytes under a media
// key without complaint, since that is what they are about.

func sameKey(t *testing.T) (*world, string) {
	w := oneFile(t, nil)
	w.store = archivetest.NewMemStore(nil)
	w.walker = archivetest.NewWalker(w.store, w.source, hours, "lake/")
	return w, mediaKey("call-1", theFile)
}

// story is the metadata that a run of ours gives a media file.
func story(w *world, body []byte) archive.PutOptions {
	w.Helper()
	other := oneFile(w.T, nil)
	other.file("call-1", theFile, func(m *archivetest.Media) { m.Body = body })
	other.timer()
	o, _ := other.store.Object(mediaKey("call-1", theFile))
	return o.Options
}

func TestSameKey_ForeignObjectIsReplaced(t *testing.T) {
	w, key := sameKey(t)
	w.store.Set(key, []byte("someone's notes"), archive.PutOptions{ContentType: "text/plain"})
	if _, err := w.archiver().Run(t.Context(), archive.Request{Now: w.now}); err != nil {
		t.Fatal(err)
	}
	w.walker.Whole(t)
	w.stands(archive.Archived)
}

// Our story, but not our bytes: someone has replaced the object and kept its metadata.
func TestSameKey_StoryThatDoesNotFit(t *testing.T) {
	w, key := sameKey(t)
	w.store.Set(key, []byte("someone's notes"), story(w, song(40, 1)))
	if _, err := w.archiver().Run(t.Context(), archive.Request{Now: w.now}); err != nil {
		t.Fatal(err)
	}
	w.walker.Whole(t)
	w.stands(archive.Archived)
}

// Our own older file stays: the source may encode a recording anew, and nothing archived is replaced.
func TestSameKey_OurOlderFileIsKept(t *testing.T) {
	w, key := sameKey(t)
	older := song(41, 7)
	w.store.Set(key, older, story(w, older))
	if _, err := w.archiver().Run(t.Context(), archive.Request{Now: w.now}); err != nil {
		t.Fatal(err)
	}
	if o, _ := w.store.Object(key); string(o.Data) != string(older) {
		t.Error("the older file was replaced")
	}
	w.file("call-1", theFile, func(m *archivetest.Media) { m.Body = older })
	w.walker.Whole(t)
	w.stands(archive.Archived)
}

// A file that a killed run stored, and that the source has no longer, is not lost.
func TestSameKey_StoredByAKilledRun(t *testing.T) {
	for _, settled := range []bool{false, true} {
		w := oneFile(t, nil)
		w.fails("/media_index/", archivetest.Lost, 1)
		if _, err := w.try(t.Context(), archive.Request{}); err == nil {
			t.Fatal("no error without an index")
		}
		w.file("call-1", theFile, func(m *archivetest.Media) { m.Gone = true })
		if settled {
			w.now = w.now.AddDate(0, 0, 2)
		}
		w.run(window())
		w.stands(archive.Archived)
	}
}
