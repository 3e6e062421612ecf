package archive

import (
	"context"
	"io"
	"time"

	"cdrvault/cdr"
)

// What tests outside the package see of its inside.

// ListTasks gives the planner's answer to a timer event.
func ListTasks(g Grid, settle time.Duration, start, now time.Time, l Ledger) []Task {
	return planner{grid: g, settle: settle, start: start, now: now}.due("app", l)
}

// ListWatched gives the runs of windows that one count each is asked for.
func ListWatched(g Grid, settle time.Duration, now time.Time, l Ledger) [][]Window {
	return planner{grid: g, settle: settle, now: now}.watch(l)
}

// Span gives the windows of an asked range.
func Span(g Grid, now, from, to time.Time) (Window, []string, error) {
	return planner{grid: g, now: now}.span(Request{From: from, To: to})
}

// Judge tells what a download is.
func Judge(kind cdr.Kind, file []byte, declared string, talk int64) (contentType, suspect string, seconds *float64, err error) {
	head := file[:min(len(file), headSize)]
	v, err := judge(kind, head, int64(len(file)), declared, talk)
	return v.ContentType, v.Suspect, v.Seconds, err
}

// Sizes that decide where a download waits.
const (
	SmallFile = smallFile
)

// Spooled takes a download in with size bytes of scratch in dir, and tells where it waits.
func Spooled(ctx context.Context, dir string, size int64, d *Download, again func(context.Context) (io.ReadCloser, error)) (b Body, sha, where string, done func(), err error) {
	sp, err := newScratch(dir, size).take(ctx, d)
	if err != nil {
		return Body{}, "", "", nil, err
	}
	where = "nowhere"
	switch {
	case sp.buffer != nil:
		where = "memory"
	case sp.file != nil:
		where = "disk"
	}
	return sp.body(again), sp.sha, where, sp.Close, nil
}

// SetHeavy lowers the number of calls above which a window's files are copied in slices.
func (a *Archiver) SetHeavy(calls int) { a.heavyCalls = calls }

// FunctionMemory is what plans take for the memory of an instance, in GB.
const FunctionMemory = functionMemory
