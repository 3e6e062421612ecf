package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"

	"cdrvault/bench/stage"
)

// serveStage is the servers' process. It says where they listen and ends when its stdin does, which its parent holds.
func serveStage() error {
	s, err := stage.Open()
	if err != nil {
		return err
	}
	defer s.Close()
	if err := json.NewEncoder(os.Stdout).Encode(s.Addresses); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// startStage starts the servers' process. stop ends it.
func startStage(ctx context.Context) (at stage.Addresses, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return at, nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-stage")
	cmd.Stderr = os.Stderr
	hold, err := cmd.StdinPipe()
	if err != nil {
		return at, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return at, nil, err
	}
	if err := cmd.Start(); err != nil {
		return at, nil, err
	}
	stop = func() {
		hold.Close()
		cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &at)
	}
	if err != nil {
		stop()
		return at, nil, fmt.Errorf("start the servers: %w", err)
	}
	return at, stop, nil
}

// measureAll measures every part that is wanted, each in a process of its own.
func (f flags) measureAll(ctx context.Context) (*Report, error) {
	at, stop, err := startStage(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	report := &Report{Began: time.Now(), Short: f.short, Go: runtime.Version(), Cores: runtime.NumCPU(), LoadBefore: load()}
	var failed []error
	for _, p := range parts {
		if !f.wanted(p) || ctx.Err() != nil {
			continue
		}
		began := time.Now()
		r, err := f.inProcess(ctx, p.name, at)
		fmt.Fprintf(os.Stderr, "bench: %s took %.1f s\n", p.name, time.Since(began).Seconds())
		if err != nil {
			failed = append(failed, fmt.Errorf("part %s: %w", p.name, err))
			continue
		}
		report.Copies = append(report.Copies, r.Copies...)
		report.Beside = append(report.Beside, r.Beside...)
		report.Notes = append(report.Notes, r.Notes...)
		report.Figures = append(report.Figures, r.Figures...)
	}
	report.LoadAfter, report.Seconds = load(), time.Since(report.Began).Seconds()
	return report, errors.Join(failed...)
}

// inProcess measures one part in a new process.
func (f flags) inProcess(ctx context.Context, name string, at stage.Addresses) (Result, error) {
	var r Result
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	addresses, err := json.Marshal(at)
	if err != nil {
		return r, err
	}
	cmd := exec.CommandContext(ctx, self, "-part", name, fmt.Sprintf("-short=%t", f.short), "-profile", f.profile,
		"-rclone", f.peers.rclone, "-bento", f.peers.bento)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(addresses), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(out, &r)
}

// measurePart is the process of one part. Its result goes to stdout.
func (f flags) measurePart(ctx context.Context) error {
	l := &lab{short: f.short, peers: f.peers}
	if err := json.NewDecoder(os.Stdin).Decode(&l.at); err != nil {
		return fmt.Errorf("read the servers' addresses: %w", err)
	}
	stop, err := f.startProfile()
	if err != nil {
		return err
	}
	r, err := measurePart(ctx, l, f.part)
	if err := errors.Join(err, stop()); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func measurePart(ctx context.Context, l *lab, name string) (Result, error) {
	for _, p := range parts {
		if p.name == name {
			return p.measure(ctx, l)
		}
	}
	return Result{}, errors.New("no such part")
}

// startProfile profiles this process where that is asked for, until stop.
func (f flags) startProfile() (stop func() error, err error) {
	if f.profile == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(filepath.Join(f.profile, f.part+".cpu.prof"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		heap, err := os.Create(filepath.Join(f.profile, f.part+".heap.prof"))
		if err != nil {
			return errors.Join(err, file.Close())
		}
		return errors.Join(pprof.Lookup("allocs").WriteTo(heap, 0), heap.Close(), file.Close())
	}, nil
}
