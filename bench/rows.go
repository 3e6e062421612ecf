package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync/atomic"
	"time"

	"cdrvault/archive"
	"cdrvault/bench/stage"
)

// rows takes raw pages to sorted, canonical, packed lines: a whole run without a network. The pages are made while they
// are read, and come out of order.
func rows(ctx context.Context, l *lab) (Result, error) {
	seconds, peak, err := archiveRows(ctx, "rows", pick(l, 20_000, 200_000))
	if !l.short {
		seconds, peak = seconds.atMost(2.5), peak.atMost(192)
	}
	return Result{Figures: []Figure{seconds, peak}}, err
}

// manyRows is the same with a window that is written as four objects: it shows what memory depends on.
func manyRows(ctx context.Context, _ *lab) (Result, error) {
	seconds, peak, err := archiveRows(ctx, "rows-many", 1_000_000)
	return Result{Figures: []Figure{seconds, peak}}, err
}

func archiveRows(ctx context.Context, part string, calls int) (seconds, peak Figure, err error) {
	w := &writer{scene: stage.Scene{From: stage.Hour(time.Now()), Hours: 1, Calls: calls}}
	u, err := measure(func() error {
		_, err := run(ctx, archive.New(w, w, &sink{}, options(&archive.Meter{})), w.scene.From, 1)
		return err
	})
	what := fmt.Sprintf("%d rows, %d MB, from raw pages to gzip: ", calls, w.written.Load()/mb)
	seconds = Figure{Part: part, Name: what + "time", Value: u.Seconds, Unit: "s",
		Note: fmt.Sprintf("%.0f rows a second, CPU %.2f s", float64(calls)/u.Seconds, u.CPU)}
	peak = Figure{Part: part, Name: what + "peak memory", Value: float64(u.Peak) / mb, Unit: "MB"}
	return seconds, peak, err
}

// window is the same over real HTTP, with pages of 100 and the commit in a bucket.
func window(ctx context.Context, l *lab) (Result, error) {
	calls := pick(l, 10_000, 200_000)
	scene := stage.Scene{From: stage.Hour(time.Now()), Hours: 1, Calls: calls}
	if err := l.set(scene); err != nil {
		return Result{}, err
	}
	var report *archive.Report
	u, err := measure(func() error {
		a, err := l.archiver(32, scene.From)
		if err != nil {
			return err
		}
		report, err = run(ctx, a, scene.From, 1)
		return err
	})
	if err != nil {
		return Result{}, err
	}
	if report.Totals.Calls != calls {
		return Result{}, fmt.Errorf("%d calls of %d were archived", report.Totals.Calls, calls)
	}
	what := fmt.Sprintf("a window of %d calls over HTTP, no limit: ", calls)
	return Result{Figures: []Figure{
		{Part: "window", Name: what + "time", Value: u.Seconds, Unit: "s",
			Note: fmt.Sprintf("%d API requests, CPU %.2f s", report.Totals.APIRequests, u.CPU)},
		{Part: "window", Name: what + "peak memory", Value: float64(u.Peak) / mb, Unit: "MB"},
	}}, nil
}

// writer is a source that writes its calls as they are asked for.
type writer struct {
	scene   stage.Scene
	written atomic.Int64
}

// Calls gives the pages in an order of its own: every seventh, then those after them.
func (w *writer) Calls(ctx context.Context, _ string, _ archive.Window, yield func([]json.RawMessage) error) (archive.Listing, error) {
	const page, step = 100, 7
	pages := (w.scene.Calls + page - 1) / page
	for first := range step {
		for n := first; n < pages; n += step {
			if err := yield(w.page(n*page, min((n+1)*page, w.scene.Calls))); err != nil {
				return archive.Listing{}, err
			}
		}
	}
	return archive.Listing{Total: w.scene.Calls, Listed: w.scene.Calls, Agreed: true, Reads: 1}, ctx.Err()
}

func (w *writer) page(from, to int) []json.RawMessage {
	calls := make([]json.RawMessage, 0, to-from)
	all := make([]byte, 0, (to-from)*450)
	for n := from; n < to; n++ {
		start := len(all)
		all = w.scene.AppendCall(all, n, "")
		calls = append(calls, all[start:])
	}
	for i := range calls { // all may have grown while it was cut
		calls[i] = calls[i][:len(calls[i]):len(calls[i])]
	}
	w.written.Add(int64(len(all)))
	return calls
}

var errNotHere = errors.New("not part of this measurement")

func (w *writer) Count(context.Context, string, archive.Window) (int, error) {
	return w.scene.Calls, nil
}

func (w *writer) Sessions(context.Context, string, archive.Window, []string) ([]json.RawMessage, error) {
	return nil, errNotHere
}

func (w *writer) Open(context.Context, string) (*archive.Download, error) { return nil, errNotHere }

// sink is an empty bucket that takes everything and keeps nothing.
type sink struct{}

func (*sink) Stat(context.Context, string) (archive.Attrs, error) {
	return archive.Attrs{}, fs.ErrNotExist
}

func (*sink) Get(context.Context, string) ([]byte, archive.Attrs, error) {
	return nil, archive.Attrs{}, fs.ErrNotExist
}

func (*sink) Put(ctx context.Context, _ string, body archive.Body, _ archive.PutOptions) error {
	r, err := body.Open(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return err
}

func (*sink) List(context.Context, string, string, func(archive.Object) error) error { return nil }
