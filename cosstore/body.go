package cosstore

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"cdrvault/archive"
)

var (
	errLonger = errors.New("body is longer than its size")
	errClosed = errors.New("body is closed")
	errHangs  = errors.New("body stands still")
)

// openBody opens body under a watchdog of its own: net/http does not give a request up while it waits for its body,
// whatever happens to the context.
func openBody(ctx context.Context, body archive.Body, stall time.Duration) (*exact, error) {
	dog := newWatchdog(ctx, stall, errHangs)
	r, err := body.Open(dog.ctx)
	if err != nil {
		err = dog.explain(err)
		dog.end()
		return nil, err
	}
	dog.pause()
	e := newExact(&prompt{ReadCloser: r, dog: dog}, body.Size)
	e.interrupt = dog.end
	return e, nil
}

// prompt is a body whose reads have to come back in time.
type prompt struct {
	io.ReadCloser
	dog *watchdog
}

func (p *prompt) Read(b []byte) (int, error) {
	p.dog.moved()
	n, err := p.ReadCloser.Read(b)
	p.dog.pause()
	return n, p.dog.explain(err)
}

// exact reads a body of which size bytes are expected. Where the body ends early or goes on, it fails before the last
// byte is out: COS would store what it got of a body that is too long, and say that all is well.
//
// net/http may go on reading a request's body after the answer. Once Close has returned nothing is read any more, so
// that a buffer below can be used again.
type exact struct {
	size      int64
	interrupt func() // makes a read that hangs come back

	wrong atomic.Pointer[error] // what the body itself did wrong; read without mu, which a read may hold for long

	mu     sync.Mutex
	body   io.ReadCloser
	left   int64
	closed bool
}

func newExact(body io.ReadCloser, size int64) *exact {
	return &exact{body: body, size: size, left: size, interrupt: func() {}}
}

// Size makes the SDK know the length.
func (e *exact) Size() int64 { return e.size }

func (e *exact) Read(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return 0, errClosed
	case e.fault() != nil:
		return 0, e.fault()
	case e.left == 0:
		return 0, io.EOF
	}
	n, err := e.body.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	if err := e.judge(err); err != nil {
		e.wrong.Store(&err)
		return 0, err
	}
	return n, nil
}

// judge tells whether the body is still what was told, after a read that ended with err.
func (e *exact) judge(err error) error {
	switch {
	case err != nil && err != io.EOF:
		return err
	case e.left > 0 && err == io.EOF:
		return io.ErrUnexpectedEOF
	case e.left == 0 && err == nil:
		return e.atEnd()
	}
	return nil
}

// atEnd looks for a byte too many.
func (e *exact) atEnd() error {
	_, err := io.ReadFull(e.body, make([]byte, 1))
	switch err {
	case io.EOF:
		return nil
	case nil:
		return errLonger
	}
	return err
}

// fault is what the body, not the connection, did wrong.
func (e *exact) fault() error {
	if err := e.wrong.Load(); err != nil {
		return *err
	}
	return nil
}

// Close ends a read that is under way, and waits for it.
func (e *exact) Close() error {
	e.interrupt()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	return e.body.Close()
}
