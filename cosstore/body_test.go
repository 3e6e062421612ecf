package cosstore

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unsafe"
)

func TestExact(t *testing.T) {
	errDisk := errors.New("disk fell off")
	tests := []struct {
		name string
		body io.Reader
		want error
	}{
		{"of its size", strings.NewReader("12345678"), nil},
		{"end told with the data", iotest.DataErrReader(strings.NewReader("12345678")), nil},
		{"byte by byte", iotest.OneByteReader(strings.NewReader("12345678")), nil},
		{"short", strings.NewReader("1234567"), io.ErrUnexpectedEOF},
		{"empty", strings.NewReader(""), io.ErrUnexpectedEOF},
		{"long", strings.NewReader("123456789"), errLonger},
		{"long, byte by byte", iotest.OneByteReader(strings.NewReader("123456789")), errLonger},
		{"broken", io.MultiReader(strings.NewReader("123"), iotest.ErrReader(errDisk)), errDisk},
		{"broken at the end", io.MultiReader(strings.NewReader("12345678"), iotest.ErrReader(errDisk)), errDisk},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newExact(io.NopCloser(test.body), 8)
			got, err := io.ReadAll(e)
			if !errors.Is(err, test.want) || !errors.Is(e.fault(), test.want) {
				t.Errorf("error %v, fault %v; want %v", err, e.fault(), test.want)
			}
			// A whole body must not get out where there is an error: the bucket would store it.
			if (len(got) == 8) != (test.want == nil) {
				t.Errorf("%d bytes came out with error %v", len(got), err)
			}
		})
	}
}

func TestExact_ClosedIsNoFault(t *testing.T) {
	e := newExact(io.NopCloser(strings.NewReader("12345678")), 8)
	e.Close()
	if _, err := e.Read(make([]byte, 1)); !errors.Is(err, errClosed) || e.fault() != nil {
		t.Errorf("read after Close: %v, fault %v", err, e.fault())
	}
}

func TestPartSize(t *testing.T) {
	const mib, tib = int64(1 << 20), int64(1 << 40)
	for _, size := range []int64{1, 8 * mib, 80_000 * mib, 80_001 * mib, tib} {
		n := partSize(size, 8*mib)
		if parts := (size + n - 1) / n; parts > maxParts || n < 8*mib {
			t.Errorf("%d bytes: %d parts of %d", size, parts, n)
		}
	}
}

func TestTakeBuffer_FourAndTheSameAgain(t *testing.T) {
	s := &Store{partSize: minPartSize, buffers: make(chan []byte, uploadsAtOnce)}
	for range uploadsAtOnce {
		s.buffers <- nil
	}
	seen := map[*byte]bool{}
	for range 3 {
		var taken [][]byte
		for range uploadsAtOnce {
			buf, err := s.takeBuffer(t.Context(), 5*minPartSize)
			if err != nil {
				t.Fatal(err)
			}
			taken = append(taken, buf)
			seen[unsafe.SliceData(buf)] = true
		}
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if _, err := s.takeBuffer(ctx, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("one buffer more: %v, want to wait until the context ends", err)
		}
		for _, buf := range taken {
			s.giveBuffer(buf)
		}
	}
	if len(seen) != uploadsAtOnce {
		t.Errorf("%d buffers were made, want %d", len(seen), uploadsAtOnce)
	}
}
