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
	rows := kind{first: r.rowsKey(t, was.manifest), lines: all.rows.lines(), old: was.rows,
		meta: func(c *Content, parts int) map[string]string { return r.rowsMeta(t, c, parts, m) }}
	media := kind{first: r.indexKey(t, was.manifest), lines: files.lines(), old: was.index,
		meta: func(c *Content, parts int) map[string]string { return r.linesMeta(t, c, parts) }}
	parts := max(was.rows.parts, was.index.parts, r.partsFor(m.Calls))
	mark := false
	if len(was.rows.held) > 0 && parts > was.rows.parts {
		if rows.old, mark, err = r.putKind(ctx, t, rows.cut(was.rows.parts, parts)); err != nil {
			return false, fmt.Errorf("mark rows: %w", err)
		}
	}
	indexed, index, err := r.putKind(ctx, t, media.cut(parts, parts))
	if err != nil {
		return false, fmt.Errorf("write media index: %w", err)
	}
	lines, stored, err := r.putKind(ctx, t, rows.cut(parts, parts))
	if err != nil {
		return false, fmt.Errorf("write rows: %w", err)
	}
	m.tell(parts, lines, indexed)
	return mark || index || stored, nil
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
