package archive

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cdrvault/cdr"
)

// What windows weigh in the bucket, beside the files. Each has objects of its own, packed for themselves: of two rows little can be
// packed, of two thousand three quarters. So the calls of a sample are packed window by window. A window that was listed whole is
// weighed as it will be stored; one of which a part was listed, by what that part weighs, and by what its second half added to it.

// pack tells what is left of the rows and index lines of a sample, once they are packed with the others of their window.
func (r *run) pack(s *sample) error {
	for _, m := range s.moments {
		for first := 0; first < len(m.calls); {
			calls := m.calls[first:]
			if next := slices.IndexFunc(calls, func(c sampled) bool { return c.window != calls[0].window }); next > 0 {
				calls = calls[:next]
			}
			rows, err := r.left(calls, func(c sampled) []byte { return c.row })
			if err != nil {
				return err
			}
			books, err := r.left(calls, func(c sampled) []byte { return c.books })
			if err != nil {
				return err
			}
			for i := range calls {
				calls[i].rowLeft, calls[i].booksLeft = rows, books
			}
			first += len(calls)
		}
	}
	return nil
}

// left is what is left of the lines of one window's calls, as a part of what they were, when all calls of the window are packed
// together. These follow each other in time, so that both halves are as much like each other as the rest of the window is like them.
func (r *run) left(calls []sampled, lines func(sampled) []byte) (float64, error) {
	plain, whole, err := r.group(calls, lines)
	if err != nil || plain == 0 {
		return 0, err // without lines there is nothing to weigh
	}
	n, crowd := len(calls), calls[0].crowd
	if crowd <= n {
		return float64(whole) / float64(plain), nil
	}
	halves := 0
	for _, half := range [][]sampled{calls[:n/2], calls[n/2:]} {
		_, stored, err := r.group(half, lines)
		if err != nil {
			return 0, err
		}
		halves += stored
	}
	return grown(whole, halves, n, crowd) / (float64(plain) / float64(n) * float64(crowd)), nil
}

// grown is what crowd calls weigh, of which n weigh whole together and halves in two halves. What one call more adds is taken to be the
// same from half of the n on. It is never less than nothing: to pack more does not make it less.
func grown(whole, halves, n, crowd int) float64 {
	more := max(2*whole-halves, 0) // whole, but for half of halves, that n/2 calls added: twice that for n
	return float64(whole) + float64(more)/float64(n)*float64(crowd-n)
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
	if err != nil {
		return 0, 0, fmt.Errorf("pack lines of a sample: %w", err)
	}
	if plain == 0 {
		return 0, 0, nil
	}
	return plain, len(object), nil
}

// booked is a file as media index and manifest will tell of it. Of what nobody knows yet, it has something as long.
func (r *run) booked(app string, w Window, rec cdr.Record, f cdr.File) File {
	key := r.keys.media(app, w, rec.ID, f.Name)
	sum, seconds := sha256.Sum256([]byte(key)), float64(rec.Talk)+0.125
	return File{SessionID: rec.ID, Time: rec.Time, Kind: f.Kind, Index: f.Index, Key: key, Status: Archived, Bytes: 1 << 15,
		CRC64: strconv.FormatUint(binary.BigEndian.Uint64(sum[:]), 10), SHA256: hex.EncodeToString(sum[:]),
		ContentType: "audio/mpeg", Seconds: &seconds, SourceHost: linkHost(f.Link)}
}

// shell is what the books of a window weigh beside what they say of its calls, in bytes.
type shell struct {
	empty     int // of a window without calls: its manifest, and its entry in the ledger
	perObject int // what the manifest of one with calls says more, for each of its objects
}

// shell weighs the books of a task's window.
func (r *run) shell(t Task) (shell, error) {
	key, m := r.keys.manifest(t.App, t.Window), r.blank(t)
	bare, stamp, err := m.content(key)
	if err != nil {
		return shell{}, err
	}
	m.Rows = &Content{Key: r.keys.rows(t.App, t.Window), Bytes: 1 << 15, CRC64: bare.CRC64, SHA256: bare.SHA256, ContentSHA256: bare.SHA256}
	full, _, err := m.content(key)
	if err != nil {
		return shell{}, err
	}
	name := strings.TrimPrefix(key, r.keys.manifests(t.App))
	entry, err := json.Marshal(map[string]stamped{name: {stamp, m.standing()}})
	return shell{empty: int(bare.Bytes) + len(entry), perObject: int(full.Bytes - bare.Bytes)}, err
}

// How far what is reckoned here is off, as a part of it.
const (
	packError   = 0.04 // lines packed without the rest of their window: at 2 to 2,000 calls an hour up to 4 %, against devcloud
	numberError = 0.02 // numbers that are shorter or longer than those taken
)

// alike is how many degrees of freedom are as good as any number.
const alike = 60

// rowBytes reckons the rows of all calls, as they would be stored.
func (s *sample) rowBytes() estimate {
	e := s.sum(func(c sampled) float64 { return float64(len(c.row)) * c.rowLeft })
	e.doubt(math.Pow(packError*e.sum, 2), alike)
	return e
}

// bookBytes reckons what media index and manifests say of all calls: each file once packed and once plain, and each window's objects,
// of rows and, where calls have files, of the index. So many windows are fresh: they have no books yet.
func (s *sample) bookBytes(one shell, fresh int) estimate {
	objects := one.perObject
	if len(s.kinds) > 0 {
		objects *= 2
	}
	index := func(c sampled) float64 { return float64(len(c.books)) * c.booksLeft }
	e := s.sum(func(c sampled) float64 { return index(c) + float64(len(c.books)) + float64(objects)/float64(c.crowd) })
	e.sum += float64(fresh * one.empty)
	e.doubt(math.Pow(packError*s.sum(index).sum, 2), alike)
	e.doubt(math.Pow(numberError*e.sum, 2), alike)
	return e
}
