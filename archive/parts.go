package archive

import (
	"crypto/sha256"
	"math"
	"time"
)

// A window with very many calls is written as several objects, and so is its index: the time of the window is cut into 2, 4,
// 8 … parts, and each part has an object of its own, numbered by the part. The object of the first has the key that the only
// one has otherwise. Into how many parts depends on the number of calls alone, so that whoever archives them writes the same
// bytes. A late call changes one object.
//
// A window never goes back to fewer parts: a call that was archived stays. A part in which nobody called has an object
// without lines, so that two runs which cut a window differently meet at each of its objects.

const (
	mostRows  = 250_000 // calls of a window for each of its parts, on average; see Options.MostRows
	mostParts = 64      // the API's two million calls of a window, eight times
)

// partsFor is into how many parts the time of a window with so many calls is cut.
func (a *Archiver) partsFor(calls int) int {
	parts := 1
	for calls > parts*a.MostRows && parts < mostParts {
		parts *= 2
	}
	return parts
}

// part is the i-th of n parts of a window's time. Calls that lie before or after the window belong to the first or the last.
func (w Window) part(i, n int) interval {
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

// survey cuts lines into the objects that they are to be stored in: one for each part, or none without lines.
func survey(first string, w Window, parts int, lines sequence) ([]part, error) {
	all, at, total, digest := make([]part, parts), 0, 0, sha256.New()
	for i := range all {
		all[i] = part{key: numbered(first, i), span: w.part(i, parts)}
	}
	next := func() {
		all[at].digest = hexSum(digest)
		digest.Reset()
		at++
	}
	err := lines(always, func(t int64, line []byte) error {
		for t > all[at].span.last {
			next()
		}
		all[at].lines++
		total++
		digest.Write(line)
		return nil
	})
	for at < parts {
		next()
	}
	if total == 0 {
		return nil, err
	}
	return all, err
}
