package cdr

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

// Identity answers with the ID that Normalize gives raw, for counting distinct calls. raw is a value out of JSON that was
// parsed: of anything else Identity makes some id, the same for the same bytes.
func Identity(raw []byte) string {
	if id, ok := skim(raw); ok {
		return id
	}
	p, root, err := parse(raw)
	if err != nil {
		return anonymous(raw)
	}
	defer p.release()
	return identity(root)
}

// identity is the session id; without one the record id, a UUID of its own; without either the digest of what the
// record says. Fields that change from answer to answer (links) or that only a stored line has are left out of the
// digest, so that a call has one identity before and after it is archived.
func identity(root *node) string {
	if id, ok := named(root.member("SessionId"), root.member("RecordId")); ok {
		return id
	}
	tidy(root)
	return anonymous(root.append(nil, func(name []byte) bool {
		return isLinkName(name) || fold(baseName(name)) == "archive"
	}))
}

// named is the first of some values that can be an id.
func named(values ...*node) (id string, ok bool) {
	for _, v := range values {
		if v != nil && (v.kind == text || v.kind == number) && len(v.text) > 0 {
			return decode(v.text), true
		}
	}
	return "", false
}

// anonymous makes an id of the first half of a SHA-256.
func anonymous(said []byte) string {
	sum := sha256.Sum256(said)
	return "anon-" + hex.EncodeToString(sum[:16])
}

// skim finds the id of an object in one pass over its bytes. Every call is counted before it is normalised, and building
// its tree twice would be a sixth of what a row costs. It is not ok where the id takes more than a look: a record
// without one, a name with an escape, bytes that are no object.
func skim(raw []byte) (id string, ok bool) {
	var session, record node
	s := skimmer{src: raw}
	if s.next() != object {
		return "", false
	}
	s.pos++
	for s.next() == text {
		name := s.quoted()
		if s.next() != ':' {
			return "", false
		}
		s.pos++
		switch string(name) {
		case "SessionId":
			session = s.value() // of several the last, as parsers have it
		case "RecordId":
			record = s.value()
		default:
			s.escaped = s.escaped || bytes.IndexByte(name, '\\') >= 0
			s.skip()
		}
		if s.next() == ',' {
			s.pos++
		}
	}
	if s.next() != closing(object) || s.escaped {
		return "", false
	}
	return named(&session, &record)
}

// skimmer walks over JSON that is known to be valid. On anything else it comes to an end, wherever that is.
type skimmer struct {
	src     []byte
	pos     int
	escaped bool // a name or an id has an escape, which may be a wrong one
}

// next passes over white space, and answers with the byte that follows; 0 at the end.
func (s *skimmer) next() byte {
	for ; s.pos < len(s.src); s.pos++ {
		switch c := s.src[s.pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// quoted reads a string and answers with what stands between its quotes.
func (s *skimmer) quoted() []byte {
	s.pos++
	start := s.pos
	for {
		n := bytes.IndexByte(s.src[s.pos:], '"')
		if n < 0 {
			s.pos = len(s.src)
			return nil
		}
		s.pos += n + 1
		if body := s.src[start : s.pos-1]; !endsEscaping(body) {
			return body
		}
	}
}

// value reads a string or a scalar; of an object or an array it tells only that there is one.
func (s *skimmer) value() node {
	switch c := s.next(); {
	case c == text:
		body := s.quoted()
		if s.escaped = s.escaped || bytes.IndexByte(body, '\\') >= 0; s.escaped {
			return node{}
		}
		return node{kind: text, text: canonical(body)}
	case c == '-' || '0' <= c && c <= '9':
		start := s.pos
		s.skip()
		return node{kind: number, text: s.src[start:s.pos]}
	default:
		s.skip()
		return node{kind: c}
	}
}

// skip passes over a value.
func (s *skimmer) skip() {
	switch s.next() {
	case text:
		s.quoted()
	case object, array:
		s.skipList()
	default:
		for s.pos < len(s.src) && isScalar(s.src[s.pos]) {
			s.pos++
		}
	}
}

// skipList passes over an object or an array with all that is in it.
func (s *skimmer) skipList() {
	for depth := 0; s.pos < len(s.src); {
		switch s.src[s.pos] {
		case text:
			s.quoted()
			continue
		case object, array:
			depth++
		case closing(object), closing(array):
			depth--
		}
		s.pos++
		if depth == 0 {
			return
		}
	}
}
