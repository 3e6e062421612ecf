package cdr

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
)

// A link is a bearer secret in its query, and for some hosts in its path. What a row keeps of one is where it led and
// the name of the file: https://host/…/name.mp3. Everything here works on canonical text, and cuts only at characters
// that no escape contains.

// dropped stands for what was taken out of a link.
const dropped = "…"

// maxName bounds file names that are kept; what is longer may be a token.
const maxName = 128

// extensions are those of media files that are kept in keys.
var extensions = []string{"mp3", "wav", "amr", "m4a", "ogg", "json", "txt"}

// link is a text that holds a link, cut into parts.
type link struct {
	before []byte // the scheme, and whatever precedes it
	host   []byte // with its port, without user info
	path   []byte // from the first slash to the query or the fragment
}

// cut finds a link in s: whatever follows the first "://", or a "//" at the start.
func cut(s []byte) (link, bool) {
	before, rest, found := bytes.Cut(s, []byte("://"))
	if !found {
		if before, rest = nil, bytes.TrimPrefix(s, []byte("//")); len(rest) == len(s) {
			return link{}, false
		}
	}
	if end := bytes.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end]
	}
	host, path := rest, []byte(nil)
	if end := bytes.IndexAny(rest, `/\`); end >= 0 {
		host, path = rest[:end], rest[end:]
	}
	host = host[bytes.LastIndexByte(host, '@')+1:]
	// A password may hold a slash: what stands before the colon is then a user's name, and what follows is not the path.
	secret := bytes.ContainsRune(host, ':') && bytes.ContainsRune(path, '@')
	if !isHost(host) || secret {
		host, path = []byte(dropped), nil
	}
	return link{before: before, host: host, path: path}, true
}

func (l link) isWeb() bool {
	return bytes.EqualFold(l.before, []byte("http")) || bytes.EqualFold(l.before, []byte("https"))
}

// with answers with the link to another path on the same host.
func (l link) with(path []byte) []byte {
	slashes := "://"
	if l.before == nil {
		slashes = "//"
	}
	return slices.Concat(l.before, []byte(slashes), l.host, path)
}

// reduced is the link without its folders, and without its last segment too where that is not plainly a file's name.
func (l link) reduced() []byte {
	if len(l.path) <= 1 {
		return l.with(l.path)
	}
	last := bytes.LastIndexByte(l.path, '/')
	name := l.path[last+1:]
	switch {
	case !isFileName(name):
		return l.with([]byte("/" + dropped))
	case last > 0:
		return l.with([]byte("/" + dropped + "/" + string(name)))
	default:
		return l.with(l.path)
	}
}

// reduceMedia takes the secrets out of a media link. A text that is no link at all (the document's samples say "abc")
// stays where it is one plain word; anything else could be a token or a link without its scheme, and is dropped.
func reduceMedia(s []byte) []byte {
	if l, ok := cut(s); ok && (l.isWeb() || l.before == nil) {
		return l.reduced()
	}
	if len(s) == 0 || isWord(s) {
		return s
	}
	return []byte(dropped)
}

// reduce takes the secrets out of a field that may hold any link. A link to a media host is reduced, and media tells
// so; another one loses user info, query and fragment; other text stays.
func reduce(s []byte, isMedia func(host string) bool) (reduced []byte, media bool) {
	l, ok := cut(s)
	if !ok {
		return s, false
	}
	media = isMedia(strings.ToLower(string(l.host)))
	if media || bytes.Contains(l.path, []byte("://")) {
		return l.reduced(), media
	}
	return l.with(l.path), false
}

// extension is that of the link's file name, in lower case, where it is one of a media file; otherwise usual.
func extension(s []byte, usual string) string {
	if l, ok := cut(s); ok {
		s = l.path
	}
	name := s[bytes.LastIndexByte(s, '/')+1:]
	if dot := bytes.LastIndexByte(name, '.'); dot >= 0 {
		if ext := strings.ToLower(string(name[dot+1:])); slices.Contains(extensions, ext) {
			return ext
		}
	}
	return usual
}

// isFileName tells a plain word with a plain extension.
func isFileName(s []byte) bool {
	dot := bytes.LastIndexByte(s, '.')
	if !isWord(s) || dot < 1 {
		return false
	}
	ext := s[dot+1:]
	return 1 <= len(ext) && len(ext) <= 5 && ext[0] > '9'
}

// isWord tells letters, digits, '-', '_' and '.'.
func isWord(s []byte) bool {
	return len(s) <= maxName && !bytes.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' && r != '.'
	})
}

// isHost tells a name or an address, with or without a port. A colon at the end belongs to another link.
func isHost(s []byte) bool {
	if colon := bytes.LastIndexByte(s, ':'); colon > bytes.LastIndexByte(s, ']') && len(bytes.Trim(s[colon+1:], "0123456789")) > 0 {
		return false // user:password
	}
	return !bytes.HasSuffix(s, []byte{':'}) && !bytes.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.:[]", r)
	})
}
