package archive

import "math"

// A plan's figures lie between two bounds; these are the sums of such figures.

func exactly(n int) Range { return Range{int64(n), int64(n)} }

func (r Range) plus(s Range) Range { return Range{r.Least + s.Least, r.Most + s.Most} }

// times is r, scaled, with bounds in whole numbers.
func (r Range) times(f float64) Range {
	return Range{int64(math.Floor(float64(r.Least) * f)), int64(math.Ceil(float64(r.Most) * f))}
}

// by is the product of two figures.
func (r Range) by(s Range) Range { return Range{r.Least * s.Least, r.Most * s.Most} }

func (r Range) least() int64 { return r.Least }

func (r Range) most() int64 { return r.Most }

func (s StoreRequests) plus(t StoreRequests) StoreRequests {
	return StoreRequests{s.Put.plus(t.Put), s.Get.plus(t.Get), s.Head.plus(t.Head), s.List.plus(t.List)}
}

// each is what n runs alike ask.
func (s StoreRequests) each(n Range) StoreRequests {
	return StoreRequests{s.Put.by(n), s.Get.by(n), s.Head.by(n), s.List.by(n)}
}

// All is every request, whatever it does: the bucket's price is the same for all.
func (s StoreRequests) All() Range { return s.Put.plus(s.Get).plus(s.Head).plus(s.List) }

// divided is a/b, rounded up.
func divided(a int64, b int) int64 { return (a + int64(b) - 1) / int64(b) }
