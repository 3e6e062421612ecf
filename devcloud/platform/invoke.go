package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"cdrvault/devcloud/tc3"

	"github.com/tencentyun/scf-go-lib/cloudfunction/messages"
)

// Invocation is one event and what comes with it.
type Invocation struct {
	Event       []byte            // sent as it is
	RequestID   string            // empty: one is made
	Timeout     time.Duration     // zero: the function's
	Environment map[string]string // added to that of Options, and stronger
	Deadline    DeadlineForm
}

// DeadlineForm says how an invocation's deadline is written on the wire. The platform's own way is not documented,
// and the library takes any two integers.
type DeadlineForm int

// The forms of deadlines.
const (
	DeadlineSplit DeadlineForm = iota // seconds, and the nanoseconds beyond them
	DeadlineZero                      // none: the library makes 1970 of it
	DeadlineTwice                     // seconds, and the whole time in nanoseconds too: the library makes about 2083 of it
)

// Result is how an invocation went. Exactly one of Payload and Err is set.
type Result struct {
	Payload   []byte
	Err       *FunctionError
	Duration  time.Duration // from the request to its answer, without the start of a process
	ColdStart time.Duration // what the start took, if this invocation had to wait for one
	MaxRSS    int64         // bytes: the process's largest memory until now; 0 where the system does not tell
}

// What SCF's status codes mean, as far as they occur here (status code page, "云函数状态码").
const (
	StatusBadEvent       = 400 // the event is not JSON
	StatusEventTooLarge  = 406
	StatusAnswerTooLarge = 407
	StatusFunction       = 430 // the function returned an error, or panicked
	StatusBusy           = 432 // as many instances as are allowed are at work
	StatusTimeout        = 433
	StatusMemory         = 434
	StatusExit           = 439 // the process left in mid-run
	StatusStart          = 445 // the process did not start
	StatusSystem         = 500 // the platform's own fault; so is everything above
)

// MaxEvent and MaxAnswer are SCF's bounds for synchronous invocations, in bytes; MaxAsyncEvent is that for
// asynchronous ones (quota page, document 583/11637).
const (
	MaxEvent      = 6 << 20
	MaxAnswer     = 6 << 20
	MaxAsyncEvent = 128 << 10
)

// FunctionError is a failed run: the function's own error, or what the platform says of it.
type FunctionError struct {
	Status  int      `json:"status"`
	Type    string   `json:"type"` // the name of the error's type, as the console shows it
	Message string   `json:"message"`
	Stack   []string `json:"stack,omitempty"` // of a panic that the library caught: "path:line label"
}

func (e *FunctionError) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Type, e.Message) }

// Invoke sends one event and waits for its answer. A run that failed is a Result with Err; the error says that there
// was no run, or that ctx ended it: then the process is killed.
func (i *Instance) Invoke(ctx context.Context, inv Invocation) (Result, error) {
	if len(inv.Event) > MaxEvent {
		return tooLarge(StatusEventTooLarge, "event", len(inv.Event), MaxEvent), nil
	}
	if i.opts.Faults != nil {
		if a, ok := i.opts.Faults.Next(Operation); ok {
			return i.disturbed(ctx, inv, a)
		}
	}
	return i.undisturbed(ctx, inv)
}

func (i *Instance) undisturbed(ctx context.Context, inv Invocation) (Result, error) {
	p, cold, err := i.ready(ctx)
	if err != nil {
		return Result{}, err
	}
	fill(&inv.Timeout, i.opts.Function.Timeout)
	result, err := i.run(ctx, p, inv)
	result.ColdStart = cold
	return result, err
}

// errTimeout is why the context of a run ends at its deadline.
var errTimeout = errors.New("deadline reached")

