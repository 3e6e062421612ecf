package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"cdrvault/archive"
	"cdrvault/devcloud"
	"cdrvault/devcloud/calls"
)

type demoFlags struct {
	calls int
	seed  uint64
	keep  string
}

// demo is the command that shows all of it without an account.
func (p Program) demo() *cobra.Command {
	var f demoFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Archive a made-up day on this machine: no account, no settings",
		Long: `Start a contact center and a bucket on this machine, archive a day of made-up
calls with their recordings and transcripts, show what lies in the bucket, and
archive the day again to see that nothing is written twice. Nobody in it is real.`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.calls < 1 {
				return misuse(c, "--calls: want at least 1")
			}
			return p.playDemo(c.Context(), f)
		},
	}
	c.Flags().IntVar(&f.calls, "calls", 2000, "how many calls the day has")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "another seed makes other calls")
	c.Flags().StringVar(&f.keep, "keep", "", "a new folder to keep the bucket's objects in, as plain files")
	return c
}

// demo is one performance of the demo.
type demo struct {
	Program
	cloud *local
	day   time.Time
	now   time.Time // of both runs, so that no window becomes final in between
	calls int
}

func (p Program) playDemo(ctx context.Context, f demoFlags) error {
	if err := checkNew(f.keep); err != nil {
		return err
	}
	d := demo{Program: p, now: p.Now(), calls: f.calls}
	d.day = lastWhole(d.now)
	world := calls.World{Seed: f.seed, PerDay: f.calls}
	o := devcloud.Options{World: world, First: d.day, Now: p.Now}
	ctx, end := whileDiskHolds(ctx, &o)
	defer end()
	var err error
	if d.cloud, err = startLocal(ctx, o); err != nil {
		return err
	}
	defer d.cloud.Close()
	if err := d.play(ctx); err != nil {
		return unlessDisk(ctx, "demo", err)
	}
	return d.further(f.keep)
}

// play archives the day twice and shows what came of it.
func (d *demo) play(ctx context.Context) error {
	d.say("A contact center and a bucket on this machine: %s of %s, made up.", count(int64(d.calls), "call"), d.day.Format(time.DateOnly))
	d.say("Archiving its 24 hours ...")
	first, spent, err := d.archive(ctx)
	if err != nil {
		return err
	}
	d.say("\nThe bucket has %s:\n\n%s\n%s", holding(d.cloud.Bucket()), devcloud.Name, drawTree(d.cloud.Bucket()))
	if err := d.row(); err != nil {
		return err
	}
	d.say("\nArchiving the same hours again ...")
	second, spentAgain, err := d.archive(ctx)
	if err != nil {
		return err
	}
	d.say("\n%s", compare(first, second, spent, spentAgain))
	if spentAgain.writes+spentAgain.downloads > 0 {
		return fmt.Errorf("demo: the second run wrote %d times and downloaded %d files; want none", spentAgain.writes, spentAgain.downloads)
	}
	return nil
}

// archive is one run over the day, as the command run does it, with what the cloud saw of it.
func (d *demo) archive(ctx context.Context) (*archive.Report, traffic, error) {
	before := d.cloud.traffic()
	var watch archive.Progress
	a, err := d.Open(d.cloud.look(), archive.Request{}, &watch)
	if err != nil {
		return nil, traffic{}, unsettled(err)
	}
	a.Grace = -1 // the bucket goes with the demo: an interrupted run has nothing to commit
	stop := d.follow(&watch)
	answer, err := a.Run(ctx, archive.Request{ID: newID(), Now: d.now, From: d.day, To: d.day.AddDate(0, 0, 1)})
	stop()
	if ctx.Err() != nil {
		return nil, traffic{}, &exit{ExitFailed, errors.New("demo: interrupted"), ""}
	}
	return answer, d.cloud.traffic().since(before), outcome(ctx, answer, err)
}

// row shows a call as it stands in the lake.
func (d *demo) row() error {
	row, err := sampleRow(d.cloud.Bucket())
	if err != nil || row == "" {
		return err
	}
	d.say("\nOne row of cdr/, without its empty fields. Links have become keys of the bucket:\n\n%s", row)
	return nil
}

// compare holds what the two runs cost against each other.
func compare(first, second *archive.Report, a, b traffic) string {
	t := newTable("", "first run", "second run")
	number := func(what string, x, y int) {
		t.AppendRow(table.Row{what, humanize.Comma(int64(x)), humanize.Comma(int64(y))})
	}
	number("calls listed", first.Totals.Calls, second.Totals.Calls)
	number("API requests", a.pages, b.pages)
	number("files downloaded", a.downloads, b.downloads)
	t.AppendRow(table.Row{"media stored", size(first.Totals.Bytes), size(second.Totals.Bytes)})
	number("writes to the bucket", a.writes, b.writes)
	t.AppendRow(table.Row{"seconds", fmt.Sprintf("%.1f", first.Totals.Seconds), fmt.Sprintf("%.1f", second.Totals.Seconds)})
	t.SetColumnConfigs(numbers("first run", "second run"))
	return render(t)
}

// further tells how to go on, and keeps the bucket where that was asked for.
func (d *demo) further(keep string) error {
	folder := keep
	if keep == "" {
		folder = "lake"
		d.say("\nTo look further, keep the bucket as plain files: demo --keep %s. Then play a recording, or ask the rows:", folder)
	} else if err := export(d.cloud.Bucket(), keep); err != nil {
		return err
	} else {
		d.say("\nThe bucket is in %s, as plain files. Play a recording, or ask the rows:", folder)
	}
	d.say(`
  duckdb -c "SELECT hour, count(*) AS calls, round(avg(Duration)) AS seconds
             FROM read_json_auto('%s/cdr/**/*.ndjson.gz', hive_partitioning = true)
             GROUP BY hour ORDER BY hour"`, folder)
	d.say("\nWith an account: cdrvault settings, then cdrvault run.")
	return nil
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.Out, format+"\n", args...) }
