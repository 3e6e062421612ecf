package archive

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
)

// mostWindows is how many windows an answer lists: with some 300 bytes for each it stays under the 64 KB that the contract
// allows, and far under the platform's 6 MB.
const mostWindows = 60

// errorText bounds what an answer repeats of a window's error.
const errorText = 160

// add takes a window into the answer that was brought to its end. span is the window, done what became of it.
func (p *Report) add(span Window, done committed) {
	w := done.report
	if w.State == Partial {
		p.Complete = false
	}
	p.cover(span)
	p.Windows = append(p.Windows, w)
	p.Totals.Calls += w.Calls
	p.Totals.Media.add(w.Media)
	p.Totals.Bytes += done.bytes
}

// fail takes a window into the answer that could not be committed.
func (p *Report) fail(span Window, done committed, err error) {
	p.forgo(span, done)
	w := done.report
	p.Windows = append(p.Windows, WindowReport{App: w.App, Window: w.Window, State: Failed, Reason: w.Reason, Error: clip(err.Error(), errorText)})
}

// forgo counts what was read and stored for a window that is not committed.
func (p *Report) forgo(span Window, done committed) {
	p.Complete = false
	p.cover(span)
	calls, files := done.report.Calls, done.report.Media.Copied
	if calls == 0 && files == 0 {
		return
	}
	if p.Totals.Uncommitted == nil {
		p.Totals.Uncommitted = &Uncommitted{}
	}
	u := p.Totals.Uncommitted
	u.Calls, u.Files, u.Bytes = u.Calls+calls, u.Files+files, u.Bytes+done.bytes
}

// stored tells whether the run stored any file, whatever became of its window.
func (p *Report) stored() bool {
	return p.Totals.Media.Copied > 0 || p.Totals.Uncommitted != nil && p.Totals.Uncommitted.Files > 0
}

// has tells whether the answer tells of a window already.
func (p *Report) has(app, window string) bool {
	return slices.ContainsFunc(p.Windows, func(w WindowReport) bool { return w.App == app && w.Window == window })
}

// note adds a remark, once.
func (p *Report) note(text string) {
	if !slices.Contains(p.Notes, text) {
		p.Notes = append(p.Notes, text)
	}
}

// gotAnywhere tells whether the run did anything with any window.
func (p *Report) gotAnywhere() bool {
	return len(p.Windows) > 0 || p.stored() || p.Checked != nil && p.Checked.Windows > 0
}

// cover widens the answer's range by a window.
func (p *Report) cover(w Window) {
	if p.span.Start.IsZero() || w.Start.Before(p.span.Start) {
		p.span.Start = w.Start
	}
	if w.End.After(p.span.End) {
		p.span.End = w.End
	}
}

// wroteAny tells whether the run wrote anything: it committed, came near to it, or stored files for others to commit.
func (p *Report) wroteAny() bool {
	return p.stored() || p.Totals.Uncommitted != nil || slices.ContainsFunc(p.Windows, func(w WindowReport) bool { return w.State == Committed || w.State == Partial })
}

func (c *MediaCount) add(o MediaCount) {
	c.Copied += o.Copied
	c.Kept += o.Kept
	c.Pending += o.Pending
	c.Lost += o.Lost
	c.Refused += o.Refused
}

// conclude sums the run up. It counts the requests that come after it: for so many shortcuts, and for this very answer.
func (r *run) conclude(took time.Duration, shortcuts int, err error) {
	p := r.report
	p.Failed, p.Stopped = err != nil, r.interrupted()
	if p.span.Start.IsZero() {
		p.cover(r.Grid.Closed(r.Now))
	}
	slices.SortStableFunc(p.Windows, func(a, b WindowReport) int {
		return cmp.Or(cmp.Compare(a.Window, b.Window), cmp.Compare(a.App, b.App))
	})
	p.From, p.To = r.Grid.Stamp(p.span.Start), r.Grid.Stamp(p.span.End)
	p.Debts = r.debts()
	p.Complete = p.Complete && !p.Failed && !p.Stopped && p.Debts == nil && len(p.Findings) == 0 && r.proved()
	p.Totals.APIRequests, p.Totals.StoreRequests = r.Meter.api.Load(), r.Meter.store.Load()+int64(shortcuts)
	if r.filed() {
		p.Totals.StoreRequests++
	}
	p.Totals.Seconds = float64(took.Milliseconds()) / 1000
}

