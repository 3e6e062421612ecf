package cdr

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden lines in testdata")

// normalizer is the one of most tests: all kinds are copied, *.media.example are the media hosts.
func normalizer() *Normalizer {
	return &Normalizer{
		App:    "1400000000",
		Window: "2026-11-22T05:00:00+08:00/PT1H",
		Kinds: map[Kind]bool{
			Recording: true, ASR: true, Participant: true, Voicemail: true, VoicemailASR: true, Custom: true,
		},
		Media: func(host string) bool {
			name, _, _ := strings.Cut(host, ":")
			return strings.HasSuffix(name, ".media.example")
		},
		Key: func(session, name string) string { return "media/" + url.PathEscape(session) + "/" + name },
	}
}

func normalize(t testing.TB, n *Normalizer, raw string) Record {
	t.Helper()
	rec, err := n.Normalize([]byte(raw))
	if err != nil {
		t.Fatalf("Normalize(%s): %v", raw, err)
	}
	return rec
}

// body is the line without the archive object, which most tests are not about.
func body(line []byte) string {
	whole := string(line)
	start := strings.Index(whole, `"archive":{`)
	end := start + strings.IndexByte(whole[start:], '}') + 1
	if strings.HasPrefix(whole[end:], ",") {
		end++
	} else if whole[start-1] == ',' {
		start--
	}
	return strings.TrimSuffix(whole[:start]+whole[end:], "\n")
}

func TestNormalize_Golden(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.json")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no inputs: %v", err)
	}
	nothing := normalizer()
	nothing.Kinds = nil
	for _, input := range inputs {
		raw, err := os.ReadFile(input)
		if err != nil {
			t.Fatal(err)
		}
		copied := normalize(t, normalizer(), string(raw))
		left := normalize(t, nothing, string(raw))
		got := append(copied.Line, left.Line...)
		golden := strings.TrimSuffix(input, ".json") + ".ndjson"
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", input, diff)
		}
		if bytes.Contains(got, []byte("5ecret")) || bytes.Contains(got, []byte("sign=")) {
			t.Errorf("%s: a secret survives", golden)
		}
	}
}

func TestNormalize_OneLineForEverySpelling(t *testing.T) {
	want := normalize(t, normalizer(), `{"SessionId":"s","A":{"x":[1,2],"y":"é/\""},"Time":5,"Z":"\n"}`)
	spellings := []string{
		`{"Time":5,"Z":"\n","A":{"y":"é/\"","x":[1,2]},"SessionId":"s"}`,
		"\n{ \"Z\" : \"\\u000A\",\r\n\t\"A\" : {\"x\" : [ 1 , 2 ] , \"y\":\"\\u00E9\\/\\u0022\"} , \"Time\":5,\"SessionId\":\"\\u0073\" } \n",
		`{"\u0053essionId":"s","Tim\u0065":5,"Z":"\u000a","A":{"y":"\u00e9\u002f\"","x":[1,2]}}`,
	}
	for _, raw := range spellings {
		if diff := cmp.Diff(want, normalize(t, normalizer(), raw)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
	}
}

func TestNormalize_Invalid(t *testing.T) {
	for _, raw := range []string{
		"", " ", "null", "5", `"5ecret"`, `["5ecret"]`, `{"a":"5ecret"`, `{"a":"5ecret"} {}`, `{"a":5ecret}`,
		"{\"a\":\"5ecret\x00\"}", `{"a":"5ecret\x"}`, "\ufeff{}", "<html>5ecret</html>", `{"a":01}`, `{a:1}`,
	} {
		_, err := normalizer().Normalize([]byte(raw))
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("Normalize(%q) = %v, want ErrInvalid", raw, err)
		} else if strings.Contains(err.Error(), "5ecret") {
			t.Errorf("error quotes the record: %v", err)
		}
	}
}

func TestNormalize_Stamp(t *testing.T) {
	const stamp = `"archive":{"schema":1,"sdk_app_id":"1400000000","window":"2026-11-22T05:00:00+08:00/PT1H"}`
	tests := []struct{ name, raw, want string }{
		{"added", `{"Time":1}`, `{"Time":1,` + stamp + `}`},
		{"of a former run replaced", `{"Time":1,"archive":{"window":"w","schema":0,"sdk_app_id":"a"}}`, `{"Time":1,` + stamp + `}`},
		{"of the API kept", `{"archive":true}`, `{` + stamp + `,"archive_2":true}`},
		{"of the API in another case kept", `{"ARCHIVE":{"schema":1}}`, `{"ARCHIVE_2":{"schema":1},` + stamp + `}`},
		{"not a stamp further down", `{"A":{"archive":1}}`, `{"A":{"archive":1},` + stamp + `}`},
	}
	for _, tt := range tests {
		got := string(normalize(t, normalizer(), tt.raw).Line)
		if got != tt.want+"\n" {
			t.Errorf("%s: got %s want %s", tt.name, got, tt.want)
		}
	}
}

func TestNormalize_DeepNesting(t *testing.T) {
	deep := strings.Repeat(`{"a":[`, 4000) + strings.Repeat(`]}`, 4000)
	if line := normalize(t, normalizer(), deep).Line; !json.Valid(line) {
		t.Error("line is no valid JSON")
	}
}

func TestNormalize_KeepsNothingOfItsInput(t *testing.T) {
	raw := []byte(`{"SessionId":"s","RecordURL":"https://rec.media.example/a.mp3","XUrl":"https://rec.media.example/b"}`)
	rec := normalize(t, normalizer(), string(raw))
	got, err := normalizer().Normalize(raw)
	if err != nil {
		t.Fatal(err)
	}
	clear(raw)
	normalize(t, normalizer(), `{"another":"record","takes":["the","same","memory"]}`)
	if diff := cmp.Diff(rec, got); diff != "" {
		t.Errorf("record changed with its input (-want +got):\n%s", diff)
	}
}
