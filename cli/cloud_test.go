package cli

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/devcloud"
	"cdrvault/devcloud/calls"
	"cdrvault/devcloud/platform"
)

func TestLastWhole_IsADayOfWhichNothingIsToCome(t *testing.T) {
	at := func(d, h, m int) time.Time { return time.Date(2026, 11, d, h, m, 0, 0, calls.Beijing) }
	for _, c := range []struct{ now, want time.Time }{
		{at(22, 12, 0), at(21, 0, 0)},
		{at(22, 4, 0), at(21, 0, 0)},
		{at(22, 3, 59), at(20, 0, 0)},
		{at(22, 23, 59).UTC(), at(21, 0, 0)},
		{at(1, 5, 0), time.Date(2026, 10, 31, 0, 0, 0, 0, calls.Beijing)},
	} {
		if got := lastWhole(c.now); !got.Equal(c.want) {
			t.Errorf("at %v: %v, want %v", c.now, got, c.want)
		}
	}
}

func TestStartLocal_LeavesNothingBehind(t *testing.T) {
	cloud, err := startLocal(t.Context(), devcloud.Options{Days: -1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(cloud.scratch); err != nil {
		t.Fatal(err)
	}
	cloud.Close()
	if _, err := os.Stat(cloud.scratch); !os.IsNotExist(err) {
		t.Errorf("%s: %v, want it gone", cloud.scratch, err)
	}
	dir := t.TempDir()
	if cloud, err = startLocal(t.Context(), devcloud.Options{Dir: dir, Days: -1}); err != nil {
		t.Fatal(err)
	}
	cloud.Close()
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("the user's folder: %v", err)
	}
}

// A full disk ends what works on a cloud, with an error that says so; Ctrl-C and an error of the run are told as they are.
func TestWhileDiskHolds(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "/tmp/draft-1", Err: syscall.ENOSPC}
	run := errors.New("refused")
	var o devcloud.Options
	parent, interrupt := context.WithCancel(t.Context())
	ctx, end := whileDiskHolds(parent, &o)
	defer end()
	if err := unlessDisk(ctx, "demo", run); err != run {
		t.Errorf("before: %v", err)
	}
	o.Bucket.Failed(full)
	o.Bucket.Failed(errors.New("the second one"))
	var out bytes.Buffer
	code := Program{Err: &out}.report(unlessDisk(ctx, "demo", run))
	const want = "cdrvault: demo: keep the bucket: write /tmp/draft-1: no space left on device (make room there, or set TMPDIR to a folder that has some)\n"
	if ctx.Err() == nil || code != ExitFailed || out.String() != want {
		t.Errorf("code %d and %q, want %q", code, out.String(), want)
	}
	ctx, end = whileDiskHolds(parent, &o)
	defer end()
	interrupt()
	if err := unlessDisk(ctx, "demo", run); err != run || ctx.Err() == nil {
		t.Errorf("interrupted: %v", err)
	}
}

// ending is a writer that ends the command once it is closed, as a user does who has read the settings.
type ending struct {
	bytes.Buffer
	end context.CancelFunc
}

func (e *ending) Close() error {
	e.end()
	return nil
}

func TestDevcloud_PrintsItsSettingsAndClosesTheOutput(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, remarks := &ending{end: cancel}, &bytes.Buffer{}
	p := Program{Out: out, Err: remarks}
	if code := Main(ctx, p, []string{"devcloud", "--calls", "1", "--days", "0", "--rate-limit", "50"}); code != ExitOK {
		t.Fatalf("code %d: %s", code, remarks)
	}
	for _, want := range []string{"export CCC_RATE_LIMIT='50'\n", "export COS_BUCKET='lake-1250000000'\n", "export DEVCLOUD_PID='",
		"export INVOKE_ENDPOINT='http://127.0.0.1:"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q among the settings", want)
		}
	}
	if first := time.Now().In(calls.Beijing).Format(time.DateOnly); !strings.Contains(remarks.String(), " with calls of "+first+" … ") {
		t.Errorf("%s\nwant the days from %s on", remarks, first)
	}
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "export ") {
			t.Errorf("%q is no setting", line)
		}
	}
}

func TestDevcloud_TellsWhatThePlatformDid(t *testing.T) {
	var remarks bytes.Buffer
	p := Program{Err: &remarks}
	p.recount(platform.Stats{})
	if remarks.Len() > 0 {
		t.Errorf("it did nothing, and that is: %s", &remarks)
	}
	p.recount(platform.Stats{Starts: 2, Most: 2, Refused: 1, Deliveries: []platform.Delivery{
		{RequestID: "a", Outcome: platform.Done},
		{RequestID: "b", Outcome: platform.Dead, Failed: 3, Last: &platform.FunctionError{Status: 433, Type: "Timeout", Message: "too long"}},
		{RequestID: "c", Outcome: platform.Dead, Failed: 3, Last: &platform.FunctionError{Status: 430, Type: "RunError", Message: "archive: " +
			"put cdr/a: AccessDenied, request 1; put cdr/b: AccessDenied, request 2; put cdr/c: AccessDenied, request 3; put cdr/d: SlowDown"}},
	}})
	p.recount(platform.Stats{Sync: 1, Starts: 1, Most: 1})
	want := `platform: 3 events queued: 1 done, 2 dead; 2 starts, at most 2 runs side by side; 1 refusal for the limit
dead: event b after 3 failed runs: 433 Timeout: too long
dead: event c after 3 failed runs: 430 RunError: archive: put cdr/a: AccessDenied, request 1; put cdr/b: AccessDenied, request 2; put cdr/d: SlowDown
platform: 1 event answered at once; 1 start, at most 1 run side by side
`
	if diff := cmp.Diff(remarks.String(), want); diff != "" {
		t.Error(diff)
	}
}

func TestDevcloud_Flags(t *testing.T) {
	for flag, want := range map[string]string{
		"--instances=0": "--instances: want 1 to 100", "--instances=101": "--instances: want 1 to 100",
		"--timeout=0s": "--timeout: want more than 0s", "--port=65534": "--port: want 1 to 65533",
	} {
		var remarks bytes.Buffer
		code := Main(t.Context(), Program{Out: &bytes.Buffer{}, Err: &remarks}, []string{"devcloud", flag})
		if code != ExitUsage || !strings.Contains(remarks.String(), want) {
			t.Errorf("%s: code %d, %s", flag, code, &remarks)
		}
	}
}
