package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// Which manifests there are tells a listing; what one says, only the manifest itself.

// manifestRef is a manifest that a listing named.
type manifestRef struct {
	name   string // dt=2026-11-22/0500.json
	window Window
	stamp  string // tells this state of it from every other; empty where the bucket gives no ETag
}

// errEnough ends a listing that went past what was asked for.
var errEnough = errors.New("enough")

// listManifests hands the manifests with keys between begin and end to yield.
func (r *run) listManifests(ctx context.Context, app, begin, end string, yield func(manifestRef) error) error {
	folder := r.keys.manifests(app)
	err := r.store.List(ctx, folder, begin, func(o Object) error {
		if o.Key > end {
			return errEnough
		}
		w, ok := r.keys.window(app, o.Key)
		if !ok {
			return nil
		}
		return yield(manifestRef{name: o.Key[len(folder):], window: w, stamp: stamp(o.ETag, o.Size)})
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// onGrid lists the manifests with keys between begin and end. One of a window that cannot be is an error: the archive was begun
// with shorter ones.
func (r *run) onGrid(ctx context.Context, app, begin, end string) (refs []manifestRef, err error) {
	err = r.listManifests(ctx, app, begin, end, func(ref manifestRef) error {
		if !ref.window.Start.Equal(ref.window.Start.Truncate(r.Grid.Length)) {
			return &SettingError{Setting: "ARCHIVE_WINDOW", was: "a shorter one", is: spelled(r.Grid.Length)}
		}
		refs = append(refs, ref)
		return nil
	})
	return refs, err
}

// anyManifest is the first one of an application; nil where there is none.
func (r *run) anyManifest(ctx context.Context, app string) (first *manifestRef, err error) {
	err = r.listManifests(ctx, app, "", r.keys.afterAll(app), func(ref manifestRef) error {
		first = &ref
		return errEnough
	})
	return first, err
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
	m, _, err := r.getManifest(ctx, app, w)
	return m, err
}

// getManifest is readManifest, and gives the SHA-256 of the bytes that it read.
func (r *run) getManifest(ctx context.Context, app string, w Window) (m *Manifest, digest string, err error) {
	key := r.keys.manifest(app, w)
	b, _, err := r.store.Get(ctx, key)
	if err != nil {
		return nil, "", err
	}
	m, err = decodeManifest(b, app, w, r.Grid)
	if grid := new(SettingError); errors.As(err, &grid) {
		return nil, "", grid
	}
	if err != nil {
		return nil, "", &untrusted{key, err}
	}
	return m, sha256Of(b), nil
}

// onFile is what the bucket has of a window's manifest.
type onFile struct {
	manifest *Manifest // nil: there is none, or none that holds
	digest   string    // SHA-256 of its bytes; empty: there is none, or a broken one
	broken   bool      // there is one, and it does not hold
}

// manifestNow reads what the bucket has of a task's manifest.
func (r *run) manifestNow(ctx context.Context, t Task) (onFile, error) {
	m, digest, err := r.getManifest(ctx, t.App, t.Window)
	switch {
	case errors.As(err, new(*untrusted)):
		return onFile{broken: true}, nil
	case errors.Is(err, fs.ErrNotExist):
		return onFile{}, nil
	}
	return onFile{manifest: m, digest: digest}, err
}
