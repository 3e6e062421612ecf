package stage

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Stage is the running servers. The caller closes it.
type Stage struct {
	Addresses Addresses

	scene   atomic.Pointer[scene]
	mu      sync.Mutex // guards counts
	counts  Counts
	used    time.Duration // CPU time before the scene
	servers []*http.Server
}

// scene is a Scene with what has come of it.
type scene struct {
	Scene
	cut     atomic.Bool // the flaky link has failed already
	mu      sync.Mutex
	objects map[string]*object
}

// Open starts the servers on ports of loopback, with a scene that has nothing.
func Open() (*Stage, error) {
	s := &Stage{}
	s.set(Scene{})
	tape() // made now, not while something is measured
	calls := &api{stage: s}
	for _, part := range []struct {
		address *string
		handler http.Handler
	}{
		{&s.Addresses.API, calls},
		{&s.Addresses.Media, studio{s}},
		{&s.Addresses.Bucket, newBucket(s)},
		{&s.Addresses.Control, control{s}},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.Close()
			return nil, err
		}
		*part.address = l.Addr().String()
		server := &http.Server{Handler: part.handler}
		s.servers = append(s.servers, server)
		go server.Serve(l)
	}
	calls.media = s.Addresses.Media
	return s, nil
}

// Close ends the servers.
func (s *Stage) Close() error {
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, server.Close())
	}
	return errors.Join(errs...)
}

func (s *Stage) set(to Scene) {
	s.scene.Store(&scene{Scene: to, objects: map[string]*object{}})
	s.count(func(c *Counts) { *c, s.used = Counts{Store: map[string]int{}}, cpuTime() })
}

func (s *Stage) current() *scene { return s.scene.Load() }

func (s *Stage) count(add func(*Counts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	add(&s.counts)
}

// control takes a scene by POST and gives the counts by GET.
type control struct{ stage *Stage }

func (c control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		var to Scene
		if err := json.NewDecoder(r.Body).Decode(&to); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if to.Bytes > 0 {
			recordingCRC(to.Bytes)
		}
		c.stage.set(to)
		return
	}
	c.stage.count(func(now *Counts) {
		now.CPU = cpuTime() - c.stage.used
		json.NewEncoder(w).Encode(now)
	})
}

// cpuTime is what this process has used until now, in user and kernel.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
