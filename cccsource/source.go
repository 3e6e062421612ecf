package cccsource

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	ccc "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/ccc/v20200210"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"

	"cdrvault/archive"
)

const (
	defaultEndpoint    = "ccc.tencentcloudapi.com"
	defaultConcurrency = 8
	defaultTimeout     = 30 * time.Second

	// sessionBatch keeps a batch within one page even where the API lists every session twice, and its request
	// near 2 KB.
	sessionBatch = archive.PageSize / 2
)

// Options is what a Source is made of.
type Options struct {
	Endpoint    string         // host, host:port or http(s)://host[:port]; empty: ccc.tencentcloudapi.com
	Region      string         // of the API, as in ap-guangzhou
	Credential  Credential     // of this run
	Pace        *Pace          // shared by the whole process; nil: one of 20 requests a second
	Concurrency int            // pages of one window in flight; 0: 8
	Meter       *archive.Meter // counts every attempt; nil: nobody counts
	Timeout     time.Duration  // of one attempt; 0: 30 s
	Retry       Retry          // zero: as in production
}

// Credential is a key of the cloud. The platform's are temporary and have a token.
type Credential struct {
	SecretID, SecretKey, Token string
}

// String hides the key from logs and errors.
func (Credential) String() string { return "(credential)" }

// Source is archive.Source on the contact center's API. One Source serves one run: its credential does not change.
type Source struct {
	client      *ccc.Client
	transport   *http.Transport
	pace        *Pace
	meter       *archive.Meter
	retry       Retry
	timeout     time.Duration
	concurrency int
}

var _ archive.Source = (*Source)(nil)

// New makes a Source. It sends nothing.
func New(o Options) (*Source, error) {
	scheme, host, err := splitEndpoint(o.Endpoint)
	if err != nil {
		return nil, err
	}
	s := &Source{
		pace:        o.Pace,
		meter:       o.Meter,
		retry:       o.Retry.orDefault(),
		timeout:     orDefault(o.Timeout, defaultTimeout),
		concurrency: orDefault(o.Concurrency, defaultConcurrency),
	}
	if s.pace == nil {
		s.pace = NewPace(defaultRate)
	}
	if s.meter == nil {
		s.meter = new(archive.Meter)
	}
	s.transport = apiTransport(s.concurrency)
	s.client, err = newClient(o, scheme, host, s.transport)
	return s, err
}

// Close gives up the idle connections: a frozen instance would wake up with dead ones.
func (s *Source) Close() { s.transport.CloseIdleConnections() }

// Calls lists the calls of app around w: see archive.Source. A window whose pages do not agree with TotalCount is
// read again, up to three times in all and only while ctx's deadline leaves time for it.
func (s *Source) Calls(
	ctx context.Context, app string, w archive.Window, yield func(page []json.RawMessage) error,
) (archive.Listing, error) {
	q, err := newQuery(app, w.Start.Add(-time.Second), w.End)
	if err != nil {
		return archive.Listing{}, err
	}
	var (
		seen  = make(tally)
		give  = serially(yield)
		pause = s.retry.policy()
		last  *reading
	)
	for reads := 1; ; reads++ {
		began := time.Now()
		r, err := s.read(ctx, q, seen.reading(reads), give)
		if err != nil {
			return archive.Listing{}, err
		}
		l := archive.Listing{Total: r.total, Listed: len(seen), Agreed: r.agreed() || r.repeats(last), Reads: reads}
		if l.Agreed {
			l.Repeated = r.total - r.distinct
		}
		last = r
		if l.Agreed || reads == maxReads || !rest(ctx, pause.NextBackOff(), time.Since(began)) {
			return l, nil
		}
	}
}

// Count asks for the number of calls in w: see archive.Source.
func (s *Source) Count(ctx context.Context, app string, w archive.Window) (int, error) {
	q, err := newQuery(app, w.Start, w.End.Add(-time.Second))
	if err != nil {
		return 0, err
	}
	q.size = 1
	p, err := s.ask(ctx, q, 0)
	return p.total, err
}

// Sessions lists the calls of w with the given session ids: see archive.Source.
func (s *Source) Sessions(ctx context.Context, app string, w archive.Window, ids []string) ([]json.RawMessage, error) {
	q, err := newQuery(app, w.Start.Add(-time.Second), w.End)
	if err != nil {
		return nil, err
	}
	var calls []json.RawMessage
	give := serially(func(page []json.RawMessage) error {
		calls = append(calls, page...)
		return nil
	})
	for len(ids) > 0 { // never without ids: an empty filter would list the whole window
		n := min(len(ids), sessionBatch)
		q.ids, ids = ids[:n], ids[n:]
		if _, err := s.read(ctx, q, make(tally).reading(1), give); err != nil {
			return nil, err
		}
	}
	return calls, nil
}

// newClient makes the SDK's client, which signs and sends. Everything that it would repeat by itself is off: its
// pauses do not heed a context, and its attempts would not wait for a permit.
func newClient(o Options, scheme, host string, base http.RoundTripper) (*ccc.Client, error) {
	p := profile.NewClientProfile()
	p.DisableRegionBreaker = true // it would send calls to another region's endpoint
	p.NetworkFailureMaxRetries = 0
	p.RateLimitExceededMaxRetries = 0
	p.Language = "en-US" // of error messages
	p.HttpProfile.Scheme = scheme
	p.HttpProfile.Endpoint = host
	p.HttpProfile.ReqTimeout = 0 // ours is Source.timeout
	c := o.Credential
	client, err := ccc.NewClient(common.NewTokenCredential(c.SecretID, c.SecretKey, c.Token), o.Region, p)
	if err != nil {
		return nil, fmt.Errorf("make client of the contact center's API: %w", err)
	}
	client.WithHttpTransport(tap{base})
	return client, nil
}

// apiTransport keeps a connection for each page in flight; the default keeps two, and dials for the others.
func apiTransport(concurrency int) *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: concurrency,
		IdleConnTimeout:     30 * time.Second,
	}
}

// splitEndpoint takes an endpoint apart into the scheme, as the SDK wants it, and the host with its port.
func splitEndpoint(s string) (scheme, host string, err error) {
	if s == "" {
		s = defaultEndpoint
	}
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" ||
		u.Scheme != "http" && u.Scheme != "https" {
		return "", "", fmt.Errorf("read endpoint: want host, host:port or http(s)://host[:port]")
	}
	return strings.ToUpper(u.Scheme), u.Host, nil
}

func orDefault[T int | time.Duration](v, fallback T) T {
	if v <= 0 {
		return fallback
	}
	return v
}
