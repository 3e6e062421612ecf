package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"

	"cdrvault/archive"
)

// describe is an answer for people: a table of windows, one of what failed, and what it amounts to.
func describe(r *archive.Report) string {
	var b strings.Builder
	switch {
	case len(r.Windows) == 0 && r.Rest > 0:
		b.WriteString("no window was finished\n")
	case len(r.Windows) == 0:
		b.WriteString("nothing was due\n")
	}
	b.WriteString(windowTables(r, r.Windows))
	if r.Folded > 0 {
		fmt.Fprintf(&b, "and %s more windows, most of them unchanged\n", humanize.Comma(int64(r.Folded)))
	}
	fmt.Fprintf(&b, "%s\n%s\n%s", totalLine(r), requestLine(r.Totals), remarks(r))
	return b.String()
}

// remarks are the lines below the totals: what is owed, and what an operator should know. A dry run counts as owed what it
// would copy, so it says nothing of debts.
func remarks(r *archive.Report) string {
	var b strings.Builder
	if r.Debts != nil && !r.DryRun {
		fmt.Fprintf(&b, "owed: %s%s\n", count(int64(r.Debts.Files), "file"), deadline(r))
	}
	for _, field := range r.Links {
		fmt.Fprintf(&b, "note: field %s has media links that this version does not know\n", field)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	return b.String()
}

// windowTables are the table of those of an answer's windows that did not fail and the table of those that did; none where there is
// nothing in it.
func windowTables(r *archive.Report, windows []archive.WindowReport) string {
	failed, others := splitFailed(windows)
	var tables []string
	if len(others) > 0 {
		tables = append(tables, windowTable(others, r.DryRun)+"\n")
	}
	if len(failed) > 0 {
		tables = append(tables, failureTable(failed, r.DryRun)+"\n")
	}
	return strings.Join(tables, "\n")
}

// windowTable has a line for each window. Columns that are zero all the way down are left out.
func windowTable(windows []archive.WindowReport, dry bool) string {
	state, pending := "state", "pending"
	if dry {
		state, pending = "would", "to copy"
	}
	t := newTable("window", "app", state, "reason", "calls", "added", "changed",
		"copied", "kept", pending, "lost", "refused", "error")
	for _, w := range windows {
		m := w.Media
		t.AppendRow(table.Row{shortTime(w.Window), w.App, stateWord(w.State, dry), w.Reason,
			humanize.Comma(int64(w.Calls)), blank(w.Added), blank(w.Changed), blank(m.Copied), blank(m.Kept), blank(m.Pending), blank(m.Lost), blank(m.Refused), w.Error})
	}
	t.SetColumnConfigs(append(numbers("calls", "added", "changed", "copied", "kept", pending, "lost", "refused"),
		wrapped("error", 60)))
	t.SuppressEmptyColumns()
	return render(t)
}

// stateWord is what became of a window, or what would become of it.
func stateWord(s archive.State, dry bool) string {
	switch {
	case !dry:
		return string(s)
	case s == archive.Failed:
		return "fail"
	case s == archive.Unchanged:
		return "stay"
	}
	return "be written"
}

// totalLine tells of calls and files; those of windows that are not committed have a line of their own.
func totalLine(r *archive.Report) string {
	m := r.Totals.Media
	calls := count(int64(r.Totals.Calls), "call")
	done, pending := count(int64(m.Copied), "file")+" copied", tally(m.Pending, "pending")
	if r.DryRun {
		done, pending = count(int64(m.Pending), "file")+" to copy", ""
	}
	parts := []string{calls, done, tally(m.Kept, "kept"), pending, tally(m.Lost, "lost"), tally(m.Refused, "refused")}
	if !r.DryRun {
		parts = append(parts, size(r.Totals.Bytes))
		return "total: " + joined(parts...) + uncommitted(r.Totals.Uncommitted)
	}
	return "would be: " + joined(parts...)
}

// uncommitted is a line of what was done for windows that failed or are left; empty where there is none.
func uncommitted(u *archive.Uncommitted) string {
	if u == nil {
		return ""
	}
	return fmt.Sprintf("\nnot committed: %s read, %s copied, %s: their windows failed or are left; a later run finds the files",
		count(int64(u.Calls), "call"), count(int64(u.Files), "file"), size(u.Bytes))
}

// tally is a number with what it counts; nothing where there is none.
func tally(n int, what string) string {
	if n == 0 {
		return ""
	}
	return humanize.Comma(int64(n)) + " " + what
}

// joined is what there is of the parts, with commas.
func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// requestLine tells what it cost.
func requestLine(t archive.Totals) string {
	return fmt.Sprintf("spent: %s, %s, %s", count(t.APIRequests, "API request"), count(t.StoreRequests, "bucket request"),
		time.Duration(t.Seconds*float64(time.Second)).Round(time.Millisecond))
}

// count is a number with its noun: "1 call", "2,000 calls".
func count(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return humanize.Comma(n) + " " + noun
}

// size is a number of bytes for people.
func size(bytes int64) string { return humanize.Bytes(uint64(max(0, bytes))) }

// printJSON prints v for scripts, and for people who look.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
