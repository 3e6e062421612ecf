package main

import (
	"crypto/sha256"
	"strings"
	"testing"
)

// One run and three shares archive the same, and both are watched by the same rules: all windows final, no run failed.
func TestFanout_SameLake(t *testing.T) {
	dir := t.TempDir()
	binary, err := build(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openSite(t.Context(), binary, dir, 9, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.cloud.Close()
	one, many, err := s.compare(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []backfilled{one, many} {
		if b.api < s.hours || b.store < 3*s.hours || b.starts < 1 || b.CPU <= 0 || b.Seconds <= 0 || b.Peak <= 0 {
			t.Errorf("odd figures %+v", b.figure(""))
		}
	}
	if one.most != 1 {
		t.Errorf("one run was %d at once", one.most)
	}
	if err := s.empty(); err != nil {
		t.Fatal(err)
	}
	if left := s.cloud.Bucket().Objects(); len(left) > 0 {
		t.Errorf("%d objects are left", len(left))
	}
}

// A range that the function refuses is an error, not a fast backfill.
func TestFanout_RunFails(t *testing.T) {
	dir := t.TempDir()
	binary, err := build(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openSite(t.Context(), binary, dir, 3, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.cloud.Close()
	s.from = s.from.AddDate(-1, 0, 0) // further back than the API lists
	if _, err := s.backfill(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "180 days") {
		t.Errorf("got %v", err)
	}
}

// someLake has two objects and a manifest.
func someLake() lake {
	return lake{
		objects:   map[string][sha256.Size]byte{"cdr/a": sha256.Sum256([]byte("a")), "media/b": sha256.Sum256([]byte("b"))},
		manifests: map[string]map[string]any{"manifests/m": {"state": "final", "calls": 2.0}},
	}
}

func TestLake_Same(t *testing.T) {
	if err := someLake().same(someLake()); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(lake){
		"cdr/a":       func(l lake) { l.objects["cdr/a"] = sha256.Sum256([]byte("other")) },
		"media/b":     func(l lake) { delete(l.objects, "media/b") },
		"media/more":  func(l lake) { l.objects["media/more"] = sha256.Sum256(nil) },
		"manifests/m": func(l lake) { l.manifests["manifests/m"]["calls"] = 3.0 },
		"empty":       func(l lake) { clear(l.objects) },
	} {
		l := someLake()
		change(l)
		if err := l.same(someLake()); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	more := someLake()
	more.objects["media/more"] = sha256.Sum256(nil)
	if err := someLake().same(more); err == nil {
		t.Error("what the other lake has alone was not missed")
	}
}

func TestLake_Final(t *testing.T) {
	l := someLake()
	if err := l.final(1); err != nil {
		t.Error(err)
	}
	if l.final(2) == nil {
		t.Error("a window without a manifest was not missed")
	}
	l.manifests["manifests/m"]["state"] = "open"
	if l.final(1) == nil {
		t.Error("an open window passed")
	}
}
