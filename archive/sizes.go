package archive

import (
	"cmp"
	"context"
	"path"
	"slices"
	"sync"

	"cdrvault/cdr"
)

// How long files are is asked of some of those that sampled calls name: a download of each is begun, and closed unread.

// Bounds of what is asked.
const (
	mostSized   = 128 // files,
	leastSized  = 8   // but so many of each kind
	sizesAtOnce = 8
)

// kindSample is what was looked at of one kind of files in one form: a recording as WAV is many times as long as one as MP3.
type kindSample struct {
	kind  cdr.Kind
	form  string      // the ending of its name
	found int         // files of it that the calls name
	sized []sizedFile // those whose length was told
}

// sizedFile is how long a file is, and the conversation that it belongs to.
type sizedFile struct{ seconds, bytes float64 }

// downloads are the links of a sample's files, and the conversations that these belong to.
type downloads map[*kindSample][]sampledLink

type sampledLink struct {
	text    string // a bearer secret
	seconds float64
}

// add takes a file of a record in, and gives its kind.
func (d downloads) add(rec cdr.Record, f cdr.File) *kindSample {
	one := sampledLink{f.Link, float64(rec.Talk)}
	for k := range d {
		if k.kind == f.Kind && k.form == path.Ext(f.Name) {
			k.found++
			d[k] = append(d[k], one)
			return k
		}
	}
	k := &kindSample{kind: f.Kind, form: path.Ext(f.Name), found: 1}
	d[k] = []sampledLink{one}
	return k
}

// size asks the length of some files: of each kind in proportion to how many there are, and of a rare one too.
func (r *run) size(looked *sample, offered downloads) error {
	total := 0
	for k := range offered {
		looked.kinds = append(looked.kinds, k)
		total += k.found
	}
	slices.SortFunc(looked.kinds, func(a, b *kindSample) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.form, b.form))
	})
	type file struct {
		sampledLink
		kind *kindSample
	}
	var mu sync.Mutex
	q := newQueue(sizesAtOnce, func(f file) {
		n, ok := r.length(f.text)
		mu.Lock()
		defer mu.Unlock()
		if ok {
			f.kind.sized = append(f.kind.sized, sizedFile{f.seconds, float64(n)})
		} else {
			looked.unsized++
		}
	})
	for _, k := range looked.kinds {
		for _, one := range evenly(offered[k], max(leastSized, mostSized*k.found/total)) {
			q.add(file{one, k})
		}
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

// media reckons the bytes of all calls' files, and of owed files of any kind; nil where too little is known. A file is taken to be as
// long as the conversation and others of its kind let expect.
func (s *sample) media(owed int) *Range {
	var every []sizedFile
	for _, k := range s.kinds {
		every = append(every, k.sized...)
	}
	if len(every) == 0 {
		return nil
	}
	all, fits := extrapolate(lengths(every), float64(owed)), map[*kindSample]fit{}
	for _, k := range s.kinds {
		fits[k] = k.fitted(every)
		files := s.sum(func(c sampled) float64 { return float64(c.count(k)) }).sum
		all = all.plus(extrapolate(fits[k].off, files-float64(len(k.sized))))
	}
	return all.plus(s.sum(func(c sampled) (bytes float64) {
		for _, k := range c.files {
			bytes += fits[k].at(c.seconds)
		}
		return bytes
	})).bounds()
}

// fitted is the line of a kind. One of which a single length is known is taken to have files as unlike each other as all others are;
// one of which none is known, to be like all others.
func (k *kindSample) fitted(every []sizedFile) fit {
	switch all := fitted(every); len(k.sized) {
	case 0:
		return all
	case 1:
		only, scale := fitted(k.sized), 1.0
		if mean := total(lengths(every)) / float64(len(every)); mean > 0 {
			scale = only.base / mean
		}
		only.off = nil // its own, which is 0
		for _, x := range all.off {
			only.off = append(only.off, x*scale)
		}
		return only
	}
	return fitted(k.sized)
}

// fit is a straight line through lengths of files by their conversations', and how far each is off. What is off adds up to nothing.
type fit struct {
	base, slope float64
	off         []float64
}

// leastFitted is how many files a slope is taken from: fewer agree by chance.
const leastFitted = 5

// fitted gives the line with the least squares; where that would give short conversations files of less than nothing, the one through
// the origin and the mean.
func fitted(files []sizedFile) (f fit) {
	n := float64(len(files))
	var seconds, bytes, both, square float64 // means, and sums of products around them
	for _, x := range files {
		seconds, bytes = seconds+x.seconds/n, bytes+x.bytes/n
	}
	for _, x := range files {
		both += (x.seconds - seconds) * (x.bytes - bytes)
		square += (x.seconds - seconds) * (x.seconds - seconds)
	}
	if square > 0 && n >= leastFitted {
		f.slope = max(both/square, 0)
	}
	if f.base = bytes - f.slope*seconds; f.base < 0 {
		f.base, f.slope = 0, bytes/seconds
	}
	for _, x := range files {
		f.off = append(f.off, x.bytes-f.at(x.seconds))
	}
	return f
}

func (f fit) at(seconds float64) float64 { return f.base + f.slope*seconds }

func total(values []float64) (sum float64) {
	for _, x := range values {
		sum += x
	}
	return sum
}

func lengths(files []sizedFile) (bytes []float64) {
	for _, x := range files {
		bytes = append(bytes, x.bytes)
	}
	return bytes
}

// count is how many files of a kind a call has.
func (c sampled) count(k *kindSample) (n int) {
	for _, of := range c.files {
		if of == k {
			n++
		}
	}
	return n
}
