package cdr

import (
	"bytes"
	"fmt"
	"slices"
)

// Merge unites two canonical lines of one call into a third: nothing that the lake has is lost to a later, poorer
// answer, and what really changed is taken.
//
//   - A field that is absent or empty (null, "", {}, [] or an array of those) in new keeps old's value.
//   - Objects are united field by field; arrays of objects and of media links element by element, where old's longer
//     tail stays. Elements are told by their position, as keys of media files are.
//   - Other arrays, texts, numbers (0 is a value) and literals are new's.
//   - The key of an archived file is not given up for a reduced link, which is what new has when the kind is no
//     longer copied.
//   - Names that differ only in case are one field.
//
// changed tells whether line differs from old. Uniting again changes nothing: Merge(a, a) is a, and
// Merge(Merge(a, b), b) is Merge(a, b). The error wraps ErrInvalid.
func Merge(old, new []byte) (line []byte, changed bool, err error) {
	p, was, err := parse(old)
	if err != nil {
		return nil, false, fmt.Errorf("merge into the archived line: %w", err)
	}
	defer p.release()
	if bytes.Equal(old, new) {
		return old, false, nil
	}
	q, is, err := parse(new)
	if err != nil {
		return nil, false, fmt.Errorf("merge the line: %w", err)
	}
	defer q.release()
	tidy(was)
	tidy(is)
	line = unite(was, is).line()
	return line, !bytes.Equal(line, old), nil
}

// unite makes one value of two, under old's name.
func unite(old, new *node) *node {
	switch {
	case isEmpty(new), losesKey(old, new):
		return old
	case old.kind == object && new.kind == object:
		new.kids = uniteMembers(old.kids, new.kids)
	case old.kind == array && new.kind == array && byPosition(old, new):
		new.kids = uniteElements(old, new)
	}
	new.name = old.name
	return new
}

// uniteMembers joins two objects, of which neither has two names that differ only in case.
func uniteMembers(old, new []*node) []*node {
	slices.SortFunc(old, byFold)
	slices.SortFunc(new, byFold)
	whole := make([]*node, 0, len(old)+len(new))
	for len(old) > 0 && len(new) > 0 {
		switch order := byFold(old[0], new[0]); {
		case order < 0:
			whole, old = append(whole, old[0]), old[1:]
		case order > 0:
			whole, new = append(whole, new[0]), new[1:]
		default:
			name := slices.MinFunc([]*node{old[0], new[0]}, byClaim).name
			m := unite(old[0], new[0])
			m.name = name
			whole, old, new = append(whole, m), old[1:], new[1:]
		}
	}
	whole = append(append(whole, old...), new...)
	slices.SortFunc(whole, byName)
	return whole
}

// uniteElements joins two arrays by position.
func uniteElements(old, new *node) []*node {
	whole := slices.Clone(new.kids)
	for i, e := range old.kids {
		if i == len(whole) {
			return append(whole, old.kids[i:]...)
		}
		e.name = old.name // so that elements of media links are known as such
		whole[i] = unite(e, whole[i])
	}
	return whole
}

// byPosition tells arrays whose elements are things of their own: objects and media links. An empty element says
// nothing against it.
func byPosition(old, new *node) bool {
	if isMediaName(old.name) {
		return true
	}
	for _, e := range slices.Concat(old.kids, new.kids) {
		if e.kind != object && !isEmpty(e) {
			return false
		}
	}
	return true
}

// isEmpty tells values that say nothing: null, "", {}, and arrays of nothing else.
func isEmpty(n *node) bool {
	switch n.kind {
	case nothing:
		return true
	case text:
		return len(n.text) == 0
	case object:
		return len(n.kids) == 0
	case array:
		return !slices.ContainsFunc(n.kids, func(e *node) bool { return !isEmpty(e) })
	default:
		return false
	}
}

// losesKey tells a media field in which old has the key of a file and new has none.
func losesKey(old, new *node) bool {
	return isMediaName(old.name) && old.kind == text && new.kind == text && isKey(old.text) && !isKey(new.text)
}

// isKey tells a key from what else may stand in a media field: it has folders and is no link.
func isKey(s []byte) bool {
	_, isLink := cut(s)
	return !isLink && bytes.IndexByte(s, '/') >= 0
}
