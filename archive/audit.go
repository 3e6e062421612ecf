package archive

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sync/atomic"
)

// audit is the verification of one window.
type audit struct {
	*run
	task      Task
	found     []Finding
	checked   Checked
	deepBytes atomic.Int64
}

func (v *audit) finding(trouble Trouble, what, name, why string, args ...any) {
	v.found = append(v.found, Finding{App: v.task.App, Window: v.Grid.Stamp(v.task.Window.Start),
		Trouble: trouble, What: what, Name: name, Why: fmt.Sprintf(why, args...)})
}

// audit holds one window against everything that tells of it.
func (r *run) audit(t Task) (*audit, error) {
	v := &audit{run: r, task: t}
	m, err := r.readManifest(r.soon, t.App, t.Window)
	key := r.keys.manifest(t.App, t.Window)
	switch bad := new(untrusted); {
	case errors.Is(err, fs.ErrNotExist):
		v.finding(Missing, "manifest", key, "the window is not archived")
		v.checked.Windows = 1
		return v, nil
	case errors.As(err, &bad):
		v.finding(Altered, "manifest", key, "%v", bad.err)
		v.checked.Windows = 1
		return v, nil
	case err != nil:
		return v, err
	case !m.Listing.Agreed:
		v.finding(Unproved, "manifest", key, "the calls were not proved to be all: %d read, the API counted %d", m.Listing.Listed, m.Listing.Total)
	}
	if err := v.window(r.soon, m); err != nil {
		return v, err
	}
	v.sort()
	v.checked.Windows = 1
	return v, nil
}

// window holds rows, files and calls against the manifest. What the API does not list any more is left out.
func (v *audit) window(ctx context.Context, m *Manifest) error {
	archived := v.newRowSet()
	defer archived.close()
	if err := v.rows(ctx, m, archived); err != nil {
		return err
	}
	if err := v.files(ctx, m, archived); err != nil {
		return err
	}
	if v.task.Window.Start.Before(v.planner.reachable()) {
		return nil
	}
	return v.calls(ctx, archived)
}

// rows holds the rows objects against the manifest, and looks for others. It adds their rows to archived, and tells of
// calls that have two.
func (v *audit) rows(ctx context.Context, m *Manifest, archived *rowSet) error {
	all, mark := contents(m.Rows, m.RowsMore), v.mark(v.task)
	err := v.contents(ctx, "rows", all, func(c *Content, packed []byte) error {
		return unpack(packed, func(line []byte) error {
			if id, known := archived.addArchived(line, mark); known {
				v.finding(Extra, "call", EscapeSession(id), "has another row beside that in %s", path.Base(c.Key))
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return v.extras(ctx, "rows", v.keys.rows(v.task.App, v.task.Window), all)
}

// contents reads the objects of rows or index, holds them against the manifest, and hands those that can be read to take.
func (v *audit) contents(ctx context.Context, what string, all []*Content, take func(c *Content, packed []byte) error) error {
	for _, c := range all {
		packed, attrs, err := v.store.Get(ctx, c.Key)
		if errors.Is(err, fs.ErrNotExist) {
			v.finding(Missing, what, c.Key, "the manifest names it")
			continue
		}
		if err != nil {
			return err
		}
		v.checked.Bytes += int64(len(packed))
		is, err := describe(c.Key, packed)
		switch {
		case err != nil:
			v.finding(Altered, what, c.Key, "cannot be unpacked")
			continue
		case is.ContentSHA256 != c.ContentSHA256:
			v.finding(Altered, what, c.Key, "has %d lines with another digest than the %d of the manifest", is.Lines, c.Lines)
		case attrs.Meta[metaSHA256] != c.ContentSHA256:
			v.finding(Altered, what, c.Key, "its metadata tell another digest")
		}
		if err := take(c, packed); err != nil {
			return err
		}
	}
	return nil
}

// extras reports the objects beside the first of a series that the manifest does not name, in whatever form and with whatever
// number.
func (v *audit) extras(ctx context.Context, what, first string, all []*Content) error {
	stem, _ := cutForm(first)
	return v.store.List(ctx, stem, "", func(o Object) error {
		if !slices.ContainsFunc(all, func(c *Content) bool { return c.Key == o.Key }) {
			v.finding(Extra, what, o.Key, "nothing names it")
		}
		return nil
	})
}

// calls holds the rows against what the API lists now. A call that is no longer listed stays, and is no trouble.
func (v *audit) calls(ctx context.Context, archived *rowSet) error {
	found, norm := v.newReading(), v.normalizer(v.task)
	defer found.rows.close()
	listing, err := v.source.Calls(ctx, v.task.App, v.task.Window, func(page []json.RawMessage) error {
		for _, raw := range page {
			found.take(norm, v.task.Window, raw)
		}
		v.Progress.Calls.Add(int64(len(page)))
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	if !listing.Agreed {
		v.finding(Unproved, "call", "", "the API counts %d calls, but lists %d", listing.Total, listing.Listed)
	}
	v.checked.Calls += found.rows.len()
	clear(archived.altered)
	err = found.rows.each(always, func(c call) error {
		if !archived.has(c.id) {
			v.finding(Missing, "call", EscapeSession(c.id), "the API lists it")
			return nil
		}
		archived.add(c)
		return nil
	})
	if err != nil {
		return err
	}
	return archived.each(always, func(c call) error {
		if archived.altered[keyOf(c.id)] {
			v.finding(Altered, "call", EscapeSession(c.id), "the API gives another value")
		}
		return nil
	})
}

// sort puts the findings in a fixed order.
func (v *audit) sort() {
	slices.SortFunc(v.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Trouble, b.Trouble), cmp.Compare(a.Name, b.Name))
	})
}
