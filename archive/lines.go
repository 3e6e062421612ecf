package archive

import (
	"bytes"
	"context"
	"hash/crc64"
	"io"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// ecma is the polynomial of x-cos-hash-crc64ecma (CRC-64/XZ).
var ecma = crc64.MakeTable(crc64.ECMA)

// pack packs sorted lines as they are stored. The same lines give the same bytes: gzip gets no name and no time.
func pack(lines [][]byte, compress bool) ([]byte, error) {
	if !compress {
		return bytes.Join(lines, nil), nil
	}
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	zip.ModTime = time.Unix(0, 0) // "no time": the zero time.Time would be written as some day in 2042
	for _, line := range lines {
		if _, err := zip.Write(line); err != nil {
			return nil, err
		}
	}
	err := zip.Close()
	return out.Bytes(), err
}

// unpack reads packed lines back, each with its line break, whoever wrote them; what does not begin as gzip is taken as it is.
// Empty lines are passed over.
func unpack(packed []byte) ([][]byte, error) {
	plain := packed
	if bytes.HasPrefix(packed, []byte{0x1f, 0x8b}) {
		zip, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, err
		}
		if plain, err = io.ReadAll(zip); err != nil {
			return nil, err
		}
	}
	var lines [][]byte
	for line := range bytes.Lines(plain) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			lines = append(lines, append(line[:len(line):len(line)], '\n'))
		}
	}
	return lines, nil
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
