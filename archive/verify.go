package archive

import (
	"context"
	"errors"
	"fmt"
)

// Trouble is what a verification can find.
type Trouble string

// The kinds of trouble.
const (
	Missing  Trouble = "missing"  // it should be in the bucket, and is not
	Extra    Trouble = "extra"    // it is in the bucket, and nothing names it
	Altered  Trouble = "changed"  // it is not what the books, or the API, say
	Unproved Trouble = "unproved" // nothing contradicts it, but nothing proves it
)

// Finding is one thing that a verification found wrong.
type Finding struct {
	App     string  `json:"app"`
	Window  string  `json:"window"`
	Trouble Trouble `json:"trouble"`
	What    string  `json:"what"` // manifest, rows, media_index, media, call
	Name    string  `json:"name"` // key of the object, or the escaped session of the call
	Why     string  `json:"why"`
}

// Checked counts what a verification looked at.
type Checked struct {
	Windows int   `json:"windows"`
	Calls   int   `json:"calls"`
	Files   int   `json:"files"`
	Bytes   int64 `json:"bytes"` // read, not only looked at
	Folded  int   `json:"findings_folded,omitempty"`
}

func (c *Checked) add(o Checked) {
	c.Windows += o.Windows
	c.Calls += o.Calls
	c.Files += o.Files
	c.Bytes += o.Bytes
}

// mostFindings is how many findings an answer lists. The command line gets them all.
const mostFindings = 60

// verify holds API, manifests, rows, media index and objects against each other, window by window. With Repair, what it
// finds is mended by archiving the window again without trust in any manifest, and the window is verified once more.
func (r *run) verify(ctx context.Context) error {
	tasks, err := r.toVerify()
	if err != nil {
		return r.unlessStopped(err)
	}
	r.report.Checked, r.report.Findings = &Checked{}, []Finding{}
	r.Progress.Windows.Add(int64(len(tasks)))
	var failed []error
	for _, t := range tasks {
		if ended(r.soon) {
			r.leaveFrom(t)
			break
		}
		r.report.cover(t.Window)
		v, err := r.prove(ctx, t)
		failure := r.unlessStopped(err)
		if err != nil && failure == nil {
			r.leaveFrom(t)
			break
		}
		if failure != nil {
			failed = append(failed, failure)
		}
		r.report.Checked.add(v.checked)
		r.report.Findings = append(r.report.Findings, v.found...)
		r.Progress.WindowsDone.Add(1)
	}
	return errors.Join(failed...)
}

// leaveFrom says that the verification ended before a window.
func (r *run) leaveFrom(t Task) {
	r.short = true
	r.onward = fmt.Sprintf("verify from %s on", r.Grid.Stamp(t.Window.Start))
}

// prove verifies one window, and with Repair mends it.
func (r *run) prove(ctx context.Context, t Task) (*audit, error) {
	v, err := r.audit(t)
	if err == nil && len(v.found) > 0 && r.Repair && !r.DryRun {
		if err := r.repair(ctx, t); err != nil {
			return &audit{}, err
		}
		v, err = r.audit(t)
	}
	if err != nil {
		err = &WindowError{Mode: r.Mode, App: t.App, Window: r.Grid.Stamp(t.Window.Start), Err: err}
	}
	return v, err
}

// toVerify gives the windows of the range that was asked for, else all that the archive should have, those included that the
// API does not list any more.
func (r *run) toVerify() ([]Task, error) {
	if r.ranged() {
		return r.asked()
	}
	var tasks []Task
	for _, app := range r.apps {
		ledger, err := r.readLedger(r.soon, app, Window{End: r.Now})
		if err != nil {
			return nil, err
		}
		r.ledgers[app] = ledger
		begin := r.planner.begin(ledger)
		span := Window{Start: r.planner.earliest(ledger), End: r.Grid.Closed(r.Now).End}
		for _, t := range r.planner.asked(app, span, ledger) {
			if !t.Unheard || !t.Window.Start.Before(begin) { // what lies between windows asked for by hand and the beginning is no hole
				tasks = append(tasks, t)
			}
		}
	}
	return tasks, nil
}

// repair archives a window anew, without trust in its manifest.
func (r *run) repair(ctx context.Context, t Task) error {
	t.Force, t.Reason = true, ReasonRepair
	done, err := r.sync(ctx, t)
	return r.collect(t, done, err)
}
