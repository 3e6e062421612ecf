package archive

import (
	"context"
	"errors"
)

// Run does what q asks for. It stops in time to commit and answer before ctx's deadline. Where ctx is cancelled, reading and
// copying stop at once, what is in flight is committed as far as it is true, for Options.Grace at most, and the report says
// that the run was interrupted. The error is a *RequestError where q cannot be run, else it joins what refused or could not be
// reached; the report tells of everything else, and is nil only where nothing was begun.
func (a *Archiver) Run(ctx context.Context, q Request) (*Report, error) {
	defer a.close()
	r, err := a.begin(ctx, q)
	if err != nil {
		return nil, err
	}
	defer r.budget.end()
	ctx, end := outlive(ctx, a.Grace)
	defer end()
	switch r.Mode {
	case ModeArchive:
		err = r.archive(ctx)
	case ModeBackfill:
		err = r.backfill(ctx)
	case ModeVerify:
		err = r.verify(ctx)
	case ModePlan:
		err = r.plan()
	default:
		return nil, &RequestError{"mode", "is none of " + list(Modes)}
	}
	if refused := new(RequestError); errors.As(err, &refused) {
		return nil, err
	}
	shortcuts := r.tidy(ctx)
	r.handOn(ctx, err)
	r.conclude(a.Clock().Sub(r.began), len(shortcuts), err)
	return r.report, errors.Join(err, r.leave(ctx, shortcuts, err))
}

func (a *Archiver) close() {
	a.scratch.close()
	if a.Close != nil {
		a.Close()
	}
}

// archive brings the lake up to date: the windows that were asked for, or those that are due and then those that changed
// since they were read.
func (r *run) archive(ctx context.Context) error {
	tasks, err := r.tasks()
	if err != nil {
		return r.unlessStopped(err)
	}
	r.outset = hull(tasks)
	err = r.syncAll(ctx, tasks)
	if !r.ranged() {
		late, errLate := r.late()
		err = errors.Join(err, r.unlessStopped(errLate), r.syncAll(ctx, late))
	}
	return err
}
