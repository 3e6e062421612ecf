package handler

import (
	"context"
	"errors"
	"time"
)

const (
	// platformLimit is the longest that SCF lets a function run (quota page, document 583/11637).
	platformLimit = 900 * time.Second
	// farthest is the latest deadline that can be meant: asynchronous execution, SCF's longest, ends after a day.
	farthest = 24 * time.Hour
	// longestMargin bounds what is kept back for the answer: log lines, and the report's way through the library.
	longestMargin = 2 * time.Second
	// handOnTime bounds what a run leaves for handing on: its rest in one request and a second try, or a hundred shares, several at once.
	handOnTime = 5 * time.Second
)

// withDeadline bounds a run so that it can answer before the platform ends the process.
//
// The library makes its context's deadline from two integers of the request without looking at them (function.go of
// scf-go-lib). A request without a deadline gives 1970, a context that is over before the run begins; one with the
// whole time in nanoseconds gives about 2083. Neither is a deadline: the run then takes the function's time limit.
// A context that is over for any other reason stays over.
func withDeadline(ctx context.Context, limitMs int32) (context.Context, context.CancelFunc) {
	at, ok := ctx.Deadline()
	left := time.Until(at)
	if ok && left <= 0 && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		ctx = context.WithoutCancel(ctx) // keeps the values
	}
	if !ok || left <= 0 || left > farthest {
		left = timeLimit(limitMs)
	}
	return context.WithTimeout(ctx, left-margin(left))
}

// timeLimit is the function's configured time limit, or the platform's where the request names none.
func timeLimit(ms int32) time.Duration {
	if ms <= 0 {
		return platformLimit
	}
	return time.Duration(ms) * time.Millisecond
}

// margin is a tenth of what is left, so that a short limit is not eaten up.
func margin(left time.Duration) time.Duration {
	return min(left/10, longestMargin)
}

// sparing ends a run earlier than its invocation, whose context has a deadline, by the time that handing on takes.
func sparing(ctx context.Context) (context.Context, context.CancelFunc) {
	at, _ := ctx.Deadline()
	return context.WithDeadline(ctx, at.Add(-min(time.Until(at)/10, handOnTime)))
}
