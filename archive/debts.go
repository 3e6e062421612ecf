package archive

import (
	"time"
)

// The books of a window: its manifest tells of each file that a row names, whether it is archived, owed or lost.

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
