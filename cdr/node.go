package cdr

import (
	"bytes"
)

// The kinds of a node that rules ask for; true, false and null keep their first letter.
const (
	object  = '{'
	array   = '['
	text    = '"'
	number  = '0'
	nothing = 'n'
)

// node is one JSON value, and where it is an object's member also its name. Order and repeated names are kept as
// they came, which no map can do.
type node struct {
	kind byte
	name []byte  // canonical text without quotes; an element goes by its array's name where a rule asks for it
	text []byte  // strings: canonical text without quotes; numbers and literals: as sent
	kids []*node // members of an object, elements of an array
}

// member answers with the member called name; of several with the last, as parsers do.
func (n *node) member(name string) *node {
	for i := len(n.kids) - 1; i >= 0; i-- {
		if string(n.kids[i].name) == name {
			return n.kids[i]
		}
	}
	return nil
}

// line writes n as one line of the lake.
func (n *node) line() []byte {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	*buf = append(n.append((*buf)[:0], nil), '\n')
	return bytes.Clone(*buf)
}

// append writes n without its name. Members that omit names are left out.
func (n *node) append(dst []byte, omit func(name []byte) bool) []byte {
	switch n.kind {
	case text:
		return quote(dst, n.text)
	case object, array:
		return n.appendList(dst, omit)
	default:
		return append(dst, n.text...)
	}
}

func (n *node) appendList(dst []byte, omit func(name []byte) bool) []byte {
	dst = append(dst, n.kind)
	first := true
	for _, kid := range n.kids {
		if n.kind == object && omit != nil && omit(kid.name) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if n.kind == object {
			dst = append(quote(dst, kid.name), ':')
		}
		dst = kid.append(dst, omit)
	}
	return append(dst, closing(n.kind))
}

func quote(dst, canonical []byte) []byte {
	return append(append(append(dst, '"'), canonical...), '"')
}

// closing answers with the bracket that ends an object or an array.
func closing(kind byte) byte {
	return kind + 2 // in ASCII, } and ] come two after { and [
}
