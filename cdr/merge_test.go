package cdr

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMerge(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"an absent field stays", `{"a":1,"b":2}`, `{"a":1}`, `{"a":1,"b":2}`},
		{"a new field comes", `{"b":1}`, `{"a":1,"b":1}`, `{"a":1,"b":1}`},
		{"a change is taken", `{"a":"x","b":1}`, `{"a":"y","b":0}`, `{"a":"y","b":0}`},
		{"so is false", `{"a":true}`, `{"a":false}`, `{"a":false}`},
		{"null keeps", `{"a":"x"}`, `{"a":null}`, `{"a":"x"}`},
		{"empty text keeps", `{"a":1}`, `{"a":""}`, `{"a":1}`},
		{"empty lists keep", `{"a":[1],"b":{"c":1},"d":["x"]}`, `{"a":[],"b":{},"d":["",null]}`, `{"a":[1],"b":{"c":1},"d":["x"]}`},
		{"null becomes a value", `{"a":null}`, `{"a":"x"}`, `{"a":"x"}`},
		{"a new null is kept", `{}`, `{"a":null}`, `{"a":null}`},
		{"objects field by field", `{"o":{"a":1,"b":"x"}}`, `{"o":{"b":"","c":2}}`, `{"o":{"a":1,"b":"x","c":2}}`},
		{"another form is taken", `{"o":{"a":1}}`, `{"o":[1]}`, `{"o":[1]}`},
		{"arrays of objects by position", `{"p":[{"a":1,"b":2},{"a":3}]}`, `{"p":[{"a":5,"b":null}]}`, `{"p":[{"a":5,"b":2},{"a":3}]}`},
		{"they grow", `{"p":[{"a":1}]}`, `{"p":[{},{"a":2}]}`, `{"p":[{"a":1},{"a":2}]}`},
		{"other arrays are new's", `{"k":["1","2"]}`, `{"k":["3"]}`, `{"k":["3"]}`},
		{"arrays of keys by position", `{"VoicemailRecordURL":["k/0","k/1","k/2"]}`, `{"VoicemailRecordURL":["","k/9"]}`,
			`{"VoicemailRecordURL":["k/0","k/9","k/2"]}`},
		{"a key stays before a link", `{"RecordURL":"k/r.mp3","VoicemailRecordURL":["k/0"]}`,
			`{"RecordURL":"https://h/…/r.mp3","VoicemailRecordURL":["…"]}`, `{"RecordURL":"k/r.mp3","VoicemailRecordURL":["k/0"]}`},
		{"and replaces one", `{"RecordURL":"https://h/…/r.mp3"}`, `{"RecordURL":"k/r.mp3"}`, `{"RecordURL":"k/r.mp3"}`},
		{"and another key", `{"RecordURL":"k/r.mp3"}`, `{"RecordURL":"k/r.wav"}`, `{"RecordURL":"k/r.wav"}`},
		{"twins are one field", `{"Uui":"x"}`, `{"UUI":"y"}`, `{"UUI":"y"}`},
		{"whichever comes first", `{"UUI":"x","o":{"K":1}}`, `{"Uui":"y","o":{"k":null}}`, `{"UUI":"y","o":{"K":1}}`},
		{"numbers keep their spelling", `{"a":1}`, `{"a":1.0E+2,"b":9007199254740993}`, `{"a":1.0E+2,"b":9007199254740993}`},
	}
	for _, tt := range tests {
		old, new := tt.old+"\n", tt.new+"\n"
		got, changed, err := Merge([]byte(old), []byte(new))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want+"\n", string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if changed != (tt.want != tt.old) {
			t.Errorf("%s: changed = %v", tt.name, changed)
		}
		again, changed, err := Merge(got, []byte(new))
		if err != nil || changed || string(again) != string(got) {
			t.Errorf("%s: again gives %s, %v, %v", tt.name, again, changed, err)
		}
	}
}

func TestMerge_Invalid(t *testing.T) {
	for _, lines := range [][2]string{{`{"a":5ecret`, `{}`}, {`{}`, `["5ecret"]`}, {"", ""}, {"5ecret", "5ecret"}} {
		line, changed, err := Merge([]byte(lines[0]), []byte(lines[1]))
		if !errors.Is(err, ErrInvalid) || line != nil || changed {
			t.Errorf("Merge(%q) = %s, %v, %v", lines, line, changed, err)
		}
	}
}
