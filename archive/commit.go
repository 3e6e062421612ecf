package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// errConflict says that another run was at the window meanwhile: what this one knows of it is out of date.
var errConflict = errors.New("another run wrote the window")

// commitTries bounds how often a run gives way to others at the same window. Each time it takes in what they wrote; one that
// meets a new writer every time ends with an error, and is tried again when the others are done.
const commitTries = 4

// commit writes what was found. The media files lie in the bucket already.
func (r *run) commit(ctx context.Context, t Task, was *past, got finding) (committed, error) {
	for try := 1; ; try++ {
		done, err := r.write(ctx, t, was, got)
		if err == nil || !errors.Is(err, errConflict) && !errors.Is(err, fs.ErrExist) || try == commitTries {
			return done, err
		}
		if was, err = r.inspect(ctx, t, r.trusted(ctx, t)); err != nil {
			return done, err
		}
		got.files = got.files.join(was.files)
	}
}

// write puts the index, the rows and the manifest, in this order, each only if it says something new.
//
//	dies before the index      files lie in the bucket that nothing names; the next run finds them when it copies
//	dies after the index       readers of media_index see files early; the rows are those of the last commit
//	dies after the rows        the rows are there, not yet said to be all; the next run takes them in (see rowsLines)
//	dies after the manifest    committed; only the run's answer is missing
//
// In each case the window is still due (it has no manifest, or one that is open), and the next run goes this same way.
func (r *run) write(ctx context.Context, t Task, was *past, got finding) (committed, error) {
	done := committed{report: WindowReport{App: t.App, Window: r.Grid.Stamp(t.Window.Start), State: Failed, Reason: t.Reason},
		links: slices.Sorted(maps.Keys(got.reading.links)), bytes: got.bytes}
	lake, err := r.rowsLines(ctx, t, was, got.reading)
	if err != nil {
		return done, err
	}
	lines, added, changed, err := got.reading.union(lake, r.mark(t))
	if err != nil {
		return done, fmt.Errorf("unite rows: %w", err)
	}
	m := r.manifest(t, was, got, len(lines))
	m.Added, m.Changed = added, changed
	done.report.Calls, done.report.Added, done.report.Changed = m.Calls, m.Added, m.Changed
	done.report.Media = got.files.count(got.copied)
	var index, rows bool
	if m.Index, index, err = r.putIndex(ctx, t, was, got.files); err != nil {
		return done, fmt.Errorf("write media index: %w", err)
	}
	if m.Rows, rows, err = r.putRows(ctx, t, was, lines, m); err != nil {
		return done, fmt.Errorf("write rows: %w", err)
	}
	if done.sealed, err = r.putManifest(ctx, t, was, m); err != nil {
		return done, fmt.Errorf("write manifest: %w", err)
	}
	wrote := len(got.copied) > 0 || index || rows || done.sealed != nil
	if err := r.standsFor(ctx, t, was, m, wrote); err != nil {
		return done, fmt.Errorf("look at what was written: %w", err)
	}
	done.report.State, done.manifest = stateOf(m, wrote, got.reading.cut), m
	return done, nil
}

// rowsLines gives the rows that the lake has. They are read only where they can matter: where the API gives exactly what
// was committed, and the bucket still has that, the digest says so.
func (r *run) rowsLines(ctx context.Context, t Task, was *past, now *reading) ([][]byte, error) {
	switch {
	case was.rows.read, was.fresh:
		return was.rows.lines, nil
	case was.rows.content == nil:
		return nil, r.stillNone(ctx, t)
	case contentOf("", sorted(now.calls), nil).ContentSHA256 == was.rows.content.ContentSHA256:
		return sorted(now.calls), r.undisturbed(ctx, was.rows)
	}
	found, err := r.readLines(ctx, was.rows.content.Key)
	if err != nil {
		return nil, err
	}
	if found.content == nil || found.content.ContentSHA256 != was.rows.content.ContentSHA256 {
		return nil, errConflict // rows without their manifest: another run is at work, or died here
	}
	was.rows.lines, was.rows.read = found.lines, true
	return found.lines, nil
}

// stillNone makes sure that a window which was committed without calls has no rows: a run that was killed may have left some.
func (r *run) stillNone(ctx context.Context, t Task) error {
	_, err := r.store.Stat(ctx, r.keys.rows(t.App, t.Window))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		return errConflict
	}
	return err
}

// putIndex writes the media index where it changed.
func (r *run) putIndex(ctx context.Context, t Task, was *past, files index) (*Content, bool, error) {
	lines, err := files.lines()
	if err != nil {
		return nil, false, err
	}
	return r.putLines(ctx, t, r.indexKey(t, was.manifest), lines, was.index, func(c *Content) map[string]string {
		return r.windowMeta(t, c)
	})
}

// putRows writes the rows where they, or what their metadata says, changed.
func (r *run) putRows(ctx context.Context, t Task, was *past, lines [][]byte, m *Manifest) (*Content, bool, error) {
	return r.putLines(ctx, t, r.rowsKey(t, was.manifest), lines, was.rows, func(c *Content) map[string]string {
		return r.rowsMeta(t, c, m)
	})
}

