package cccsource

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// newYieldingPace is a pace for work that can wait.
func newYieldingPace(perSecond int) *Pace {
	p := NewPace(perSecond)
	p.Change(perSecond, true)
	return p
}

// account is the API's limit for all that ask under one account: so many requests in any second, by when those that it let pass
// arrived. Answers take 80 ms, more or less.
type account struct {
	mu     sync.Mutex
	passed []time.Time // the last ones, as many as the limit
	next   int
	luck   *rand.Rand // of the ways and the pauses: the same in every run of a test
}

func newAccount(limit int) *account {
	return &account{passed: make([]time.Time, limit), luck: rand.New(rand.NewPCG(1, uint64(limit)))}
}

// upTo is a while that luck decides.
func (a *account) upTo(most time.Duration) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return time.Duration(a.luck.Int64N(int64(most)))
}

// ask is one request; false: it was refused.
func (a *account) ask() bool {
	time.Sleep(40*time.Millisecond + a.upTo(5*time.Millisecond))
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	if now.Sub(a.passed[a.next]) < time.Second {
		return false
	}
	a.passed[a.next] = now
	a.next = (a.next + 1) % len(a.passed)
	return true
}

// run has 8 workers ask at a pace, as the pages of a window are asked for, until n requests passed or ctx ends. It tells how many
// passed.
func (a *account) run(ctx context.Context, p *Pace, n int64) int64 {
	var passed, begun atomic.Int64
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for begun.Add(1) <= n && a.insist(ctx, p) {
				passed.Add(1)
			}
		})
	}
	workers.Wait()
	return passed.Load()
}

// insist asks until a request passes, as ask of a Source does.
func (a *account) insist(ctx context.Context, p *Pace) bool {
	pauses := Retry{}.orDefault().policy()
	pauses.RandomizationFactor = 0 // its jitter knows no seed
	for ctx.Err() == nil {
		turn, err := p.take(ctx)
		if err != nil {
			return false
		}
		turn.goneOut()
		passed := a.ask()
		time.Sleep(40 * time.Millisecond)
		turn.ended()
		if passed {
			return true
		}
		p.refused()
		pause := pauses.NextBackOff()
		time.Sleep(pause/2 + a.upTo(pause))
	}
	return false
}

const forever = 1 << 40

// beside is how much longer a timer's run of n requests takes beside a backfill at the given pace, which began before it.
func beside(t *testing.T, n int64, backfill *Pace) float64 {
	ctx, cancel := context.WithCancel(t.Context())
	a := newAccount(20)
	var others sync.WaitGroup
	others.Go(func() { a.run(ctx, backfill, forever) })
	time.Sleep(30 * time.Second)
	began := time.Now()
	a.run(ctx, NewPace(20), n)
	took := time.Since(began)
	cancel()
	others.Wait()
	return took.Seconds() / (float64(n)/(20*fill) + 0.08)
}

// The first second beside each other is a matter of luck: what counts is the mean.
func TestYieldingPace_ATimersRunLosesAlmostNothing(t *testing.T) {
	for _, c := range []struct {
		requests int64
		runs     int
		most     float64
	}{{100, 10, 1.3}, {1000, 3, 1.15}} {
		var sum float64
		for range c.runs {
			synctest.Test(t, func(t *testing.T) { sum += beside(t, c.requests, newYieldingPace(18)) })
		}
		if longer := sum / float64(c.runs); longer > c.most {
			t.Errorf("%d requests take %.2f times as long, want %.2f at most", c.requests, longer, c.most)
		}
	}
}

// The measure of the test above: without yielding, the two share the limit, and both are refused much.
func TestPace_BesideAnotherOneHasItsHalf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if longer := beside(t, 1000, NewPace(18)); longer < 1.6 {
			t.Errorf("1000 requests take %.2f times as long beside a pace that does not yield", longer)
		}
	})
}

// Others that do not go away do not stop a backfill: it takes most of what they leave.
func TestYieldingPace_TakesWhatIsLeft(t *testing.T) {
	for _, c := range []struct {
		name         string
		limit, other int
		least        float64 // of what is left
	}{
		{"nobody else", 20, 0, 0.97 * 18 / 20},
		{"others take a quarter", 20, 5, 0.65},
		{"the limit is half of what was said", 10, 0, 0.65},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const time = 120
				ctx, cancel := context.WithTimeout(t.Context(), time*1e9)
				defer cancel()
				a := newAccount(c.limit)
				var others sync.WaitGroup
				if c.other > 0 {
					others.Go(func() { a.run(ctx, NewPace(c.other), forever) })
				}
				got := float64(a.run(ctx, newYieldingPace(18), forever)) / time
				others.Wait()
				if left := float64(c.limit - c.other); got < c.least*left {
					t.Errorf("%.1f requests a second of %.0f that are left", got, left)
				}
			})
		})
	}
}

func TestYieldingPace_HalvesAndWinsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newYieldingPace(20)
		want := func(level float64) {
			t.Helper()
			if got := p.yielding().now(time.Now()); got < level-0.001 || got > level+0.001 {
				t.Errorf("level %.3f, want %.3f", got, level)
			}
		}
		want(1)
		p.refused()
		p.refused() // the same news
		time.Sleep(silence)
		want(0.5)
		time.Sleep(recovery / 2)
		want(0.75)
		p.refused()
		time.Sleep(silence)
		want(0.375)
		time.Sleep(2 * recovery)
		want(1)
		for range 20 {
			p.refused()
			time.Sleep(silence)
		}
		want(leastLevel)
	})
}

func TestYieldingPace_IsSilentForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newYieldingPace(20)
		p.refused()
		began := time.Now()
		if _, err := p.take(t.Context()); err != nil || time.Since(began) < silence {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		p.refused()
		ctx, cancel := context.WithTimeout(t.Context(), silence/2)
		defer cancel()
		began = time.Now()
		if _, err := p.take(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != silence/2 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// What others cost is won back when they are gone; a little stays, for that may have been requests of our own that came late.
func TestPace_WinsBackWhatOthersCost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(20)
		for range 30 {
			p.refused()
		}
		if p.held() != mostHold {
			t.Errorf("held for %v, want %v", p.held(), mostHold)
		}
		time.Sleep(recovery / 2)
		if got, want := p.held(), mostHold-250*time.Millisecond; got != want {
			t.Errorf("held for %v, want %v", got, want)
		}
		time.Sleep(recovery)
		if p.held() != mostLeast {
			t.Errorf("held for %v, want %v", p.held(), mostLeast)
		}
	})
}
