package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"

	"cdrvault/archive"
)

// describe is an answer for people: a table of windows, and what it amounts to.
func describe(r *archive.Report) string {
	var b strings.Builder
	if len(r.Windows) == 0 {
		b.WriteString("nothing was due\n")
	} else {
		fmt.Fprintf(&b, "%s\n", windowTable(r))
	}
	if r.Folded > 0 {
		fmt.Fprintf(&b, "and %s more windows, most of them unchanged\n", humanize.Comma(int64(r.Folded)))
	}
	fmt.Fprintf(&b, "%s\n%s\n", totalLine(r), requestLine(r.Totals))
	if r.Debts != nil {
		fmt.Fprintf(&b, "owed: %s%s\n", count(int64(r.Debts.Files), "file"), deadline(r.Debts))
	}
	for _, field := range r.Links {
		fmt.Fprintf(&b, "note: field %s has media links that this version does not know\n", field)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	return b.String()
}

// windowTable has a line for each window. Columns that are zero all the way down are left out.
func windowTable(r *archive.Report) string {
	t := newTable("window", "app", "state", "reason", "calls", "added", "changed",
		"copied", "kept", "pending", "lost", "refused", "error")
	for _, w := range r.Windows {
		m := w.Media
		t.AppendRow(table.Row{shortTime(w.Window), w.App, w.State, w.Reason, w.Calls, blank(w.Added), blank(w.Changed),
			blank(m.Copied), blank(m.Kept), blank(m.Pending), blank(m.Lost), blank(m.Refused), w.Error})
	}
	t.SetColumnConfigs([]table.ColumnConfig{wrapped("error", 60)})
	t.SuppressEmptyColumns()
	return render(t)
}

// shortTime is a window's start as people read it; the zone is that of the answer.
func shortTime(stamp string) string {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return stamp
	}
	return t.Format("2006-01-02 15:04")
}

// totalLine tells of calls and files.
func totalLine(r *archive.Report) string {
	m := r.Totals.Media
	parts := []string{count(int64(r.Totals.Calls), "call"), count(int64(m.Copied), "file") + " copied"}
	for _, p := range []struct {
		n    int
		what string
	}{{m.Kept, "kept"}, {m.Pending, "pending"}, {m.Lost, "lost"}, {m.Refused, "refused"}} {
		if p.n > 0 {
			parts = append(parts, humanize.Comma(int64(p.n))+" "+p.what)
		}
	}
	what := "total"
	if r.DryRun {
		what = "would be"
	}
	return fmt.Sprintf("%s: %s, %s", what, strings.Join(parts, ", "), size(r.Totals.Bytes))
}

// requestLine tells what it cost.
func requestLine(t archive.Totals) string {
	return fmt.Sprintf("spent: %s, %s, %s", count(t.APIRequests, "API request"), count(t.StoreRequests, "bucket request"),
		time.Duration(t.Seconds*float64(time.Second)).Round(time.Millisecond))
}

func deadline(d *archive.DebtReport) string {
	if d.NextDeadline == nil {
		return ""
	}
	return ", the first may be gone by " + d.NextDeadline.Format(time.RFC3339)
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
