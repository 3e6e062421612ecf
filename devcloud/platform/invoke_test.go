package platform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestInvoke_ContextOfAnInvocation(t *testing.T) {
	i := startEcho(t, Options{Function: Function{Name: "archiver", Timeout: 7 * time.Second}})
	inv := do("context")
	inv.RequestID = "req-1"
	got := answer[map[string]any](t, i, inv)
	delete(got, "ClientContext") // nothing sends it
	want := map[string]any{"RequestID": "req-1", "InvokedFunctionUnique": "", "Namespace": "default", "FunctionName": "archiver",
		"FunctionVersion": "$LATEST", "MemoryLimitInMb": 512.0, "TimeLimitInMs": 7000.0, "Environment": nil,
		"TencentcloudRegion": "ap-guangzhou", "TencentcloudAppID": "1250000000", "TencentcloudUin": "100000000001",
		"FunctionTrace": ""}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("context (-got +want):\n%s", diff)
	}
	if i.PingTime() <= 0 || i.Starts() != 1 {
		t.Errorf("ping after %v, %d starts", i.PingTime(), i.Starts())
	}
}

func TestInvoke_CredentialsOfEachInvocation(t *testing.T) {
	n := 0
	i := startEcho(t, Options{Environment: func() map[string]string {
		n++
		return map[string]string{"TENCENTCLOUD_SECRETID": fmt.Sprintf("A%d", n), "OTHER": "platform"}
	}})
	inv := Invocation{Event: []byte(`{"Do":"env","Name":"TENCENTCLOUD_SECRETID"}`)}
	for _, want := range []string{"A1", "A2"} {
		if got := answer[[]string](t, i, inv); !slices.Equal(got, []string{want, want}) {
			t.Errorf("function sees %q, want %s", got, want)
		}
	}
	inv = Invocation{Event: []byte(`{"Do":"env","Name":"OTHER"}`), Environment: map[string]string{"OTHER": "invocation"}}
	if got := answer[[]string](t, i, inv); got[0] != "invocation" {
		t.Errorf("function sees %q, want the invocation's own", got)
	}
}

func TestInvoke_DeadlineForms(t *testing.T) {
	i := startEcho(t, Options{Function: Function{Timeout: time.Hour}})
	for _, tt := range []struct {
		form     DeadlineForm
		min, max time.Duration // left, as the library tells the function
	}{
		{DeadlineSplit, time.Minute, time.Hour},
		{DeadlineZero, -200 * 365 * 24 * time.Hour, -40 * 365 * 24 * time.Hour},
		{DeadlineTwice, 40 * 365 * 24 * time.Hour, 200 * 365 * 24 * time.Hour},
	} {
		inv := do("deadline")
		inv.Deadline = tt.form
		left := answer[float64](t, i, inv)
		if left < tt.min.Seconds() || left > tt.max.Seconds() {
			t.Errorf("form %d: %v seconds left", tt.form, left)
		}
	}
}

func TestInvoke_Failures(t *testing.T) {
	for _, tt := range []struct {
		do     string
		want   FunctionError
		starts int // after the invocation that follows
	}{
		{"error", FunctionError{Status: 430, Type: "brokenError", Message: "broken on purpose"}, 1},
		{"panic", FunctionError{Status: 430, Type: "string", Message: "panic on purpose"}, 2},
		{"exit", FunctionError{Status: 439, Type: "ProcessExit",
			Message: "process left in mid-run (exit status 5): exit on purpose"}, 2},
	} {
		t.Run(tt.do, func(t *testing.T) {
			i := startEcho(t, Options{})
			got := failure(t, i, do(tt.do))
			if tt.do == "panic" && len(got.Stack) == 0 {
				t.Error("panic without a stack")
			}
			got.Stack = nil
			if diff := cmp.Diff(*got, tt.want); diff != "" {
				t.Errorf("error (-got +want):\n%s", diff)
			}
			answer[int](t, i, do("pid"))
			if i.Starts() != tt.starts {
				t.Errorf("%d starts, want %d", i.Starts(), tt.starts)
			}
		})
	}
}

