package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"cdrvault/archive"
)

// planFlags are those of the command plan.
type planFlags struct {
	scope
	shares      int
	prices      string
	noAPI, json bool
}

// plan is the command that says what run or backfill would do.
func (p Program) plan() *cobra.Command {
	var f planFlags
	c := &cobra.Command{
		Use:   "plan",
		Short: "Tell which windows would be worked on, why, and what it costs",
		Long: `Tell which windows a run would work on now, and why; or, with a range, a backfill
of it, which passes over what is archived for good. Nothing is written.

What it costs is reckoned before anything runs. For that the API is asked: one count
for each day of windows without a manifest (180 days: some 180 requests). Calls that
64 requests can list are all listed. Of more, 16 moments of up to 90 calls stand for
all: each is found by counts, of a day, of half of it, and so on. Of 128 files or more
the length is asked; nothing is copied. With --no-api manifests are all that is read.

Bounds are meant to hold in nine cases of ten. "no estimate": too little was seen.
Requests to the bucket are those of the function; whoever watches a fan-out asks more.

Prices are second-hand: the vendor's pages were never seen, nor a bill. They are
https://buy.cloud.tencent.com/price/cos for the bucket,
https://cloud.tencent.com/document/product/583/12281 for the function. --prices FILE
takes yours, any of those that --json shows under "price":
  {"store_requests_10000": 0.01, "standard_gb_month": 0.099, "media_gb_month": 0.08,
   "function_invocations_10000": 0.0133, "function_gb_second": 0.00011}

Reasons:
  new      it has just closed
  asked    it lies in the range that was asked for, and has no manifest
  hole     nothing of it is archived
  broken   its manifest cannot be trusted
  owing    a file is owed, or the calls were not proved to be all
  settled  it may not change any more: one full reading makes it final`,
		Example: `  cdrvault plan
  cdrvault plan --from 2026-06-01 --to 2026-11-22 --shares 8
  cdrvault plan --no-api`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return p.showPlan(c, f) },
	}
	f.rangeFlags(c)
	f.appFlag(c)
	c.Flags().IntVar(&f.shares, "shares", archive.UsualShares, fmt.Sprintf("of a range: instances side by side to reckon with, beside a single one, up to %d", archive.MostShares))
	c.Flags().StringVar(&f.prices, "prices", "", "file with prices of your own (those of the vendor's lists, second-hand)")
	c.Flags().BoolVar(&f.noAPI, "no-api", false, "ask the API nothing: no calls, no cost")
	c.Flags().BoolVar(&f.json, "json", false, "print the answer as JSON, window by window")
	return c
}

// check refuses flags that would mean nothing.
func (f planFlags) check(c *cobra.Command) error {
	asked := c.Flags().Changed
	switch {
	case f.shares < 1 || f.shares > archive.MostShares:
		return fmt.Errorf("--shares: want a number from 1 to %d", archive.MostShares)
	case asked("shares") && !asked("from") && !asked("to"):
		return errors.New("--shares goes with --from and --to: the timer's run is not cut into shares")
	case asked("shares") && f.noAPI:
		return errors.New("--shares does not go with --no-api, which reckons no cost")
	case asked("prices") && f.noAPI:
		return errors.New("--prices does not go with --no-api, which reckons no cost")
	}
	return nil
}

func (p Program) showPlan(c *cobra.Command, f planFlags) error {
	if err := f.check(c); err != nil {
		return misuse(c, "%v", err)
	}
	prices, err := readPrices(f.prices)
	if err != nil {
		return misuse(c, "--prices: %v", err)
	}
	a, q, err := p.open(c, f.scope, archive.Request{Mode: archive.ModePlan, Shares: f.shares, NoAPI: f.noAPI}, nil)
	if err != nil {
		return err
	}
	stop := p.patiently("listing what is archived and counting calls")
	answer, err := a.Run(c.Context(), q)
	stop()
	if err := unread(c.Context(), "plan", err); err != nil {
		return err
	}
	if cost := answer.Plan.Cost; cost != nil {
		cost.PriceBy(prices)
	}
	return p.show(answer, nil, f.json, describePlan)
}

// readPrices reads a file of prices; what it leaves out, and all where there is none, is the vendor's.
func readPrices(name string) (archive.Prices, error) {
	prices := archive.ListPrices
	if name == "" {
		return prices, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return prices, err
	}
	defer file.Close()
	prices.Basis = "yours, from " + filepath.Base(name)
	dec := json.NewDecoder(file)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&prices); err != nil {
		return prices, fmt.Errorf("%s: %w", name, err)
	}
	for _, price := range []float64{prices.TenThousandRequests, prices.GBMonth, prices.MediaGBMonth, prices.TenThousandInvocations, prices.GBSecond} {
		if price < 0 {
			return prices, fmt.Errorf("%s: a price is below 0", name)
		}
	}
	return prices, nil
}

// describePlan is a plan for people.
func describePlan(r *archive.Report) string {
	var b strings.Builder
	if windows := r.Plan.Windows; len(windows) == 0 {
		b.WriteString("no window is due\n")
	} else {
		fmt.Fprintf(&b, "%s\n\n", planTable(r.Plan.Stretches))
		fmt.Fprintf(&b, "due: %s (%s)\n", count(int64(len(windows)), "window"), reasons(windows))
	}
	if n := r.Plan.PassedOver; n > 0 {
		fmt.Fprintf(&b, "passed over: %s that lack nothing\n", count(int64(n), "window"))
	}
	if cost := r.Plan.Cost; cost != nil && len(r.Plan.Windows) > 0 {
		b.WriteString("\n" + describeCost(cost))
	} else if r.Plan.APIRequests > 0 { // a range that lacks nothing costs none
		fmt.Fprintf(&b, "cost: at least %s\n", count(int64(r.Plan.APIRequests), "API request"))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	return b.String()
}

// planTable has a line for each stretch of windows.
func planTable(stretches []archive.PlannedStretch) string {
	t := newTable("from", "to", "app", "reason", "windows", "calls", "API requests")
	for _, s := range stretches {
		t.AppendRow(table.Row{shortTime(s.From), shortTime(s.To), s.App, s.Reason,
			humanize.Comma(int64(s.Windows)), optional(s.Calls), humanize.Comma(int64(s.APIRequests))})
	}
	t.SetColumnConfigs(numbers("windows", "calls", "API requests"))
	t.SuppressEmptyColumns()
	return render(t)
}

// optional is a number that may not be known.
func optional(n *int) string {
	if n == nil {
		return ""
	}
	return humanize.Comma(int64(*n))
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
