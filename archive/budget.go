package archive

import (
	"context"
	"time"
)

// Bounds of what a run keeps for committing one window and filing its answer.
const (
	leastReserve = 300 * time.Millisecond
	mostReserve  = 20 * time.Second
)

// workTime is ctx for reading and copying: it ends early enough that what they brought can be committed, and answered for.
// A quarter of the time left is kept for that, within bounds.
func workTime(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	keep := min(max(time.Until(deadline)/4, leastReserve), mostReserve)
	return context.WithDeadline(ctx, deadline.Add(-keep))
}
