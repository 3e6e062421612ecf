package cli

import (
	"time"

	"cdrvault/archive"
)

// After a backfill that was stopped thousands of windows are not archived. They are told as the stretches that they make.

// stretch is findings that are told as one: windows on end that are not archived, or a single one of any kind.
type stretch struct {
	archive.Finding
	windows int
	end     time.Time // of the last window; zero where no other joins
}

// stretches joins what is not archived of neighbouring windows of one application. length is that of a window; 0: nothing is joined.
func stretches(found []archive.Finding, length time.Duration) []*stretch {
	var all []*stretch
	last := map[string]*stretch{} // by application
	for _, f := range found {
		start, err := time.Parse(time.RFC3339, f.Window)
		if err != nil || length == 0 || f.Trouble != archive.Missing || f.What != "manifest" {
			all = append(all, &stretch{Finding: f, windows: 1})
			continue
		}
		if s := last[f.App]; s != nil && s.end.Equal(start) {
			s.windows, s.end = s.windows+1, start.Add(length)
			continue
		}
		last[f.App] = &stretch{Finding: f, windows: 1, end: start.Add(length)}
		all = append(all, last[f.App])
	}
	return all
}

// findings has an entry for each stretch.
func findings(found []archive.Finding, length time.Duration, below bool) string {
	t := newListing(below, "name", "window", "app", "trouble", "what", "why")
	for _, s := range stretches(found, length) {
		if s.windows == 1 {
			t.add(s.Name, shortTime(s.Window), s.App, s.Trouble, s.What, s.Why)
			continue
		}
		when := shortTime(s.Window) + " – " + shortTime(s.end.Format(time.RFC3339))
		t.add("", when, s.App, s.Trouble, "manifests", count(int64(s.windows), "window")+" are not archived")
	}
	return t.render()
}
