package platform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/devcloud/fault"
)

// acted is an instance without a process: it does what act does.
type acted struct {
	act func(context.Context, Invocation) (Result, error)
}

func (a *acted) Invoke(ctx context.Context, inv Invocation) (Result, error) { return a.act(ctx, inv) }
func (a *acted) Starts() int                                                { return 1 }
func (a *acted) Close()                                                     {}

// stage is a fleet of acted instances, and the moments at which each event was tried, since the stage was set.
type stage struct {
	*Fleet
	set time.Time

	mu    sync.Mutex
	tries map[string][]time.Duration
}

// play opens a fleet whose instances do what act does. Call it in a synctest bubble: its time is the bubble's.
func play(t *testing.T, o FleetOptions, act func(ctx context.Context, event string) Result) *stage {
	t.Helper()
	if o.Queue == "" {
		o.Queue = t.TempDir()
	}
	s := &stage{set: time.Now(), tries: map[string][]time.Duration{}}
	run := func(ctx context.Context, inv Invocation) (Result, error) {
		event := string(inv.Event)
		s.mu.Lock()
		s.tries[event] = append(s.tries[event], time.Since(s.set))
		s.mu.Unlock()
		result := act(ctx, event)
		return result, context.Cause(ctx)
	}
	f, err := openFleet(o.withDefaults(), func() instance { return &acted{run} })
	if err != nil {
		t.Fatal(err)
	}
	s.Fleet = f
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *stage) send(t *testing.T, events ...string) {
	t.Helper()
	for _, event := range events {
		if id, err := s.Send([]byte(event)); err != nil || id == "" {
			t.Fatalf("send %s: %q, %v", event, id, err)
		}
	}
}

func (s *stage) wait(t *testing.T) Stats {
	t.Helper()
	if err := s.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s.Stats()
}

func well(context.Context, string) Result { return Result{Payload: []byte("{}")} }

func ending(status int) func(context.Context, string) Result {
	return func(context.Context, string) Result {
		return Result{Err: &FunctionError{Status: status, Type: "Scripted"}}
	}
}

// taking answers after a time, unless ctx ends before.
func taking(d time.Duration) func(context.Context, string) Result {
	return func(ctx context.Context, _ string) Result {
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
		return Result{Payload: []byte("{}")}
	}
}

func minutes(n ...int) (all []time.Duration) {
	for _, m := range n {
		all = append(all, time.Duration(m)*time.Minute)
	}
	return all
}

func TestQueue_TriesAgainAsThePlatformDoes(t *testing.T) {
	for _, tt := range []struct {
		status int
		first  []time.Duration // the first tries
		runs   int             // in all
	}{
		{StatusFunction, minutes(0, 1, 2), 3},
		{StatusTimeout, minutes(0, 1, 2), 3},
		{StatusMemory, minutes(0, 1, 2), 3},
		{StatusExit, minutes(0, 1, 2), 3},
		{StatusStart, minutes(0, 1, 2), 3},
		{StatusAnswerTooLarge, minutes(0, 1, 2), 3},
		{StatusBadEvent, minutes(0), 1},
		{441, minutes(0), 1},
		{StatusBusy, minutes(0, 1, 2, 3, 4), 361},
		{StatusSystem, minutes(0, 1, 3, 7, 12, 17), 74},
	} {
		t.Run(fmt.Sprint(tt.status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := play(t, FleetOptions{}, ending(tt.status))
				s.send(t, `1`)
				d := s.wait(t).Deliveries[0]
				if d.Outcome != Dead || d.Last.Status != tt.status {
					t.Errorf("ended as %s, %v", d.Outcome, d.Last)
				}
				tries := s.tries[`1`]
				if diff := cmp.Diff(tries[:min(len(tries), len(tt.first))], tt.first); diff != "" {
					t.Error(diff)
				}
				if len(tries) != tt.runs || d.Runs+d.Refused != tt.runs {
					t.Errorf("%d tries, %d runs and %d refused, want %d", len(tries), d.Runs, d.Refused, tt.runs)
				}
			})
		})
	}
}

