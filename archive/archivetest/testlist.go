package archivetest

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"cdrvault/archive"
)

// oddNames are awkward on the way through a URL, a signature or XML.
var oddNames = []string{
	"a b", "a+b", "a%2Fb", "a%", "a=b&c=d", "a?b#c", "中文/录音.mp3", "'(!*)~'", `q"<&>`, "é", "A", "a", "a/b", "a.b", "_x", "😀",
}

func testOddKeys(t *testing.T, s suite) {
	var want []string
	for _, name := range append(oddNames, strings.Repeat("k", 850-len(s.prefix))) {
		key := s.prefix + name
		s.put(t, key, []byte(name), archive.PutOptions{})
		want = append(want, key)
	}
	for _, name := range oddNames {
		s.holds(t, s.prefix+name, []byte(name))
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, s.keys(t, s.prefix, "")); diff != "" {
		t.Errorf("listed keys (-want +got):\n%s", diff)
	}
}

func testRefusedKeys(t *testing.T, s suite) {
	for _, key := range []string{
		"", "/a", s.prefix + "a//b", s.prefix + "../b", s.prefix + "a\nb", s.prefix + "\xff",
		s.prefix + strings.Repeat("k", 851-len(s.prefix)),
	} {
		if err := s.Put(t.Context(), key, BodyOf([]byte("x")), archive.PutOptions{}); err == nil {
			t.Errorf("Put(%q): no error", key)
		}
	}
	if got := s.keys(t, s.prefix, ""); len(got) != 0 {
		t.Errorf("stored all the same: %q", got)
	}
}

// keys lists, and checks that the objects come in order and are dated.
func (s suite) keys(t *testing.T, prefix, after string) []string {
	t.Helper()
	var keys []string
	err := s.List(t.Context(), prefix, after, func(o archive.Object) error {
		if len(keys) > 0 && o.Key <= keys[len(keys)-1] {
			t.Errorf("List: %q after %q", o.Key, keys[len(keys)-1])
		}
		if o.Modified.IsZero() {
			t.Errorf("List: %q has no date", o.Key)
		}
		keys = append(keys, o.Key)
		return nil
	})
	if err != nil {
		t.Fatalf("List(%q, %q): %v", prefix, after, err)
	}
	return keys
}

func testList(t *testing.T, s suite) {
	for _, name := range []string{"dt=2026-01-01/0000.json", "dt=2026-01-01/0100.json", "dt=2026-01-02/0000.json", "dt=2026-01-0"} {
		s.put(t, s.prefix+name, []byte(name), archive.PutOptions{})
	}
	tests := []struct {
		prefix, after string
		want          []string
	}{
		{"dt=2026-01-01/", "", []string{"dt=2026-01-01/0000.json", "dt=2026-01-01/0100.json"}},
		{"dt=2026-01-01/", "dt=2026-01-01/0000.json", []string{"dt=2026-01-01/0100.json"}},
		{"dt=2026-01-01/", "dt=2026-01-01/0000", []string{"dt=2026-01-01/0000.json", "dt=2026-01-01/0100.json"}},
		{"dt=", "dt=2026-01-01/0100.json", []string{"dt=2026-01-02/0000.json"}},
		{"dt=2026-01-0", "", []string{"dt=2026-01-0", "dt=2026-01-01/0000.json", "dt=2026-01-01/0100.json", "dt=2026-01-02/0000.json"}},
		{"dt=2027", "", nil},
		{"dt=2026", "dt=2026-02", nil},
	}
	for _, test := range tests {
		after := test.after
		if after != "" {
			after = s.prefix + after
		}
		got := s.keys(t, s.prefix+test.prefix, after)
		for i := range got {
			got[i] = strings.TrimPrefix(got[i], s.prefix)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("List(%q, %q) (-want +got):\n%s", test.prefix, test.after, diff)
		}
	}
}

// testListStates wants a listing to tell one state of an object from the next.
func testListStates(t *testing.T, s suite) {
	key := s.prefix + "manifest.json"
	etag := func() (etag string) {
		err := s.List(t.Context(), key, "", func(o archive.Object) error {
			etag = o.ETag
			return nil
		})
		if err != nil || etag == "" {
			t.Fatalf("ETag %q, %v", etag, err)
		}
		return etag
	}
	s.put(t, key, []byte("one"), archive.PutOptions{})
	first := etag()
	s.put(t, key, []byte("two"), archive.PutOptions{})
	if second := etag(); second == first {
		t.Errorf("ETag %s before and after another Put", first)
	}
}

func testListPages(t *testing.T, s suite) {
	if testing.Short() {
		t.Skip("puts more than a page of objects")
	}
	const objects = 1003
	var (
		want []string
		all  errgroup.Group
	)
	all.SetLimit(16)
	for i := range objects {
		key := fmt.Sprintf("%sn=%04d", s.prefix, i)
		want = append(want, key)
		all.Go(func() error { return s.Put(t.Context(), key, BodyOf([]byte("x")), archive.PutOptions{}) })
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, s.keys(t, s.prefix, "")); diff != "" {
		t.Errorf("listed keys (-want +got):\n%s", diff)
	}
}

func testListEnded(t *testing.T, s suite) {
	for _, name := range []string{"1", "2", "3"} {
		s.put(t, s.prefix+name, []byte(name), archive.PutOptions{})
	}
	errEnough, seen := errors.New("enough"), 0
	err := s.List(t.Context(), s.prefix, "", func(archive.Object) error {
		if seen++; seen == 2 {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) || seen != 2 {
		t.Errorf("List: %v after %d objects, want yield's error after 2", err, seen)
	}
}

func testOneWinner(t *testing.T, s suite) {
	var (
		key    = s.prefix + "raced"
		all    errgroup.Group
		mu     sync.Mutex
		winner []string
	)
	for i := range 8 {
		data := fmt.Sprintf("racer %d", i)
		all.Go(func() error {
			err := s.Put(t.Context(), key, BodyOf([]byte(data)), archive.PutOptions{CreateOnly: true})
			if errors.Is(err, fs.ErrExist) {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			winner = append(winner, data)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(winner) != 1 {
		t.Fatalf("%q were told that they had created the object, want one", winner)
	}
	s.holds(t, key, []byte(winner[0]))
}

func testAtOnce(t *testing.T, s suite) {
	var all errgroup.Group
	for i := range 32 {
		all.Go(func() error {
			key, data := fmt.Sprintf("%sf%d", s.prefix, i), pattern(1000*i+1)
			if err := s.Put(t.Context(), key, BodyOf(data), archive.PutOptions{}); err != nil {
				return err
			}
			got, _, err := s.Get(t.Context(), key)
			if err == nil && string(got) != string(data) {
				err = fmt.Errorf("get %s: other bytes", key)
			}
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
}
