package archive_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"cdrvault/archive"
)

// Bounds from a few skewed values hold the true sum as often as they say: of a hundred samples, in ninety at least.
func TestBounds_HoldForSkewedValues(t *testing.T) {
	for name, draw := range map[string]func(*rand.Rand) float64{
		"exponential": (*rand.Rand).ExpFloat64,
		"log-normal":  func(r *rand.Rand) float64 { return math.Exp(0.7 * r.NormFloat64()) },
	} {
		for _, n := range []int{3, 5, 10, 30, 100} {
			random := rand.New(rand.NewPCG(1, uint64(n)))
			all, sum := make([]float64, 1000), 0.0
			for i := range all {
				all[i] = 1000 * draw(random)
				sum += all[i]
			}
			held := 0
			for range 1000 {
				seen, some := 0.0, make([]float64, n)
				for i, k := range random.Perm(len(all))[:n] {
					some[i] = all[k]
					seen += all[k]
				}
				r := archive.Bounds(some, float64(len(all)-n))
				if r == nil || float64(r.Least) <= sum-seen && sum-seen <= float64(r.Most) {
					held++ // no estimate is no wrong one
				}
			}
			if held < 900 {
				t.Errorf("%s, %d of %d values: the bounds held %d times of 1000", name, n, len(all), held)
			}
		}
	}
}

// The fewer values, the farther apart the bounds; where they tell nothing, there are none.
func TestBounds_TooLittle(t *testing.T) {
	width := func(some ...float64) float64 {
		r := archive.Bounds(some, 1000)
		if r == nil {
			return math.Inf(1)
		}
		return float64(r.Most) / float64(r.Least)
	}
	if w := width(50); !math.IsInf(w, 1) {
		t.Errorf("of a single value: %v", w)
	}
	if w := width(10, 900); !math.IsInf(w, 1) {
		t.Errorf("of two that have nothing in common: %v", w)
	}
	if few, more := width(40, 50, 60), width(40, 50, 60, 40, 50, 60, 40, 50, 60); few < 1.5 || more > few {
		t.Errorf("of three values %.2f, of nine alike %.2f", few, more)
	}
	if r := archive.Bounds([]float64{40, 50, 60}, 0); *r != (archive.Range{}) {
		t.Errorf("of nothing more: %v", *r)
	}
}

// The quantiles are those of any table.
func TestBounds_Student(t *testing.T) {
	for degrees, want := range map[float64]float64{1: 12.71, 2: 4.303, 3: 3.182, 5: 2.571, 10: 2.228, 30: 2.042, 1e9: 1.960} {
		if got := archive.Student(degrees); math.Abs(got/want-1) > 0.031 {
			t.Errorf("%v degrees: %.3f, want %.3f", degrees, got, want)
		}
	}
}
