package cosstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/tencentyun/cos-go-sdk-v5"

	"cdrvault/crc64"
)

// maxParts is COS's limit for one object.
const maxParts = 10_000

// abortTimeout is what an upload may take to clear up after itself when its context has ended already.
const abortTimeout = 10 * time.Second

// takeBuffer waits until an upload in parts may start, and answers with its buffer: as long as a part of an object of
// the given size.
func (s *Store) takeBuffer(ctx context.Context, size int64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case buf := <-s.buffers:
		n := partSize(size, s.partSize)
		if int64(cap(buf)) < n {
			buf = make([]byte, n)
		}
		return buf[:n], nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// giveBuffer lets the next upload start. A buffer that was made for a giant is not kept.
func (s *Store) giveBuffer(buf []byte) {
	if int64(cap(buf)) > s.partSize {
		buf = nil
	}
	s.buffers <- buf
}

// partSize is least, or whatever keeps an object of size bytes within COS's number of parts.
func partSize(size, least int64) int64 {
	return max(least, (size+maxParts-1)/maxParts)
}

// inParts is one upload in parts. If the process dies here, the object is not there or is whole; the upload stays
// behind unseen, until AbortUploads removes it.
func (p *put) inParts(ctx context.Context, buf []byte) error {
	id, err := p.initiate(ctx)
	if err != nil {
		return err
	}
	header, err := p.fill(ctx, id, buf)
	if err != nil {
		p.abort(ctx, id)
		return p.refused(ctx, err)
	}
	return p.prove(ctx, header)
}

// initiate starts an upload. Where its answer is lost the repetition starts another one, and the first stays behind.
func (p *put) initiate(ctx context.Context) (id string, err error) {
	const op = "start upload of"
	headers := p.headers(make(http.Header))
	headers.ContentLength = 0
	err = p.store.retry(ctx, op, p.key, func() error {
		res, _, err := p.store.client.Object.InitiateMultipartUpload(ctx, p.key,
			&cos.InitiateMultipartUploadOptions{ObjectPutHeaderOptions: headers})
		if err != nil {
			return answerError(op, p.key, err)
		}
		if res.UploadID == "" {
			return failure(op, p.key, errors.New("answer without an upload id")).again()
		}
		id = res.UploadID
		return nil
	})
	return id, err
}

// fill sends the parts one after the other and makes them the object, if they are the body that was told. It answers
// with the headers of the last answer.
func (p *put) fill(ctx context.Context, id string, buf []byte) (http.Header, error) {
	r, err := p.open(ctx)
	if err != nil {
		return nil, failure("put", p.key, err)
	}
	defer r.Close()

	var (
		parts []cos.Object
		sum   uint64
	)
	for left := p.body.Size; left > 0; left -= int64(len(buf)) {
		buf = buf[:min(int64(len(buf)), left)]
		if _, err := io.ReadFull(r, buf); err != nil {
			return nil, failure("put", p.key, err)
		}
		sum = crc64.Update(sum, buf)
		part := cos.Object{PartNumber: len(parts) + 1}
		if part.ETag, err = p.sendPart(ctx, id, part.PartNumber, buf); err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	if sum != p.body.CRC64 {
		return nil, failure("put", p.key, errors.New("body is not of its CRC64"))
	}
	return p.complete(ctx, id, parts)
}

// sendPart sends one part, as often as it takes. A part may be repeated freely: the last one counts.
func (p *put) sendPart(ctx context.Context, id string, n int, data []byte) (etag string, err error) {
	op := fmt.Sprintf("put part %d of", n)
	want := crc64.Checksum(data)
	err = p.store.retry(ctx, op, p.key, func() error {
		r := newExact(io.NopCloser(bytes.NewReader(data)), int64(len(data)))
		defer r.Close() // data is written anew after this
		resp, err := p.store.client.Object.UploadPart(ctx, p.key, id, n, r,
			&cos.ObjectUploadPartOptions{ContentLength: int64(len(data))})
		if err != nil {
			return answerError(op, p.key, err)
		}
		// Without a CRC64 here, the one of the whole object decides.
		if got, ok := crcOf(resp.Header); ok && got != want {
			return failure(op, p.key, errUnproved).again()
		}
		etag = resp.Header.Get("ETag")
		return nil
	})
	return etag, err
}

// complete makes the parts one object. If it dies before the answer, the object is there or is not; a repetition of
// the request tells NoSuchUpload where it is.
func (p *put) complete(ctx context.Context, id string, parts []cos.Object) (header http.Header, err error) {
	const op = "complete upload of"
	forbid := p.forbidOverwrite()
	err = p.store.retry(ctx, op, p.key, func() error {
		_, resp, err := p.store.client.Object.CompleteMultipartUpload(ctx, p.key, id,
			&cos.CompleteMultipartUploadOptions{Parts: parts, XOptionHeader: &forbid})
		switch {
		case err == nil:
			header = resp.Header
			return nil
		case resp != nil && resp.StatusCode == http.StatusOK:
			// COS says 200 before it has joined the parts; the SDK's error quotes the body as numbers.
			return failure(op, p.key, errors.New("answer 200 holds an error, or is cut")).again()
		}
		return answerError(op, p.key, err)
	})
	return header, err
}

// abort removes the parts, even where ctx has ended. Its own failure is ignored: nobody sees the parts, and
// AbortUploads comes by later.
func (p *put) abort(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	_ = p.store.abortUpload(ctx, p.key, id)
}

func (s *Store) abortUpload(ctx context.Context, key, id string) error {
	const op = "abort upload of"
	return s.retry(ctx, op, key, func() error {
		if _, err := s.client.Object.AbortMultipartUpload(ctx, key, id); err != nil {
			if e := answerError(op, key, err); e.Status != http.StatusNotFound {
				return e
			}
		}
		return nil
	})
}
