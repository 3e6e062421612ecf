package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

// field is a function whose runs do a window a second each, as far as they come, and books on it.
type field struct {
	left  []int // by share
	reach []int // how many windows a run of a share does before its time is up; absent: all
	runs  []*fieldRun
	lost  int   // that many of the next events are taken and never run
	deny  error // of every event
	blind int   // that many of the next looks fail
	owing int
	why   string // every run ends with this error; empty: none
}

type fieldRun struct {
	id    string
	share int
	since time.Time
	at    int // windows that were left when it began
}

func (f *field) Invoke(_ context.Context, event []byte) (string, error) {
	if f.deny != nil {
		return "", f.deny
	}
	var number, of int
	at := strings.Index(string(event), `"share":"`)
	if _, err := fmt.Sscanf(string(event[at:]), `"share":"%d/%d"`, &number, &of); err != nil || of != len(f.left) {
		return "", fmt.Errorf("event %s: no share of %d", event, len(f.left))
	}
	f.settle()
	run := &fieldRun{id: fmt.Sprintf("run-%d", len(f.runs)+1), share: number - 1, since: time.Now(), at: f.left[number-1]}
	if f.lost > 0 {
		f.lost--
		run.at = -1
	}
	f.runs = append(f.runs, run)
	return run.id, nil
}

func (f *field) Close() {}

// does is how many windows a run has done by now, and whether that is all it will do.
func (f *field) does(r *fieldRun) (windows int, over bool) {
	most := r.at
	if r.share < len(f.reach) {
		most = min(most, f.reach[r.share])
	}
	if windows = int(time.Since(r.since) / time.Second); windows >= most {
		return most, true
	}
	return windows, false
}

func (f *field) settle() {
	for _, r := range f.runs {
		if windows, _ := f.does(r); r.at >= 0 {
			f.left[r.share] = min(f.left[r.share], r.at-windows)
		}
	}
}

func (f *field) look(context.Context) (standing, error) {
	if f.blind > 0 {
		f.blind--
		return standing{}, errors.New("list manifests: refused")
	}
	f.settle()
	all := 0
	for _, left := range f.left {
		all += left
	}
	return standing{left: slices.Clone(f.left), calls: 1000 - all, files: 100, owed: f.owing, owing: f.owing}, nil
}

func (f *field) ended(_ context.Context, ids []string) (map[string]runEnd, error) {
	ended := map[string]runEnd{}
	for _, r := range f.runs {
		if _, over := f.does(r); over && r.at >= 0 && slices.Contains(ids, r.id) {
			ended[r.id] = runEnd{done: f.why == "", why: f.why}
		}
	}
	return ended, nil
}

// dispatched is a fan-out of f's shares, and what it says.
func dispatched(f *field) (*dispatch, *bytes.Buffer) {
	answer := &archive.Report{Mode: archive.ModeBackfill}
	for i, left := range f.left {
		share := archive.Share{Number: i + 1, Of: len(f.left)}
		answer.Next = append(answer.Next, archive.Request{Mode: archive.ModeBackfill, Now: time.Now(), Share: share})
		answer.Shares = append(answer.Shares, archive.ShareReport{Share: share.String(), Windows: left})
	}
	var remarks bytes.Buffer
	d := newDispatch(f, answer)
	d.books, d.remarks, d.patience = f, &remarks, 10*time.Minute
	return d, &remarks
}

func TestDispatch_SendsEachShareAndWatchesItToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &field{left: []int{300, 200}}
		d, remarks := dispatched(f)
		if err := errors.Join(d.begin(t.Context()), d.follow(t.Context())); err != nil {
			t.Fatal(err)
		}
		if len(f.runs) != 2 || remarks.Len() > 0 {
			t.Errorf("%d runs, and said %q", len(f.runs), remarks)
		}
		r := d.answer
		if !r.Complete || r.Totals.Calls != 500 || r.Totals.Media.Copied != 0 || r.Totals.Seconds < 300 || r.Totals.Seconds > 311 {
			t.Errorf("answer: complete %v, %+v", r.Complete, r.Totals)
		}
		want := []archive.ShareReport{{Share: "1/2", Windows: 300, RequestID: "run-1"}, {Share: "2/2", Windows: 200, RequestID: "run-2"}}
		if diff := cmp.Diff(want, r.Shares); diff != "" {
			t.Errorf("shares (-want +got):\n%s", diff)
		}
		if d.watch.Windows.Load() != 500 || d.watch.WindowsDone.Load() != 500 || d.watch.Calls.Load() != 500 {
			t.Errorf("progress: %d of %d, %d calls", d.watch.WindowsDone.Load(), d.watch.Windows.Load(), d.watch.Calls.Load())
		}
	})
}

