package archive

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash/maphash"
	"os"
	"slices"

	"cdrvault/cdr"
)

// A window can have a million calls, and the lines of all of them do not fit into a function's memory. So rows are gathered
// in batches: one that is full is sorted and packed, and put on the scratch disk once there are many. A merge of the batches
// gives the rows in order, as often as they are asked for. The rows of a usual window fill no batch: nothing is packed.
//
// What stays in memory for each call is a digest of its id and what tells a repeated state from a new one, some 60 bytes.

const (
	batchSize  = 4 << 20  // bytes of lines that are gathered before they are packed
	memoryRoom = 16 << 20 // bytes of packed batches in memory; those that come later wait on the scratch disk
)

// rowSet holds the rows of calls, one for each call. A call may be added several times, even with another content or time:
// the later state wins, but empties nothing (see cdr.Merge).
type rowSet struct {
	batch   int    // bytes of lines in a batch
	scratch string // folder for batches; empty: they stay in memory

	seen    map[callKey]trace
	moved   map[callKey]bool // calls of which batches have states at different times
	altered map[callKey]bool // calls whose line became another one since it was added

	open    []call // the batch that is being filled, in the order of arrival
	size    int    // bytes of its lines
	count   int    // rows that were kept, states of one call included
	full    []*batch
	memory  int64 // bytes of packed batches in memory
	disk    *os.File
	written int64 // bytes of disk
	err     error // the first that adding met; each returns it
}

// callKey is the first half of the SHA-256 of a call's id.
type callKey [16]byte

func keyOf(id string) callKey {
	sum := sha256.Sum256([]byte(id))
	return callKey(sum[:])
}

// trace is what is remembered of a call.
type trace struct {
	time  int64
	sum   uint64 // of the line that came last: the same once more says nothing new
	batch int32  // where its row lies, if there is only one
	at    int32  // in the batch; -1 where there are several
}

var lineSeed = maphash.MakeSeed()

func newRowSet(batch int, scratch string) *rowSet {
	return &rowSet{batch: batch, scratch: scratch, seen: map[callKey]trace{}, moved: map[callKey]bool{}, altered: map[callKey]bool{}}
}

// len is the number of calls.
func (s *rowSet) len() int { return len(s.seen) }

// has tells whether a call was added.
func (s *rowSet) has(id string) bool {
	_, ok := s.seen[keyOf(id)]
	return ok
}

// add takes a row in, and tells whether its call was there already. The line is kept.
func (s *rowSet) add(c call) (known bool) {
	key, sum := keyOf(c.id), maphash.Bytes(lineSeed, c.line)
	was, known := s.seen[key]
	now := trace{time: c.time, sum: sum, batch: int32(len(s.full)), at: int32(len(s.open))}
	switch {
	case known && was.sum == sum:
		return true
	case known && was.at >= 0 && was.batch == now.batch:
		s.unite(key, was, c, sum)
		return true
	case known:
		now.at = -1
		// A call without a time may get that of its other state: only the two together tell.
		if was.time != c.time || c.time == 0 {
			s.moved[key] = true
		}
	}
	s.seen[key] = now
	s.push(c)
	return known
}

// unite joins a call's state with the one that lies in the open batch.
func (s *rowSet) unite(key callKey, was trace, c call, sum uint64) {
	row := &s.open[was.at]
	line, changed, err := cdr.Merge(row.line, c.line)
	if err != nil {
		s.err = fmt.Errorf("unite rows: %w", err)
		return
	}
	_, was.time, _ = cdr.Head(line) // a Time that the API blanked stays what it was
	was.sum = sum
	s.seen[key] = was
	if changed {
		s.altered[key] = true
	}
	s.size += len(line) - len(row.line)
	row.line, row.time = line, was.time
}

// push appends a row to the open batch, and packs it where it is full.
func (s *rowSet) push(c call) {
	c.nth = s.count
	s.count++
	s.open = append(s.open, c)
	if s.size += len(c.line) + len(c.id); s.size >= s.batch {
		s.pack()
	}
}

// pack closes the open batch.
func (s *rowSet) pack() {
	slices.SortFunc(s.open, compareCalls)
	b := packBatch(s.open)
	if s.memory+b.size > memoryRoom && s.spill(b) {
		s.written += b.size
	} else {
		s.memory += b.size
	}
	s.full = append(s.full, b)
	clear(s.open)
	s.open, s.size = s.open[:0], 0
}

// spill moves a batch to the scratch disk. Without a disk, or with a full one, it stays in memory.
func (s *rowSet) spill(b *batch) bool {
	if s.disk == nil {
		if s.scratch == "" {
			return false
		}
		file, err := os.CreateTemp(s.scratch, "cdrvault-rows-*")
		if err != nil {
			s.scratch = ""
			return false
		}
		os.Remove(file.Name()) // unlinked at once: a killed process leaves nothing behind
		s.disk = file
	}
	return b.moveTo(s.disk, s.written)
}

// close gives the scratch disk back.
func (s *rowSet) close() {
	if s != nil && s.disk != nil {
		s.disk.Close()
	}
}

// sorted gives the rows of the open batch in order. The batch itself keeps its order: traces point into it.
func (s *rowSet) sorted() []call {
	rows := slices.Clone(s.open)
	slices.SortFunc(rows, compareCalls)
	return rows
}

// lines gives the rows as they are stored.
func (s *rowSet) lines() sequence {
	return func(span interval, yield func(t int64, line []byte) error) error {
		return s.each(span, func(c call) error { return yield(c.time, c.line) })
	}
}

// addArchived takes a line of a rows object in. One that is no row of the window (mark tells its rows) was not written by us, and is
// left behind. known tells that the call was there already.
func (s *rowSet) addArchived(line, mark []byte) (id string, known bool) {
	id, t, ok := cdr.Head(line)
	if !ok || !bytes.Contains(line, mark) {
		return id, false
	}
	return id, s.add(call{id: id, time: t, line: bytes.Clone(line)})
}
