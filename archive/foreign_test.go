package archive_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

// foreign are the stories that a tool leaves which copied the bucket: none at all, or one of its own.
var foreign = map[string]map[string]string{
	"no story":  nil,
	"odd story": {"schema": "1", "content-sha256": "old", "state": "open"},
}

// restory puts every object below a folder of the lake again, byte for byte, with another story.
func (w *world) restory(folder string, meta map[string]string) {
	for key, o := range w.store.Objects() {
		if strings.HasPrefix(key, "lake/"+folder+"/") {
			o.Options.Meta = meta
			w.store.Set(key, o.Data, o.Options)
		}
	}
}

// Objects whose story was dropped or changed keep no window from taking in a late call, whichever run comes: the timer's, a forced
// one, or a repair. After it the lake is that of a bucket that nobody copied.
func TestForeign_StoryBlocksNothing(t *testing.T) {
	repair := verified
	repair.Repair = true
	for name, q := range map[string]archive.Request{"timer": {}, "asked": window(), "force": forced, "repair": repair} {
		for story, meta := range foreign {
			for _, folder := range []string{"manifests", "cdr", "media_index", "media", "ledger"} {
				if folder == "media" && !q.Force && !q.Repair {
					continue // only a run that trusts no books looks at files that they tell of
				}
				t.Run(name+"/"+story+"/"+folder, func(t *testing.T) {
					w := smallWorld(t)
					w.timer()
					w.late("late")
					w.restory(folder, meta)
					w.now = w.now.Add(time.Hour)
					if _, err := w.try(t.Context(), q); err != nil {
						t.Fatal(err)
					}
					if got := w.committed(); got.Calls != 4 || len(got.Media) != 7 || len(got.Lost) != 0 {
						t.Errorf("%d calls, %d files, %d lost", got.Calls, len(got.Media), len(got.Lost))
					}
					if diff := cmp.Diff([]string(nil), w.found(verified)); diff != "" {
						t.Errorf("findings (-want +got):\n%s", diff)
					}
				})
			}
		}
	}
}
