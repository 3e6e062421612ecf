package cccsource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"cdrvault/archive"
)

const (
	maxRedirects = 5
	defaultMedia = 32
	defaultStall = 30 * time.Second
)

// MediaOptions is what an Opener is made of.
type MediaOptions struct {
	Allow       AllowList     // the hosts that media may come from
	Concurrency int           // downloads at a time, for which connections are kept; 0: 32
	Stall       time.Duration // the longest wait for a header or for the next byte; 0: 30 s
}

// Opener is archive.Opener over HTTP. It speaks HTTP/1.1 only, a connection for each file: recordings are large, and
// one of them must not wait behind another. It uses no proxy, which would resolve names where no guard sees them.
type Opener struct {
	transport *http.Transport
	allow     AllowList
	stall     time.Duration
}

var _ archive.Opener = (*Opener)(nil)

// NewOpener makes an Opener.
func NewOpener(o MediaOptions) *Opener {
	stall := orDefault(o.Stall, defaultStall)
	return &Opener{
		allow: o.Allow,
		stall: stall,
		transport: &http.Transport{
			Proxy:                  nil,
			DialContext:            o.Allow.dialer().DialContext,
			TLSHandshakeTimeout:    10 * time.Second,
			ResponseHeaderTimeout:  stall,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    orDefault(o.Concurrency, defaultMedia),
			IdleConnTimeout:        30 * time.Second,
			DisableCompression:     true, // bytes as they are sent, and their length
		},
	}
}

// Close gives up the idle connections.
func (o *Opener) Close() { o.transport.CloseIdleConnections() }

// Open starts the download of link: see archive.Opener. Status 400 counts as expired, since the source could not
// read the link's token: this link will not get better, a fresh one may. An answer in a Content-Encoding, which we
// ask not to have, is an error: it would be stored as what it is not.
func (o *Opener) Open(ctx context.Context, link string) (*archive.Download, error) {
	u, err := parseLink(link)
	if err != nil {
		return nil, fmt.Errorf("open media: %w", err)
	}
	for range 1 + maxRedirects {
		d, next, err := o.step(ctx, u)
		if err != nil {
			return nil, fmt.Errorf("open media at %s: %w", u.Host, err)
		}
		if d != nil {
			return d, nil
		}
		u = next
	}
	return nil, fmt.Errorf("open media at %s: more than %d redirects", u.Host, maxRedirects)
}

// step asks for u once. It answers with the download, or with where to go next.
func (o *Opener) step(ctx context.Context, u *url.URL) (*archive.Download, *url.URL, error) {
	if !o.allow.Allows(hostPort(u)) {
		return nil, nil, fmt.Errorf("%w: host is not allowed", archive.ErrLinkRefused)
	}
	resp, err := o.get(ctx, u)
	if err != nil {
		return nil, nil, err
	}
	if err = fit(resp); err == nil {
		return download(resp, u), nil, nil
	}
	defer resp.Body.Close()
	io.CopyN(io.Discard, resp.Body, 64<<10) // a short answer read to its end leaves a connection to use again
	if to := resp.Header.Get("Location"); to != "" && redirects(resp.StatusCode) {
		next, err := follow(u, to)
		return nil, next, err
	}
	return nil, nil, err
}

// get sends one request. The body that comes with the answer is watched.
func (o *Opener) get(ctx context.Context, u *url.URL) (*http.Response, error) {
	watched, cancel := context.WithCancelCause(ctx)
	req := (&http.Request{
		Method: http.MethodGet,
		URL:    u,
		Header: http.Header{"Accept-Encoding": {"identity"}, "User-Agent": {"cdrvault"}},
	}).WithContext(watched)
	resp, err := o.transport.RoundTrip(req)
	switch {
	case err == nil:
		resp.Body = watch(ctx, resp, cancel, o.stall)
		return resp, nil
	case ctx.Err() != nil:
		err = ctx.Err()
	default:
		err = cause(err)
	}
	cancel(nil)
	return nil, err
}

// fit tells whether resp is a file, whole or told from a part.
func fit(resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return newStatusError(resp)
	}
	if e := resp.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return errors.New("answer has a content encoding that was not asked for")
	}
	if resp.ContentLength < 0 && len(resp.TransferEncoding) == 0 {
		return errors.New("answer has no length: its end could not be told from a cut")
	}
	return nil
}

func download(resp *http.Response, u *url.URL) *archive.Download {
	return &archive.Download{
		Body:        resp.Body,
		Size:        resp.ContentLength,
		ContentType: resp.Header.Get("Content-Type"),
		Host:        u.Host,
		CRC64:       resp.Header.Get("X-Cos-Hash-Crc64ecma"),
	}
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// StatusError is an answer of a media host other than 200. It wraps archive.ErrLinkExpired or archive.ErrLinkMissing
// where one of them fits.
type StatusError struct {
	Status int
	kind   error
}

func newStatusError(resp *http.Response) *StatusError {
	e := &StatusError{Status: resp.StatusCode}
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		e.kind = archive.ErrLinkExpired
	case http.StatusNotFound, http.StatusGone:
		e.kind = archive.ErrLinkMissing
	}
	return e
}

func (e *StatusError) Error() string {
	if e.kind == nil {
		return fmt.Sprintf("status %d", e.Status)
	}
	return fmt.Sprintf("status %d: %v", e.Status, e.kind)
}

// Unwrap gives archive.ErrLinkExpired, archive.ErrLinkMissing or nil.
func (e *StatusError) Unwrap() error { return e.kind }
