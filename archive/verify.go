package archive

import (
	"context"
	"errors"
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
	for i, t := range tasks {
		if ended(r.soon) {
			r.report.left(len(tasks) - i)
			break
		}
		r.report.cover(t.Window)
		found, err := r.verifyWindow(t)
		if err == nil && len(found) > 0 && r.Repair && !r.DryRun {
			found, err = r.repair(ctx, t)
		}
		if err = r.unlessStopped(err); err != nil {
			failed = append(failed, &WindowError{App: t.App, Window: r.Grid.Stamp(t.Window.Start), Err: err})
		}
		r.report.Findings = append(r.report.Findings, found...)
		r.Progress.WindowsDone.Add(1)
	}
	return errors.Join(failed...)
}

// toVerify gives the windows of the range that was asked for, else all that the archive should have.
func (r *run) toVerify() ([]Task, error) {
	if r.ranged() {
		return r.asked()
	}
	var tasks []Task
	for _, app := range r.apps {
		ledger, err := r.reachable(r.soon, app)
		if err != nil {
			return nil, err
		}
		r.ledgers[app] = ledger
		span := Window{Start: r.planner.from(ledger), End: r.Grid.Closed(r.Now).End}
		tasks = append(tasks, r.planner.asked(app, span)...)
	}
	return tasks, nil
}

func (r *run) repair(ctx context.Context, t Task) ([]Finding, error) {
	t.Force, t.Reason = true, ReasonRepair
	window, err := r.sync(ctx, t)
	r.report.add(t.Window, window, err)
	if err != nil {
		return nil, err
	}
	return r.verifyWindow(t)
}
