package cdr

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Canonical text is the body of a JSON string in the one spelling that the lake uses:
//
//   - characters stand for themselves; only ", \ and control characters are escaped, as JSON's short forms where
//     they exist. U+0085, U+2028 and U+2029 are escaped too, because some readers of lines end a line there.
//   - a lone surrogate (a text cut inside an emoji) keeps its escape, \ud83d: there is no character for it.
//   - a byte that is no UTF-8 becomes the lone surrogate U+DC00 + byte, \udcff, as in Python's surrogateescape: the
//     line is valid and the byte is not lost. Right after a lone high surrogate, with which that would make a pair,
//     it becomes U+FFFD.
//
// Each text has one canonical form, and a canonical text is its own.

// canonical answers with the canonical text of a valid JSON string's body: raw itself where that is its own.
func canonical(raw []byte) []byte {
	if isCanonical(raw) {
		return raw
	}
	dst := make([]byte, 0, len(raw)+16)
	var last rune
	for len(raw) > 0 {
		r, size := nextRune(raw)
		if isHigh(last) && isLow(r) {
			r = utf8.RuneError
		}
		dst, raw, last = appendRune(dst, r), raw[size:], r
	}
	return dst
}

// isCanonical tells texts without an escape or an odd character, which are nearly all; other canonical texts are
// rewritten to themselves.
func isCanonical(raw []byte) bool {
	ascii := true
	for _, c := range raw {
		if c == '\\' {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	if ascii {
		return true
	}
	return utf8.Valid(raw) && !bytes.Contains(raw, []byte("\u0085")) &&
		!bytes.Contains(raw, []byte("\u2028")) && !bytes.Contains(raw, []byte("\u2029"))
}

// nextRune reads one character of a JSON string's body, escaped or not. A lone surrogate is itself; a byte that is
// no UTF-8 is U+DC00 + byte.
func nextRune(raw []byte) (r rune, size int) {
	if raw[0] != '\\' {
		r, size = utf8.DecodeRune(raw)
		if r == utf8.RuneError && size == 1 {
			r = 0xdc00 + rune(raw[0])
		}
		return r, size
	}
	if raw[1] != 'u' {
		const letters, values = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
		return rune(values[strings.IndexByte(letters, raw[1])]), 2
	}
	r = hex4(raw[2:])
	if isHigh(r) && len(raw) >= 12 && raw[6] == '\\' && raw[7] == 'u' {
		if low := hex4(raw[8:]); isLow(low) {
			return (r-0xd800)<<10 + (low - 0xdc00) + 0x10000, 12
		}
	}
	return r, 6
}

func hex4(digits []byte) rune {
	v, _ := strconv.ParseUint(string(digits[:4]), 16, 16) // valid JSON has four digits here
	return rune(v)
}

// appendRune writes r as canonical text.
func appendRune(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\b', '\f', '\n', '\r', '\t':
		return append(dst, '\\', "btn_fr"[r-'\b'])
	}
	if r < ' ' || r == 0x85 || r == 0x2028 || r == 0x2029 || isHigh(r) || isLow(r) {
		const digits = "0123456789abcdef"
		return append(dst, '\\', 'u', digits[r>>12], digits[r>>8&15], digits[r>>4&15], digits[r&15])
	}
	return utf8.AppendRune(dst, r)
}

func isHigh(r rune) bool { return 0xd800 <= r && r < 0xdc00 }
func isLow(r rune) bool  { return 0xdc00 <= r && r < 0xe000 }

// decode answers with the characters that a canonical text stands for. A lone surrogate stays an escape, so that two
// texts never become one.
func decode(canon []byte) string {
	if bytes.IndexByte(canon, '\\') < 0 {
		return string(canon)
	}
	dst := make([]byte, 0, len(canon))
	for len(canon) > 0 {
		r, size := nextRune(canon)
		if isHigh(r) || isLow(r) {
			dst = append(dst, canon[:size]...)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
		canon = canon[size:]
	}
	return string(dst)
}

// encode answers with the canonical text of characters.
func encode(s string) []byte {
	if isPlain(s) {
		return []byte(s)
	}
	dst := make([]byte, 0, len(s)+16)
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 {
			r = 0xdc00 + rune(s[0])
		}
		dst, s = appendRune(dst, r), s[size:]
	}
	return dst
}

// isPlain tells characters that are their own canonical text at sight, as those of nearly all keys are.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