func (i *Instance) run(ctx context.Context, p *process, inv Invocation) (Result, error) {
	limited, cancel := ctx, context.CancelFunc(func() {})
	if !i.opts.Overrun {
		limited, cancel = context.WithTimeoutCause(ctx, inv.Timeout, errTimeout)
	}
	defer cancel()
	began := time.Now()
	var resp messages.InvokeResponse
	err := p.call(limited, "Function.Invoke", i.request(inv, began), &resp)
	result := Result{Duration: time.Since(began), MaxRSS: maxRSS(p.cmd.Process.Pid)}
	switch {
	case err == nil:
		result.settle(&resp)
		if resp.Error != nil && resp.Error.ShouldExit { // the library asks for it after a panic
			p.kill()
		}
	case ctx.Err() != nil:
		p.kill()
		return result, fmt.Errorf("invoke: %w", context.Cause(ctx))
	case errors.Is(err, errTimeout):
		p.kill()
		result.Err = &FunctionError{Status: StatusTimeout, Type: "Timeout",
			Message: fmt.Sprintf("run took longer than %v; process killed", inv.Timeout)}
	default: // the connection broke: the process is on its way out, and keeps its own status
		p.kill()
		result.Err = &FunctionError{Status: StatusExit, Type: "ProcessExit",
			Message: fmt.Sprintf("process left in mid-run (%s): %s", p.cmd.ProcessState, p.output.lastLine())}
	}
	return result, nil
}

// settle takes over the function's answer or error.
func (r *Result) settle(resp *messages.InvokeResponse) {
	switch e := resp.Error; {
	case e != nil:
		r.Err = &FunctionError{Status: StatusFunction, Type: e.Type, Message: e.Message}
		for _, f := range e.StackTrace {
			r.Err.Stack = append(r.Err.Stack, fmt.Sprintf("%s:%d %s", f.Path, f.Line, f.Label))
		}
	case len(resp.Payload) > MaxAnswer:
		r.Err = tooLarge(StatusAnswerTooLarge, "answer", len(resp.Payload), MaxAnswer).Err
	default:
		r.Payload = resp.Payload
	}
}

func tooLarge(status int, what string, size, limit int) Result {
	return Result{Err: &FunctionError{Status: status, Type: "TooLarge",
		Message: fmt.Sprintf("%s of %d bytes; at most %d are allowed", what, size, limit)}}
}

func (i *Instance) request(inv Invocation, now time.Time) *messages.InvokeRequest {
	f := i.opts.Function
	fill(&inv.RequestID, tc3.RequestID())
	return &messages.InvokeRequest{
		Payload:            inv.Event,
		RequestId:          inv.RequestID,
		Deadline:           inv.Deadline.timestamp(now.Add(inv.Timeout)),
		Namespace:          f.Namespace,
		FunctionName:       f.Name,
		FunctionVersion:    f.Version,
		MemoryLimitInMb:    f.MemoryMB,
		TimeLimitInMs:      int32(inv.Timeout.Milliseconds()),
		Environment:        i.environment(inv),
		TencentcloudRegion: f.Region,
		TencentcloudAppID:  f.AppID,
		TencentcloudUin:    f.Uin,
	}
}

// environment is the invocation's, as the JSON object that the library expects; nothing is nothing at all.
func (i *Instance) environment(inv Invocation) string {
	env := map[string]string{}
	if i.opts.Environment != nil {
		maps.Copy(env, i.opts.Environment())
	}
	maps.Copy(env, inv.Environment)
	if len(env) == 0 {
		return ""
	}
	b, _ := json.Marshal(env) // strings always marshal
	return string(b)
}

func (d DeadlineForm) timestamp(at time.Time) messages.InvokeRequest_Timestamp {
	switch d {
	case DeadlineZero:
		return messages.InvokeRequest_Timestamp{}
	case DeadlineTwice:
		return messages.InvokeRequest_Timestamp{Seconds: at.Unix(), Nanos: at.UnixNano()}
	default:
		return messages.InvokeRequest_Timestamp{Seconds: at.Unix(), Nanos: int64(at.Nanosecond())}
	}
}
