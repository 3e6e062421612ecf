package archive

import (
	"container/heap"
	"fmt"
	"io"
	"math"
	"slices"

	"cdrvault/cdr"
)

// interval is a span of Unix seconds, both ends included.
type interval struct{ first, last int64 }

// always is all time.
var always = interval{math.MinInt64, math.MaxInt64}

// each hands the calls in span to yield, one row for each, in the order of the lake. It may be asked again and again; rows
// may be added in between, but not meanwhile.
func (s *rowSet) each(span interval, yield func(c call) error) error {
	if s.err != nil {
		return s.err
	}
	m, err := s.merge(span)
	if err != nil {
		return err
	}
	for len(m) > 0 {
		c, err := m.pop()
		if err != nil {
			return err
		}
		for len(m) > 0 && m[0].top.time == c.time && m[0].top.id == c.id {
			later, err := m.pop()
			if err != nil {
				return err
			}
			if c, err = s.join(c, later); err != nil {
				return err
			}
		}
		if err := yield(c); err != nil {
			return err
		}
	}
	return nil
}

// join makes one row of two states of a call.
func (s *rowSet) join(c, later call) (call, error) {
	line, changed, err := cdr.Merge(c.line, later.line)
	if err != nil {
		return c, fmt.Errorf("unite rows: %w", err)
	}
	if changed {
		s.altered[keyOf(c.id)] = true
	}
	c.line = line
	return c, nil
}

// merge opens a stream for each batch that has rows in span.
func (s *rowSet) merge(span interval) (merge, error) {
	var m merge
	err := error(nil)
	open := func(next func() (call, error)) {
		if err == nil {
			err = m.push(&stream{next: next, span: span})
		}
	}
	for _, b := range s.full {
		if b.first <= span.last && b.last >= span.first {
			open(s.unmoved(b.reader().next))
		}
	}
	open(s.unmoved(listed(s.sorted())))
	if len(s.moved) > 0 {
		moved, err := s.gather()
		if err != nil {
			return nil, err
		}
		open(listed(moved))
	}
	return m, err
}

// unmoved leaves the calls out that have states at different times.
func (s *rowSet) unmoved(next func() (call, error)) func() (call, error) {
	if len(s.moved) == 0 {
		return next
	}
	return func() (call, error) {
		for {
			c, err := next()
			if err != nil || !s.moved[keyOf(c.id)] {
				return c, err
			}
		}
	}
}

// gather makes one row of each call that has states at different times. They are few, and are held in memory: an API that
// changes a call's time between two pages or two readings does so to calls that are still being made up.
func (s *rowSet) gather() ([]call, error) {
	states := map[callKey][]call{}
	take := func(c call) {
		if key := keyOf(c.id); s.moved[key] {
			states[key] = append(states[key], c)
		}
	}
	for _, b := range s.full {
		r := b.reader()
		c, err := r.next()
		for ; err == nil; c, err = r.next() {
			take(c)
		}
		if err != io.EOF {
			return nil, err
		}
	}
	for _, c := range s.open {
		take(c)
	}
	rows := make([]call, 0, len(states))
	for _, all := range states {
		slices.SortFunc(all, func(a, b call) int { return a.nth - b.nth })
		c := all[0]
		for _, later := range all[1:] {
			var err error
			if c, err = s.join(c, later); err != nil {
				return nil, err
			}
		}
		_, c.time, _ = cdr.Head(c.line)
		rows = append(rows, c)
	}
	slices.SortFunc(rows, compareCalls)
	return rows, nil
}

// listed gives rows one by one, and io.EOF after them.
func listed(rows []call) func() (call, error) {
	return func() (call, error) {
		if len(rows) == 0 {
			return call{}, io.EOF
		}
		c := rows[0]
		rows = rows[1:]
		return c, nil
	}
}

// stream is a sorted stream of rows, with its next row on top.
type stream struct {
	top  call
	next func() (call, error)
	span interval
}

// advance puts the next row of the span on top. It is false at the end.
func (s *stream) advance() (bool, error) {
	for {
		c, err := s.next()
		switch {
		case err == io.EOF || err == nil && c.time > s.span.last:
			return false, nil
		case err != nil:
			return false, err
		case c.time >= s.span.first:
			s.top = c
			return true, nil
		}
	}
}

// merge is streams that give their rows in one order: a heap by their tops.
type merge []*stream

// push adds a stream that has rows.
func (m *merge) push(s *stream) error {
	more, err := s.advance()
	if more {
		heap.Push((*heaped)(m), s)
	}
	return err
}

// pop takes the first row of all.
func (m *merge) pop() (call, error) {
	s := (*m)[0]
	c := s.top
	more, err := s.advance()
	switch {
	case err != nil:
		return c, err
	case more:
		heap.Fix((*heaped)(m), 0)
	default:
		heap.Pop((*heaped)(m))
	}
	return c, nil
}

// heaped is a merge as container/heap wants it.
type heaped merge

func (h heaped) Len() int           { return len(h) }
func (h heaped) Less(i, j int) bool { return compareCalls(h[i].top, h[j].top) < 0 }
func (h heaped) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *heaped) Push(s any)        { *h = append(*h, s.(*stream)) }
func (h *heaped) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	*h = (*h)[:last]
	return s
}
