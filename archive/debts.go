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

// enter puts one file into the books.
func (r *run) enter(m *Manifest, was *past, f File, t Task) {
	switch {
	case f.Status.stored():
		m.Media = append(m.Media, f)
	case f.Status == Pending:
		m.Debts = append(m.Debts, r.debt(was.debt(f.Key), f, t.Window))
	default:
		m.Lost = append(m.Lost, f)
	}
}

// debt is the entry of a file that the last commit owed already; the zero Debt where it did not.
func (p *past) debt(key string) Debt {
	if p.owed == nil && p.manifest != nil { // a window can owe each of its files: they are not searched one by one
		p.owed = make(map[string]*Debt, len(p.manifest.Debts))
		for i, d := range p.manifest.Debts {
			p.owed[d.Key] = &p.manifest.Debts[i]
		}
	}
	if d := p.owed[key]; d != nil {
		return *d
	}
	return Debt{}
}

// debt brings a file's entry up to date. A try is written down where its reason is a new one, or the last that was
// written down lies a window length back: else a bucket would be written to only to say that nothing changed.
func (r *run) debt(old Debt, f File, w Window) Debt {
	d := Debt{File: f, Since: old.Since, Tries: old.Tries, LastTry: old.LastTry, Next: "at the next run", GoneBy: goneBy(f.Time, w)}
	if d.Since.IsZero() {
		d.Since = r.Now
	}
	switch f.Reason {
	case reasonProcessing:
		d.Next = "when the transcript is complete"
	case reasonUnlisted:
		d.Next = "when the API lists its call again"
	case reasonDeadline:
	default:
		if old.Reason != f.Reason || !r.Now.Before(old.LastTry.Add(r.Grid.Length)) {
			d.Tries, d.LastTry = old.Tries+1, r.Now
		}
	}
	return d
}

// goneBy is when the source may have deleted a file of a call at t.
func goneBy(t int64, w Window) time.Time {
	if t == 0 {
		return w.Start.AddDate(0, retention, 0)
	}
	return time.Unix(t, 0).UTC().AddDate(0, retention, 0)
}

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

// Debt is a file that a row names and the bucket lacks. Its Reason is why the last try failed.
type Debt struct {
	File
	Since   time.Time `json:"since"`    // when a run first missed it
	Tries   int       `json:"tries"`    // downloads that were written down, at most one for each window length
	LastTry time.Time `json:"last_try"` // zero: none yet
	Next    string    `json:"next"`     // what is tried next
	GoneBy  time.Time `json:"gone_by"`  // from then on the source may have deleted it
}

// same tells whether d is equal to other.
func (d Debt) same(other Debt) bool {
	files := d.File.same(other.File)
	d.File, other.File = File{}, File{}
	return files && d == other
}
