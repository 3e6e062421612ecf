package cli

import (
	"strings"

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

// rightAligned sets columns of numbers, counted from 1, to the right.
func rightAligned(t table.Writer, columns ...int) table.Writer {
	var configs []table.ColumnConfig
	for _, n := range columns {
		configs = append(configs, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(configs)
	return t
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
	return n
}
