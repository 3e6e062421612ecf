package handler

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestWithDeadline_Budget(t *testing.T) {
	never := func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} }
	in := func(d time.Duration) func(context.Context) (context.Context, context.CancelFunc) {
		return func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, d) }
	}
	// The library's reading of a request without a deadline, and of one with UnixNano in Nanos and Seconds too.
	zero := func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithDeadline(ctx, time.Unix(0, 0).UTC())
	}
	doubled := func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithDeadline(ctx, time.Unix(time.Now().Unix(), time.Now().UnixNano()).UTC())
	}
	for _, tt := range []struct {
		name    string
		parent  func(context.Context) (context.Context, context.CancelFunc)
		limitMs int32
		want    time.Duration
	}{
		{"a sensible deadline stands above the time limit", in(100 * time.Second), 900_000, 98 * time.Second},
		{"a deadline of four seconds keeps a tenth back", in(4 * time.Second), 900_000, 3600 * time.Millisecond},
		{"the longest asynchronous run", in(24 * time.Hour), 0, 24*time.Hour - 2*time.Second},
		{"no deadline takes the time limit", never, 60_000, 58 * time.Second},
		{"no deadline and no limit take the platform's", never, 0, 898 * time.Second},
		{"a negative limit is none", never, -1, 898 * time.Second},
		{"zero deadline", zero, 3_000, 2700 * time.Millisecond},
		{"zero deadline without limit", zero, 0, 898 * time.Second},
		{"deadline counted twice", doubled, 3_000, 2700 * time.Millisecond},
		{"deadline beyond a day", in(25 * time.Hour), 3_000, 2700 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				parent, release := tt.parent(t.Context())
				defer release()
				ctx, cancel := withDeadline(parent, tt.limitMs)
				defer cancel()
				deadline, ok := ctx.Deadline()
				if got := time.Until(deadline); !ok || got != tt.want {
					t.Errorf("runs for %v, want %v", got, tt.want)
				}
				if ctx.Err() != nil {
					t.Errorf("over before it began: %v", ctx.Err())
				}
				<-ctx.Done() // at once in the bubble's time
			})
		})
	}
}

func TestWithDeadline_CancelledStaysCancelled(t *testing.T) {
	parent, cancel := context.WithCancel(t.Context())
	cancel()
	ctx, done := withDeadline(parent, 3_000)
	defer done()
	if ctx.Err() != context.Canceled {
		t.Errorf("got %v, want %v", ctx.Err(), context.Canceled)
	}
}

func TestWithDeadline_KeepsValues(t *testing.T) {
	type key struct{}
	parent, release := context.WithDeadline(context.WithValue(t.Context(), key{}, "kept"), time.Unix(0, 0))
	defer release()
	ctx, cancel := withDeadline(parent, 0)
	defer cancel()
	if ctx.Value(key{}) != "kept" {
		t.Error("values of the invocation's context are lost")
	}
}
