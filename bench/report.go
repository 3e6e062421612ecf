package main

import "time"

// Report is everything that one run of the benchmark measured.
type Report struct {
	Began      time.Time `json:"began"`
	Seconds    float64   `json:"seconds"`
	Short      bool      `json:"short"`
	Go         string    `json:"go"`
	Cores      int       `json:"cores"`
	LoadBefore string    `json:"load_before"` // of the machine: other programs, too
	LoadAfter  string    `json:"load_after"`
	Copies     []Copy    `json:"copies"`
	Beside     []Peer    `json:"beside"`
	Figures    []Figure  `json:"figures"`
	Notes      []string  `json:"notes"` // what was not measured, and why
}

// Result is what one part adds to the report.
type Result struct {
	Copies  []Copy   `json:"copies"`
	Beside  []Peer   `json:"beside"`
	Figures []Figure `json:"figures"`
	Notes   []string `json:"notes"`
}

// Copy is one comparison of the archive with the plain pipe.
type Copy struct {
	Files    int     `json:"files"`
	Bytes    int64   `json:"bytes"` // of each file
	InFlight int     `json:"in_flight"`
	DelayMS  int64   `json:"delay_ms"` // on each side
	Digest   bool    `json:"digest"`   // the bucket digests what it takes; else it compares, which costs next to nothing
	Rounds   int     `json:"rounds"`
	Pipe     Rate    `json:"pipe"`
	Summed   Rate    `json:"pipe_sha256"` // the pipe with a SHA-256
	Archive  Rate    `json:"archive"`
	Ratio    float64 `json:"ratio"` // the archive's speed as a share of the pipe's: the median of the rounds'

	// CPURatio is the same by the CPU time of client and servers together: what Ratio would be on cores that are always
	// busy with nothing else. It hardly feels other programs.
	CPURatio float64 `json:"cpu_ratio"`

	// What a pipe reaches that adds the SHA-256 alone: the limit for whoever has to have one.
	SummedRatio    float64 `json:"pipe_sha256_ratio"`
	SummedCPURatio float64 `json:"pipe_sha256_cpu_ratio"`
}

func (c Copy) byCPU() Copy {
	c.CPURatio, c.SummedCPURatio = c.Pipe.both()/c.Archive.both(), c.Pipe.both()/c.Summed.both()
	return c
}

// Rate is how fast files were copied, and what it took.
type Rate struct {
	Seconds        float64 `json:"seconds"`
	FilesPerSecond float64 `json:"files_per_second"`
	MBPerSecond    float64 `json:"mb_per_second"`
	CPUPerMB       float64 `json:"cpu_ms_per_mb"`
	ServersPerMB   float64 `json:"servers_cpu_ms_per_mb"`
	PeakMB         float64 `json:"peak_mb"`
}

func (r Rate) both() float64 { return r.CPUPerMB + r.ServersPerMB }

// Figure is one number, with its target where it has one.
type Figure struct {
	Part   string   `json:"part"`
	Name   string   `json:"name"`
	Value  float64  `json:"value"`
	Unit   string   `json:"unit"`
	AtMost *float64 `json:"at_most,omitempty"`  // the target
	Least  *float64 `json:"at_least,omitempty"` // the target
	Note   string   `json:"note,omitempty"`
}

// atMost and atLeast set a figure's target.
func (f Figure) atMost(limit float64) Figure  { f.AtMost = &limit; return f }
func (f Figure) atLeast(limit float64) Figure { f.Least = &limit; return f }

// reached tells whether a figure meets its target.
func (f Figure) reached() bool {
	return (f.AtMost == nil || f.Value <= *f.AtMost) && (f.Least == nil || f.Value >= *f.Least)
}

func (f Figure) hasTarget() bool { return f.AtMost != nil || f.Least != nil }

// Peer is what one program took for some work, and what cdrvault took beside it.
type Peer struct {
	Work    string  `json:"work"`
	Program string  `json:"program"`
	Seconds float64 `json:"seconds"` // of the whole process; like the next three the median of the rounds
	CPU     float64 `json:"cpu_seconds"`
	Servers float64 `json:"servers_cpu_seconds"`
	PeakMB  float64 `json:"peak_mb"`

	// What cdrvault took as a share of what this program took: the medians of the rounds' shares.
	TimeShare   float64 `json:"time_share"`
	CPUShare    float64 `json:"cpu_share"`
	MemoryShare float64 `json:"memory_share"` // 0 where the system does not tell
}
