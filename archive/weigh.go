package archive

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"cdrvault/cdr"
)

// What windows weigh in the bucket, beside the files. Each has objects of its own, packed for themselves: of two rows little can be
// packed, of two thousand three quarters. So the rows of a sample are packed in groups of 1, 2, 4 … calls, and a call weighs as
// much as in a group as large as its window is.

// packing is what is left of lines that are packed together: of those of 1, 2, 4 … calls, as a part of what they were.
type packing []float64

// at is what is left of the lines of n calls. Between two groups that were packed, and above the largest, what one call more adds is
// taken to be always the same.
func (p packing) at(n int) float64 {
	switch {
	case len(p) == 0:
		return 1
	case len(p) == 1 || n < 1:
		return p[0]
	}
	k := min(bits.Len(uint(n))-1, len(p)-2)
	low, high := float64(int(1)<<k), float64(int(2)<<k)
	least, most := low*p[k], high*p[k+1]
	return (least + (most-least)*(float64(n)-low)/(high-low)) / float64(n)
}

// pack tells how rows and index lines of a sample are packed.
func (r *run) pack(s *sample) (err error) {
	if s.rows, err = r.packed(s.moments, func(c sampled) []byte { return c.row }); err == nil {
		s.books, err = r.packed(s.moments, func(c sampled) []byte { return c.books })
	}
	if err != nil {
		return fmt.Errorf("pack lines of a sample: %w", err)
	}
	return nil
}

// mostPacked is how many calls are packed in groups of one size.
const mostPacked = 1000

// packed packs the lines of neighbouring calls in groups, as large as there are.
func (r *run) packed(moments []*moment, lines func(sampled) []byte) (p packing, err error) {
	for n := 1; ; n *= 2 {
		var groups [][]sampled
		for _, m := range moments {
			for calls := m.calls; len(calls) >= n; calls = calls[n:] {
				groups = append(groups, calls[:n])
			}
		}
		if len(groups) == 0 {
			return p, nil
		}
		before, after := 0, 0
		for _, g := range evenly(groups, max(mostPacked/n, 1)) {
			plain, stored, err := r.group(g, lines)
			if err != nil {
				return nil, err
			}
			before, after = before+plain, after+stored
		}
		p = append(p, float64(after)/float64(max(before, 1))) // without lines there is nothing to weigh
	}
}

// group packs lines into one object, and tells their bytes before and after. Without lines there is no object.
func (r *run) group(calls []sampled, lines func(sampled) []byte) (plain, stored int, err error) {
	p := newPacker(r.keys.lines())
	for _, c := range calls {
		plain += len(lines(c))
		if err := p.add(lines(c)); err != nil {
			return 0, 0, err
		}
	}
	object, _, err := p.close()
	if plain == 0 {
		return 0, 0, err
	}
	return plain, len(object), err
}

// booked is a file as media index and manifest will tell of it. Of what nobody knows yet, it has something as long.
func (r *run) booked(app string, w Window, rec cdr.Record, f cdr.File) File {
	key := r.keys.media(app, w, rec.ID, f.Name)
	sum, seconds := sha256.Sum256([]byte(key)), float64(rec.Talk)+0.125
	return File{SessionID: rec.ID, Time: rec.Time, Kind: f.Kind, Index: f.Index, Key: key, Status: Archived, Bytes: 1 << 15,
		CRC64: strconv.FormatUint(binary.BigEndian.Uint64(sum[:]), 10), SHA256: hex.EncodeToString(sum[:]),
		ContentType: "audio/mpeg", Seconds: &seconds, SourceHost: linkHost(f.Link)}
}

// shell is what a window weighs without a call: its manifest, and its entry in the ledger. named is what the manifest says more of
// each object of one with calls.
func (r *run) shell(t Task) (bare, named int, err error) {
	key, m := r.keys.manifest(t.App, t.Window), r.blank(t)
	empty, stamp, err := m.content(key)
	if err != nil {
		return 0, 0, err
	}
	m.Rows = &Content{Key: r.keys.rows(t.App, t.Window), Bytes: 1 << 15, CRC64: empty.CRC64, SHA256: empty.SHA256, ContentSHA256: empty.SHA256}
	full, _, err := m.content(key)
	if err != nil {
		return 0, 0, err
	}
	name := strings.TrimPrefix(key, r.keys.manifests(t.App))
	entry, err := json.Marshal(map[string]stamped{name: {stamp, m.standing()}})
	return int(empty.Bytes) + len(entry), int(full.Bytes - empty.Bytes), err
}

// How far what is reckoned here is off, as a part of it.
const (
	packs  = 0.04 // lines packed in groups: at 2 to 2,000 calls an hour up to 4 %, against devcloud
	digits = 0.02 // numbers that are shorter or longer than those taken
)

// alike is how many degrees of freedom are as good as any number.
const alike = 60

// rowBytes reckons the rows of all calls, as they would be stored.
func (s *sample) rowBytes() estimate {
	e := s.sum(func(c sampled) float64 { return float64(len(c.row)) * s.rows.at(c.crowd) })
	e.doubt(math.Pow(packs*e.sum, 2), alike)
	return e
}

// bookBytes reckons what media index and manifests say of all calls: each file once packed and once plain, and each window's
// objects, of rows and, where calls have files, of the index. fixed is what they weigh without a call.
func (s *sample) bookBytes(named, fixed int) estimate {
	if len(s.kinds) > 0 {
		named *= 2
	}
	index := func(c sampled) float64 { return float64(len(c.books)) * s.books.at(c.crowd) }
	e := s.sum(func(c sampled) float64 { return index(c) + float64(len(c.books)) + float64(named)/float64(c.crowd) })
	e.sum += float64(fixed)
	e.doubt(math.Pow(packs*s.sum(index).sum, 2), alike)
	e.doubt(math.Pow(digits*e.sum, 2), alike)
	return e
}
