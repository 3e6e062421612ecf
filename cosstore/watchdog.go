package cosstore

import (
	"context"
	"errors"
	"io"
	"time"
)

// watchdog ends its context when nothing has moved for a while.
type watchdog struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	after  time.Duration
	reason error
}

// newWatchdog starts to watch. It gives up after the given time, for the given reason.
func newWatchdog(ctx context.Context, after time.Duration, reason error) *watchdog {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(after, func() { cancel(reason) })
	return &watchdog{ctx: ctx, cancel: cancel, timer: timer, after: after, reason: reason}
}

// moved puts the end off. After a pause it goes on watching.
func (d *watchdog) moved() {
	if d.ctx.Err() == nil {
		d.timer.Reset(d.after)
	}
}

// pause stops watching until the next move.
func (d *watchdog) pause() { d.timer.Stop() }

// end releases what the watchdog holds.
func (d *watchdog) end() {
	d.timer.Stop()
	d.cancel(nil)
}

// explain puts the watchdog's reason in place of the "context canceled" that it caused.
func (d *watchdog) explain(err error) error {
	if err != nil && err != io.EOF && errors.Is(context.Cause(d.ctx), d.reason) {
		return d.reason
	}
	return err
}