func TestInvoke_CrashInAnotherGoroutine(t *testing.T) {
	var out bytes.Buffer
	i := startEcho(t, Options{Stdout: &out})
	got := failure(t, i, do("crash"))
	if got.Status != StatusExit || !strings.Contains(got.Message, "exit status 2") {
		t.Errorf("got %v", got)
	}
	if !strings.Contains(out.String(), "panic: crash on purpose") {
		t.Errorf("output lacks the panic: %s", &out)
	}
}

func TestInvoke_KilledAtTheDeadline(t *testing.T) {
	for _, what := range []string{"hang", "goexit"} { // Goexit: the library never answers
		i := startEcho(t, Options{})
		inv := do(what)
		inv.Timeout = 50 * time.Millisecond
		got := failure(t, i, inv)
		want := FunctionError{Status: 433, Type: "Timeout", Message: "run took longer than 50ms; process killed"}
		if diff := cmp.Diff(*got, want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", what, diff)
		}
		result, err := i.Invoke(t.Context(), do("pid"))
		if err != nil || result.ColdStart <= 0 || i.Starts() != 2 {
			t.Errorf("%s: no new process: %+v, %v", what, result, err)
		}
	}
}

func TestInvoke_OverrunIsAllowed(t *testing.T) {
	i := startEcho(t, Options{Overrun: true})
	inv := Invocation{Event: []byte(`{"Do":"large","Size":10}`), Timeout: time.Nanosecond}
	answer[string](t, i, inv)
	if i.Starts() != 1 {
		t.Errorf("%d starts: killed", i.Starts())
	}
}

func TestInvoke_CallerGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	i := startEcho(t, Options{Stdout: writerFunc(func(b []byte) {
		if strings.Contains(string(b), "hanging") {
			cancel()
		}
	})})
	if _, err := i.Invoke(ctx, do("hang")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	answer[int](t, i, do("pid"))
}

func TestInvoke_Sizes(t *testing.T) {
	i := startEcho(t, Options{})
	if got := answer[string](t, i, Invocation{Event: []byte(`{"Do":"large","Size":5000000}`)}); len(got) != 5_000_000 {
		t.Errorf("answer of %d bytes", len(got))
	}
	if got := failure(t, i, Invocation{Event: []byte(`{"Do":"large","Size":6291456}`)}); got.Status != StatusAnswerTooLarge {
		t.Errorf("got %v", got)
	}
	if got := failure(t, i, Invocation{Event: make([]byte, MaxEvent+1)}); got.Status != StatusEventTooLarge {
		t.Errorf("got %v", got)
	}
}

func TestInvoke_SideBySide(t *testing.T) {
	i := startEcho(t, Options{})
	i.Kill() // so that all of them want a new process at once
	pids := make([]string, 8)
	var wg sync.WaitGroup
	for n := range pids {
		wg.Go(func() {
			result, err := i.Invoke(t.Context(), do("pid"))
			if err != nil || result.Err != nil {
				t.Errorf("%v, %v", err, result.Err)
			}
			pids[n] = string(result.Payload)
		})
	}
	wg.Wait()
	if len(slices.Compact(pids)) != 1 || i.Starts() != 2 {
		t.Errorf("pids %v, %d starts", pids, i.Starts())
	}
}

func TestDeliver_TriesAgain(t *testing.T) {
	noPause := func(_ context.Context, d time.Duration) error {
		if d != time.Minute {
			t.Errorf("pause of %v", d)
		}
		return nil
	}
	for what, want := range map[string]int{"pid": 1, "error": 3, "exit": 3} {
		i := startEcho(t, Options{})
		tries, err := i.Deliver(t.Context(), do(what), noPause)
		if err != nil || len(tries) != want {
			t.Errorf("%s: %d tries, want %d, %v", what, len(tries), want, err)
		}
	}
	stop := errors.New("stop")
	i := startEcho(t, Options{})
	tries, err := i.Deliver(t.Context(), do("error"), func(context.Context, time.Duration) error { return stop })
	if len(tries) != 1 || !errors.Is(err, stop) {
		t.Errorf("%d tries, %v", len(tries), err)
	}
	tries, err = i.Deliver(t.Context(), Invocation{Event: make([]byte, MaxAsyncEvent+1)}, noPause)
	if err != nil || len(tries) != 1 || tries[0].Err.Status != StatusEventTooLarge {
		t.Errorf("large event: %+v, %v", tries, err)
	}
}
