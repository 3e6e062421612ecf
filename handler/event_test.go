package handler

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cdrvault/archive"

	"github.com/google/go-cmp/cmp"
)

var clock = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

func readClock() time.Time { return clock }

func event(t *testing.T, name string) []byte {
	t.Helper()
	b, err := readEvent(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readEvent(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join("testdata", name+".json"))
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestDecode_Requests(t *testing.T) {
	for name, want := range map[string]archive.Request{
		"timer":                {Now: at("2026-11-22T05:05:00Z"), Mode: "archive"},
		"timer-message":        {Now: at("2026-11-22T19:05:00Z"), Mode: "verify", Deep: true, Apps: []string{"1400000000"}},
		"timer-message-object": {Now: at("2026-11-22T19:05:00Z"), Mode: "archive", DryRun: true},
		"timer-message-null":   {Now: at("2026-11-22T19:05:00Z"), Mode: "archive"},
		"manual":               {Now: clock, Mode: "archive"},
		"manual-plan":          {Now: clock, Mode: "plan"},
		"manual-range": {Now: clock, Mode: "archive",
			From: at("2026-11-20T16:00:00Z"), To: at("2026-11-21T16:00:00Z")},
		"manual-backfill": {Now: clock, Mode: "backfill", Shares: 8, Order: "newest",
			From: at("2026-06-01T00:00:00+08:00"), To: at("2026-11-22T00:00:00+08:00")},
		"manual-shares": {Now: clock, Mode: "backfill", Shares: 100,
			From: at("2026-06-01T00:00:00+08:00"), To: at("2026-11-22T00:00:00+08:00")},
		"manual-share": {Now: at("2026-11-22T05:00:00Z"), Mode: "backfill", Share: archive.Share{Number: 3, Of: 8}, Chain: 2,
			From: at("2026-06-01T00:00:00+08:00"), To: at("2026-11-22T00:00:00+08:00"),
			Slices: map[string]int{"1400000000/2026-11-21T09:00:00+08:00": 12, "2026-11-21T10:00:00+08:00": 8}},
		"manual-rest": {Now: at("2026-11-22T05:05:00Z"), Mode: "archive", Chain: 96},
		"timer-message-backfill": {Now: at("2026-11-22T19:05:00Z"), Mode: "backfill", Shares: 8,
			From: at("2026-11-01T00:00:00+08:00"), To: at("2026-11-22T00:00:00+08:00")},
		"manual-all": {Now: clock, Mode: "verify", Apps: []string{"1400000000", "1400000001"},
			From: at("2026-11-20T16:00:00Z"), To: at("2026-11-21T16:00:00Z"), DryRun: true, Deep: true, Repair: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, trigger, err := decode(event(t, name), readClock)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("request (-got +want):\n%s", diff)
			}
			if want, _, _ := strings.Cut(name, "-"); trigger != want {
				t.Errorf("trigger %q, want %q", trigger, want)
			}
		})
	}
}

