package main

import (
	"bytes"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// usage is what some work took of this process.
type usage struct {
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu_seconds"`
	Servers float64 `json:"servers_cpu_seconds"` // what the servers used meanwhile, where that was asked
	Peak    int64   `json:"peak_bytes"`          // the largest resident memory, the program itself included; 0 where the system does not tell
}

// measure does some work. Memory that earlier work of this process left is given back first.
func measure(work func() error) (usage, error) {
	debug.FreeOSMemory()
	resetPeak()
	cpu, began := cpuTime(), time.Now()
	err := work()
	return usage{Seconds: time.Since(began).Seconds(), CPU: (cpuTime() - cpu).Seconds(), Peak: peak()}, err
}

// cpuTime is what this process has used until now, in user and kernel.
func cpuTime() time.Duration { return cpuOf(syscall.RUSAGE_SELF) }

// childrenCPU is what its children used that are gone by now.
func childrenCPU() time.Duration { return cpuOf(syscall.RUSAGE_CHILDREN) }

func cpuOf(who int) time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(who, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resetPeak begins a new peak (proc(5), clear_refs). Where that is not possible peak tells that of the whole process, which
// is never less.
func resetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// peak is this process's largest resident memory.
func peak() int64 { return peakOf("self") }

// peakOf is the kernel's high-water mark of the resident memory of the process pid; 0 where it is not told, or the process
// has ended. It is not getrusage's, into which the parent's goes.
func peakOf(pid string) int64 {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	number, _, _ := strings.Cut(strings.TrimSpace(string(rest)), " ")
	kilobytes, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes << 10
}

// load is the machine's load average of the last minute, for whoever doubts a figure; empty where it is not told.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}
