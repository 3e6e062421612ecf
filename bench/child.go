package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// command is a program to run: with nothing in its environment but env, so that no setting of whoever runs the benchmark
// changes what is measured.
type command struct {
	program string
	args    []string
	env     []string
}

// child runs a program to its end and tells what the process took: time from its start on, CPU time, and peak memory.
func child(ctx context.Context, c command) (usage, error) {
	cmd := exec.CommandContext(ctx, c.program, c.args...)
	var said bytes.Buffer
	cmd.Env, cmd.Stderr = append([]string{}, c.env...), &said
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return usage{}, err
	}
	peak := watchPeak(cmd.Process.Pid)
	err := cmd.Wait()
	u := usage{Seconds: time.Since(began).Seconds(), Peak: peak()}
	if err != nil {
		return u, fmt.Errorf("%s: %w: %s", filepath.Base(c.program), err, lastLine(said.Bytes()))
	}
	u.CPU = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	return u, nil
}

// look is how often a child's high-water mark is read. The mark only rises and is gone with the process: what a child adds
// in its last moments may be missed.
const look = 2 * time.Millisecond

// watchPeak reads the high-water mark of the process pid until it is asked for it.
func watchPeak(pid int) (peak func() int64) {
	stop, highest := make(chan struct{}), make(chan int64)
	go func() {
		tick := time.NewTicker(look)
		defer tick.Stop()
		var most int64
		for {
			most = max(most, peakOf(strconv.Itoa(pid)))
			select {
			case <-tick.C:
			case <-stop:
				highest <- most
				return
			}
		}
	}()
	return func() int64 { close(stop); return <-highest }
}

// lastLine is the end of what a program said on stderr, mostly why it failed.
func lastLine(said []byte) []byte {
	said = bytes.TrimSpace(said)
	return said[bytes.LastIndexByte(said, '\n')+1:]
}