// putLines writes an object of lines unless the bucket holds just that, and tells whether it wrote. Without lines there is no
// object.
func (r *run) putLines(ctx context.Context, t Task, key string, lines [][]byte, old held, story func(*Content) map[string]string) (*Content, bool, error) {
	if len(lines) == 0 {
		return nil, false, nil
	}
	packed, err := pack(lines, strings.HasSuffix(key, ".gz"))
	if err != nil {
		return nil, false, err
	}
	c := contentOf(key, lines, packed)
	meta := story(c)
	if old.content != nil && old.content.ContentSHA256 == c.ContentSHA256 && old.state == meta[metaState] && old.owed == meta[metaOwed] {
		return old.content, false, nil
	}
	if err := r.undisturbed(ctx, old); err != nil {
		return nil, false, err
	}
	return c, true, r.put(ctx, t, c, packed, PutOptions{ContentType: contentType(key), Meta: meta, CreateOnly: old.content == nil})
}

// undisturbed makes sure, right before an object is replaced, that it is still the one that was read. Where there was none,
// it is created, and the bucket itself refuses if one came meanwhile.
func (r *run) undisturbed(ctx context.Context, h held) error {
	if h.content == nil || h.content.ContentSHA256 == "" {
		return nil // an object with a wrong story is replaced whatever it is
	}
	attrs, err := r.store.Stat(ctx, h.content.Key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && (attrs.Meta[metaSHA256] != h.content.ContentSHA256 || attrs.Meta[metaState] != h.state || attrs.Meta[metaOwed] != h.owed) {
		return errConflict
	}
	return err
}

// put writes one of the window's three objects; a dry run stops short of it.
func (r *run) put(ctx context.Context, t Task, c *Content, b []byte, o PutOptions) error {
	if t.DryRun {
		return nil
	}
	return r.budget.timed(func() error { return r.store.Put(ctx, c.Key, inMemory(b, c.CRC64), o) })
}

// putManifest commits. It gives the manifest as it was written, nil where the one that is there says the same.
func (r *run) putManifest(ctx context.Context, t Task, was *past, m *Manifest) ([]byte, error) {
	if m.same(was.manifest) {
		return nil, nil
	}
	b, err := m.encode()
	if err != nil {
		return nil, err
	}
	c := contentOf(r.keys.manifest(t.App, t.Window), nil, b)
	meta := r.windowMeta(t, &Content{ContentSHA256: c.SHA256, CRC64: c.CRC64})
	meta[metaState], meta[metaCalls], meta[metaOwed] = string(m.State), strconv.Itoa(m.Calls), strconv.Itoa(len(m.Debts))
	return b, r.put(ctx, t, c, b, PutOptions{ContentType: "application/json", Meta: meta, CreateOnly: was.fresh})
}

// standsFor makes sure that rows and index are those that the manifest tells of, where another run may have replaced them
// between our writes: of two runs at once, the one that commits last sees the rows that were written last. A window that
// was created needs no look: the bucket let only one run create it.
func (r *run) standsFor(ctx context.Context, t Task, was *past, m *Manifest, wrote bool) error {
	if was.fresh || !wrote || t.DryRun {
		return nil
	}
	rows := held{content: m.Rows, state: string(m.State), owed: strconv.Itoa(len(m.Debts))}
	return errors.Join(r.undisturbed(ctx, rows), r.undisturbed(ctx, held{content: m.Index}))
}

// manifest says what will be committed.
func (r *run) manifest(t Task, was *past, got finding, calls int) *Manifest {
	found := got.reading
	m := &Manifest{
		Version: manifestVersion, App: t.App,
		From: r.Grid.Stamp(t.Window.Start), To: r.Grid.Stamp(t.Window.End), Timezone: r.Grid.Zone.String(),
		Calls: calls, Outside: len(found.outside), Odd: len(found.odd), Processing: len(found.processing),
		Listing: Counted{Total: found.listing.Total, Listed: found.listing.Listed, Inside: len(found.calls) + len(found.odd) + found.listing.Repeated, Agreed: found.listing.Agreed && !found.cut},
		State:   Open, Media: []File{}, Debts: []Debt{}, Lost: []File{},
		Reason: t.Reason, CommittedAt: r.Now, CommittedBy: r.ID,
	}
	for _, f := range got.files.sorted() {
		r.enter(m, was, f, t)
	}
	wasFinal := was.manifest != nil && was.manifest.State == Final // a run of an older event does not open it again
	if (t.Settled || wasFinal) && m.Listing.Agreed && len(m.Debts) == 0 {
		m.State = Final
	}
	return m
}

func stateOf(m *Manifest, wrote, cut bool) State {
	switch {
	case !wrote:
		return Unchanged
	case cut || !m.Listing.Agreed || len(m.Debts) > 0:
		return Partial
	}
	return Committed
}
