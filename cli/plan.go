package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"cdrvault/archive"
)

// planFlags are those of the command plan.
type planFlags struct {
	scope
	json bool
}

// plan is the command that says what run would do, without asking the API.
func (p Program) plan() *cobra.Command {
	var f planFlags
	c := &cobra.Command{
		Use:   "plan",
		Short: "Tell which windows run would work on, why, and what reading them costs",
		Long: `Tell which windows a run would work on now, or in a range, and why. Manifests
are all that is read: the API is not asked, so calls that came late are not in it.

Reasons:
  new      it has just closed
  asked    it lies in the range that was asked for
  hole     nothing of it is archived
  broken   its manifest cannot be trusted
  owing    a file is owed, or the calls were not proved to be all
  settled  it may not change any more: one full reading makes it final`,
		Example: `  cdrvault plan
  cdrvault plan --from 2026-11-01 --to 2026-11-22`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return p.showPlan(c, f) },
	}
	f.rangeFlags(c)
	f.appFlag(c)
	c.Flags().BoolVar(&f.json, "json", false, "print the answer as JSON, window by window")
	return c
}

func (p Program) showPlan(c *cobra.Command, f planFlags) error {
	a, q, err := p.open(c, f.scope, archive.Request{Mode: archive.ModePlan}, nil)
	if err != nil {
		return err
	}
	answer, err := a.Run(c.Context(), q)
	if err := unread(c.Context(), "plan", err); err != nil {
		return err
	}
	return p.show(answer, nil, f.json, func(r *archive.Report) string { return describePlan(r, a.Grid.Length) })
}

// describePlan is a plan for people: neighbouring windows share a line.
func describePlan(r *archive.Report, length time.Duration) string {
	var b strings.Builder
	if windows := r.Plan.Windows; len(windows) == 0 {
		b.WriteString("no window is due\n")
	} else {
		fmt.Fprintf(&b, "%s\n\n", planTable(windows, length))
		fmt.Fprintf(&b, "due: %s (%s)\n", count(int64(len(windows)), "window"), reasons(windows))
	}
	fmt.Fprintf(&b, "cost: at least %s\n", count(int64(r.Plan.APIRequests), "API request"))
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	return b.String()
}

func planTable(windows []archive.PlannedWindow, length time.Duration) string {
	t := newTable("from", "to", "app", "reason", "windows", "API requests")
	for _, s := range stretches(windows, length) {
		t.AppendRow(table.Row{shortTime(s.Window), shortTime(s.to), s.App, s.Reason,
			humanize.Comma(int64(s.windows)), humanize.Comma(int64(s.APIRequests))})
	}
	t.SetColumnConfigs(numbers("windows", "API requests"))
	return render(t)
}

// stretch is a line of the plan: its first window with the requests of all of them, their number, and where they end.
type stretch struct {
	archive.PlannedWindow
	windows int
	to      string
}

// stretches joins windows of an application that follow each other in time and have the same reason. Applications take
// turns in a plan, so the stretch that a window goes on need not be the last one.
func stretches(windows []archive.PlannedWindow, length time.Duration) []stretch {
	type end struct {
		app    string
		reason archive.Reason
		to     string
	}
	var all []stretch
	ends := map[end]int{}
	for _, w := range windows {
		i, ok := ends[end{w.App, w.Reason, w.Window}]
		if ok {
			delete(ends, end{w.App, w.Reason, w.Window})
			all[i].APIRequests += w.APIRequests
		} else {
			i = len(all)
			all = append(all, stretch{PlannedWindow: w})
		}
		all[i].windows++
		all[i].to = after(w.Window, length)
		ends[end{w.App, w.Reason, all[i].to}] = i
	}
	return all
}

// reasons counts windows by reason, in the order of the plan: "1 new, 44 hole".
func reasons(windows []archive.PlannedWindow) string {
	counts := map[archive.Reason]int{}
	var order []archive.Reason
	for _, w := range windows {
		if counts[w.Reason]++; counts[w.Reason] == 1 {
			order = append(order, w.Reason)
		}
	}
	parts := make([]string, len(order))
	for i, reason := range order {
		parts[i] = tally(counts[reason], string(reason))
	}
	return joined(parts...)
}
