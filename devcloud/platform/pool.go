package platform

import (
	"context"
	"sync"
)

// instance is what a fleet needs of an *Instance.
type instance interface {
	Invoke(context.Context, Invocation) (Result, error)
	Starts() int
	Close()
}

// pool hands out instances, each to one event at a time.
type pool struct {
	limit   int
	another func() instance

	mu     sync.Mutex
	idle   []instance // the one that was used last is the last
	busy   map[instance]bool
	most   int // busy ones at once
	before int // processes of instances that are gone
	closed bool
}

// take gives the instance that was used last, since it is the likeliest to be warm, or a new one; none above the limit.
func (p *pool) take() (instance, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.busy) >= p.limit {
		return nil, false
	}
	var i instance
	if last := len(p.idle) - 1; last >= 0 {
		i, p.idle = p.idle[last], p.idle[:last]
	} else {
		i = p.another()
	}
	p.busy[i] = true
	p.most = max(p.most, len(p.busy))
	return i, true
}

// give takes an instance back after its event.
func (p *pool) give(i instance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.busy, i)
	p.idle = append(p.idle, i)
	if p.closed {
		p.release()
	}
}

// reclaim ends the instances that are idle.
func (p *pool) reclaim() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.release()
}

// release ends the idle instances and tells how many. p.mu is held.
func (p *pool) release() int {
	for _, i := range p.idle {
		i.Close()
		p.before += i.Starts()
	}
	n := len(p.idle)
	p.idle = nil
	return n
}

// close ends all instances; those that are busy fail their event, and are gone once it is given back.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.release()
	for i := range p.busy {
		i.Close()
	}
}

// counts tells how many processes there have been, and how many instances were busy at once at most. It may wait for a
// process that starts.
func (p *pool) counts() (starts, most int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	starts = p.before
	for _, i := range p.idle {
		starts += i.Starts()
	}
	for i := range p.busy {
		starts += i.Starts()
	}
	return starts, p.most
}
