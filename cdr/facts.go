package cdr

import (
	"bytes"
	"math"
	"strconv"
)

// Read takes a stored line back as a Record, without Files and UnknownLinks: a line has no links any more. The error
// wraps ErrInvalid. The record keeps line.
func Read(line []byte) (Record, error) {
	p, root, err := parse(line)
	if err != nil {
		return Record{}, err
	}
	defer p.release()
	rec := facts(root)
	rec.Line = line
	return rec, nil
}

// Head reads back what a stored line is found and sorted by: the call's id, and its time in Unix seconds (0 where
// there is none). It is not ok where the line is no JSON object.
func Head(line []byte) (id string, t int64, ok bool) {
	rec, err := Read(line)
	return rec.ID, rec.Time, err == nil
}

// facts reads what the archive needs to know of a call.
func facts(root *node) Record {
	rec := Record{ID: identity(root)}
	rec.Time, rec.HasTime = integer(root.member("Time"))
	if talk, ok := integer(root.member("Duration")); ok {
		rec.Talk = max(talk, 0)
	}
	if status := root.member("AsrStatus"); status != nil && status.kind == text {
		rec.AsrStatus = decode(status.text)
	}
	return rec
}

// integer reads an integer however it is spelled: 1590547606, 1590547606.0, 1.590547606e9 or "1590547606".
func integer(n *node) (int64, bool) {
	if n == nil || n.kind != number && n.kind != text || !isNumeric(n.text) {
		return 0, false
	}
	if v, err := strconv.ParseInt(string(n.text), 10, 64); err == nil {
		return v, true
	}
	f, err := strconv.ParseFloat(string(n.text), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// isNumeric keeps out what ParseFloat reads beyond JSON's numbers: Inf, NaN, 0x1p4.
func isNumeric(s []byte) bool {
	return len(s) > 0 && len(bytes.TrimLeft(s, "0123456789+-.eE")) == 0
}
