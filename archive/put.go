package archive

import (
	"context"
	"errors"
	"io/fs"
	"slices"
)

// series is the rows of a window, or its index, as they are to be: objects that are numbered where there is more than one.
type series struct {
	first string // key of the object without a number
	lines sequence
	meta  func(c *Content) map[string]string
	old   shelf
	parts int                  // that the window's time is cut into
	ready func(old held) error // comes right before each write
}

// putSeries brings a series' objects up to date, and tells whether it wrote any. Without lines there is no object.
func (r *run) putSeries(ctx context.Context, t Task, s series) (shelf, bool, error) {
	next, wrote := shelf{first: s.first, parts: s.parts, held: map[string]held{}}, false
	parts, err := s.plan(t.Window)
	if err != nil {
		return next, false, err
	}
	for _, p := range parts {
		h, put, err := r.putPart(ctx, t, s, p)
		if err != nil {
			return next, wrote, err
		}
		if h.content != nil {
			next.held[p.key] = h
		}
		wrote = wrote || put
	}
	return next, wrote, nil
}

// plan gives a series' objects in the order in which they are written. Where there was none, the first comes first: another
// run meets it. Where there were some, the last comes first: calls go from an object to one with a higher number, which has
// to be there before they are taken out of the other one.
func (s series) plan(w Window) ([]part, error) {
	unseen := []part{{key: s.first, span: always}} // one object, or none: packing its lines tells
	if s.parts == 1 && len(s.old.held) == 0 {
		return unseen, nil
	}
	parts, err := survey(s.first, w, s.parts, s.lines)
	if len(parts) == 0 && len(s.old.held) == 0 {
		return unseen, err
	}
	if _, there := s.old.held[s.first]; there {
		slices.Reverse(parts)
	}
	return parts, err
}

// putPart writes one object unless the bucket holds just that.
func (r *run) putPart(ctx context.Context, t Task, s series, p part) (held, bool, error) {
	old, there := s.old.held[p.key]
	want := &Content{Key: p.key, Lines: p.lines, ContentSHA256: p.digest}
	if there && old.sameStory(heldBy(want, s.meta(want))) {
		return old, false, nil
	}
	packer := newPacker(p.key)
	err := s.lines(p.span, func(_ int64, line []byte) error { return packer.add(line) })
	packed, c, closed := packer.close()
	if err != nil || closed != nil {
		return held{}, false, errors.Join(err, closed)
	}
	if c.Lines == 0 && p.digest == "" {
		return held{}, false, r.stillNone(ctx, p.key)
	}
	if err := s.ready(old); err != nil {
		return held{}, false, err
	}
	meta := s.meta(c)
	err = r.put(ctx, t, c.Key, inMemory(packed, c.CRC64), PutOptions{ContentType: contentType(p.key), Meta: meta, CreateOnly: !there})
	return heldBy(c, meta), true, err
}

// stillNone makes sure that there is no object where none is written: a run that was killed may have left one, of calls that
// the API does not list any more.
func (r *run) stillNone(ctx context.Context, key string) error {
	_, err := r.store.Stat(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		return errConflict
	}
	return err
}

// undisturbed makes sure that an object is still the one that was read.
func (r *run) undisturbed(ctx context.Context, h held) error {
	if h.content == nil || h.content.ContentSHA256 == "" {
		return nil // an object with a wrong story is replaced whatever it is
	}
	attrs, err := r.store.Stat(ctx, h.content.Key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	is := heldBy(&Content{ContentSHA256: attrs.Meta[metaSHA256]}, attrs.Meta)
	if err == nil && !is.sameStory(h) {
		return errConflict
	}
	return err
}

// allUndisturbed looks at every object of a shelf.
func (r *run) allUndisturbed(ctx context.Context, s shelf) error {
	for _, h := range s.held {
		if err := r.undisturbed(ctx, h); err != nil {
			return err
		}
	}
	return nil
}

// put writes one of the window's objects; a dry run stops short of it.
func (r *run) put(ctx context.Context, t Task, key string, body Body, o PutOptions) error {
	if t.DryRun {
		return nil
	}
	r.sweeping.begin(r.sweep)
	return r.budget.timedIfSmall(body.Size, func() error { return r.store.Put(ctx, key, body, o) })
}
