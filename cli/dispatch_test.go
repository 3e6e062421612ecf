package cli

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

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
		d.conclude()
		r := d.answer
		if !r.Complete || r.Totals.Calls != 500 || r.Totals.Media.Copied != 0 || r.Totals.Seconds < 300 || r.Totals.Seconds > 311 {
			t.Errorf("answer: complete %v, %+v", r.Complete, r.Totals)
		}
		want := []archive.ShareReport{{Share: "1/2", Windows: 300, RequestID: "run-1", Sent: 1}, {Share: "2/2", Windows: 200, RequestID: "run-2", Sent: 1}}
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

// Shares that are sent again together are told together, and counted where they are many.
func TestDispatch_TellsOnceWhatItSendsAgain(t *testing.T) {
	for want, shares := range map[string]int{
		"shares 1/2, 2/2 have 40 windows left: sent again\n": 2,
		"4 shares have 80 windows left: sent again\n":        4,
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &field{left: slices.Repeat([]int{20}, shares), lost: shares}
			d, remarks := dispatched(f)
			if err := errors.Join(d.begin(t.Context()), d.follow(t.Context())); err != nil || remarks.String() != want {
				t.Errorf("%v, and said %q, want %q", err, remarks, want)
			}
		})
	}
}

// Of a share whose runs leave no answer it is told where else to look.
func TestDispatch_TellsWhereToLookForRunsThatLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &field{left: []int{20, 20}, lost: 100}
		d, _ := dispatched(f)
		err := errors.Join(d.begin(t.Context()), d.follow(t.Context()))
		const want = "no progress: left are 20 windows of share 1/2, 20 windows of share 2/2: " +
			"no run of share 1/2 left an answer in runs/: see the function's log of request run-7"
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
}

// A run that ended does nothing more: its rest is sent at once where no run goes on by itself, and as often as each run comes
// further. Where one may go on, it is given its time, unless the run that ended says that it left nothing.
func TestDispatch_SendsARestAgain(t *testing.T) {
	for _, c := range []struct {
		alone, rest bool
		wait        time.Duration
	}{
		{true, true, 0},
		{true, false, 0},
		{false, false, restPatience},
		{false, true, 10 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			f, wait := &field{left: []int{100}, reach: []int{10}, rest: c.rest, owing: 2}, c.wait
			d, _ := dispatched(f)
			d.alone = c.alone
			if err := errors.Join(d.begin(t.Context()), d.follow(t.Context())); err != nil {
				t.Fatal(err)
			}
			if len(f.runs) != 10 {
				t.Errorf("%d runs, want 10", len(f.runs))
			}
			if took, most := time.Since(d.began), 10*(10*time.Second+wait+lastLook); took > most || took < 9*wait {
				t.Errorf("took %v, want %v at most", took, most)
			}
			d.conclude()
			if r := d.answer; r.Complete || r.Debts.Files != 2 || r.Shares[0].Sent != 10 {
				t.Errorf("complete %v with debts %+v, shares %+v", r.Complete, r.Debts, r.Shares)
			}
		})
	}
}

// A rest that is handed on is not sent again, however long the run that goes on with it waits for its turn: two runs of a share would
// send more requests than its part of the limit.
func TestDispatch_WaitsForWhatGoesOnByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &field{left: []int{100}, reach: []int{30}, rest: true, gap: 9 * time.Minute}
		d, remarks := dispatched(f)
		if err := errors.Join(d.begin(t.Context()), d.follow(t.Context())); err != nil {
			t.Fatal(err)
		}
		if len(f.runs) != 1 || remarks.Len() > 0 {
			t.Errorf("%d runs, and said %q", len(f.runs), remarks)
		}
	})
}

func TestDispatch_AFewLooksMayFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &field{left: []int{100}}
		d, remarks := dispatched(f)
		if err := d.begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.blind = mostFailures - 1
		if err := d.follow(t.Context()); err != nil {
			t.Errorf("%d looks failed: %v", mostFailures-1, err)
		}
		if want := "the bucket does not answer: list manifests: refused; looking again\n"; remarks.String() != want {
			t.Errorf("said %q, want %q", remarks, want)
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
