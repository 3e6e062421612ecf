package main

import (
	"context"
	"fmt"
	"time"

	"cdrvault/bench/stage"
)

// byProduct archives a scene's one hour with the built product, as an operator does on the command line. The API has no
// limit here: its pages are part of the work, waiting for them is not. That it exits with 0 says that nothing is owed; what
// the bucket took is for the caller to look at.
func (l *lab) byProduct(ctx context.Context, binary string, inFlight int, scene stage.Scene) (usage, error) {
	if err := l.set(scene); err != nil {
		return usage{}, err
	}
	return child(ctx, command{
		program: binary,
		args:    []string{"run", "--from", scene.From.Format(time.RFC3339), "--to", scene.From.Add(time.Hour).Format(time.RFC3339), "--json"},
		env:     append(l.settings(), fmt.Sprintf("MEDIA_CONCURRENCY=%d", inFlight), "CCC_RATE_LIMIT=10000"),
	})
}
