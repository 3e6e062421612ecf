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
		if tenth := max(limit/10, 1); limit > 1 && whole+tenth > limit {
			t.Errorf("limit %d: a backfill takes %d", limit, whole)
		}
		if limit == 1 && whole != 1 { // there is nothing to leave: both ask, and the API refuses one
			t.Errorf("of one request a second, a backfill takes %d", whole)
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

// Each share reckons with what all of them may send.
func TestAllowed_IsThatOfAllShares(t *testing.T) {
	q := archive.Request{Mode: archive.ModeBackfill, Share: archive.Share{Number: 3, Of: 100}}
	if got := allowed(20, q); got != 18 {
		t.Errorf("%d requests a second, want 18", got)
	}
}

// A warm instance keeps its pace from run to run: what it asked for in the last second, as whatever kind of run, counts.
func TestPace_IsOneForTheProcess(t *testing.T) {
	var w wiring
	first := w.pace(speedOf(20, archive.Request{Mode: archive.ModeBackfill, Share: archive.Share{Number: 1, Of: 8}}))
	if w.pace(speedOf(20, archive.Request{})) != first {
		t.Error("a timer's run has a pace of its own beside a backfill's")
	}
}

// What can wait yields, and leaves a tenth: a backfill, and whatever goes on with what a run left.
func TestSpeedOf_WhatCanWaitYields(t *testing.T) {
	for name, c := range map[string]struct {
		q    archive.Request
		want speed
	}{
		"timer":                 {archive.Request{}, speed{20, false}},
		"range":                 {archive.Request{Mode: archive.ModeArchive}, speed{20, false}},
		"plan":                  {archive.Request{Mode: archive.ModePlan}, speed{18, false}},
		"backfill":              {archive.Request{Mode: archive.ModeBackfill}, speed{18, true}},
		"share":                 {archive.Request{Mode: archive.ModeBackfill, Share: archive.Share{Number: 8, Of: 8}}, speed{2, true}},
		"rest of a timer's run": {archive.Request{Chain: 1}, speed{18, true}},
	} {
		if got := speedOf(20, c.q); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
