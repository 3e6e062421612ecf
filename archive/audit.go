package archive

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"

	"cdrvault/cdr"
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
	lines, err := v.rows(ctx, m)
	if err != nil {
		return err
	}
	if err := v.files(ctx, m, lines); err != nil {
		return err
	}
	if v.task.Window.Start.Before(v.planner.reachable()) {
		return nil
	}
	return v.calls(ctx, lines)
}

// rows holds the rows object against the manifest, and looks for a second one.
func (v *audit) rows(ctx context.Context, m *Manifest) ([][]byte, error) {
	expect := map[string]bool{}
	var lines [][]byte
	if m.Rows != nil {
		expect[m.Rows.Key] = true
		var err error
		if lines, err = v.content(ctx, "rows", m.Rows); err != nil {
			return nil, err
		}
	}
	stem := strings.TrimSuffix(v.keys.rows(v.task.App, v.task.Window), v.keys.lines())
	return lines, v.extras(ctx, "rows", stem+".", expect)
}

// content reads a rows or index object and holds it against the manifest.
func (v *audit) content(ctx context.Context, what string, c *Content) ([][]byte, error) {
	packed, attrs, err := v.store.Get(ctx, c.Key)
	if errors.Is(err, fs.ErrNotExist) {
		v.finding(Missing, what, c.Key, "the manifest names it")
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v.checked.Bytes += int64(len(packed))
	lines, err := unpack(packed)
	is := contentOf(c.Key, lines, packed)
	switch {
	case err != nil:
		v.finding(Altered, what, c.Key, "cannot be unpacked")
	case is.ContentSHA256 != c.ContentSHA256:
		v.finding(Altered, what, c.Key, "has %d lines with another digest than the %d of the manifest", is.Lines, c.Lines)
	case attrs.Meta[metaSHA256] != c.ContentSHA256:
		v.finding(Altered, what, c.Key, "its metadata tell another digest")
	}
	return lines, nil
}

// extras reports the objects below prefix that nothing names.
func (v *audit) extras(ctx context.Context, what, prefix string, expect map[string]bool) error {
	return v.store.List(ctx, prefix, "", func(o Object) error {
		if !expect[o.Key] {
			v.finding(Extra, what, o.Key, "nothing names it")
		}
		return nil
	})
}

// calls holds the rows against what the API lists now. A call that is no longer listed stays, and is no trouble.
func (v *audit) calls(ctx context.Context, lines [][]byte) error {
	found, norm := newReading(), v.normalizer(v.task)
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
	v.checked.Calls += len(found.calls)
	lake := map[string][]byte{}
	for _, line := range lines {
		if id, _, ok := cdr.Head(line); ok {
			lake[id] = line
		}
	}
	for id, c := range found.calls {
		old, ok := lake[id]
		if !ok {
			v.finding(Missing, "call", EscapeSession(id), "the API lists it")
			continue
		}
		if _, changed, err := cdr.Merge(old, c.line); err == nil && changed {
			v.finding(Altered, "call", EscapeSession(id), "the API gives another value")
		}
	}
	return nil
}

// sort puts the findings in a fixed order.
func (v *audit) sort() {
	slices.SortFunc(v.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Trouble, b.Trouble), cmp.Compare(a.Name, b.Name))
	})
}
