package cdr

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
)

// field is a documented place of media links.
type field struct {
	kind Kind
	stem string // of the file's name
	ext  string // where the link does not tell
	many bool   // an array of links, numbered by position
}

// Media links of a call, and of each of its participants, under the names of the API's document.
var (
	ofCall = map[string]field{
		"RecordURL":          {kind: Recording, stem: "recording", ext: "mp3"},
		"AsrUrl":             {kind: ASR, stem: "asr", ext: "json"},
		"VoicemailRecordURL": {kind: Voicemail, stem: "voicemail", ext: "mp3", many: true},
		"VoicemailAsrURL":    {kind: VoicemailASR, stem: "voicemail-asr", ext: "json", many: true},
		"CustomRecordURL":    {kind: Custom, stem: "custom", ext: "mp3"},
	}
	ofParticipant = map[string]field{
		"RecordURL":       {kind: Participant, stem: "participant", ext: "mp3"},
		"CustomRecordURL": {kind: Custom, stem: "custom", ext: "mp3"},
	}
)

// order is the one in which a record's files are listed.
var order = map[Kind]int{Recording: 0, ASR: 1, Participant: 2, Voicemail: 3, VoicemailASR: 4, Custom: 5}

// linker walks one record and takes its links away.
type linker struct {
	*Normalizer
	id      string
	path    [][]byte // names from the record down to where the walk is
	files   []File
	unknown []string
}

// found answers with what the walk saw, in an order that does not depend on it.
func (w *linker) found() ([]File, []string) {
	slices.SortFunc(w.files, func(a, b File) int {
		return cmp.Or(cmp.Compare(order[a.Kind], order[b.Kind]), cmp.Compare(a.Index, b.Index), cmp.Compare(a.Name, b.Name))
	})
	slices.Sort(w.unknown)
	return w.files, slices.Compact(w.unknown)
}

// call walks the record itself.
func (w *linker) call(root *node) {
	for _, m := range root.kids {
		f, documented := ofCall[string(m.name)]
		switch {
		case documented && f.many:
			w.numbered(m, f)
		case documented:
			w.media(m, f, f.stem, 0)
		case string(m.name) == "ServeParticipants" && m.kind == array:
			w.participants(m)
		default:
			w.member(m)
		}
	}
}

// participants walks ServeParticipants. A participant's number is its position.
func (w *linker) participants(list *node) {
	for i, seat := range list.kids {
		seat.name = list.name
		w.inner(seat, func(m *node) {
			if f, documented := ofParticipant[string(m.name)]; documented {
				w.media(m, f, f.stem+"-"+strconv.Itoa(i), i)
			} else {
				w.member(m)
			}
		})
	}
}

// numbered takes the links of an array; a link without its array counts as an array of one.
func (w *linker) numbered(m *node, f field) {
	if m.kind != array {
		w.media(m, f, f.stem+"-0", 0)
		return
	}
	for i, e := range m.kids {
		e.name = m.name
		w.media(e, f, f.stem+"-"+strconv.Itoa(i), i)
	}
}

// media puts the file's key in the place of a link, or the reduced link where the kind is not copied. A value of
// another form than the document says is searched for links.
func (w *linker) media(m *node, f field, stem string, index int) {
	switch {
	case m.kind != text:
		w.links(m, true)
	case len(m.text) == 0:
	case w.Kinds[f.kind]:
		name := stem + "." + extension(m.text, f.ext)
		w.files = append(w.files, File{Kind: f.kind, Index: index, Name: name, Link: decode(m.text)})
		m.text = encode(w.Key(w.id, name))
	default:
		m.text = reduceMedia(m.text)
	}
}

// member walks a field that is no documented media link.
func (w *linker) member(m *node) {
	switch {
	case isLinkName(m.name):
		w.links(m, isMediaName(m.name))
	case m.kind == object || m.kind == array:
		w.inner(m, w.member)
	}
}

// links reduces each link in or under m. A field with the name of a media link, in another case or place, is media
// whatever the host.
func (w *linker) links(m *node, media bool) {
	switch m.kind {
	case text:
		reduced, atMediaHost := reduce(m.text, w.Media)
		if atMediaHost {
			w.unknown = append(w.unknown, string(bytes.Join(append(w.path, m.name), []byte{'.'})))
		}
		if media {
			reduced = reduceMedia(m.text)
		}
		m.text = reduced
	case object, array:
		w.inner(m, func(kid *node) { w.links(kid, media) })
	}
}

// inner walks the values inside m. Elements of an array go by the array's own name.
func (w *linker) inner(m *node, walk func(*node)) {
	if m.kind == object {
		w.path = append(w.path, m.name)
		defer func() { w.path = w.path[:len(w.path)-1] }()
	}
	for _, kid := range m.kids {
		if m.kind == array {
			kid.name = m.name
		}
		walk(kid)
	}
}

// isLinkName tells fields that hold links by their name: it ends in url, in any case.
func isLinkName(name []byte) bool {
	base := baseName(name)
	return len(base) >= 3 && bytes.EqualFold(base[len(base)-3:], []byte("url"))
}

// isMediaName tells the API's names of media links in any case.
func isMediaName(name []byte) bool {
	base := baseName(name)
	for media := range ofCall {
		if bytes.EqualFold(base, []byte(media)) {
			return true
		}
	}
	return false
}
