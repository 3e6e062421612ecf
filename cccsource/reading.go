package cccsource

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"cdrvault/archive"
	"cdrvault/cdr"
)

const (
	// maxReads bounds how often a window is read until its pages agree with TotalCount.
	maxReads = 3
	// maxPages ends the reading of an API that invents calls for ever: two million in one window.
	maxPages = 20_000
)

// tally remembers which calls were seen, and in which reading last.
type tally map[key]int

// key is a digest of a call's identity. It takes a third of the memory that the id would take.
type key [16]byte

// reading begins the reading number no.
func (t tally) reading(no int) *reading { return &reading{seen: t, no: no} }

// reading is one pass over the pages of a listing. Pages are numbered over a set that may change meanwhile, so it
// also collects the evidence: how many calls, and whether TotalCount stood still.
type reading struct {
	no int

	mu       sync.Mutex
	seen     tally
	total    int    // TotalCount in the last answer
	distinct int    // calls seen in this reading
	entries  int    // as they were listed, calls that are listed twice included
	sum      uint64 // of the entries' keys, in whatever order they came
	moved    bool
	dry      bool // a page brought nothing new: there is nothing behind it
	issued   int  // pages asked for
	flying   int  // of them not answered yet
}

// read reads the pages of q, page 0 alone, since it tells the total, then the others side by side. give is called
// from several goroutines.
func (s *Source) read(ctx context.Context, q query, r *reading, give func([]json.RawMessage) error) (*reading, error) {
	if err := s.readPage(ctx, q, r, r.first(), give); err != nil {
		return nil, err
	}
	g, ctx := errgroup.WithContext(ctx)
	for range s.concurrency {
		g.Go(guarded(func() error {
			for n, ok := r.next(); ok; n, ok = r.next() {
				if err := s.readPage(ctx, q, r, n, give); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return r, g.Wait()
}

func (s *Source) readPage(ctx context.Context, q query, r *reading, n int, give func([]json.RawMessage) error) error {
	p, err := s.ask(ctx, q, n)
	if err != nil {
		return err
	}
	r.take(p)
	return give(p.calls)
}

func (r *reading) first() int {
	r.issued, r.flying = 1, 1
	return 0
}

// next answers with the number of the next page to ask for, if there is one. Pages that TotalCount announces go side
// by side. Behind them, one by one, go pages that the count does not explain: it was too small, or pages were short.
// A page that brings nothing new ends both, so that an API that lies, or repeats itself, comes to an end.
func (r *reading) next() (int, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	announced := r.issued*archive.PageSize < r.total
	unexplained := r.flying == 0 && r.distinct != r.total
	if r.dry || r.issued >= maxPages || !announced && !unexplained {
		return 0, false
	}
	r.issued++
	r.flying++
	return r.issued - 1, true
}

// take enters a page that came in.
func (r *reading) take(p page) {
	keys := identities(p.calls)
	r.mu.Lock()
	defer r.mu.Unlock()
	alone := r.issued == 1 // page 0: there is no earlier total
	r.moved = r.moved || !alone && p.total != r.total
	r.total = p.total
	r.flying--
	before := r.distinct
	r.entries += len(keys)
	for _, key := range keys {
		r.sum += binary.LittleEndian.Uint64(key[:])
		if r.seen[key] != r.no {
			r.seen[key] = r.no
			r.distinct++
		}
	}
	r.dry = r.dry || r.distinct == before
}

func identities(calls []json.RawMessage) []key {
	keys := make([]key, len(calls))
	for i, call := range calls {
		digest := sha256.Sum256([]byte(cdr.Identity(call)))
		keys[i] = key(digest[:len(keys[i])])
	}
	return keys
}

// agreed tells whether this reading proves the listing whole. A call that was listed in an earlier reading and is no
// longer does not count against it.
func (r *reading) agreed() bool { return !r.moved && r.distinct == r.total }

// repeats tells whether this reading is the one before over again, entry by entry, and both have as many as TotalCount says.
// Then the API lists some call twice, and nothing shifted while its pages were read: the listing is whole.
func (r *reading) repeats(last *reading) bool {
	return last != nil && !r.moved && !last.moved && r.entries == r.total && last.entries == last.total && r.sum == last.sum
}

// serially makes yield safe for several goroutines. After its first error it is not called again.
func serially(yield func([]json.RawMessage) error) func([]json.RawMessage) error {
	var (
		mu     sync.Mutex
		failed error
	)
	return func(page []json.RawMessage) error {
		mu.Lock()
		defer mu.Unlock()
		if failed == nil && len(page) > 0 {
			failed = yield(page)
		}
		return failed
	}
}

// rest waits before a window is read again. It answers false where ctx leaves no time for that: what was read must
// do then.
func rest(ctx context.Context, pause, reading time.Duration) bool {
	if end, ok := ctx.Deadline(); ok && time.Until(end) < pause+reading {
		return false
	}
	select {
	case <-time.After(pause):
		return true
	case <-ctx.Done():
		return false
	}
}
