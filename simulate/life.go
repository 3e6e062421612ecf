package main

import (
	"context"
	"crypto/rand"
	"maps"
	"net/http"
	"regexp"
	"sync"
)

// life is one run as the servers see it: everything that is signed with its key. Each run has a key of its own, as the
// platform hands them out, so the servers can tell runs apart, and kill one.
type life struct {
	id, secret, token string

	mu       sync.Mutex
	left     int  // requests until it is killed; negative: it is not
	applied  bool // the request at which it dies is still done; its answer is lost
	over     bool
	killed   bool
	requests map[string]int // by operation, of this run
	kill     context.CancelFunc
	flying   sync.WaitGroup
}

// Marks of every key that is ever handed out: none of them may be found anywhere.
const (
	idMark     = "AKIDofSimulation"
	secretMark = "SecretOfSimulation"
	tokenMark  = "TokenOfSimulation"
)

func newLife(left int, applied bool, kill context.CancelFunc) *life {
	return &life{id: idMark + rand.Text(), secret: secretMark + rand.Text(), token: tokenMark + rand.Text(),
		left: left, applied: applied, kill: kill, requests: map[string]int{}}
}

// fate is what becomes of one request of a life.
type fate int

const (
	served fate = iota
	last        // the run is killed at this request
	lost        // the run is over: nothing of it reaches a server any more
)

// enter counts a request. Unless it is lost, leave follows.
func (l *life) enter(operation string) fate {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return lost
	}
	l.flying.Add(1)
	l.requests[operation]++
	if l.left == 0 {
		l.over, l.killed = true, true
		return last
	}
	l.left--
	return served
}

func (l *life) leave() { l.flying.Done() }

// end ends a life that came to its natural end, and waits until what it had in flight has landed: a server may still be
// at work on a request that nobody waits for.
func (l *life) end() {
	l.mu.Lock()
	l.over = true
	l.mu.Unlock()
	l.flying.Wait()
}

// counts gives the requests by operation.
func (l *life) counts() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.requests)
}

func (l *life) wasKilled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.killed
}

// lives are the runs that have a key.
type lives struct {
	mu   sync.Mutex
	byID map[string]*life
}

func (s *lives) add(l *life) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byID[l.id] = l
}

func (s *lives) find(id string) *life {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID[id]
}

// credentials is the servers' look-up of a key.
func (s *lives) credentials(id string) (secret, token string, ok bool) {
	l := s.find(id)
	if l == nil {
		return "", "", false
	}
	return l.secret, l.token, true
}

var signer = regexp.MustCompile(`(?:Credential=|q-ak=)(` + idMark + `[A-Z0-9]+)`)

// guard lets a request through to next as long as the run that signed it lives. What no run signed, as the links of
// media, passes: it changes nothing.
func (s *lives) guard(next http.Handler, operation func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found := signer.FindStringSubmatch(r.Header.Get("Authorization"))
		if found == nil || s.find(found[1]) == nil {
			next.ServeHTTP(w, r)
			return
		}
		l := s.find(found[1])
		switch l.enter(operation(r)) {
		case served:
			defer l.leave()
			next.ServeHTTP(w, r)
		case last:
			defer l.leave()
			if l.applied {
				serveUnheard(next, r)
			}
			l.kill()
			panic(http.ErrAbortHandler)
		case lost:
			panic(http.ErrAbortHandler)
		}
	})
}

// serveUnheard has next do its work, without anybody to hear the answer. A fault that ends the connection ends nothing.
func serveUnheard(next http.Handler, r *http.Request) {
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			panic(p)
		}
	}()
	next.ServeHTTP(unheard{http.Header{}}, r)
}

type unheard struct{ header http.Header }

func (u unheard) Header() http.Header       { return u.header }
func (unheard) WriteHeader(int)             {}
func (unheard) Write(p []byte) (int, error) { return len(p), nil }
