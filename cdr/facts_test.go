package cdr

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTime(t *testing.T) {
	tests := []struct {
		value string
		want  int64
		ok    bool
	}{
		{`1590547606`, 1590547606, true},
		{`1590547606.0`, 1590547606, true},
		{`1.590547606E+9`, 1590547606, true},
		{`"1590547606"`, 1590547606, true},
		{`"1590547606.00"`, 1590547606, true},
		{`-5`, -5, true},
		{`0`, 0, true},
		{`1590547606.5`, 0, false},
		{`9223372036854775808`, 0, false},
		{`1e400`, 0, false},
		{`""`, 0, false},
		{`"0x10"`, 0, false},
		{`"Inf"`, 0, false},
		{`"NaN"`, 0, false},
		{`"2026-11-22"`, 0, false},
		{`"e"`, 0, false},
		{`null`, 0, false},
		{`true`, 0, false},
		{`[1]`, 0, false},
	}
	for _, tt := range tests {
		rec := normalize(t, normalizer(), `{"Time":`+tt.value+`}`)
		if rec.Time != tt.want || rec.HasTime != tt.ok {
			t.Errorf("Time %s: got %d, %v; want %d, %v", tt.value, rec.Time, rec.HasTime, tt.want, tt.ok)
		}
	}
}

func TestFacts(t *testing.T) {
	rec := normalize(t, normalizer(), `{"SessionId":"s","AsrStatus":"Processing","Duration":61}`)
	if rec.AsrStatus != "Processing" || rec.Talk != 61 || rec.HasTime {
		t.Errorf("got %q, %d, %v", rec.AsrStatus, rec.Talk, rec.HasTime)
	}
	rec = normalize(t, normalizer(), `{"SessionId":"s","AsrStatus":5,"Duration":-1,"duration":7}`)
	if rec.AsrStatus != "" || rec.Talk != 0 {
		t.Errorf("got %q, %d; want nothing", rec.AsrStatus, rec.Talk)
	}
}

func TestIdentity(t *testing.T) {
	tests := []struct{ name, raw, want string }{
		{"session", `{"SessionId":"s","RecordId":"r"}`, "s"},
		{"escaped", `{"SessionId":"\u0073\/"}`, "s/"},
		{"number", `{"SessionId":9007199254740993}`, "9007199254740993"},
		{"the last of several", `{"SessionId":"a","SessionId":"b"}`, "b"},
		{"empty", `{"SessionId":"","RecordId":"r"}`, "r"},
		{"null", `{"SessionId":null,"RecordId":7}`, "7"},
		{"neither a text nor a number", `{"SessionId":{"a":1},"RecordId":"r"}`, "r"},
		{"cut texts stay apart", `{"SessionId":"\ud83d"}`, `\ud83d`},
	}
	for _, tt := range tests {
		if got := normalize(t, normalizer(), tt.raw).ID; got != tt.want {
			t.Errorf("%s: ID %q, want %q", tt.name, got, tt.want)
		}
		if got := Identity([]byte(tt.raw)); got != tt.want {
			t.Errorf("%s: Identity %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Whatever bytes Identity gets, it comes to an end; what it makes of JSON that was parsed, the fuzz test of Normalize tells.
func TestIdentity_OfNoJSON(t *testing.T) {
	const whole = `{"SessionId":"s\u0041","a":{"b":["c\"",{}]},"RecordId":7}`
	for cut := range whole {
		for _, raw := range []string{whole[:cut], whole[cut:], whole[:cut] + "}", `{"SessionId":"\u` + whole[cut:]} {
			if Identity([]byte(raw)) == "" {
				t.Errorf("%q has no identity", raw)
			}
		}
	}
}

func TestIdentity_Anonymous(t *testing.T) {
	const first = `{"Time":5,"Caller":"00860000000001","RecordURL":"https://rec.media.example/a.mp3?sign=1"}`
	want := Identity([]byte(first))
	if !strings.HasPrefix(want, "anon-") || len(want) != len("anon-")+32 {
		t.Fatalf("Identity = %s", want)
	}
	same := []string{
		`{ "RecordURL":"https://rec.media.example/b.mp3?sign=2", "Time":5, "Caller":"0086000000000\u0031" }`,
		`{"Time":5,"Caller":"00860000000001"}`,
		`{"Time":5,"Caller":"00860000000001","RECORDURL":"x","recordURL":"y"}`,
	}
	for _, raw := range same {
		if got := Identity([]byte(raw)); got != want {
			t.Errorf("%s: another identity", raw)
		}
	}
	for _, raw := range append(same, first, `{"Time":5,"Caller":"00860000000001","archive":"theirs","ARCHIVE":1}`) {
		rec := normalize(t, normalizer(), raw)
		if id, _, ok := Head(rec.Line); rec.ID != want || id != want || !ok {
			t.Errorf("%s: %s archived, %s read back, want %s", raw, rec.ID, id, want)
		}
	}
	for _, raw := range []string{`{"Time":5,"Caller":"00860000000002"}`, `{"Time":5.0,"Caller":"00860000000001"}`, `{}`, `[]`, `x`} {
		if got := Identity([]byte(raw)); got == want {
			t.Errorf("%s: the same identity", raw)
		}
	}
}

func TestRead_GivesBackWhatWasNormalised(t *testing.T) {
	for _, raw := range []string{`{}`, `{"SessionId":"s","Time":5,"AsrStatus":"Complete","Duration":3,"RecordURL":"x"}`, `{"Time":"7","time":8}`} {
		want := normalize(t, normalizer(), raw)
		want.Files, want.UnknownLinks = nil, nil
		got, err := Read(want.Line)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
	}
	if _, _, ok := Head([]byte(`{"SessionId":"s"`)); ok {
		t.Error("Head took a cut line")
	}
}
