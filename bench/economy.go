package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cdrvault/bench/stage"
)

// economy counts requests to the bucket while one new window is archived.
func economy(ctx context.Context, l *lab) (Result, error) {
	c := copies{files: 200, bytes: 20 * kb, inFlight: 32}
	if _, err := l.byArchive(ctx, c); err != nil {
		return Result{}, err
	}
	seen, err := l.counts()
	if err != nil {
		return Result{}, err
	}
	media, commit, rest := 0, 0, 0
	for what, n := range seen.Store {
		method, folder, _ := strings.Cut(what, " ")
		switch {
		case folder == "media":
			media += n
		case method == "PUT" && (folder == "cdr" || folder == "media_index" || folder == "manifests"):
			commit += n
		default:
			rest += n
		}
	}
	return Result{Figures: []Figure{
		Figure{Part: "economy", Name: "bucket requests for each file", Value: float64(media) / float64(c.files)}.atMost(1),
		Figure{Part: "economy", Name: "bucket requests for the window's commit", Value: float64(commit)}.atMost(3),
		{Part: "economy", Name: "other bucket requests of the run", Value: float64(rest), Note: "ledger, look at what is committed, answer"},
	}}, nil
}

// flaky cuts the first download of one of six files.
func flaky(ctx context.Context, l *lab) (Result, error) {
	scene := stage.Scene{From: stage.Hour(time.Now()), Hours: 1, Calls: 6, Bytes: 200 * kb, Flaky: true}
	if err := l.set(scene); err != nil {
		return Result{}, err
	}
	a, err := l.archiver(32, scene.From)
	if err != nil {
		return Result{}, err
	}
	if _, err := run(ctx, a, scene.From, 1); err != nil {
		return Result{}, err
	}
	seen, err := l.counts()
	if err != nil {
		return Result{}, err
	}
	if seen.Stored != 6*scene.Bytes || seen.Strange > 0 {
		return Result{}, fmt.Errorf("bucket took %d bytes of %d", seen.Stored, 6*scene.Bytes)
	}
	return Result{Figures: []Figure{
		Figure{Part: "flaky", Name: "downloads of six files, one of them cut once", Value: float64(seen.Downloads), Note: "rclone: 12"}.atMost(7),
	}}, nil
}
