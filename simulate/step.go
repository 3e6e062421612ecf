package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"cdrvault/archive"
)

// step is what an hour brings: how many runs, and what befalls them.
type step struct {
	name     string
	share    int
	killed   int  // runs that are killed, one after the other
	together int  // runs at once, after these
	deadly   bool // one of those at once is killed as well
	hurried  bool // they have next to no time
	hang     bool // and something never answers
	asked    bool // a range is asked for, with force
	repair   bool // a range is verified, and repaired
	dry      bool // nothing may be written
	again    bool // the same event is delivered once more
	fanOut   bool // those at once are the shares of a backfill
}

// single is the plainest step: the timer fires, one run runs.
var single = step{name: "single", share: 40, together: 1}

var steps = []step{
	single,
	{name: "killed", share: 14, killed: 1, together: 1},
	{name: "killed often", share: 6, killed: 3, together: 1},
	{name: "only killed", share: 4, killed: 2},
	{name: "two at once", share: 8, together: 2},
	{name: "four at once", share: 4, together: 4},
	{name: "a fight", share: 4, killed: 1, together: 3, deadly: true},
	{name: "hurried", share: 4, together: 1, hurried: true},
	{name: "hanging", share: 1, together: 1, hurried: true, hang: true},
	{name: "asked", share: 4, together: 1, asked: true},
	{name: "repair", share: 3, together: 1, repair: true},
	{name: "dry", share: 2, together: 1, dry: true},
	{name: "again", share: 11, together: 1, again: true},
	{name: "fan-out", share: 6, together: 3, fanOut: true},
}

func (f *Fortnight) draw() step {
	total := 0
	for _, s := range steps {
		total += s.share
	}
	n := f.rand.IntN(total)
	for _, s := range steps {
		if n < s.share {
			return s
		}
		n -= s.share
	}
	return single
}

// take takes a step. After every part of it that leaves no run in flight, the whole bucket is walked.
func (f *Fortnight) take(ctx context.Context, s step) (string, error) {
	var told []string
	for range s.killed {
		done, err := f.runs(ctx, f.doomed(f.plan(s)))
		if told = append(told, done.String()); err != nil {
			return strings.Join(told, "; "), err
		}
		f.withdrawUnfinished()
	}
	if s.together == 0 {
		return strings.Join(told, "; "), nil
	}
	if s.fanOut {
		return f.fanOut(ctx, s.together)
	}
	visits := make([]visit, s.together)
	for i := range visits {
		visits[i] = f.plan(s)
		if i > 0 { // the platform delivers an event late, or again
			visits[i].request.Now = visits[i].request.Now.Add(-time.Duration(f.rand.IntN(4)) * time.Hour)
		}
	}
	if s.deadly {
		visits[0] = f.doomed(visits[0])
	}
	done, err := f.runs(ctx, visits...)
	if err == nil && s.hurried {
		f.withdrawUnfinished()
	}
	if err == nil && s.again && len(done) == 1 && done[0].clean() {
		err = f.silent(ctx)
	}
	return strings.Join(append(told, done.String()), "; "), err
}

// withdrawUnfinished has the API withdraw a call that runs have not done with, every other time.
func (f *Fortnight) withdrawUnfinished() {
	calls := f.unfinished()
	if len(calls) == 0 || f.rand.IntN(2) == 0 {
		return
	}
	f.world.withdraw(calls[f.rand.IntN(len(calls))])
}

// unfinished gives the calls of a window that a killed run has archived without saying so (the lake alone has them), and those
// with files that are owed.
func (f *Fortnight) unfinished() []*caller {
	sessions := map[string]bool{}
	spans := slices.SortedFunc(maps.Keys(f.doubts), span.compare)
	if len(spans) > 0 {
		if b := f.walker.lake[spans[f.rand.IntN(len(spans))]]; b.rows != nil {
			for session := range b.rows.calls {
				sessions[session] = true
			}
		}
	}
	for _, b := range f.walker.lake {
		if b.manifest != nil {
			for _, d := range b.manifest.Debts {
				if file := f.world.files[d.Key]; file != nil { // the walker complains of one that nobody made
					sessions[file.Session] = true
				}
			}
		}
	}
	var all []*caller
	for _, session := range slices.Sorted(maps.Keys(sessions)) {
		if c, ok := f.world.callers[session]; ok && !c.withdrawn {
			all = append(all, c)
		}
	}
	return all
}

// plan makes a visit of a step.
func (f *Fortnight) plan(s step) visit {
	f.tally.Runs++
	v := visit{request: f.request()}
	if s.hurried {
		f.tally.Hurried++
		v.time = time.Duration(310+f.rand.IntN(500)) * time.Millisecond
	}
	if s.asked || s.repair {
		to := v.request.Now.Truncate(time.Hour)
		v.request.From, v.request.To = to.Add(-time.Duration(1+f.rand.IntN(30))*time.Hour), to
		v.request.Force = s.asked
	}
	if s.repair {
		v.request.Mode, v.request.Repair = archive.ModeVerify, true
	}
	v.request.DryRun = s.dry
	return v
}

