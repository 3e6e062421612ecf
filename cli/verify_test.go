package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

var unproved = &archive.Report{
	Findings: []archive.Finding{
		{App: "1400000000", Window: "2026-11-22T05:00:00+08:00", Trouble: archive.Unproved, What: "call", Why: "the API counts 3 calls, but lists 2"},
		{App: "1400000000", Window: "2026-11-22T05:00:00+08:00", Trouble: archive.Missing, What: "media", Name: "media/a/recording.mp3", Why: "the manifest names it"},
	},
	Checked: &archive.Checked{Windows: 24, Calls: 1, Files: 2000, Bytes: 3_000_000},
	Totals:  archive.Totals{APIRequests: 24, StoreRequests: 2048, Seconds: 2},
	Notes:   []string{"time was up"},
}

func TestDescribeProof(t *testing.T) {
	totals := `
found: 1 missing, 1 unproved
checked: 24 windows, 1 call, 2,000 files, 3.0 MB read
spent: 24 API requests, 2,048 bucket requests, 2s
note: time was up
`
	piped := `window            app         trouble   what   why                                  name
───────────────────────────────────────────────────────────────────────────────────────────────────────────
2026-11-22 05:00  1400000000  unproved  call   the API counts 3 calls, but lists 2
2026-11-22 05:00  1400000000  missing   media  the manifest names it                media/a/recording.mp3
`
	terminal := `window            app         trouble   what   why
────────────────────────────────────────────────────────────────────────────────────
2026-11-22 05:00  1400000000  unproved  call   the API counts 3 calls, but lists 2
2026-11-22 05:00  1400000000  missing   media  the manifest names it
  media/a/recording.mp3
`
	for below, want := range map[bool]string{false: piped + totals, true: terminal + totals} {
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(describeProof(unproved, time.Hour, below), "\n")); diff != "" {
			t.Errorf("names below: %v: -want +got:\n%s", below, diff)
		}
	}
}

// Neighbours that were never archived are one line, those of each application for themselves; all else is told one by one.
func TestFindings_JoinsWhatIsNotArchived(t *testing.T) {
	missing := func(app, window string) archive.Finding {
		return archive.Finding{App: app, Window: "2026-11-" + window + ":00:00+08:00", Trouble: archive.Missing, What: "manifest",
			Name: "manifests/" + app, Why: "the window is not archived"}
	}
	found := []archive.Finding{missing("1", "21T22"), missing("2", "21T22"), missing("1", "21T23"), missing("1", "22T00"), missing("1", "22T02"),
		{App: "1", Window: "2026-11-22T03:00:00+08:00", Trouble: archive.Missing, What: "rows", Name: "cdr/1", Why: "the manifest names it"},
		missing("1", "22T03")}
	const want = `window                               app  trouble  what       why                         name
───────────────────────────────────────────────────────────────────────────────────────────────────────
2026-11-21 22:00 – 2026-11-22 01:00  1    missing  manifests  3 windows are not archived
2026-11-21 22:00                     2    missing  manifest   the window is not archived  manifests/2
2026-11-22 02:00 – 2026-11-22 04:00  1    missing  manifests  2 windows are not archived
2026-11-22 03:00                     1    missing  rows       the manifest names it       cdr/1`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(findings(found, time.Hour, false), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := len(stretches(found, 0)); got != len(found) {
		t.Errorf("%d stretches of windows whose length nobody knows, want %d", got, len(found))
	}
}

func TestDescribeProof_SaysProvedOnlyOfWhatIs(t *testing.T) {
	some := &archive.Checked{Windows: 1}
	for want, r := range map[string]*archive.Report{
		"nothing wrong, all of it is proved":  {Complete: true, Checked: some},
		"nothing wrong":                       {Checked: some, Debts: &archive.DebtReport{Files: 1}},
		"nothing to verify":                   {Complete: true, Checked: &archive.Checked{}},
		"nothing, for no window was verified": {},
	} {
		if got := found(r); got != want {
			t.Errorf("found %q, want %q", got, want)
		}
	}
}

func TestProof_TellsByItsCode(t *testing.T) {
	whole, cut := &archive.Report{Complete: true}, &archive.Report{}
	owing := &archive.Report{Debts: &archive.DebtReport{Files: 1}}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name     string
		ctx      context.Context
		repaired bool
		answer   *archive.Report
		err      error
		code     int
		text     string
	}{
		{"all is proved", t.Context(), false, whole, nil, 0, ""},
		{"what is owed stands in the books", t.Context(), false, owing, nil, 0, ""},
		{"trouble", t.Context(), false, unproved, nil, 1, "cdrvault: verify: 2 findings (--repair brings back what the API still has)\n"},
		{"trouble that stays", t.Context(), true, unproved, nil, 1, "cdrvault: verify: 2 findings (--repair could not mend it)\n"},
		{"not all was looked at", t.Context(), false, cut, nil, 3, "cdrvault: verify: not complete (see the notes)\n"},
		{"refused", t.Context(), false, unproved, errors.New("list calls: no"), 1, "cdrvault: verify: list calls: no\n"},
		{"interrupted", ended, false, whole, nil, 1, "cdrvault: verify: interrupted\n"},
		{"wrong range", t.Context(), false, nil, &archive.RequestError{Field: "from", Why: "must be before to"}, 2, "cdrvault: --from: must be before to\n"},
	} {
		var out bytes.Buffer
		code := (Program{Err: &out}).report(proof(c.ctx, c.repaired, c.answer, c.err))
		if code != c.code || out.String() != c.text {
			t.Errorf("%s: code %d and %q, want %d and %q", c.name, code, out.String(), c.code, c.text)
		}
	}
}
