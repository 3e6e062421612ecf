package scfinvoker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	scf "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/scf/v20180416"
)

const (
	defaultEndpoint = "scf.tencentcloudapi.com"
	defaultTimeout  = 10 * time.Second
)

// Options is what an Invoker is made of: the platform's API, and the function.
type Options struct {
	Endpoint   string // host, host:port or http(s)://host[:port]; empty: scf.tencentcloudapi.com
	Credential Credential
	Region     string // of the function, as in ap-guangzhou
	Namespace  string // empty: default
	Function   string
	Qualifier  string        // a version or an alias; empty: $LATEST
	Timeout    time.Duration // of one attempt; 0: 10 s
	Retry      Retry         // zero: as in production
}

// Credential is a key of the cloud. The platform's are temporary and have a token.
type Credential struct {
	SecretID, SecretKey, Token string
}

// String hides the key from logs and errors.
func (Credential) String() string { return "(credential)" }

// Retry says how patiently an event is sent again. Each field's zero value stands for its default.
type Retry struct {
	Tries uint          // attempts in all; 4
	First time.Duration // the pause before the second; 300 ms, then twice as long each time, jitter aside
	Most  time.Duration // the longest pause; 3 s
}

// Invoker invokes one function. It is safe for concurrent use.
type Invoker struct {
	client    *scf.Client
	transport *http.Transport
	options   Options
}

// New makes an Invoker. It sends nothing.
func New(o Options) (*Invoker, error) {
	scheme, host, err := splitEndpoint(cmp.Or(o.Endpoint, defaultEndpoint))
	switch {
	case err != nil:
		return nil, err
	case o.Function == "":
		return nil, errors.New("reach the function: its name is not given")
	case o.Region == "":
		return nil, errors.New("reach the function: its region is not given")
	}
	o.Namespace, o.Qualifier = cmp.Or(o.Namespace, "default"), cmp.Or(o.Qualifier, "$LATEST")
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	o.Retry.Tries = cmp.Or(o.Retry.Tries, 4)
	o.Retry.First, o.Retry.Most = cmp.Or(o.Retry.First, 300*time.Millisecond), cmp.Or(o.Retry.Most, 3*time.Second)
	i := &Invoker{options: o, transport: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout: 5 * time.Second,
		ForceAttemptHTTP2:   true,
		IdleConnTimeout:     30 * time.Second,
	}}
	i.client, err = newClient(o, scheme, host, i.transport)
	return i, err
}

// Close gives up the idle connections.
func (i *Invoker) Close() { i.transport.CloseIdleConnections() }

// Invoke puts an event, which is JSON of at most 128 KB, into the function's queue, and gives the request id of its run. This
// is the package's one retry loop.
func (i *Invoker) Invoke(ctx context.Context, event []byte) (requestID string, err error) {
	var last error
	o := i.options
	id, err := backoff.Retry(ctx,
		func() (id string, err error) {
			id, err = i.attempt(ctx, event)
			if err != nil && ctx.Err() == nil {
				last = err
			}
			return id, err
		},
		backoff.WithBackOff(&backoff.ExponentialBackOff{
			InitialInterval: o.Retry.First, RandomizationFactor: 0.5, Multiplier: 2, MaxInterval: o.Retry.Most,
		}),
		backoff.WithMaxTries(o.Retry.Tries),
		backoff.WithMaxElapsedTime(0))
	switch {
	case err == nil:
		return id, nil
	case ctx.Err() != nil && last != nil:
		return "", fmt.Errorf("invoke function %s: %w, after %w", o.Function, ctx.Err(), last)
	}
	return "", fmt.Errorf("invoke function %s: %w", o.Function, err)
}

// attempt sends one request. It tells backoff which errors end the trying.
func (i *Invoker) attempt(ctx context.Context, event []byte) (string, error) {
	answer, err := i.send(ctx, event)
	switch {
	case err == nil:
		return answer, nil
	case ctx.Err() != nil:
		return "", backoff.Permanent(ctx.Err())
	case err.final():
		return "", backoff.Permanent(err)
	}
	return "", err
}

// send has the SDK sign and send an event.
func (i *Invoker) send(ctx context.Context, event []byte) (id string, failed *Error) {
	ctx, cancel := context.WithTimeout(ctx, i.options.Timeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil { // an answer of `null` makes the SDK panic
			failed = &Error{Err: fmt.Errorf("read answer: SDK panicked with %T", v)}
		}
	}()
	o := i.options
	req := scf.NewInvokeRequest()
	req.FunctionName, req.Namespace, req.Qualifier = &o.Function, &o.Namespace, &o.Qualifier
	req.InvocationType = common.StringPtr("Event")
	req.ClientContext = common.StringPtr(string(event))
	answer, err := i.client.InvokeWithContext(ctx, req)
	if err != nil {
		return "", newError(err)
	}
	if id = runOf(answer); id == "" {
		return "", &Error{Err: errors.New("read answer: it has no request id")}
	}
	return id, nil
}

// runOf is the request id of the run that an answer speaks of; empty where it tells none. The request that queued the event has
// an id too, which is the same where the platform does not tell the run's own.
func runOf(answer *scf.InvokeResponse) string {
	if answer == nil || answer.Response == nil {
		return ""
	}
	if r := answer.Response.Result; r != nil && r.FunctionRequestId != nil && *r.FunctionRequestId != "" {
		return word(*r.FunctionRequestId)
	}
	if id := answer.Response.RequestId; id != nil {
		return word(*id)
	}
	return ""
}

// newClient makes the SDK's client, which signs and sends. Everything that it would repeat by itself is off: its pauses do not
// heed a context.
func newClient(o Options, scheme, host string, base http.RoundTripper) (*scf.Client, error) {
	p := profile.NewClientProfile()
	p.DisableRegionBreaker = true // it would send events to another region's functions
	p.NetworkFailureMaxRetries = 0
	p.RateLimitExceededMaxRetries = 0
	p.HttpProfile.Scheme = scheme
	p.HttpProfile.Endpoint = host
	p.HttpProfile.ReqTimeout = 0 // ours is Options.Timeout
	c := o.Credential
	client, err := scf.NewClient(common.NewTokenCredential(c.SecretID, c.SecretKey, c.Token), o.Region, p)
	if err != nil {
		return nil, errors.New("make client of the platform's API: region or credential is not usable")
	}
	client.WithHttpTransport(base)
	return client, nil
}

// splitEndpoint takes an endpoint apart into the scheme, as the SDK wants it, and the host with its port.
func splitEndpoint(s string) (scheme, host string, err error) {
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" ||
		u.Scheme != "http" && u.Scheme != "https" {
		return "", "", errors.New("read endpoint: want host, host:port or http(s)://host[:port]")
	}
	return strings.ToUpper(u.Scheme), u.Host, nil
}
