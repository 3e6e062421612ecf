package cdr

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestTwins(t *testing.T) {
	tests := []struct{ name, raw, want string }{
		{"none", `{"b":1,"a":2}`, `{"a":2,"b":1}`},
		{"an equal value is dropped", `{"Uui":"x","UUI":"x"}`, `{"UUI":"x"}`},
		{"another value is kept", `{"Uui":"x","UUI":"y"}`, `{"UUI":"y","Uui_2":"x"}`},
		{"null is a value", `{"Uui":null,"UUI":"y"}`, `{"UUI":"y","Uui_2":null}`},
		{"the name that rules read stays", `{"SESSIONID":"x","SessionId":"y"}`, `{"SESSIONID_2":"x","SessionId":"y"}`},
		{"the same name: the last stays", `{"a":1,"a":2,"a":1,"a":3}`, `{"a":3,"a_2":1,"a_3":2}`},
		{"the same name, the same value", `{"a":1,"a":1}`, `{"a":1}`},
		{"a number's spelling is its value", `{"a":1,"A":1.0}`, `{"A":1.0,"a_2":1}`},
		{"the spelling of a text is not", `{"a":"\u0061","A":"a"}`, `{"A":"a"}`},
		{"nor is the order of members", `{"a":{"x":1,"y":2},"A":{"y":2,"x":1}}`, `{"A":{"x":1,"y":2}}`},
		{"a new name takes no other's", `{"a":1,"A":2,"A_2":3,"a_3":4}`, `{"A":2,"A_2":3,"a_3":4,"a_4":1}`},
		{"in objects further down", `{"o":[{"k":1,"K":2}]}`, `{"o":[{"K":2,"k_2":1}]}`},
		{"beyond ASCII", `{"ΣΑ":1,"σα":2,"ςα":3}`, `{"ΣΑ":1,"ςα_2":3,"σα_3":2}`},
		{"the Kelvin sign", `{"\u212a":1,"k":2}`, "{\"k\":2,\"\u212a_2\":1}"},
		{"a dotted I, for readers that lower", `{"İ":1,"i":2}`, `{"i":2,"İ_2":1}`},
		{"lone surrogates", `{"\ud800":1,"\uD800":2,"\ud801":3}`, `{"\ud800":2,"\ud800_2":1,"\ud801":3}`},
		{"empty names", `{"":1,"":2}`, `{"":2,"_2":1}`},
	}
	for _, tt := range tests {
		if got := body(normalize(t, normalizer(), tt.raw).Line); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestTwins_OrderDoesNotMatter(t *testing.T) {
	members := []string{`"UUI":"a"`, `"Uui":"b"`, `"uui":"c"`, `"uUI":"a"`, `"Uui_2":"d"`, `"UUI_2":"e"`, `"x":0`}
	line := func() string {
		return body(normalize(t, normalizer(), "{"+strings.Join(members, ",")+"}").Line)
	}
	want := line()
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		random.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		if got := line(); got != want {
			t.Fatalf("%v:\ngot  %s\nwant %s", members, got, want)
		}
	}
}

// The quick look must see what the exact one sees; objects with many names are those that it doubts.
func TestTwins_AmongManyNames(t *testing.T) {
	var raw, want strings.Builder
	for i := range 400 {
		name := strings.Repeat("a", i%20+1) + strings.Repeat("b", i/20)
		raw.WriteString(`"` + name + `":1,`)
		want.WriteString(`"` + name + `":1,`)
	}
	line := normalize(t, normalizer(), "{"+raw.String()+`"AB":2}`).Line
	if got := string(line); !strings.Contains(got, `"AB":2`) || !strings.Contains(got, `"ab_2":1`) {
		t.Error("a twin among many names was not seen")
	}
	line = normalize(t, normalizer(), "{"+strings.TrimSuffix(want.String(), ",")+"}").Line
	if strings.Contains(string(line), "_2") {
		t.Error("a name without a twin was renamed")
	}
}

func TestBaseName(t *testing.T) {
	for name, want := range map[string]string{
		"RecordURL": "RecordURL", "RecordURL_2": "RecordURL", "a_2_13": "a", "a_": "a_", "a2": "a2", "_2": "", "2": "2", "": "",
	} {
		if got := string(baseName([]byte(name))); got != want {
			t.Errorf("baseName(%q) = %q, want %q", name, got, want)
		}
	}
}
