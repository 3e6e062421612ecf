package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"cdrvault/devcloud/bucket"
)

// object is a rows or index object. A window has several of each where it has very many calls.
type object struct {
	bucket.Object
	digest string // of the lines
	bytes  string // SHA-256 of the object
	lines  []row
}

// rows are those of a window.
type rows struct {
	calls map[string]row
	named map[string]bool // keys of the files that they name
	twice bool            // a call stands in two objects, as it may while a window is being cut into more of them
}

// row is one call in the lake, its numbers as json.Number.
type row map[string]any

func (r row) session() string { return fmt.Sprint(r["SessionId"]) }

func (r row) time() int64 {
	n, _ := r["Time"].(json.Number)
	t, _ := n.Int64()
	return t
}

// unpack unzips an object and gives its lines. It checks their form.
func (w *walker) unpack(key string, data []byte) (plain []byte, lines []row) {
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		w.complain("%s: %v", key, err)
		return data, nil
	}
	if plain, err = io.ReadAll(zip); err != nil || !zip.ModTime.IsZero() || zip.Name != "" {
		w.complain("%s: %v", key, errors.Join(err, errors.New("gzip is cut, or tells a time or a name")))
	}
	for line := range bytes.Lines(plain) {
		var compact bytes.Buffer
		one := row{}
		if err := errors.Join(parse(line, &one), json.Compact(&compact, line)); err != nil {
			w.complain("%s: line %d: %v", key, len(lines)+1, err)
		}
		if compact.String()+"\n" != string(line) {
			w.complain("%s: line %d is not compact, or does not end", key, len(lines)+1)
		}
		lines = append(lines, one)
	}
	return plain, lines
}

func parse(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(into)
}

// visitRows takes a rows object in and gives its lines.
func (w *walker) visitRows(o bucket.Object, data []byte) []byte {
	s, b := w.at(o.Key)
	plain, lines := w.unpack(o.Key, data)
	if len(lines) == 0 && o.Meta["parts"] == "" {
		w.complain("%s: has no rows", o.Key)
	}
	if !slices.IsSortedFunc(lines, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.time(), b.time()), cmp.Compare(a.session(), b.session()))
	}) {
		w.complain("%s: is not in order", o.Key)
	}
	for i, r := range lines {
		w.visitRow(o.Key, s, r)
		if i > 0 && r.session() == lines[i-1].session() {
			w.complain("%s: has a call twice", o.Key)
		}
	}
	if o.Meta["calls"] != strconv.Itoa(len(lines)) {
		w.complain("%s: its metadata tell of %s calls", o.Key, o.Meta["calls"])
	}
	b.enter(o, plain, data, lines)
	return plain
}

// enter notes an object that is new or has changed.
func (b *books) enter(o bucket.Object, plain, data []byte, lines []row) {
	b.objects[o.Key] = &object{Object: o, digest: digest(plain), bytes: digest(data), lines: lines}
	b.touched = true
}

// together makes rows and index of a window's objects, and holds them against what they were: a call or a file may go from one
// object to another, but not away.
func (w *walker) together(s span, b *books) {
	was, known := b.rows, b.index
	b.rows, b.index, b.touched = nil, nil, false
	for key, o := range b.objects {
		if strings.HasPrefix(key, "cdr/") {
			b.takeRows(o)
		} else {
			b.takeIndex(o)
		}
	}
	if was != nil {
		w.shrunk(s, was, b.rows)
	}
	if known != nil {
		w.forgotten(s, known, b.index)
	}
}

func (b *books) takeRows(o *object) {
	if b.rows == nil {
		b.rows = &rows{calls: map[string]row{}, named: map[string]bool{}}
	}
	for _, r := range o.lines {
		_, twice := b.rows.calls[r.session()]
		b.rows.twice = b.rows.twice || twice
		b.rows.calls[r.session()] = r
		names(r, b.rows.named)
	}
}

// visitRow checks that a row is a call of the world, lies where it belongs, and lies nowhere else.
func (w *walker) visitRow(key string, s span, r row) {
	c, ok := w.world.callers[r.session()]
	switch {
	case !ok || w.now().Before(c.Listed):
		w.complain("%s: has a call that the API never listed", key)
		return
	case c.span != s:
		w.complain("%s: has a call of %v", key, c.span)
	}
	if home, ok := w.homes[r.session()]; ok && home != s {
		w.complain("%s: has a call that is in %v as well", key, home)
	}
	w.homes[r.session()] = s
	w.compare(key, c, r, false)
}

// changing are the fields that the world changes in the course of time.
var changing = map[string]bool{"Remark": true, "AsrStatus": true, "AsrUrl": true}

// compare holds a row against what the API tells of its call now: value for value, with the keys of files where the API
// has links. What the API blanked since may still be filled. Fields that change are looked at only where the row has to be
// up to date.
func (w *walker) compare(key string, c *caller, r row, upToDate bool) {
	raw, err := c.record(w.now(), w.mediaHost)
	told := row{}
	if err := errors.Join(err, parse(raw, &told)); err != nil {
		w.complain("%s: %v", key, err)
		return
	}
	if uui, ok := r["Uui_2"]; ok { // names that differ only in case are parted
		r = row{"Uui": uui}.over(r)
	} else {
		r = row{"Uui": r["UUI"]}.over(r)
	}
	for name, want := range told {
		if got := r[name]; !reflect.DeepEqual(got, want) && !blank(want) && (upToDate || !changing[name]) {
			w.complain("%s: call at %d: %s is %v, the API tells %v", key, r.time(), name, got, want)
		}
	}
}

// over is r with what below has besides.
func (r row) over(below row) row {
	all := row{}
	for name, value := range below {
		all[name] = value
	}
	for name, value := range r {
		all[name] = value
	}
	return all
}

func blank(v any) bool {
	list, isList := v.([]any)
	return v == nil || v == "" || isList && len(list) == 0
}

// shrunk checks that a window whose rows were written anew has all calls and values that it had.
func (w *walker) shrunk(s span, was, is *rows) {
	for session, old := range was.calls {
		now, ok := is.calls[session]
		if !ok {
			w.complain("%v: lost a call", s)
			continue
		}
		for name, value := range old {
			if !blank(value) && blank(now[name]) {
				w.complain("%v: call at %d lost its %s", s, old.time(), name)
			}
		}
	}
}

// names collects the keys of files in v.
func names(v any, into map[string]bool) {
	switch v := v.(type) {
	case row:
		names(map[string]any(v), into)
	case map[string]any:
		for _, value := range v {
			names(value, into)
		}
	case []any:
		for _, value := range v {
			names(value, into)
		}
	case string:
		if strings.HasPrefix(v, "media/sdk_app_id=") {
			into[v] = true
		}
	}
}
