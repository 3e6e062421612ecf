package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"cdrvault/archive"
)

// mark is how an hour of a state is drawn. The character tells it; the colour only helps.
type mark struct {
	state  archive.HourState
	char   string
	colour text.Colors
	means  string
}

// marks are all of them, in the order of the legend. Their characters are ASCII: a wider set has other widths in other
// terminals.
var marks = []mark{
	{archive.HourFinal, "#", text.Colors{text.FgGreen}, "archived for good"},
	{archive.HourOpen, "o", text.Colors{text.FgCyan}, "archived, and still compared with the API"},
	{archive.HourOwing, "!", text.Colors{text.FgYellow}, "files are owed (cdrvault debts)"},
	{archive.HourEmpty, ".", text.Colors{text.Faint}, "proved to have no calls"},
	{archive.HourHole, "?", text.Colors{text.FgRed}, "not archived, and the API still lists it (cdrvault plan)"},
	{archive.HourBroken, "X", text.Colors{text.FgRed, text.Bold}, "a manifest cannot be trusted; a run reads the hour again"},
	{archive.HourBeyond, "-", text.Colors{text.Faint}, "not archived, and beyond the API's reach"},
}

// legendHelp explains the marks in a help text.
func legendHelp() string {
	lines := make([]string, len(marks))
	for i, m := range marks {
		lines[i] = fmt.Sprintf("  %s  %-6s  %s", m.char, m.state, m.means)
	}
	return strings.Join(lines, "\n")
}

// sheet draws calendars.
type sheet struct {
	zone   *time.Location
	now    time.Time
	colour bool // only where there is a terminal to show it
	hidden int  // earlier days that were left out of the longest calendar
}

// cut leaves only the most recent days in.
func (s *sheet) cut(calendars []archive.Calendar, days int) {
	for i, c := range calendars {
		if n := len(c.Days) - days; n > 0 {
			calendars[i].Days = c.Days[n:]
			s.hidden = max(s.hidden, n)
		}
	}
}

// draw gives the calendars with their totals, and one legend for all of them.
func (s *sheet) draw(calendars []archive.Calendar) string {
	var b strings.Builder
	for _, c := range calendars {
		fmt.Fprintf(&b, "application %s, hours in %s\n\n", c.App, s.zone)
		if len(c.Days) == 0 {
			b.WriteString("no hour is over since ARCHIVE_START\n\n")
			continue
		}
		fmt.Fprintf(&b, "%s\n\n%s\n", s.days(c.Days), s.totals(c))
	}
	if s.hidden > 0 {
		fmt.Fprintf(&b, "%s left out (--all shows every day)\n\n", count(int64(s.hidden), "earlier day"))
	}
	fmt.Fprintln(&b, s.legend())
	return b.String()
}

// days has a line for each day. A long calendar has a heading for each month.
func (s *sheet) days(days []archive.Day) string {
	t := newTable("day", "00     06     12     18", "calls")
	month := ""
	for _, d := range days {
		date, err := time.Parse(time.DateOnly, d.Date)
		if err != nil {
			continue // not a day of this archive
		}
		if m := date.Format("January 2006"); len(days) > 31 && m != month {
			if month != "" {
				t.AppendRow(table.Row{""})
			}
			t.AppendRow(table.Row{m})
			month = m
		}
		t.AppendRow(table.Row{date.Format("2006-01-02 Mon"), s.hours(d.Hours), humanize.Comma(int64(d.Calls))})
	}
	t.SetColumnConfigs(numbers("calls"))
	return render(t)
}

// hours draws a day, in quarters.
func (s *sheet) hours(states [24]archive.HourState) string {
	var quarters []string
	for quarter := range slices.Chunk(states[:], 6) {
		var b strings.Builder
		for _, state := range quarter {
			b.WriteString(s.cell(state))
		}
		quarters = append(quarters, b.String())
	}
	return strings.Join(quarters, " ")
}

// cell is one hour; blank where there is nothing to tell of it.
func (s *sheet) cell(state archive.HourState) string {
	i := slices.IndexFunc(marks, func(m mark) bool { return m.state == state })
	if i < 0 {
		return " "
	}
	return s.paint(marks[i])
}

func (s *sheet) paint(m mark) string {
	if !s.colour {
		return m.char
	}
	return m.colour.Sprint(m.char)
}

// totals sums the whole calendar up, the days that are left out as well.
func (s *sheet) totals(c archive.Calendar) string {
	var hours []string
	for _, m := range marks {
		hours = append(hours, tally(c.Hours[m.state], string(m.state)))
	}
	lines := fmt.Sprintf("hours: %s\ntotal: %s\n", joined(hours...),
		joined(count(int64(c.Calls), "call"), count(int64(c.Files), "file"), tally(c.Owed, "owed"), tally(c.Lost, "lost")))
	if c.GoneBy != nil {
		lines += fmt.Sprintf("owed: the first file may be gone by %s\n", moments{s.zone, s.now}.both(*c.GoneBy))
	}
	return lines
}

// legend names the marks in one line.
func (s *sheet) legend() string {
	parts := make([]string, len(marks))
	for i, m := range marks {
		parts[i] = s.paint(m) + " " + string(m.state)
	}
	return strings.Join(parts, "   ")
}
