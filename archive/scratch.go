package archive

import (
	"context"
	"io"
	"os"
	"sync"

	"golang.org/x/sync/semaphore"
)

// scratch is the room where files wait: pooled buffers for the small, and for the large one unlinked file on the scratch disk,
// given out in blocks. A block is used again while the kernel still holds its pages: that costs half of what writing and
// reading a new file does.
type scratch struct {
	dir     string
	room    *semaphore.Weighted // of blocks
	blocks  int64               // in all
	buffers [len(bufferSizes)]sync.Pool

	mu     sync.Mutex
	file   *os.File // nil: not begun, or none can be made
	free   []int64  // blocks that were used and given back, the last on top
	used   int64    // blocks below this number were given out once
	broken bool     // no file can be made
}

// bufferSizes are those of pooled buffers, in bytes: of a chunk, of a recording of a minute, of the largest small file.
var bufferSizes = [...]int{chunkSize, 4 * chunkSize, smallFile}

const blockSize = 1 << 20 // bytes

func newScratch(dir string, size int64) *scratch {
	return &scratch{dir: dir, blocks: size / blockSize, room: semaphore.NewWeighted(size / blockSize)}
}

// buffer gives the smallest buffer that holds more than size bytes, or the largest: a body's end shows only where there is
// room for one byte more. A size of -1 is not known.
func (s *scratch) buffer(size int64) *[]byte {
	i := len(bufferSizes) - 1
	for size >= 0 && i > 0 && size < int64(bufferSizes[i-1]) {
		i--
	}
	if b, ok := s.buffers[i].Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, bufferSizes[i])
	return &b
}

// giveBack lets a buffer be used again.
func (s *scratch) giveBack(b *[]byte) {
	for i, size := range bufferSizes {
		if len(*b) == size {
			s.buffers[i].Put(b)
		}
	}
}

// reserve waits until the disk has room for size bytes. Where it never will, or there is no disk, what comes keeps nothing:
// that costs a second download, not the file.
func (s *scratch) reserve(ctx context.Context, size int64) (*parked, error) {
	k := &parked{scratch: s}
	want := (size + blockSize - 1) / blockSize
	if want > s.blocks {
		return k, nil
	}
	if err := s.room.Acquire(ctx, want); err != nil {
		return nil, err
	}
	k.file, k.room = s.open(), want
	return k, nil
}

// open is the file that blocks are part of, made for whoever comes first; nil where none can be made.
func (s *scratch) open() *os.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil || s.broken {
		return s.file
	}
	file, err := os.CreateTemp(s.dir, "cdrvault-*")
	if err != nil {
		s.broken = true
		return nil
	}
	os.Remove(file.Name()) // unlinked at once: a killed process leaves nothing behind
	s.file = file
	return file
}

// block gives out a block whose room was reserved: one whose pages the kernel may still have, before a new one.
func (s *scratch) block() (n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := len(s.free) - 1; last >= 0 {
		n, s.free = s.free[last], s.free[:last]
		return n
	}
	s.used++
	return s.used - 1
}

// giveUp takes blocks and their room back.
func (s *scratch) giveUp(blocks []int64, room int64) {
	s.mu.Lock()
	s.free = append(s.free, blocks...)
	s.mu.Unlock()
	s.room.Release(room)
}

// close ends the file, and the disk space that it took. A later run makes another one. Where copies of a run beside this one
// are in it, it is left to that run.
func (s *scratch) close() {
	if !s.room.TryAcquire(s.blocks) {
		return
	}
	defer s.room.Release(s.blocks)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		s.file.Close()
	}
	s.file, s.free, s.used, s.broken = nil, nil, 0, false
}

// parked is one file that waits on the scratch disk, as far as it found room.
type parked struct {
	scratch *scratch
	file    *os.File // nil: nothing is kept
	room    int64    // blocks that may be taken
	blocks  []int64  // blocks that were, in the order of the file's bytes
	size    int64    // bytes
}

// Write keeps p, or, once the room is used up or the disk is full, nothing any more. It never fails.
func (k *parked) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0 && k.file != nil; {
		at, left := k.place()
		if left == 0 {
			k.drop()
			break
		}
		part := rest[:min(int64(len(rest)), left)]
		if _, err := k.file.WriteAt(part, at); err != nil {
			k.drop()
			break
		}
		k.size += int64(len(part))
		rest = rest[len(part):]
	}
	return len(p), nil
}

// place is where the next byte belongs, and for how many there is room; 0 where the reserved room is used up.
func (k *parked) place() (at, left int64) {
	if k.size == int64(len(k.blocks))*blockSize {
		if int64(len(k.blocks)) == k.room {
			return 0, 0
		}
		k.blocks = append(k.blocks, k.scratch.block())
	}
	return k.find(k.size)
}

// find is where byte n lies, and how many bytes its block has from there on.
func (k *parked) find(n int64) (at, left int64) {
	inside := n % blockSize
	return k.blocks[n/blockSize]*blockSize + inside, blockSize - inside
}

// whole tells whether all that was written is kept.
func (k *parked) whole() bool { return k.file != nil }

// drop gives everything back.
func (k *parked) drop() {
	k.scratch.giveUp(k.blocks, k.room)
	k.file, k.blocks, k.room = nil, nil, 0
}

// reader reads what is kept from the first byte on. It must not be used after drop.
func (k *parked) reader() io.Reader { return &parkedReader{parked: k} }

type parkedReader struct {
	*parked
	n int64 // the next byte
}

func (r *parkedReader) Read(p []byte) (int, error) {
	if r.n == r.size {
		return 0, io.EOF
	}
	at, left := r.find(r.n)
	n, err := r.file.ReadAt(p[:min(int64(len(p)), left, r.size-r.n)], at)
	r.n += int64(n)
	return n, err
}
