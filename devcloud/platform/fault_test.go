package platform

import (
	"errors"
	"testing"
	"time"

	"cdrvault/devcloud/fault"
)

// disturb starts an instance that meets a fault at its first invocation.
func disturb(t *testing.T, a fault.Action) *Instance {
	t.Helper()
	script, err := fault.New(fault.Rule{Match: fault.Match{Operation: Operation, Times: 1}, Action: a})
	if err != nil {
		t.Fatal(err)
	}
	return startEcho(t, Options{Faults: script})
}

// Each fault is met once; the invocation after it finds the platform as it should be.
func TestFaults_LoseTheRun(t *testing.T) {
	tests := []struct {
		name   string
		action fault.Action
		status int
		starts int // processes after the next invocation
	}{
		{"refused", fault.Action{Kind: fault.Refuse, Status: 432, Code: "ResourceLimitReached"}, 432, 1},
		{"refused after the run", fault.Action{Kind: fault.Refuse, Status: 500, Applied: true}, 500, 1},
		{"gone before the run", fault.Action{Kind: fault.Drop}, StatusExit, 2},
		{"gone after the run", fault.Action{Kind: fault.Drop, Applied: true}, StatusExit, 2},
		{"hung", fault.Action{Kind: fault.Hang}, StatusTimeout, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			i := disturb(t, test.action)
			inv := do("pid")
			inv.Timeout = 10 * time.Millisecond
			if test.action.Kind != fault.Hang {
				inv.Timeout = time.Minute
			}
			if got := failure(t, i, inv); got.Status != test.status {
				t.Errorf("status %d, want %d", got.Status, test.status)
			}
			answer[int](t, i, do("pid"))
			if i.Starts() != test.starts {
				t.Errorf("%d processes, want %d", i.Starts(), test.starts)
			}
		})
	}
}

func TestFaults_KillInMidRun(t *testing.T) {
	i := disturb(t, fault.Action{Kind: fault.Drop, Delay: fault.Duration(time.Millisecond)})
	if got := failure(t, i, do("hang")); got.Status != StatusExit {
		t.Errorf("status %d", got.Status)
	}
}

func TestFaults_CutAnswer(t *testing.T) {
	i := disturb(t, fault.Action{Kind: fault.Cut, Bytes: 3})
	result, err := i.Invoke(t.Context(), Invocation{Event: []byte(`{"Do":"large","Size":100}`)})
	if err != nil || len(result.Payload) != 3 {
		t.Errorf("%d bytes, %v", len(result.Payload), err)
	}
}

func TestFaults_SlowQueue(t *testing.T) {
	i := disturb(t, fault.Action{Kind: fault.Slow, Delay: fault.Duration(time.Millisecond)})
	answer[int](t, i, do("pid"))
}

func TestFaults_ExpiredCredentials(t *testing.T) {
	i := disturb(t, fault.Action{Kind: fault.Expire})
	i.opts.Environment = func() map[string]string { return map[string]string{"TENCENTCLOUD_SESSIONTOKEN": "good"} }
	token := Invocation{Event: []byte(`{"Do":"env","Name":"TENCENTCLOUD_SESSIONTOKEN"}`)}
	for _, want := range []string{expiredToken, "good"} {
		if got := answer[[]string](t, i, token); got[0] != want {
			t.Errorf("token %q, want %q", got[0], want)
		}
	}
}

func TestFaults_NoneOfAPlatforms(t *testing.T) {
	i := disturb(t, fault.Action{Kind: fault.Page, Status: 502})
	if result, err := i.Invoke(t.Context(), do("pid")); err == nil || errors.Is(err, errClosed) {
		t.Errorf("got %+v, %v", result, err)
	}
}
