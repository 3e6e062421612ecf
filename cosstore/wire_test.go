package cosstore

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// tripper is a RoundTripper made of a function.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// slow gives n bytes, one for each pause, while its context lasts.
type slow struct {
	n     int
	pause time.Duration
	ctx   context.Context
}

func (s *slow) Read(p []byte) (int, error) {
	if s.n == 0 {
		return 0, io.EOF
	}
	time.Sleep(s.pause)
	if s.ctx != nil && s.ctx.Err() != nil {
		return 0, s.ctx.Err()
	}
	s.n--
	return copy(p, "x"), nil
}

// bucket reads a request's body whole, and answers with the given one: never, where it is nil. It looks at the
// context as net/http does.
func bucket(answer *slow) tripper {
	return func(r *http.Request) (*http.Response, error) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		if answer == nil {
			<-r.Context().Done()
		}
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		answer.ctx = r.Context()
		return &http.Response{StatusCode: 200, Body: io.NopCloser(answer)}, nil
	}
}

func TestWire_Stall(t *testing.T) {
	tests := []struct {
		name         string
		send, answer *slow
		stalls       bool
	}{
		{"slow but moving, both ways", &slow{n: 9, pause: 50 * time.Second}, &slow{n: 9, pause: 50 * time.Second}, false},
		{"no answer", &slow{n: 1}, nil, true},
		{"sent body stops", &slow{n: 3, pause: 2 * time.Minute}, &slow{}, true},
		{"answer stops", &slow{}, &slow{n: 3, pause: 2 * time.Minute}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{next: bucket(test.answer), stall: time.Minute, count: func() {}}
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://bucket/k", test.send)
				if err != nil {
					t.Fatal(err)
				}
				resp, err := w.RoundTrip(req)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				if errors.Is(err, errStalled) != test.stalls || (err != nil) != test.stalls {
					t.Errorf("error %v, want a stall: %t", err, test.stalls)
				}
			})
		})
	}
}

// Each request that reaches the server is counted once, the one that net/http replays on its own included.
func TestWire_Counts(t *testing.T) {
	var got, want atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if want.Add(1) == 2 {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, "fine")
	}))
	defer server.Close()
	transport := newTransport(Options{Stall: time.Minute, Concurrency: 1})
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: &wire{next: transport, stall: time.Minute, count: func() { got.Add(1) }}}
	for range 3 {
		resp, err := client.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	if got.Load() != want.Load() || want.Load() != 4 {
		t.Errorf("counted %d of %d requests, want 4", got.Load(), want.Load())
	}
}
