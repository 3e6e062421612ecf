package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"cdrvault/archive"
)

// statusFlags are those of the command status.
type statusFlags struct {
	scope
	days      int
	all, json bool
}

// shownDays is how many days fill a terminal, with what stands around them.
const shownDays = 14

// status is the command that shows how far the archive has come.
func (p Program) status() *cobra.Command {
	var f statusFlags
	c := &cobra.Command{
		Use:   "status",
		Short: "Show a calendar of hours: final, open, owing, empty, hole, broken, beyond",
		Long: `Show where each hour of the archive stands, a line for each day. Manifests are all
that is read: the API is not asked, nothing is written.

` + legendHelp(),
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			chosen := c.Flags().Changed("days")
			switch {
			case f.days < 1:
				return misuse(c, "--days: want at least 1")
			case f.all && chosen:
				return misuse(c, "--all and --days exclude each other")
			}
			f.all = f.all || f.json && !chosen // a script has no screen to fill
			return p.showStatus(c, f)
		},
	}
	f.appFlag(c)
	c.Flags().IntVar(&f.days, "days", shownDays, "how many days to show, the most recent ones")
	c.Flags().BoolVar(&f.all, "all", false, "show every day")
	c.Flags().BoolVar(&f.json, "json", false, "print the calendars as JSON, with every day unless --days is given")
	return c
}

func (p Program) showStatus(c *cobra.Command, f statusFlags) error {
	a, q, err := p.open(c, f.scope, archive.Request{}, nil)
	if err != nil {
		return err
	}
	calendars, err := a.Status(c.Context(), q)
	if err := unread(c.Context(), "status", err); err != nil {
		return err
	}
	s := sheet{zone: a.Grid.Zone, now: p.Now(), colour: isTerminal(p.Out)}
	if !f.all {
		s.cut(calendars, f.days)
	}
	if f.json {
		return printJSON(p.Out, calendars)
	}
	_, err = fmt.Fprint(p.Out, s.draw(calendars))
	return err
}