func TestDecode_Refusals(t *testing.T) {
	const object = "want {}, an object with the fields from, to, mode, apps, force, dry_run, deep, repair, order, shares, share, slices, chain, now, or a timer's event"
	for name, want := range map[string]string{
		"bad-empty":         "event: empty; " + object,
		"bad-null":          "event: not a JSON object; " + object,
		"bad-array":         "event: not a JSON object; " + object,
		"bad-string":        "event: not a JSON object; " + object,
		"bad-json":          "event: not valid JSON; " + object,
		"bad-trailing":      "event: not valid JSON; " + object,
		"bad-unknown":       `event field "form": unknown; allowed: from, to, mode, apps, force, dry_run, deep, repair, order, shares, share, slices, chain, now`,
		"bad-case":          `event field "From": unknown; allowed: from, to, mode, apps, force, dry_run, deep, repair, order, shares, share, slices, chain, now`,
		"bad-number-name":   `event field "(name not shown)": unknown; allowed: from, to, mode, apps, force, dry_run, deep, repair, order, shares, share, slices, chain, now`,
		"bad-twice":         `event field "force": given twice`,
		"bad-from-type":     `event field "from": ` + wantTime,
		"bad-from-zone":     `event field "from": ` + wantTime,
		"bad-from-zero":     `event field "from": ` + wantTime,
		"bad-from-null":     `event field "from": ` + wantTime,
		"bad-mode":          `event field "mode": want one of archive, backfill, verify, plan`,
		"bad-mode-type":     `event field "mode": want one of archive, backfill, verify, plan`,
		"bad-apps-string":   `event field "apps": ` + wantApps,
		"bad-apps-float":    `event field "apps": ` + wantApps,
		"bad-apps-name":     `event field "apps": ` + wantApps,
		"bad-apps-empty":    `event field "apps": empty; leave it out to mean every application`,
		"bad-apps-twice":    `event field "apps": an application is listed twice`,
		"bad-force":         `event field "force": want true or false, without quotes`,
		"bad-dry-run":       `event field "dry_run": want true or false, without quotes`,
		"bad-deep":          `event field "deep": allowed with mode "verify" only`,
		"bad-repair":        `event field "repair": allowed with mode "verify" only`,
		"bad-order":         `event field "order": want one of forgotten, newest, oldest`,
		"bad-order-mode":    `event field "order": allowed with mode "backfill" only`,
		"bad-shares":        `event field "shares": want a whole number from 1 to 100`,
		"bad-shares-type":   `event field "shares": want a whole number from 1 to 100`,
		"bad-shares-mode":   `event field "shares": allowed with mode "backfill" only`,
		"bad-share":         `event field "share": want a share such as 3/8, of at most 100`,
		"bad-share-of":      `event field "share": want a share such as 3/8, of at most 100`,
		"bad-share-mode":    `event field "share": allowed with mode "backfill" only`,
		"bad-share-both":    `event field "share": excludes shares: a share is not cut again`,
		"bad-slices":        `event field "slices": ` + wantSlices,
		"bad-slices-time":   `event field "slices": ` + wantSlices,
		"bad-slices-many":   `event field "slices": ` + wantSlices,
		"bad-slices-mode":   `event field "slices": allowed with mode "backfill" only`,
		"bad-slices-all":    `event field "slices": allowed with share only`,
		"bad-chain":         `event field "chain": want a whole number from 0 to 96`,
		"bad-chain-mode":    `event field "chain": allowed with modes "archive" and "backfill" only`,
		"bad-now":           `event field "now": lies in the future; leave it out to mean the clock`,
		"bad-now-type":      `event field "now": ` + wantTime,
		"timer-message-now": `event field "now": not taken in Message: the timer's Time is now`,
		"other-trigger":     `event field "Type": want "Timer": no other trigger is served`,
		"timer-no-time":     `event field "Time": missing; ` + wantTime,
		"timer-bad-time":    `event field "Time": ` + wantTime,
		"timer-with-from": `event field "from": unknown in a timer's event; allowed: Type, TriggerName, Time, Message; ` +
			`what a run is to do goes into Message`,
		"timer-message-prose": `event field "Message": not valid JSON; ` +
			`want it empty, or an object with the fields from, to, mode, apps, force, dry_run, deep, repair, order, shares, share, slices, chain, now`,
		"timer-message-unknown": `event field "fom": unknown; allowed: from, to, mode, apps, force, dry_run, deep, repair, order, shares, share, slices, chain, now`,
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := decode(event(t, name), readClock)
			if err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// Every file in testdata is in one of the tables: the name says in which.
func TestDecode_EveryEventFileIsGoodOrBad(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		_, _, err := decode(event(t, name), readClock)
		if strings.HasPrefix(name, "bad-") && err == nil {
			t.Errorf("%s: accepted", name)
		}
		if strings.HasPrefix(name, "manual") && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecode_HugeEvent(t *testing.T) {
	_, _, err := decode([]byte(`{"mode":"`+strings.Repeat("a", maxEvent)+`"}`), readClock)
	if want := "event: 131083 bytes; at most 131072 are taken"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// FuzzDecode: no event panics, and none of what it says comes back in an error.
func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		req, _, err := decode(payload, readClock)
		if err == nil {
			if req.Now.IsZero() || req.Mode == "" {
				t.Errorf("accepted as %+v", req)
			}
			return
		}
		if re, ok := errors.AsType[*archive.RequestError](err); ok && len(re.Field) > 32 {
			t.Errorf("field name of %d bytes in %v", len(re.Field), err)
		}
		if number := longNumber.FindString(strings.ReplaceAll(err.Error(), "1400000000", "")); number != "" && len(payload) <= maxEvent {
			t.Errorf("number %s in %v", number, err)
		}
	})
}
