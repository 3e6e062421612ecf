package fault

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// nowhere takes an answer that nobody will see.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) WriteHeader(int)             {}
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }

// cutWriter passes the first bytes of a body on and refuses the rest.
type cutWriter struct {
	http.ResponseWriter
	left int64
	over bool // there was a rest
}

var errCut = errors.New("body cut by the fault script")

func (c *cutWriter) Write(p []byte) (int, error) {
	if int64(len(p)) <= c.left {
		c.left -= int64(len(p))
		return c.ResponseWriter.Write(p)
	}
	c.over = true
	n, err := c.ResponseWriter.Write(p[:c.left])
	c.left = 0
	if err == nil {
		err = errCut
	}
	return n, err
}

// altered changes the headers in the moment before they leave. A handler that writes nothing has to be followed by
// WriteHeader(http.StatusOK) where sent is false.
type altered struct {
	http.ResponseWriter
	action Action
	sent   bool
}

func (a *altered) WriteHeader(status int) {
	if !a.sent {
		a.sent = true
		a.action.alter(a.Header())
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *altered) Write(p []byte) (int, error) {
	if !a.sent {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(p)
}

type sleeper func(ctx context.Context, d time.Duration) error

// pace holds a stream at a rate.
type pace struct {
	ctx  context.Context
	rate int64 // bytes a second
	wait sleeper
}

// chunk is what passes at once: a tenth of a second's bytes, at least one.
func (p pace) chunk() int { return int(max(1, p.rate/10)) }

func (p pace) after(n int) error {
	return p.wait(p.ctx, time.Duration(n)*time.Second/time.Duration(p.rate))
}

// slowBody is a request's body at a rate.
type slowBody struct {
	io.ReadCloser
	pace pace
}

func (s *slowBody) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p[:min(len(p), s.pace.chunk())])
	if late := s.pace.after(n); late != nil {
		return n, late
	}
	return n, err
}

// slowWriter is an answer's body at a rate. What has been paid for is sent at once.
type slowWriter struct {
	http.ResponseWriter
	pace pace
}

func (s *slowWriter) Write(p []byte) (written int, err error) {
	for len(p) > 0 {
		n, err := s.ResponseWriter.Write(p[:min(len(p), s.pace.chunk())])
		written, p = written+n, p[n:]
		if err != nil {
			return written, err
		}
		http.NewResponseController(s.ResponseWriter).Flush() // a lost connection shows at the next write
		if err := s.pace.after(n); err != nil {
			return written, err
		}
	}
	return written, nil
}
