package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// print writes the report as two tables.
func (r *Report) print(w io.Writer) {
	if len(r.Copies) > 0 {
		fmt.Fprintf(w, "\nCopies: a plain pipe, the pipe with a SHA-256, and the archive with every check on; ratios are shares of the plain pipe's speed.\n\n%s\n", r.copyTable())
	}
	if len(r.Beside) > 0 {
		fmt.Fprintf(w, "\nBeside other programs: medians of whole processes, and what cdrvault took as a share of what each took.\n\n%s\n", r.besideTable())
	}
	if len(r.Figures) > 0 {
		fmt.Fprintf(w, "\n%s\n", r.figureTable())
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "\n%s\n", note)
	}
	fmt.Fprintf(w, "\n%s, %d cores, load of the machine %s before and %s after, %.0f s\n", r.Go, r.Cores, r.LoadBefore, r.LoadAfter, r.Seconds)
}

func (r *Report) copyTable() string {
	t := newTable("files", "size", "in flight", "delay", "bucket", "pipe", "archive", "ratio", "by CPU", "SHA-256 alone", "by CPU", "files/s", "CPU ms/MB", "pipe's", "servers'", "peak MB", "pipe's")
	for _, c := range r.Copies {
		t.AppendRow(table.Row{c.Files, size(c.Bytes), c.InFlight, fmt.Sprintf("%d ms", c.DelayMS), bucketDoes(c.Digest),
			fmt.Sprintf("%.0f MB/s", c.Pipe.MBPerSecond), fmt.Sprintf("%.0f MB/s", c.Archive.MBPerSecond), fmt.Sprintf("%.2f", c.Ratio), fmt.Sprintf("%.2f", c.CPURatio),
			fmt.Sprintf("%.2f", c.SummedRatio), fmt.Sprintf("%.2f", c.SummedCPURatio),
			fmt.Sprintf("%.0f", c.Archive.FilesPerSecond),
			fmt.Sprintf("%.2f", c.Archive.CPUPerMB), fmt.Sprintf("%.2f", c.Pipe.CPUPerMB), fmt.Sprintf("%.2f", c.Pipe.ServersPerMB),
			fmt.Sprintf("%.0f", c.Archive.PeakMB), fmt.Sprintf("%.0f", c.Pipe.PeakMB)})
	}
	return render(t, 1, 17)
}

func (r *Report) besideTable() string {
	t := newTable("work", "program", "time", "CPU", "servers' CPU", "peak MB", "time: share", "CPU: share", "memory: share")
	for _, p := range r.Beside {
		t.AppendRow(table.Row{p.Work, p.Program, fmt.Sprintf("%.2f s", p.Seconds), fmt.Sprintf("%.2f s", p.CPU), fmt.Sprintf("%.2f s", p.Servers),
			fmt.Sprintf("%.0f", p.PeakMB), fmt.Sprintf("%.2f", p.TimeShare), fmt.Sprintf("%.2f", p.CPUShare), fmt.Sprintf("%.2f", p.MemoryShare)})
	}
	return render(t, 3, 9)
}

func (r *Report) figureTable() string {
	t := newTable("part", "figure", "value", "target", "", "note")
	for _, f := range r.Figures {
		t.AppendRow(table.Row{f.Part, f.Name, number(f.Value) + " " + f.Unit, f.target(), f.verdict(), f.Note})
	}
	return render(t, 3, 3)
}

func (f Figure) target() string {
	switch {
	case f.AtMost != nil:
		return "≤ " + number(*f.AtMost)
	case f.Least != nil:
		return "≥ " + number(*f.Least)
	}
	return ""
}

func (f Figure) verdict() string {
	switch {
	case !f.hasTarget():
		return ""
	case f.reached():
		return "reached"
	}
	return "not reached"
}

// number writes v with three digits that count.
func number(v float64) string {
	switch {
	case v == float64(int64(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func size(n int64) string {
	if n >= mb {
		return fmt.Sprintf("%d MB", n/mb)
	}
	return fmt.Sprintf("%d KB", n/kb)
}

func bucketDoes(digest bool) string {
	if digest {
		return "digests"
	}
	return "compares"
}

// newTable is an empty table without a frame.
func newTable(header ...any) table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	t.AppendHeader(header)
	return t
}

// render is the table without blanks at the ends of its lines. The columns first to last, counted from 1, hold numbers and
// are set to the right.
func render(t table.Writer, first, last int) string {
	var right []table.ColumnConfig
	for n := first; n <= last; n++ {
		right = append(right, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(right)
	lines := strings.Split(t.Render(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}
