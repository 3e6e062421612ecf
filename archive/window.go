package archive

import "time"

// Window is the half-open span [Start, End) of calls that is archived as one unit: one rows object, one media
// index, one manifest. Both ends are UTC.
type Window struct {
	Start, End time.Time
}

// Contains tells whether t, in Unix seconds, lies in w.
func (w Window) Contains(t int64) bool {
	return w.Start.Unix() <= t && t < w.End.Unix()
}

// Length is the window's duration.
func (w Window) Length() time.Duration { return w.End.Sub(w.Start) }

// Neighbour tells whether t lies in the range that a Source asks for w, but not in w: such a call belongs to the
// window before or after, which lists it too.
func (w Window) Neighbour(t int64) bool {
	return t == w.Start.Unix()-1 || t == w.End.Unix()
}

// Grid cuts time into windows. Length divides an hour, and Zone has a fixed whole-hour offset, so every window lies in
// one hour of one day, and every window begins on a multiple of Length since the Unix epoch.
type Grid struct {
	Zone   *time.Location
	Length time.Duration
}

func (g Grid) String() string { return g.Length.String() + " in " + g.Zone.String() }

// At is the window that t lies in.
func (g Grid) At(t time.Time) Window {
	start := t.UTC().Truncate(g.Length)
	return Window{Start: start, End: start.Add(g.Length)}
}

// Closed is the last window that has ended at now.
func (g Grid) Closed(now time.Time) Window {
	end := now.UTC().Truncate(g.Length)
	return Window{Start: end.Add(-g.Length), End: end}
}

// Widen moves both ends of [from, to) out to the nearest edges of the grid.
func (g Grid) Widen(from, to time.Time) Window {
	start, end := from.UTC().Truncate(g.Length), to.UTC().Truncate(g.Length)
	if end.Before(to) {
		end = end.Add(g.Length)
	}
	return Window{Start: start, End: end}
}

// Cut lists the windows of a span that lies on the grid, oldest first.
func (g Grid) Cut(span Window) []Window {
	var windows []Window
	for t := span.Start; t.Before(span.End); t = t.Add(g.Length) {
		windows = append(windows, Window{Start: t, End: t.Add(g.Length)})
	}
	return windows
}

// Stamp is t as answers, rows and metadata give it: RFC 3339 in the archive's zone.
func (g Grid) Stamp(t time.Time) string { return t.In(g.Zone).Format(time.RFC3339) }
