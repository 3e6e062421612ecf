package cdr

import (
	"slices"
	"strconv"
)

// Normalize turns the API's JSON of one call into its canonical line: members sorted by name, numbers as sent, text
// in one spelling, twins parted, links turned into keys, and the archive object added. It is safe for concurrent use
// if the Normalizer's functions are. Normalising a line again gives the same line, as long as Key and Kinds say the
// same and a key ends in the file's name.
//
// The only error is ErrInvalid. raw is not kept.
func (n *Normalizer) Normalize(raw []byte) (Record, error) {
	p, root, err := parse(raw)
	if err != nil {
		return Record{}, err
	}
	defer p.release()
	n.stamp(root)
	tidy(root)
	rec := facts(root)
	w := linker{Normalizer: n, id: rec.ID}
	w.call(root)
	rec.Files, rec.UnknownLinks = w.found()
	rec.Line = root.line()
	return rec, nil
}

// stamp adds the archive object, in the place of one that an earlier run added. It comes last and under a known name,
// so that it keeps that name before anything that the API calls archive.
func (n *Normalizer) stamp(root *node) {
	kids := slices.DeleteFunc(root.kids, isStamp)
	root.kids = append(kids, &node{name: []byte("archive"), kind: object, kids: []*node{
		{name: []byte("schema"), kind: number, text: strconv.AppendInt(nil, Schema, 10)},
		{name: []byte("sdk_app_id"), kind: text, text: encode(n.App)},
		{name: []byte("window"), kind: text, text: encode(n.Window)},
	}})
}

// isStamp recognises the archive object of any run by its name and form.
func isStamp(m *node) bool {
	if string(m.name) != "archive" || m.kind != object || len(m.kids) != 3 {
		return false
	}
	schema, app, window := m.member("schema"), m.member("sdk_app_id"), m.member("window")
	return schema != nil && schema.kind == number &&
		app != nil && app.kind == text &&
		window != nil && window.kind == text
}
