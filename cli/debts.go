package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"cdrvault/archive"
)

// debtFlags are those of the command debts.
type debtFlags struct {
	scope
	lost, json bool
}

// debts is the command that lists the files that the bucket lacks.
func (p Program) debts() *cobra.Command {
	var f debtFlags
	c := &cobra.Command{
		Use:   "debts",
		Short: "List every file that is owed, or lost",
		Long: `List every file that a call names and the bucket lacks: first what may be gone
first. Files that are lost at the source, or whose link may not be followed, are
counted, and listed with --lost. Manifests are all that is read.`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return p.showDebts(c, f) },
	}
	f.appFlag(c)
	c.Flags().BoolVar(&f.lost, "lost", false, "list what is lost or refused, too")
	c.Flags().BoolVar(&f.json, "json", false, "print the list as JSON")
	return c
}

func (p Program) showDebts(c *cobra.Command, f debtFlags) error {
	a, q, err := p.open(c, f.scope, archive.Request{}, nil)
	if err != nil {
		return err
	}
	all, err := a.Debts(c.Context(), q)
	if err := unread(c.Context(), "debts", err); err != nil {
		return err
	}
	shown := all
	if !f.lost {
		shown = owed(all)
	}
	if f.json {
		return printJSON(p.Out, shown)
	}
	l := ledger{moments: moments{a.Grid.Zone, p.Now()}, lost: f.lost, below: isTerminal(p.Out)}
	_, err = fmt.Fprint(p.Out, l.describe(all))
	return err
}

// owed are the entries that a later run tries again.
func owed(all []archive.Entry) []archive.Entry {
	return slices.DeleteFunc(slices.Clone(all), func(e archive.Entry) bool { return e.Status != archive.Pending })
}

// gone are the entries that no run tries again.
func gone(all []archive.Entry) []archive.Entry {
	return slices.DeleteFunc(slices.Clone(all), func(e archive.Entry) bool { return e.Status == archive.Pending })
}

// ledger is a list of debts for people.
type ledger struct {
	moments
	lost  bool // list what is gone, too
	below bool // keys stand below their entries
}

// describe lists what is owed, and where that was asked for what is gone, and counts both.
func (l ledger) describe(all []archive.Entry) string {
	var b strings.Builder
	open, closed := owed(all), gone(all)
	if len(open) > 0 {
		fmt.Fprintf(&b, "%s\n\n", l.owed(open))
	}
	if l.lost && len(closed) > 0 {
		fmt.Fprintf(&b, "%s\n\n", l.gone(closed))
	}
	fmt.Fprintf(&b, "owed: %s", count(int64(len(open)), "file"))
	if len(open) > 0 && open[0].GoneBy != nil {
		fmt.Fprintf(&b, ", the first may be gone by %s", l.both(*open[0].GoneBy))
	}
	b.WriteString("\n")
	if len(closed) > 0 {
		fmt.Fprintf(&b, "gone: %s", goneCounts(closed))
		if !l.lost {
			b.WriteString(" (--lost lists them)")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// owed has an entry for each file that is owed.
func (l ledger) owed(entries []archive.Entry) string {
	t := newListing(l.below, "key", "gone by", "window", "kind", "since", "tries", "reason", "next")
	t.SetColumnConfigs(numbers("tries"))
	for _, e := range entries {
		var by, since string
		if e.GoneBy != nil {
			by = l.both(*e.GoneBy)
		}
		if e.Since != nil {
			since = l.at(*e.Since)
		}
		t.add(e.Key, by, shortTime(e.Window), e.Kind, since, e.Tries, e.Reason, e.Next)
	}
	return t.render()
}

// gone has an entry for each file that no run tries again.
func (l ledger) gone(entries []archive.Entry) string {
	t := newListing(l.below, "key", "status", "window", "kind", "reason")
	for _, e := range entries {
		t.add(e.Key, e.Status, shortTime(e.Window), e.Kind, e.Reason)
	}
	return t.render()
}

// goneCounts tells what is gone by status: "2 lost, 1 refused".
func goneCounts(entries []archive.Entry) string {
	counts := map[archive.Status]int{}
	for _, e := range entries {
		counts[e.Status]++
	}
	return joined(tally(counts[archive.Lost], "lost"), tally(counts[archive.Refused], "refused"))
}
