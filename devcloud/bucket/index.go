package bucket

import (
	"slices"
	"sort"
	"strings"
)

// index knows every object, and their keys in order. Its user holds the lock.
type index struct {
	objects map[string]Object
	keys    []string // ascending by bytes
}

func newIndex(objects []Object) index {
	x := index{objects: make(map[string]Object, len(objects)), keys: make([]string, 0, len(objects))}
	for _, o := range objects {
		x.objects[o.Key] = o
		x.keys = append(x.keys, o.Key)
	}
	slices.Sort(x.keys)
	return x
}

func (x *index) set(o Object) {
	if _, ok := x.objects[o.Key]; !ok {
		i, _ := slices.BinarySearch(x.keys, o.Key)
		x.keys = slices.Insert(x.keys, i, o.Key)
	}
	x.objects[o.Key] = o
}

func (x *index) remove(key string) {
	if i, ok := slices.BinarySearch(x.keys, key); ok {
		x.keys = slices.Delete(x.keys, i, i+1)
		delete(x.objects, key)
	}
}

// page is one answer of a listing.
type page struct {
	objects  []Object
	prefixes []string // what the delimiter folded together
	next     string   // the last entry, where there are more; else empty
}

// page lists the keys with the prefix that come after the marker, at most limit entries. A key that has the delimiter
// behind the prefix is folded into the part up to there, which is one entry; a marker that is such a part passes over
// all its keys.
func (x *index) page(prefix, delimiter, marker string, limit int) page {
	var p page
	last := ""
	i := sort.Search(len(x.keys), func(i int) bool { return x.keys[i] >= prefix && x.keys[i] > marker })
	for i < len(x.keys) && strings.HasPrefix(x.keys[i], prefix) {
		entry, folded := fold(x.keys[i], prefix, delimiter)
		if entry != marker {
			if len(p.objects)+len(p.prefixes) == limit {
				p.next = last
				return p
			}
			last = entry
			if folded {
				p.prefixes = append(p.prefixes, entry)
			} else {
				p.objects = append(p.objects, x.objects[entry])
			}
		}
		i++
		if folded {
			i += sort.Search(len(x.keys)-i, func(j int) bool { return !strings.HasPrefix(x.keys[i+j], entry) })
		}
	}
	return p
}

// fold is the entry that a key appears as.
func fold(key, prefix, delimiter string) (entry string, folded bool) {
	if delimiter == "" {
		return key, false
	}
	head, _, ok := strings.Cut(key[len(prefix):], delimiter)
	if !ok {
		return key, false
	}
	return prefix + head + delimiter, true
}
