package cccsource

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	ccc "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/ccc/v20200210"

	"cdrvault/archive"
)

// defaultRate is the API's default limit for DescribeTelCdr, in requests a second and account
// (https://cloud.tencent.com/document/product/1270/47714).
const defaultRate = 20

// limitExceeded begins the codes with which the API refuses a request as one too many.
const limitExceeded = "RequestLimitExceeded"

// Retry says how patiently a request is repeated. Each field's zero value stands for its default.
type Retry struct {
	Tries uint          // attempts in all; 8
	First time.Duration // the pause before the second; 300 ms, then twice as long each time, jitter aside
	Most  time.Duration // the longest pause; 5 s
}

func (r Retry) orDefault() Retry {
	if r.Tries == 0 {
		r.Tries = 8
	}
	r.First = orDefault(r.First, 300*time.Millisecond)
	r.Most = orDefault(r.Most, 5*time.Second)
	return r
}

func (r Retry) policy() *backoff.ExponentialBackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval:     r.First,
		RandomizationFactor: 0.5,
		Multiplier:          2,
		MaxInterval:         r.Most,
	}
}

// patience stops where the next try would begin after ctx's deadline. The error is then the API's own, which tells
// more than a deadline would, with archive.ErrTooLate.
type patience struct {
	backoff.BackOff
	ctx  context.Context
	late bool // it stopped
}

func (p *patience) NextBackOff() time.Duration {
	pause := p.BackOff.NextBackOff()
	if end, ok := p.ctx.Deadline(); ok && time.Until(end) <= pause {
		p.late = true
		return backoff.Stop
	}
	return pause
}

// ask asks for page n of q until there is an answer that counts. This is the package's one retry loop.
func (s *Source) ask(ctx context.Context, q query, n int) (page, error) {
	pauses := &patience{BackOff: s.retry.policy(), ctx: ctx}
	p, err := backoff.Retry(ctx,
		func() (page, error) { return s.attempt(ctx, q, n) },
		backoff.WithBackOff(pauses),
		backoff.WithMaxTries(s.retry.Tries),
		backoff.WithMaxElapsedTime(0))
	var told *Error
	switch {
	case err == nil:
		return p, nil
	case ctx.Err() != nil && !errors.As(err, &told): // a cause of ctx, which may be anything
		err = ctx.Err()
	case pauses.late:
		err = fmt.Errorf("%w: %w", err, archive.ErrTooLate)
	}
	return page{}, fmt.Errorf("describe calls, page %d: %w", n, err)
}

// attempt sends one request. It tells backoff which errors end the trying.
func (s *Source) attempt(ctx context.Context, q query, n int) (page, error) {
	turn, err := s.pace.take(ctx)
	if err != nil {
		return page{}, backoff.Permanent(err)
	}
	defer turn.ended()
	s.meter.API()
	a := s.send(traced(ctx, turn), q.request(n))
	if a.err != nil && strings.HasPrefix(a.err.Code, limitExceeded) {
		s.pace.refused()
	}
	switch {
	case a.err == nil:
		return a.page, nil
	case ctx.Err() != nil:
		return page{}, backoff.Permanent(ctx.Err())
	case a.err.final():
		return page{}, backoff.Permanent(a.err)
	}
	return page{}, a.err
}

// send has the SDK sign and send req; the tap below it fills the answer.
func (s *Source) send(ctx context.Context, req *ccc.DescribeTelCdrRequest) (a *answer) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	a = new(answer)
	defer func() {
		if p := recover(); p != nil {
			a.err = &Error{Err: fmt.Errorf("SDK panicked with %T", p)}
		}
	}()
	req.SetContext(context.WithValue(ctx, answerKey{}, a)) // Send takes no context
	if err := s.client.Send(req, new(stubResponse)); a.err == nil && (err != nil || !a.seen) {
		a.err = notSent(err)
	}
	return a
}

// guarded turns a panic in a goroutine of ours into an error: nothing above could recover it.
func guarded(work func() error) func() error {
	return func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("read pages: panicked with %T", p)
			}
		}()
		return work()
	}
}
