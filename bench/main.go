// Command bench measures how near cdrvault comes to what the machine and the API allow. It starts a process with neutral
// servers (package stage), then one client process for each part, so that a part's CPU time and peak memory are its own.
//
//	go run ./bench [-short] [-json FILE] [-only PART,...] [-profile DIR] [-rclone PROGRAM] [-bento PROGRAM]
//
// With -rclone or -bento the built product and that program do the same work as well, on the same servers and in turns.
//
// It promises that what is compared was measured in one run against one server process: every copy beside the plain pipe
// that it is held against, in turns. It does not know what else the machine is doing: only ratios of one run say much, and
// nothing fails for a slow figure. docs/PERFORMANCE.md tells what the figures mean.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
)

// flags are the command line. stage and part are for the processes that bench starts itself.
type flags struct {
	short   bool
	json    string
	only    string
	profile string
	peers   peers
	stage   bool
	part    string
}

func main() {
	var f flags
	flag.BoolVar(&f.short, "short", false, "fewer and smaller measurements, under 20 s in all")
	flag.StringVar(&f.json, "json", "", "write the results to `FILE` as well")
	flag.StringVar(&f.only, "only", "", "measure only these `PARTS`, comma-separated: "+strings.Join(names(), ", "))
	flag.StringVar(&f.profile, "profile", "", "write a CPU and a heap profile of each part into `DIR`")
	flag.StringVar(&f.peers.rclone, "rclone", "", "copy the same files with this `PROGRAM` as well: "+getRclone)
	flag.StringVar(&f.peers.bento, "bento", "", "archive the same rows with this `PROGRAM` as well: "+getBento)
	flag.BoolVar(&f.stage, "stage", false, "internal: be the servers")
	flag.StringVar(&f.part, "part", "", "internal: measure one part; the servers' addresses come on stdin")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := f.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (f flags) run(ctx context.Context) error {
	switch {
	case f.stage:
		return serveStage()
	case f.part != "":
		return f.measurePart(ctx)
	}
	report, err := f.measureAll(ctx)
	if report != nil {
		report.print(os.Stdout)
	}
	if err != nil || f.json == "" {
		return err
	}
	b, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(f.json, append(b, '\n'), 0o644)
}

// wanted tells whether a part is measured: all that -only names, else all but the long ones of a short run.
func (f flags) wanted(p part) bool {
	if f.only == "" {
		return !f.short || !p.long
	}
	return slices.Contains(strings.Split(f.only, ","), p.name)
}
