package archive_test

import (
	"strings"
	"testing"
	"unicode"

	"cdrvault/archive"
)

func TestEscapeSession(t *testing.T) {
	tests := []struct{ id, want string }{
		{"", "~"},
		{"~", "~7E"},
		{"5a3b-77_c.1", "5a3b-77_c.1"},
		{".", "~2E"},
		{"..", "~2E~2E"},
		{"a..b", "a.~2Eb"},
		{"../../etc", "~2E~2E~2F.~2E~2Fetc"},
		{"a/b", "a~2Fb"},
		{"a b", "a~20b"},
		{"a\nb", "a~0Ab"},
		{"中", "~E4~B8~AD"},
		{"\xff", "~FF"},
		{strings.Repeat("x", 200), strings.Repeat("x", 200)},
	}
	for _, test := range tests {
		if got := archive.EscapeSession(test.id); got != test.want {
			t.Errorf("EscapeSession(%q) = %q, want %q", test.id, got, test.want)
		}
	}
	long := archive.EscapeSession(strings.Repeat("x", 201))
	if len(long) != 200 || !strings.Contains(long, "~~") {
		t.Errorf("a long id becomes %q of %d bytes", long, len(long))
	}
}

// Whatever two ids are, they share no key, and no key is odd.
func FuzzEscapeSession(f *testing.F) {
	for _, id := range []string{"", "~", "a", "A", ".", "..", "a..b", "a/b", "~~", "中文", strings.Repeat("x", 201), strings.Repeat("..", 99)} {
		f.Add(id, id+"~")
		f.Add(id, archive.EscapeSession(id))
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := archive.EscapeSession(a), archive.EscapeSession(b)
		if (a == b) != (x == y) {
			t.Errorf("%q and %q become %q and %q", a, b, x, y)
		}
		if x == "" || len(x) > 200 || strings.Contains(x, "..") || strings.HasPrefix(x, ".") || strings.ContainsFunc(x, odd) {
			t.Errorf("%q becomes %q", a, x)
		}
	})
}

// odd tells what has no place in a segment of a key.
func odd(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.~", r)
}
