// Command simulate lives through fortnights in which everything goes wrong that can: late calls and transcripts, expired
// links, a function that does not run for nine days, an afternoon of API errors, a bucket that refuses every tenth
// request, lost answers, wrong checksums, cut bodies, runs that are killed, overlap or have no time, shares of a backfill
// that come twice or never. After every run a walker holds the whole bucket against the promises of the archive; at the
// end everything has to be there.
//
//	go run ./simulate -seeds 300           a night's work
//	go run ./simulate -seed 17 -v          one seed again, told step by step
//
// A fortnight is the archive and its real adapters against devcloud's servers on loopback, so that the official SDKs are
// in the path; only the world's clock is moved by hand. A seed decides the calls, the faults and the steps. What it does
// not decide is how requests that are in flight together interleave: a seed that failed may need some tries to fail
// again.
//
// It knows the contract of the bucket and the world that it made up. It does not know how the archive works: the walker
// reads objects with code of its own.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	var (
		seeds = flag.Int("seeds", 10, "how many fortnights to live through")
		from  = flag.Uint64("from", 1, "the first seed")
		seed  = flag.Uint64("seed", 0, "live through this one again, and no other")
		short = flag.Bool("short", false, "three days instead of a fortnight, as go test does")
		told  = flag.Bool("v", false, "tell every step")
	)
	flag.Parse()
	if *seed != 0 {
		*from, *seeds = *seed, 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if !liveAll(ctx, *from, *seeds, *short, *told) {
		stop()
		os.Exit(1)
	}
}

// liveAll lives through one fortnight after the other, and tells whether all promises were kept.
func liveAll(ctx context.Context, from uint64, seeds int, short, told bool) bool {
	failed := 0
	for seed := from; seed < from+uint64(seeds) && ctx.Err() == nil; seed++ {
		s := fortnight(seed)
		if short {
			s = fewDays(seed)
		}
		if told {
			s.Tell = func(line string) { fmt.Println(line) }
		}
		began := time.Now()
		tally, err := Live(ctx, s)
		fmt.Printf("seed %d: %v, %.1f s\n", seed, tally, time.Since(began).Seconds())
		if err != nil {
			failed++
			fmt.Printf("seed %d broke a promise (again: go run ./simulate -seed %d -v):\n%v\n", seed, seed, err)
		}
	}
	if failed > 0 {
		fmt.Printf("%d of %d seeds failed\n", failed, seeds)
	}
	return failed == 0 && ctx.Err() == nil
}
