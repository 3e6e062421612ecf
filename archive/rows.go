package archive

import (
	"encoding/json"
	"fmt"

	"cdrvault/cdr"
)

// reading is what the API lists for a window.
type reading struct {
	listing    Listing
	rows       *rowSet
	outside    map[callKey]bool // calls that lie far outside the range that was asked, kept here
	processing map[callKey]bool // calls whose transcript is being made
	links      map[string]bool  // fields with media links that we do not know
	odd        map[callKey]bool // entries of the list that are no record
	cut        bool             // the run's time was up before the last page
	why        error            // what the reading was waiting for then
}

func (r *run) newReading() *reading {
	return &reading{rows: r.newRowSet(), outside: map[callKey]bool{}, processing: map[callKey]bool{},
		links: map[string]bool{}, odd: map[callKey]bool{}}
}

func (r *run) newRowSet() *rowSet { return newRowSet(r.batch, r.Scratch) }

// take normalises one raw record of w and adds it. ok is false for a record that belongs to a neighbour, or is none.
func (r *reading) take(norm *cdr.Normalizer, w Window, raw json.RawMessage) (rec cdr.Record, ok bool) {
	rec, err := norm.Normalize(raw)
	if err != nil {
		r.odd[keyOf(cdr.Identity(raw))] = true
		return rec, false
	}
	if rec.HasTime && w.Neighbour(rec.Time) {
		return rec, false
	}
	if rec.HasTime && !w.Contains(rec.Time) {
		r.outside[keyOf(rec.ID)] = true
	}
	if rec.AsrStatus == "Processing" {
		r.processing[keyOf(rec.ID)] = true
	} else if len(r.processing) > 0 {
		delete(r.processing, keyOf(rec.ID))
	}
	for _, field := range rec.UnknownLinks {
		r.links[field] = true
	}
	r.rows.add(call{id: rec.ID, time: rec.Time, line: rec.Line})
	return rec, true
}

// mark is what every row of a window has in it: the object that is added to each.
func (r *run) mark(t Task) []byte {
	return fmt.Appendf(nil, `"archive":{"schema":%d,"sdk_app_id":"%s","window":"%s"}`, cdr.Schema, t.App, r.Grid.Stamp(t.Window.Start))
}