// A share that is lost shows no progress; it is sent again when patience ends, and once is enough.
func TestDispatch_SendsALostShareAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &field{left: []int{20, 20}, lost: 1}
		d, remarks := dispatched(f)
		if err := errors.Join(d.begin(t.Context()), d.follow(t.Context())); err != nil {
			t.Fatal(err)
		}
		if want := "share 1/2 has 20 windows left: sent again\n"; remarks.String() != want || len(f.runs) != 3 {
			t.Errorf("%d runs, and said %q, want %q", len(f.runs), remarks, want)
		}
		if took := time.Since(d.began); took > 11*time.Minute {
			t.Errorf("took %v", took)
		}
	})
}

// A run that ended does nothing more: its rest is sent at once where no run goes on by itself, otherwise long before patience ends,
// and as often as each run comes further.
func TestDispatch_SendsARestAgain(t *testing.T) {
	for alone, wait := range map[bool]time.Duration{true: 0, false: restPatience} {
		synctest.Test(t, func(t *testing.T) {
			f := &field{left: []int{100}, reach: []int{10}, owing: 2}
			d, _ := dispatched(f)
			d.alone = alone
			if err := errors.Join(d.begin(t.Context()), d.follow(t.Context())); err != nil {
				t.Fatal(err)
			}
			if len(f.runs) != 10 {
				t.Errorf("%d runs, want 10", len(f.runs))
			}
			if took, most := time.Since(d.began), 10*(10*time.Second+wait+lastLook); took > most || took < 9*wait {
				t.Errorf("took %v, want %v at most", took, most)
			}
			if r := d.answer; r.Complete || r.Debts.Files != 2 {
				t.Errorf("complete %v with debts %+v", r.Complete, r.Debts)
			}
		})
	}
}

func TestDispatch_GivesUpOnWhatDoesNotMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &field{left: []int{5, 7, 0}, reach: []int{5, 0}}
		d, remarks := dispatched(f)
		err := errors.Join(d.begin(t.Context()), d.follow(t.Context()))
		if want := "no progress: left are 7 windows of share 2/3"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if n := strings.Count(remarks.String(), "share 2/3: its run ended with 7 windows left; the rest is sent\n"); n != mostSends || len(f.runs) != 3+mostSends {
			t.Errorf("sent again %d times, %d runs", n, len(f.runs))
		}
	})
}

// A run that failed tells why, and the platform tries it again; what fails twice is sent no more.
func TestDispatch_TellsWhyAShareFailsAndGivesItUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &field{left: []int{5, 7}, reach: []int{0, 0}, why: "list calls: UnauthorizedOperation"}
		d, remarks := dispatched(f)
		err := errors.Join(d.begin(t.Context()), d.follow(t.Context()))
		if want := "no progress: left are 5 windows of share 1/2, 7 windows of share 2/2"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		said := strings.Count(remarks.String(), "share 2/2: its run failed: list calls: UnauthorizedOperation\n")
		if said != mostRunsFailed || len(f.runs) != 2*mostRunsFailed || !strings.HasPrefix(remarks.String(), "share 1/2: its run failed") {
			t.Errorf("told %d times of %d runs: %s", said, len(f.runs), remarks)
		}
	})
}

