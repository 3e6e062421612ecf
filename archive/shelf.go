package archive

import (
	"maps"
	"slices"
	"strconv"
)

// shelf is what the bucket has of a window's rows, or of its index.
type shelf struct {
	first string          // key of the object without a number
	parts int             // into how many parts the window's time is cut
	held  map[string]held // by key
}

// held is a rows or index object as the bucket has it.
type held struct {
	content *Content // its ContentSHA256 is empty where its story is wrong
	state   string   // rows only: metadata that changes while the lines do not
	owed    string
	parts   string
}

// heldBy gives what the metadata of an object tell.
func heldBy(c *Content, meta map[string]string) held {
	return held{content: c, state: meta[metaState], owed: meta[metaOwed], parts: meta[metaParts]}
}

// sameStory tells whether two objects have the same lines and the same metadata.
func (h held) sameStory(o held) bool {
	return h.content.ContentSHA256 == o.content.ContentSHA256 && h.state == o.state && h.owed == o.owed && h.parts == o.parts
}

// shelve gives the shelf that a manifest tells of; like is the story of its objects.
func shelve(parts int, all []*Content, like held) shelf {
	s := shelf{parts: max(parts, 1), held: map[string]held{}}
	if len(all) > 0 {
		s.first = all[0].Key
	}
	if s.parts > 1 {
		like.parts = strconv.Itoa(s.parts)
	}
	for _, c := range all {
		like.content = c
		s.held[c.Key] = like
	}
	return s
}

// widen makes sure that the shelf has room for an object that was found: the window's time is cut at least as its number and
// its story tell.
func (s *shelf) widen(key string, h held) {
	n, _ := number(s.first, key)
	told, _ := strconv.Atoi(h.parts)
	for s.parts <= n || s.parts < min(told, mostParts) {
		s.parts *= 2
	}
}

// content gives what a manifest says of the shelf.
func (s shelf) content() (first *Content, more []*Content) {
	for _, key := range slices.Sorted(maps.Keys(s.held)) {
		if key == s.first {
			first = s.held[key].content
		} else {
			more = append(more, s.held[key].content)
		}
	}
	return first, more
}

// holds tells whether the shelf has just these objects, by their lines.
func (s shelf) holds(parts []part) bool {
	return len(parts) == len(s.held) && !slices.ContainsFunc(parts, func(p part) bool {
		h, ok := s.held[p.key]
		return !ok || h.content.ContentSHA256 != p.digest
	})
}
