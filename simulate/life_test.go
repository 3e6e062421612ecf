package main

import (
	"errors"
	"io/fs"
	"testing"

	"cdrvault/archive"
)

// TestLife kills a run at its second request: the request is done or not, as the life says, and nothing reaches the bucket
// after it.
func TestLife(t *testing.T) {
	for _, applied := range []bool{true, false} {
		f := morning(t)
		ended := false
		l := newLife(1, applied, func() { ended = true })
		f.cloud.lives.add(l)
		store := f.store(t, l)
		data := []byte("{}\n")
		put := func(key string) error { return store.Put(t.Context(), key, bodyOf(data), archive.PutOptions{}) }
		if err := put("first"); err != nil {
			t.Fatal(err)
		}
		errSecond, errThird := put("second"), put("third")
		l.end()
		if errSecond == nil || errThird == nil || !ended || !l.wasKilled() {
			t.Errorf("applied %v: the run was not killed: %v, %v", applied, errSecond, errThird)
		}
		for key, want := range map[string]bool{"first": true, "second": applied, "third": false} {
			if _, err := f.walker.read(key); want == errors.Is(err, fs.ErrNotExist) {
				t.Errorf("applied %v: %s: %v", applied, key, err)
			}
		}
	}
}

// TestSteps: what never comes is never tested.
func TestSteps(t *testing.T) {
	came := map[string]bool{}
	for seed := range uint64(10) {
		f, err := begin(fewDays(seed), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			came[f.draw().name] = true
		}
		f.cloud.close()
	}
	for _, s := range steps {
		if !came[s.name] {
			t.Errorf("no seed brings %q", s.name)
		}
	}
}
