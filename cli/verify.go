package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cdrvault/archive"
	"cdrvault/config"
)

// verifyFlags are those of the command verify.
type verifyFlags struct {
	scope
	deep, repair, json bool
}

// verify is the command that proves the archive.
func (p Program) verify() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify",
		Short: "Hold the API, the books and the bucket against each other",
		Long: `Hold the API, the manifests, the rows, the media index and the objects against
each other, and list what is missing, extra, changed or unproved. Without a range:
all that should be archived, also what the API does not list any more.

Files are compared by the length and the CRC64 that the bucket tells; with --deep
they are read. A file that the books call owed or lost is no trouble: see debts.
The exit code is 0 where nothing is wrong, and 1 where anything is.`,
		Example: `  cdrvault verify
  cdrvault verify --from 2026-11-21 --to 2026-11-22 --deep
  cdrvault verify --repair`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return p.prove(c, f) },
	}
	f.rangeFlags(c)
	f.appFlag(c)
	c.Flags().BoolVar(&f.deep, "deep", false, "read every byte of every file")
	c.Flags().BoolVar(&f.repair, "repair", false, "archive again what is wrong, as far as the API still has it, and list the rest")
	c.Flags().BoolVar(&f.json, "json", false, "print the answer as JSON")
	return c
}

func (p Program) prove(c *cobra.Command, f verifyFlags) error {
	q := archive.Request{Mode: archive.ModeVerify, Deep: f.deep, Repair: f.repair}
	watched := func(watch *archive.Progress) (stop func()) {
		_, stop = p.accompany(watch)
		return stop
	}
	answer, err := p.do(c, f.scope, q, watched)
	describe := func(r *archive.Report) string { return describeProof(r, p.windowLength(), isTerminal(p.Out)) }
	if errShow := p.show(answer, err, f.json, describe); errShow != nil {
		return errShow
	}
	return proof(c.Context(), f.repair, answer, err)
}

// proof is how a verification went, as an error with its exit code; nil: nothing is wrong.
func proof(ctx context.Context, repaired bool, answer *archive.Report, err error) error {
	if err := unread(ctx, "verify", err); err != nil {
		return err
	}
	if n := len(answer.Findings); n > 0 {
		todo := "--repair brings back what the API still has"
		if repaired {
			todo = "--repair could not mend it"
		}
		return &exit{ExitFailed, fmt.Errorf("verify: %s", count(int64(n), "finding")), todo}
	}
	if !answer.Complete && answer.Debts == nil { // debts are in the books, and that is proved
		return &exit{ExitOwing, errors.New("verify: not complete"), "see the notes"}
	}
	return nil
}

// windowLength is that of the archive that was opened by the settings; 0: they cannot be read.
func (p Program) windowLength() time.Duration {
	c, err := config.Load(p.Get)
	if err != nil {
		return 0
	}
	return c.Window
}

// describeProof is what a verification found, for people: all of it, neighbours that were never archived together. length is that of
// a window. below: names stand below their findings.
func describeProof(r *archive.Report, length time.Duration, below bool) string {
	var b strings.Builder
	if len(r.Windows) > 0 {
		fmt.Fprintf(&b, "archived again:\n\n%s\n", windowTables(r, r.Windows))
	}
	if len(r.Findings) > 0 {
		fmt.Fprintf(&b, "%s\n\n", findings(r.Findings, length, below))
	}
	fmt.Fprintf(&b, "found: %s\n", found(r))
	if c := r.Checked; c != nil {
		fmt.Fprintf(&b, "checked: %s, %s, %s, %s read\n", count(int64(c.Windows), "window"),
			count(int64(c.Calls), "call"), count(int64(c.Files), "file"), size(c.Bytes))
	}
	fmt.Fprintln(&b, requestLine(r.Totals))
	b.WriteString(remarks(r))
	return b.String()
}

// troubles are the kinds of findings in the order in which they are told.
var troubles = []archive.Trouble{archive.Missing, archive.Extra, archive.Altered, archive.Unproved}

// found sums up what was found. It says that all is proved only where the answer does.
func found(r *archive.Report) string {
	switch {
	case len(r.Findings) > 0:
		return tallies(r.Findings)
	case checked(r) == 0 && r.Complete:
		return "nothing to verify"
	case checked(r) == 0:
		return "nothing, for no window was verified"
	case r.Complete:
		return "nothing wrong, all of it is proved"
	}
	return "nothing wrong"
}

// checked is how many windows were verified.
func checked(r *archive.Report) int {
	if r.Checked == nil {
		return 0
	}
	return r.Checked.Windows
}

// tallies counts findings by kind.
func tallies(found []archive.Finding) string {
	counts := map[archive.Trouble]int{}
	for _, f := range found {
		counts[f.Trouble]++
	}
	var parts []string
	for _, trouble := range troubles {
		parts = append(parts, tally(counts[trouble], string(trouble)))
	}
	return joined(parts...)
}
