package archive

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// The ledger is read from the manifests: what they say is what is committed. One listing names a thousand of them, but not
// what they say, so what was once read is kept in one object of each application. That object is a shortcut and nothing
// more: an entry counts only while the bucket lists its manifest with the same ETag and size; without it, or with a spoilt one,
// the manifests themselves are read.

// shortcut is the kept ledger.
type shortcut struct {
	Version int                   `json:"version"`
	Grid    string                `json:"grid"`    // of the run that kept it: with another, every manifest is read and refused
	Windows map[string]keptWindow `json:"windows"` // by the manifest's name: dt=2026-11-22/0500.json
}

// keptWindow is what a manifest said when the bucket listed it with Stamp.
type keptWindow struct {
	Stamp string `json:"stamp"`
	Standing
}

const shortcutVersion = 2

// readLedger tells of every window of app that is committed and began on the days of span.
func (r *run) readLedger(ctx context.Context, app string, span Window) (Ledger, error) {
	// A day more on both sides: in another zone, the same windows stand under other days.
	begin, end := r.keys.afterDay(app, span.Start.AddDate(0, 0, -1)), r.keys.afterDay(app, span.End.AddDate(0, 0, 2))
	var kept shortcut
	var refs []manifestRef
	err := together(
		func() error { kept = r.remembered(ctx, app); return nil },
		func() (err error) { refs, err = r.onGrid(ctx, app, begin, end); return err },
	)
	if err != nil {
		return nil, err
	}
	folder := r.keys.manifests(app)
	fresh := shortcut{Version: shortcutVersion, Grid: r.Grid.String(), Windows: map[string]keptWindow{}}
	for name, k := range kept.Windows {
		if key := folder + name; key < begin || key > end {
			fresh.Windows[name] = k // not listed now, so neither confirmed nor refuted
		}
	}
	ledger := Ledger{}
	unread := slices.DeleteFunc(refs, func(ref manifestRef) bool {
		if !r.concerns(app, ref.window) {
			return true
		}
		k, ok := kept.Windows[ref.name]
		if !ok || k.Stamp != ref.stamp || ref.stamp == "" {
			return false
		}
		ledger[ref.window.Start.Unix()] = k.Standing
		fresh.Windows[ref.name] = k
		return true
	})
	if err := r.readManifests(ctx, app, unread, ledger, fresh); err != nil {
		return nil, err
	}
	r.kept[app] = fresh
	return ledger, nil
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

// rangeLedger is readLedger for a range that was asked for. Where no manifest lies near it, any other one of the archive is held
// against the settings: with other windows or another zone than before, calls would be archived twice.
func (r *run) rangeLedger(ctx context.Context, app string, span Window) (Ledger, error) {
	ledger, err := r.readLedger(ctx, app, span)
	if err != nil || len(ledger) > 0 {
		return ledger, err
	}
	other, err := r.anyManifest(ctx, app)
	if err != nil || other == nil {
		return ledger, err
	}
	if _, err := r.readManifest(ctx, app, other.window); errors.As(err, new(*SettingError)) {
		return nil, err
	}
	return ledger, nil
}

// anyManifest is the first one of an application; nil where there is none.
func (r *run) anyManifest(ctx context.Context, app string) (first *manifestRef, err error) {
	err = r.listManifests(ctx, app, "", r.keys.afterAll(app), func(ref manifestRef) error {
		first = &ref
		return errEnough
	})
	return first, err
}

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
	if err != nil && !errors.Is(err, errEnough) {
		return fmt.Errorf("list manifests: %w", err)
	}
	return nil
}

// errEnough ends a listing that went past what was asked for.
var errEnough = errors.New("enough")

// manifestRef is a manifest that a listing named.
type manifestRef struct {
	name   string // dt=2026-11-22/0500.json
	window Window
	stamp  string // tells this state of it from every other; empty where the bucket gives no ETag
}

// stamp tells one state of an object from the next. An object without an ETag has none, and is always read.
func stamp(etag string, size int64) string {
	if etag = strings.Trim(etag, `"`); etag == "" {
		return ""
	}
	return fmt.Sprintf("%s %d", etag, size)
}

// readManifests reads what the shortcut does not know.
func (r *run) readManifests(ctx context.Context, app string, refs []manifestRef, ledger Ledger, fresh shortcut) error {
	var (
		mu     sync.Mutex
		failed error
	)
	q := newQueue(r.Concurrency, func(ref manifestRef) {
		s, err := r.standing(ctx, app, ref.window)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case errors.Is(err, fs.ErrNotExist): // deleted since it was listed
		case err != nil:
			failed = err
		default:
			ledger[ref.window.Start.Unix()] = s
			if ref.stamp != "" {
				fresh.Windows[ref.name] = keptWindow{ref.stamp, s}
			}
		}
	})
	for _, ref := range refs {
		q.add(ref)
	}
	return errors.Join(q.wait(), failed)
}

