package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strconv"

	"cdrvault/cdr"
)

// past is what is known of a window before a run touches it.
type past struct {
	manifest *Manifest // nil: none, or none that holds
	rows     held
	index    held
	files    index
	fresh    bool // nothing is known to exist: objects are created, never replaced
}

// held is a rows or index object as the bucket has it.
type held struct {
	content *Content // nil: none
	state   string   // rows only: metadata that changes while the lines do not
	owed    string
	lines   [][]byte
	read    bool // lines were read
}

// recall tells what earlier runs committed. A manifest that holds is believed: it repeats the media index, and gives the digest
// of the rows. With force, or where it does not hold, the bucket itself is asked.
func (r *run) recall(ctx context.Context, t Task) (*past, error) {
	if t.Unheard && !t.Force {
		return &past{fresh: true, files: index{}}, nil
	}
	m, err := r.readManifest(ctx, t.App, t.Window)
	switch {
	case errors.As(err, new(*untrusted)):
		return r.inspect(ctx, t, nil)
	case errors.Is(err, fs.ErrNotExist) && t.Force:
		return r.inspect(ctx, t, nil)
	case errors.Is(err, fs.ErrNotExist):
		return &past{fresh: true, files: index{}}, nil
	case err != nil:
		return nil, err
	case t.Force:
		return r.inspect(ctx, t, m)
	}
	return &past{manifest: m, files: m.files(), index: held{content: m.Index},
		rows: held{content: m.Rows, state: string(m.State), owed: strconv.Itoa(len(m.Debts))}}, nil
}

// inspect asks the bucket itself: it reads the rows and the index that lie there, whoever wrote them, and with force
// looks at every file.
func (r *run) inspect(ctx context.Context, t Task, m *Manifest) (*past, error) {
	was := &past{manifest: m, files: index{}}
	if m != nil {
		was.files = m.files()
	}
	var err error
	if was.rows, err = r.readLines(ctx, r.rowsKey(t, m)); err != nil {
		return nil, err
	}
	if was.index, err = r.readLines(ctx, r.indexKey(t, m)); err != nil {
		return nil, err
	}
	if files, err := readIndex(was.index.lines); err == nil {
		maps.Copy(was.files, files)
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
	for _, line := range was.rows.lines {
		for _, f := range r.named(t, line) {
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
	}
	return nil
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

// readLines reads a rows or index object. An absent one holds nothing; one that cannot be unpacked holds no lines, and no
// digest that anything could agree with.
func (r *run) readLines(ctx context.Context, key string) (held, error) {
	packed, attrs, err := r.store.Get(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return held{read: true}, nil
	}
	if err != nil {
		return held{}, err
	}
	h := held{content: &Content{Key: key}, state: attrs.Meta[metaState], owed: attrs.Meta[metaOwed], read: true}
	if lines, err := unpack(packed); err == nil {
		h.lines = lines
		h.content = contentOf(key, lines, packed)
	}
	if attrs.Meta[metaSHA256] != h.content.ContentSHA256 {
		h.content = &Content{Key: key} // its story is wrong: written again
	}
	return h, nil
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

// untrusted is a manifest that is there, but says nothing that may be relied on.
type untrusted struct {
	key string
	err error
}

func (e *untrusted) Error() string { return fmt.Sprintf("manifest %s: %v", e.key, e.err) }
func (e *untrusted) Unwrap() error { return e.err }

// readManifest reads a window's manifest. The error wraps fs.ErrNotExist where there is none, is an *untrusted where there
// is one that does not hold, and a *SettingError where the archive was begun with other settings.
func (r *run) readManifest(ctx context.Context, app string, w Window) (*Manifest, error) {
	key := r.keys.manifest(app, w)
	b, _, err := r.store.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	m, err := decodeManifest(b, app, w, r.Grid)
	if grid := new(SettingError); errors.As(err, &grid) {
		return nil, grid
	}
	if err != nil {
		return nil, &untrusted{key, err}
	}
	return m, nil
}
