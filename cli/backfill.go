package cli

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cdrvault/archive"
)

// backfillFlags are those of the command backfill.
type backfillFlags struct {
	scope
	fanoutFlags
	order               string
	force, dryRun, json bool
}

// backfill is the command that archives what a range lacks.
func (p Program) backfill() *cobra.Command {
	var f backfillFlags
	c := &cobra.Command{
		Use:   "backfill",
		Short: "Archive what a range of up to 180 days lacks, as fast as the API allows",
		Long: `Archive the windows of a range that the archive lacks, or that owe something;
what is archived for good is passed over. A tenth of CCC_RATE_LIMIT is left to the
runs of the timer.

It can be stopped at any time: what is archived stays, and the same command goes on
where it stopped. Progress goes to standard error.

` + fanoutHelp,
		Example: `  cdrvault backfill --from 2026-06-01 --to 2026-11-22
  cdrvault backfill --from 2026-06-01 --to 2026-11-22 --order newest
  cdrvault backfill --from 2026-06-01 --to 2026-11-22 --on-scf`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := cmp.Or(f.check(), f.fanoutFlags.check(c)); err != nil {
				return misuse(c, "%v", err)
			}
			if f.onSCF {
				return p.backfillOnSCF(c, f)
			}
			return p.backfillHere(c, f)
		},
	}
	f.rangeFlags(c)
	f.appFlag(c)
	c.Flags().StringVar(&f.order, "order", string(archive.OrderForgotten), "what comes first: "+orders())
	c.Flags().BoolVar(&f.force, "force", false, "trust no manifest: compare rows and media with the bucket itself")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "say what would be done, write nothing")
	c.Flags().BoolVar(&f.json, "json", false, "print the answer as JSON, as the function gives it")
	f.register(c)
	return c
}

// check refuses flags that no backfill can be made of.
func (f backfillFlags) check() error {
	switch {
	case f.from == "" || f.to == "":
		return errors.New("--from and --to are needed: a backfill has a range")
	case !slices.Contains(archive.Orders, archive.Order(f.order)):
		return errors.New("--order: want " + orders())
	}
	return nil
}

// orders lists what --order takes.
func orders() string {
	names := make([]string, len(archive.Orders))
	for i, order := range archive.Orders {
		names[i] = string(order)
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// request is the backfill that the flags ask for, but for its range.
func (f backfillFlags) request() archive.Request {
	return archive.Request{Mode: archive.ModeBackfill, Order: archive.Order(f.order), Force: f.force, DryRun: f.dryRun}
}

// backfillHere does all of it in this process.
func (p Program) backfillHere(c *cobra.Command, f backfillFlags) error {
	answer, err := p.do(c, f.scope, f.request(), p.attend(c.Context()))
	if errShow := p.show(answer, err, f.json, describeBackfill); errShow != nil {
		return errShow
	}
	return backfilled(c, answer, err)
}

// backfilled is how a backfill went, as an error with its exit code; nil: all is done.
func backfilled(c *cobra.Command, answer *archive.Report, err error) error {
	done := err == nil && answer != nil && (answer.Complete || answer.DryRun)
	switch {
	case done:
		return nil
	case c.Context().Err() != nil:
		return &exit{ExitFailed, errors.New("backfill: interrupted"), "what is archived stays; go on with: " + again(c)}
	case err != nil:
		return failure(err)
	}
	return &exit{ExitOwing, errors.New("backfill: not complete: something is owed or left"), "run it again later: " + again(c)}
}

// again is the command as it was called, its range before its other flags.
func again(c *cobra.Command) string {
	var set []*pflag.Flag
	c.Flags().Visit(func(flag *pflag.Flag) { set = append(set, flag) })
	isRange := func(flag *pflag.Flag) bool { return flag.Name == "from" || flag.Name == "to" }
	others := slices.DeleteFunc(slices.Clone(set), isRange)
	set = slices.DeleteFunc(set, func(flag *pflag.Flag) bool { return !isRange(flag) })
	words := []string{c.CommandPath()}
	for _, flag := range append(set, others...) {
		values := []string{flag.Value.String()}
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, value := range values {
			if flag.Value.Type() == "bool" {
				words = append(words, "--"+flag.Name)
			} else {
				if !plainWord.MatchString(value) {
					value = quoted(value)
				}
				words = append(words, "--"+flag.Name, value)
			}
		}
	}
	return strings.Join(words, " ")
}

// plainWord is text that a shell takes as it stands.
var plainWord = regexp.MustCompile(`^[0-9A-Za-z_./:=+,@-]+$`)

// mostTroubles bounds each table of a backfill: it may have thousands of windows, and only those that are not as they should be tell
// something.
const mostTroubles = 20

// describeBackfill is the answer for people: what became of the windows, those that are not as they should be, and what it
// amounts to.
func describeBackfill(r *archive.Report) string {
	var b strings.Builder
	failed, others := splitFailed(r.Windows)
	partial := slices.DeleteFunc(others, func(w archive.WindowReport) bool { return w.State != archive.Partial || r.DryRun })
	few := partial[:min(len(partial), mostTroubles)]
	if len(failed)+len(few) > 0 {
		b.WriteString(windowTables(r, slices.Concat(few, failed)))
		if more := len(partial) - len(few); more > 0 {
			fmt.Fprintf(&b, "and %s that owe something\n", count(int64(more), "window"))
		}
		b.WriteByte('\n')
	}
	b.WriteString(windowLine(r) + "\n")
	if len(r.Windows) > 0 {
		b.WriteString(totalLine(r) + "\n")
	}
	b.WriteString(requestLine(r.Totals) + "\n" + remarks(r))
	return b.String()
}

// windowLine counts the windows by what became of them.
func windowLine(r *archive.Report) string {
	switch {
	case len(r.Windows) == 0 && r.Complete:
		return "windows: nothing was missing"
	case len(r.Windows) == 0: // it never came to them
		return "windows: none was worked on"
	}
	states := map[archive.State]int{}
	for _, w := range r.Windows {
		states[w.State]++
	}
	parts := make([]string, 0, len(states))
	for _, s := range []archive.State{archive.Committed, archive.Unchanged, archive.Partial, archive.Failed} {
		word := stateWord(s, r.DryRun)
		if r.DryRun {
			word = "would " + word
		}
		parts = append(parts, tally(states[s], word))
	}
	return "windows: " + joined(parts...)
}
