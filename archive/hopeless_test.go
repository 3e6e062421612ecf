package archive_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// A source that refuses everything is not asked for every window of a range, nor is one that refuses eight in a row. A
// window that can be archived between the others gives hope.
func TestBackfill_EndsWhereThereIsNoHope(t *testing.T) {
	for name, c := range map[string]struct {
		fine          func(window int) bool
		asked, failed int
		left          string
	}{
		"nothing is answered":       {func(int) bool { return false }, 8, 8, "12 windows"},
		"the first ones are":        {func(n int) bool { return n < 3 }, 11, 8, "9 windows"},
		"one in eight is":           {func(n int) bool { return n%8 == 7 }, 20, 18, ""},
		"the last of eight is late": {func(n int) bool { return n == 8 }, 8, 8, "12 windows"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.options.Windows, w.options.Progress = 1, &archive.Progress{}
			from := five.Add(-48 * time.Hour)
			asked := 0
			w.source.OnRequest = func(_ context.Context, _ archivetest.Asked, n int) error {
				if asked = n; c.fine(n - 1) {
					return nil
				}
				return errors.New("UnauthorizedOperation: refused")
			}
			q := archive.Request{Mode: archive.ModeBackfill, Order: archive.OrderOldest, From: from, To: from.Add(20 * time.Hour)}
			answer, err := w.try(t.Context(), q)
			if err == nil || answer.Complete || asked != c.asked {
				t.Errorf("asked %d times, want %d: complete %v, %v", asked, c.asked, answer.Complete, err)
			}
			var notes []string
			if c.left != "" {
				notes = []string{"8 windows in a row failed: " + c.left + " left for the next run"}
			}
			if diff := cmp.Diff(notes, answer.Notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			p := w.options.Progress
			if last := p.LastError.Load(); int(p.WindowsFailed.Load()) != c.failed || !strings.HasSuffix(*last, "UnauthorizedOperation: refused") {
				t.Errorf("progress: %d failed, the last with %q; want %d", p.WindowsFailed.Load(), *last, c.failed)
			}
		})
	}
}
