package cccsource

import (
	"context"
	"net/http/httptrace"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Pace keeps a process below the API's requests a second. The API counts the requests of any second, as they arrive. Two
// rules together keep to that on a busy machine too:
//
//   - Requests are spaced evenly, so that there are no bursts whose last ones arrive late.
//   - There are as many permits as requests in a second. A permit comes back a second after its request was written, and
//     later by as much as the answer was slower than the fastest one: so long it may have taken to arrive. A request that
//     this process was late to send thereby moves the ones after it.
//
// With spacing alone 23 requests were seen in a second where 20 were allowed, with permits alone 27. One Pace serves a whole
// process and is safe for concurrent use.
type Pace struct {
	spacing *rate.Limiter
	permits permits

	mu      sync.Mutex
	yields  *yielding     // nil: it does not give way to others
	hold    time.Duration // from the writing of a request to the return of its permit, at the last refusal
	least   time.Duration // to which hold goes back
	at      time.Time     // of the last refusal
	fastest time.Duration // from the writing of a request to its answer; 0: none yet
}

const (
	// fill is what the spacing leaves of the limit, and margin how much longer than a second a permit is held: both cost
	// about 2 % of the limit, the same 2 %.
	fill   = 0.98
	margin = 20 * time.Millisecond
	// mostHold bounds how much a process slows down where the API refuses all the same: others may share the limit.
	mostHold = 1500 * time.Millisecond
	// mostLeast bounds how much of that stays for good: so late may requests be on their way. The rest is due to others, who may
	// be gone soon, and is won back within recovery.
	mostLeast = time.Second + 3*margin
	recovery  = 10 * time.Second
)

// NewPace makes the pace of perSecond requests a second, at least one.
func NewPace(perSecond int) *Pace {
	p := &Pace{
		spacing: rate.NewLimiter(0, 1),
		hold:    time.Second + margin,
		least:   time.Second + margin,
	}
	p.Change(perSecond, false)
	return p
}

// Change makes it the pace of perSecond requests a second, at least one, that yields or does not (see yield.go). What
// went out in the last second counts against the new rate, and what the pace has learned of the API stays. It is meant for the
// moment between two runs: what still waits for its turn goes at either rate.
func (p *Pace) Change(perSecond int, yields bool) {
	perSecond = max(perSecond, 1)
	full := rate.Limit(fill * float64(perSecond))
	p.mu.Lock()
	p.yields = nil
	if yields {
		p.yields = &yielding{full: full, level: 1}
	}
	p.mu.Unlock()
	p.spacing.SetLimit(full)
	p.permits.allow(perSecond)
}

// yielding is how the pace gives way now.
func (p *Pace) yielding() *yielding {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.yields
}

// turn is the permission for one request.
type turn struct {
	pace    *Pace
	mu      sync.Mutex
	written time.Time
}

// take waits for a permission. The caller reports with written when the request has gone out, and with ended, in any case,
// when the attempt is over.
func (p *Pace) take(ctx context.Context) (*turn, error) {
	if err := p.yielding().spaced(ctx, p.spacing); err != nil {
		<-ctx.Done() // the limiter refuses at once where the turn would come after the deadline; for the caller that is the deadline
		return nil, ctx.Err()
	}
	if err := p.permits.get(ctx); err != nil {
		return nil, err
	}
	return &turn{pace: p}, nil
}

// goneOut notes that the request has been written.
func (t *turn) goneOut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.written = time.Now()
}

// ended gives the permit back when its second is over.
func (t *turn) ended() {
	t.mu.Lock()
	since := time.Since(t.written)
	if t.written.IsZero() {
		since = 0 // it never went out, as far as we know
	}
	t.mu.Unlock()
	time.AfterFunc(t.pace.rest(since), t.pace.permits.back)
}

// rest is how much longer a permit is held whose request was written so long ago and has its answer now.
func (p *Pace) rest(since time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fastest == 0 || since < p.fastest && since > 0 {
		p.fastest = since
	}
	return p.held() - p.fastest // held from the writing on, plus since - fastest, less the time since that has gone by
}

// refused slows down a little: the API counted more requests than were meant for it in a second.
func (p *Pace) refused() {
	p.yielding().cut()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hold, p.least = min(p.held()+margin, mostHold), min(p.least+margin, mostLeast)
	p.at = time.Now()
}

// held is how long a permit is held now, from the writing of its request on.
func (p *Pace) held() time.Duration {
	since := time.Since(p.at)
	if p.at.IsZero() || since >= recovery {
		return min(p.hold, p.least)
	}
	return max(p.hold-time.Duration(float64(mostHold-time.Second)*since.Seconds()/recovery.Seconds()), p.least)
}

// traced has a turn told when a request of ctx has been written.
func traced(ctx context.Context, t *turn) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { t.goneOut() },
	})
}
