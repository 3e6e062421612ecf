package cosstore_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

const key = "media/dt=2026-01-01/recording.mp3"

var (
	slowDown = fault{status: http.StatusServiceUnavailable, code: "SlowDown"}
	wrongCRC = fault{edit: func(h http.Header) { h.Set("x-cos-hash-crc64ecma", "1") }}
	noCRC    = fault{edit: func(h http.Header) { h.Del("x-cos-hash-crc64ecma") }}
)

func body(data string) archive.Body { return archivetest.BodyOf([]byte(data)) }

// story is the metadata of an object as it travels.
func story(digest, time string) http.Header {
	return http.Header{"X-Cos-Meta-Content-Sha256": {digest}, "X-Cos-Meta-Call-Time": {time}}
}

func TestPut_Faults(t *testing.T) {
	tests := []struct {
		name        string
		fault       func(op string, n int) fault
		createOnly  bool
		puts, heads int
		err         string // a part of it
	}{
		{name: "no fault", puts: 1},
		{name: "slow down five times", fault: first(5, "put", slowDown), puts: 6},
		{name: "slow down for ever", fault: first(99, "put", slowDown), puts: 6, err: "503 SlowDown, request NjRmYWtl, tried 6 times"},
		{name: "internal error", fault: first(1, "put", fault{status: 500, code: "InternalError"}), puts: 2},
		{name: "too many requests", fault: first(1, "put", fault{status: 429}), puts: 2},
		{name: "request timeout", fault: first(1, "put", fault{status: 400, code: "RequestTimeout"}), puts: 2},
		{name: "bad digest ends at once", fault: first(1, "put", fault{status: 400, code: "BadDigest"}), puts: 1, err: "400 BadDigest"},
		{name: "access denied ends at once", fault: first(1, "put", fault{status: 403, code: "AccessDenied"}), puts: 1, err: "does the role's policy allow"},
		{name: "dropped before", fault: first(2, "put", fault{dropBefore: true}), puts: 3},
		{name: "dropped after", fault: first(2, "put", fault{dropAfter: true}), puts: 3},
		{name: "dropped before, create only", fault: first(1, "put", fault{dropBefore: true}), createOnly: true, puts: 2},
		{name: "dropped after, create only", fault: first(1, "put", fault{dropAfter: true}), createOnly: true, puts: 2, heads: 1},
		{name: "wrong CRC64 in the answer", fault: first(1, "put", wrongCRC), puts: 1, heads: 1},
		{name: "no CRC64 in the answer", fault: first(1, "put", noCRC), createOnly: true, puts: 1, heads: 1},
		{name: "no CRC64 anywhere", fault: func(string, int) fault { return noCRC }, puts: 6, heads: 6, err: "is not the body's, tried 6 times"},
		{name: "look refused", puts: 1, heads: 1, err: "outcome unknown", fault: func(op string, _ int) fault {
			if op == "head" {
				return fault{status: 403}
			}
			return noCRC
		}},
		{name: "look slow", puts: 1, heads: 3, fault: func(op string, n int) fault {
			switch {
			case op == "put":
				return noCRC
			case n < 3:
				return slowDown
			}
			return fault{}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cos := newFakeCOS(t)
			if test.fault != nil {
				cos.fault = test.fault
			}
			store := open(t, options(t, cos.URL))
			err := store.Put(t.Context(), key, body("audio"), archive.PutOptions{CreateOnly: test.createOnly})
			checkError(t, err, test.err)
			if _, stored := cos.has(key); err == nil && !stored {
				t.Error("no error, and nothing stored")
			}
			if got := [2]int{cos.count("put"), cos.count("head")}; got != [2]int{test.puts, test.heads} {
				t.Errorf("%d PUTs, %d HEADs; want %d, %d", got[0], got[1], test.puts, test.heads)
			}
		})
	}
}

// checkError wants an error with part in it, or none, and in no case a secret.
func checkError(t *testing.T, err error, part string) {
	t.Helper()
	if (err != nil) != (part != "") || err != nil && !strings.Contains(err.Error(), part) {
		t.Errorf("error %v, want %q", err, part)
	}
	if err == nil {
		return
	}
	for _, leak := range []string{"secret", "http", "?part", "uploadId", "\n"} {
		if strings.Contains(err.Error(), leak) {
			t.Errorf("error %q has %q in it", err, leak)
		}
	}
}

