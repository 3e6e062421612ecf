package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"cdrvault/devcloud"
	"cdrvault/devcloud/calls"
	"cdrvault/devcloud/center"
	"cdrvault/devcloud/fault"
	"cdrvault/devcloud/platform"
)

// instances is how many processes of the function archive a backlog side by side.
const instances = 8

// fanout archives a backlog with one instance of the built function, and again with eight, on devcloud's platform: from the
// event that asks for it until the queue is empty. Every answer of API, source and bucket is late, as it is in a cloud. It is
// an error that the two lakes differ.
func fanout(ctx context.Context, l *lab) (Result, error) {
	dir, err := os.MkdirTemp("", "cdrvault-bench-")
	if err != nil {
		return Result{}, err
	}
	defer os.RemoveAll(dir)
	binary, err := build(ctx, dir)
	if err != nil {
		return Result{}, err
	}
	s, err := openSite(ctx, binary, dir, pick(l, 48, 30*24), 100*time.Millisecond)
	if err != nil {
		return Result{}, err
	}
	defer s.cloud.Close()
	one, many, err := s.compare(ctx, instances)
	if err != nil {
		return Result{}, err
	}
	what := fmt.Sprintf("backfill of %d windows, answers after %d ms: ", s.hours, s.delay.Milliseconds())
	ratio := Figure{Part: "fanout", Name: what + fmt.Sprintf("speed of %d instances against 1", instances), Value: one.Seconds / many.Seconds}
	if !l.short {
		ratio = ratio.atLeast(6)
	}
	return Result{Figures: []Figure{one.figure(what + "1 instance"), many.figure(what + fmt.Sprintf("%d instances", instances)), ratio}}, nil
}

// site is a cloud with calls that nobody has archived yet.
type site struct {
	cloud *devcloud.Cloud
	from  time.Time
	hours int // windows
	delay time.Duration
}

// openSite has two calls an hour, whose recordings last some seconds. The API has no limit: with the true one, the fan-out
// would be measured against a clock. A minute of the queue is a second: the coordinator is the first of the instances and still
// at work when the last share comes, so that this one is refused (432) and waits for a minute.
func openSite(ctx context.Context, binary, dir string, hours int, delay time.Duration) (*site, error) {
	var even [24]int
	for i := range even {
		even[i] = 1
	}
	days := (hours + 23) / 24
	y, m, d := time.Now().In(calls.Beijing).AddDate(0, 0, -days-2).Date() // the last window has settled, too
	s := &site{from: time.Date(y, m, d, 0, 0, 0, 0, calls.Beijing), hours: hours, delay: delay}
	late, err := lateAnswers(delay)
	if err != nil {
		return nil, err
	}
	o := devcloud.Options{Dir: filepath.Join(dir, "cloud"), First: s.from, Days: days, Faults: late,
		World:    calls.World{PerDay: 48, Curve: even, Talk: 4 * time.Second, WAV: -1},
		Center:   center.Options{RateLimit: -1},
		Platform: platform.FleetOptions{Options: platform.Options{Binary: binary}, Instances: instances, Minute: time.Second}}
	o.Bucket.NoSync = true
	s.cloud, err = devcloud.Start(ctx, o)
	return s, err
}

// lateAnswers delays whatever the function asks of API, source and bucket. The platform's own doings are under other names.
func lateAnswers(delay time.Duration) (*fault.Script, error) {
	if delay == 0 {
		return nil, nil
	}
	var rules []fault.Rule
	for _, operation := range []string{"Describe*", "Get*", "Head*", "List*", "Put*"} {
		rules = append(rules, fault.Rule{Match: fault.Match{Operation: operation},
			Action: fault.Action{Kind: fault.Slow, Delay: fault.Duration(delay)}})
	}
	return fault.New(rules...)
}

// compare archives the backlog by one run, and then by as many shares as are told.
func (s *site) compare(ctx context.Context, shares int) (one, many backfilled, err error) {
	if one, err = s.backfill(ctx, 1); err != nil {
		return one, many, err
	}
	if many, err = s.backfill(ctx, shares); err != nil {
		return one, many, err
	}
	return one, many, one.lake.same(many.lake)
}

// backfilled is what it took to archive the backlog, and what came of it. Its CPU time is the function's, all processes
// together; its peak is that of the largest.
type backfilled struct {
	usage
	api, media, store int // requests
	most              int // runs side by side until now
	starts            int // of processes
	refused           int // tries above the limit of instances
	lake              lake
}

func (b backfilled) figure(name string) Figure {
	return Figure{Part: "fanout", Name: name, Value: b.Seconds, Unit: "s", Note: fmt.Sprintf(
		"%d at once, CPU %.1f s, the cloud's %.1f s; requests: %d API, %d source, %d bucket; peak of an instance %d MB, %d cold starts, %d refused (432)",
		b.most, b.CPU, b.Servers, b.api, b.media, b.store, b.Peak/mb, b.starts, b.refused)}
}

// backfill empties the bucket and archives the backlog, cut into so many shares. Every window must be final afterwards.
func (s *site) backfill(ctx context.Context, shares int) (backfilled, error) {
	if err := s.empty(); err != nil {
		return backfilled{}, err
	}
	fleet := s.cloud.Platform()
	before, self, children := fleet.Stats(), cpuTime(), childrenCPU()
	to := s.from.Add(time.Duration(s.hours) * time.Hour)
	event := fmt.Sprintf(`{"mode":"backfill","from":%q,"to":%q,"shares":%d}`, s.from.Format(time.RFC3339), to.Format(time.RFC3339), shares)
	began := time.Now()
	if _, err := fleet.Send([]byte(event)); err != nil {
		return backfilled{}, err
	}
	if err := fleet.WaitIdle(ctx); err != nil {
		return backfilled{}, err
	}
	b := backfilled{usage: usage{Seconds: time.Since(began).Seconds()}}
	fleet.Reclaim() // what processes used is told when they are gone
	b.Servers, b.CPU = (cpuTime() - self).Seconds(), (childrenCPU() - children).Seconds()
	if err := b.judge(fleet.Stats(), before); err != nil {
		return b, err
	}
	b.count(s.cloud)
	var err error
	if b.lake, err = readLake(s.cloud.Bucket()); err != nil {
		return b, err
	}
	return b, b.lake.final(s.hours)
}

// empty takes back what an earlier backfill has done.
func (s *site) empty() error {
	for _, o := range s.cloud.Bucket().Objects() {
		if err := s.cloud.Bucket().Delete(o.Key); err != nil {
			return err
		}
	}
	s.cloud.Bucket().ResetCounts()
	s.cloud.Center().Reset()
	return nil
}

// judge takes over what the platform tells of the runs since before. One that failed would be measured with its pause.
func (b *backfilled) judge(now, before platform.Stats) error {
	for _, d := range now.Deliveries[len(before.Deliveries):] {
		if d.Outcome != platform.Done || d.Failed > 0 {
			return fmt.Errorf("run %s: %s after %d failures: %w", d.Event, d.Outcome, d.Failed, d.Last)
		}
		b.Peak = max(b.Peak, d.Peak)
	}
	b.most, b.starts, b.refused = now.Most, now.Starts-before.Starts, now.Refused-before.Refused
	return nil
}

// count takes over how many requests the cloud has seen.
func (b *backfilled) count(c *devcloud.Cloud) {
	for operation, n := range c.Center().Stats().Requests {
		if operation == "DescribeTelCdr" {
			b.api += n
		} else {
			b.media += n
		}
	}
	for _, n := range c.Bucket().Counts() {
		b.store += n
	}
}
