package platform

import (
	"context"
	"fmt"
	"time"

	"cdrvault/devcloud/fault"
)

// The names under which a script of faults finds what happens here. RequestOperation names a third thing, the requests
// to the API that come before both.
const (
	Operation        = "Invoke"  // a run of the function, each try for itself
	OperationDeliver = "Deliver" // an accepted asynchronous event on its way, once for each
)

// What the kinds of faults mean to a run:
//
//	refuse   no run, and the error Status, Code, Message (432, 500 …); applied: the run is made and its answer lost
//	drop     the process is gone before the event reaches it, or Delay into the run; applied: after the run
//	cut      the answer ends after Bytes
//	slow     the event waits Delay
//	hang     the event is taken and nothing happens until the time limit
//	expire   the credentials of the invocation do not hold any more
//
// And to a delivery:
//
//	drop     the event was accepted, and never runs
//	double   it is delivered twice, the second time Delay after the first: with no delay, side by side
//	slow     it is delivered after Delay
//
// Asking for another kind is an error: most of them are HTTP's.

// expiredToken is a session token that nobody gave out.
const expiredToken = "expired"

// disturbed invokes with a fault.
func (i *Instance) disturbed(ctx context.Context, inv Invocation, a fault.Action) (Result, error) {
	switch a.Kind {
	case fault.Refuse:
		return i.refused(ctx, inv, a)
	case fault.Drop:
		return i.dropped(ctx, inv, a)
	case fault.Cut:
		result, err := i.undisturbed(ctx, inv)
		result.Payload = result.Payload[:min(int64(len(result.Payload)), a.Bytes)]
		return result, err
	case fault.Slow:
		if err := i.sleep(ctx, time.Duration(a.Delay)); err != nil {
			return Result{}, fmt.Errorf("invoke: %w", err)
		}
		return i.undisturbed(ctx, inv)
	case fault.Hang:
		return i.hung(ctx, inv)
	case fault.Expire:
		inv.Environment = with(inv.Environment, "TENCENTCLOUD_SESSIONTOKEN", expiredToken)
		return i.undisturbed(ctx, inv)
	}
	return Result{}, fmt.Errorf("invoke: fault %q is none of a platform's", a.Kind)
}

// fate is what becomes of an accepted event: the delays after which it is delivered, one for each delivery.
func (f *Fleet) fate() ([]time.Duration, error) {
	if f.o.Faults == nil {
		return []time.Duration{0}, nil
	}
	a, ok := f.o.Faults.Next(OperationDeliver)
	switch delay := time.Duration(a.Delay); {
	case !ok:
		return []time.Duration{0}, nil
	case a.Kind == fault.Drop:
		return nil, nil
	case a.Kind == fault.Double:
		return []time.Duration{0, delay}, nil
	case a.Kind == fault.Slow:
		return []time.Duration{delay}, nil
	}
	return nil, fmt.Errorf("deliver: fault %q is none of a queue's", a.Kind)
}

func (i *Instance) refused(ctx context.Context, inv Invocation, a fault.Action) (Result, error) {
	if a.Applied {
		if _, err := i.undisturbed(ctx, inv); err != nil {
			return Result{}, err
		}
	}
	return Result{Err: &FunctionError{Status: a.Status, Type: a.Code, Message: a.Message}}, nil
}

// dropped loses the process: before the run, in the middle of it, or after it.
func (i *Instance) dropped(ctx context.Context, inv Invocation, a fault.Action) (Result, error) {
	gone := Result{Err: &FunctionError{Status: StatusExit, Type: "ProcessExit", Message: "process taken away"}}
	if a.Delay > 0 {
		killer := time.AfterFunc(time.Duration(a.Delay), i.Kill)
		defer killer.Stop()
		return i.undisturbed(ctx, inv)
	}
	if a.Applied {
		if _, err := i.undisturbed(ctx, inv); err != nil {
			return Result{}, err
		}
	}
	i.Kill()
	return gone, nil
}

// hung lets the time limit pass.
func (i *Instance) hung(ctx context.Context, inv Invocation) (Result, error) {
	fill(&inv.Timeout, i.opts.Function.Timeout)
	if err := i.sleep(ctx, inv.Timeout); err != nil {
		return Result{}, fmt.Errorf("invoke: %w", err)
	}
	i.Kill()
	return Result{Err: &FunctionError{Status: StatusTimeout, Type: "Timeout",
		Message: fmt.Sprintf("run took longer than %v; process killed", inv.Timeout)}}, nil
}

// sleep waits for d, or until ctx ends.
func (i *Instance) sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// with is env and one variable more.
func with(env map[string]string, name, value string) map[string]string {
	more := map[string]string{name: value}
	for k, v := range env {
		if k != name {
			more[k] = v
		}
	}
	return more
}
