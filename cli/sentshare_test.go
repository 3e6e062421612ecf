package cli

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDispatch_GivesUpOnWhatDoesNotMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &field{left: []int{5, 7, 0}, reach: []int{5, 0}}
		d, remarks := dispatched(f)
		err := errors.Join(d.begin(t.Context()), d.follow(t.Context()))
		if want := "no progress: left are 7 windows of share 2/3"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if d.conclude(); d.answer.Complete || d.answer.Rest != 7 || d.answer.Totals.Calls != 5 {
			t.Errorf("answer: complete %v, rest %d, %d calls", d.answer.Complete, d.answer.Rest, d.answer.Totals.Calls)
		}
		if n := strings.Count(remarks.String(), "share 2/3: its run ended with 7 windows left; the rest is sent\n"); n != mostSends || len(f.runs) != 3+mostSends {
			t.Errorf("sent again %d times, %d runs", n, len(f.runs))
		}
	})
}

// A run that failed tells why, once for all its tries. What two runs of a share did not help is sent no more, and once the platform
// has dropped the second one nobody waits for it.
func TestDispatch_TellsWhyAShareFailsAndGivesItUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &field{left: []int{5, 7}, reach: []int{0, 0}, why: "list calls: InternalError, request #", tries: mostTries}
		d, remarks := dispatched(f)
		err := errors.Join(d.begin(t.Context()), d.follow(t.Context()))
		const want = "no progress: left are 5 windows of share 1/2, 7 windows of share 2/2: " +
			"the last run of share 1/2 failed: list calls: InternalError, request 2"
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		said := strings.Count(remarks.String(), "share 2/2: its run failed: list calls: InternalError, request ")
		if said != mostRunsFailed || len(f.runs) != 2*mostRunsFailed || !strings.HasPrefix(remarks.String(), "share 1/2: its run failed") {
			t.Errorf("told %d times of %d runs: %s", said, len(f.runs), remarks)
		}
		if took, most := time.Since(d.began), d.patience+2*time.Minute+3*lastLook; took > most {
			t.Errorf("took %v, want %v at most", took, most)
		}
	})
}

// A permission that lacks will lack at the next run, too: it is not sent again, and nobody waits for it once the platform has dropped
// it, whether its tries were seen or fell between two looks. The other share is watched to its end.
func TestDispatch_SendsNothingAgainWhereAPermissionLacks(t *testing.T) {
	for _, c := range []struct{ other, tries, seconds int }{{5, 3, 120}, {5, 1, 90}, {300, 3, 300}} {
		synctest.Test(t, func(t *testing.T) {
			f := &field{left: []int{5, c.other}, reach: []int{0}, why: "put manifests/x: 403 AccessDenied, request 1", tries: c.tries}
			d, _ := dispatched(f)
			err := errors.Join(d.begin(t.Context()), d.follow(t.Context()))
			const want = "no progress: left are 5 windows of share 1/2: the last run of share 1/2 failed: put manifests/x: 403 AccessDenied, request 1"
			if err == nil || err.Error() != want || len(f.runs) != 2 {
				t.Errorf("%d runs and %v\nwant %s", len(f.runs), err, want)
			}
			least := time.Duration(c.seconds) * time.Second
			if took := time.Since(d.began); took < least || took > least+3*lastLook {
				t.Errorf("took %v, want %v", took, least)
			}
		})
	}
}

// An event that is not taken is one share's affair: the others are watched on, and it is sent once more after a while.
func TestDispatch_WatchesOnWhereAShareIsNotTaken(t *testing.T) {
	denied := errors.New("invoke function cdrvault: LimitExceeded")
	const untaken = "send share 2/2: invoke function cdrvault: LimitExceeded\n"
	for _, c := range []struct {
		name string
		f    field
		runs int
		err  string
		said string
		took time.Duration
	}{
		{"at first", field{left: []int{300, 20}, deny: denied, from: 1, most: 1}, 2, "",
			untaken + "share 2/2 has 20 windows left: sent again\n", 300 * time.Second},
		{"never", field{left: []int{300, 20}, deny: denied, from: 1}, 1,
			"no progress: left are 20 windows of share 2/2: send share 2/2: invoke function cdrvault: LimitExceeded",
			strings.Repeat(untaken, 1+mostSends), (mostSends + 1) * (restPatience + lastLook)},
		{"when it is sent again", field{left: []int{300, 20}, reach: []int{300, 10}, deny: denied, from: 2, most: 1}, 3, "",
			untaken + "share 2/2: its run ended with 10 windows left; the rest is sent\n", 300 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			d, remarks := dispatched(&c.f)
			text := ""
			if err := errors.Join(d.begin(t.Context()), d.follow(t.Context())); err != nil {
				text = err.Error()
			}
			if text != c.err || remarks.String() != c.said || len(c.f.runs) != c.runs {
				t.Errorf("%s: %d runs, %q, and said\n%s", c.name, len(c.f.runs), text, remarks)
			}
			if took := time.Since(d.began); took < 300*time.Second || took > c.took+3*lastLook {
				t.Errorf("%s: took %v, want %v", c.name, took, c.took)
			}
		})
	}
}

func TestDispatch_EndsWhereNothingIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &field{left: []int{5, 7}, deny: errors.New("UnauthorizedOperation.CAM")}
		d, _ := dispatched(f)
		if err := d.begin(t.Context()); err == nil || err.Error() != "send share 1/2: UnauthorizedOperation.CAM" || d.sent() != 0 || f.asked != 1 {
			t.Errorf("got %v with %d sent after %d events", err, d.sent(), f.asked)
		}
	})
}

// Where instances are few, events wait for their turn in the platform's queue until another share is done.
func TestDispatch_WaitsForAShareThatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &field{left: []int{39 * 60, 20}, queue: 45 * time.Minute}
		d, remarks := dispatched(f)
		if err := errors.Join(d.begin(t.Context()), d.follow(t.Context())); err != nil {
			t.Fatalf("%v, having said\n%s", err, remarks)
		}
		if len(f.runs) != 2+mostSends {
			t.Errorf("%d runs", len(f.runs))
		}
	})
}
