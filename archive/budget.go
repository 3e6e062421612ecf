package archive

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A run keeps time for committing what it read and copied, and for filing its answer: a quarter of what it was given, within
// bounds, or more where the bucket turns out to be slow.
const (
	leastReserve = 300 * time.Millisecond
	mostReserve  = 20 * time.Second
	commitSteps  = 6 // requests, one after the other, from the last copy to the answer
)

// budget ends the time for reading and copying.
type budget struct {
	deadline time.Time // zero: none
	stop     context.CancelFunc

	mu      sync.Mutex
	slowest time.Duration // of the small requests to the bucket in this run
	timer   *time.Timer
}

// newBudget gives ctx for reading and copying.
func newBudget(ctx context.Context) (context.Context, *budget) {
	deadline, ok := ctx.Deadline()
	if !ok {
		soon, cancel := context.WithCancel(ctx)
		return soon, &budget{stop: cancel}
	}
	keep := min(max(time.Until(deadline)/4, leastReserve), mostReserve)
	soon, cancel := context.WithDeadline(ctx, deadline.Add(-keep))
	return soon, &budget{deadline: deadline, stop: cancel}
}

// outlive gives the context of what commits: it has ctx's deadline, but ends only a grace after ctx is cancelled, so that
// a run that is interrupted can commit what it has in flight, and say so.
func outlive(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	if grace < 0 {
		return ctx, func() {}
	}
	late, drop := context.WithoutCancel(ctx), func() {}
	if deadline, ok := ctx.Deadline(); ok {
		late, drop = context.WithDeadline(late, deadline)
	}
	late, cancel := context.WithCancel(late)
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, cancel)
		context.AfterFunc(late, func() { timer.Stop() })
	})
	return late, func() {
		stop()
		cancel()
		drop()
	}
}

// halfOf gives ctx for half of the time that it has left.
func halfOf(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-time.Until(deadline)/2))
}

// saw takes note of how long a request to the bucket took. A slow bucket ends the work earlier, but leaves it a quarter of the
// time.
func (b *budget) saw(took time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if took <= b.slowest || b.deadline.IsZero() {
		return
	}
	b.slowest = took
	left := time.Until(b.deadline)
	early := max(left-commitSteps*took, left/4)
	if b.timer != nil {
		b.timer.Stop()
	}
	b.timer = time.AfterFunc(early, b.stop)
}

// timed is saw for the request that f makes.
func (b *budget) timed(f func() error) error {
	began := time.Now()
	err := f()
	b.saw(time.Since(began))
	return err
}

// timedIfSmall is timed for a Put of so many bytes, if these are few: how long a large one takes tells of the line.
func (b *budget) timedIfSmall(bytes int64, put func() error) error {
	if bytes > smallFile {
		return put()
	}
	return b.timed(put)
}

// allows tells whether there is time for n more requests to the bucket, and then some.
func (b *budget) allows(n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.deadline.IsZero() || time.Until(b.deadline) > time.Duration(n+1)*max(b.slowest, leastReserve/4)
}

// end gives up the timers.
func (b *budget) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil {
		b.timer.Stop()
	}
	b.stop()
}

// ended tells whether ctx has ended: then an error of what was under way is only that.
func ended(ctx context.Context) bool { return ctx.Err() != nil }

// timeUp tells whether err only says that the time of ctx is up, or too short for another try. Beside a timer's run, the API's
// refusals in the last seconds are nothing unusual.
func timeUp(ctx context.Context, err error) bool { return ended(ctx) || errors.Is(err, ErrTooLate) }
