package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cdrvault/archive"
	"cdrvault/config"
)

func TestReport_OneLineAndACode(t *testing.T) {
	_, unset := config.Load(func(string) string { return "" })
	for _, c := range []struct {
		name string
		err  error
		code int
		text string
	}{
		{"nothing wrong", nil, 0, ""},
		{"an error of no kind", errors.New("no space"), 1, "cdrvault: no space\n"},
		{"windows that failed", failure(errors.Join(errors.New("a"), errors.New("b"), errors.New("c"))), 1,
			"cdrvault: a; b; c (what is archived stays; run it again)\n"},
		{"a wrong key", failure(errors.New("list: AuthFailure.SignatureFailure: check the key")), 1,
			"cdrvault: list: AuthFailure.SignatureFailure: check the key\n"},
		{"many windows that failed", failure(errors.Join(errors.New("a"), errors.New(strings.Repeat("b", lineLength)), errors.New("c"))), 1,
			"cdrvault: a; and 2 more (what is archived stays; run it again)\n"},
		{"settings of another archive", failure(fmt.Errorf("read: %w", &archive.SettingError{Setting: "ARCHIVE_WINDOW"})), 2,
			"cdrvault: read: " + (&archive.SettingError{Setting: "ARCHIVE_WINDOW"}).Error() + " (see cdrvault settings)\n"},
		{"a request that cannot be run", failure(&archive.RequestError{Field: "dry_run", Why: "why not"}), 2,
			"cdrvault: --dry-run: why not\n"},
		{"an application that is not there", failure(fmt.Errorf("run: %w", &archive.RequestError{Field: "apps", Why: "no"})), 2,
			"cdrvault: --app: no\n"},
		{"settings", unsettled(unset), 2, "" +
			"cdrvault: CCC_SDK_APP_IDS: not set; want decimal SdkAppIds, comma-separated, such as 1400000000\n" +
			"cdrvault: COS_BUCKET: not set; want name-appid, such as lake-1250000000\n" +
			"cdrvault: COS_REGION: not set, and neither the platform nor COS_ENDPOINT tells it; want a region such as ap-guangzhou\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			if code := (Program{Err: &out}).report(c.err); code != c.code || out.String() != c.text {
				t.Errorf("code %d and %q\nwant %d and %q", code, out.String(), c.code, c.text)
			}
		})
	}
}

func TestOutcome_TellsOwingFromFailedFromInterrupted(t *testing.T) {
	whole, part := &archive.Report{Complete: true}, &archive.Report{}
	dry := &archive.Report{DryRun: true}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name   string
		ctx    context.Context
		answer *archive.Report
		err    error
		want   int
	}{
		{"done", t.Context(), whole, nil, ExitOK},
		{"owing", t.Context(), part, nil, ExitOwing},
		{"a dry run owes nothing", t.Context(), dry, nil, ExitOK},
		{"failed", t.Context(), part, errors.New("refused"), ExitFailed},
		{"interrupted", ended, nil, context.Canceled, ExitFailed},
	} {
		if got := (Program{Err: &bytes.Buffer{}}).report(outcome(c.ctx, c.answer, c.err)); got != c.want {
			t.Errorf("%s: code %d, want %d", c.name, got, c.want)
		}
	}
}

func TestMain_APanicIsALine(t *testing.T) {
	var out, err bytes.Buffer
	p := Program{Out: &out, Err: &err, Get: func(string) string { return "" },
		Open: func(func(string) string, archive.Request, *archive.Progress) (*archive.Archiver, error) {
			panic("00860000001")
		}}
	if code := Main(t.Context(), p, []string{"run"}); code != ExitFailed {
		t.Errorf("code %d, want %d", code, ExitFailed)
	}
	want := "cdrvault: panic of type string: a bug; please report it with the command you ran\n"
	if err.String() != want || out.Len() > 0 {
		t.Errorf("printed %q and %q, want %q alone", out.String(), err.String(), want)
	}
}

func TestMoment_ReadsDatesInTheArchivesZone(t *testing.T) {
	zone := time.FixedZone("", 8*60*60)
	for text, want := range map[string]time.Time{
		"":                          {},
		"2026-11-22":                time.Date(2026, 11, 21, 16, 0, 0, 0, time.UTC),
		"2026-11-22T05:00:00Z":      time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC),
		"2026-11-22T05:00:00+08:00": time.Date(2026, 11, 21, 21, 0, 0, 0, time.UTC),
	} {
		if got, err := moment("from", text, zone); !got.Equal(want) || err != nil {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"22.11.2026", "2026-11-22 05:00", "2026-11-22T05:00:00", "now"} {
		if got, err := moment("from", text, zone); err == nil {
			t.Errorf("%q is read as %v, want an error", text, got)
		}
	}
}
