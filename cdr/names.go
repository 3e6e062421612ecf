package cdr

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Readers that ignore case (Spark, Hive, DuckDB) take UUI and Uui for one column. So no object of a line has two
// names that differ only in case: of such twins one keeps its name, and each other value that differs gets a name of
// its own, Uui_2. The name kept is the one this package reads (SessionId before SESSIONID), else the first in byte
// order; of a name that is there twice, the last value, which is what parsers read. Spares do not depend on the order
// in which twins of different names come.

// known are the names that rules ask for. They keep their name before any twin.
var known = map[string]bool{
	"SessionId": true, "RecordId": true, "Time": true, "Duration": true, "AsrStatus": true, "archive": true,
	"RecordURL": true, "AsrUrl": true, "ServeParticipants": true, "CustomRecordURL": true,
	"VoicemailRecordURL": true, "VoicemailAsrURL": true,
}

// tidy puts the members of every object in byte order of their names and parts twins.
func tidy(n *node) {
	for _, kid := range n.kids {
		tidy(kid)
	}
	if n.kind != object {
		return
	}
	if mayHaveTwins(n.kids) {
		n.kids = part(n.kids)
	}
	slices.SortFunc(n.kids, byName)
}

// mayHaveTwins is the quick look that nearly every object ends with: it sees all twins, and others too where a name
// is not plain ASCII or two hashes meet.
func mayHaveTwins(kids []*node) bool {
	var seen [128]uint64
	for _, kid := range kids {
		hash := uint32(2166136261) // FNV-1a
		for _, c := range kid.name {
			if c >= utf8.RuneSelf {
				return true
			}
			hash = (hash ^ uint32(c|0x20)) * 16777619
		}
		hash ^= hash >> 16
		word, bit := hash>>6%128, uint64(1)<<(hash%64)
		if seen[word]&bit != 0 {
			return true
		}
		seen[word] |= bit
	}
	return false
}

func byName(a, b *node) int { return bytes.Compare(a.name, b.name) }

// byFold orders names as if they had no case.
func byFold(a, b *node) int {
	x, y := a.name, b.name
	for len(x) > 0 && len(y) > 0 {
		r, n := foldNext(x)
		s, m := foldNext(y)
		if r != s {
			return cmp.Compare(r, s)
		}
		x, y = x[n:], y[m:]
	}
	return cmp.Compare(len(x), len(y))
}

func foldNext(name []byte) (rune, int) {
	if c := name[0]; c < utf8.RuneSelf {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		return rune(c), 1
	}
	r, size := utf8.DecodeRune(name)
	return foldRune(r), size
}

// foldRune answers with the same rune for all that strings.EqualFold or lower-casing would make one.
func foldRune(r rune) rune {
	r = unicode.ToLower(r)
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return unicode.ToLower(least)
}

// fold answers with the name that all twins of name share.
func fold(name []byte) string {
	var dst []byte
	for len(name) > 0 {
		r, size := foldNext(name)
		dst, name = utf8.AppendRune(dst, r), name[size:]
	}
	return string(dst)
}

// part resolves the twins among an object's members.
func part(kids []*node) []*node {
	slices.SortStableFunc(kids, byFold)
	taken := make(map[string]bool, len(kids))
	kept := make([]*node, 0, len(kids))
	var spare []*node
	for len(kids) > 0 {
		n := 1
		for n < len(kids) && byFold(kids[0], kids[n]) == 0 {
			n++
		}
		first, rest := choose(kids[:n])
		kept, spare = append(kept, first), append(spare, rest...)
		taken[fold(first.name)] = true
		kids = kids[n:]
	}
	for _, s := range spare {
		s.name = freeName(s.name, taken)
		kept = append(kept, s)
	}
	return kept
}

// choose tells which of some twins keeps its name, and which of the others differ from it and from each other.
func choose(twins []*node) (first *node, rest []*node) {
	if len(twins) == 1 {
		return twins[0], nil
	}
	slices.SortStableFunc(twins, byClaim)
	last := 0
	for last+1 < len(twins) && byName(twins[last+1], twins[0]) == 0 {
		last++
	}
	first = twins[last]
	seen := map[string]bool{string(first.append(nil, nil)): true}
	for _, t := range twins {
		if value := string(t.append(nil, nil)); !seen[value] {
			seen[value] = true
			rest = append(rest, t)
		}
	}
	return first, rest
}

// byClaim orders twins by who keeps the name: those that rules ask for first.
func byClaim(a, b *node) int {
	if known[string(a.name)] != known[string(b.name)] {
		if known[string(a.name)] {
			return -1
		}
		return 1
	}
	return byName(a, b)
}

// freeName makes a name that is no twin of any taken one, and takes it.
func freeName(name []byte, taken map[string]bool) []byte {
	for i := 2; ; i++ {
		free := strconv.AppendInt(append(slices.Clip(name), '_'), int64(i), 10)
		if !taken[fold(free)] {
			taken[fold(free)] = true
			return free
		}
	}
}

// baseName strips what freeName adds, so that a rule for a name holds for its spares as well.
func baseName(name []byte) []byte {
	end := len(name)
	for i := end - 1; i > 0 && name[i] <= '9' && name[i] >= '0'; i-- {
		if name[i-1] == '_' {
			return baseName(name[:i-1])
		}
	}
	return name
}
