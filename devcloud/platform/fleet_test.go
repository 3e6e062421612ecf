package platform

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cdrvault/devcloud/fault"
)

// openEcho opens a fleet of the echo function.
func openEcho(t *testing.T, o FleetOptions) *Fleet {
	t.Helper()
	o.Binary = echo
	if o.Queue == "" {
		o.Queue = t.TempDir()
	}
	f, err := OpenFleet(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// pid runs an event and tells which process did it.
func (f *Fleet) pid(t *testing.T) string {
	t.Helper()
	result, err := f.Invoke(t.Context(), do("pid"))
	if err != nil || result.Err != nil {
		t.Fatalf("%v, %v", err, result.Err)
	}
	return string(result.Payload)
}

func TestFleet_WarmProcesses(t *testing.T) {
	f := openEcho(t, FleetOptions{})
	first := f.pid(t)
	if second := f.pid(t); second != first || f.Stats().Starts != 1 {
		t.Errorf("processes %s and %s, %d starts: not kept warm", first, second, f.Stats().Starts)
	}
	if n := f.Reclaim(); n != 1 {
		t.Errorf("%d instances taken back", n)
	}
	if third := f.pid(t); third == first || f.Stats().Starts != 2 {
		t.Errorf("process %s, %d starts: taken back in vain", third, f.Stats().Starts)
	}
	if result, err := f.Invoke(t.Context(), do("exit")); err != nil || result.Err.Status != StatusExit {
		t.Errorf("%v, %v", result.Err, err)
	}
	if f.pid(t); f.Stats().Starts != 3 || f.Stats().Sync != 5 {
		t.Errorf("%+v", f.Stats())
	}
}

func TestFleet_OneEventForEachProcess(t *testing.T) {
	hanging := make(chan struct{}, 3)
	f := openEcho(t, FleetOptions{Instances: 3, Options: Options{Stdout: writerFunc(func(b []byte) {
		for range strings.Count(string(b), "hanging") {
			hanging <- struct{}{}
		}
	})}})
	for range 3 {
		if _, err := f.Send([]byte(`{"Do":"hang"}`)); err != nil {
			t.Fatal(err)
		}
		<-hanging
	}
	if s := f.Stats(); s.Most != 3 || s.Starts != 3 {
		t.Errorf("%d side by side in %d processes", s.Most, s.Starts)
	}
	if result, err := f.Invoke(t.Context(), do("pid")); err != nil || result.Err == nil || result.Err.Status != StatusBusy {
		t.Errorf("a fourth: %+v, %v", result, err)
	}
}

func TestFleet_BinaryThatDoesNotStart(t *testing.T) {
	f := openEcho(t, FleetOptions{Options: Options{Env: []string{"FAIL=1"}}})
	result, err := f.Invoke(t.Context(), do("pid"))
	if err != nil || result.Err == nil || result.Err.Status != StatusStart || !strings.Contains(result.Err.Message, "no start without a reason") {
		t.Errorf("%+v, %v", result, err)
	}
}

// badDay is a platform on which everything goes wrong now and then.
func badDay(t *testing.T) *fault.Script {
	t.Helper()
	rule := func(operation string, every int, a fault.Action) fault.Rule {
		return fault.Rule{Match: fault.Match{Operation: operation, Every: every}, Action: a}
	}
	script, err := fault.New(
		rule(OperationDeliver, 7, fault.Action{Kind: fault.Drop}),
		rule(OperationDeliver, 5, fault.Action{Kind: fault.Double}),
		rule(OperationDeliver, 4, fault.Action{Kind: fault.Slow, Delay: fault.Duration(time.Millisecond)}),
		rule(Operation, 9, fault.Action{Kind: fault.Drop}),
		rule(Operation, 8, fault.Action{Kind: fault.Drop, Applied: true}),
		rule(Operation, 7, fault.Action{Kind: fault.Drop, Delay: fault.Duration(time.Microsecond)}),
		rule(Operation, 6, fault.Action{Kind: fault.Refuse, Status: StatusSystem, Code: "InternalError"}),
		rule(Operation, 5, fault.Action{Kind: fault.Refuse, Status: StatusBusy, Code: "ResourceLimitReached"}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return script
}

// fanOut sends n events that each leave their request id in a file of dir, and gives the files by request id.
func (f *Fleet) fanOut(t *testing.T, dir, name string, n int) map[string]string {
	t.Helper()
	files := map[string]string{}
	for i := range n {
		file := filepath.Join(dir, fmt.Sprint(name, i))
		id, err := f.Send(fmt.Appendf(nil, `{"Do":"mark","Name":%q}`, file))
		if err != nil {
			t.Fatal(err)
		}
		files[id] = file
	}
	return files
}

// excuse takes out the events that did not have to run: lost by a fault, or dead of three others.
func (f *Fleet) excuse(files map[string]string) {
	for _, d := range f.Stats().Deliveries {
		if d.Outcome == Lost || d.Outcome == Dead {
			delete(files, d.RequestID)
		}
	}
}

// The platform is closed and opened in the middle of its bad day.
func TestFleet_FanOutOnABadDay(t *testing.T) {
	dir := t.TempDir()
	o := FleetOptions{Options: Options{Faults: badDay(t)}, Queue: t.TempDir(), Instances: 3, Minute: time.Millisecond}
	first := openEcho(t, o)
	files := first.fanOut(t, dir, "before-", 30)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	first.excuse(files)
	f := openEcho(t, o)
	maps.Copy(files, f.fanOut(t, dir, "after-", 30))
	if err := f.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.excuse(files)
	if len(files) < 40 {
		t.Errorf("only %d events of 60 had to run", len(files))
	}
	for id, file := range files {
		if lines, err := os.ReadFile(file); err != nil || !strings.Contains(string(lines), id) {
			t.Errorf("%s did not run: %q, %v", id, lines, err)
		}
	}
	s := f.Stats()
	if s.Lost == 0 || s.Doubled == 0 || s.Delayed == 0 || s.Refused == 0 || s.Most != 3 || s.Starts <= 3 {
		t.Errorf("not such a bad day: %+v", s)
	}
	if s.Count(Done)+s.Count(Dead)+s.Lost != len(s.Deliveries) {
		t.Errorf("forgotten: %+v", s)
	}
}
