package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"cdrvault/archive"
)

// runFlags are those of the command run.
type runFlags struct {
	from, to            string
	apps                []string
	force, dryRun, json bool
}

// run is the command that does what the timer does.
func (p Program) run() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run",
		Short: "Archive what is due now, or a range",
		Long: `Archive what is due now, as the timer's event does, or the windows of a range.

A range is [from, to): its end is not in it. Ends that lie inside a window are
widened to its edges. A date is midnight in ARCHIVE_TIMEZONE.`,
		Example: `  cdrvault run
  cdrvault run --from 2026-11-21 --to 2026-11-22
  cdrvault run --from 2026-11-21T09:00:00+08:00 --to 2026-11-21T12:00:00+08:00 --dry-run`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return p.archiveNow(c, f) },
	}
	c.Flags().StringVar(&f.from, "from", "", "begin of the range: a date, or a time of RFC 3339")
	c.Flags().StringVar(&f.to, "to", "", "end of the range, not in it")
	c.Flags().StringArrayVar(&f.apps, "app", nil, "an application of CCC_SDK_APP_IDS; may be repeated (all)")
	c.Flags().BoolVar(&f.force, "force", false, "trust no manifest: compare rows and media with the bucket itself")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "say what would be done, write nothing")
	c.Flags().BoolVar(&f.json, "json", false, "print the answer as JSON, as the function gives it")
	return c
}

// archiveNow does one run and shows its answer.
func (p Program) archiveNow(c *cobra.Command, f runFlags) error {
	var watch archive.Progress
	a, err := p.Open(c.Context(), p.Get, &watch)
	if err != nil {
		return unsettled(err)
	}
	req, err := f.request(a.Grid.Zone)
	if err != nil {
		return misuse(c, "%v", err)
	}
	stop := p.follow(&watch)
	answer, err := a.Run(c.Context(), req)
	stop()
	if answer != nil {
		if err := p.show(answer, f.json); err != nil {
			return err
		}
	}
	return outcome(c.Context(), answer, err)
}

// request is what the flags ask for. Dates are those of zone.
func (f runFlags) request(zone *time.Location) (archive.Request, error) {
	q := archive.Request{ID: newID(), Apps: f.apps, Force: f.force, DryRun: f.dryRun}
	var errFrom, errTo error
	q.From, errFrom = moment("from", f.from, zone)
	q.To, errTo = moment("to", f.to, zone)
	if err := errors.Join(errFrom, errTo); err != nil {
		return q, err
	}
	if q.From.IsZero() != q.To.IsZero() {
		return q, errors.New("--from and --to go together; give both, or neither for what is due")
	}
	return q, nil
}

// newID names a run that no platform has named.
func newID() string { return "cli-" + rand.Text() }

// moment reads a date of zone, or a time that brings its own. Empty is the zero time.
func moment(flag, text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("--%s: want a date like 2026-11-22 or a time like 2026-11-22T05:00:00+08:00", flag)
	}
	return t, nil
}

// show prints an answer for scripts or for people.
func (p Program) show(answer *archive.Report, asJSON bool) error {
	if asJSON {
		return printJSON(p.Out, answer)
	}
	_, err := fmt.Fprint(p.Out, describe(answer))
	return err
}

// outcome is how a run went, as an error with its exit code; nil: all is done.
func outcome(ctx context.Context, answer *archive.Report, err error) error {
	switch {
	case ctx.Err() != nil:
		return &exit{ExitFailed, errors.New("run: interrupted"), "what is archived stays; run it again to go on"}
	case err != nil:
		return failure(err)
	case !answer.Complete && !answer.DryRun:
		return &exit{ExitOwing, errors.New("run: not complete: something is owed or left"), "a later run goes on"}
	}
	return nil
}
