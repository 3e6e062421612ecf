package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

func TestStopped_SaysWhatGoesOn(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	const own = " (what was sent goes on by itself: cdrvault status shows how far it is; to send what is left: " +
		"cdrvault backfill --from 2026-06-01 --to 2026-11-22 --on-scf)\n"
	denied := errors.New("send share 1/2: invoke function cdrvault: UnauthorizedOperation.CAM: request 1: grant scf:InvokeFunction")
	const once = " (each share runs once, at most the function's time limit; to send what is left: " +
		"cdrvault backfill --from 2026-06-01 --to 2026-11-22 --on-scf)\n"
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
		{"no progress", t.Context(), true, false, &noProgress{"no progress: left are 7 windows of share 2/3"},
			"cdrvault: backfill: no progress: left are 7 windows of share 2/3 (what is archived stays; to send what is left: " +
				"cdrvault backfill --from 2026-06-01 --to 2026-11-22 --on-scf)\n"},
		{"the bucket fails", t.Context(), true, false, errors.New("list manifests/: 503"), "cdrvault: backfill: list manifests/: 503" + own},
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

// Whoever sends and leaves learns by the exit code that not all of it was sent.
func TestLeave_IsAnErrorWhereAShareIsNotTaken(t *testing.T) {
	denied := errors.New("invoke function cdrvault: LimitExceeded")
	for _, c := range []struct {
		deny error
		code int
		text string
	}{
		{nil, ExitOK, ""},
		{denied, ExitFailed, "cdrvault: backfill: send share 2/2: invoke function cdrvault: LimitExceeded (what was sent goes on by itself: "},
	} {
		d, _ := dispatched(&field{left: []int{1, 1}, deny: c.deny, from: 1})
		if err := d.begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		var remarks, out bytes.Buffer
		p := Program{Out: &out, Err: &remarks}
		err := p.leave(called(t, t.Context(), "--from", "2026-06-01", "--to", "2026-06-02", "--on-scf", "--detach"), backfillFlags{}, d)
		told := remarks.String()
		remarks.Reset()
		code := p.report(err)
		if code != c.code || !strings.HasPrefix(remarks.String(), c.text) || (told == "") != (err != nil) {
			t.Errorf("code %d, %q and %q", code, told, remarks.String())
		}
		if !strings.Contains(out.String(), "1/2") {
			t.Errorf("no share in %s", out.String())
		}
	}
}

func TestDescribeFanout(t *testing.T) {
	r := &archive.Report{
		Shares: []archive.ShareReport{{Share: "1/8", Windows: 540, RequestID: "run-1", Sent: 1}, {Share: "3/8", Windows: 20, Slices: 8, RequestID: "run-2", Sent: 3}},
		Totals: archive.Totals{Calls: 70100, Media: archive.MediaCount{Copied: 6300, Pending: 2}, Bytes: 2e9, Seconds: 3725.5},
		Debts:  &archive.DebtReport{Files: 2},
	}
	const shares = `share  windows  slices  run    sent again
───────────────────────────────────────────
1/8        540          run-1
3/8         20       8  run-2           2

`
	const totals = `total: 70,100 calls, 6,300 files copied, 2 pending, 2.0 GB
sent: 4 invocations, 2 of them again, in 1h2m
owed: 2 files
`
	for want, got := range map[string]string{
		shares + "windows: 560 in 2 shares\nowed: 2 files\n": describeCut(r),
		shares + "windows: 560 archived\n" + totals:          describeFanout(r),
	} {
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	r.Rest = 12
	if want := "\nwindows: 548 of 560 archived\n"; !strings.Contains(describeFanout(r), want) {
		t.Errorf("%s\nhas no line %s", describeFanout(r), want)
	}
}