// own goes over what the run knows of its windows. Those of other shares that it only helped to copy are told of by these.
func (r *run) own(yield func(Standing) bool) {
	for app, ledger := range r.ledgers {
		for start, s := range ledger {
			if w := r.Grid.At(time.Unix(start, 0)); r.Share.Has(w, r.indexOf(app)) && !yield(s) {
				return
			}
		}
	}
}

// proved tells whether every window that the run saw was proved to be whole.
func (r *run) proved() bool {
	for s := range r.own {
		if !s.Agreed || s.Broken != "" {
			return false
		}
	}
	return true
}

// debts sums up what the ledgers say is owed.
func (r *run) debts() *DebtReport {
	d := &DebtReport{}
	for s := range r.own {
		d.Files += s.Owed
		if s.GoneBy != nil && (d.NextDeadline == nil || s.GoneBy.Before(*d.NextDeadline)) {
			d.NextDeadline = s.GoneBy
		}
	}
	if d.Files == 0 {
		return nil
	}
	return d
}

// Short is p as it is answered: an answer stays under 64 KB. What went as it should is left out first, and how much was
// left out is said.
func (p *Report) Short() *Report {
	s := *p
	if n := len(s.Windows) - mostWindows; n > 0 {
		weight := map[State]int{Failed: 0, Partial: 1, Committed: 2, Unchanged: 3}
		s.Windows = slices.SortedStableFunc(slices.Values(s.Windows), func(a, b WindowReport) int { return weight[a.State] - weight[b.State] })
		s.Windows, s.Folded = s.Windows[:mostWindows], n
	}
	if n := len(s.Findings) - mostFindings; n > 0 {
		s.Findings, s.Checked = s.Findings[:mostFindings], &Checked{}
		*s.Checked = *p.Checked
		s.Checked.Folded = n
	}
	s.Plan = s.Plan.short()
	return &s
}

// short is p with as many windows and stretches as an answer lists.
func (p *PlanReport) short() *PlanReport {
	if p == nil {
		return nil
	}
	s := *p
	if n := len(s.Windows) - mostWindows; n > 0 {
		s.Windows, s.Folded = s.Windows[:mostWindows], n
	}
	if n := len(s.Stretches) - mostWindows; n > 0 {
		s.Stretches, s.StretchesFolded = s.Stretches[:mostWindows], n
	}
	return &s
}

// filed tells whether the answer is kept. A run that found nothing to do leaves nothing behind, and a plan writes nothing, however it
// ends.
func (r *run) filed() bool {
	return !r.DryRun && r.Mode != ModePlan && (r.report.wroteAny() || r.report.Failed)
}

// file keeps the answer of a run that wrote something or failed.
func (r *run) file(ctx context.Context) error {
	if !r.filed() {
		return nil
	}
	b, err := json.MarshalIndent(r.report.Short(), "", "  ")
	if err == nil {
		err = r.keep(ctx, document{key: r.keys.run(r.Now, r.ID), body: b})
	}
	if err != nil {
		return fmt.Errorf("file the answer: %w", err)
	}
	return nil
}

// counted is a number with its noun, as a sentence of the answer tells it: 1 window, 3,967 windows.
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return humanize.Comma(int64(n)) + " " + noun
}

// clip shortens text to n bytes.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "…"
}

// insert adds s to a sorted list without repeats.
func insert(list []string, s string) []string {
	if i, found := slices.BinarySearch(list, s); !found {
		return slices.Insert(list, i, s)
	}
	return list
}
