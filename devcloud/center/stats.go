package center

import (
	"maps"
	"net/http"
	"sync"
)

// Stats counts what was asked since the start or the last Reset.
type Stats struct {
	Requests map[string]int // by Operation, refused ones included
	Refused  map[string]int // by the code of the API's error
	Files    map[string]int // GETs that a file was sent for, by its name at the source
}

// Stats is a copy of the counters.
func (c *Center) Stats() Stats {
	c.stats.mu.Lock()
	defer c.stats.mu.Unlock()
	return Stats{maps.Clone(c.stats.Requests), maps.Clone(c.stats.Refused), maps.Clone(c.stats.Files)}
}

// Reset sets all counters to zero.
func (c *Center) Reset() {
	c.stats.mu.Lock()
	defer c.stats.mu.Unlock()
	clear(c.stats.Requests)
	clear(c.stats.Refused)
	clear(c.stats.Files)
}

type stats struct {
	mu sync.Mutex
	Stats
}

func newStats() *stats {
	return &stats{Stats: Stats{map[string]int{}, map[string]int{}, map[string]int{}}}
}

func (s *stats) request(operation string) { s.add(s.Requests, operation) }

func (s *stats) refuse(code string) { s.add(s.Refused, code) }

func (s *stats) file(method, name string) {
	if method == http.MethodGet {
		s.add(s.Files, name)
	}
}

func (s *stats) add(to map[string]int, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to[name]++
}
