package cosstore

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

var errBusy = errors.New("busy")

func busy(after time.Duration) error {
	return &Error{Op: "put", Key: "k", Err: errBusy, transient: true, retryAfter: after}
}

func store(tries int) *Store {
	return &Store{retries: Retry{Tries: tries, First: 200 * time.Millisecond, Most: 10 * time.Second}}
}

func TestRetry_Pauses(t *testing.T) {
	tests := []struct {
		name     string
		after    time.Duration // as the server asks
		from, to time.Duration // the sum of two pauses
	}{
		{"of our own", 0, 300 * time.Millisecond, 900 * time.Millisecond},
		{"as the server asks", 7 * time.Second, 14 * time.Second, 14 * time.Second},
		{"but not for hours", time.Hour, time.Minute, time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				err := store(3).retry(t.Context(), "put", "k", func() error { return busy(test.after) })
				if took := time.Since(start); took < test.from || took > test.to {
					t.Errorf("paused for %v, want %v to %v", took, test.from, test.to)
				}
				if !errors.Is(err, errBusy) {
					t.Errorf("retry: %v, want the last error", err)
				}
			})
		})
	}
}

func TestRetry_ContextEndsInAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		tries := 0
		err := store(6).retry(ctx, "put", "k", func() error { tries++; return busy(20 * time.Second) })
		if took := time.Since(start); took != time.Second || tries != 1 {
			t.Errorf("%d tries in %v, want 1 in 1s", tries, took)
		}
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errBusy) {
			t.Errorf("retry: %v, want the deadline and what went wrong before", err)
		}
	})
}

func TestRetry_SpentErrorIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tries := store(2), 0
		err := s.retry(t.Context(), "put", "k", func() error {
			return s.retry(t.Context(), "stat", "k", func() error { tries++; return busy(0) })
		})
		if err == nil || tries != 2 {
			t.Errorf("%d tries, error %v; want 2, not 2 times 2", tries, err)
		}
	})
}
