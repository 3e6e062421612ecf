package handler

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"cdrvault/archive"
)

// handOn gives to invocations of their own what a run says is to be done next. The shares of a backfill are what was asked for:
// one that cannot be handed on fails the run. A rest that a run left for want of time goes on by itself only where
// SELF_CONTINUE is on, and where it cannot, a later run does it all the same.
//
// A run that failed hands nothing on: the platform will try its event again, and the rest would be done twice.
func (in *invocation) handOn(ctx context.Context, q archive.Request, r *archive.Report) error {
	switch {
	case len(r.Next) == 0 || q.DryRun:
		return nil
	case q.Shares > 1:
		return in.handShares(ctx, r)
	case !in.SelfContinue(in.get):
		if q.Mode == archive.ModeBackfill { // no timer asks for its range again
			r.Notes = append(r.Notes, "SELF_CONTINUE is off: the rest waits until the same event is sent again")
		}
		return nil
	}
	in.handRest(ctx, r)
	return nil
}

// handShares sends each share on its way. Sent twice, as by a run that is tried again after it failed half-way, a share finds
// its windows done.
func (in *invocation) handShares(ctx context.Context, r *archive.Report) error {
	ids, err := in.send(ctx, r.Next)
	for i, id := range ids[:min(len(ids), len(r.Shares))] { // one for each of Next, and so of Shares
		r.Shares[i].RequestID = id
	}
	if err != nil {
		err = fmt.Errorf("%w; or run cdrvault backfill on a machine of yours, without --on-scf", err)
		return &RunError{Kind: KindInvoke, err: err}
	}
	return nil
}

// handRest sends on what a run left.
func (in *invocation) handRest(ctx context.Context, r *archive.Report) {
	ids, err := in.send(ctx, r.Next[:1])
	if err != nil {
		text := in.clean(err.Error())
		in.log.Warn("hand on", "error", text)
		r.Notes = append(r.Notes, "the rest is left to the next run: "+clip(text, maxNote))
		return
	}
	r.Continued = ids[0]
}

// maxNote bounds what a note repeats of an error, in bytes.
const maxNote = 300

// sending is how many requests are on their way at once: a hundred shares take some two seconds.
const sending = 8

// send puts requests into this function's queue, several at once, and gives the ids of their runs in the same order: empty for
// those that were not taken. After an error no more are begun.
func (in *invocation) send(ctx context.Context, next []archive.Request) ([]string, error) {
	to := in.target()
	if to.Function == "" {
		return nil, errors.New("hand on: the platform does not tell this function's name")
	}
	invoker, err := in.Connect(in.get, to)
	if err != nil {
		return nil, fmt.Errorf("hand on: %w", err)
	}
	defer invoker.Close()
	ids := make([]string, len(next))
	all, fine := errgroup.WithContext(ctx)
	all.SetLimit(sending)
	for i, q := range next {
		all.Go(func() (err error) {
			if fine.Err() == nil {
				ids[i], err = sendOne(ctx, invoker, q) // what is under way when another one fails is brought to its end
			}
			return err
		})
	}
	return ids, all.Wait()
}

// sendOne puts one request into the queue.
func sendOne(ctx context.Context, to Invoker, q archive.Request) (string, error) {
	event, err := Encode(q)
	if err != nil {
		return "", fmt.Errorf("hand on: %w", err)
	}
	id, err := to.Invoke(ctx, event)
	if err != nil {
		return "", fmt.Errorf("hand on%s: %w", shareOf(q), err)
	}
	return id, nil
}

// shareOf names a request's share in an error.
func shareOf(q archive.Request) string {
	if q.Share == (archive.Share{}) {
		return ""
	}
	return " share " + q.Share.String()
}
