package archive_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

var verified = archive.Request{From: window().From, To: window().To, Mode: archive.ModeVerify}

// found gives a verification's findings as "trouble what".
func (w *world) found(q archive.Request) []string {
	w.Helper()
	w.resetCounts()
	report, err := w.archiver().Run(w.Context(), archive.Request{ID: "verify", Now: w.now, From: q.From, To: q.To, Mode: q.Mode, Deep: q.Deep, Repair: q.Repair})
	if err != nil {
		w.Fatal(err)
	}
	if !q.Repair && (w.puts() != 0 || w.downloads() != 0) {
		w.Errorf("a verification made %d puts and %d downloads", w.puts(), w.downloads())
	}
	var words []string
	for _, f := range report.Findings {
		words = append(words, fmt.Sprintf("%s %s", f.Trouble, f.What))
	}
	if report.Complete != (len(words) == 0) {
		w.Errorf("complete %v with findings %q", report.Complete, words)
	}
	return slices.Compact(words)
}

// spoil are things that may happen to an archive, what a verification finds then, and whether only a deep one does.
var spoil = map[string]struct {
	happens func(*world)
	want    []string
	deep    bool
}{
	"nothing":             {func(*world) {}, nil, false},
	"recording deleted":   {func(w *world) { w.store.Delete(mediaKey("call-1", theFile)) }, []string{"missing media"}, false},
	"rows deleted":        {func(w *world) { w.store.Delete(rowsKey) }, []string{"missing call", "missing rows"}, false},
	"index deleted":       {func(w *world) { w.store.Delete(indexKey) }, []string{"missing media_index", "changed media_index"}, false},
	"manifest deleted":    {func(w *world) { w.store.Delete(manifestKey) }, []string{"missing manifest"}, false},
	"manifest cut":        {func(w *world) { w.store.Set(manifestKey, []byte("{"), archive.PutOptions{}) }, []string{"changed manifest"}, false},
	"rows that are noise": {func(w *world) { w.store.Set(rowsKey, noise(100), archive.PutOptions{}) }, []string{"missing call", "changed rows"}, false},
	"recording changed": {func(w *world) {
		o, _ := w.store.Object(mediaKey("call-1", theFile))
		w.store.Set(mediaKey("call-1", theFile), song(40, 77), o.Options)
	}, []string{"changed media"}, false},
	"a stray recording": {func(w *world) {
		w.store.Set(mediaKey("nobody", theFile), song(4, 1), archive.PutOptions{})
	}, []string{"extra media"}, false},
	"a second rows object": {func(w *world) {
		w.store.Set(key("cdr", "hour=05/calls-0500.ndjson"), []byte("{}\n"), archive.PutOptions{})
	}, []string{"extra rows"}, false},
	"a late call":         {func(w *world) { w.late("late") }, []string{"missing call"}, false},
	"a withdrawn call":    {func(w *world) { w.source.Withdraw(app, "call-2") }, nil, false},
	"an API in doubt":     {func(w *world) { w.source.Doubt = func(int) bool { return true } }, []string{"unproved call"}, false},
	"a changed call":      {func(w *world) { w.source.Edit(app, "call-2", func(c *archivetest.Call) { c.Talk = 99 }) }, []string{"changed call"}, false},
	"a blanked field":     {func(w *world) { w.source.Edit(app, "call-2", func(c *archivetest.Call) { c.Fields = nil }) }, nil, false},
	"metadata were lost":  {func(w *world) { w.restore(rowsKey, archive.PutOptions{}) }, []string{"changed rows"}, false},
	"recording's story":   {func(w *world) { w.restore(mediaKey("call-1", theFile), archive.PutOptions{}) }, []string{"changed media"}, false},
	"index's lines moved": {func(w *world) { w.store.Set(indexKey, []byte("{}\n"), archive.PutOptions{}) }, []string{"changed media_index"}, false},
}

// restore puts an object's bytes back with other metadata.
func (w *world) restore(key string, o archive.PutOptions) {
	was, _ := w.store.Object(key)
	w.store.Set(key, was.Data, o)
}

func TestVerify(t *testing.T) {
	for name, test := range spoil {
		for _, deep := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", deep ", deep), func(t *testing.T) {
				w := smallWorld(t)
				w.timer()
				test.happens(w)
				q := verified
				q.Deep = deep
				got := w.found(q)
				if diff := cmp.Diff(sorted(test.want), sorted(got)); diff != "" {
					t.Errorf("findings (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func sorted(words []string) []string { return slices.Sorted(slices.Values(words)) }

// beyondRepair is what a verification leaves to a person: it deletes nothing, and an API in doubt stays in doubt.
var beyondRepair = map[string]bool{"a stray recording": true, "a second rows object": true, "an API in doubt": true}

// What a verification finds, it mends if asked to; the next one finds nothing.
func TestVerify_Repair(t *testing.T) {
	for name, test := range spoil {
		if beyondRepair[name] {
			continue
		}
		t.Run(name, func(t *testing.T) {
			w := smallWorld(t)
			w.store = archivetest.NewMemStore(nil) // a changed recording is replaced
			w.walker = archivetest.NewWalker(w.store, w.source, hours, "lake/")
			w.timer()
			test.happens(w)
			q := verified
			q.Repair = true
			if got := w.found(q); len(got) != 0 {
				t.Errorf("left after the repair: %q", got)
			}
			if got := w.found(verified); len(got) != 0 {
				t.Errorf("found after the repair: %q", got)
			}
			w.walker.Whole(t)
		})
	}
}

// Without a range, all that the archive should have is verified: a hole is found.
func TestVerify_Hole(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	w.now = at("08:05:00")
	got := w.found(archive.Request{Mode: archive.ModeVerify})
	if diff := cmp.Diff([]string{"missing manifest"}, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
