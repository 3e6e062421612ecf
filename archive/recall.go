package archive

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"strconv"

	"cdrvault/cdr"
)

// past is what is known of a window before a run touches it.
type past struct {
	onFile         // its digest, once announced, is that of the announcement
	announced bool // the manifest in the bucket is this run's announcement (see announce.go)
	rows      shelf
	index     shelf
	archived  *rowSet // the rows themselves; nil: not read
	files     index
	fresh     bool             // nothing is known to exist: objects are created, never replaced
	owed      map[string]*Debt // those of the manifest, by key; nil: nobody asked yet
}

// recall tells what earlier runs committed. A manifest that holds is believed: it repeats the media index, and gives the digest
// of the rows. With force, or where it does not hold, the bucket itself is asked.
func (r *run) recall(ctx context.Context, t Task) (*past, error) {
	if t.Unheard && !t.Force {
		return &past{fresh: true, files: index{}}, nil
	}
	filed, err := r.manifestNow(ctx, t)
	m := filed.manifest
	switch {
	case err != nil:
		return nil, err
	case m == nil && !filed.broken && !t.Force:
		return &past{fresh: true, files: index{}}, nil
	case m == nil || t.Force:
		return r.inspect(ctx, t, filed)
	}
	rows := held{state: string(m.State), owed: strconv.Itoa(len(m.Debts))}
	return &past{onFile: filed, files: m.files(),
		rows:  shelve(m.Parts, contents(m.Rows, m.RowsMore), rows),
		index: shelve(m.Parts, contents(m.Index, m.IndexMore), held{})}, nil
}

// inspect asks the bucket itself: it reads the rows and the index that lie there, whoever wrote them, and with force
// looks at every file.
func (r *run) inspect(ctx context.Context, t Task, filed onFile) (*past, error) {
	was, m := &past{onFile: filed, files: index{}, archived: r.newRowSet()}, filed.manifest
	if m != nil {
		was.files = m.files()
	}
	var err error
	if was.rows, err = r.readShelf(ctx, r.rowsKey(t, m), func(key string) (held, error) {
		return r.readRows(ctx, t, key, was.archived)
	}); err != nil {
		return nil, err
	}
	if was.index, err = r.readShelf(ctx, r.indexKey(t, m), func(key string) (held, error) {
		return r.readObject(ctx, key, func(packed []byte) {
			if found := (index{}); found.read(packed) == nil {
				maps.Copy(was.files, found)
			}
		})
	}); err != nil {
		return nil, err
	}
	if m != nil {
		was.rows.parts = max(was.rows.parts, m.Parts)
	}
	if err := r.adoptNamed(ctx, t, was); err != nil {
		return nil, err
	}
	if !t.Force {
		return was, nil
	}
	return was, r.lookAtFiles(ctx, was.files)
}

// adoptNamed takes in files that the rows name and the bucket has, but no book tells of: the books were lost.
func (r *run) adoptNamed(ctx context.Context, t Task, was *past) error {
	return was.archived.each(always, func(c call) error {
		for _, f := range r.named(t, c.line) {
			if _, ok := was.files[f.Key]; ok {
				continue
			}
			attrs, err := r.store.Stat(ctx, f.Key)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if err == nil && trustworthy(attrs) {
				was.files[f.Key] = fromBucket(f, attrs).File
			}
		}
		return nil
	})
}

// named gives the files that an archived row names: there, a link field holds the file's key, which the row's own links
// give back. A kind that is not copied any more is told by its keys as well.
func (r *run) named(t Task, line []byte) []File {
	norm := r.normalizer(t)
	norm.Kinds = everyKind
	rec, err := norm.Normalize(line)
	if err != nil {
		return nil
	}
	var files []File
	for _, f := range rec.Files {
		if f.Link == norm.Key(rec.ID, f.Name) {
			files = append(files, File{Key: f.Link, SessionID: rec.ID, Time: rec.Time, Kind: f.Kind, Index: f.Index})
		}
	}
	return files
}

