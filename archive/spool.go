package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"

	"cdrvault/crc64"
)

// An object's metadata goes ahead of its bytes, and ours holds the digest of those bytes. So a download is taken in
// whole, digested and looked at before the first byte leaves for the bucket: a cut body or an error page never gets
// near it, and a Put that fails starts again without asking the source. Where the bytes wait is a matter of size:
//
//	up to smallFile     in a pooled buffer
//	up to the scratch   in blocks of an unlinked file of the function's scratch disk, which the kernel drops with the process
//	above, or no disk   nowhere: the first download only digests, Open downloads again, and the Put fails if the
//	                    second one brings other bytes
const (
	smallFile   = 1 << 20   // bytes of the largest pooled buffer
	chunkSize   = 64 << 10  // bytes that a large file is read by
	scratchSize = 384 << 20 // bytes; SCF gives a function 512 MB
	unknownSize = 64 << 20  // bytes reserved for a file whose length the source does not say
	headSize    = 4 << 10   // bytes kept to tell what a file is
)

// spool is one downloaded file.
type spool struct {
	size   int64
	crc    uint64
	sha    string
	head   []byte // its first bytes; not after Close
	buffer *[]byte
	disk   *parked
	from   *scratch
}

// take downloads d whole. The error is transient: the source cut the body, or sent a checksum that does not fit. The
// caller closes the spool, not d's body.
func (s *scratch) take(ctx context.Context, d *Download) (*spool, error) {
	defer d.Body.Close()
	sp := &spool{from: s}
	if err := sp.fill(ctx, d); err != nil {
		sp.Close()
		return nil, err
	}
	if d.CRC64 != "" && d.CRC64 != strconv.FormatUint(sp.crc, 10) {
		sp.Close()
		return nil, errors.New("checksum differs from the source's")
	}
	return sp, nil
}

// fill reads d to its end. A file that is told to be large needs no large buffer.
func (sp *spool) fill(ctx context.Context, d *Download) error {
	expect := d.Size
	if expect >= smallFile {
		expect = 0
	}
	sp.buffer = sp.from.buffer(expect)
	first, ended, err := readUpTo(d.Body, *sp.buffer)
	if err != nil {
		return err
	}
	sp.head = first[:min(len(first), headSize)]
	sha := sha256.New()
	sp.sum(sha, first)
	if !ended {
		if err := sp.spill(ctx, d, first, sha); err != nil {
			return err
		}
	}
	sp.sha = hex.EncodeToString(sha.Sum(nil))
	if d.Size >= 0 && d.Size != sp.size {
		return fmt.Errorf("body has %d bytes, the source said %d", sp.size, d.Size)
	}
	return nil
}

// spill moves a file that outgrew its buffer to the scratch disk, and reads it to its end through the buffer.
func (sp *spool) spill(ctx context.Context, d *Download, first []byte, sha hash.Hash) error {
	size := d.Size
	if size < 0 {
		size = unknownSize
	}
	var err error
	if sp.disk, err = sp.from.reserve(ctx, size); err != nil {
		return err
	}
	sp.head = bytes.Clone(sp.head) // the buffer is used again
	sp.disk.Write(first)
	for ended := false; !ended; {
		var chunk []byte
		if chunk, ended, err = readUpTo(d.Body, (*sp.buffer)[:chunkSize]); err != nil {
			return err
		}
		sp.sum(sha, chunk)
		sp.disk.Write(chunk)
	}
	sp.release()
	return nil
}

// sum takes the next bytes of the file into its digests and its size.
func (sp *spool) sum(sha hash.Hash, p []byte) {
	sha.Write(p)
	sp.crc = crc64.Update(sp.crc, p)
	sp.size += int64(len(p))
}

// release gives the buffer back.
func (sp *spool) release() {
	if sp.buffer != nil {
		sp.from.giveBack(sp.buffer)
		sp.buffer = nil
	}
}

// Close gives everything back. No body of the file may be read any more.
func (sp *spool) Close() {
	sp.release()
	if sp.disk != nil {
		sp.disk.drop()
	}
}

// body is what a Put stores. again downloads the file once more, where nothing could keep it.
func (sp *spool) body(again func(context.Context) (io.ReadCloser, error)) Body {
	open := again
	switch {
	case sp.buffer != nil:
		open = func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader((*sp.buffer)[:sp.size])), nil
		}
	case sp.disk.whole():
		open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(sp.disk.reader()), nil }
	}
	return Body{Size: sp.size, CRC64: sp.crc, Open: open}
}

// readUpTo fills buf and tells whether r ended in it. It is not io.ReadFull, which says io.ErrUnexpectedEOF both for a
// body that is shorter than buf and for one that was cut.
func readUpTo(r io.Reader, buf []byte) (read []byte, ended bool, err error) {
	n := 0
	for n < len(buf) {
		m, err := r.Read(buf[n:])
		n += m
		if err == io.EOF {
			return buf[:n], true, nil
		}
		if err != nil {
			return buf[:n], false, err
		}
	}
	return buf, false, nil
}
