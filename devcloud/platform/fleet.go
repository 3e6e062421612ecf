package platform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// DefaultInstances is how many processes a fleet has side by side where its options do not say.
const DefaultInstances = 8

// FleetOptions say what a fleet is made of. Binary and Queue are required; the zero value of every other field means its
// default, in brackets. Each instance is as Options say.
type FleetOptions struct {
	Options
	Instances int           // the function's limit of concurrency: processes side by side [DefaultInstances]
	Queue     string        // folder that keeps accepted events until they ended, of one fleet at a time; made if absent
	Minute    time.Duration // what a minute of the queue's pauses takes [a minute]
	MaxAge    time.Duration // how long an event may wait; never scaled, as runs take what they take [6 h, SCF's default]

	// Credentials says who may use the API, which is ServeHTTP. Nil: nobody.
	Credentials func(secretID string) (key, token string, ok bool)
}

func (o FleetOptions) withDefaults() FleetOptions {
	o.Function = o.Function.withDefaults()
	fill(&o.Instances, DefaultInstances)
	fill(&o.Minute, time.Minute)
	fill(&o.MaxAge, MaxAge)
	if o.Credentials == nil {
		o.Credentials = func(string) (key, token string, ok bool) { return "", "", false }
	}
	if o.Stdout != nil {
		o.Stdout = &shared{to: o.Stdout}
	}
	return o
}

// Fleet is the function as the platform offers it: for each event a warm process or a new one, one event at a time for
// each process, up to a limit; and a queue that brings asynchronous events to their end. It is safe for concurrent use.
type Fleet struct {
	o    FleetOptions
	pool *pool
	disk shelf
	ctx  context.Context // ends with Close
	end  context.CancelFunc
	runs sync.WaitGroup // deliveries that are under way

	mu     sync.Mutex // guards what follows, and every Delivery
	books  books
	closed bool
	idle   chan struct{} // closed, and made anew, whenever the last delivery ends
	errs   []error       // of the disk, where nobody was there to take them
}

// OpenFleet makes a fleet and goes on with the events that an earlier one left in the folder. A process is started when
// an event wants it. The caller closes the fleet.
func OpenFleet(o FleetOptions) (*Fleet, error) {
	o = o.withDefaults()
	return openFleet(o, func() instance { return &Instance{opts: o.Options} })
}

func openFleet(o FleetOptions, another func() instance) (*Fleet, error) {
	f := &Fleet{o: o, disk: shelf{o.Queue}, idle: make(chan struct{})}
	f.pool = &pool{limit: o.Instances, another: another, busy: map[instance]bool{}}
	left, err := f.disk.load()
	if err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	f.ctx, f.end = context.WithCancel(context.Background())
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range left {
		f.begin(d)
	}
	return f, nil
}

// Invoke runs one event at once and waits for its answer; above the limit it is refused with StatusBusy. The error says
// that ctx, or the fleet, ended before the run.
func (f *Fleet) Invoke(ctx context.Context, inv Invocation) (Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(f.ctx, func() { cancel(errClosed) })()
	f.mu.Lock()
	f.books.sync++
	f.mu.Unlock()
	return f.run(ctx, inv)
}

// run gives an event to an instance.
func (f *Fleet) run(ctx context.Context, inv Invocation) (Result, error) {
	if f.ctx.Err() != nil {
		return Result{}, errClosed
	}
	i, ok := f.pool.take()
	if !ok {
		return Result{Err: &FunctionError{Status: StatusBusy, Type: "ResourceLimitReached",
			Message: fmt.Sprintf("%d instances are at work", f.o.Instances)}}, nil
	}
	defer f.pool.give(i)
	result, err := i.Invoke(ctx, inv)
	if err != nil && ctx.Err() == nil {
		return Result{Err: &FunctionError{Status: StatusStart, Type: "StartFailed", Message: err.Error()}}, nil
	}
	return result, err
}

// Reclaim ends the processes that are idle, as the platform does after a while, and tells how many instances it took.
func (f *Fleet) Reclaim() int { return f.pool.reclaim() }

// Close ends all processes, in mid-run too. What has not ended stays in the folder for the next fleet. Its error tells
// what could not be written there since the start; then an event may run again that had ended.
func (f *Fleet) Close() error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.end()
	f.runs.Wait()
	f.pool.close()
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.errs...)
}

// shared is a writer that several processes write to.
type shared struct {
	mu sync.Mutex
	to io.Writer
}

func (s *shared) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.to.Write(b)
}
