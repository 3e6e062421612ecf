package fault_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cdrvault/devcloud/fault"
)

// world is a server with a script before it. It answers 100 bytes and counts what it did.
type world struct {
	*httptest.Server
	arrived chan struct{} // one for each request that the script saw
	served  atomic.Int64  // requests that reached the server
	got     atomic.Int64  // bytes of their bodies
	slept   atomic.Int64  // by the script
	expired atomic.Bool
}

func newWorld(t *testing.T, a fault.Action) *world {
	t.Helper()
	script, err := fault.New(fault.Rule{Action: a})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{arrived: make(chan struct{}, 10)}
	w.Server = httptest.NewServer(script.Wrap(http.HandlerFunc(w.serve), fault.Wire{
		Operation: func(*http.Request) string { w.arrived <- struct{}{}; return "Any" },
		Sleep:     func(ctx context.Context, d time.Duration) error { w.slept.Add(int64(d)); return ctx.Err() },
	}))
	t.Cleanup(w.Close)
	t.Cleanup(func() {
		if script.Hits()[0] == 0 {
			t.Error("the fault did not happen")
		}
	})
	return w
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	n, _ := io.Copy(io.Discard, r.Body)
	w.got.Add(n)
	w.served.Add(1)
	w.expired.Store(fault.Expired(r.Context()))
	rw.Header().Set("Content-Length", "100")
	rw.Header().Set("X-Checksum", "right")
	rw.Header().Set("X-Life", "long")
	rw.Write(bytes.Repeat([]byte("x"), 100))
}

// put sends 1000 bytes and reads the whole answer.
func (w *world) put(t *testing.T) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "PUT", w.URL+"/k", strings.NewReader(strings.Repeat("y", 1000)))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := w.Client().Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func TestRefuse_AnswersWithoutTheServer(t *testing.T) {
	w := newWorld(t, fault.Action{Kind: fault.Refuse, Status: 503, Code: "SlowDown", Header: map[string]string{"Retry-After": "1"}})
	resp, body, err := w.put(t)
	if err != nil || resp.StatusCode != 503 || !strings.HasPrefix(body, "SlowDown") || resp.Header.Get("Retry-After") != "1" {
		t.Errorf("got %v %q, %v", resp, body, err)
	}
	if w.served.Load() != 0 {
		t.Error("the server saw a refused request")
	}
}

func TestRefuse_Applied(t *testing.T) {
	w := newWorld(t, fault.Action{Kind: fault.Refuse, Status: 500, Applied: true})
	resp, _, err := w.put(t)
	if err != nil || resp.StatusCode != 500 || resp.Header.Get("X-Checksum") != "" {
		t.Errorf("got %v, %v", resp, err)
	}
	if w.got.Load() != 1000 {
		t.Errorf("the server got %d bytes of 1000", w.got.Load())
	}
}

func TestPage_IsHTML(t *testing.T) {
	w := newWorld(t, fault.Action{Kind: fault.Page, Status: 200})
	resp, body, err := w.put(t)
	if err != nil || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") || !strings.HasPrefix(body, "<html>") {
		t.Errorf("got %v %q, %v", resp, body, err)
	}
}

func TestDrop(t *testing.T) {
	for _, applied := range []bool{false, true} {
		w := newWorld(t, fault.Action{Kind: fault.Drop, Applied: applied})
		if resp, _, err := w.put(t); err == nil {
			t.Errorf("applied %v: got an answer %v", applied, resp)
		}
		if did := w.served.Load() == 1; did != applied {
			t.Errorf("applied %v: the server did it: %v", applied, did)
		}
	}
}

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		bytes int64
		want  int
		whole bool
	}{{0, 0, false}, {40, 40, false}, {99, 99, false}, {100, 100, true}, {500, 100, true}} {
		w := newWorld(t, fault.Action{Kind: fault.Cut, Bytes: tt.bytes})
		resp, body, err := w.put(t)
		if resp == nil || resp.ContentLength != 100 {
			t.Fatalf("cut %d: the head is not the server's: %v, %v", tt.bytes, resp, err)
		}
		if len(body) != tt.want || (err == nil) != tt.whole || (err != nil && !errors.Is(err, io.ErrUnexpectedEOF)) {
			t.Errorf("cut %d: %d bytes, %v", tt.bytes, len(body), err)
		}
	}
}

func TestSlow_PacesBothBodies(t *testing.T) {
	w := newWorld(t, fault.Action{Kind: fault.Slow, Delay: fault.Duration(time.Minute), Rate: 10})
	_, body, err := w.put(t)
	if err != nil || len(body) != 100 || w.got.Load() != 1000 {
		t.Errorf("the bodies changed: %d of 100, %d of 1000, %v", len(body), w.got.Load(), err)
	}
	w.Close() // waits for the pause after the last bytes
	if got, want := time.Duration(w.slept.Load()), time.Minute+1100*time.Second/10; got != want {
		t.Errorf("waited %v for a minute and 1100 bytes at 10 a second, want %v", got, want)
	}
}

func TestAlter_ChangesHeadersOnly(t *testing.T) {
	w := newWorld(t, fault.Action{Kind: fault.Alter, Header: map[string]string{"X-Checksum": "wrong", "X-Life": ""}})
	resp, body, err := w.put(t)
	if err != nil || len(body) != 100 || resp.Header.Get("X-Checksum") != "wrong" || resp.Header.Values("X-Life") != nil {
		t.Errorf("got %v, %v", resp, err)
	}
}

func TestHang_EndsWithTheClient(t *testing.T) {
	w := newWorld(t, fault.Action{Kind: fault.Hang})
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-w.arrived
		leave()
	}()
	req, err := http.NewRequestWithContext(ctx, "PUT", w.URL+"/k", strings.NewReader("y"))
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := w.Client().Do(req); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", resp, err)
	}
	w.Close() // would hang where the server still did
	if w.served.Load() != 0 {
		t.Error("the server answered")
	}
}

func TestExpire_ReachesTheServer(t *testing.T) {
	w := newWorld(t, fault.Action{Kind: fault.Expire})
	if _, _, err := w.put(t); err != nil || !w.expired.Load() {
		t.Errorf("expired: %v, %v", w.expired.Load(), err)
	}
}

func TestDouble_ReachesTheServerTwice(t *testing.T) {
	w := newWorld(t, fault.Action{Kind: fault.Double, Delay: fault.Duration(time.Minute)})
	_, body, err := w.put(t)
	if err != nil || len(body) != 100 {
		t.Errorf("got %d bytes, %v", len(body), err)
	}
	if w.served.Load() != 2 || w.got.Load() != 2000 || time.Duration(w.slept.Load()) != time.Minute {
		t.Errorf("served %d times, %d bytes of 1000 each, %v apart", w.served.Load(), w.got.Load(), time.Duration(w.slept.Load()))
	}
}
