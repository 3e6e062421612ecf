package cosstore

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/tencentyun/cos-go-sdk-v5"

	"cdrvault/archive"
	"cdrvault/crc64"
)

// maxGet bounds what Get reads into memory.
const maxGet = 512 << 20

// Get reads key whole and holds it against the length and the CRC64 that the bucket tells. An object of more than
// 512 MiB is an error.
func (s *Store) Get(ctx context.Context, key string) ([]byte, archive.Attrs, error) {
	var buf bytes.Buffer
	attrs, err := s.Stream(ctx, key, func(r io.Reader) error {
		buf.Reset()
		n, err := buf.ReadFrom(io.LimitReader(r, maxGet+1))
		if n > maxGet {
			return fmt.Errorf("more than %d bytes", maxGet)
		}
		return err
	})
	if err != nil {
		return nil, archive.Attrs{}, err
	}
	return buf.Bytes(), attrs, nil
}

// Stream hands the bytes of key to take and holds them against the length and the CRC64 that the bucket tells. Where the
// reading breaks, it begins again, with a new call of take. An error of take's own ends it.
func (s *Store) Stream(ctx context.Context, key string, take func(io.Reader) error) (archive.Attrs, error) {
	var attrs archive.Attrs
	if err := checkKey(key); err != nil {
		return attrs, failure("get", key, err)
	}
	err := s.retry(ctx, "get", key, func() error {
		resp, err := s.client.Object.Get(ctx, key, nil)
		if err != nil {
			return answerError("get", key, err)
		}
		defer resp.Body.Close()
		attrs, err = readObject(key, resp, take)
		return err
	})
	if err != nil {
		return archive.Attrs{}, err
	}
	return attrs, nil
}

// readObject lets take read an answer, and proves what it read.
func readObject(key string, resp *cos.Response, take func(io.Reader) error) (archive.Attrs, error) {
	body := &summed{from: resp.Body}
	if err := take(body); err != nil {
		if body.err != nil {
			return archive.Attrs{}, answerError("get", key, body.err) // the connection's fault: again
		}
		return archive.Attrs{}, failure("get", key, err)
	}
	attrs := attrsOf(resp.Header, body.n)
	if attrs.HasCRC && body.sum != attrs.CRC64 {
		return archive.Attrs{}, failure("get", key, errUnproved).again()
	}
	return attrs, nil
}

// summed counts and sums what is read, and keeps the error of the reading apart from that of the reader.
type summed struct {
	from io.Reader
	sum  uint64
	n    int64
	err  error
}

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	s.sum = crc64.Update(s.sum, p[:n])
	s.n += int64(n)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
