package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cdrvault/bench/stage"
)

// copies are the files of one comparison.
type copies struct {
	files    int
	bytes    int64 // of each
	inFlight int
	delay    time.Duration // on each side
	rounds   int
	digest   bool // the bucket digests what it takes
}

const (
	kb = 1000
	mb = 1000 * kb
)

// compare copies the same files by the pipe, by the pipe with a SHA-256, and by a whole run of the archive, in turns whose
// order changes with the round. A round whose bytes did not arrive is an error.
func (l *lab) compare(ctx context.Context, c copies) (Copy, error) {
	var floor, summed, ours []usage
	for round := range c.rounds {
		turns := []func() error{
			func() error { u, err := l.byPipe(ctx, c, false); floor = append(floor, u); return err },
			func() error { u, err := l.byPipe(ctx, c, true); summed = append(summed, u); return err },
			func() error { u, err := l.byArchive(ctx, c); ours = append(ours, u); return err },
		}
		if round%2 == 1 {
			slices.Reverse(turns)
		}
		for _, turn := range turns {
			if err := turn(); err != nil {
				return Copy{}, err
			}
		}
	}
	return Copy{Files: c.files, Bytes: c.bytes, InFlight: c.inFlight, DelayMS: c.delay.Milliseconds(), Rounds: c.rounds, Digest: c.digest,
		Pipe: c.rates(floor), Summed: c.rates(summed), Archive: c.rates(ours),
		Ratio: medianRatio(floor, ours), SummedRatio: medianRatio(floor, summed)}.byCPU(), nil
}

// medianRatio is the median of the rounds' ratios of speed: a round's two measurements are close in time, so that other
// programs slow both.
func medianRatio(floor, other []usage) float64 {
	ratios := make([]float64, len(floor))
	for i := range ratios {
		ratios[i] = floor[i].Seconds / other[i].Seconds
	}
	return median(ratios)
}

func (c copies) scene() stage.Scene {
	return stage.Scene{From: stage.Hour(time.Now()), Hours: 1, Calls: c.files, Bytes: c.bytes, MediaDelay: c.delay, StoreDelay: c.delay,
		Digest: c.digest}
}

func (l *lab) byPipe(ctx context.Context, c copies, sum bool) (usage, error) {
	if err := l.set(c.scene()); err != nil {
		return usage{}, err
	}
	u, err := measure(func() error { return l.pipe(ctx, c.files, c.inFlight, sum) })
	if err != nil {
		return u, err
	}
	u.Servers, err = l.arrived(c)
	return u, err
}

func (l *lab) byArchive(ctx context.Context, c copies) (usage, error) {
	scene := c.scene()
	if err := l.set(scene); err != nil {
		return usage{}, err
	}
	u, err := measure(func() error {
		a, err := l.archiver(c.inFlight, scene.From)
		if err != nil {
			return err
		}
		_, err = run(ctx, a, scene.From, 1)
		return err
	})
	if err != nil {
		return u, err
	}
	u.Servers, err = l.arrived(c)
	return u, err
}

// arrived makes sure that the bucket took every byte of every file, and that the bytes were the source's.
// The answer is the CPU time that the servers used.
func (l *lab) arrived(c copies) (seconds float64, err error) {
	n, err := l.counts()
	if err != nil {
		return 0, err
	}
	if want := int64(c.files) * c.bytes; n.Stored != want || n.Strange > 0 {
		return 0, fmt.Errorf("bucket took %d bytes of %d, and %d strange bodies", n.Stored, want, n.Strange)
	}
	return n.CPU.Seconds(), nil
}

// rates are the medians of several rounds; the peak is the highest.
func (c copies) rates(rounds []usage) Rate {
	var seconds, cpu, servers []float64
	var r Rate
	for _, u := range rounds {
		seconds, cpu, servers = append(seconds, u.Seconds), append(cpu, u.CPU), append(servers, u.Servers)
		r.PeakMB = max(r.PeakMB, float64(u.Peak)/mb)
	}
	all := float64(c.files) * float64(c.bytes) / mb
	r.Seconds = median(seconds)
	r.FilesPerSecond, r.MBPerSecond = float64(c.files)/r.Seconds, all/r.Seconds
	r.CPUPerMB, r.ServersPerMB = median(cpu)*1000/all, median(servers)*1000/all
	return r
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}
