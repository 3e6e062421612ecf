package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"cdrvault/archive"
	"cdrvault/devcloud/calls"
	"cdrvault/devcloud/center"
)

// settle is ARCHIVE_SETTLE.
const settle = 24 * time.Hour

// Scenario says what to live through.
type Scenario struct {
	Seed   uint64
	Days   int           // that have calls
	Away   time.Duration // on end, in which the function does not run
	PerDay int           // calls of each application, beside some unlikely ones
	Copies int           // files in flight
	Tell   func(line string)
}

// fortnight is what a night is made of.
func fortnight(seed uint64) Scenario {
	return Scenario{Seed: seed, Days: 14, Away: 9 * 24 * time.Hour, PerDay: 72, Copies: 8}
}

// fewDays is a fortnight in short.
func fewDays(seed uint64) Scenario {
	return Scenario{Seed: seed, Days: 3, Away: 30 * time.Hour, PerDay: 40, Copies: 8}
}

// Fortnight is a scenario that is being lived through.
type Fortnight struct {
	Scenario
	Start time.Time // ARCHIVE_START; zero: none
	Parts int64     // files larger than that are stored in parts; 0: as by default
	Rows  int       // calls from which on a window is written as several objects; 0: as by default

	rand    *rand.Rand
	first   time.Time // the first hour that has calls
	away    [2]time.Time
	stormy  [2]time.Time
	dir     string
	clock   *clock
	weather *weather
	cloud   *cloud
	world   *world
	walker  *walker
	tally   Tally
	doubts  map[span]string // windows whose books do not agree since a run was killed at them, or several were
}

// Tally is what a fortnight was made of.
type Tally struct {
	Runs, Killed, Together, Hurried, Failed int // runs
	Calls, Files, Lost                      int // in the bucket, and in its books
	Requests                                int // of all runs
}

func (t Tally) String() string {
	return fmt.Sprintf("%d runs (%d killed, %d together, %d hurried, %d failed), %d requests, %d calls, %d files, %d lost",
		t.Runs, t.Killed, t.Together, t.Hurried, t.Failed, t.Requests, t.Calls, t.Files, t.Lost)
}

// Live lives through a scenario. The error tells which promises were broken, and when.
func Live(ctx context.Context, s Scenario) (Tally, error) {
	dir, err := os.MkdirTemp(memory(), "simulate-")
	if err != nil {
		return Tally{}, err
	}
	defer os.RemoveAll(dir)
	f, err := begin(s, dir)
	if err != nil {
		return Tally{}, err
	}
	defer f.cloud.close()
	err = f.live(ctx)
	return f.tally, err
}

// memory is the folder of a file system in memory, where the machine has one: the bucket of a fortnight is written to
// thousands of times. Empty: the usual folder for temporary files.
func memory() string {
	const shm = "/dev/shm"
	if info, err := os.Stat(shm); err == nil && info.IsDir() {
		return shm
	}
	return ""
}

// begin makes the world of a scenario. What is open in the API's and the cloud's documents differs from seed to seed.
func begin(s Scenario, dir string) (*Fortnight, error) {
	f := &Fortnight{Scenario: s, rand: rand.New(rand.NewPCG(s.Seed, 0)), dir: dir, clock: &clock{},
		Rows: []int{3, 0, 1}[s.Seed%3], first: time.Date(2026, 3, 2, 0, 0, 0, 0, calls.Beijing), weather: newWeather(s.Seed), doubts: map[span]string{}}
	f.clock.set(f.first)
	if f.Tell == nil {
		f.Tell = func(string) {}
	}
	f.away = f.stretch(s.Away)
	f.stormy = f.stretch(5 * time.Hour)
	if f.rand.IntN(3) > 0 {
		f.Start = f.first
	}
	if f.rand.IntN(3) == 0 {
		f.Parts = 6 << 10
	}
	o := center.Options{ExpiredShare: 0.05, Range: center.Range(f.rand.IntN(3)), Lists: center.Lists(f.rand.IntN(3)),
		NewestFirst: f.rand.IntN(2) == 0, Checksums: f.rand.IntN(2) == 0}
	if f.rand.IntN(2) == 0 {
		o.LinkTTL = 40 * time.Second
	}
	o.MediaBase = func() string { return "http://" + f.cloud.api.address }
	var err error
	if f.cloud, err = newCloud(dir+"/bucket", o, f.clock, f.weather); err != nil {
		return nil, err
	}
	f.world = newWorld(s, f.first, f.cloud.center, o.Range, f.weather.gone)
	f.walker = newWalker(f.world, f.cloud.bucket, f.clock.now, f.cloud.api.address)
	return f, nil
}

// stretch is a span of a length somewhere in the days that have calls, but not in the first hours.
func (f *Fortnight) stretch(length time.Duration) [2]time.Time {
	room := time.Duration(f.Days)*24*time.Hour - length - 12*time.Hour
	begin := f.first.Add(6 * time.Hour).Add(time.Duration(f.rand.Int64N(int64(room))).Truncate(time.Hour))
	return [2]time.Time{begin, begin.Add(length)}
}

func within(t time.Time, s [2]time.Time) bool { return !t.Before(s[0]) && t.Before(s[1]) }

// live lets the hours pass, one step for each, until every window of the days has settled.
func (f *Fortnight) live(ctx context.Context) error {
	end := f.first.AddDate(0, 0, f.Days)
	for hour := f.first.Add(time.Hour); !hour.After(end.Add(settle + 2*time.Hour)); hour = hour.Add(time.Hour) {
		f.clock.set(hour.Add(5 * time.Minute))
		if hour.Before(end.Add(settle / 2)) {
			f.world.happen(f.clock.now())
		}
		if within(hour, f.away) {
			continue
		}
		if err := f.hour(ctx, hour, end); err != nil {
			return fmt.Errorf("at %s:\n%w", hour.In(calls.Beijing).Format("2006-01-02 15:04"), err)
		}
	}
	if err := f.finish(ctx); err != nil {
		return fmt.Errorf("at the end:\n%w", err)
	}
	return nil
}

// hour draws the weather and the step of one hour, and takes it. The last hours are calm: by then everything has to be
// mended.
func (f *Fortnight) hour(ctx context.Context, hour, end time.Time) error {
	step, certain := f.draw(), []front(nil)
	if within(hour, f.stormy) {
		certain = append(certain, storm)
	}
	if step.hang {
		certain = append(certain, hanging)
	}
	if step.together > 1 {
		certain = append(certain, shuffle)
	}
	f.clock.pace.Store(2)
	if step.again {
		f.clock.pace.Store(0)
	}
	name, err := f.weather.change(certain...)
	if hour.After(end.Add(settle)) {
		step, name, err = single, "calm", f.weather.clear()
		f.clock.pace.Store(0)
	}
	if err != nil {
		return err
	}
	began := time.Now()
	done, err := f.take(ctx, step)
	f.Tell(fmt.Sprintf("%s  %-12s %5d ms  %-40s %s", hour.In(calls.Beijing).Format("01-02 15h"), step.name,
		time.Since(began).Milliseconds(), name, done))
	return errors.Join(err, ctx.Err())
}

// request is what the platform's timer asks for now.
func (f *Fortnight) request() archive.Request {
	return archive.Request{ID: fmt.Sprintf("run-%d", f.tally.Runs), Now: f.clock.now()}
}
