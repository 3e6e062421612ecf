package archivetest

import (
	"maps"

	"cdrvault/archive"
)

// Requests is the number of requests by name.
func (s *Source) Requests() map[Asked]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.requests)
}

// Downloads is the number of downloads that were begun, by session/name.
func (s *Source) Downloads() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.downloads)
}

// ResetCounts begins to count requests and downloads anew.
func (s *Source) ResetCounts() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.requests)
	clear(s.downloads)
}

// Listed gives the session ids of the calls that belong to w and that the API lists now.
func (s *Source) Listed(app string, w archive.Window) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, c := range s.calls[app] {
		if c.listed(s.Now()) && c.Raw == "" && w.Contains(c.Time.Unix()) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// File gives the bytes of a file by the session's folder and the name that it has in the bucket.
func (s *Source) File(app, session, name string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls[app] {
		if m := c.Files[name]; m != nil && archive.EscapeSession(c.ID) == session {
			return m.Body, true
		}
	}
	return nil, false
}
