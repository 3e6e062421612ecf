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
	n.stamp(p, root)
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
func (n *Normalizer) stamp(p *parser, root *node) {
	fields := p.listOf(
		p.add(node{name: stampSchema, kind: number, text: schema}),
		p.add(node{name: stampApp, kind: text, text: encode(n.App)}),
		p.add(node{name: stampWindow, kind: text, text: encode(n.Window)}),
	)
	mark := p.add(node{name: stampName, kind: object, kids: fields})
	start := len(p.lists)
	p.lists = append(append(p.lists, slices.DeleteFunc(root.kids, isStamp)...), mark)
	root.kids = slices.Clip(p.lists[start:])
}

// The archive object's names and its version. Nothing writes to them: the walk renames elements of arrays only.
var (
	stampName   = []byte("archive")
	stampSchema = []byte("schema")
	stampApp    = []byte("sdk_app_id")
	stampWindow = []byte("window")
	schema      = strconv.AppendInt(nil, Schema, 10)
)

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
