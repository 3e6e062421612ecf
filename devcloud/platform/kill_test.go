package platform

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// killed are the events of the platform that is killed: two that hang at first, and some that wait for them.
func killed(dir string) (events [][]byte) {
	for n := range 2 {
		events = append(events, fmt.Appendf(nil, `{"Do":"hang once","Name":%q}`, filepath.Join(dir, fmt.Sprint("hang-", n))))
	}
	for n := range 6 {
		events = append(events, fmt.Appendf(nil, `{"Do":"mark","Name":%q}`, filepath.Join(dir, fmt.Sprint("mark-", n))))
	}
	return events
}

// serveUntilKilled is the platform that is killed. It says "accepted" once it has taken all events and two of them hang:
// it has no third process, so that the others wait.
func serveUntilKilled(dir, binary string) int {
	hanging := make(chan struct{}, 2)
	f, err := OpenFleet(FleetOptions{Instances: 2, Queue: filepath.Join(dir, "queue"), Minute: time.Hour,
		Options: Options{Binary: binary, Stdout: writerFunc(func([]byte) { hanging <- struct{}{} })}})
	for n, event := range killed(dir) {
		if err == nil {
			_, err = f.Send(event)
		}
		if err == nil && n < 2 {
			<-hanging
		}
	}
	if err == nil {
		fmt.Println("accepted")
		err = f.WaitIdle(context.Background())
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func TestQueue_SurvivesAKill(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PLATFORM_TO_KILL="+dir, "PLATFORM_ECHO="+echo)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill() // gone already, if all went well
		_ = cmd.Wait()         // killed, as it was to be
	}()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "accepted\n" {
		t.Fatalf("the platform ended by itself: %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}

	f, err := OpenFleet(FleetOptions{Options: Options{Binary: echo}, Queue: filepath.Join(dir, "queue"), Minute: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	stats := f.Stats()
	if stats.Count(Done) != len(stats.Deliveries) {
		t.Errorf("%+v", stats.Deliveries)
	}
	for _, event := range killed(dir) {
		name := strings.Split(string(event), `"`)[7]
		if _, err := os.Stat(name); err != nil {
			t.Errorf("%s never ran: %v", event, err)
		}
		if strings.Contains(name, "hang") && runtime.GOOS == "linux" {
			lock(t, name)
		}
	}
}

// lock returns once no process has the file locked: one that outlived its platform would have it for ever.
func lock(t *testing.T, name string) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		t.Error(err)
	}
}