// doomed has a visit killed: as likely at one of its first requests as much later.
func (f *Fortnight) doomed(v visit) visit {
	v.kill = 1 + int(math.Exp(f.rand.Float64()*math.Log(400)))
	v.applied = f.rand.IntN(2) == 0
	return v
}

// outcomes are what came of runs that ran at once.
type outcomes []outcome

func (all outcomes) String() string {
	var told []string
	for _, o := range all {
		switch {
		case o.life.wasKilled():
			told = append(told, fmt.Sprintf("killed at %d", o.kill))
		case o.err != nil:
			told = append(told, "failed")
		case o.report.Complete:
			told = append(told, "complete")
		default:
			told = append(told, "left something")
		}
	}
	return strings.Join(told, ", ")
}

// runs lives some runs at once, and walks the bucket when the last has landed.
func (f *Fortnight) runs(ctx context.Context, visits ...visit) (outcomes, error) {
	done := make(outcomes, len(visits))
	errs := make([]error, len(visits))
	var flying sync.WaitGroup
	for i := range visits {
		flying.Go(func() { done[i], errs[i] = f.visit(ctx, visits[i]) })
	}
	flying.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for _, o := range done {
		f.count(o)
		errs = append(errs, o.said())
		if o.request.DryRun && writes(o.life.counts()) > 0 {
			errs = append(errs, fmt.Errorf("  a dry run wrote: %v", o.life.counts()))
		}
	}
	if len(visits) > 1 {
		f.tally.Together += len(visits)
	}
	f.walk(done)
	return done, errors.Join(errors.Join(errs...), f.walker.verdict())
}

func (f *Fortnight) count(o outcome) {
	for _, n := range o.life.counts() {
		f.tally.Requests += n
	}
	switch {
	case o.life.wasKilled():
		f.tally.Killed++
	case o.err != nil:
		f.tally.Failed++
	}
}

// walk walks the bucket after runs. Books that do not agree are left by runs that were killed, failed or had no time, and
// by none else; one that ran alone and says that it is complete has mended what others left.
func (f *Fortnight) walk(done outcomes) {
	f.walker.walk()
	// What a run that was asked for a range says of the other windows means little.
	complete := len(done) == 1 && done[0].clean() && done[0].request.From.IsZero() && !done[0].request.DryRun
	undisturbed := !slices.ContainsFunc(done, func(o outcome) bool { return o.life.wasKilled() || o.err != nil || o.time > 0 })
	doubts := f.walker.doubts()
	for s, why := range doubts {
		switch _, before := f.doubts[s]; {
		case complete:
			f.walker.complain("%v: after a run that says that it is complete, %s", s, why)
		case undisturbed && !before:
			f.walker.complain("%v: after %d runs that ended well, %s", s, len(done), why)
		}
	}
	f.doubts = doubts
	if complete {
		f.walker.complete(f.beginning(), done[0].request.Now)
	}
}

// silent runs the same once more, and checks that it writes nothing and downloads nothing.
func (f *Fortnight) silent(ctx context.Context) error {
	files := f.cloud.center.Stats().Files
	f.tally.Runs++
	done, err := f.runs(ctx, visit{request: f.request()})
	if err != nil || !done[0].clean() {
		return err
	}
	if puts := writes(done[0].life.counts()); puts > 0 {
		return fmt.Errorf("  a second run over unchanged calls sent %d writes: %v", puts, done[0].life.counts())
	}
	if now := f.cloud.center.Stats().Files; !maps.Equal(files, now) {
		return errors.New("  a second run over unchanged calls downloaded files")
	}
	return nil
}

// writes are the requests that change a bucket.
func writes(counts map[string]int) int {
	n := 0
	for op, count := range counts {
		if slices.Contains([]string{"PutObject", "PutObjectCopy", "DeleteObject", "InitiateMultipartUpload", "UploadPart",
			"CompleteMultipartUpload", "AbortMultipartUpload"}, op) {
			n += count
		}
	}
	return n
}

// beginning is where the archive of an application has to begin: at ARCHIVE_START, else at the oldest window it has.
func (f *Fortnight) beginning() map[string]int64 {
	begin := map[string]int64{}
	for _, app := range apps {
		begin[app] = math.MaxInt64
		if !f.Start.IsZero() {
			begin[app] = f.Start.Unix()
		}
	}
	for s, b := range f.walker.lake {
		if b.manifest != nil {
			begin[s.app] = min(begin[s.app], s.start)
		}
	}
	return begin
}