func TestQueue_OneGoodTryIsTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := play(t, FleetOptions{Minute: time.Second}, func(ctx context.Context, event string) Result {
			if n++; n == 1 {
				return ending(StatusExit)(ctx, event)
			}
			return well(ctx, event)
		})
		s.send(t, `1`)
		d := s.wait(t).Deliveries[0]
		if d.Outcome != Done || d.Runs != 2 || d.Last != nil {
			t.Errorf("%+v", d)
		}
		if diff := cmp.Diff(s.tries[`1`], []time.Duration{0, time.Second}); diff != "" {
			t.Errorf("a minute was to take a second: %s", diff)
		}
		if files, err := os.ReadDir(s.o.Queue); err != nil || len(files) != 0 {
			t.Errorf("left in the queue: %v, %v", files, err)
		}
	})
}

func TestFleet_LimitOfConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, FleetOptions{Instances: 2}, taking(90*time.Second))
		s.send(t, `1`, `2`)
		synctest.Wait()
		result, err := s.Invoke(t.Context(), Invocation{Event: []byte(`3`)})
		if err != nil || result.Err == nil || result.Err.Status != StatusBusy {
			t.Errorf("a third at once: %+v, %v", result, err)
		}
		s.send(t, `4`)
		stats := s.wait(t)
		if diff := cmp.Diff(s.tries[`4`], minutes(2)); diff != "" {
			t.Errorf("the queued one ran at another time than at the minute after: %s", diff)
		}
		if stats.Most != 2 || stats.Starts != 2 || stats.Refused != 2 || stats.Sync != 1 || stats.Count(Done) != 3 || stats.Runs() != 3 {
			t.Errorf("%+v", stats)
		}
	})
}

func TestQueue_TheNextFleetGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := play(t, FleetOptions{Queue: dir, Instances: 1}, func(ctx context.Context, event string) Result {
			if event == `"fails"` {
				return ending(StatusFunction)(ctx, event)
			}
			return taking(time.Hour)(ctx, event)
		})
		s.send(t, `"fails"`)
		synctest.Wait()
		s.send(t, `"runs"`)
		synctest.Wait()
		s.send(t, `"waits"`)
		synctest.Wait()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Send([]byte(`1`)); !errors.Is(err, errClosed) {
			t.Errorf("sent to a closed fleet: %v", err)
		}

		next := play(t, FleetOptions{Queue: dir}, ending(StatusFunction))
		stats := next.wait(t)
		if stats.Count(Dead) != 3 {
			t.Errorf("%+v", stats.Deliveries)
		}
		want := map[string][]time.Duration{`"fails"`: minutes(1, 2), `"runs"`: minutes(0, 1, 2), `"waits"`: minutes(0, 1, 2)}
		if diff := cmp.Diff(next.tries, want); diff != "" {
			t.Errorf("tries (-got +want):\n%s", diff)
		}

		last := play(t, FleetOptions{Queue: dir}, well)
		last.send(t, `"new"`)
		stats = last.wait(t)
		if len(last.tries) != 1 || stats.Count(Dead) != 3 || stats.Deliveries[3].Number != 4 {
			t.Errorf("the dead were tried, or forgotten: %v, %+v", last.tries, stats.Deliveries)
		}
	})
}

