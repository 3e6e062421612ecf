package archivetest_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// edges are calls on and beside both ends of the hour.
func edges() *archivetest.Source {
	source := archivetest.NewSource(func() time.Time { return hour.End })
	for id, t := range map[string]time.Time{
		"before": hour.Start.Add(-time.Second), "first": hour.Start, "last": hour.End.Add(-time.Second), "after": hour.End,
	} {
		source.Add(app, archivetest.Call{ID: id, Time: t})
	}
	return source
}

// listed gives the ids of a window's listing, in its order.
func listed(t *testing.T, source *archivetest.Source) (ids []string, l archive.Listing) {
	l, err := source.Calls(t.Context(), app, hour, func(page []json.RawMessage) error {
		for _, raw := range page {
			var c struct{ SessionId string }
			if err := json.Unmarshal(raw, &c); err != nil {
				return err
			}
			ids = append(ids, c.SessionId)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids, l
}

func TestSource_Ends(t *testing.T) {
	tests := []struct {
		ends  archivetest.Ends
		want  []string
		count int
	}{
		{archivetest.Closed, []string{"before", "first", "last", "after"}, 2},
		{archivetest.Open, []string{"first", "last"}, 0},
		{archivetest.HalfOpen, []string{"before", "first", "last"}, 1},
	}
	for _, test := range tests {
		source := edges()
		source.Ends = test.ends
		got, l := listed(t, source)
		if diff := cmp.Diff(test.want, got); diff != "" || !l.Agreed || l.Total != len(got) {
			t.Errorf("%s: listing %+v, ids (-want +got):\n%s", test.ends, l, diff)
		}
		if n, err := source.Count(t.Context(), app, hour); err != nil || n != test.count {
			t.Errorf("%s: counts %d, error %v, want %d", test.ends, n, err, test.count)
		}
	}
}

// A call that comes while pages are read moves the pages, and the listing does not say that it is whole.
func TestSource_PagesShift(t *testing.T) {
	source := edges()
	source.PageSize = 2
	late := archivetest.Call{ID: "late", Time: hour.Start}
	pages := 0
	l, err := source.Calls(t.Context(), app, hour, func([]json.RawMessage) error {
		if pages++; pages == 1 {
			source.Add(app, late)
		}
		return nil
	})
	if err != nil || l.Agreed || pages != 3 {
		t.Errorf("listing %+v of %d pages, error %v", l, pages, err)
	}
}

// linkOf asks for the link of call-1's recording.
func linkOf(t *testing.T, source *archivetest.Source) string {
	t.Helper()
	found, err := source.Sessions(t.Context(), app, hour, []string{"call-1"})
	if err != nil || len(found) != 1 {
		t.Fatalf("%d sessions, error %v", len(found), err)
	}
	var c struct{ RecordURL string }
	if err := json.Unmarshal(found[0], &c); err != nil {
		t.Fatal(err)
	}
	return c.RecordURL
}

func TestSource_Links(t *testing.T) {
	now := hour.End
	source := archivetest.NewSource(func() time.Time { return now })
	source.LinkLife = 2 * time.Second
	source.Add(app, archivetest.Call{ID: "call-1", Time: hour.Start, Files: map[string]*archivetest.Media{
		"recording.mp3": {Body: []byte("sound"), Way: archivetest.Once(archivetest.Missing)},
	}})
	link := linkOf(t, source)
	if again := linkOf(t, source); again == link || strings.Count(link, archivetest.Secret) != 2 {
		t.Error("links are not fresh, or hold no secrets")
	}
	opens := []struct {
		link string
		wait time.Duration
		want error
	}{
		{link, 0, archive.ErrLinkMissing},
		{link, time.Second, nil},
		{link, time.Second, archive.ErrLinkExpired},
		{"https://elsewhere.example.com/", 0, archive.ErrLinkRefused},
	}
	for i, o := range opens {
		now = now.Add(o.wait)
		d, err := source.Open(t.Context(), o.link)
		if !errors.Is(err, o.want) {
			t.Errorf("open %d: %v, want %v", i+1, err, o.want)
		}
		if err == nil {
			if b, err := io.ReadAll(d.Body); err != nil || string(b) != "sound" {
				t.Errorf("open %d: %q, error %v", i+1, b, err)
			}
		}
	}
	if got := source.Downloads()["call-1/recording.mp3"]; got != 3 {
		t.Errorf("%d downloads counted", got)
	}
}
