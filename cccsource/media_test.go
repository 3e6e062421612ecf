package cccsource

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

// opener allows the given hosts.
func opener(t *testing.T, hosts ...string) *Opener {
	list, err := ParseAllowList(hosts)
	if err != nil {
		t.Fatal(err)
	}
	o := NewOpener(MediaOptions{Allow: list})
	t.Cleanup(o.Close)
	return o
}

func mediaServer(t *testing.T, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// hostOf is a server's host and port.
func hostOf(s *httptest.Server) string { return s.Listener.Addr().String() }

// open opens link and reads it to its end.
func open(t *testing.T, o *Opener, link string) (string, *archive.Download, error) {
	d, err := o.Open(t.Context(), link)
	if err != nil {
		return "", nil, err
	}
	defer d.Body.Close()
	b, err := io.ReadAll(d.Body)
	return string(b), d, err
}

func TestOpen_AFile(t *testing.T) {
	s := mediaServer(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Accept-Encoding"); got != "identity" {
			t.Errorf("asked for encoding %q", got)
		}
		w.Header().Set("Content-Type", "audio/mpeg")
		w.Header().Set("x-cos-hash-crc64ecma", "11051210869376104954")
		io.WriteString(w, "123456789")
	})
	got, d, err := open(t, opener(t, "127.0.0.1"), s.URL+"/a.mp3?sign=x")
	if err != nil || got != "123456789" {
		t.Fatalf("got %q, %v", got, err)
	}
	d.Body = nil
	want := archive.Download{Size: 9, ContentType: "audio/mpeg", Host: hostOf(s), CRC64: "11051210869376104954"}
	if diff := cmp.Diff(want, *d); diff != "" {
		t.Error(diff)
	}
}

func TestOpen_AChunkedFile(t *testing.T) {
	s := mediaServer(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "one")
		w.(http.Flusher).Flush()
		io.WriteString(w, "two")
	})
	got, d, err := open(t, opener(t, "127.0.0.1"), s.URL)
	if err != nil || got != "onetwo" || d.Size != -1 {
		t.Errorf("got %q, %v", got, err)
	}
}

// lineServer answers each connection's first request with answer, then hangs up, and tells its request line.
func lineServer(t *testing.T, answer string) (addr string, lines chan string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	lines = make(chan string, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r := bufio.NewReader(c)
			line, _ := r.ReadString('\n')
			for h := line; h != "\r\n" && h != ""; {
				h, _ = r.ReadString('\n')
			}
			lines <- line
			io.WriteString(c, answer)
			c.Close()
		}
	}()
	return l.Addr().String(), lines
}

func TestOpen_OtherAnswers(t *testing.T) {
	for _, test := range []struct {
		status int
		want   error // nil: none of the three
	}{
		{400, archive.ErrLinkExpired}, {401, archive.ErrLinkExpired}, {403, archive.ErrLinkExpired},
		{404, archive.ErrLinkMissing}, {410, archive.ErrLinkMissing},
		{204, nil}, {206, nil}, {302, nil}, {304, nil}, {416, nil}, {429, nil}, {500, nil}, {503, nil},
	} {
		t.Run(fmt.Sprint(test.status), func(t *testing.T) {
			s := mediaServer(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
			})
			_, _, err := open(t, opener(t, "127.0.0.1"), s.URL+"/t0ken?sign=x")
			told, ok := errors.AsType[*StatusError](err)
			if !ok || told.Status != test.status {
				t.Fatalf("got %v", err)
			}
			checkSilent(t, err)
			for _, kind := range []error{archive.ErrLinkExpired, archive.ErrLinkMissing, archive.ErrLinkRefused} {
				if errors.Is(err, kind) != (kind == test.want) {
					t.Errorf("%v: is %q: %v", err, kind, kind != test.want)
				}
			}
		})
	}
}

// checkSilent checks that err names no part of the tests' links.
func checkSilent(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{"t0ken", "sign=", "?"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q names the link", err)
		}
	}
}

// A body that is not whole, or whose end nothing tells, is an error on the way in, and a transient one.
func TestOpen_BodiesThatAreNoFile(t *testing.T) {
	for name, answer := range map[string]string{
		"cut":               "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
		"empty and cut":     "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
		"chunked, cut":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
		"chunked, odd":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nt0ken\r\n",
		"no length":         "HTTP/1.1 200 OK\r\n\r\n12345",
		"HTTP/1.0":          "HTTP/1.0 200 OK\r\n\r\n12345",
		"encoded":           "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n12345",
		"two lengths":       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
		"not HTTP":          "t0ken?sign=x",
		"nothing":           "",
		"bad redirect":      "HTTP/1.1 302 Found\r\nLocation: /t0ken%zz\x01\r\nContent-Length: 0\r\n\r\n",
		"redirect to close": "HTTP/1.1 302 Found\r\nLocation: next?sign=x\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			addr, _ := lineServer(t, answer)
			_, _, err := open(t, opener(t, addr), "http://"+addr+"/t0ken?sign=x")
			if err == nil {
				t.Fatal("no error")
			}
			checkSilent(t, err)
			if errors.Is(err, archive.ErrLinkRefused) || errors.Is(err, archive.ErrLinkExpired) || errors.Is(err, archive.ErrLinkMissing) {
				t.Errorf("%v is not transient", err)
			}
		})
	}
}

// One hanging file does not hang the run: neither before the header nor in the body.
func TestOpen_EndsAStall(t *testing.T) {
	for name, begin := range map[string]string{"in the body": "12345", "before the header": ""} {
		t.Run(name, func(t *testing.T) {
			s := mediaServer(t, func(w http.ResponseWriter, r *http.Request) {
				if begin != "" {
					w.Header().Set("Content-Length", "10")
					io.WriteString(w, begin)
					w.(http.Flusher).Flush()
				}
				<-r.Context().Done()
			})
			list, _ := ParseAllowList([]string{hostOf(s)})
			o := NewOpener(MediaOptions{Allow: list, Stall: 50 * time.Millisecond})
			got, _, err := open(t, o, s.URL+"/t0ken")
			if err == nil || got != begin || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "in time") {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestOpen_HeedsTheContext(t *testing.T) {
	s := mediaServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.Header().Set("Content-Length", "10")
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	})
	for _, path := range []string{"/header", "/body"} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		d, err := opener(t, hostOf(s)).Open(ctx, s.URL+path)
		if err == nil {
			_, err = io.ReadAll(d.Body)
			d.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v", path, err)
		}
		cancel()
	}
}

func TestOpen_ChecksCertificates(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "body") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshake that we break off
	s.StartTLS()
	t.Cleanup(s.Close)
	o := opener(t, hostOf(s))
	if _, _, err := open(t, o, s.URL+"/t0ken"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v", err)
	} else {
		checkSilent(t, err)
	}
	o.transport.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	if got, _, err := open(t, o, s.URL+"/t0ken"); err != nil || got != "body" {
		t.Errorf("with a known certificate: got %q, %v", got, err)
	}
}

func TestOpen_KeepsItsConnections(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			w.WriteHeader(403)
		}
		io.WriteString(w, "body")
	}))
	conns := 0
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns++
		}
	}
	s.Start()
	o := opener(t, hostOf(s))
	for i := range 10 {
		open(t, o, s.URL+[]string{"/there", "/gone"}[i%2])
	}
	s.Close()
	if conns != 1 {
		t.Errorf("made %d connections, want 1", conns)
	}
}
