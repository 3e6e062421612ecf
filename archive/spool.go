package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc64"
	"io"
	"os"
	"sync"

	"golang.org/x/sync/semaphore"
)

// An object's metadata goes ahead of its bytes, and ours holds the digest of those bytes. So a download is taken in
// whole, digested and looked at before the first byte leaves for the bucket: a cut body or an error page never gets
// near it, and a Put that fails starts again without asking the source. Where the bytes wait is a matter of size:
//
//	up to smallFile     in a pooled buffer
//	up to the scratch   in an unlinked file of the function's scratch disk, which the kernel drops with the process
//	above, or no disk   nowhere: the first download only digests, Open downloads again, and the Put fails if the
//	                    second one brings other bytes
const (
	smallFile   = 1 << 20   // bytes of a pooled buffer
	scratchSize = 384 << 20 // bytes; SCF gives a function 512 MB
	unknownSize = 64 << 20  // bytes reserved for a file whose length the source does not say
	headSize    = 4 << 10   // bytes kept to tell what a file is
)

// scratch hands out room for waiting files.
type scratch struct {
	dir  string
	room *semaphore.Weighted
	size int64
	pool sync.Pool
}

func newScratch(dir string, size int64) *scratch {
	return &scratch{
		dir: dir, size: size, room: semaphore.NewWeighted(size),
		pool: sync.Pool{New: func() any { b := make([]byte, smallFile); return &b }},
	}
}

// spool is one downloaded file.
type spool struct {
	size   int64
	crc    uint64
	sha    string
	head   []byte // its first bytes
	buffer *[]byte
	file   *os.File
	held   int64 // bytes reserved on the scratch disk
	from   *scratch
}

// take downloads d whole. The error is transient: the source cut the body, or sent a checksum that does not fit. The
// caller closes the spool, not d's body.
func (s *scratch) take(ctx context.Context, d *Download) (*spool, error) {
	defer d.Body.Close()
	sp := &spool{from: s, buffer: s.pool.Get().(*[]byte)}
	if err := sp.fill(ctx, d); err != nil {
		sp.Close()
		return nil, err
	}
	if d.CRC64 != "" && d.CRC64 != fmt.Sprint(sp.crc) {
		sp.Close()
		return nil, errors.New("checksum differs from the source's")
	}
	return sp, nil
}

func (sp *spool) fill(ctx context.Context, d *Download) error {
	sha, crc := sha256.New(), crc64.New(ecma)
	n, small, err := readUpTo(d.Body, *sp.buffer)
	if err != nil {
		return err
	}
	first := (*sp.buffer)[:n]
	sha.Write(first)
	crc.Write(first)
	sp.size, sp.head = int64(n), bytes.Clone(first[:min(n, headSize)])
	if !small {
		if err := sp.spill(ctx, d, first, sha, crc); err != nil {
			return err
		}
	}
	sp.crc, sp.sha = crc.Sum64(), hex.EncodeToString(sha.Sum(nil))
	if d.Size >= 0 && d.Size != sp.size {
		return fmt.Errorf("body has %d bytes, the source said %d", sp.size, d.Size)
	}
	return nil
}

// spill moves a file that outgrew its buffer to the scratch disk, and reads it to its end.
func (sp *spool) spill(ctx context.Context, d *Download, first []byte, sha, crc hash.Hash) error {
	if err := sp.reserve(ctx, d.Size); err != nil {
		return err
	}
	keep := &leaky{to: sp.file, room: sp.held}
	keep.Write(first)
	sp.release()
	chunk := sp.from.pool.Get().(*[]byte)
	defer sp.from.pool.Put(chunk)
	n, err := io.CopyBuffer(io.MultiWriter(sha, crc, keep), onlyReader{d.Body}, (*chunk)[:64<<10])
	sp.size += n
	if err != nil {
		return err
	}
	if keep.to == nil {
		sp.drop()
	}
	return nil
}

// reserve opens a scratch file, once there is room. Without room for so large a file, or without a disk, file stays nil.
func (sp *spool) reserve(ctx context.Context, size int64) error {
	want := size
	if want < 0 {
		want = unknownSize
	}
	if want > sp.from.size {
		return nil
	}
	if err := sp.from.room.Acquire(ctx, want); err != nil {
		return err
	}
	sp.held = want
	file, err := os.CreateTemp(sp.from.dir, "cdrvault-*")
	if err != nil {
		sp.drop()
		return nil // a read-only disk costs a second download, not the file
	}
	os.Remove(file.Name()) // unlinked at once: a killed process leaves nothing behind
	sp.file = file
	return nil
}

// release gives the buffer back.
func (sp *spool) release() {
	if sp.buffer != nil {
		sp.from.pool.Put(sp.buffer)
		sp.buffer = nil
	}
}

// drop gives the scratch file and its room back.
func (sp *spool) drop() {
	if sp.file != nil {
		sp.file.Close()
		sp.file = nil
	}
	sp.from.room.Release(sp.held)
	sp.held = 0
}

// Close gives everything back.
func (sp *spool) Close() {
	sp.release()
	sp.drop()
}

// body is what a Put stores. again downloads the file once more, where nothing could keep it.
func (sp *spool) body(again func(context.Context) (io.ReadCloser, error)) Body {
	open := again
	switch {
	case sp.buffer != nil:
		open = func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader((*sp.buffer)[:sp.size])), nil
		}
	case sp.file != nil:
		open = func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.NewSectionReader(sp.file, 0, sp.size)), nil
		}
	}
	return Body{Size: sp.size, CRC64: sp.crc, Open: open}
}

// readUpTo fills buf and tells whether r ended in it. It is not io.ReadFull, which says io.ErrUnexpectedEOF both for a
// body that is shorter than buf and for one that was cut.
func readUpTo(r io.Reader, buf []byte) (n int, ended bool, err error) {
	for n < len(buf) {
		m, err := r.Read(buf[n:])
		n += m
		if err == io.EOF {
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}

// leaky writes until its room is used up or its file fails (the disk is full), then goes on without it.
type leaky struct {
	to   *os.File
	room int64
}

func (l *leaky) Write(p []byte) (int, error) {
	if l.room -= int64(len(p)); l.room < 0 {
		l.to = nil
	}
	if l.to != nil {
		if _, err := l.to.Write(p); err != nil {
			l.to = nil
		}
	}
	return len(p), nil
}

// onlyReader hides a body's WriteTo, so that io.CopyBuffer keeps to the buffer it is given.
type onlyReader struct{ io.Reader }