func TestPut_KeyTaken(t *testing.T) {
	tests := []struct {
		name, there string
		header      http.Header
		exists      bool // that the error says so
	}{
		{"by the same", "audio", story("a", "1"), false},
		{"by other bytes", "other", story("a", "1"), true},
		{"by another length", "audio and more", story("a", "1"), true},
		{"by the same under another digest", "audio", story("b", "1"), true},
		{"by the same with another story", "audio", story("a", "2"), true},
		{"by the same without a story", "audio", nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cos := newFakeCOS(t)
			cos.set(key, test.there, test.header)
			store := open(t, options(t, cos.URL))
			err := store.Put(t.Context(), key, body("audio"), archive.PutOptions{
				CreateOnly: true, Meta: map[string]string{"content-sha256": "a", "call-time": "1"},
			})
			if errors.Is(err, fs.ErrExist) != test.exists || (err != nil) != test.exists {
				t.Errorf("Put: %v, want fs.ErrExist: %t", err, test.exists)
			}
			if o, _ := cos.has(key); string(o.data) != test.there {
				t.Errorf("stored %q, want %q as before", o.data, test.there)
			}
		})
	}
}

func TestPut_TakenKeyIsFreedMeanwhile(t *testing.T) {
	cos := newFakeCOS(t)
	cos.set(key, "other", nil)
	cos.fault = first(1, "head", fault{before: func() {
		cos.mu.Lock()
		defer cos.mu.Unlock()
		delete(cos.objects, key)
	}})
	store := open(t, options(t, cos.URL))
	if err := store.Put(t.Context(), key, body("audio"), archive.PutOptions{CreateOnly: true}); err != nil {
		t.Fatal(err)
	}
	if o, _ := cos.has(key); string(o.data) != "audio" {
		t.Errorf("stored %q", o.data)
	}
}

// The bucket acknowledges, but what it stored is not the body: the object is our own, and is replaced even though the
// key was to be created only.
func TestPut_OwnBrokenObjectIsReplaced(t *testing.T) {
	cos := newFakeCOS(t)
	cos.fault = func(op string, n int) fault {
		if op == "put" && n == 1 {
			return wrongCRC
		}
		if op == "head" && n == 1 {
			return fault{before: func() { cos.set(key, "aud", nil) }}
		}
		return fault{}
	}
	store := open(t, options(t, cos.URL))
	if err := store.Put(t.Context(), key, body("audio"), archive.PutOptions{CreateOnly: true}); err != nil {
		t.Fatal(err)
	}
	if o, _ := cos.has(key); string(o.data) != "audio" || cos.count("put") != 2 {
		t.Errorf("stored %q after %d PUTs, want audio after 2", o.data, cos.count("put"))
	}
}

// The answer proves nothing, and the look shows our bytes under a digest that is not theirs: no reader could rest on it.
func TestPut_OtherDigestIsNoProof(t *testing.T) {
	cos := newFakeCOS(t)
	cos.fault = func(op string, n int) fault {
		switch {
		case op == "put" && n == 1:
			return noCRC
		case op == "head" && n == 1:
			return fault{before: func() { cos.set(key, "audio", story("b", "1")) }}
		}
		return fault{}
	}
	meta := map[string]string{"content-sha256": "a"}
	if err := open(t, options(t, cos.URL)).Put(t.Context(), key, body("audio"), archive.PutOptions{Meta: meta}); err != nil {
		t.Fatal(err)
	}
	if n := cos.count("put"); n != 2 {
		t.Errorf("%d PUTs, want 2", n)
	}
}

