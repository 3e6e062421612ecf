package cdr

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func TestCanonical(t *testing.T) {
	tests := []struct{ name, raw, want string }{
		{"plain", `abc`, `abc`},
		{"escaped letters", `\u0061\/\u00e9`, `a/é`},
		{"short forms", `\u0008\u0009\u000A\u000c\u000D\u0022\u005c`, `\b\t\n\f\r\"\\`},
		{"other control characters", `\u0000\u001F`, `\u0000\u001f`},
		{"no escaping for HTML", `\u003c&\u003E`, `<&>`},
		{"ends of lines for some readers", "\u0085\u2028\u2029", `\u0085\u2028\u2029`},
		{"pair", `\uD83D\uDE00`, `😀`},
		{"lone high surrogate", `\uD83Dx`, `\ud83dx`},
		{"lone low surrogate", `\uDE00\uD83D`, `\ude00\ud83d`},
		{"bytes that are no UTF-8", "\xff\xe5\xbc", `\udcff\udce5\udcbc`},
		{"a byte that would make a pair", "\\ud83d\xff\xfe", `\ud83d` + "\ufffd" + `\udcfe`},
		{"the replacement character itself", "\ufffd", "\ufffd"},
	}
	for _, tt := range tests {
		got := string(canonical([]byte(tt.raw)))
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
		if again := string(canonical([]byte(got))); again != got {
			t.Errorf("%s: made canonical again: %s", tt.name, again)
		}
		if !json.Valid([]byte(`"`+got+`"`)) || !utf8.ValidString(got) {
			t.Errorf("%s: %s is no valid JSON text", tt.name, got)
		}
	}
}

func TestDecode_KeepsTextsApart(t *testing.T) {
	tests := []struct{ canon, want string }{
		{`a`, "a"},
		{`\"\\\n\u2028é😀`, "\"\\\n\u2028é😀"},
		{`\ud83d`, `\ud83d`}, // not U+FFFD, which any other lone surrogate would be too
		{`\ude00`, `\ude00`},
	}
	for _, tt := range tests {
		if got := decode([]byte(tt.canon)); got != tt.want {
			t.Errorf("decode(%s) = %q, want %q", tt.canon, got, tt.want)
		}
	}
}

func TestEncode_UndoesDecode(t *testing.T) {
	for _, s := range []string{"", "media/a/b.mp3", "\"\\\b\f\n\r\t\x01", "中文😀", "\u0085\u2028"} {
		if got := decode(encode(s)); got != s {
			t.Errorf("decode(encode(%q)) = %q", s, got)
		}
	}
	if got, want := string(encode("a\xff")), `a\udcff`; got != want {
		t.Errorf("encode of a byte that is no UTF-8: %s, want %s", got, want)
	}
}
