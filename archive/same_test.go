package archive

import (
	"bytes"
	"testing"
	"time"
)

// booksOfAll has a file of each list, with times in a zone of their own.
func booksOfAll() *Manifest {
	seconds, start := 1.5, time.Date(2026, 11, 22, 5, 0, 0, 0, time.FixedZone("UTC+8", 8*60*60))
	return &Manifest{Version: manifestVersion, App: "1400000000", From: "2026-11-22T05:00:00+08:00", To: "2026-11-22T06:00:00+08:00", Timezone: "UTC+8",
		Calls: 3, Listing: Counted{Total: 5, Listed: 5, Inside: 3, Agreed: true},
		Media: []File{{Key: "a", Status: Archived, Bytes: 7, Seconds: &seconds}},
		Debts: []Debt{{File: File{Key: "b", Status: Pending, Reason: "not at the source"}, Since: start, Tries: 1, LastTry: start, GoneBy: start.AddDate(0, 3, 0)}},
		Lost:  []File{{Key: "c", Status: Lost, Reason: "gone"}},
	}
}

// encoded is a manifest as it is stored.
func encoded(m *Manifest) ([]byte, error) {
	var b bytes.Buffer
	err := m.encode(&b)
	return b.Bytes(), err
}

// A manifest that was read says the same as the one that was written, whoever wrote it. Anything else that it says is something else.
func TestManifest_Same(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Manifest)
		same   bool
	}{
		"nothing":              {func(*Manifest) {}, true},
		"who committed, when":  {func(m *Manifest) { m.CommittedBy, m.CommittedAt, m.Reason = "request-2", time.Unix(1, 0), ReasonOwing }, true},
		"what was new then":    {func(m *Manifest) { m.Added, m.Changed = 1, 1 }, true},
		"calls of a neighbour": {func(m *Manifest) { m.Listing.Total, m.Listing.Listed = 6, 6 }, true},
		"a call":               {func(m *Manifest) { m.Calls++ }, false},
		"not proved":           {func(m *Manifest) { m.Listing.Agreed = false }, false},
		"final":                {func(m *Manifest) { m.State = Final }, false},
		"other rows":           {func(m *Manifest) { m.Rows = &Content{} }, false},
		"bytes of a file":      {func(m *Manifest) { m.Media[0].Bytes++ }, false},
		"length of a file":     {func(m *Manifest) { longer := 2.5; m.Media[0].Seconds = &longer }, false},
		"no length":            {func(m *Manifest) { m.Media[0].Seconds = nil }, false},
		"a try":                {func(m *Manifest) { m.Debts[0].Tries++ }, false},
		"a later try":          {func(m *Manifest) { m.Debts[0].LastTry = time.Unix(1, 0) }, false},
		"why it is owed":       {func(m *Manifest) { m.Debts[0].Reason = "refused" }, false},
		"why it is lost":       {func(m *Manifest) { m.Lost[0].Reason = "refused" }, false},
		"a file more":          {func(m *Manifest) { m.Lost = append(m.Lost, File{Key: "d", Status: Lost}) }, false},
		"nothing lost":         {func(m *Manifest) { m.Lost = []File{} }, false},
		"no list":              {func(m *Manifest) { m.Lost = nil }, false},
	} {
		grid := Grid{Zone: time.FixedZone("UTC+8", 8*60*60), Length: time.Hour}
		sealed, err := encoded(booksOfAll())
		if err != nil {
			t.Fatal(err)
		}
		read, err := decodeManifest(sealed, "1400000000", grid.At(time.Date(2026, 11, 21, 21, 0, 0, 0, time.UTC)), grid)
		if err != nil {
			t.Fatal(err)
		}
		now := booksOfAll()
		test.change(now)
		if got := now.same(read); got != test.same {
			t.Errorf("%s: same %v, want %v", name, got, test.same)
		}
	}
}
