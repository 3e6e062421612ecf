package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"

	"cdrvault/archive"
)

// Where the API or the bucket refuses one window, it refuses the others as a rule, too, in words that differ by a key or a request
// id alone. So failures are told by cause.

// cause is what windows of one application failed for.
type cause struct {
	app, name string
	windows   []string // their starts, RFC 3339
	text      string   // the error of the first one, word for word
}

// splitFailed parts the windows that failed from the others.
func splitFailed(all []archive.WindowReport) (failed, others []archive.WindowReport) {
	for _, w := range all {
		if w.State == archive.Failed {
			failed = append(failed, w)
		} else {
			others = append(others, w)
		}
	}
	return failed, others
}

// byCause folds windows that failed, the cause of the most windows first.
func byCause(failed []archive.WindowReport) []cause {
	var all []cause
	for _, w := range failed {
		name := causeOf(w.Error)
		i := slices.IndexFunc(all, func(c cause) bool { return c.app == w.App && c.name == name })
		if i < 0 {
			i = len(all)
			all = append(all, cause{app: w.App, name: name, text: w.Error})
		}
		all[i].windows = append(all[i].windows, w.Window)
	}
	slices.SortStableFunc(all, func(a, b cause) int { return len(b.windows) - len(a.windows) })
	return all
}

// causeOf is an error without what is a window's own: the request's id, the rest of a key, the page.
func causeOf(text string) string {
	text = requestID.ReplaceAllString(text, "")
	text = keyOrPath.ReplaceAllString(text, "$1/…")
	return pageNumber.ReplaceAllString(text, "page …")
}

var (
	requestID  = regexp.MustCompile(`[,:] request [0-9A-Za-z-]*…?`)
	keyOrPath  = regexp.MustCompile(`\b([0-9A-Za-z_-]+)/[^\s:,;]+`)
	pageNumber = regexp.MustCompile(`\bpage \d+`)
)

// failureTable has a line for each cause.
func failureTable(failed []archive.WindowReport, dry bool) string {
	header := "failed"
	if dry {
		header = "would fail"
	}
	t := newTable(header, "windows", "app", "error")
	all := byCause(failed)
	for _, c := range all[:min(len(all), mostTroubles)] {
		told := c.name
		if len(c.windows) == 1 {
			told = c.text
		}
		t.AppendRow(table.Row{humanize.Comma(int64(len(c.windows))), fewTimes(c.windows), c.app, told})
	}
	t.SetColumnConfigs(append(numbers(header), wrapped("error", 70)))
	return render(t) + others(all)
}

// others counts the windows of the causes that the table has no room for.
func others(all []cause) string {
	n := 0
	for _, c := range all[min(len(all), mostTroubles):] {
		n += len(c.windows)
	}
	if n == 0 {
		return ""
	}
	return "\nand " + count(int64(n), "window") + " for other causes"
}

// mostTimes is how many windows of one cause are named.
const mostTimes = 3

// fewTimes names the first windows: 2026-11-22 05:00, 06:00, 07:00 …
func fewTimes(stamps []string) string {
	var b strings.Builder
	day := ""
	for i, stamp := range stamps[:min(len(stamps), mostTimes)] {
		name := shortTime(stamp)
		date, hour, _ := strings.Cut(name, " ")
		switch {
		case i == 0:
			b.WriteString(name)
		case date == day:
			b.WriteString(", " + hour)
		default:
			b.WriteString(", " + name)
		}
		day = date
	}
	if len(stamps) > mostTimes {
		b.WriteString(" …")
	}
	return b.String()
}
