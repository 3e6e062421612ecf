package archive

import "math"

func exactly(n int) Range { return Range{int64(n), int64(n)} }

func (r Range) plus(s Range) Range { return Range{r.Least + s.Least, r.Most + s.Most} }

// times is r, scaled, with bounds in whole numbers.
func (r Range) times(f float64) Range {
	return Range{int64(math.Floor(float64(r.Least) * f)), int64(math.Ceil(float64(r.Most) * f))}
}

func (r Range) least() int64 { return r.Least }

func (r Range) most() int64 { return r.Most }

// plus adds what so many cost at a price for one. Less than a hundredth of a fen is nothing.
func (p PriceRange) plus(r Range, price float64) PriceRange {
	round := func(x float64) float64 { return math.Round(x*1e4) / 1e4 }
	return PriceRange{round(p.Least + float64(r.Least)*price), round(p.Most + float64(r.Most)*price)}
}

func (s StoreRequests) plus(t StoreRequests) StoreRequests {
	return StoreRequests{s.Put.plus(t.Put), s.Get.plus(t.Get), s.Head.plus(t.Head), s.List.plus(t.List)}
}

// all is every request, whatever it does: the bucket's price is the same for all.
func (s StoreRequests) all() Range { return s.Put.plus(s.Get).plus(s.Head).plus(s.List) }

// divided is a/b, rounded up.
func divided(a int64, b int) int64 { return (a + int64(b) - 1) / int64(b) }

// estimate is a sum that was reckoned from a part of what is summed up, with its standard error.
type estimate struct{ sum, err float64 }

// extrapolate reckons the sum of so many values from some of them. A part that is the whole leaves no doubt; of a single value
// nobody knows how it differs from others, so it is taken to differ by itself.
func extrapolate(some []float64, all float64) estimate {
	n := float64(len(some))
	if n == 0 {
		return estimate{}
	}
	mean, square := 0.0, 0.0
	for _, x := range some {
		mean += x / n
	}
	for _, x := range some {
		square += (x - mean) * (x - mean)
	}
	deviation := mean
	if n > 1 {
		deviation = math.Sqrt(square / (n - 1))
	}
	return estimate{all * mean, all * deviation * math.Sqrt(max(0, 1-n/max(all, 1))/n)}
}

// plus adds an estimate whose error is independent.
func (e estimate) plus(f estimate) estimate { return estimate{e.sum + f.sum, math.Hypot(e.err, f.err)} }

// bounds are two standard errors away on both sides: they hold in nineteen cases of twenty.
func (e estimate) bounds() *Range {
	return &Range{int64(math.Round(max(0, e.sum-2*e.err))), int64(math.Round(e.sum + 2*e.err))}
}
