package platform

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// echo is the path of the built function in testdata/echo.
var echo string

// TestMain makes this test binary a platform of its own where kill_test.go starts it as one.
func TestMain(m *testing.M) {
	if dir := os.Getenv("PLATFORM_TO_KILL"); dir != "" {
		os.Exit(serveUntilKilled(dir, os.Getenv("PLATFORM_ECHO")))
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "platform")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	echo = filepath.Join(dir, "echo")
	if out, err := exec.Command("go", "build", "-o", echo, "./testdata/echo").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build echo: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

func startEcho(t *testing.T, o Options) *Instance {
	t.Helper()
	o.Binary = echo
	i, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.Close)
	return i
}

func do(what string) Invocation { return Invocation{Event: fmt.Appendf(nil, `{"Do":%q}`, what)} }

// answer invokes and decodes what must be an answer.
func answer[T any](t *testing.T, i *Instance, inv Invocation) (v T) {
	t.Helper()
	result, err := i.Invoke(t.Context(), inv)
	if err != nil || result.Err != nil {
		t.Fatalf("%s: %v, %v", inv.Event, err, result.Err)
	}
	if err := json.Unmarshal(result.Payload, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// failure invokes and gives what must be a failed run.
func failure(t *testing.T, i *Instance, inv Invocation) *FunctionError {
	t.Helper()
	result, err := i.Invoke(t.Context(), inv)
	if err != nil || result.Err == nil || result.Payload != nil {
		t.Fatalf("%s: %v, answer %s", inv.Event, err, result.Payload)
	}
	return result.Err
}

func TestStart_CleanEnvironment(t *testing.T) {
	t.Setenv("TENCENTCLOUD_SECRETKEY", "the developer's own")
	i := startEcho(t, Options{Env: []string{"COS_PREFIX=lake"}})
	got := answer[[]string](t, i, do("environ"))
	for _, name := range got {
		if !slices.Contains([]string{"_LAMBDA_SERVER_PORT", "TENCENTCLOUD_RUNENV", "PATH", "HOME", "TMPDIR", "COS_PREFIX"}, name) {
			t.Errorf("inherited %s", name)
		}
	}
	if !slices.Contains(got, "COS_PREFIX") {
		t.Errorf("COS_PREFIX is missing in %q", got)
	}
}

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) { f(b); return len(b), nil }

func TestKill_InMidRun(t *testing.T) {
	hanging := make(chan struct{})
	i := startEcho(t, Options{Stdout: writerFunc(func(b []byte) {
		if strings.Contains(string(b), "hanging") {
			close(hanging)
		}
	})})
	go func() {
		<-hanging
		i.Kill()
	}()
	got := failure(t, i, do("hang"))
	if got.Status != StatusExit || !strings.Contains(got.Message, "killed") {
		t.Errorf("got %v", got)
	}
	answer[int](t, i, do("pid"))
}

func TestStart_Failures(t *testing.T) {
	_, err := Start(t.Context(), Options{Binary: echo, Env: []string{"FAIL=1"}})
	want := "start " + echo + ": process left before it answered (exit status 3): no start without a reason"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := Start(t.Context(), Options{Binary: filepath.Join(t.TempDir(), "absent")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	_, err = Start(t.Context(), Options{Binary: echo, Function: Function{InitLimit: time.Nanosecond}})
	if err == nil || !strings.HasSuffix(err.Error(), "no answer within 1ns") {
		t.Errorf("got %v", err)
	}
}

func TestClose_IsForGood(t *testing.T) {
	i := startEcho(t, Options{})
	i.Close()
	if _, err := i.Invoke(t.Context(), do("pid")); !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
	i.Close()
}
