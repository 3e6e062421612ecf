package archive

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"cdrvault/cdr"
)

// call is one row: a call's line and what orders it.
type call struct {
	id   string
	time int64
	line []byte
}

// reading is what the API lists for a window.
type reading struct {
	listing    Listing
	calls      map[string]call
	outside    map[string]bool // calls that lie far outside the range that was asked, kept here
	processing map[string]bool // calls whose transcript is being made
	links      map[string]bool // fields with media links that we do not know
	odd        map[string]bool // entries of the list that are no record
	cut        bool            // the run's time was up before the last page
	why        error           // what the reading was waiting for then
}

func newReading() *reading {
	return &reading{calls: map[string]call{}, outside: map[string]bool{}, processing: map[string]bool{},
		links: map[string]bool{}, odd: map[string]bool{}}
}

// take normalises one raw record of w and adds it. ok is false for a record that belongs to a neighbour, or is none.
func (r *reading) take(norm *cdr.Normalizer, w Window, raw json.RawMessage) (rec cdr.Record, ok bool) {
	rec, err := norm.Normalize(raw)
	if err != nil {
		r.odd[cdr.Identity(raw)] = true
		return rec, false
	}
	if rec.HasTime && w.Neighbour(rec.Time) {
		return rec, false
	}
	if rec.HasTime && !w.Contains(rec.Time) {
		r.outside[rec.ID] = true
	}
	if rec.AsrStatus == "Processing" {
		r.processing[rec.ID] = true
	} else {
		delete(r.processing, rec.ID)
	}
	for _, field := range rec.UnknownLinks {
		r.links[field] = true
	}
	r.add(call{id: rec.ID, time: rec.Time, line: rec.Line})
	return rec, true
}

// add takes a call in. A call may be listed twice, even with another content: pages shift while they are read. The
// later state wins, but empties nothing.
func (r *reading) add(c call) {
	if before, ok := r.calls[c.id]; ok && !bytes.Equal(before.line, c.line) {
		if line, _, err := cdr.Merge(before.line, c.line); err == nil {
			c.line = line
		}
	}
	r.calls[c.id] = c
}

// union is what the lake has and what the API gives: a call that is no longer listed stays, and so does a value that
// comes back empty. It is what makes a second writer harmless: whoever writes last has read what the other wrote.
// A line of the lake that is no row of this window (mark tells its rows) was not written by us, and is left behind.
func (r *reading) union(lake [][]byte, mark []byte) (lines [][]byte, added, changed int, err error) {
	if len(lake) == 0 {
		return sorted(r.calls), len(r.calls), 0, nil
	}
	all := maps.Clone(r.calls)
	known := make(map[string]bool, len(lake))
	for _, line := range lake {
		id, t, ok := cdr.Head(line)
		if !ok || !bytes.Contains(line, mark) {
			continue
		}
		known[id] = true
		now, listed := all[id]
		if !listed {
			all[id] = call{id: id, time: t, line: line}
			continue
		}
		merged, differs, err := cdr.Merge(line, now.line)
		if err != nil {
			return nil, 0, 0, err
		}
		if differs {
			changed++
		}
		if _, t, ok := cdr.Head(merged); ok {
			now.time = t // a Time that the API blanked stays what it was
		}
		now.line = merged
		all[id] = now
	}
	for id := range r.calls {
		if !known[id] {
			added++
		}
	}
	return sorted(all), added, changed, nil
}

// sorted gives the lines by Time, then SessionId.
func sorted(calls map[string]call) [][]byte {
	room := make([]call, 0, len(calls))
	order := make([]*call, 0, len(calls)) // pointers are moved faster than calls
	for _, c := range calls {
		room = append(room, c)
		order = append(order, &room[len(room)-1])
	}
	slices.SortFunc(order, func(a, b *call) int {
		return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.id, b.id))
	})
	lines := make([][]byte, len(order))
	for i, c := range order {
		lines[i] = c.line
	}
	return lines
}

// mark is what every row of a window has in it: the object that is added to each.
func (r *run) mark(t Task) []byte {
	return fmt.Appendf(nil, `"archive":{"schema":%d,"sdk_app_id":"%s","window":"%s"}`, cdr.Schema, t.App, r.Grid.Stamp(t.Window.Start))
}
