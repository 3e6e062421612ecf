package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"
)

// peers are the programs beside which cdrvault is measured; empty: not named on the command line. They are no part of this
// module: whoever runs the benchmark builds them.
type peers struct{ rclone, bento string }

// besideCopies are the files of the comparison with rclone, and how much of its time and memory cdrvault may take.
var besideCopies = []struct {
	copies
	time, memory float64
}{
	{copies{files: 600, bytes: 200 * kb, inFlight: 32, delay: 20 * time.Millisecond}, 0.65, 0.7},
	{copies{files: 100, bytes: 5 * mb, inFlight: 32, delay: 20 * time.Millisecond}, 0.85, 1},
	{copies{files: 2000, bytes: 200 * kb, inFlight: 32}, 0.65, 1},
}

// beside has the built product and the peers do the same work on the same servers, in turns. Every program is a process
// from its start to its end, as whoever calls it waits for it.
func beside(ctx context.Context, l *lab) (Result, error) {
	var r Result
	if l.peers.rclone == "" {
		r.Notes = append(r.Notes, "Copies beside rclone were not measured: "+getRclone+".")
	}
	if l.peers.bento == "" {
		r.Notes = append(r.Notes, "Rows beside Bento were not measured: "+getBento+".")
	}
	if l.peers == (peers{}) {
		return r, nil
	}
	dir, err := os.MkdirTemp("", "cdrvault-bench-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	binary, err := build(ctx, dir)
	if err != nil {
		return r, err
	}
	if l.peers.rclone != "" {
		if err := l.besideRclone(ctx, binary, dir, &r); err != nil {
			return r, err
		}
	}
	if l.peers.bento != "" {
		return r, l.besideBento(ctx, binary, dir, &r)
	}
	return r, nil
}

// rival is one of the programs that do the same work. run does it once and makes sure that it was done.
type rival struct {
	name string
	run  func() (usage, error)
}

// inTurns has every rival do the work in every round, in an order that changes with the round. The first one is cdrvault.
func inTurns(work string, rounds int, rivals []rival) ([]Peer, error) {
	measured := make([][]usage, len(rivals))
	for round := range rounds {
		order := make([]int, len(rivals))
		for i := range order {
			order[i] = i
		}
		if round%2 == 1 {
			slices.Reverse(order)
		}
		for _, i := range order {
			u, err := rivals[i].run()
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", work, rivals[i].name, err)
			}
			measured[i] = append(measured[i], u)
		}
	}
	var all []Peer
	for i, one := range rivals {
		all = append(all, newPeer(work, one.name, measured[0], measured[i]))
	}
	return all, nil
}

// newPeer sums up the rounds of one program beside ours.
func newPeer(work, name string, ours, its []usage) Peer {
	seconds := func(u usage) float64 { return u.Seconds }
	cpu := func(u usage) float64 { return u.CPU }
	memory := func(u usage) float64 { return float64(u.Peak) / mb }
	return Peer{Work: work, Program: name,
		Seconds: medianOf(its, seconds), CPU: medianOf(its, cpu), PeakMB: medianOf(its, memory),
		Servers:   medianOf(its, func(u usage) float64 { return u.Servers }),
		TimeShare: medianShare(ours, its, seconds), CPUShare: medianShare(ours, its, cpu), MemoryShare: medianShare(ours, its, memory)}
}

func medianOf(rounds []usage, of func(usage) float64) float64 {
	var all []float64
	for _, u := range rounds {
		all = append(all, of(u))
	}
	return median(all)
}

// medianShare is the median of the rounds' shares: a round's measurements are close in time, so that other programs slow
// all of them. It is 0 where the system does not tell what would have to be divided by.
func medianShare(ours, its []usage, of func(usage) float64) float64 {
	var all []float64
	for i := range its {
		if of(its[i]) > 0 {
			all = append(all, of(ours[i])/of(its[i]))
		}
	}
	if len(all) == 0 {
		return 0
	}
	return median(all)
}
