package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
)

// A window that is archived already is announced before anything of it is written anew: its manifest then says that its calls are
// not proved to be all. So a run that is killed between the objects and the manifest leaves a window that the plan finds due.
// Otherwise its manifest would go on telling of objects that were replaced, and nobody would look: the number of calls may
// agree, and a final window is never read again.
//
// A new window needs no announcement: it has no manifest. Nor does one that is due in any case.

// due tells whether every later run works on a window with this manifest, until it is written again.
func (m *Manifest) due(t Task) bool {
	return m.State == Open && (t.Settled || !m.standing().quiet())
}

// mustAnnounce tells whether no later run would look at the window if an object were written now, instead of old, and no manifest.
func (p *past) mustAnnounce(t Task, parts int, old held) bool {
	switch {
	case p.announced:
		return false
	case p.manifest != nil:
		return !p.manifest.due(t) || parts > max(p.manifest.Parts, 1)
	}
	// A run that found nothing may be about to create the manifest of what it wrote: it must not where that is replaced.
	return p.broken || old.content != nil
}

// announcement is the manifest that lies there while a window is written anew: what was committed last, or nothing. It tells
// already into how many parts the window's time will be cut.
func (r *run) announcement(t Task, was *past, parts int) *Manifest {
	m := r.blank(t)
	if was.manifest != nil {
		*m = *was.manifest
	}
	m.State, m.Listing.Agreed = Open, false
	if parts > 1 {
		m.Parts = parts
	}
	return m
}

// announce writes the announcement. Where there was no manifest it is created: either it, or that of a run which is about to
// commit the window as new, and then learns that it is not.
func (r *run) announce(ctx context.Context, t Task, was *past, parts int) error {
	if err := r.manifestUndisturbed(ctx, t, was); err != nil {
		return err
	}
	m := r.announcement(t, was, parts)
	digest, _, err := r.storeManifest(ctx, t, was, m)
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	was.digest, was.announced = digest, true
	return nil
}

// ready makes sure, right before an object of a window that exists is written, that its manifest does not vouch for what lies there
// now, and that both are still what this run knows. Where there was no object, it is created, and the bucket itself refuses if
// one came meanwhile.
func (r *run) ready(ctx context.Context, t Task, was *past, parts int, old held) error {
	if was.fresh || t.DryRun {
		return nil
	}
	if was.mustAnnounce(t, parts, old) {
		if err := r.announce(ctx, t, was, parts); err != nil {
			return err
		}
	}
	return together(
		func() error { return r.manifestUndisturbed(ctx, t, was) },
		func() error { return r.undisturbed(ctx, old) })
}

// manifestUndisturbed makes sure that the manifest in the bucket is the one that is known. Nothing is known of a broken one. Its
// metadata tell, with one short request; where they say something else, its bytes decide: a tool that copied the bucket may have
// dropped the metadata, and the window would be blocked for good.
func (r *run) manifestUndisturbed(ctx context.Context, t Task, was *past) error {
	if was.broken && !was.announced {
		return nil
	}
	key := r.keys.manifest(t.App, t.Window)
	attrs, err := r.store.Stat(ctx, key)
	if err == nil && attrs.Meta[metaSHA256] != was.digest {
		return r.sameBytes(ctx, key, was.digest)
	}
	return unlessKnown(err, was.digest)
}

// sameBytes makes sure that an object is the one with that SHA-256, whatever its metadata tell.
func (r *run) sameBytes(ctx context.Context, key, digest string) error {
	b, _, err := r.store.Get(ctx, key)
	if err == nil && sha256Of(b) != digest {
		return errConflict
	}
	return unlessKnown(err, digest)
}

// unlessKnown is err, but that there is no object is what was expected where no digest of one is known, and otherwise a conflict.
func unlessKnown(err error, digest string) error {
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case digest == "":
		return nil
	}
	return errConflict
}

// linesUndisturbed makes sure that rows and index are those that a manifest tells of, where another run may have replaced them.
func (r *run) linesUndisturbed(ctx context.Context, m *Manifest) error {
	rows := held{state: string(m.State), owed: strconv.Itoa(len(m.Debts))}
	return together(
		func() error { return r.allUndisturbed(ctx, shelve(m.Parts, contents(m.Rows, m.RowsMore), rows)) },
		func() error { return r.allUndisturbed(ctx, shelve(m.Parts, contents(m.Index, m.IndexMore), held{})) })
}