// standing reads one manifest for the ledger.
func (r *run) standing(ctx context.Context, app string, w Window) (Standing, error) {
	m, err := r.readManifest(ctx, app, w)
	if bad := new(untrusted); errors.As(err, &bad) {
		return Standing{Broken: bad.Error()}, nil
	}
	if err != nil {
		return Standing{}, err
	}
	return m.standing(), nil
}

// standing is a manifest in the ledger's words.
func (m *Manifest) standing() Standing {
	s := Standing{State: m.State, Calls: m.Calls, Inside: m.Listing.Inside, Owed: len(m.Debts),
		Lost: len(m.Lost), Files: len(m.Media), Processing: m.Processing, Agreed: m.Listing.Agreed, Untried: m.untried(), by: m.author()}
	for _, f := range m.Media {
		s.Bytes += f.Bytes
	}
	for _, d := range m.Debts {
		if s.GoneBy == nil || d.GoneBy.Before(*s.GoneBy) {
			s.GoneBy = &d.GoneBy
		}
	}
	return s
}

// untried is how many files are owed only because the run that committed had no time for them.
func (m *Manifest) untried() (n int) {
	for _, d := range m.Debts {
		if d.Reason == reasonDeadline {
			n++
		}
	}
	return n
}

// remembered is what is known of the manifests already: from an earlier look, else from the kept ledger.
func (r *run) remembered(ctx context.Context, app string) shortcut {
	if kept, ok := r.kept[app]; ok {
		return kept
	}
	return r.readShortcut(ctx, app)
}

// readShortcut reads the kept ledger; an absent or spoilt one is empty.
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

// reachable is the ledger of what the API still lists: nothing older can be worked on.
func (r *run) reachable(ctx context.Context, app string) (Ledger, error) {
	return r.readLedger(ctx, app, Window{Start: r.Now.Add(-reach), End: r.Now})
}

// remember notes a manifest that this run wrote, with the stamp that the bucket will list it by: COS gives the MD5 of an object's
// bytes as its ETag where it was put in one piece and without KMS. Where it does not, or another run wrote the manifest since,
// the stamps differ, and the manifest is read.
func (r *run) remember(t Task, done committed) {
	if r.written[t.App] == nil {
		r.written[t.App] = map[string]keptWindow{}
	}
	sum := md5.Sum(done.sealed)
	name := strings.TrimPrefix(r.keys.manifest(t.App, t.Window), r.keys.manifests(t.App))
	r.written[t.App][name] = keptWindow{stamp(hex.EncodeToString(sum[:]), int64(len(done.sealed))), done.manifest.standing()}
}

// ledgerSteps is how many requests, at least, it takes to keep a ledger and to file the answer.
const ledgerSteps = 2

// ledgersToKeep gives the ledgers to write down after a run that committed, where there is time: of each application what the run
// read and what it wrote, and what others have kept meanwhile. The loss of them, or of the entries of two shares that end at
// once, costs only reading.
func (r *run) ledgersToKeep(ctx context.Context) (keep []document) {
	if r.DryRun || !r.budget.allows(ledgerSteps) {
		return nil
	}
	for _, app := range slices.Sorted(maps.Keys(r.written)) {
		kept := r.kept[app]
		if kept.Windows == nil {
			continue
		}
		maps.Copy(kept.Windows, r.written[app])
		r.joinKept(ctx, app, kept)
		if b, err := json.Marshal(kept); err == nil {
			keep = append(keep, document{r.keys.shortcut(app), b, map[string]string{metaApp: app}})
		}
	}
	return keep
}

// Standing is what the ledger tells of a committed window.
type Standing struct {
	State      WindowState `json:"state"`
	Calls      int         `json:"calls"`
	Inside     int         `json:"inside"` // calls that the API listed when it was last read
	Files      int         `json:"files"`
	Bytes      int64       `json:"bytes"`             // of the files that are archived
	Owed       int         `json:"owed"`              // files
	Untried    int         `json:"untried,omitempty"` // of these, those that no run has had time for yet
	Lost       int         `json:"lost"`              // files
	Processing int         `json:"processing"`        // transcripts being made
	Agreed     bool        `json:"agreed"`            // the calls were proved to be all
	GoneBy     *time.Time  `json:"gone_by,omitempty"` // when the first owed file may be gone
	Broken     string      `json:"broken,omitempty"`  // why its manifest cannot be trusted

	by author // zero where it was not read from the manifest itself
}

// quiet tells whether nothing is left to do for the window but to watch for late calls.
func (s Standing) quiet() bool {
	return s.Broken == "" && s.Owed == 0 && s.Processing == 0 && s.Agreed
}

// Ledger is an application's committed windows by the Unix second they begin.
type Ledger map[int64]Standing
