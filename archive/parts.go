package archive

import (
	"crypto/sha256"
	"hash"
	"math"
	"time"
)

// A window with very many calls is written as several objects, and so is its index: the time of the window is cut into 2, 4,
// 8 … slices, and each slice that has lines has an object of its own. The first object has the key that the only one has
// otherwise; the others are numbered by their slices. Into how many slices depends on the number of calls alone, so that
// whoever archives them writes the same bytes. A late call changes one object.
//
// A window never goes back to fewer slices: a call that was archived stays, and no object is ever deleted.

const (
	mostRows  = 250_000 // calls of a window for each of its slices, on average; see Options.MostRows
	mostParts = 8192    // slices: the numbers in keys have four digits
)

// partsFor is in how many slices the time of a window with so many calls is cut.
func (a *Archiver) partsFor(calls int) int {
	parts := 1
	for calls > parts*a.MostRows && parts < mostParts {
		parts *= 2
	}
	return parts
}

// slice is the i-th of n slices of a window's time. Calls that lie before or after the window belong to the first or the last.
func (w Window) slice(i, n int) interval {
	start, length := w.Start.Unix(), int64(w.Length()/time.Second)
	s := interval{start + int64(i)*length/int64(n), start + int64(i+1)*length/int64(n) - 1}
	if i == 0 {
		s.first = math.MinInt64
	}
	if i == n-1 {
		s.last = math.MaxInt64
	}
	return s
}

// sequence hands the lines of calls in span to yield, in the order of the lake.
type sequence func(span interval, yield func(t int64, line []byte) error) error

// part is one object of lines as it is to be.
type part struct {
	key    string
	span   interval
	lines  int
	digest string // of the lines; empty where nobody has looked
}

// survey cuts lines into the objects that they are to be stored in. The first slice that has lines goes into the object
// without a number, whichever it is: a window has that object as soon as it has calls.
func survey(first string, w Window, parts int, lines sequence) ([]part, error) {
	var (
		found  []part
		digest hash.Hash
		slice  = -1
		span   interval
	)
	closing := func() {
		if digest != nil {
			found[len(found)-1].digest = hexSum(digest)
		}
	}
	err := lines(always, func(t int64, line []byte) error {
		if slice < 0 || t > span.last {
			closing()
			for slice < 0 || t > span.last {
				slice++
				span = w.slice(slice, parts)
			}
			key := numbered(first, slice)
			if len(found) == 0 {
				key = first
			}
			found, digest = append(found, part{key: key, span: span}), sha256.New()
		}
		found[len(found)-1].lines++
		digest.Write(line)
		return nil
	})
	closing()
	return found, err
}
