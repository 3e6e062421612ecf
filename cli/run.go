package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"cdrvault/archive"
)

// runFlags are those of the command run.
type runFlags struct {
	scope
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
	f.rangeFlags(c)
	f.appFlag(c)
	c.Flags().BoolVar(&f.force, "force", false, "trust no manifest: compare rows and media with the bucket itself")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "say what would be done, write nothing")
	c.Flags().BoolVar(&f.json, "json", false, "print the answer as JSON, as the function gives it")
	return c
}

// archiveNow does one run and shows its answer.
func (p Program) archiveNow(c *cobra.Command, f runFlags) error {
	answer, err := p.do(c, f.scope, archive.Request{Force: f.force, DryRun: f.dryRun}, p.attend(c.Context()))
	if errShow := p.show(answer, err, f.json, describe); errShow != nil {
		return errShow
	}
	return outcome(c.Context(), answer, err)
}

// newID names a run that no platform has named.
func newID() string { return "cli-" + rand.Text() }

// show prints an answer for scripts, or for people in the words of describe. No answer: nothing was begun. Of a run that
// failed before it came to a window people learn nothing from an answer: err tells it all.
func (p Program) show(answer *archive.Report, err error, asJSON bool, describe func(*archive.Report) string) error {
	switch {
	case answer == nil:
		return nil
	case asJSON:
		return printJSON(p.Out, answer)
	case err != nil && len(answer.Windows) == 0 && checked(answer) == 0:
		return nil
	}
	_, err = fmt.Fprint(p.Out, describe(answer))
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
