package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

// failedAt is windows of one day that failed, each with its own words for the same thing.
func failedAt(app, words string, hours ...int) (all []archive.WindowReport) {
	for _, hour := range hours {
		stamp := fmt.Sprintf("2026-11-%02dT%02d:00:00+08:00", 20+hour/24, hour%24)
		all = append(all, archive.WindowReport{App: app, Window: stamp, State: archive.Failed, Error: strings.ReplaceAll(words, "#", fmt.Sprint(hour))})
	}
	return all
}

func TestFailureTable_FoldsByCause(t *testing.T) {
	var all []archive.WindowReport
	all = append(all, failedAt("1400000000", "list calls: page #: connection reset", 4)...)
	all = append(all, failedAt("1400000000", "put cdr/sdk_app_id=1400000000/#.gz: 500 InternalError, request A#, tried 6 times", 3, 30)...)
	all = append(all, failedAt("1400000000", "describe calls, page #: UnauthorizedOperation: request 1f-#: grant ccc:DescribeTelCdr", 0, 1, 2, 24)...)
	all = append(all, failedAt("1400000001", "describe calls, page #: UnauthorizedOperation: request 1f-#: grant ccc:DescribeTelCdr", 2)...)
	want := `failed  windows                             app         error
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
     4  2026-11-20 00:00, 01:00, 02:00 …    1400000000  describe calls, page …: UnauthorizedOperation: grant
                                                        ccc:DescribeTelCdr
     2  2026-11-20 03:00, 2026-11-21 06:00  1400000000  put cdr/…: 500 InternalError, tried 6 times
     1  2026-11-20 04:00                    1400000000  list calls: page 4: connection reset
     1  2026-11-20 02:00                    1400000001  describe calls, page 2: UnauthorizedOperation: request 1f-2: grant
                                                        ccc:DescribeTelCdr`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(failureTable(all, false), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFailureTable_StaysShort(t *testing.T) {
	var all []archive.WindowReport
	for hour := range 3 * mostTroubles {
		all = append(all, failedAt("1400000000", fmt.Sprintf("cause %d", hour), hour)...)
	}
	text := failureTable(all, true)
	if n := strings.Count(text, "cause "); n != mostTroubles || !strings.HasPrefix(text, "would fail  windows") ||
		!strings.HasSuffix(text, "\nand 40 windows for other causes") {
		t.Errorf("%d causes in\n%s", n, text)
	}
}

// What is cut off in the middle of an answer's error folds, too.
func TestCauseOf(t *testing.T) {
	for text, want := range map[string]string{
		"write manifest: put lake/manifests/sdk_app_id=1400000000/dt=2026-11-20/0100.json: 403 AccessDenied, request OUIQV…": "write manifest: put lake/…: 403 AccessDenied",
		"put cdr/x: 403 AccessDenied, request …":                                    "put cdr/…: 403 AccessDenied",
		"describe calls, page 17: RequestLimitExceeded: request a-1: tried 9 times": "describe calls, page …: RequestLimitExceeded: tried 9 times",
		"dial tcp 127.0.0.1:9000: connection refused":                               "dial tcp 127.0.0.1:9000: connection refused",
	} {
		if got := causeOf(text); got != want {
			t.Errorf("%q\ngot  %q\nwant %q", text, got, want)
		}
	}
}
