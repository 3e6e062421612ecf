package cosstore_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"cdrvault/archive"
)

// large goes in four parts.
var large = strings.Repeat("0123456789abcde\n", 3<<16+1)

func TestMultipart_Faults(t *testing.T) {
	type requests struct{ Initiate, Part, Complete, Abort, Head int }
	tests := []struct {
		name       string
		fault      func(op string, n int) fault
		createOnly bool
		there      string // under the key, before
		want       requests
		err        string
		exists     bool
	}{
		{name: "no fault", want: requests{1, 4, 1, 0, 0}},
		{name: "start slow", fault: first(2, "initiate", slowDown), want: requests{3, 4, 1, 0, 0}},
		{name: "part slow", fault: first(2, "part", slowDown), want: requests{1, 6, 1, 0, 0}},
		{name: "part dropped", fault: first(2, "part", fault{dropAfter: true}), want: requests{1, 6, 1, 0, 0}},
		{name: "part of a wrong CRC64", fault: first(1, "part", wrongCRC), want: requests{1, 5, 1, 0, 0}},
		{name: "parts without CRC64", fault: first(9, "part", noCRC), want: requests{1, 4, 1, 0, 0}},
		{name: "part refused", fault: first(1, "part", fault{status: 403, code: "AccessDenied"}),
			want: requests{1, 1, 0, 1, 0}, err: "put part 1 of " + key + ": 403 AccessDenied"},
		{name: "part slow for ever", fault: first(99, "part", slowDown),
			want: requests{1, 6, 0, 1, 0}, err: "put part 1 of " + key + ": 503 SlowDown"},
		{name: "complete without CRC64", fault: first(1, "complete", noCRC), want: requests{1, 4, 1, 0, 1}},
		{name: "complete lost before", fault: first(1, "complete", fault{dropBefore: true}), want: requests{1, 4, 2, 0, 0}},
		{name: "complete lost after", fault: first(1, "complete", fault{dropAfter: true}), want: requests{1, 4, 2, 1, 1}},
		{name: "complete lost after, create only", fault: first(1, "complete", fault{dropAfter: true}),
			createOnly: true, want: requests{1, 4, 2, 1, 1}},
		{name: "complete 200 with an error", fault: first(1, "complete", fault{status: 200, code: "InternalError"}),
			want: requests{1, 4, 2, 0, 0}},
		{name: "complete 200 with an error for ever", fault: first(99, "complete", fault{status: 200, code: "InternalError"}),
			want: requests{1, 4, 6, 1, 0}, err: "complete upload of " + key + ": answer 200 holds an error"},
		{name: "complete refused", fault: first(1, "complete", fault{status: 400, code: "InvalidPart"}),
			want: requests{1, 4, 1, 1, 0}, err: "complete upload of " + key + ": 400 InvalidPart"},
		{name: "key taken by the same", there: large, createOnly: true, want: requests{1, 4, 1, 1, 1}},
		{name: "key taken by another", there: "other", createOnly: true, want: requests{1, 4, 1, 1, 1},
			err: "409 FileAlreadyExists", exists: true},
		{name: "upload swept away", fault: first(1, "complete", fault{status: 404, code: "NoSuchUpload"}),
			want: requests{2, 8, 2, 1, 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cos := newFakeCOS(t)
			if test.fault != nil {
				cos.fault = test.fault
			}
			if test.there != "" {
				cos.set(key, test.there, nil)
			}
			err := open(t, options(t, cos.URL)).Put(t.Context(), key, body(large), archive.PutOptions{CreateOnly: test.createOnly})
			checkError(t, err, test.err)
			if errors.Is(err, fs.ErrExist) != test.exists {
				t.Errorf("Put: %v, want fs.ErrExist: %t", err, test.exists)
			}
			if o, _ := cos.has(key); err == nil && string(o.data) != large {
				t.Errorf("no error, and %d other bytes stored", len(o.data))
			}
			if n := cos.uploadsLeft(); n != 0 {
				t.Errorf("%d uploads left behind", n)
			}
			got := requests{cos.count("initiate"), cos.count("part"), cos.count("complete"), cos.count("abort"), cos.count("head")}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMultipart_BodyOfAnotherCRC64(t *testing.T) {
	cos := newFakeCOS(t)
	lying := body(large)
	lying.CRC64++
	err := open(t, options(t, cos.URL)).Put(t.Context(), key, lying, archive.PutOptions{})
	checkError(t, err, "body is not of its CRC64")
	if _, stored := cos.has(key); stored || cos.count("complete") != 0 || cos.uploadsLeft() != 0 {
		t.Error("the upload was completed, or left behind")
	}
}

func TestMultipart_AbortedAfterTheEnd(t *testing.T) {
	cos := newFakeCOS(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cos.fault = func(op string, n int) fault {
		if op == "part" && n == 3 {
			cancel()
			return fault{hang: true}
		}
		return fault{}
	}
	err := open(t, options(t, cos.URL)).Put(ctx, key, body(large), archive.PutOptions{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Put: %v, want context.Canceled", err)
	}
	if cos.count("abort") != 1 || cos.uploadsLeft() != 0 || cos.count("complete") != 0 {
		t.Errorf("%d aborts, %d uploads left, %d completes; want 1, 0, 0",
			cos.count("abort"), cos.uploadsLeft(), cos.count("complete"))
	}
}

// gauge counts how many bodies are open at once, and remembers the highest number.
type gauge struct{ open, peak atomic.Int64 }

type gauged struct {
	io.ReadCloser
	gauge *gauge
	once  sync.Once
}

func (g *gauge) body(data string) archive.Body {
	b := body(data)
	plain := b.Open
	b.Open = func(ctx context.Context) (io.ReadCloser, error) {
		r, err := plain(ctx)
		for now, peak := g.open.Add(1), g.peak.Load(); now > peak && !g.peak.CompareAndSwap(peak, now); {
			peak = g.peak.Load()
		}
		return &gauged{ReadCloser: r, gauge: g}, err
	}
	return b
}

func (g *gauged) Close() error {
	g.once.Do(func() { g.gauge.open.Add(-1) })
	return g.ReadCloser.Close()
}

func TestMultipart_FewAtOnce(t *testing.T) {
	cos := newFakeCOS(t)
	store := open(t, options(t, cos.URL))
	var (
		all errgroup.Group
		g   gauge
	)
	for range 16 {
		all.Go(func() error { return store.Put(t.Context(), key, g.body(large), archive.PutOptions{}) })
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	if peak := g.peak.Load(); peak > 4 || g.open.Load() != 0 {
		t.Errorf("%d bodies in parts at once, %d left open; want 4 at most, 0", peak, g.open.Load())
	}
}

func TestAbortUploads(t *testing.T) {
	cos := newFakeCOS(t)
	cos.pageSize = 2
	for _, id := range []string{"1", "2", "3", "4", "5"} {
		cos.uploads[id] = &upload{key: "lake/media/" + id, parts: map[int][]byte{}}
	}
	cos.uploads["6"] = &upload{key: "elsewhere/6"}
	store := open(t, options(t, cos.URL))
	for _, test := range []struct {
		olderThan  time.Time
		want, left int
	}{
		{cos.started, 0, 6},
		{cos.started.Add(time.Second), 5, 1},
	} {
		got, err := store.AbortUploads(t.Context(), "lake/", test.olderThan)
		if err != nil || got != test.want || cos.uploadsLeft() != test.left {
			t.Errorf("AbortUploads: %d, %v, %d left; want %d, %d left", got, err, cos.uploadsLeft(), test.want, test.left)
		}
	}
}

func TestAbortUploads_OneRefused(t *testing.T) {
	cos := newFakeCOS(t)
	cos.uploads["1"], cos.uploads["2"] = &upload{key: "k1"}, &upload{key: "k2"}
	cos.fault = first(1, "abort", fault{status: 403, code: "AccessDenied"})
	n, err := open(t, options(t, cos.URL)).AbortUploads(t.Context(), "", cos.started.Add(time.Hour))
	checkError(t, err, "abort upload of k1: 403 AccessDenied")
	if n != 1 || cos.uploadsLeft() != 1 {
		t.Errorf("%d aborted, %d left; want 1, 1", n, cos.uploadsLeft())
	}
}

func TestAbortUploads_GoneMeanwhile(t *testing.T) {
	cos := newFakeCOS(t)
	cos.uploads["1"] = &upload{key: "k1"}
	cos.fault = first(1, "abort", fault{status: 404, code: "NoSuchUpload"})
	if _, err := open(t, options(t, cos.URL)).AbortUploads(t.Context(), "", cos.started.Add(time.Hour)); err != nil {
		t.Error(err)
	}
}
