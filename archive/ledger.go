package archive

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"time"
)

// The ledger is read from the manifests: what they say is what is committed. One listing names a thousand of them, but not
// what they say: that tells the shortcut (shortcut.go), or each manifest itself.

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

// readLedger tells of every window of app that is committed and began on the days of span.
func (r *run) readLedger(ctx context.Context, app string, span Window) (Ledger, error) {
	// A day more on both sides: in another zone, the same windows stand under other days.
	begin, end := r.keys.afterDay(app, span.Start.AddDate(0, 0, -1)), r.keys.afterDay(app, span.End.AddDate(0, 0, 2))
	var known shortcut
	var refs []manifestRef
	err := together(
		func() error { known = r.shortcut(ctx, app); return nil },
		func() (err error) { refs, err = r.onGrid(ctx, app, begin, end); return err },
	)
	if err != nil {
		return nil, err
	}
	folder := r.keys.manifests(app)
	fresh := shortcut{Version: shortcutVersion, Grid: r.Grid.String(), Windows: map[string]stamped{}}
	for name, entry := range known.Windows {
		if key := folder + name; key < begin || key > end {
			fresh.Windows[name] = entry // not listed now, so neither confirmed nor refuted
		}
	}
	ledger := Ledger{}
	unread := slices.DeleteFunc(refs, func(ref manifestRef) bool {
		if !r.concerns(app, ref.window) {
			return true
		}
		entry, holds := known.entry(ref)
		if holds {
			ledger[ref.window.Start.Unix()], fresh.Windows[ref.name] = entry.Standing, entry
		}
		return holds
	})
	if err := r.readStandings(ctx, app, unread, ledger, fresh); err != nil {
		return nil, err
	}
	r.shortcuts[app] = fresh
	return ledger, nil
}

// listedLedger is the ledger of what the API still lists: nothing older can be worked on.
func (r *run) listedLedger(ctx context.Context, app string) (Ledger, error) {
	return r.readLedger(ctx, app, Window{Start: r.Now.Add(-reach), End: r.Now})
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

// readStandings reads what the shortcut does not know.
func (r *run) readStandings(ctx context.Context, app string, refs []manifestRef, ledger Ledger, fresh shortcut) error {
	var (
		mu     sync.Mutex
		failed error
	)
	q := newQueue(r.Concurrency, func(ref manifestRef) {
		s, err := r.readStanding(ctx, app, ref.window)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case errors.Is(err, fs.ErrNotExist): // deleted since it was listed
		case err != nil:
			failed = err
		default:
			ledger[ref.window.Start.Unix()] = s
			if ref.stamp != "" {
				fresh.Windows[ref.name] = stamped{ref.stamp, s}
			}
		}
	})
	for _, ref := range refs {
		q.add(ref)
	}
	return errors.Join(q.wait(), failed)
}

// readStanding reads one manifest for the ledger.
func (r *run) readStanding(ctx context.Context, app string, w Window) (Standing, error) {
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
