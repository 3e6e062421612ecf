package cosstore

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// maxRetryAfter bounds what a server may ask us to wait.
const maxRetryAfter = 30 * time.Second

// retry calls try until it succeeds, fails for good, or has had its tries. Nothing is attempted once ctx has ended.
// The error is final: an outer retry does not take it up again.
func (s *Store) retry(ctx context.Context, op, key string, try func() error) error {
	pause := backoff.ExponentialBackOff{
		InitialInterval:     s.retries.First,
		MaxInterval:         s.retries.Most,
		Multiplier:          2,
		RandomizationFactor: 0.5,
	}
	var last error
	for n := 1; ; n++ {
		if ctx.Err() != nil {
			return stopped(ctx, op, key, last)
		}
		last = try()
		var e *Error
		if !errors.As(last, &e) || !e.transient {
			return last
		}
		if ctx.Err() != nil {
			return stopped(ctx, op, key, last)
		}
		if n == s.retries.Tries {
			return e.final(n)
		}
		sleep(ctx, max(pause.NextBackOff(), min(e.retryAfter, maxRetryAfter)))
	}
}

// stopped says that ctx has ended, and what had gone wrong until then.
func stopped(ctx context.Context, op, key string, last error) error {
	var e *Error
	if errors.As(last, &e) && !errors.Is(e.Err, ctx.Err()) {
		return &Error{Op: op, Key: key, Status: e.Status, Code: e.Code, RequestID: e.RequestID,
			Err: errors.Join(ctx.Err(), e.Err)}
	}
	return failure(op, key, ctx.Err())
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
