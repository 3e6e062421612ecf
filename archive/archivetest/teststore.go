package archivetest

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

// TestStore holds a Store against its contract. newStore is called once for each test; what it answers with may hold
// objects already and may be the same bucket each time, since every test has a prefix of its own. Nothing is removed
// afterwards: the port has no way to. A MemStore needs AllowEmpty, and no testing.TB, for the suite hands it bodies
// that lie.
func TestStore(t *testing.T, newStore func(t *testing.T) archive.Store) {
	tests := []struct {
		name string
		run  func(t *testing.T, s suite)
	}{
		{"absent", testAbsent},
		{"stored whole", testStored},
		{"empty", testEmpty},
		{"replaced", testReplaced},
		{"repeated", testRepeated},
		{"create only", testCreateOnly},
		{"one winner", testOneWinner},
		{"large", testLarge},
		{"body that lies", testLyingBody},
		{"body that fails", testFailingBody},
		{"ended context", testEndedContext},
		{"odd keys", testOddKeys},
		{"refused keys", testRefusedKeys},
		{"list", testList},
		{"list states", testListStates},
		{"list pages", testListPages},
		{"list ended", testListEnded},
		{"at once", testAtOnce},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.run(t, suite{newStore(t), "conformance/" + rand.Text() + "/"})
		})
	}
}

// suite is one test's view of a store.
type suite struct {
	archive.Store
	prefix string // of all its keys
}

func (s suite) put(t *testing.T, key string, data []byte, o archive.PutOptions) {
	t.Helper()
	if err := s.Put(t.Context(), key, BodyOf(data), o); err != nil {
		t.Fatalf("Put(%q): %v", key, err)
	}
}

// holds checks that key has the given bytes, by Get and by Stat.
func (s suite) holds(t *testing.T, key string, want []byte) {
	t.Helper()
	got, attrs, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("Get(%q): %v", key, err)
	}
	if string(got) != string(want) {
		t.Errorf("Get(%q): %d bytes that are not the %d put", key, len(got), len(want))
	}
	stat, err := s.Stat(t.Context(), key)
	if err != nil {
		t.Fatalf("Stat(%q): %v", key, err)
	}
	if diff := cmp.Diff(attrs, stat); diff != "" {
		t.Errorf("Get and Stat of %q tell different attributes (-get +stat):\n%s", key, diff)
	}
	body := BodyOf(want)
	if stat.Size != body.Size || stat.HasCRC && stat.CRC64 != body.CRC64 {
		t.Errorf("Stat(%q): size %d CRC64 %d, want %d and %d", key, stat.Size, stat.CRC64, body.Size, body.CRC64)
	}
}

// lacks checks that there is no key.
func (s suite) lacks(t *testing.T, key string) {
	t.Helper()
	if _, err := s.Stat(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Stat(%q): %v, want fs.ErrNotExist", key, err)
	}
}

func testAbsent(t *testing.T, s suite) {
	key := s.prefix + "absent"
	s.lacks(t, key)
	_, _, err := s.Get(t.Context(), key)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Get: %v, want fs.ErrNotExist", err)
	}
	if err != nil && !strings.Contains(err.Error(), key) {
		t.Errorf("Get: %q does not name the key", err)
	}
}

func testStored(t *testing.T, s suite) {
	key := s.prefix + "rows.ndjson"
	o := archive.PutOptions{
		ContentType: "application/x-ndjson",
		Meta:        map[string]string{"content-sha256": "abc", "window-start": "2026-01-01T00:00:00Z", "note": "a=b; c%20d"},
	}
	s.put(t, key, []byte("{}\n"), o)
	s.holds(t, key, []byte("{}\n"))
	attrs, err := s.Stat(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if attrs.ContentType != o.ContentType {
		t.Errorf("content type %q, want %q", attrs.ContentType, o.ContentType)
	}
	if diff := cmp.Diff(o.Meta, attrs.Meta); diff != "" {
		t.Errorf("metadata (-put +stat):\n%s", diff)
	}
}

func testEmpty(t *testing.T, s suite) {
	key := s.prefix + "empty"
	s.put(t, key, nil, archive.PutOptions{})
	s.holds(t, key, nil)
}

func testReplaced(t *testing.T, s suite) {
	key := s.prefix + "manifest.json"
	s.put(t, key, []byte("a longer first state"), archive.PutOptions{Meta: map[string]string{"state": "open", "debts": "1"}})
	s.put(t, key, []byte("second"), archive.PutOptions{Meta: map[string]string{"state": "final"}})
	s.holds(t, key, []byte("second"))
	attrs, err := s.Stat(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"state": "final"}, attrs.Meta); diff != "" {
		t.Errorf("metadata of the second state (-want +got):\n%s", diff)
	}
}

