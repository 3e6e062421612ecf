package main

import (
	"context"
	"fmt"
	"time"

	"cdrvault/archive"
	"cdrvault/bench/stage"
)

// quiet archives a month and then has nothing to do: once as the timer would ask, once as somebody who asks for the range.
func quiet(ctx context.Context, l *lab) (Result, error) {
	days := pick(l, 1, 30)
	from := stage.Hour(time.Now()).AddDate(0, 0, -days)
	scene := stage.Scene{From: from, Hours: 24 * days, Calls: 2, Bytes: 20 * kb}
	if err := l.set(scene); err != nil {
		return Result{}, err
	}
	var r Result
	asked := archive.Request{ID: "bench", From: from, To: from.Add(time.Duration(scene.Hours) * time.Hour)}
	due := archive.Request{ID: "bench", Now: asked.To.Add(30 * time.Hour)}
	for _, step := range []struct {
		name  string
		q     archive.Request
		idle  bool
		start time.Time
	}{
		{"archived for the first time", asked, false, from},
		{"the timer's first run afterwards", due, false, from},
		{"nothing to do, as the timer asks", due, true, from},
		{"nothing to do, asked for the range", asked, true, from},
	} {
		f, err := l.once(ctx, step.q, step.start, step.idle)
		if err != nil {
			return r, fmt.Errorf("%s: %w", step.name, err)
		}
		f.Name = fmt.Sprintf("%d days of windows, %s", days, step.name)
		r.Figures = append(r.Figures, f)
	}
	return r, nil
}

// once runs q. An idle run must not write.
func (l *lab) once(ctx context.Context, q archive.Request, start time.Time, idle bool) (Figure, error) {
	a, err := l.archiver(32, start)
	if err != nil {
		return Figure{}, err
	}
	before, err := l.counts()
	if err != nil {
		return Figure{}, err
	}
	var report *archive.Report
	u, err := measure(func() (err error) { report, err = finish(a.Run(ctx, q)); return err })
	if err != nil {
		return Figure{}, err
	}
	after, err := l.counts()
	if err != nil {
		return Figure{}, err
	}
	if n := writes(after) - writes(before); idle && n > 0 {
		return Figure{}, fmt.Errorf("%d objects were written", n)
	}
	return Figure{Part: "quiet", Value: u.Seconds, Unit: "s",
		Note: fmt.Sprintf("%d API requests, %d of the bucket, peak %d MB", report.Totals.APIRequests, report.Totals.StoreRequests, u.Peak/mb)}, nil
}

func writes(c stage.Counts) (n int) {
	for _, folder := range []string{"cdr", "media", "media_index", "manifests", "runs"} {
		n += c.Store["PUT "+folder]
	}
	return n
}
