package archive

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strconv"
)

// errConflict says that another run was at the window meanwhile: what this one knows of it is out of date.
var errConflict = errors.New("another run wrote the window")

// commitTries bounds how often a run gives way to others at the same window: another one may be met at the announcement, the index,
// the rows and the manifest. Each time it takes in what they wrote; one that meets a new writer every time ends with an error,
// and is tried again when the others are done.
const commitTries = 6

// commit writes what was found. The media files lie in the bucket already.
func (r *run) commit(ctx context.Context, t Task, was *past, got finding) (committed, error) {
	for try := 1; ; try++ {
		done, err := r.write(ctx, t, was, got)
		was.archived.close()
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
	filed, err := r.manifestNow(ctx, t)
	for err == nil {
		var was *past
		if was, err = r.inspect(ctx, t, filed); err != nil {
			break
		}
		if filed, err = r.manifestNow(ctx, t); err == nil && (filed.manifest == nil || filed.digest == was.digest) {
			return was, nil
		}
		was.archived.close()
	}
	return nil, err
}

// write puts the index, the rows and the manifest, in this order, each only if it says something new.
//
//	dies before the index      files lie in the bucket that nothing names; the next run finds them when it copies
//	dies after the index       readers of media_index see files early; the rows are those of the last commit
//	dies after the rows        the rows are there, not yet said to be all; the next run takes them in (see archivedRows)
//	dies after the manifest    committed; only the run's answer is missing
//
// A window that was archived before is announced ahead of these (see announce.go). One that grows over the limit is cut into more
// objects (see parts.go):
//
//	dies after the announcement  what was committed is there, and the manifest says no more that it is all
//	dies among the objects       calls stand in two of them, and can be read twice; none is missing
//
// In each case the window is still due (it has no manifest, or one that is open and not quiet), and the next run goes this same
// way.
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
	if done.stamp, err = r.putManifest(ctx, t, was, m, wrote); err != nil {
		return done, err
	}
	wrote = wrote || len(got.copied) > 0 || done.stamp != ""
	done.report.State, done.manifest = stateOf(m, wrote, got.reading.cut), m
	return done, nil
}

// putLines writes the objects of index and rows where they changed, and enters them into the manifest.
func (r *run) putLines(ctx context.Context, t Task, was *past, m *Manifest, all *union, files index) (wrote bool, err error) {
	parts := max(was.rows.parts, was.index.parts, r.partsFor(m.Calls))
	ready := func(old held) error { return r.ready(ctx, t, was, parts, old) }
	indexed, index, err := r.putSeries(ctx, t, series{first: r.indexKey(t, was.manifest), lines: files.lines(), old: was.index, parts: parts,
		ready: ready, meta: func(c *Content) map[string]string { return r.linesMeta(t, c, parts) }})
	if err != nil {
		return false, err
	}
	lines, rows, err := r.putSeries(ctx, t, series{first: r.rowsKey(t, was.manifest), lines: all.rows.lines(), old: was.rows, parts: parts,
		ready: ready, meta: func(c *Content) map[string]string { return r.rowsMeta(t, c, parts, m) }})
	if err != nil {
		return false, err
	}
	m.tell(parts, lines, indexed)
	return index || rows, nil
}

// putManifest commits. It gives the stamp of the manifest that it wrote, empty where the one that is there says the same. A run that
// wrote rows or index (wrote) writes it in any case: another one may have put its own meanwhile, which tells of other objects.
//
// Of a window that exists, all is looked at right before: what another run replaced must not be vouched for, even if this one is
// killed here. And once more after it: of two runs at once, the one that commits last sees what was written last. A window that
// was created needs no look: the bucket let only one run create it.
func (r *run) putManifest(ctx context.Context, t Task, was *past, m *Manifest, wrote bool) (stamp string, err error) {
	if !wrote && m.same(was.manifest) {
		return "", nil
	}
	if was.fresh || t.DryRun {
		_, stamp, err = r.storeManifest(ctx, t, was, m)
		return stamp, err
	}
	if err := together(
		func() error { return r.manifestUndisturbed(ctx, t, was) },
		func() error { return r.linesUndisturbed(ctx, m) }); err != nil {
		return "", err
	}
	if _, stamp, err = r.storeManifest(ctx, t, was, m); err != nil {
		return "", err
	}
	return stamp, r.linesUndisturbed(ctx, m)
}

// storeManifest puts a manifest into the bucket, where there is none or the one that is known, and gives its digest and stamp. It
// is encoded twice: what it will be is told ahead of its bytes, and these are too many to keep.
func (r *run) storeManifest(ctx context.Context, t Task, was *past, m *Manifest) (digest, stamp string, err error) {
	c, stamp, err := m.content(r.keys.manifest(t.App, t.Window))
	if err != nil {
		return "", "", err
	}
	meta := r.windowMeta(t, &Content{ContentSHA256: c.SHA256, CRC64: c.CRC64})
	meta[metaState], meta[metaCalls], meta[metaOwed] = string(m.State), strconv.Itoa(m.Calls), strconv.Itoa(len(m.Debts))
	return c.SHA256, stamp, r.put(ctx, t, c.Key, m.body(c),
		PutOptions{ContentType: "application/json", Meta: meta, CreateOnly: was.digest == "" && !was.broken})
}

// manifest says what will be committed.
func (r *run) manifest(t Task, was *past, got finding, calls int) *Manifest {
	m, found := r.blank(t), got.reading
	m.Calls, m.Outside, m.Odd, m.Processing = calls, len(found.outside), len(found.odd), len(found.processing)
	m.Listing = Counted{Total: found.listing.Total, Listed: found.listing.Listed, Agreed: found.listing.Agreed && !found.cut,
		Inside: found.rows.len() + len(found.odd) + found.listing.Repeated}
	for _, f := range got.files.sorted() {
		r.enter(m, was, f, t)
	}
	wasFinal := was.manifest != nil && was.manifest.State == Final // a run of an older event does not open it again
	if (t.Settled || wasFinal) && m.Listing.Agreed && len(m.Debts) == 0 {
		m.State = Final
	}
	return m
}

// blank is the manifest of a window of which nothing is known.
func (r *run) blank(t Task) *Manifest {
	return &Manifest{Version: manifestVersion, App: t.App, From: r.Grid.Stamp(t.Window.Start), To: r.Grid.Stamp(t.Window.End),
		Timezone: r.Grid.Zone.String(), State: Open, Media: []File{}, Debts: []Debt{}, Lost: []File{},
		Reason: t.Reason, CommittedAt: r.Now, CommittedBy: r.ID}
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
