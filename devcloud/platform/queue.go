package platform

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"cdrvault/devcloud/tc3"
)

// Send accepts an asynchronous event: on return it is kept on disk, and is tried until it ends, by this fleet or the next
// one in the same folder. It answers with the request id that all tries have. An event that SCF would not take is refused
// with a *FunctionError.
func (f *Fleet) Send(event []byte) (requestID string, err error) {
	switch {
	case len(event) > MaxAsyncEvent:
		return "", tooLarge(StatusEventTooLarge, "event", len(event), MaxAsyncEvent).Err
	case !utf8.Valid(event) || !json.Valid(event):
		return "", &FunctionError{Status: StatusBadEvent, Type: "InvalidEvent", Message: "event is not JSON"}
	}
	delays, err := f.fate()
	if err != nil {
		return "", err
	}
	now, id := time.Now(), tc3.RequestID()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return "", errClosed
	}
	for _, delay := range delays {
		d := &Delivery{Number: f.books.next(), RequestID: id, Event: string(event),
			Accepted: now, Due: now.Add(delay), Outcome: Waiting}
		if err := f.disk.keep(d); err != nil {
			return "", fmt.Errorf("keep event: %w", err)
		}
		f.begin(d)
	}
	f.books.fated(id, string(event), now, delays)
	return id, nil
}

// begin sets a delivery on its way, unless it has come to its end already. f.mu is held.
func (f *Fleet) begin(d *Delivery) {
	f.books.enter(d)
	if d.Outcome == Waiting {
		f.runs.Go(func() { f.deliver(d) })
	}
}

// deliver tries an event until it ends. Where the fleet ends first, its file stays for the next one.
func (f *Fleet) deliver(d *Delivery) {
	inv := Invocation{Event: []byte(d.Event), RequestID: d.RequestID}
	for due := d.Due; f.sleep(time.Until(due)); {
		result, err := f.run(f.ctx, inv)
		if err != nil {
			return
		}
		var ended bool
		if due, ended = f.settle(d, result); ended {
			return
		}
	}
}

// settle writes down how a try went, and tells when the next one is due or that there is none. A refusal for the limit
// is not worth a file: whoever goes on after us learns it anew.
func (f *Fleet) settle(d *Delivery, result Result) (due time.Time, ended bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if result.Err.kind() != busy {
		d.Runs++
	}
	d.settle(result, time.Now(), f.o.Minute, f.o.MaxAge)
	var err error
	switch {
	case d.Outcome == Done:
		err = f.disk.drop(d)
	case d.Outcome == Dead || result.Err.kind() != busy:
		err = f.disk.keep(d)
	}
	if err != nil {
		f.errs = append(f.errs, fmt.Errorf("keep event %d: %w", d.Number, err))
	}
	if d.Outcome == Waiting {
		return d.Due, false
	}
	if f.books.waiting--; f.books.waiting == 0 {
		close(f.idle)
		f.idle = make(chan struct{})
	}
	return d.Due, true
}

// sleep waits, and tells whether the fleet still stands.
func (f *Fleet) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return f.ctx.Err() == nil
	case <-f.ctx.Done():
		return false
	}
}

// WaitIdle returns once every accepted event has ended, those that runs sent meanwhile too. It is an error that ctx, or
// the fleet, ends before.
func (f *Fleet) WaitIdle(ctx context.Context) error {
	for {
		f.mu.Lock()
		waiting, idle := f.books.waiting, f.idle
		f.mu.Unlock()
		if waiting == 0 {
			return nil
		}
		select {
		case <-idle:
		case <-f.ctx.Done():
			return errClosed
		case <-ctx.Done():
			return fmt.Errorf("wait for %d events: %w", waiting, context.Cause(ctx))
		}
	}
}
