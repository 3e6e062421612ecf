package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"

	"cdrvault/archive"
)

// describeCost is what a plan takes: a table of bounds, and what they rest on.
func describeCost(c *archive.Cost) string {
	t := newTable("cost", "at least", "at most")
	contents(t, c)
	requests(t, c)
	for _, f := range c.Fleets {
		fleet(t, f, c.Price.Currency)
	}
	t.SetColumnConfigs(numbers("at least", "at most"))
	return render(t) + "\n\n" + basis(c)
}

// contents are the rows that tell what would come into the bucket.
func contents(t table.Writer, c *archive.Cost) {
	t.AppendRow(table.Row{"calls", humanize.Comma(int64(c.Calls))})
	bounds(t, "files to copy", c.Files, humanize.Comma)
	bounds(t, "media", c.MediaBytes, size)
	bounds(t, "rows, packed", c.RowBytes, size)
	bounds(t, "index, manifests", c.BookBytes, size)
	if month := c.Price.StorageMonth; month != nil {
		money(t, "  storage added, "+c.Price.Currency+" a month", *month)
	}
}

// requests are the rows that tell what is asked of the API and the bucket.
func requests(t table.Writer, c *archive.Cost) {
	bounds(t, "API requests", &c.APIRequests, humanize.Comma)
	bounds(t, fmt.Sprintf("  at %d a second", c.Rate), &c.APISeconds, seconds)
	s := c.StoreRequests
	bounds(t, "bucket: PUT", &s.Put, humanize.Comma)
	bounds(t, "bucket: GET, HEAD", &archive.Range{Least: s.Get.Least + s.Head.Least, Most: s.Get.Most + s.Head.Most}, humanize.Comma)
	bounds(t, "bucket: LIST", &s.List, humanize.Comma)
	money(t, "  bucket requests, "+c.Price.Currency, c.Price.Requests)
}

// fleet are the rows of so many instances. What one alone asks stands above.
func fleet(t table.Writer, f archive.Fleet, currency string) {
	bounds(t, "function: "+count(int64(f.Instances), "instance"), &f.Seconds, seconds)
	bounds(t, "  invocations of 900 s", &f.Invocations, humanize.Comma)
	if f.Instances > 1 {
		bounds(t, "  API requests", &f.APIRequests, humanize.Comma)
		all := f.StoreRequests.All()
		bounds(t, "  bucket requests", &all, humanize.Comma)
	}
	bounds(t, "  GB-seconds", &f.GBSeconds, humanize.Comma)
	money(t, "  function, "+currency, f.Price)
}

// basis says what the figures rest on.
func basis(c *archive.Cost) string {
	var b strings.Builder
	if s := c.Sample; s.Calls > 0 {
		b.WriteString(looked(s, c.Calls))
	} else if c.Files == nil {
		b.WriteString("files and bytes are unknown, and requests without those for files: no call was listed at the moments that were looked at\n")
	}
	if c.Files != nil && c.MediaBytes == nil {
		b.WriteString("bytes of media are unknown: too few lengths were told, or they differ too much\n")
	}
	b.WriteString("bounds are meant to hold in nine cases of ten; a single figure has none\n" +
		"the function takes as long as the slowest: API requests, files, bytes of media, or windows\n")
	fmt.Fprintf(&b, "assumed: %s\n%s", c.Assumed, prices(c.Price.Prices))
	return b.String()
}

// looked says what was looked at, of so many calls.
func looked(s archive.SampleReport, all int) string {
	text := fmt.Sprintf("files and bytes are estimated from %s at %s", count(int64(s.Calls), "call"), count(int64(s.Moments), "moment"))
	if s.Calls == all {
		text = fmt.Sprintf("all %s were listed,", count(int64(s.Calls), "call"))
	}
	if s.Files == 0 {
		return strings.TrimSuffix(text, ",") + ", which name no file\n"
	}
	text += fmt.Sprintf(" with %s; the length of %s was asked", count(int64(s.Files), "file"), humanize.Comma(int64(s.Sized+s.Unsized)))
	if s.Unsized > 0 {
		text += fmt.Sprintf(", and %d not told", s.Unsized)
	}
	return text + "\n"
}

// prices says what was reckoned with.
func prices(p archive.Prices) string {
	media := ""
	if p.MediaGBMonth > 0 {
		media = fmt.Sprintf(", %v for one of media", p.MediaGBMonth)
	}
	return fmt.Sprintf("prices: %s; yours: --prices FILE\n"+
		"  bucket: %s %v for 10,000 requests, %v for a GB and month%s\n  function: %v for 10,000 invocations, %v for a GB-second\n",
		p.Basis, p.Currency, p.TenThousandRequests, p.GBMonth, media, p.TenThousandInvocations, p.GBSecond)
}

// bounds adds a row for a range; an exact figure has the first column alone. What is not known is said.
func bounds(t table.Writer, what string, r *archive.Range, text func(int64) string) {
	switch {
	case r == nil:
		t.AppendRow(table.Row{what, "no estimate", ""})
	case text(r.Least) == text(r.Most):
		t.AppendRow(table.Row{what, text(r.Least), ""})
	default:
		t.AppendRow(table.Row{what, text(r.Least), text(r.Most)})
	}
}

// money adds a row for an amount.
func money(t table.Writer, what string, p archive.PriceRange) {
	least, most := amount(p.Least), amount(p.Most)
	if least == most {
		most = ""
	}
	t.AppendRow(table.Row{what, least, most})
}

// amount is money to the hundredth. What costs less than that, but not nothing, is not shown as nothing.
func amount(x float64) string {
	if x > 0 && x < 0.01 {
		return "under 0.01"
	}
	return fmt.Sprintf("%.2f", x)
}

// seconds is a time for people.
func seconds(n int64) string { return (time.Duration(n) * time.Second).String() }
