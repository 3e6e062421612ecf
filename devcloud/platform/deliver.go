package platform

import (
	"context"
	"time"

	"cdrvault/devcloud/tc3"
)

// Deliver brings one asynchronous event to its end, as the platform does for timers: a run that failed is tried again
// after pause, Retries times, with the same event and request id and with new credentials. It answers with every
// try, the last one last. Pause waits between two tries: time passes as the caller wants it to; its error, and one
// of Invoke, ends the delivery.
func (i *Instance) Deliver(ctx context.Context, inv Invocation, pause func(context.Context, time.Duration) error) ([]Result, error) {
	if len(inv.Event) > MaxAsyncEvent {
		return []Result{tooLarge(StatusEventTooLarge, "event", len(inv.Event), MaxAsyncEvent)}, nil
	}
	fill(&inv.RequestID, tc3.RequestID())
	var tries []Result
	for {
		result, err := i.Invoke(ctx, inv)
		if err != nil {
			return tries, err
		}
		tries = append(tries, result)
		if result.Err == nil || len(tries) > Retries {
			return tries, nil
		}
		if err := pause(ctx, RetryPause); err != nil {
			return tries, err
		}
	}
}
