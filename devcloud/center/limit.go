package center

import (
	"sync"
	"time"
)

// window refuses what would make more than n requests in any one second, by the times of the last n that it let
// pass. Refused requests do not count.
type window struct {
	mu   sync.Mutex
	last []time.Time // a ring; nil: no limit
	next int
}

func newWindow(n int) *window { return &window{last: make([]time.Time, max(0, n))} }

// take tells whether a request may pass at the time now.
func (w *window) take(now time.Time) bool {
	if len(w.last) == 0 {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if oldest := w.last[w.next]; now.Sub(oldest) < time.Second {
		return false
	}
	w.last[w.next] = now
	w.next = (w.next + 1) % len(w.last)
	return true
}
