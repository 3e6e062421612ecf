package cccsource

import (
	"testing"
	"testing/synctest"
	"time"
)

// asks sends n requests at a pace, as one after the other as it allows, and gives the moments.
func asks(t *testing.T, p *Pace, n int) (at []time.Time) {
	t.Helper()
	for range n {
		turn, err := p.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, time.Now())
		turn.goneOut()
		turn.ended()
	}
	return at
}

// At a change of pace, too, no second sees more requests than the larger rate allows, nor one that lies after it more than the
// new one.
func TestPace_CountsTheLastSecondAtAChange(t *testing.T) {
	for _, c := range []struct{ from, to int }{{20, 18}, {18, 20}, {20, 2}, {2, 20}, {20, 20}} {
		synctest.Test(t, func(t *testing.T) {
			p := NewPace(c.from)
			at := asks(t, p, 2*c.from)
			p.Change(c.to, c.to < c.from)
			at = append(at, asks(t, p, 3*c.to)...)
			most := max(c.from, c.to)
			for i := range at[most:] {
				if d := at[i+most].Sub(at[i]); d <= time.Second {
					t.Fatalf("from %d to %d: %d requests within %v", c.from, c.to, most+1, d)
				}
			}
			if c.to < c.from { // the first request waits until no more than the new rate are out
				first := at[2*c.from]
				if d := first.Sub(at[2*c.from-c.to]); d <= time.Second {
					t.Errorf("from %d to %d: the first after the change is one of %d within %v", c.from, c.to, c.to+1, d)
				}
			}
		})
	}
}

// A pace that no longer yields has its whole rate at once, however far it was cut.
func TestPace_NoLongerYields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newYieldingPace(20)
		p.refused()
		p.Change(20, false)
		at := asks(t, p, 20)
		if took := at[19].Sub(at[0]); took > time.Second {
			t.Errorf("20 requests took %v", took)
		}
	})
}
