package handler

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cdrvault/archive"

	"github.com/google/go-cmp/cmp"
)

// rereads fails unless q, written as an event, is read as q again, but for its id.
func rereads(t *testing.T, q archive.Request) {
	t.Helper()
	event, err := Encode(q)
	if err != nil {
		t.Fatal(err)
	}
	got, trigger, err := decode(event, func() time.Time { return q.Now })
	if err != nil || trigger != triggerManual {
		t.Fatalf("%s: %v, trigger %q", event, err, trigger)
	}
	q.ID = ""
	if diff := cmp.Diff(q, got); diff != "" {
		t.Errorf("%s: request (-want +got):\n%s", event, diff)
	}
}

func TestEncode_IsReadAsTheSameRequest(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		q, _, err := decode(event(t, name), readClock)
		if err != nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			q.ID = "req-1"
			rereads(t, q)
		})
	}
}

// A run that goes on with a timer's rest plans for the time at which the timer fired.
func TestEncode_KeepsTheTimersNow(t *testing.T) {
	q, _, err := decode(event(t, "timer"), readClock)
	if err != nil {
		t.Fatal(err)
	}
	q.Chain++
	got, err := Encode(q)
	if want := `{"mode":"archive","now":"2026-11-22T05:05:00Z","chain":1}`; string(got) != want || err != nil {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
}

// A backfill that is not to be cut says so: an event that leaves shares out means eight.
func TestEncode_AWholeBackfillIsNotCut(t *testing.T) {
	got, err := Encode(archive.Request{Mode: archive.ModeBackfill, Now: clock})
	if want := `{"mode":"backfill","now":"2026-11-22T06:00:00Z","shares":1}`; string(got) != want || err != nil {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
}

func TestEncode_RefusesWhatNoEventCanSay(t *testing.T) {
	share := archive.Share{Number: 1, Of: 8}
	for want, q := range map[string]archive.Request{
		`write event: event field "shares": want a whole number from 1 to 100`: {Mode: "backfill", Shares: 101},
		`write event: event field "deep": allowed with mode "verify" only`:     {Deep: true},
		`write event: event field "chain": want a whole number from 0 to 96`:   {Mode: "backfill", Share: share, Chain: 97},
		`write event: event field "slices": ` + wantSlices:                     {Mode: "backfill", Share: share, Slices: map[string]int{"noon": 2}},
	} {
		q.Now = clock
		if _, err := Encode(q); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestEncode_StaysUnderThePlatformsBound(t *testing.T) {
	q := archive.Request{Mode: archive.ModeBackfill, Now: clock, Share: archive.Share{Number: 1, Of: 8}, Slices: map[string]int{}}
	grow := func(windows int) {
		for i := range windows {
			q.Slices[clock.Add(time.Duration(i)*time.Hour).Format(time.RFC3339)] = 64
		}
	}
	grow(5000)
	rereads(t, q)
	grow(5100)
	_, err := Encode(q)
	if want := " bytes; at most 131071 are taken"; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want …%s", err, want)
	}
}

// FuzzEncode: whatever event is taken, the event that Encode makes of its request is taken for the same.
func FuzzEncode(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if b, err := readEvent(name); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		q, _, err := decode(payload, readClock)
		if err != nil {
			return
		}
		if written, err := Encode(q); err == nil && len(written) >= maxEvent {
			t.Errorf("event of %d bytes", len(written))
		} else if err != nil && len(payload) < maxEvent/2 {
			t.Errorf("read from %s, but not written: %v", payload, err)
		} else if err == nil {
			rereads(t, q)
		}
	})
}
