package main

import (
	"errors"
	"io/fs"
	"testing"
	"time"

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

// TestShares: together the shares are delivered what the archive has to have, and nothing from before it.
func TestShares(t *testing.T) {
	f := morning(t)
	for range 20 {
		all := f.shares(3)
		if len(all) != 3 {
			t.Fatalf("%d shares, want 3", len(all))
		}
		for i, q := range all {
			if q.Share != (archive.Share{Number: i + 1, Of: 3}) || q.From.Before(f.first) || !q.From.Before(q.To) || len(q.Slices) != 1 {
				t.Errorf("share %d: %+v", i+1, q)
			}
		}
	}
	f.clock.set(f.first.Add(time.Minute))
	if all := f.shares(3); len(all) != 0 {
		t.Errorf("%d shares of nothing", len(all))
	}
}

// TestOfWithdrawn: a file that nothing names is forgiven where its call was withdrawn before it was archived, and only there.
func TestOfWithdrawn(t *testing.T) {
	f := morning(t)
	key := f.firstKey(t, "media/")
	c := f.world.files[key]
	extra := archive.Finding{Trouble: archive.Extra, Name: key}
	if f.ofWithdrawn(extra) {
		t.Error("forgives a file of a call that the API lists")
	}
	f.world.withdraw(c)
	if f.ofWithdrawn(extra) {
		t.Error("forgives a file of a call that is in the lake")
	}
	delete(f.walker.lake[c.span].rows.calls, c.Session)
	if !f.ofWithdrawn(extra) {
		t.Error("does not forgive a file of a call that was withdrawn")
	}
	if f.ofWithdrawn(archive.Finding{Trouble: archive.Missing, Name: key}) {
		t.Error("forgives a file that is missing")
	}
}
