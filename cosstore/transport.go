package cosstore

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"time"
)

// idleTimeout is well below what servers grant: a streamed PUT cannot be replayed by net/http when it meets a
// connection that the server has just closed.
const idleTimeout = 15 * time.Second

// newTransport is for one bucket alone. There is no http.Client.Timeout, which would cover bodies of any size: the
// stall guard ends what makes no progress. A DialContext of our own keeps HTTP/2 away, where one lost connection
// would stop all the calls.
func newTransport(o Options) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	return &http.Transport{
		DialContext:           dialer.DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: o.Stall,
		MaxIdleConns:          o.Concurrency,
		MaxIdleConnsPerHost:   o.Concurrency,
		IdleConnTimeout:       idleTimeout,
		DisableCompression:    true, // an object is what is stored, gzip or not
	}
}

// errStalled ends a request whose body, in either direction, did not move.
var errStalled = errors.New("no progress on the connection")

// wire counts what goes out and ends what stands still.
type wire struct {
	next  http.RoundTripper
	stall time.Duration
	count func() // once for each request written, net/http's own replays included
}

// RoundTrip sends req under a watchdog that every read of a body, sent or received, puts off.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	dog := newWatchdog(req.Context(), w.stall, errStalled)
	trace := &httptrace.ClientTrace{WroteHeaders: w.count}
	req = req.WithContext(httptrace.WithClientTrace(dog.ctx, trace))
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = &watched{ReadCloser: req.Body, dog: dog}
	}
	resp, err := w.next.RoundTrip(req)
	if err != nil {
		err = dog.explain(err)
		dog.end()
		return nil, err
	}
	resp.Body = &watched{ReadCloser: resp.Body, dog: dog, last: true}
	return resp, nil
}

// watched is a body whose reads show that the request moves.
type watched struct {
	io.ReadCloser
	dog  *watchdog
	last bool // closing it ends the request
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if n > 0 {
		w.dog.moved()
	}
	return n, w.dog.explain(err)
}

func (w *watched) Close() error {
	if w.last {
		defer w.dog.end()
	}
	return w.ReadCloser.Close()
}
