package platform

import (
	"slices"
	"time"
)

// Stats is what a fleet has done since it was opened.
type Stats struct {
	Deliveries []Delivery // asynchronous events in the order of their coming, with those that an earlier fleet left
	Sync       int        // synchronous invocations, those refused for the limit too
	Starts     int        // processes
	Most       int        // runs side by side
	Refused    int        // tries of asynchronous events that were refused for the limit (432)
	Doubled    int        // events that a fault delivered twice
	Delayed    int        // events that a fault delivered late
	Lost       int        // events that a fault swallowed
}

// Count tells how many deliveries have come to this.
func (s Stats) Count(o Outcome) (n int) {
	for _, d := range s.Deliveries {
		if d.Outcome == o {
			n++
		}
	}
	return n
}

// Runs is how many tries of asynchronous events reached an instance.
func (s Stats) Runs() (n int) {
	for _, d := range s.Deliveries {
		n += d.Runs
	}
	return n
}

// Stats tells what has happened until now.
func (f *Fleet) Stats() Stats {
	starts, most := f.pool.counts()
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.books
	s := Stats{Sync: b.sync, Starts: starts, Most: most, Doubled: b.doubled, Delayed: b.delayed}
	for _, d := range b.all {
		s.Deliveries = append(s.Deliveries, *d)
		s.Refused += d.Refused
	}
	s.Lost = s.Count(Lost)
	return s
}

// books are what a fleet remembers. Fleet.mu guards them.
type books struct {
	all              []*Delivery
	last             int // number
	waiting, sync    int
	doubled, delayed int
}

// next is the number of the next delivery.
func (b *books) next() int { return b.last + 1 }

// enter takes a delivery in.
func (b *books) enter(d *Delivery) {
	b.all = append(b.all, d)
	b.last = max(b.last, d.Number)
	if d.Outcome == Waiting {
		b.waiting++
	}
}

// fated counts what a fault made of an event, given by the delays of its deliveries.
func (b *books) fated(id, event string, now time.Time, delays []time.Duration) {
	switch {
	case len(delays) == 0:
		b.enter(&Delivery{Number: b.next(), RequestID: id, Event: event, Accepted: now, Due: now, Outcome: Lost})
	case len(delays) > 1:
		b.doubled++
	case slices.Max(delays) > 0:
		b.delayed++
	}
}
