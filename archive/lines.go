package archive

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// packer packs sorted lines as they are stored. The same lines give the same bytes: gzip gets no name and no time.
type packer struct {
	key    string
	lines  int
	digest hash.Hash // of the lines
	out    bytes.Buffer
	zip    *gzip.Writer // nil: the lines are stored as they are
}

// zips are gzip writers to be used again: one takes a megabyte.
var zips = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}

func newPacker(key string) *packer {
	p := &packer{key: key, digest: sha256.New()}
	if strings.HasSuffix(key, ".gz") {
		p.zip = zips.Get().(*gzip.Writer)
		p.zip.Reset(&p.out)
		p.zip.ModTime = time.Unix(0, 0) // "no time": the zero time.Time would be written as some day in 2042
	}
	return p
}

// add takes the next line, with its line break.
func (p *packer) add(line []byte) error {
	p.lines++
	p.digest.Write(line)
	if p.zip == nil {
		p.out.Write(line)
		return nil
	}
	_, err := p.zip.Write(line)
	return err
}

// close gives the object and what a manifest says of it.
func (p *packer) close() (packed []byte, c *Content, err error) {
	if p.zip != nil {
		err = p.zip.Close()
		zips.Put(p.zip)
	}
	packed = p.out.Bytes()
	c = contentOf(p.key, packed)
	c.Lines, c.ContentSHA256 = p.lines, hexSum(p.digest)
	return packed, c, err
}

func hexSum(digest hash.Hash) string { return hex.EncodeToString(digest.Sum(nil)) }

// unpack hands the lines of an object to yield, each with its line break, whoever wrote them; what does not begin as gzip is
// taken as it is. Empty lines are passed over. A line is yield's until it returns.
func unpack(packed []byte, yield func(line []byte) error) error {
	from := io.Reader(bytes.NewReader(packed))
	if bytes.HasPrefix(packed, []byte{0x1f, 0x8b}) {
		zip, err := gzip.NewReader(from)
		if err != nil {
			return err
		}
		from = zip
	}
	lines := bufio.NewReaderSize(from, 64<<10)
	var long []byte // a line that is longer than the reader's buffer, or lacks its line break
	for {
		line, err := lines.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			long = append(long, line...)
			continue
		}
		if err != nil && err != io.EOF {
			return err
		}
		if len(long) > 0 || err == io.EOF || !isPlainLine(line) {
			long = append(long, line...)
			line, long = append(bytes.TrimSpace(long), '\n'), long[:0]
		}
		if len(line) > 1 {
			if err := yield(line); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// isPlainLine tells a line that begins and ends as ours do.
func isPlainLine(line []byte) bool { return line[0] == '{' && bytes.HasSuffix(line, []byte("}\n")) }

// describe tells of an object of lines what a manifest would.
func describe(key string, packed []byte) (*Content, error) {
	c, digest := contentOf(key, packed), sha256.New()
	err := unpack(packed, func(line []byte) error {
		c.Lines++
		digest.Write(line)
		return nil
	})
	c.ContentSHA256 = hexSum(digest)
	return c, err
}

// contentType is that of a rows or index object. gzip is said by the type and the key's ending, not by Content-Encoding,
// which would make some readers unpack it twice.
func contentType(key string) string {
	if strings.HasSuffix(key, ".gz") {
		return "application/gzip"
	}
	return "application/x-ndjson"
}

// inMemory is a Body whose bytes are at hand.
func inMemory(b []byte, crc uint64) Body {
	return Body{Size: int64(len(b)), CRC64: crc, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(b)), nil
	}}
}
