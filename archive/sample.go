package archive

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"cdrvault/cdr"
)

// What calls amount to is told by a few of them. They are listed at moments spread over the whole plan (draw.go); of some of their files
// the length is asked (sizes.go), and their rows are packed window by window (weigh.go). Nothing of it is stored, and no link outlives
// the look.

// sample is what was looked at.
type sample struct {
	all     int // calls that it stands for
	moments []*moment
	kinds   []*kindSample
	unsized int // files whose length could not be had
}

// moment is neighbouring calls of a sample.
type moment struct {
	spot
	drawn int // how many of the calls that were drawn lie in it
	crowd int // calls of the window that it is a part of; 0: it is made of whole windows
	calls []sampled
}

// spot is where a moment lies.
type spot struct {
	app  string
	span Window
}

// sampled is a call that was looked at.
type sampled struct {
	row   []byte        // as it would be stored, but unpacked
	books []byte        // what the media index would say of its files, unpacked
	files []*kindSample // of what kind they are

	window    Window
	crowd     int     // calls of the window
	rowLeft   float64 // of the row when it is packed, as a part of it (weigh.go),
	booksLeft float64 // and of the books

	seconds float64 // of conversation
}

// look takes a sample of the calls that no manifest tells of. A source that lists none, or refuses its links, makes the sample
// small; only the API's refusal is an error.
func (r *run) look(stretches []stretch) (*sample, error) {
	looked, offered, seen := &sample{}, downloads{}, map[string]bool{}
	moments, pages := whole(stretches)
	if pages > mostPages {
		for _, s := range stretches {
			looked.all += s.unread()
		}
		var err error
		if moments, err = r.draw(stretches, looked.all); err != nil {
			return nil, err
		}
	}
	for _, m := range moments {
		if err := r.list(m, seen, offered); err != nil {
			return nil, err
		}
	}
	looked.moments = moments
	looked.all = max(looked.all, len(looked.calls()))
	if err := r.pack(looked); err != nil {
		return nil, err
	}
	return looked, r.size(looked, offered)
}

// list lists the calls of a moment that were not seen before.
func (r *run) list(m *moment, seen map[string]bool, offered downloads) error {
	norm := r.normalizer(Task{App: m.app, Window: r.Grid.At(m.span.Start)})
	var records []cdr.Record
	_, err := r.source.Calls(r.soon, m.app, m.span, func(page []json.RawMessage) error {
		for _, raw := range page {
			rec, err := norm.Normalize(raw)
			if err != nil || rec.HasTime && m.span.Neighbour(rec.Time) || seen[m.app+"/"+rec.ID] {
				continue
			}
			seen[m.app+"/"+rec.ID] = true
			records = append(records, rec)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list calls for a sample: %w", err)
	}
	return r.take(m, records, offered)
}

// take makes the calls of a moment of their records, in the order of time: pages come in any.
func (r *run) take(m *moment, records []cdr.Record, offered downloads) error {
	windows := map[Window]int{}
	windowOf := func(rec cdr.Record) Window {
		if rec.HasTime {
			return r.Grid.At(time.Unix(rec.Time, 0))
		}
		return r.Grid.At(m.span.Start)
	}
	slices.SortFunc(records, func(a, b cdr.Record) int { return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.ID, b.ID)) })
	for _, rec := range records {
		windows[windowOf(rec)]++
	}
	for _, rec := range records {
		w := windowOf(rec)
		c := sampled{row: rec.Line, window: w, crowd: max(m.crowd, windows[w]), seconds: float64(rec.Talk)}
		for _, f := range rec.Files {
			if !r.MediaHost(linkHost(f.Link)) {
				continue
			}
			line, err := marshal(r.booked(m.app, w, rec, f))
			if err != nil {
				return fmt.Errorf("take a sample of files: %w", err)
			}
			c.books, c.files = append(c.books, line...), append(c.files, offered.add(rec, f))
		}
		m.calls = append(m.calls, c)
	}
	return nil
}

// calls are all that were looked at.
func (s *sample) calls() (all []sampled) {
	for _, m := range s.moments {
		all = append(all, m.calls...)
	}
	return all
}

// sum reckons what all calls amount to in the measure of of. Neighbouring calls are like each other, so it is the moments that the
// estimate rests on, and what they differ by is its error. Each counts as often as it was drawn (Hansen and Hurwitz, 1943).
func (s *sample) sum(of func(sampled) float64) estimate {
	var means, weights []float64
	seen, every, drawn := 0, 0.0, 0
	for _, m := range s.moments {
		if len(m.calls) == 0 {
			continue
		}
		sum := 0.0
		for _, c := range m.calls {
			sum += of(c)
		}
		seen, every, drawn = seen+len(m.calls), every+sum, drawn+m.drawn
		means, weights = append(means, sum/float64(len(m.calls))), append(weights, float64(m.drawn))
	}
	if seen >= s.all || seen == 0 {
		return estimate{sum: every} // nothing was left out, or nothing seen
	}
	return weighted(means, weights, float64(drawn)).times(float64(s.all), 1-float64(seen)/float64(s.all))
}

// fileCount reckons the files of all calls. Where all that were looked at have as many, others may not: of n things that were all alike,
// up to 3/n of the others may differ all the same (the rule of three: Hanley and Lippman-Hand, JAMA 1983).
func (s *sample) fileCount() *Range {
	e := s.sum(func(c sampled) float64 { return float64(len(c.files)) })
	r, seen := e.bounds(), len(s.calls())
	if r != nil && e.variance == 0 && seen < s.all {
		differ := int64(math.Ceil(3 / float64(seen) * float64(s.all-seen)))
		r = &Range{max(r.Least-differ, 0), r.Most + differ}
	}
	return r
}

// report says what was looked at.
func (s *sample) report() SampleReport {
	p := SampleReport{Moments: len(s.moments), Calls: len(s.calls()), Unsized: s.unsized}
	for _, k := range s.kinds {
		p.Files += k.found
		p.Sized += len(k.sized)
	}
	return p
}
