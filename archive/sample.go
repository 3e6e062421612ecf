package archive

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"cdrvault/cdr"
)

// How many files calls have, and how long those are, is told by a few calls and a few files. Calls are listed at moments spread
// over the whole plan; of some of their files the length is asked by beginning a download that is closed unread. Nothing of it is
// stored, and no link outlives the look.

// Bounds of a sample.
const (
	mostListings = 8  // moments at which calls are listed
	listingCalls = 50 // the most of a moment, unless they come in one second
	mostSized    = 64 // files whose length is asked,
	leastSized   = 2  // but so many of each kind
	sizesAtOnce  = 8
)

// sample is what was looked at.
type sample struct {
	listings int
	files    []float64 // of each call, how many would be copied
	lines    []float64 // of each call, bytes of its row as it would be stored
	kinds    []kindSample
	unsized  int // files whose length could not be had
}

// kindSample is what was looked at of one kind of files.
type kindSample struct {
	found int       // that the calls name
	sizes []float64 // bytes of those whose length was told
}

// spot is a moment of a sample.
type spot struct {
	app  string
	span Window
}

// spots chooses moments so that each call has the same chance, be it from a busy hour or from a quiet one: the calls of the plan
// are numbered, and counts lead to where an evenly spaced few of them lie.
func (r *run) spots(stretches []stretch) ([]spot, error) {
	total := 0
	for _, s := range stretches {
		total += s.unread()
	}
	var all []spot
	n := min(mostListings, (total+listingCalls-1)/listingCalls)
	for i := range n {
		at, err := r.narrow(pick(stretches, (2*i+1)*total/(2*n)))
		if err != nil {
			return nil, err
		}
		all = append(all, at)
	}
	return slices.Compact(all), nil // in a short plan two moments may be the same
}

// unread is how many calls of s have still to be read for the first time.
func (s stretch) unread() int {
	if s.told {
		return 0
	}
	return max(s.calls, 0)
}

// pick gives the stretch that the nth unread call lies in, and its number there.
func pick(stretches []stretch, nth int) (stretch, int) {
	for _, s := range stretches {
		if nth < s.unread() {
			return s, nth
		}
		nth -= s.unread()
	}
	return stretches[len(stretches)-1], 0
}

// narrow halves s by counts until few calls are left, the nth among them.
func (r *run) narrow(s stretch, nth int) (spot, error) {
	for s.calls > listingCalls && s.span.Length() >= 2*time.Second {
		half := stretch{app: s.app, span: Window{Start: s.span.Start, End: s.span.Start.Add((s.span.Length() / 2).Truncate(time.Second))}}
		if err := r.countOne(r.soon, &half); err != nil {
			return spot{}, err
		}
		if nth < half.calls {
			s = half
			continue
		}
		nth -= half.calls
		s.span.Start, s.calls = half.span.End, s.calls-half.calls
	}
	return spot{app: s.app, span: s.span}, nil
}

// look takes a sample of the calls that no manifest tells of. A source that lists none, or refuses its links, makes the sample
// small; only the API's refusal is an error.
func (r *run) look(stretches []stretch) (*sample, error) {
	looked, seen, links := &sample{}, map[string]bool{}, map[cdr.Kind][]string{}
	moments, err := r.spots(stretches)
	if err != nil {
		return nil, err
	}
	for _, at := range moments {
		records, err := r.listed(at, seen)
		if err != nil {
			return nil, err
		}
		looked.listings++
		for _, rec := range records {
			looked.files = append(looked.files, float64(r.copied(rec, links)))
		}
		lines, err := r.stored(records)
		if err != nil {
			return nil, err
		}
		looked.lines = append(looked.lines, lines...)
	}
	return looked, r.size(looked, links)
}

