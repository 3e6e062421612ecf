package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
)

// A share that stands still is sent again, as long as that can help. Then it is told what is left, and why.

// hasten sends the shares again that stand still. Where nothing is to be expected of any that has something left, it gives up.
func (d *dispatch) hasten(ctx context.Context, ended map[string]runEnd) error {
	hope := false
	var lost, over []*sentShare
	for _, s := range d.shares {
		end := ended[s.lastRun()]
		tired := time.Since(s.moved) > s.patience(end, d.patience, d.alone)
		switch {
		case s.left == 0, s.dead():
		case !tired:
			hope = true
		case s.spent(): // it may wait for its turn in the platform's queue, as long as another share comes further
			hope = hope || s.untaken == nil && time.Since(d.moved) <= d.patience
		default:
			hope = true
			if !d.sendAgain(ctx, s) {
				continue
			}
			if end.done {
				over = append(over, s)
			} else {
				lost = append(lost, s)
			}
		}
	}
	d.tellSent(lost, over)
	if hope {
		return nil
	}
	return d.hopeless()
}

// sendAgain sends a share once more, and tells whether it was taken. One that is not counts as one that was lost: the others are
// watched on.
func (d *dispatch) sendAgain(ctx context.Context, s *sentShare) bool {
	s.again++
	return d.send(ctx, s) == nil // or it has told why
}

// tellSent tells which shares were sent again: those that were lost, and those whose runs ended with something left.
func (d *dispatch) tellSent(lost, over []*sentShare) {
	if len(lost) > 0 {
		verb := "has"
		if len(lost) > 1 {
			verb = "have"
		}
		fmt.Fprintf(d.remarks, "%s %s %s left: sent again\n", names(lost), verb, leftOf(lost))
	}
	if len(over) > 0 {
		what := "its run"
		if len(over) > 1 {
			what = "their runs"
		}
		fmt.Fprintf(d.remarks, "%s: %s ended with %s left; the rest is sent\n", names(over), what, leftOf(over))
	}
}

// names are those of some shares; many are counted.
func names(shares []*sentShare) string {
	switch {
	case len(shares) == 1:
		return "share " + shares[0].report.Share
	case len(shares) > mostTimes:
		return count(int64(len(shares)), "share")
	}
	var all []string
	for _, s := range shares {
		all = append(all, s.report.Share)
	}
	return "shares " + strings.Join(all, ", ")
}

// leftOf counts the windows that shares have left together.
func leftOf(shares []*sentShare) string {
	n := 0
	for _, s := range shares {
		n += s.left
	}
	return count(int64(n), "window")
}

// noProgress is the error of a fan-out that goes no further. What is to be done about it is its reader's affair.
type noProgress struct{ text string }

func (e *noProgress) Error() string { return e.text }

// hopeless tells what is left, and why as far as that is known.
func (d *dispatch) hopeless() error {
	text, silent := "no progress: left are "+d.leftOver(), ""
	for _, s := range d.shares {
		switch {
		case s.left == 0:
		case s.untaken != nil:
			return &noProgress{text + ": " + s.untaken.Error()}
		case s.failed > 0:
			return &noProgress{text + ": the last run of share " + s.report.Share + " failed: " + s.why}
		case !s.answered && len(s.runs) > 0:
			silent = cmp.Or(silent, ": no run of share "+s.report.Share+" left an answer in runs/: see the function's log of request "+s.lastRun())
		}
	}
	return &noProgress{text + silent}
}

// leftOver names the shares that have something left.
func (d *dispatch) leftOver() string {
	var parts []string
	for _, s := range d.shares {
		if s.left > 0 {
			parts = append(parts, fmt.Sprintf("%s of share %s", count(int64(s.left), "window"), s.report.Share))
		}
	}
	return strings.Join(parts, ", ")
}
