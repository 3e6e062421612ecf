package main

import (
	"context"
	"fmt"
	"time"
)

// part is one thing that is measured.
type part struct {
	name    string
	measure func(context.Context, *lab) (Result, error)
	long    bool // left out of a short run
}

// parts are all of them, in the order in which they run.
var parts = []part{
	{name: "copy-small", measure: matrixPart("copy-small", 200*kb)},
	{name: "copy-large", measure: matrixPart("copy-large", 20*mb)},
	{name: "small-latency", measure: peerPart("small-latency", copies{files: 600, bytes: 200 * kb, inFlight: 32, delay: 20 * time.Millisecond}, 0.65*1.5, 0.7*57)},
	{name: "medium-latency", measure: peerPart("medium-latency", copies{files: 100, bytes: 5 * mb, inFlight: 32, delay: 20 * time.Millisecond}, 0.85*1.4, 40)},
	{name: "small-many", measure: peerPart("small-many", copies{files: 2000, bytes: 200 * kb, inFlight: 32}, 0.65*2.8, 111)},
	{name: "beside", measure: beside},
	{name: "large-memory", measure: largeMemory},
	{name: "pages", measure: pages},
	{name: "rows", measure: rows},
	{name: "rows-many", measure: manyRows, long: true},
	{name: "window", measure: window},
	{name: "quiet", measure: quiet},
	{name: "economy", measure: economy},
	{name: "flaky", measure: flaky},
	{name: "start", measure: start, long: true},
	{name: "fanout", measure: fanout},
}

func matrixPart(name string, size int64) func(context.Context, *lab) (Result, error) {
	return func(ctx context.Context, l *lab) (Result, error) { return l.matrix(ctx, name, size) }
}

func names() []string {
	var all []string
	for _, p := range parts {
		all = append(all, p.name)
	}
	return all
}

// matrix compares files of one size at several numbers in flight, without and with latency, and once with a bucket that
// digests.
func (l *lab) matrix(ctx context.Context, name string, size int64) (Result, error) {
	var r Result
	for _, c := range l.cells(size) {
		got, err := l.compare(ctx, c)
		if err != nil {
			return r, fmt.Errorf("%+v: %w", c, err)
		}
		r.Copies = append(r.Copies, got)
		if c.inFlight != 16 || c.delay > 0 {
			continue
		}
		what := "16 in flight, the bucket " + bucketDoes(c.digest)
		r.Figures = append(r.Figures,
			Figure{Part: name, Name: what + ": share of the pipe's speed", Value: got.Ratio, Note: fmt.Sprintf("%.2f by CPU; a pipe with SHA-256 alone %.2f, %.2f by CPU", got.CPURatio, got.SummedRatio, got.SummedCPURatio)}.atLeast(0.65))
		if !c.digest {
			r.Figures = append(r.Figures, Figure{Part: name, Name: "CPU per MB", Value: got.Archive.CPUPerMB, Unit: "ms",
				Note: fmt.Sprintf("the pipe takes %.2f ms", got.Pipe.CPUPerMB)}.atMost(2.4))
		}
	}
	return r, nil
}

// cells are a matrix's comparisons.
func (l *lab) cells(size int64) []copies {
	var all []copies
	rounds := pick(l, 1, 3)
	for _, delay := range []time.Duration{0, 20 * time.Millisecond} {
		for _, inFlight := range pick(l, []int{16}, []int{1, 4, 16, 64}) {
			all = append(all, copies{files: l.files(size, inFlight, delay), bytes: size, inFlight: inFlight, delay: delay, rounds: rounds})
		}
	}
	return append(all, copies{files: l.files(size, 16, 0), bytes: size, inFlight: 16, rounds: rounds, digest: true})
}

// files is how many files of a size take about a second.
func (l *lab) files(size int64, inFlight int, delay time.Duration) int {
	switch {
	case size > mb && delay == 0:
		return pick(l, 8, min(16+inFlight, 48))
	case size > mb:
		return pick(l, 8, min(16+inFlight, 48))
	case delay == 0:
		return pick(l, 300, 600+min(inFlight, 16)*100)
	}
	return pick(l, 160, 40*min(inFlight, 50))
}

// peerPart compares with the pipe what a peer was measured at, and holds time and memory against bounds that come from
// the peer's figures of another day on two such cores: seconds and MB. To be held against the peer itself, both have to run
// on the same servers in the same minute: that is the part beside. A short run copies a quarter of the files and
// holds nothing against anything.
func peerPart(name string, c copies, seconds, peakMB float64) func(context.Context, *lab) (Result, error) {
	return func(ctx context.Context, l *lab) (Result, error) {
		c.rounds, c.files = pick(l, 1, 3), pick(l, c.files/4, c.files)
		got, err := l.compare(ctx, c)
		if err != nil {
			return Result{}, err
		}
		what := fmt.Sprintf("%d × %s, %d in flight, %d ms", c.files, size(c.bytes), c.inFlight, c.delay.Milliseconds())
		time := Figure{Part: name, Name: what + ": time", Value: got.Archive.Seconds, Unit: "s",
			Note: fmt.Sprintf("the pipe takes %.2f s", got.Pipe.Seconds)}
		peak := Figure{Part: name, Name: what + ": peak memory", Value: got.Archive.PeakMB, Unit: "MB",
			Note: fmt.Sprintf("the pipe takes %.0f MB", got.Pipe.PeakMB)}
		if !l.short {
			time, peak = time.atMost(seconds), peak.atMost(peakMB)
		}
		return Result{Copies: []Copy{got}, Figures: []Figure{time, peak}}, nil
	}
}

// largeMemory has more room in flight than files, and files that fit no buffer.
func largeMemory(ctx context.Context, l *lab) (Result, error) {
	c := copies{files: pick(l, 8, 16), bytes: 40 * mb, inFlight: 32}
	u, err := l.byArchive(ctx, c)
	if err != nil {
		return Result{}, err
	}
	return Result{Figures: []Figure{
		Figure{Part: "large-memory", Name: fmt.Sprintf("%d × 40 MB, 32 in flight: peak memory", c.files), Value: float64(u.Peak) / mb,
			Unit: "MB", Note: fmt.Sprintf("%.2f s", u.Seconds)}.atMost(96),
	}}, nil
}
