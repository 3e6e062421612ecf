package cli

import (
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// newTable is an empty table with a header, in the one style that all commands share: no frame, no colour.
func newTable(header ...string) table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	row := make(table.Row, len(header))
	for i, name := range header {
		row[i] = name
	}
	t.AppendHeader(row)
	return t
}

// render is the table without blanks at the ends of its lines.
func render(t table.Writer) string {
	lines := strings.Split(t.Render(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

// numbers are columns of numbers by their names, set to the right.
func numbers(names ...string) []table.ColumnConfig {
	configs := make([]table.ColumnConfig, len(names))
	for i, name := range names {
		configs[i] = table.ColumnConfig{Name: name, Align: text.AlignRight, AlignHeader: text.AlignRight}
	}
	return configs
}

// wrapped is a column of prose, broken between words.
func wrapped(name string, width int) table.ColumnConfig {
	return table.ColumnConfig{Name: name, WidthMax: width, WidthMaxEnforcer: text.WrapSoft}
}

// blank is a number for a column that is left out where all of it is zero.
func blank(n int) any {
	if n == 0 {
		return ""
	}
	return humanize.Comma(int64(n))
}

// listing is a table with an entry for each of some keys. On a terminal a key stands below its entry, for keys are as long
// as a line; elsewhere it is the last column, so that a line is an entry.
type listing struct {
	table.Writer
	below bool
	keys  []string
}

func newListing(below bool, key string, header ...string) *listing {
	if !below {
		header = append(header, key)
	}
	return &listing{Writer: newTable(header...), below: below}
}

// add appends an entry. Its cells have one line each; key may be empty.
func (l *listing) add(key string, cells ...any) {
	if !l.below {
		cells = append(cells, key)
	}
	l.AppendRow(cells)
	l.keys = append(l.keys, key)
}

// render is the listing as text.
func (l *listing) render() string {
	text := render(l.Writer)
	if !l.below {
		return text
	}
	var b strings.Builder
	for i, line := range strings.Split(text, "\n") {
		b.WriteString(line + "\n")
		if entry := i - headerLines; entry >= 0 && entry < len(l.keys) && l.keys[entry] != "" {
			b.WriteString("  " + l.keys[entry] + "\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// headerLines are those above a table's first row.
const headerLines = 2
