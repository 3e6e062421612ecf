package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"path"
	"sync/atomic"
	"time"

	"cdrvault/devcloud/bucket"
	"cdrvault/devcloud/center"
	"cdrvault/devcloud/fault"
)

// clock is the world's. It moves between the runs, and where pace is set a little with every request to the API: then
// calls are listed, transcripts completed and links expired while a run is at work.
type clock struct {
	unix, latest, pace atomic.Int64
}

func (c *clock) now() time.Time { return time.Unix(c.unix.Load(), 0).UTC() }

// set moves the clock to a moment from which it may tick for not quite an hour.
func (c *clock) set(to time.Time) {
	c.unix.Store(to.Unix())
	c.latest.Store(to.Add(50 * time.Minute).Unix())
}

func (c *clock) tick() {
	if c.unix.Load() < c.latest.Load() {
		c.unix.Add(c.pace.Load())
	}
}

// ticking moves the clock with every request for calls.
func (c *clock) ticking(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if center.Operation(r) == "DescribeTelCdr" {
			c.tick()
		}
		next.ServeHTTP(w, r)
	})
}

// cloud is devcloud's contact center and bucket, with the faults of the weather in front of each, and in front of
// these the lives of the runs.
type cloud struct {
	lives   lives
	center  *center.Center
	bucket  *bucket.Bucket
	weather *weather
	api     *server // the API and the media
	storage *server
}

// newCloud serves a contact center without calls and a bucket in the folder dir.
func newCloud(dir string, o center.Options, t *clock, w *weather) (*cloud, error) {
	c := &cloud{lives: lives{byID: map[string]*life{}}, weather: w}
	o.Credentials, o.Now, o.Wall = c.lives.credentials, t.now, time.Now
	c.center = center.New(o)
	var err error
	c.bucket, err = bucket.New(bucket.Options{Dir: dir, Name: "lake-1250000000", Credentials: c.lives.credentials,
		Now: t.now, SignedAt: time.Now, NoSync: true})
	if err != nil {
		return nil, err
	}
	front := fault.Wire{Operation: center.Operation, Refuse: center.Refuse}
	api := w.api.Wrap(t.ticking(w.odd.wrap(w.mourn(c.center))), front)
	c.api, err = listen(c.lives.guard(api, center.Operation))
	if err != nil {
		return nil, err
	}
	storage := w.bucket.Wrap(c.bucket, fault.Wire{Operation: bucket.Operation, Refuse: bucket.Refuse})
	c.storage, err = listen(c.lives.guard(storage, bucket.Operation))
	if err != nil {
		return nil, errors.Join(err, c.api.close())
	}
	return c, nil
}

func (c *cloud) close() error { return errors.Join(c.api.close(), c.storage.close()) }

// mourn answers 404 for the files that the source has lost for good.
func (w *weather) mourn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.gone[path.Base(r.URL.Path)] {
			center.Refuse(rw, r, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
			return
		}
		next.ServeHTTP(rw, r)
	})
}

// server serves one handler on a port of loopback.
type server struct {
	http    http.Server
	address string
}

func listen(h http.Handler) (*server, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{address: l.Addr().String()}
	s.http.Handler = h
	s.http.ReadHeaderTimeout = time.Minute
	s.http.ErrorLog = log.New(io.Discard, "", 0) // every fault would be told
	go func() { _ = s.http.Serve(l) }()          // ends with close
	return s, nil
}

func (s *server) close() error { return s.http.Close() }
