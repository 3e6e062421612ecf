// Package platform is SCF on a laptop, for functions of the Go runtime: it starts the built binary as the platform
// does and invokes it over the official library's protocol (net/rpc with gob, service "Function"), with event,
// deadline, environment and temporary credentials.
//
// An Instance is one process at a time; it promises that the binary sees what it would see there: a clean environment,
// an answer to wait for, an end at the deadline, a new process after the old one died. A Fleet is the function as others
// see it: the API's action Invoke, a limit of concurrency, and a queue that forgets no event that it accepted. It promises
// each such event at least one run, or a place among the dead that says why. Both know nothing of the function itself and
// impose no memory limit (434); an Instance takes events that are not JSON, which SCF would refuse (400). That they agree
// with the true platform was read in the library's source and the vendor's pages, not tried.
//
// An Instance is in this file, process.go and invoke.go. A Fleet begins in fleet.go; pool.go has its processes, queue.go
// its events, delivery.go and retry.go what becomes of one, shelf.go their folder, api.go the way in. fault.go says what a
// script of faults can do to all of it.
package platform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"cdrvault/devcloud/fault"
)

// Options say what runs, and where.
type Options struct {
	Binary string    // path of the built function
	Dir    string    // its working directory; empty: the caller's
	Env    []string  // "NAME=value", beside PATH, HOME and TMPDIR, which are the caller's; nothing else is inherited
	Stdout io.Writer // takes what the function writes to stdout and stderr; nil: nothing is kept

	Function Function // as the function is configured

	// Environment gives what the platform adds to one invocation: the temporary credentials of the function's role.
	// It is asked before every invocation, retries included. Nil: nothing is added.
	Environment func() map[string]string

	// Faults is asked at every invocation, under the name Operation; fault.go says what its kinds mean here. nil: none.
	Faults *fault.Script

	// Overrun lets an invocation run past its deadline: without it the process is killed there, as SCF does.
	Overrun bool
}

// Function is a function's configuration as each invocation tells it. Zero fields have the values in brackets.
type Function struct {
	Name      string        // ["function"]
	Namespace string        // ["default"]
	Version   string        // ["$LATEST"]
	Region    string        // ["ap-guangzhou"]
	AppID     string        // ["1250000000"]
	Uin       string        // ["100000000001"]
	MemoryMB  int32         // [512]; told, not enforced
	Timeout   time.Duration // [900 s, the longest that SCF allows]
	InitLimit time.Duration // for the start until the first Ping is answered [65 s, SCF's default for code]
}

func (f Function) withDefaults() Function {
	fill(&f.Name, "function")
	fill(&f.Namespace, "default")
	fill(&f.Version, "$LATEST")
	fill(&f.Region, "ap-guangzhou")
	fill(&f.AppID, "1250000000")
	fill(&f.Uin, "100000000001")
	fill(&f.MemoryMB, 512)
	fill(&f.Timeout, 900*time.Second)
	fill(&f.InitLimit, 65*time.Second)
	return f
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Instance is one warm instance of the function: a process at a time, replaced by a new one after it died. Its
// methods are safe for concurrent use; invocations side by side share the process.
type Instance struct {
	opts Options

	mu     sync.Mutex // guards what follows; held while a process starts, so that only one does
	proc   *process   // nil before the first start, and after the last one
	starts int
	closed bool
}

// Start starts the binary and returns once it answers. The caller closes the instance.
func Start(ctx context.Context, o Options) (*Instance, error) {
	o.Function = o.Function.withDefaults()
	i := &Instance{opts: o}
	if _, _, err := i.ready(ctx); err != nil {
		return nil, err
	}
	return i, nil
}

var errClosed = errors.New("platform is closed")

// ready gives a living process, and tells how long it took to start if it had to be started.
func (i *Instance) ready(ctx context.Context) (*process, time.Duration, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.closed:
		return nil, 0, errClosed
	case i.proc != nil && i.proc.alive():
		return i.proc, 0, nil
	case i.proc != nil:
		i.proc.kill() // gone already: this gives its connection back
	}
	ctx, cancel := context.WithTimeoutCause(ctx, i.opts.Function.InitLimit,
		fmt.Errorf("no answer within %v", i.opts.Function.InitLimit))
	defer cancel()
	p, err := launch(ctx, i.opts)
	if err != nil {
		return nil, 0, fmt.Errorf("start %s: %w", i.opts.Binary, err)
	}
	i.proc = p
	i.starts++
	return p, p.ping, nil
}

// Starts tells how many processes there have been.
func (i *Instance) Starts() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.starts
}

// PingTime tells how long the latest process took from its start to its first answered Ping.
func (i *Instance) PingTime() time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.proc == nil {
		return 0
	}
	return i.proc.ping
}

// Kill ends the process at once, as the platform does when it takes an instance back, and returns when it is gone.
// The next invocation starts another one.
func (i *Instance) Kill() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.proc != nil {
		i.proc.kill()
	}
}

// Close is Kill for good.
func (i *Instance) Close() {
	i.Kill()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	if i.proc != nil {
		i.proc.kill()
	}
}
