package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"cdrvault/archive"
	"cdrvault/bench/stage"
	"cdrvault/cccsource"
)

// apiLimit is what the API allows in a second (DescribeTelCdr's document).
const apiLimit = 20

// pages reads one long window from an API with the true one's limit and an answer time of 80 ms.
func pages(ctx context.Context, l *lab) (Result, error) {
	n := pick(l, 40, 400)
	scene := stage.Scene{From: stage.Hour(time.Now()), Hours: 1, Calls: n * 100, APIDelay: 80 * time.Millisecond, Limit: apiLimit}
	if err := l.set(scene); err != nil {
		return Result{}, err
	}
	s, err := l.source(cccsource.NewPace(apiLimit), &archive.Meter{})
	if err != nil {
		return Result{}, err
	}
	defer s.Close()
	calls := 0
	u, err := measure(func() error {
		w := archive.Window{Start: scene.From, End: scene.From.Add(time.Hour)}
		_, err := s.Calls(ctx, stage.App, w, func(page []json.RawMessage) error { calls += len(page); return nil })
		return err
	})
	if err != nil {
		return Result{}, err
	}
	if calls != scene.Calls {
		return Result{}, fmt.Errorf("%d calls of %d were listed", calls, scene.Calls)
	}
	seen, err := l.counts()
	if err != nil {
		return Result{}, err
	}
	return Result{Figures: []Figure{
		Figure{Part: "pages", Name: fmt.Sprintf("share of %d pages a second, 80 ms each", apiLimit),
			Value: float64(seen.API) / u.Seconds / apiLimit, Note: fmt.Sprintf("%d pages in %.2f s", seen.API, u.Seconds)}.atLeast(0.97),
		Figure{Part: "pages", Name: "requests refused", Value: float64(seen.Refused)}.atMost(0),
		{Part: "pages", Name: "CPU per page of 100 calls", Value: u.CPU * 1000 / float64(n), Unit: "ms"},
	}}, nil
}
