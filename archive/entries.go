package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"
)

// What is owed and what is lost, over all windows, for whoever asks. Only manifests are read.

// Entry is a file that is owed or lost, with the window whose books it stands in.
type Entry struct {
	App    string     `json:"app"`
	Window string     `json:"window"`
	Status Status     `json:"status"` // pending, lost or refused
	Since  *time.Time `json:"since,omitempty"`
	Tries  int        `json:"tries,omitempty"`
	Reason string     `json:"reason"`
	Next   string     `json:"next,omitempty"`
	GoneBy *time.Time `json:"gone_by,omitempty"`
	Kind   string     `json:"kind"`
	Key    string     `json:"key"`
}

// Debts lists every file that is owed, what may be gone first in front, and then every file that is lost or refused.
func (a *Archiver) Debts(ctx context.Context, q Request) ([]Entry, error) {
	defer a.close()
	r, err := a.begin(ctx, q)
	if err != nil {
		return nil, err
	}
	defer r.budget.end()
	entries := []Entry{}
	for _, app := range r.apps {
		ledger, err := r.readLedger(ctx, app, Window{End: r.Now})
		if err != nil {
			return nil, err
		}
		found, err := r.owing(ctx, app, ledger)
		if err != nil {
			return nil, err
		}
		entries = append(entries, found...)
	}
	slices.SortFunc(entries, compareEntries)
	return entries, nil
}

// owing reads the books of the windows that owe or lost something, or whose books cannot be trusted.
func (r *run) owing(ctx context.Context, app string, ledger Ledger) ([]Entry, error) {
	var (
		mu      sync.Mutex
		entries []Entry
		failed  error
	)
	q := newQueue(r.Concurrency, func(start int64) {
		found, err := r.entries(ctx, app, r.Grid.At(time.Unix(start, 0)))
		mu.Lock()
		defer mu.Unlock()
		entries = append(entries, found...)
		if err != nil {
			failed = err
		}
	})
	for start, s := range ledger {
		if s.Owed > 0 || s.Lost > 0 || s.Broken != "" {
			q.add(start)
		}
	}
	return entries, errors.Join(q.wait(), failed)
}

// entries reads the books of one window.
func (r *run) entries(ctx context.Context, app string, w Window) ([]Entry, error) {
	m, err := r.readManifest(ctx, app, w)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if bad := new(untrusted); errors.As(err, &bad) { // nothing is known of its files until it is read again
		return []Entry{{App: app, Window: r.Grid.Stamp(w.Start), Status: Pending, Reason: bad.Error(), Next: "at the next run", Key: bad.key}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read debts: %w", err)
	}
	var entries []Entry
	for _, d := range m.Debts {
		entries = append(entries, Entry{App: app, Window: m.From, Status: Pending, Since: &d.Since, Tries: d.Tries,
			Reason: d.Reason, Next: d.Next, GoneBy: &d.GoneBy, Kind: string(d.Kind), Key: d.Key})
	}
	for _, l := range m.Lost {
		entries = append(entries, Entry{App: app, Window: m.From, Status: l.Status, Reason: l.Reason, Kind: string(l.Kind), Key: l.Key})
	}
	return entries, nil
}

func compareEntries(a, b Entry) int {
	deadline := func(e Entry) time.Time {
		if e.GoneBy == nil {
			return time.Unix(1<<40, 0)
		}
		return *e.GoneBy
	}
	return cmp.Or(deadline(a).Compare(deadline(b)), cmp.Compare(a.Window, b.Window), cmp.Compare(a.Key, b.Key))
}
