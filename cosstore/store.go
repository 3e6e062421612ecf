// Package cosstore is archive.Store on Tencent COS, through the official SDK.
//
// It promises that a Put which returns without error was proved: the bucket's own length and CRC64 are those of the
// body, taken from the answer or, where an answer was lost or odd, from a look at the object. It tries transient
// faults again itself, keeps memory bounded whatever the size of a body, and names keys, COS's codes and request ids
// in its errors, but never a URL, a credential or COS's free text.
//
// It knows nothing of windows, rows or media: a key is a key. It does not log. In a bucket with versions
// x-cos-forbid-overwrite has no effect: once an answer has told a version, PutOptions.CreateOnly is a look before the write,
// which another writer may slip in between.
package cosstore

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/tencentyun/cos-go-sdk-v5"

	"cdrvault/archive"
)

// Credential is a key pair, with the session token where the pair is a temporary one.
type Credential struct {
	ID, Key, Token string
}

// Options is what a Store needs. Only BaseURL and Credential have no default.
type Options struct {
	BaseURL     *url.URL // the bucket's host, without a path; http is for local endpoints
	Credential  Credential
	SSE         string         // encryption at rest: "", "AES256" or "kms:<key id>"
	Concurrency int            // calls expected at once: as many connections are kept open; 32
	Meter       *archive.Meter // counts every request that goes out

	PartSize       int64 // bytes of a part; 8 MiB, at least COS's 1 MiB
	MultipartAbove int64 // a larger body goes in parts; 64 MiB

	Retry Retry
	Stall time.Duration // a request without progress for so long is tried again, a body without ends its Put; 60 s
}

// Retry is how transient faults are tried again: Tries in all, with pauses that double from First up to Most, each
// varied by half.
type Retry struct {
	Tries       int           // 6
	First, Most time.Duration // 200 ms, 10 s
}

// Store is one bucket. It is safe for concurrent use. Close it when the run ends.
type Store struct {
	client         *cos.Client
	transport      *http.Transport
	retries        Retry
	stall          time.Duration
	sse            encryption
	partSize       int64
	multipartAbove int64
	versioned      atomic.Bool // an answer told a version: the bucket keeps versions
	buffers        chan []byte // one for each upload in parts that may run at once; nil until used
}

var (
	_ archive.Store    = (*Store)(nil)
	_ archive.Streamer = (*Store)(nil)
	_ archive.Sweeper  = (*Store)(nil)
)

// uploadsAtOnce bounds the uploads in parts, and with them their buffers.
const uploadsAtOnce = 4

// minPartSize is COS's lower limit for all parts but the last.
const minPartSize = 1 << 20

// New makes a Store. It sends nothing.
func New(o Options) (*Store, error) {
	o = o.withDefaults()
	sse, err := parseSSE(o.SSE)
	if err := errors.Join(checkBaseURL(o.BaseURL), err, checkSizes(o)); err != nil {
		return nil, err
	}
	s := &Store{
		transport:      newTransport(o),
		retries:        o.Retry,
		stall:          o.Stall,
		sse:            sse,
		partSize:       o.PartSize,
		multipartAbove: o.MultipartAbove,
		buffers:        make(chan []byte, uploadsAtOnce),
	}
	for range uploadsAtOnce {
		s.buffers <- nil
	}
	s.client = newClient(o, s.transport)
	return s, nil
}

// Close gives the idle connections back. Calls in flight are not touched.
func (s *Store) Close() { s.transport.CloseIdleConnections() }

// newClient is the SDK's client without its retries (they neither pause nor look at the context) and without its
// CRC64 (the archive knows the body's already, and the SDK reports a stored object as failed where the header lacks).
func newClient(o Options, t http.RoundTripper) *cos.Client {
	client := cos.NewClient(&cos.BaseURL{BucketURL: o.BaseURL}, &http.Client{
		Transport: &cos.AuthorizationTransport{
			SecretID:     o.Credential.ID,
			SecretKey:    o.Credential.Key,
			SessionToken: o.Credential.Token,
			Transport:    &wire{next: t, stall: o.Stall, count: o.Meter.Store},
		},
	})
	client.Conf.EnableCRC = false
	client.Conf.RetryOpt = cos.RetryOptions{Count: 1}
	return client
}

func (o Options) withDefaults() Options {
	setDefault(&o.Concurrency, 32)
	setDefault(&o.PartSize, 8<<20)
	setDefault(&o.MultipartAbove, 64<<20)
	setDefault(&o.Stall, time.Minute)
	setDefault(&o.Retry.Tries, 6)
	setDefault(&o.Retry.First, 200*time.Millisecond)
	setDefault(&o.Retry.Most, 10*time.Second)
	if o.Meter == nil {
		o.Meter = new(archive.Meter)
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func checkBaseURL(u *url.URL) error {
	switch {
	case u == nil:
		return errors.New("base URL: missing")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return errors.New("base URL: want http(s)://host[:port]")
	case u.User != nil, u.RawQuery != "", u.Path != "" && u.Path != "/":
		// The SDK would drop a path in silence, and write to the top of another bucket.
		return errors.New("base URL: want a host alone, without user, path and query")
	case !(&cos.BaseURL{BucketURL: u}).Check():
		return fmt.Errorf("base URL: %s is no COS bucket's host", u.Host)
	}
	return nil
}

func checkSizes(o Options) error {
	if o.PartSize < minPartSize {
		return fmt.Errorf("part size: %d bytes, want at least %d", o.PartSize, minPartSize)
	}
	if o.MultipartAbove < 0 || o.MultipartAbove > maxSinglePut {
		return fmt.Errorf("multipart above: %d bytes, want 0 to %d", o.MultipartAbove, int64(maxSinglePut))
	}
	return nil
}

// maxSinglePut is COS's limit for one PUT.
const maxSinglePut = 5 << 30

// Stat asks the bucket for the attributes of key.
func (s *Store) Stat(ctx context.Context, key string) (archive.Attrs, error) {
	var attrs archive.Attrs
	if err := checkKey(key); err != nil {
		return attrs, failure("stat", key, err)
	}
	err := s.retry(ctx, "stat", key, func() error {
		resp, err := s.client.Object.Head(ctx, key, nil)
		if err != nil {
			return answerError("stat", key, err)
		}
		attrs = attrsOf(resp.Header, resp.ContentLength)
		return nil
	})
	return attrs, err
}
