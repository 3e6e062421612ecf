package archive

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// What manifests say is kept in one object of each application, so that a run need not read them one by one. That object is a
// shortcut and nothing more: an entry counts only while the bucket lists its manifest with the same ETag and size; without it, or
// with a spoilt one, the manifests themselves are read. It can be deleted at any time.

// shortcut is what manifests say, as far as that was read or written before.
type shortcut struct {
	Version int                `json:"version"`
	Grid    string             `json:"grid"`    // of the run that wrote it: with another, every manifest is read and refused
	Windows map[string]stamped `json:"windows"` // by the manifest's name: dt=2026-11-22/0500.json
}

// stamped is what a manifest says that the bucket lists with Stamp.
type stamped struct {
	Stamp string `json:"stamp"`
	Standing
}

const shortcutVersion = 2

// entry is what the shortcut tells of a manifest that was listed, if it holds yet.
func (s shortcut) entry(ref manifestRef) (stamped, bool) {
	e, ok := s.Windows[ref.name]
	return e, ok && e.Stamp == ref.stamp && ref.stamp != ""
}

// shortcut is what is known of the manifests already: from an earlier look, else from the bucket.
func (r *run) shortcut(ctx context.Context, app string) shortcut {
	if known, ok := r.shortcuts[app]; ok {
		return known
	}
	return r.readShortcut(ctx, app)
}

// readShortcut reads an application's shortcut; an absent or spoilt one is empty.
func (r *run) readShortcut(ctx context.Context, app string) shortcut {
	var s shortcut
	var b []byte
	err := r.budget.timed(func() (err error) {
		b, _, err = r.store.Get(ctx, r.keys.shortcut(app))
		return err
	})
	if err != nil || json.Unmarshal(b, &s) != nil || s.Version != shortcutVersion || s.Grid != r.Grid.String() {
		return shortcut{}
	}
	return s
}

// remember notes a manifest that this run wrote, with the stamp that the bucket will list it by: COS gives the MD5 of an object's
// bytes as its ETag where it was put in one piece and without KMS. Where it does not, or another run wrote the manifest since,
// the stamps differ, and the manifest is read.
func (r *run) remember(t Task, done committed) {
	if r.written[t.App] == nil {
		r.written[t.App] = map[string]stamped{}
	}
	name := strings.TrimPrefix(r.keys.manifest(t.App, t.Window), r.keys.manifests(t.App))
	r.written[t.App][name] = stamped{done.stamp, done.manifest.standing()}
}

// shortcutSteps is how many requests, at least, it takes to write a shortcut and the answer.
const shortcutSteps = 2

// shortcutsToKeep gives the shortcuts to write down after a run that committed, where there is time: of each application what the
// run read and what it wrote, and what others have written down meanwhile. The loss of them, or of the entries of two shares that
// end at once, costs only reading.
func (r *run) shortcutsToKeep(ctx context.Context) (keep []document) {
	if r.DryRun || !r.budget.allows(shortcutSteps) {
		return nil
	}
	for _, app := range slices.Sorted(maps.Keys(r.written)) {
		s := r.shortcuts[app]
		if s.Windows == nil {
			continue
		}
		maps.Copy(s.Windows, r.written[app])
		r.joinShortcut(ctx, app, s)
		if b, err := json.Marshal(s); err == nil {
			keep = append(keep, document{r.keys.shortcut(app), b, map[string]string{metaApp: app}})
		}
	}
	return keep
}

// joinShortcut takes in what other runs have written down since this one read the shortcut, a long time ago, or what a share passes
// over because others own it: this run's own would overwrite it. An entry counts only while its stamp holds, so a stale one harms
// nothing.
func (r *run) joinShortcut(ctx context.Context, app string, s shortcut) {
	if r.Share.Of <= 1 && r.Clock().Sub(r.began) < lookEvery {
		return
	}
	for name, entry := range r.readShortcut(ctx, app).Windows {
		if _, known := s.Windows[name]; !known {
			s.Windows[name] = entry
		}
	}
}

// stamp tells one state of an object from the next. An object without an ETag has none, and is always read.
func stamp(etag string, size int64) string {
	if etag = strings.Trim(etag, `"`); etag == "" {
		return ""
	}
	return fmt.Sprintf("%s %d", etag, size)
}