func TestOpenFleet_PassesOverNothing(t *testing.T) {
	for name, text := range map[string]string{
		"000001.json": `{"number":1,`, "000002.json": `{"number":1}`, "notes": "{}",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFleet(FleetOptions{Queue: dir}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir := t.TempDir()
	half := filepath.Join(dir, "000001.json"+unfinished)
	if err := os.WriteFile(half, []byte(`{"num`), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFleet(FleetOptions{Queue: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was never accepted: %v", err)
	}
}

func TestClose_TellsWhatCouldNotBeKept(t *testing.T) {
	f, err := openFleet(FleetOptions{Queue: t.TempDir()}.withDefaults(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	f.pool.another = func() instance {
		return &acted{func(context.Context, Invocation) (Result, error) {
			once.Do(func() { os.RemoveAll(f.o.Queue) })
			return Result{}, nil
		}}
	}
	if _, err := f.Send([]byte(`1`)); err != nil {
		t.Fatal(err)
	}
	if err := f.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Send([]byte(`2`)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("accepted without being kept: %v", err)
	}
	if err := f.Close(); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "keep event 1") {
		t.Errorf("got %v", err)
	}
}

func TestSend_TakesWhatSCFTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, FleetOptions{}, well)
		s.send(t, `"`+strings.Repeat("a", MaxAsyncEvent-2)+`"`)
		for event, status := range map[string]int{
			`"` + strings.Repeat("a", MaxAsyncEvent-1) + `"`: StatusEventTooLarge,
			`{"from":`: StatusBadEvent,
			"\"\xff\"": StatusBadEvent,
			"":         StatusBadEvent,
		} {
			_, err := s.Send([]byte(event))
			if refused, ok := errors.AsType[*FunctionError](err); !ok || refused.Status != status {
				t.Errorf("%.20q: %v, want %d", event, err, status)
			}
		}
	})
}

func TestQueue_Faults(t *testing.T) {
	rule := func(n int, a fault.Action) fault.Rule {
		return fault.Rule{Match: fault.Match{Operation: OperationDeliver, After: n - 1, Times: 1}, Action: a}
	}
	script, err := fault.New( // a rule that fires hides the event from those below it
		rule(1, fault.Action{Kind: fault.Drop}),
		rule(1, fault.Action{Kind: fault.Double}),
		rule(1, fault.Action{Kind: fault.Double, Delay: fault.Duration(time.Hour)}),
		rule(1, fault.Action{Kind: fault.Slow, Delay: fault.Duration(time.Minute)}),
		rule(1, fault.Action{Kind: fault.Cut}),
	)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := play(t, FleetOptions{Options: Options{Faults: script}}, taking(time.Second))
		s.send(t, `"lost"`, `"twins"`, `"again"`, `"late"`)
		if _, err := s.Send([]byte(`"odd"`)); err == nil {
			t.Error("a fault that is none of a queue's was taken")
		}
		s.send(t, `"well"`)
		stats := s.wait(t)
		want := map[string][]time.Duration{
			`"twins"`: {0, 0}, `"again"`: {0, time.Hour}, `"late"`: {time.Minute}, `"well"`: {0},
		}
		if diff := cmp.Diff(s.tries, want); diff != "" {
			t.Errorf("tries (-got +want):\n%s", diff)
		}
		if stats.Lost != 1 || stats.Doubled != 2 || stats.Delayed != 1 || stats.Count(Done) != 6 || len(stats.Deliveries) != 7 {
			t.Errorf("%+v", stats)
		}
		twins := slices.DeleteFunc(stats.Deliveries, func(d Delivery) bool { return d.Event != `"twins"` })
		if twins[0].RequestID != twins[1].RequestID || twins[0].Number == twins[1].Number {
			t.Errorf("%+v", twins)
		}
	})
}

func TestWaitIdle_WaitsForWhatRunsSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *stage
		s = play(t, FleetOptions{}, func(ctx context.Context, event string) Result {
			if event == `"first"` {
				s.send(t, `"second"`)
			}
			return taking(time.Minute)(ctx, event)
		})
		s.send(t, `"first"`)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.WaitIdle(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if stats := s.wait(t); stats.Count(Done) != 2 {
			t.Errorf("%+v", stats.Deliveries)
		}
		s.send(t, `"first"`)
		time.AfterFunc(time.Second, func() { s.Close() })
		if err := s.WaitIdle(t.Context()); !errors.Is(err, errClosed) {
			t.Errorf("got %v", err)
		}
	})
}

func TestInvoke_EndsWithTheFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, FleetOptions{}, taking(time.Hour))
		go func() {
			time.Sleep(time.Minute)
			s.Close()
		}()
		if _, err := s.Invoke(t.Context(), Invocation{Event: []byte(`1`)}); !errors.Is(err, errClosed) {
			t.Errorf("in mid-run: %v", err)
		}
		if _, err := s.Invoke(t.Context(), Invocation{Event: []byte(`1`)}); !errors.Is(err, errClosed) {
			t.Errorf("afterwards: %v", err)
		}
	})
}