func TestPut_Headers(t *testing.T) {
	cos := newFakeCOS(t)
	o := options(t, cos.URL)
	o.SSE = "kms:key-1"
	store := open(t, o)
	put := archive.PutOptions{ContentType: "audio/mpeg", Class: "STANDARD_IA", Meta: map[string]string{"call-time": "1"}}
	want := http.Header{
		"Content-Type":                                {"audio/mpeg"},
		"X-Cos-Storage-Class":                         {"STANDARD_IA"},
		"X-Cos-Meta-Call-Time":                        {"1"},
		"X-Cos-Server-Side-Encryption":                {"cos/kms"},
		"X-Cos-Server-Side-Encryption-Cos-Kms-Key-Id": {"key-1"},
	}
	for _, data := range []string{"small", strings.Repeat("large", 1<<20)} {
		if err := store.Put(t.Context(), key, body(data), put); err != nil {
			t.Fatal(err)
		}
		got, _ := cos.has(key)
		if diff := cmp.Diff(want, got.header); diff != "" {
			t.Errorf("headers of %d bytes (-want +got):\n%s", len(data), diff)
		}
	}
}

func TestPut_NothingAttemptedAfterTheEnd(t *testing.T) {
	cos := newFakeCOS(t)
	store := open(t, options(t, cos.URL))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, size := range []int{1, 3 << 20} {
		err := store.Put(ctx, key, body(strings.Repeat("x", size)), archive.PutOptions{})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Put: %v, want context.Canceled", err)
		}
	}
	if n := cos.total(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// A PUT of the empty key would create a bucket.
func TestBadKeysStayHere(t *testing.T) {
	cos := newFakeCOS(t)
	store := open(t, options(t, cos.URL))
	for _, bad := range []string{"", "/a", "a//b", "a/../b", "a\x00"} {
		_, statErr := store.Stat(t.Context(), bad)
		_, _, getErr := store.Get(t.Context(), bad)
		putErr := store.Put(t.Context(), bad, body("audio"), archive.PutOptions{})
		if statErr == nil || getErr == nil || putErr == nil {
			t.Errorf("%q: stat %v, get %v, put %v; want three errors", bad, statErr, getErr, putErr)
		}
	}
	if err := store.Put(t.Context(), key, body("x"), archive.PutOptions{Meta: map[string]string{"a_b": "c"}}); err == nil {
		t.Error("no error for an underscore in a metadata name")
	}
	if n := cos.total(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestPut_HangingServer(t *testing.T) {
	cos := newFakeCOS(t)
	cos.fault = first(1, "put", fault{hang: true})
	o := options(t, cos.URL)
	o.Stall = 50 * time.Millisecond
	if err := open(t, o).Put(t.Context(), key, body("audio"), archive.PutOptions{}); err != nil {
		t.Error(err)
	}
}

// hanging fills one buffer, and then gives nothing until its context ends.
type hanging struct {
	ctx   context.Context
	given bool
}

func (h *hanging) Read(p []byte) (int, error) {
	if !h.given {
		h.given = true
		return len(p), nil
	}
	<-h.ctx.Done()
	return 0, h.ctx.Err()
}

func (h *hanging) Close() error { return nil }

func TestPut_HangingBody(t *testing.T) {
	cos := newFakeCOS(t)
	o := options(t, cos.URL)
	o.Stall = 50 * time.Millisecond
	store := open(t, o)
	for _, data := range []string{strings.Repeat("x", 1<<20), large} {
		hung := body(data)
		hung.Open = func(ctx context.Context) (io.ReadCloser, error) { return &hanging{ctx: ctx}, nil }
		checkError(t, store.Put(t.Context(), key, hung, archive.PutOptions{}), "put "+key+": body stands still")
	}
	if _, stored := cos.has(key); stored || cos.uploadsLeft() != 0 {
		t.Error("something was stored")
	}
}

// The server refuses while the body still hangs: neither may wait for the other.
func TestPut_RefusedWhileTheBodyHangs(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusForbidden, "AccessDenied")
	}))
	t.Cleanup(server.Close)
	hung := body(strings.Repeat("x", 1<<20)) // enough for the request to leave net/http's buffer
	hung.Open = func(ctx context.Context) (io.ReadCloser, error) { return &hanging{ctx: ctx}, nil }
	err := open(t, options(t, server.URL)).Put(t.Context(), key, hung, archive.PutOptions{})
	checkError(t, err, "403 AccessDenied")
}