func testRepeated(t *testing.T, s suite) {
	key := s.prefix + "again"
	for range 3 {
		s.put(t, key, []byte("the same"), archive.PutOptions{})
	}
	s.holds(t, key, []byte("the same"))
}

func testCreateOnly(t *testing.T, s suite) {
	key := s.prefix + "media/recording.mp3"
	o := archive.PutOptions{CreateOnly: true, Meta: map[string]string{"content-sha256": "one"}}
	s.put(t, key, []byte("one"), o)
	s.put(t, key, []byte("one"), o) // as if the first answer had been lost

	for _, other := range []string{"two", "another length"} {
		o.Meta = map[string]string{"content-sha256": other}
		if err := s.Put(t.Context(), key, BodyOf([]byte(other)), o); !errors.Is(err, fs.ErrExist) {
			t.Errorf("Put of other bytes: %v, want fs.ErrExist", err)
		}
	}
	o.Meta = map[string]string{"content-sha256": "one", "state": "told by another run"}
	if err := s.Put(t.Context(), key, BodyOf([]byte("one")), o); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Put of the same bytes with other metadata: %v, want fs.ErrExist", err)
	}
	s.holds(t, key, []byte("one"))
}

// largeSize goes beyond what an adapter under test sends in one piece, where the test sets that low.
const largeSize = 5<<20 + 321

func testLarge(t *testing.T, s suite) {
	key, data := s.prefix+"large.wav", pattern(largeSize)
	o := archive.PutOptions{CreateOnly: true, ContentType: "audio/wav", Meta: map[string]string{"content-sha256": "l"}}
	s.put(t, key, data, o)
	s.put(t, key, data, o)
	s.holds(t, key, data)
	data[largeSize/2]++
	if err := s.Put(t.Context(), key, BodyOf(data), o); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Put of other bytes: %v, want fs.ErrExist", err)
	}
	o.CreateOnly = false
	s.put(t, key, data, o)
	s.holds(t, key, data)
}

// pattern makes n bytes that differ from block to block.
func pattern(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i*7 + i>>9)
	}
	return data
}

func testLyingBody(t *testing.T, s suite) {
	for _, data := range [][]byte{[]byte("twelve bytes"), pattern(largeSize)} {
		lies := map[string]archive.Body{}
		for name, by := range map[string]int64{"short": 1, "long": -1} {
			body := BodyOf(data)
			body.Size += by
			lies[name] = body
		}
		for name, body := range lies {
			key := s.prefix + name
			if err := s.Put(t.Context(), key, body, archive.PutOptions{}); err == nil {
				t.Errorf("Put of a body that is too %s: no error", name)
			}
			s.lacks(t, key)
		}
		body := BodyOf(data)
		body.CRC64++
		if err := s.Put(t.Context(), s.prefix+"crc", body, archive.PutOptions{}); err == nil {
			t.Error("Put of a body of another CRC64: no error")
		}
	}
}

func testFailingBody(t *testing.T, s suite) {
	key, errDisk := s.prefix+"kept", errors.New("disk fell off")
	s.put(t, key, []byte("first"), archive.PutOptions{})

	unopened := BodyOf([]byte("second"))
	unopened.Open = func(context.Context) (io.ReadCloser, error) { return nil, errDisk }
	broken := BodyOf([]byte("second"))
	broken.Open = func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("sec"), failingReader{errDisk})), nil
	}
	for _, body := range []archive.Body{unopened, broken} {
		if err := s.Put(t.Context(), key, body, archive.PutOptions{}); !errors.Is(err, errDisk) {
			t.Errorf("Put: %v, want the body's own error", err)
		}
		s.holds(t, key, []byte("first"))
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

func testEndedContext(t *testing.T, s suite) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	key := s.prefix + "never"
	_, statErr := s.Stat(ctx, key)
	_, _, getErr := s.Get(ctx, key)
	for name, err := range map[string]error{
		"Stat": statErr,
		"Get":  getErr,
		"Put":  s.Put(ctx, key, BodyOf([]byte("x")), archive.PutOptions{}),
		"List": s.List(ctx, s.prefix, "", func(archive.Object) error { return nil }),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", name, err)
		}
	}
	s.lacks(t, key)
}
