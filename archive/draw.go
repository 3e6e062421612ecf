package archive

import (
	"context"
	"math"
	"sync"
	"time"
)

// Where the calls of a sample are listed: all of them where they are few, else at moments to which counts lead.

// Bounds of a sample.
const (
	mostMoments  = 16 // at which calls are listed
	listingCalls = 90 // the most of a moment, unless they come in one second: they fit into one request
	mostPages    = 64 // requests up to which all calls are listed: to find moments would take as many
)

// draw chooses moments so that each call has the same chance, be it from a busy hour or from a quiet one: the calls of the plan
// are numbered and cut into equal parts, and counts lead to where one call of each part lies. Which one differs from part to part,
// or nights at both ends of a day would never be drawn.
func (r *run) draw(stretches []stretch, all int) (moments []*moment, err error) {
	drawn, counts := make([]*moment, min(mostMoments, all)), &spotCounts{asked: map[spot]*spotCount{}}
	err = r.counting(len(drawn), func(ctx context.Context, i int) (err error) {
		_, where := math.Modf(float64(i+1) * math.Phi) // multiples of the golden ratio lie scattered
		s, nth := pick(stretches, int((float64(i)+where)*float64(all)/float64(len(drawn))))
		drawn[i], err = r.narrow(ctx, s, nth, counts)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, m := range drawn {
		if last := len(moments) - 1; last >= 0 && moments[last].spot == m.spot {
			moments[last].drawn++
		} else {
			moments = append(moments, m)
		}
	}
	return moments, nil
}

// spotCounts are the counts that several moments are looked for with, side by side. None is asked twice: who comes second waits.
type spotCounts struct {
	mu    sync.Mutex
	asked map[spot]*spotCount
}

// spotCount is one of them.
type spotCount struct {
	done  chan struct{} // closed once the answer is there
	calls int
	err   error
}

// of is how many calls lie in a spot; count asks for it.
func (c *spotCounts) of(at spot, count func() (int, error)) (int, error) {
	c.mu.Lock()
	one, known := c.asked[at]
	if !known {
		one = &spotCount{done: make(chan struct{})}
		c.asked[at] = one
	}
	c.mu.Unlock()
	if known {
		<-one.done
		return one.calls, one.err
	}
	defer close(one.done)
	one.calls, one.err = count()
	return one.calls, one.err
}

// whole gives moments of which each is all calls of a stretch, and how many requests it takes to list them.
func whole(stretches []stretch) (moments []*moment, pages int) {
	for _, s := range stretches {
		if n := s.unread(); n > 0 {
			moments = append(moments, &moment{spot: spot{s.app, s.span}, drawn: n})
			pages += (n + PageSize - 1) / PageSize
		}
	}
	return moments, pages
}

// unread is how many calls of s have still to be read for the first time.
func (s stretch) unread() int {
	if s.told {
		return 0
	}
	return max(s.calls, 0)
}

// pick gives the stretch that the nth unread call lies in, and its number there.
func pick(stretches []stretch, nth int) (stretch, int) {
	for _, s := range stretches {
		if nth < s.unread() {
			return s, nth
		}
		nth -= s.unread()
	}
	return stretches[len(stretches)-1], 0
}

// narrow halves s by counts until few calls are left, the nth among them.
func (r *run) narrow(ctx context.Context, s stretch, nth int, counts *spotCounts) (m *moment, err error) {
	m = &moment{drawn: 1}
	for s.calls > listingCalls && s.span.Length() >= 2*time.Second {
		if s.span.Length() == r.Grid.Length {
			m.crowd = s.calls
		}
		half := stretch{app: s.app, span: Window{Start: s.span.Start, End: r.Grid.middle(s.span)}}
		half.calls, err = counts.of(spot{half.app, half.span}, func() (int, error) {
			asked := half
			err := r.countOne(ctx, &asked)
			return asked.calls, err
		})
		if err != nil {
			return nil, err
		}
		if nth < half.calls {
			s = half
			continue
		}
		nth -= half.calls
		s = stretch{app: s.app, span: Window{Start: half.span.End, End: s.span.End}, calls: s.calls - half.calls}
	}
	m.spot = spot{s.app, s.span}
	return m, nil
}

// middle halves a span: between two windows where it has several.
func (g Grid) middle(w Window) time.Time {
	unit := time.Second
	if w.Length() > g.Length {
		unit = g.Length
	}
	return w.Start.Add((w.Length() / 2).Truncate(unit))
}
