package cosstore

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc64"
	"io"

	"github.com/tencentyun/cos-go-sdk-v5"

	"cdrvault/archive"
)

// maxGet bounds what Get reads into memory.
const maxGet = 512 << 20

// Get reads key whole and holds it against the length and the CRC64 that the bucket tells. An object of more than
// 512 MiB is an error.
func (s *Store) Get(ctx context.Context, key string) ([]byte, archive.Attrs, error) {
	var (
		data  []byte
		attrs archive.Attrs
	)
	if err := checkKey(key); err != nil {
		return nil, attrs, failure("get", key, err)
	}
	err := s.retry(ctx, "get", key, func() error {
		resp, err := s.client.Object.Get(ctx, key, nil)
		if err != nil {
			return answerError("get", key, err)
		}
		defer resp.Body.Close()
		data, attrs, err = readObject(key, resp)
		return err
	})
	if err != nil {
		return nil, archive.Attrs{}, err
	}
	return data, attrs, nil
}

func readObject(key string, resp *cos.Response) ([]byte, archive.Attrs, error) {
	if resp.ContentLength > maxGet {
		return nil, archive.Attrs{}, failure("get", key, fmt.Errorf("%d bytes, more than %d", resp.ContentLength, maxGet))
	}
	var buf bytes.Buffer
	buf.Grow(int(max(resp.ContentLength, 0)) + bytes.MinRead)
	n, err := io.Copy(&buf, io.LimitReader(resp.Body, maxGet+1))
	if err != nil {
		return nil, archive.Attrs{}, answerError("get", key, err)
	}
	if n > maxGet {
		return nil, archive.Attrs{}, failure("get", key, fmt.Errorf("more than %d bytes", maxGet))
	}
	attrs := attrsOf(resp.Header, n)
	if attrs.HasCRC && crc64.Checksum(buf.Bytes(), crcTable) != attrs.CRC64 {
		return nil, archive.Attrs{}, failure("get", key, errUnproved).again()
	}
	return buf.Bytes(), attrs, nil
}
