package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"cdrvault/archive"
)

// called is the command backfill as it is called with args; it does nothing.
func called(t *testing.T, ctx context.Context, args ...string) *cobra.Command {
	t.Helper()
	var c *cobra.Command
	root := Program{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}.root()
	c, _, err := root.Find([]string{"backfill"})
	if err != nil {
		t.Fatal(err)
	}
	c.RunE = func(*cobra.Command, []string) error { return nil }
	root.SetArgs(append([]string{"backfill"}, args...))
	if err := root.ExecuteContext(ctx); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAgain_IsTheCommandAsItWasCalled(t *testing.T) {
	for want, args := range map[string][]string{
		"cdrvault backfill --from 2026-06-01 --to 2026-11-22": {"--to", "2026-11-22", "--from=2026-06-01"},
		"cdrvault backfill --from 2026-06-01 --to 2026-11-22 --app 1400000000 --app 1400000001 --force --order newest": {
			"--from", "2026-06-01", "--to", "2026-11-22", "--app", "1400000000", "--app", "1400000001", "--order", "newest", "--force"},
		"cdrvault backfill --from 2026-06-01 --to 2026-11-22 --on-scf --qualifier '$DEFAULT'": {
			"--from", "2026-06-01", "--to", "2026-11-22", "--on-scf", "--qualifier", "$DEFAULT"},
	} {
		if got := again(called(t, t.Context(), args...)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestBackfilled_TellsByItsCodeAndSaysHowToGoOn(t *testing.T) {
	whole, part := &archive.Report{Complete: true}, &archive.Report{}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	const command = "cdrvault backfill --from 2026-06-01 --to 2026-11-22"
	for _, c := range []struct {
		name   string
		ctx    context.Context
		answer *archive.Report
		err    error
		code   int
		text   string
	}{
		{"done", t.Context(), whole, nil, ExitOK, ""},
		{"done as Ctrl-C came", ended, whole, nil, ExitOK, ""},
		{"a dry run owes nothing", t.Context(), &archive.Report{DryRun: true}, nil, ExitOK, ""},
		{"owing", t.Context(), part, nil, ExitOwing,
			"cdrvault: backfill: not complete: something is owed or left (run it again later: " + command + ")\n"},
		{"failed", t.Context(), part, errors.New("refused"), ExitFailed,
			"cdrvault: refused (what is archived stays; run it again)\n"},
		{"stopped", ended, part, nil, ExitFailed,
			"cdrvault: backfill: interrupted (what is archived stays; go on with: " + command + ")\n"},
		{"stopped before it began", ended, nil, context.Canceled, ExitFailed,
			"cdrvault: backfill: interrupted (what is archived stays; go on with: " + command + ")\n"},
		{"a range that cannot be", t.Context(), nil, &archive.RequestError{Field: "from", Why: "must be before to"}, ExitUsage,
			"cdrvault: --from: must be before to\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			cmd := called(t, c.ctx, "--from", "2026-06-01", "--to", "2026-11-22")
			code := Program{Err: &out}.report(backfilled(cmd, c.answer, c.err))
			if code != c.code || out.String() != c.text {
				t.Errorf("code %d and %q\nwant %d and %q", code, out.String(), c.code, c.text)
			}
		})
	}
}

func TestBackfill_FlagsThatNoBackfillIsMadeOf(t *testing.T) {
	for want, args := range map[string][]string{
		"--from and --to are needed: a backfill has a range": {"--from", "2026-06-01"},
		"--order: want forgotten, newest or oldest":          {"--from", "2026-06-01", "--to", "2026-06-02", "--order", "random"},
		"--from: want a date like":                           {"--from", "June", "--to", "2026-06-02"},
		"--shares goes with --on-scf":                        {"--from", "2026-06-01", "--to", "2026-06-02", "--shares", "4"},
		"--detach goes with --on-scf":                        {"--from", "2026-06-01", "--to", "2026-06-02", "--detach"},
		"--shares: want a number from 2 to 100":              {"--from", "2026-06-01", "--to", "2026-06-02", "--on-scf", "--shares", "1"},
		"--patience: want more than 0s":                      {"--from", "2026-06-01", "--to", "2026-06-02", "--on-scf", "--patience", "0"},
		"--force goes with --on-scf and --detach":            {"--from", "2026-06-01", "--to", "2026-06-02", "--on-scf", "--force"},
	} {
		var out bytes.Buffer
		p := Program{Out: &out, Err: &out, Get: func(string) string { return "" },
			Open: func(func(string) string, archive.Request, *archive.Progress) (*archive.Archiver, error) {
				t.Error("opened")
				return nil, errors.New("not to be called")
			}}
		code := Main(t.Context(), p, append([]string{"backfill"}, args...))
		if code != ExitUsage || !strings.HasPrefix(out.String(), "cdrvault: "+want) {
			t.Errorf("code %d and %q, want %d and %q", code, out.String(), ExitUsage, want)
		}
	}
}

func TestDescribeBackfill_ShowsOnlyWhatIsNotAsItShouldBe(t *testing.T) {
	window := func(hour int, s archive.State, m archive.MediaCount) archive.WindowReport {
		return archive.WindowReport{App: "1400000000", Window: fmt.Sprintf("2026-11-21T%02d:00:00+08:00", hour), State: s, Calls: 100, Media: m}
	}
	r := &archive.Report{
		Windows: slices.Concat(
			slices.Repeat([]archive.WindowReport{window(0, archive.Committed, archive.MediaCount{Copied: 9})}, 700),
			[]archive.WindowReport{window(5, archive.Partial, archive.MediaCount{Pending: 2})},
			slices.Repeat([]archive.WindowReport{{App: "1400000000", Window: "2026-11-21T06:00:00+08:00", State: archive.Failed, Error: "refused"}}, 21),
		),
		Totals: archive.Totals{Calls: 70100, Media: archive.MediaCount{Copied: 6300, Pending: 2, Lost: 1}, Bytes: 2e9, APIRequests: 1402, StoreRequests: 9000, Seconds: 80},
		Debts:  &archive.DebtReport{Files: 2},
		Notes:  []string{"range widened"},
	}
	want := `window            app         state    calls  pending
───────────────────────────────────────────────────────
2026-11-21 05:00  1400000000  partial    100        2

failed  windows                           app         error
───────────────────────────────────────────────────────────────
    21  2026-11-21 06:00, 06:00, 06:00 …  1400000000  refused

windows: 700 committed, 1 partial, 21 failed
total: 70,100 calls, 6,300 files copied, 2 pending, 1 lost, 2.0 GB
spent: 1,402 API requests, 9,000 bucket requests, 1m20s
owed: 2 files
note: range widened
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(describeBackfill(r), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDescribeBackfill_NothingWasMissing(t *testing.T) {
	for complete, words := range map[bool]string{true: "nothing was missing", false: "none was worked on"} {
		want := "windows: " + words + "\nspent: 0 API requests, 1 bucket request, 0s\n"
		if got := describeBackfill(&archive.Report{Complete: complete, Totals: archive.Totals{StoreRequests: 1}}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
