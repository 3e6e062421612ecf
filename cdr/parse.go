package cdr

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrInvalid marks input that is no JSON object. The errors that wrap it never quote the input.
var ErrInvalid = errors.New("no JSON object")

// Parsers and line buffers are used again: a record is small, and there are many.
var (
	parsers = sync.Pool{New: func() any { return new(parser) }}
	buffers = sync.Pool{New: func() any { return new([]byte) }}
)

// parser builds the tree of JSON that is known to be valid, so it has no errors of its own. The tree lies in the
// parser and points into its input: both must stay as they are until release.
type parser struct {
	src   []byte
	pos   int
	nodes []node  // room for the tree
	open  []*node // values read so far of the lists that are not closed yet
	lists []*node // room for the lists that are
}

// parse reads one JSON object. The caller releases p when done with root.
func parse(raw []byte) (p *parser, root *node, err error) {
	p = parsers.Get().(*parser)
	if jsontext.Value(raw).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
		p.src, p.pos = raw, 0
		root = p.value()
	}
	if root == nil || root.kind != object {
		p.release()
		return nil, nil, fmt.Errorf("read a record of %d bytes: %w", len(raw), ErrInvalid)
	}
	return p, root, nil
}

func (p *parser) release() {
	p.src, p.nodes, p.open, p.lists = nil, p.nodes[:0], p.open[:0], p.lists[:0]
	parsers.Put(p)
}

// add puts v into the tree. Where nodes grows, what was added before stays where it is, in the array before.
func (p *parser) add(v node) *node {
	p.nodes = append(p.nodes, v)
	return &p.nodes[len(p.nodes)-1]
}

func (p *parser) value() *node {
	switch c := p.next(); c {
	case object, array:
		return p.add(node{kind: c, kids: p.list(c)})
	case text:
		return p.add(node{kind: text, text: p.text()})
	default:
		return p.add(p.scalar())
	}
}

// next skips what only separates, and answers with the byte that follows.
func (p *parser) next() byte {
	for {
		switch c := p.src[p.pos]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			p.pos++
		default:
			return c
		}
	}
}

// list reads the members or elements between brackets.
func (p *parser) list(kind byte) []*node {
	p.pos++
	end, from := closing(kind), len(p.open)
	for p.next() != end {
		var name []byte
		if kind == object {
			name = p.text()
		}
		v := p.value()
		v.name = name
		p.open = append(p.open, v)
	}
	p.pos++
	start := len(p.lists)
	p.lists = append(p.lists, p.open[from:]...)
	p.open = p.open[:from]
	return slices.Clip(p.lists[start:])
}

// listOf makes a list of values that are in the tree already.
func (p *parser) listOf(values ...*node) []*node {
	start := len(p.lists)
	p.lists = append(p.lists, values...)
	return slices.Clip(p.lists[start:])
}

// text reads a string and answers with its canonical text.
func (p *parser) text() []byte {
	p.pos++
	start := p.pos
	for {
		p.pos += bytes.IndexByte(p.src[p.pos:], '"') + 1
		if body := p.src[start : p.pos-1]; !endsEscaping(body) {
			return canonical(body)
		}
	}
}

// endsEscaping tells whether the quote after body is escaped: by an odd number of backslashes.
func endsEscaping(body []byte) bool {
	n := 0
	for n < len(body) && body[len(body)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// scalar reads a number, true, false or null.
func (p *parser) scalar() node {
	start := p.pos
	for p.pos < len(p.src) && isScalar(p.src[p.pos]) {
		p.pos++
	}
	v := node{kind: p.src[start], text: p.src[start:p.pos]}
	if v.kind == '-' || '0' <= v.kind && v.kind <= '9' {
		v.kind = number
	}
	return v
}

// isScalar tells bytes of numbers and literals from what may follow them.
func isScalar(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || c == '.' || c == '-' || c == '+' || c == 'E'
}
