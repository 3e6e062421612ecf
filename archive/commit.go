package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
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
		was.lake.close()
		if err == nil || !errors.Is(err, errConflict) && !errors.Is(err, fs.ErrExist) || try == commitTries {
			return done, err
		}
		if was, err = r.inspectAnew(ctx, t); err != nil {
			return done, err
		}
		got.files = got.files.join(was.files)
	}
}

// inspectAnew asks the bucket after another run was at the window. Rows that were read must not be newer than the manifest:
// those of a run that has committed meanwhile would pass for those of one that died, and be written as it was before.
func (r *run) inspectAnew(ctx context.Context, t Task) (*past, error) {
	m := r.trusted(ctx, t)
	for {
		was, err := r.inspect(ctx, t, m)
		if err != nil {
			return nil, err
		}
		now := r.trusted(ctx, t)
		if now == nil || m != nil && now.Seal == m.Seal {
			return was, nil
		}
		was.lake.close()
		m = now
	}
}

// write puts the index, the rows and the manifest, in this order, each only if it says something new.
//
//	dies before the index      files lie in the bucket that nothing names; the next run finds them when it copies
//	dies after the index       readers of media_index see files early; the rows are those of the last commit
//	dies after the rows        the rows are there, not yet said to be all; the next run takes them in (see lake)
//	dies after the manifest    committed; only the run's answer is missing
//
// A window that grows over the limit is cut into more objects (see parts.go), and steps lie before and among these:
//
//	dies after the mark        the rows' objects are as they were, with the new calls in them; their metadata say that there
//	                           may be more of them
//	dies among the objects     calls stand in two of them, and can be read twice; none is missing; the mark tells
//
// In each case the window is still due (it has no manifest, or one that is open), and the next run goes this same way.
func (r *run) write(ctx context.Context, t Task, was *past, got finding) (committed, error) {
	done := committed{report: WindowReport{App: t.App, Window: r.Grid.Stamp(t.Window.Start), State: Failed, Reason: t.Reason},
		links: slices.Sorted(maps.Keys(got.reading.links)), bytes: got.bytes}
	all, err := r.unite(ctx, t, was, got.reading)
	if err != nil {
		return done, err
	}
	m := r.manifest(t, was, got, all.rows.len())
	m.Added = all.added
	done.report.Calls, done.report.Added = m.Calls, m.Added
	done.report.Media = got.files.count(got.copied)
	wrote, err := r.putLines(ctx, t, was, m, all, got.files)
	if err != nil {
		return done, err
	}
	m.Changed = all.changed()
	done.report.Changed = m.Changed
	if done.sealed, err = r.putManifest(ctx, t, was, m, wrote); err != nil {
		return done, fmt.Errorf("write manifest: %w", err)
	}
	wrote = wrote || len(got.copied) > 0 || done.sealed != nil
	if err := r.standsFor(ctx, t, was, m, wrote); err != nil {
		return done, fmt.Errorf("look at what was written: %w", err)
	}
	done.report.State, done.manifest = stateOf(m, wrote, got.reading.cut), m
	return done, nil
}

// putLines writes the objects of index and rows where they changed, and enters them into the manifest.
func (r *run) putLines(ctx context.Context, t Task, was *past, m *Manifest, all *union, files index) (wrote bool, err error) {
	parts := max(was.rows.parts, was.index.parts, r.partsFor(m.Calls))
	rows := kind{first: r.rowsKey(t, was.manifest), lines: all.rows.lines(), old: was.rows}
	put := func(k kind, parts, told int, meta func(*Content, int) map[string]string) (shelf, error) {
		k.parts, k.story = parts, func(c *Content) map[string]string { return meta(c, told) }
		s, put, err := r.putKind(ctx, t, k)
		wrote = wrote || put
		return s, err
	}
	rowsMeta := func(c *Content, parts int) map[string]string { return r.rowsMeta(t, c, parts, m) }
	if len(rows.old.held) > 0 && parts > rows.old.parts {
		if rows.old, err = put(rows, rows.old.parts, parts, rowsMeta); err != nil {
			return wrote, fmt.Errorf("mark rows: %w", err)
		}
	}
	media := kind{first: r.indexKey(t, was.manifest), lines: files.lines(), old: was.index}
	index, err := put(media, parts, parts, func(c *Content, parts int) map[string]string { return r.linesMeta(t, c, parts) })
	if err != nil {
		return wrote, fmt.Errorf("write media index: %w", err)
	}
	stored, err := put(rows, parts, parts, rowsMeta)
	if err != nil {
		return wrote, fmt.Errorf("write rows: %w", err)
	}
	m.tell(parts, stored, index)
	return wrote, nil
}