// listed lists the calls of a moment that were not seen before.
func (r *run) listed(at spot, seen map[string]bool) ([]cdr.Record, error) {
	norm := r.normalizer(Task{App: at.app, Window: r.Grid.At(at.span.Start)})
	var records []cdr.Record
	_, err := r.source.Calls(r.soon, at.app, at.span, func(page []json.RawMessage) error {
		for _, raw := range page {
			rec, err := norm.Normalize(raw)
			if err != nil || rec.HasTime && at.span.Neighbour(rec.Time) || seen[at.app+"/"+rec.ID] {
				continue
			}
			seen[at.app+"/"+rec.ID] = true
			records = append(records, rec)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list calls for a sample: %w", err)
	}
	return records, nil
}

// copied counts the files of a record that may be copied, and keeps their links by kind.
func (r *run) copied(rec cdr.Record, links map[cdr.Kind][]string) (n int) {
	for _, f := range rec.Files {
		if r.MediaHost(linkHost(f.Link)) {
			links[f.Kind] = append(links[f.Kind], f.Link)
			n++
		}
	}
	return n
}

// stored gives for each record its share of what the rows of all of them take, packed together as those of a window are.
func (r *run) stored(records []cdr.Record) ([]float64, error) {
	rows, plain := newPacker(r.keys.lines()), 0
	for _, rec := range records {
		plain += len(rec.Line)
		if err := rows.add(rec.Line); err != nil {
			return nil, fmt.Errorf("pack rows of a sample: %w", err)
		}
	}
	packed, _, err := rows.close()
	if err != nil {
		return nil, fmt.Errorf("pack rows of a sample: %w", err)
	}
	shares := make([]float64, len(records))
	for i, rec := range records {
		shares[i] = float64(len(rec.Line)) * float64(len(packed)) / float64(plain)
	}
	return shares, nil
}

// size asks the length of some files: of each kind in proportion to how many there are, and of a rare one too.
func (r *run) size(looked *sample, links map[cdr.Kind][]string) error {
	type file struct {
		link string
		kind int
	}
	var mu sync.Mutex
	q := newQueue(sizesAtOnce, func(f file) {
		n, ok := r.length(f.link)
		mu.Lock()
		defer mu.Unlock()
		if kind := &looked.kinds[f.kind]; ok {
			kind.sizes = append(kind.sizes, float64(n))
		} else {
			looked.unsized++
		}
	})
	total, asked := 0, []file{}
	for _, kind := range cdr.Kinds {
		total += len(links[kind])
	}
	for _, kind := range cdr.Kinds {
		if found := len(links[kind]); found > 0 {
			for _, link := range evenly(links[kind], max(leastSized, mostSized*found/total)) {
				asked = append(asked, file{link, len(looked.kinds)})
			}
			looked.kinds = append(looked.kinds, kindSample{found: found})
		}
	}
	for _, f := range asked {
		q.add(f)
	}
	return q.wait()
}

// evenly gives n of a list, spread over it, or all.
func evenly[T any](list []T, n int) []T {
	if n >= len(list) {
		return list
	}
	some := make([]T, n)
	for i := range some {
		some[i] = list[(2*i+1)*len(list)/(2*n)]
	}
	return some
}

// length asks how long a file is; false where the source does not say.
func (r *run) length(link string) (int64, bool) {
	ctx, cancel := context.WithCancel(r.soon) // ends the download as well, where closing would read to its end
	defer cancel()
	down, err := r.opener.Open(ctx, link)
	if err != nil {
		return 0, false
	}
	cancel()
	down.Body.Close() // its error is that of a download that nobody wanted
	return down.Size, down.Size >= 0
}

// report says what was looked at.
func (s *sample) report() SampleReport {
	p := SampleReport{Moments: s.listings, Calls: len(s.files), Unsized: s.unsized}
	for _, k := range s.kinds {
		p.Files += k.found
		p.Sized += len(k.sizes)
	}
	return p
}

// bytes reckons the bytes of the files of so many calls, kind by kind, and of owed files of any kind; nil where no length is
// known. A kind of which none is known is taken to be like the others.
func (s *sample) bytes(calls, owed int) *Range {
	var every []float64
	for _, k := range s.kinds {
		every = append(every, k.sizes...)
	}
	if len(every) == 0 {
		return nil
	}
	sum := extrapolate(every, float64(owed))
	for _, k := range s.kinds {
		sizes, files := k.sizes, float64(k.found)/float64(len(s.files))*float64(calls)
		if len(sizes) == 0 {
			sizes = every
		}
		sum = sum.plus(extrapolate(sizes, files))
	}
	files := extrapolate(s.files, float64(calls)) // their number is in doubt as well
	return sum.plus(estimate{err: sum.sum * files.err / max(files.sum, 1)}).bounds()
}