var everyKind = func() map[cdr.Kind]bool {
	all := map[cdr.Kind]bool{}
	for _, kind := range cdr.Kinds {
		all[kind] = true
	}
	return all
}()

// rowsKey and indexKey are the keys that a window's objects have, or get: a window keeps the compression that it was
// begun with, or its rows would lie in the partition twice.
func (r *run) rowsKey(t Task, m *Manifest) string {
	if m != nil && m.Rows != nil {
		return m.Rows.Key
	}
	return r.keys.rows(t.App, t.Window)
}

func (r *run) indexKey(t Task, m *Manifest) string {
	if m != nil && m.Index != nil {
		return m.Index.Key
	}
	return r.keys.index(t.App, t.Window)
}

// readShelf reads all objects of rows, or of the index, that the bucket has. A window has one in nearly all cases, but a run
// that died while it made several may have left them.
func (r *run) readShelf(ctx context.Context, first string, read func(key string) (held, error)) (shelf, error) {
	s := shelf{first: first, parts: 1, held: map[string]held{}}
	stem, _ := cutForm(first)
	var keys []string
	err := r.store.List(ctx, stem, "", func(o Object) error {
		if _, ok := number(first, o.Key); ok {
			keys = append(keys, o.Key)
		}
		return nil
	})
	if err != nil {
		return s, err
	}
	for _, key := range keys {
		h, err := read(key)
		if err != nil {
			return s, err
		}
		if h.content != nil {
			s.held[key] = h
			s.widen(key, h)
		}
	}
	return s, nil
}

// readRows reads a rows object and adds its rows to archived.
func (r *run) readRows(ctx context.Context, t Task, key string, archived *rowSet) (held, error) {
	mark := r.mark(t)
	return r.readObject(ctx, key, func(packed []byte) {
		_ = unpack(packed, func(line []byte) error { // readObject has just unpacked it
			archived.addArchived(line, mark)
			return nil
		})
	})
}

// readObject reads a rows or index object, and hands it to take where its lines can be read. An absent one holds nothing;
// one that cannot be unpacked, or has a wrong story, has no digest that anything could agree with.
func (r *run) readObject(ctx context.Context, key string, take func(packed []byte)) (held, error) {
	packed, attrs, err := r.store.Get(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return held{}, nil
	}
	if err != nil {
		return held{}, err
	}
	c, err := describe(key, packed)
	if err == nil {
		take(packed)
	}
	if err != nil || attrs.Meta[metaSHA256] != c.ContentSHA256 {
		c = &Content{Key: key} // written again
	}
	return heldBy(c, attrs.Meta), nil
}

// lookAtFiles makes a debt of every file that the bucket does not have as the index tells it, story included: it is copied
// again, and where the source has it no more it stays in the books as lost.
func (r *run) lookAtFiles(ctx context.Context, files index) error {
	type look struct {
		key   string
		there bool
		fault error
	}
	var looks []*look
	q := newQueue(r.Concurrency, func(l *look) {
		attrs, err := r.store.Stat(ctx, l.key)
		f := files[l.key]
		switch {
		case err == nil:
			l.there = attrs.Size == f.Bytes && trustworthy(attrs) && f.CRC64 == attrs.Meta[metaCRC64] && f.SHA256 == attrs.Meta[metaSHA256]
		case !errors.Is(err, fs.ErrNotExist):
			l.fault = err
		}
	})
	for key, f := range files {
		if f.Status.stored() {
			looks = append(looks, &look{key: key})
		}
	}
	for _, l := range looks {
		q.add(l)
	}
	if err := q.wait(); err != nil {
		return err
	}
	for _, l := range looks {
		if l.fault != nil {
			return l.fault
		}
		if f := files[l.key]; !l.there {
			files[l.key] = File{Key: f.Key, SessionID: f.SessionID, Time: f.Time, Kind: f.Kind, Index: f.Index,
				Status: Pending, Reason: "no longer in the bucket as it was archived", SourceHost: f.SourceHost}
		}
	}
	return nil
}
