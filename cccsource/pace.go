package cccsource

import (
	"context"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// Pace keeps a process below the API's requests a second. The API counts the requests of any second when they arrive, so
// what is paced is the sending and not the permission: there are as many permits as requests in a second, and each is given
// back a second after its request was written. A request that this process was late to send, since the machine was busy,
// moves the ones after it; pacing permissions instead lets it run into them, which was seen as 23 requests in a second.
// One Pace serves a whole process and is safe for concurrent use.
type Pace struct {
	permits chan struct{}
	hold    atomic.Int64 // nanoseconds from the writing of a request to the return of its permit
}

const (
	// margin is how much longer than a second a permit is held, for requests that take unlike times to arrive. It costs
	// 2.5 % of the limit.
	margin = 25 * time.Millisecond
	// mostHold bounds how much a process slows down where the API refuses all the same: others may share the limit.
	mostHold = 1500 * time.Millisecond
)

// NewPace makes the pace of perSecond requests a second, at least one.
func NewPace(perSecond int) *Pace {
	p := &Pace{permits: make(chan struct{}, max(perSecond, 1))}
	p.hold.Store(int64(time.Second + margin))
	return p
}

// take waits for a permit. The caller calls sent when the request has been written, and again, in any case, when the
// attempt has ended: the first call counts.
func (p *Pace) take(ctx context.Context) (sent func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case p.permits <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var once sync.Once
	return func() {
		once.Do(func() { time.AfterFunc(time.Duration(p.hold.Load()), func() { <-p.permits }) })
	}, nil
}

// refused slows down a little: the API counted more requests than were meant for it in a second.
func (p *Pace) refused() {
	p.hold.Store(min(p.hold.Load()+int64(margin), int64(mostHold)))
}

// traced has sent called when a request of ctx has been written.
func traced(ctx context.Context, sent func()) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { sent() },
	})
}
