package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

func TestLedger(t *testing.T) {
	since := time.Date(2026, 11, 21, 22, 7, 0, 0, time.UTC)
	gone, past := since.AddDate(0, 3, 0), since.Add(-time.Hour)
	all := []archive.Entry{
		{Window: "2026-08-21T05:00:00+08:00", Status: archive.Pending, Since: &since, Tries: 3, Reason: "not at the source",
			Next: "at the next run", GoneBy: &past, Kind: "recording", Key: "media/a/recording.mp3"},
		{Window: "2026-11-22T05:00:00+08:00", Status: archive.Pending, Since: &since, Tries: 12, Reason: "transcript is being made",
			Next: "when the transcript is complete", GoneBy: &gone, Kind: "asr", Key: "media/b/asr.json"},
		{Window: "2026-11-20T05:00:00+08:00", Status: archive.Lost, Reason: "not at the source", Kind: "asr", Key: "media/c/asr.json"},
		{Window: "2026-11-20T05:00:00+08:00", Status: archive.Refused, Reason: "host is odd", Kind: "asr", Key: "media/d/asr.json"},
	}
	l := ledger{moments: moments{time.FixedZone("", 8*60*60), since}}
	piped := `gone by                         window            kind       since             tries  reason                    next                             key
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
2026-11-22 05:07 (1 hour ago)   2026-08-21 05:00  recording  2026-11-22 06:07      3  not at the source         at the next run                  media/a/recording.mp3
2027-02-22 06:07 (in 3 months)  2026-11-22 05:00  asr        2026-11-22 06:07     12  transcript is being made  when the transcript is complete  media/b/asr.json

owed: 2 files, the first may be gone by 2026-11-22 05:07 (1 hour ago)
gone: 1 lost, 1 refused (--lost lists them)
`
	terminal := `gone by                         window            kind       since             tries  reason                    next
─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
2026-11-22 05:07 (1 hour ago)   2026-08-21 05:00  recording  2026-11-22 06:07      3  not at the source         at the next run
  media/a/recording.mp3
2027-02-22 06:07 (in 3 months)  2026-11-22 05:00  asr        2026-11-22 06:07     12  transcript is being made  when the transcript is complete
  media/b/asr.json

status   window            kind  reason
────────────────────────────────────────────────────
lost     2026-11-20 05:00  asr   not at the source
  media/c/asr.json
refused  2026-11-20 05:00  asr   host is odd
  media/d/asr.json

owed: 2 files, the first may be gone by 2026-11-22 05:07 (1 hour ago)
gone: 1 lost, 1 refused
`
	for below, want := range map[bool]string{false: piped, true: terminal} {
		l.below, l.lost = below, below
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(l.describe(all), "\n")); diff != "" {
			t.Errorf("keys below: %v: -want +got:\n%s", below, diff)
		}
	}
}

func TestLedger_NothingIsOwed(t *testing.T) {
	if got, want := (ledger{}).describe(nil), "owed: 0 files\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
