package cccsource

import (
	"context"
	"sync"
)

// permits are those of a pace: at most so many are out at once. Their number may change while some are out; where it falls below
// these, nobody gets one until enough have come back.
type permits struct {
	mu    sync.Mutex
	most  int
	out   int
	freed chan struct{} // closed when somebody may get one; nil: nobody waits
}

// get waits for a permit.
func (p *permits) get(ctx context.Context) error {
	for {
		wait := p.try()
		if wait == nil {
			return nil
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// try takes a permit, or gives what to wait for before the next try.
func (p *permits) try() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out < p.most {
		p.out++
		return nil
	}
	if p.freed == nil {
		p.freed = make(chan struct{})
	}
	return p.freed
}

// back takes a permit back.
func (p *permits) back() { p.change(func() { p.out-- }) }

// allow changes how many may be out.
func (p *permits) allow(most int) { p.change(func() { p.most = most }) }

// change does what may let somebody have a permit, and wakes those that wait.
func (p *permits) change(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
	if p.freed != nil {
		close(p.freed)
		p.freed = nil
	}
}