// union is what the lake has and what the API gives.
type union struct {
	rows  *rowSet
	added int  // calls that the lake did not have
	apart bool // the lake had rows, and they are not what the API gives
}

// changed is how many of the lake's rows the union alters. It is known once the rows were read through.
func (u *union) changed() int {
	if !u.apart {
		return 0
	}
	return len(u.rows.altered)
}

// unite makes the union of what the lake has and what the API gives: a call that is no longer listed stays, and so does a
// value that comes back empty. It is what makes a second writer harmless: whoever writes last has read what the other wrote.
func (r *run) unite(ctx context.Context, t Task, was *past, now *reading) (*union, error) {
	lake, same, err := r.lake(ctx, t, was, now)
	switch {
	case err != nil:
		return nil, err
	case same:
		return &union{rows: now.rows}, nil
	case lake == nil || lake.len() == 0:
		return &union{rows: now.rows, added: now.rows.len()}, nil
	}
	u := &union{rows: lake, apart: true}
	err = now.rows.each(always, func(c call) error {
		if !lake.add(c) {
			u.added++
		}
		return nil
	})
	return u, err
}

// lake gives the rows that the lake has. They are read only where they can matter: where the API gives exactly what was
// committed, and the bucket still has that, the digests say so.
func (r *run) lake(ctx context.Context, t Task, was *past, now *reading) (lake *rowSet, same bool, err error) {
	switch {
	case was.lake != nil, len(was.rows.held) == 0:
		return was.lake, false, nil
	}
	parts, err := survey(was.rows.first, t.Window, was.rows.parts, now.rows.lines())
	if err != nil {
		return nil, false, err
	}
	if was.rows.holds(parts) {
		return nil, true, r.allUndisturbed(ctx, was.rows)
	}
	was.lake = r.newRowSet()
	for _, key := range slices.Sorted(maps.Keys(was.rows.held)) {
		found, err := r.readRows(ctx, t, key, was.lake)
		if err != nil {
			return nil, false, err
		}
		if found.content == nil || found.content.ContentSHA256 != was.rows.held[key].content.ContentSHA256 {
			return nil, false, errConflict // rows without their manifest: another run is at work, or died here
		}
	}
	return was.lake, false, nil
}

// putManifest commits. It gives the manifest as it was written, nil where the one that is there says the same. A run that
// wrote rows or index (wrote) writes it in any case: another one may have put its own meanwhile, which tells of other objects.
func (r *run) putManifest(ctx context.Context, t Task, was *past, m *Manifest, wrote bool) ([]byte, error) {
	if !wrote && m.same(was.manifest) {
		return nil, nil
	}
	b, err := m.encode()
	if err != nil {
		return nil, err
	}
	c := contentOf(r.keys.manifest(t.App, t.Window), b)
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
	rows := held{state: string(m.State), owed: strconv.Itoa(len(m.Debts))}
	return errors.Join(
		r.allUndisturbed(ctx, shelve(m.Parts, contents(m.Rows, m.RowsMore), rows)),
		r.allUndisturbed(ctx, shelve(m.Parts, contents(m.Index, m.IndexMore), held{})))
}

// manifest says what will be committed.
func (r *run) manifest(t Task, was *past, got finding, calls int) *Manifest {
	found := got.reading
	m := &Manifest{
		Version: manifestVersion, App: t.App,
		From: r.Grid.Stamp(t.Window.Start), To: r.Grid.Stamp(t.Window.End), Timezone: r.Grid.Zone.String(),
		Calls: calls, Outside: len(found.outside), Odd: len(found.odd), Processing: len(found.processing),
		Listing: Counted{Total: found.listing.Total, Listed: found.listing.Listed, Inside: found.rows.len() + len(found.odd) + found.listing.Repeated, Agreed: found.listing.Agreed && !found.cut},
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