func TestDispatch_EndsWhereNothingIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &field{left: []int{5, 7}, deny: errors.New("UnauthorizedOperation.CAM")}
		d, _ := dispatched(f)
		if err := d.begin(t.Context()); err == nil || err.Error() != "send share 1/2: UnauthorizedOperation.CAM" || d.sent() != 0 {
			t.Errorf("got %v with %d sent", err, d.sent())
		}
	})
}

func TestDispatch_AFewLooksMayFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &field{left: []int{100}}
		d, _ := dispatched(f)
		if err := d.begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.blind = mostFailures - 1
		if err := d.follow(t.Context()); err != nil {
			t.Errorf("%d looks failed: %v", mostFailures-1, err)
		}
		f.left[0], f.blind = 100, mostFailures
		if err := d.follow(t.Context()); err == nil || err.Error() != "list manifests: refused" {
			t.Errorf("%d looks failed: %v", mostFailures, err)
		}
	})
}

func TestDispatch_EndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &field{left: []int{5000}}
		d, _ := dispatched(f)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		if err := errors.Join(d.begin(ctx), d.follow(ctx)); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if took := time.Since(d.began); took != time.Minute {
			t.Errorf("took %v", took)
		}
	})
}

func TestStopped_SaysWhatGoesOn(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	const own = " (what was sent goes on by itself: cdrvault status shows how far it is; to send what is left: " +
		"cdrvault backfill --from 2026-06-01 --on-scf --to 2026-11-22)\n"
	denied := errors.New("send share 1/2: invoke function cdrvault: UnauthorizedOperation.CAM: request 1: grant scf:InvokeFunction")
	const once = " (each share runs once, at most the function's time limit; to send what is left: " +
		"cdrvault backfill --from 2026-06-01 --on-scf --to 2026-11-22)\n"
	for _, c := range []struct {
		name  string
		ctx   context.Context
		sent  bool
		alone bool
		err   error
		text  string
	}{
		{"Ctrl-C where no run goes on by itself", ended, true, true, context.Canceled, "cdrvault: backfill: not watched any more" + once},
		{"Ctrl-C", ended, true, false, context.Canceled, "cdrvault: backfill: not watched any more" + own},
		{"no permission", t.Context(), false, true, denied, "cdrvault: backfill: " + denied.Error() + " (nothing was sent)\n"},
		{"no progress", t.Context(), true, false, errors.New("no progress: left are 7 windows of share 2/3"),
			"cdrvault: backfill: no progress: left are 7 windows of share 2/3" + own},
	} {
		f := &field{left: []int{1, 1}}
		d, _ := dispatched(f)
		d.alone = c.alone
		if c.sent {
			d.shares[0].runs = []string{"run-1"}
		}
		var out bytes.Buffer
		cmd := called(t, c.ctx, "--from", "2026-06-01", "--to", "2026-11-22", "--on-scf")
		if code := (Program{Err: &out}).report(d.stopped(cmd, c.err)); code != ExitFailed || out.String() != c.text {
			t.Errorf("%s: code %d and %q\nwant %q", c.name, code, out.String(), c.text)
		}
	}
}

func TestDescribeFanout(t *testing.T) {
	r := &archive.Report{
		Shares: []archive.ShareReport{{Share: "1/8", Windows: 540, RequestID: "run-1"}, {Share: "3/8", Windows: 20, RequestID: "run-2"}},
		Totals: archive.Totals{Calls: 70100, Media: archive.MediaCount{Copied: 6300, Pending: 2}, Bytes: 2e9, Seconds: 3725.5},
		Debts:  &archive.DebtReport{Files: 2},
	}
	want := `share  windows  run
───────────────────────
1/8        540  run-1
3/8         20  run-2

windows: 560
`
	totals := `total: 70,100 calls, 6,300 files copied, 2 pending, 2.0 GB
took: 1h2m
`
	const owed = "owed: 2 files\n"
	if diff := cmp.Diff(strings.Split(want+totals+owed, "\n"), strings.Split(describeFanout(r), "\n")); diff != "" {
		t.Errorf("at the end: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(strings.Split(want+owed, "\n"), strings.Split(describeCut(r), "\n")); diff != "" {
		t.Errorf("when it was cut: -want +got:\n%s", diff)
	}
}
