package cccsource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

var errStalled = errors.New("no byte in time")

// body watches a download: it ends with an error where a byte takes too long, where the length is not the announced
// one, and where ctx ends. The clock runs only while a Read waits: a slow reader is no stall.
type body struct {
	inner   io.ReadCloser
	ctx     context.Context // the caller's
	watched context.Context // the request's, a child of it that cancel ends
	cancel  context.CancelCauseFunc
	timer   *time.Timer
	stall   time.Duration
	host    string
	size    int64 // -1: not announced
	read    int64
}

func watch(ctx context.Context, resp *http.Response, cancel context.CancelCauseFunc, stall time.Duration) *body {
	b := &body{
		inner:   resp.Body,
		ctx:     ctx,
		watched: resp.Request.Context(),
		cancel:  cancel,
		timer:   time.AfterFunc(stall, func() { cancel(errStalled) }),
		stall:   stall,
		host:    resp.Request.URL.Host,
		size:    resp.ContentLength,
	}
	b.timer.Stop()
	return b
}

// Read reads on. After an error other than io.EOF what was read is a part, and no file.
func (b *body) Read(p []byte) (int, error) {
	b.timer.Reset(b.stall)
	n, err := b.inner.Read(p)
	b.timer.Stop()
	b.read += int64(n)
	switch {
	case b.size >= 0 && b.read > b.size:
		err = fmt.Errorf("body is longer than its %d bytes", b.size)
	case err == nil:
		return n, nil
	case err == io.EOF && (b.size < 0 || b.read == b.size):
		return n, io.EOF
	case err == io.EOF:
		err = fmt.Errorf("body ends after %d of %d bytes: %w", b.read, b.size, io.ErrUnexpectedEOF)
	case b.ctx.Err() != nil:
		err = b.ctx.Err()
	case context.Cause(b.watched) == errStalled:
		err = errStalled
	default:
		err = cause(err)
	}
	return n, fmt.Errorf("read media from %s: %w", b.host, err)
}

// Close gives the connection back where the body was read to its end, and breaks it off otherwise.
func (b *body) Close() error {
	b.timer.Stop()
	err := b.inner.Close()
	b.cancel(nil)
	return err
}
