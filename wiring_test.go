package main

import (
	"testing"

	"cdrvault/archive"
)

// Whatever the limit and the number of shares, a backfill and a timer's run keep to it together as long as there is a request a
// second for each share.
func TestPortion_LeavesATenthAndIsNeverMoreThanTheLimit(t *testing.T) {
	for _, limit := range []int{1, 2, 7, 10, 20, 21, 100, 10000} {
		whole := portion(limit, archive.Request{Mode: archive.ModeBackfill})
		if tenth := limit / 10; whole+tenth > limit && limit > 1 {
			t.Errorf("limit %d: a backfill takes %d", limit, whole)
		}
		for of := 1; of <= min(whole, 100); of++ {
			q := archive.Request{Mode: archive.ModeBackfill, Share: archive.Share{Number: of, Of: of}}
			if each := portion(limit, q); each < 1 || each*of > whole {
				t.Errorf("limit %d, %d shares: %d each, of %d", limit, of, each, whole)
			}
		}
		if got := portion(limit, archive.Request{}); got != limit {
			t.Errorf("limit %d: a timer's run takes %d", limit, got)
		}
	}
}

// A warm instance keeps its pace from run to run, but a backfill's is not a timer's.
func TestPace_IsThatOfTheRunsKind(t *testing.T) {
	var w wiring
	share := archive.Request{Mode: archive.ModeBackfill, Share: archive.Share{Number: 1, Of: 8}}
	first := w.pace(speedOf(20, share))
	if w.pace(speedOf(20, share)) != first {
		t.Error("a second run of the same kind has a pace of its own")
	}
	if w.pace(speedOf(20, archive.Request{})) == first {
		t.Error("a timer's run has a backfill's pace")
	}
	for _, mode := range []archive.Mode{"", archive.ModeArchive, archive.ModeBackfill} {
		rest := archive.Request{Mode: mode, Chain: 1}
		if got, want := speedOf(20, rest), (speed{perSecond: 18, yields: true}); got != want {
			t.Errorf("mode %q: what another run left is done at %+v, want %+v", mode, got, want)
		}
	}
	if w.pace(speedOf(2, archive.Request{})) == w.pace(speedOf(20, share)) {
		t.Error("a backfill's share has the pace of a timer's run with the same figure")
	}
}
