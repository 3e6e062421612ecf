package archivetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"cdrvault/archive"
)

// Host is where the links of a Source lead.
const Host = "media.example.com"

// Asked names the requests of a Source.
type Asked string

// The requests, as OnRequest and Requests name them.
const (
	AskedPage     Asked = "page"
	AskedCount    Asked = "count"
	AskedSessions Asked = "sessions"
)

// Ends is how an API reads the two ends of a range.
type Ends string

// The readings.
const (
	Closed   Ends = "closed"    // [from, to]
	Open     Ends = "open"      // (from, to)
	HalfOpen Ends = "half-open" // [from, to)
)

// Source is a contact center in memory: an archive.Source and archive.Opener that goes by a script. Each answer gives
// every link anew, with a token in its path and one in its query. Fields are set before it is used; calls may be
// changed at any time, from a hook too.
type Source struct {
	Now      func() time.Time
	Ends     Ends          // empty: Closed
	PageSize int           // 0: archive.PageSize
	LinkLife time.Duration // 0: links do not expire
	Meter    *archive.Meter

	// OnRequest is called with the number of the request among those of its name, counted from 1. Its error is the
	// answer. It may hang until ctx ends.
	OnRequest func(ctx context.Context, what Asked, n int) error

	// Doubt says that the nth listing, counted from 1, is not proved to be whole.
	Doubt func(n int) bool

	mu        sync.Mutex
	calls     map[string][]*Call // by application
	links     map[string]link
	requests  map[Asked]int
	listings  int
	downloads map[string]int // by session/name
}

// link is one that was given out.
type link struct {
	call *Call
	name string
	born time.Time
}

var (
	_ archive.Source = (*Source)(nil)
	_ archive.Opener = (*Source)(nil)
)

// NewSource makes a contact center without calls.
func NewSource(now func() time.Time) *Source {
	return &Source{Now: now, Ends: Closed, PageSize: archive.PageSize, calls: map[string][]*Call{}, links: map[string]link{},
		requests: map[Asked]int{}, downloads: map[string]int{}}
}

// Add adds calls to an application.
func (s *Source) Add(app string, calls ...Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range calls {
		s.calls[app] = append(s.calls[app], &c)
	}
}

// Edit changes a call.
func (s *Source) Edit(app, id string, change func(*Call)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls[app] {
		if c.ID == id {
			change(c)
			return
		}
	}
	panic("no call " + id)
}

// Withdraw has the API list a call no longer.
func (s *Source) Withdraw(app, id string) {
	s.Edit(app, id, func(c *Call) { c.Withdrawn = true })
}

// Calls lists the calls around w as archive.Source says, page by page, as they are when each page is asked for.
func (s *Source) Calls(ctx context.Context, app string, w archive.Window, yield func([]json.RawMessage) error) (archive.Listing, error) {
	listing, seen := archive.Listing{Reads: 1}, map[string]bool{}
	first := -1
	for n := 0; ; n++ {
		if err := s.ask(ctx, AskedPage); err != nil {
			return listing, err
		}
		page, total := s.page(app, w, n)
		for _, raw := range page {
			seen[identity(raw)] = true
		}
		if first < 0 {
			first = total
		}
		listing.Total, listing.Listed = total, len(seen)
		if err := yield(page); err != nil {
			return listing, err
		}
		if (n+1)*s.PageSize >= total {
			listing.Agreed = first == total && len(seen) == total && !s.doubts()
			return listing, nil
		}
	}
}

// identity is what a page's entry is counted by.
func identity(raw json.RawMessage) string {
	var c struct{ SessionId string }
	if json.Unmarshal(raw, &c) == nil && c.SessionId != "" {
		return c.SessionId
	}
	return string(raw)
}

func (s *Source) doubts() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listings++
	return s.Doubt != nil && s.Doubt(s.listings)
}

// page gives page n of the calls around w, and their number.
func (s *Source) page(app string, w archive.Window, n int) (page []json.RawMessage, total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.between(app, w.Start.Add(-time.Second), w.End)
	for _, c := range all[min(n*s.PageSize, len(all)):min((n+1)*s.PageSize, len(all))] {
		page = append(page, s.record(c))
	}
	return page, len(all)
}

// Count tells the number of calls in [Start, End-1s].
func (s *Source) Count(ctx context.Context, app string, w archive.Window) (int, error) {
	if err := s.ask(ctx, AskedCount); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.between(app, w.Start, w.End.Add(-time.Second))), nil
}

// Sessions lists the calls of w with the given ids, with fresh links.
func (s *Source) Sessions(ctx context.Context, app string, w archive.Window, ids []string) ([]json.RawMessage, error) {
	if err := s.ask(ctx, AskedSessions); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []json.RawMessage
	for _, c := range s.between(app, w.Start.Add(-time.Second), w.End) {
		if slices.Contains(ids, c.ID) {
			found = append(found, s.record(c))
		}
	}
	return found, nil
}

// between gives the calls that the API lists now for a range, by time. It is called with the lock held.
func (s *Source) between(app string, from, to time.Time) []*Call {
	var all []*Call
	now := s.Now()
	for _, c := range s.calls[app] {
		if c.listed(now) && s.inside(c.at(), from, to) {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b *Call) int { return a.at().Compare(b.at()) })
	return all
}

func (s *Source) inside(t, from, to time.Time) bool {
	switch s.Ends {
	case Open:
		return t.After(from) && t.Before(to)
	case HalfOpen:
		return !t.Before(from) && t.Before(to)
	}
	return !t.Before(from) && !t.After(to)
}

// record is a call with fresh links. It is called with the lock held.
func (s *Source) record(c *Call) json.RawMessage {
	now := s.Now()
	return c.record(now, func(name string) string {
		n := len(s.links)
		url := fmt.Sprintf("https://%s/%s-%d/files/%s?sign=%s-%d", Host, Secret, n, name, Secret, n)
		s.links[url] = link{call: c, name: name, born: now}
		return url
	})
}

// ask counts a request.
func (s *Source) ask(ctx context.Context, what Asked) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	s.requests[what]++
	n := s.requests[what]
	s.mu.Unlock()
	if s.Meter != nil {
		s.Meter.API()
	}
	if s.OnRequest != nil {
		return s.OnRequest(ctx, what, n)
	}
	return nil
}

// Open starts a download. A link that this Source did not give out is refused.
func (s *Source) Open(ctx context.Context, url string) (*archive.Download, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.links[url]
	if !ok {
		return nil, fmt.Errorf("open media: %w", archive.ErrLinkRefused)
	}
	m := l.call.Files[l.name]
	if m == nil {
		return nil, fmt.Errorf("open media: %w", archive.ErrLinkMissing)
	}
	m.downloads++
	s.downloads[l.call.ID+"/"+l.name]++
	if s.LinkLife > 0 && s.Now().Sub(l.born) >= s.LinkLife {
		return nil, fmt.Errorf("open media: %w", archive.ErrLinkExpired)
	}
	way := Whole
	if m.Way != nil {
		way = m.Way(m.downloads)
	}
	return m.download(ctx, s.Now(), way)
}
