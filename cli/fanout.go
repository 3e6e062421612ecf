package cli

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"cdrvault/archive"
	"cdrvault/config"
	"cdrvault/handler"
)

// fanoutFlags are those of a backfill that the function does.
type fanoutFlags struct {
	onSCF    bool
	shares   int
	target   handler.Target
	patience time.Duration
	detach   bool
}

const fanoutHelp = `With --on-scf the function does it: the range is cut into shares, each an asynchronous
invocation, and this command watches by what they leave in the bucket. It needs the
function's own settings in the environment, and a key that may scf:InvokeFunction.
Nothing is lost if it is stopped, or if an invocation is: the same command sends what
is left. With SELF_CONTINUE on, the function goes on by itself where its time ends;
otherwise this command sends the rest again, as long as it watches.`

// register adds the flags.
func (f *fanoutFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.BoolVar(&f.onSCF, "on-scf", false, "have the function do it, in several invocations side by side")
	flags.IntVar(&f.shares, "shares", archive.UsualShares, fmt.Sprintf("on SCF: into how many shares it is cut, 2 to %d", archive.MostShares))
	flags.StringVar(&f.target.Function, "function", "cdrvault", "on SCF: the function's name")
	flags.StringVar(&f.target.Namespace, "namespace", "default", "on SCF: the function's namespace")
	flags.StringVar(&f.target.Qualifier, "qualifier", "$LATEST", "on SCF: the function's version or alias")
	flags.StringVar(&f.target.Region, "region", "", "on SCF: the function's region (that of the bucket)")
	flags.DurationVar(&f.patience, "patience", 10*time.Minute, "on SCF: how long a share may stand still before it is sent again")
	flags.BoolVar(&f.detach, "detach", false, "on SCF: send the shares and leave; exit code 0 means that they were sent, nothing is archived yet")
}

// check refuses flags that no fan-out can be made of, or that mean nothing without one.
func (f *fanoutFlags) check(c *cobra.Command) error {
	if !f.onSCF {
		for _, name := range []string{"shares", "function", "namespace", "qualifier", "region", "patience", "detach"} {
			if c.Flags().Changed(name) {
				return fmt.Errorf("--%s goes with --on-scf", name)
			}
		}
		return nil
	}
	switch {
	case f.shares < 2 || f.shares > archive.MostShares:
		return fmt.Errorf("--shares: want a number from 2 to %d", archive.MostShares)
	case f.patience <= 0:
		return errors.New("--patience: want more than 0s")
	case c.Flags().Changed("force") && !f.detach && !c.Flags().Changed("dry-run"):
		return errors.New("--force goes with --on-scf and --detach: it trusts no manifest, and manifests are what there is to watch")
	}
	return nil
}

// backfillOnSCF cuts the range into shares, sends them to the function and watches what becomes of them.
func (p Program) backfillOnSCF(c *cobra.Command, f backfillFlags) error {
	q := f.request()
	q.Shares = f.shares
	a, q, err := p.open(c, f.scope, q, nil)
	if err != nil {
		return err
	}
	settings, err := config.Load(p.Get)
	if err != nil {
		return unsettled(err)
	}
	if f.target.Region = cmp.Or(f.target.Region, settings.COSRegion); f.target.Region == "" {
		return misuse(c, "--region is needed: COS_REGION does not tell where the function is")
	}
	stop := p.patiently("listing what is archived and counting calls")
	answer, err := a.Run(c.Context(), q) // which does nothing but cut
	stop()
	if err != nil || len(answer.Next) == 0 || f.dryRun {
		return p.cutOnly(c, f, answer, err)
	}
	invoker, err := p.Connect(p.Get, f.target)
	if err != nil {
		return unsettled(err)
	}
	defer invoker.Close()
	d := newDispatch(invoker, answer)
	d.books, d.patience, d.alone = newBooks(a, q, answer), f.patience, !settings.SelfContinue
	return p.dispatch(c, f, d)
}

// cutOnly ends a backfill of which nothing is sent: it failed, nothing is missing, or it was only to be told.
func (p Program) cutOnly(c *cobra.Command, f backfillFlags, answer *archive.Report, err error) error {
	if errShow := p.show(answer, err, f.json, describeCut); errShow != nil {
		return errShow
	}
	return backfilled(c, answer, err)
}

// dispatch sends the shares and, unless that is all, watches them to their end.
func (p Program) dispatch(c *cobra.Command, f backfillFlags, d *dispatch) error {
	ctx := c.Context()
	d.remarks = p.Err
	if err := d.begin(ctx); err != nil {
		return d.stopped(c, err)
	}
	fmt.Fprintf(p.Err, "sent %s to function %s\n", count(int64(d.sent()), "share"), f.target.Function)
	if f.detach {
		return p.leave(c, f, d)
	}
	remarks, stop := p.accompany(&d.watch)
	d.remarks = remarks
	err := d.follow(ctx)
	stop()
	d.conclude()
	if err := p.show(d.answer, nil, f.json, describeFanout); err != nil {
		return err
	}
	if err != nil {
		return d.stopped(c, err)
	}
	return backfilled(c, d.answer, nil)
}

// leave ends a fan-out that nobody is to watch.
func (p Program) leave(c *cobra.Command, f backfillFlags, d *dispatch) error {
	if err := p.show(d.answer, nil, f.json, describeCut); err != nil {
		return err
	}
	if err := d.unsent(); err != nil {
		return d.stopped(c, err)
	}
	fmt.Fprintln(p.Err, d.onItsOwn(c))
	return nil
}

// onItsOwn says what becomes of a fan-out that nobody watches.
func (d *dispatch) onItsOwn(c *cobra.Command) string {
	if d.alone {
		return "each share runs once, at most the function's time limit; to send what is left: " + again(c)
	}
	return "what was sent goes on by itself: cdrvault status shows how far it is; to send what is left: " + again(c)
}

// stopped is the error of a fan-out that is not watched any more.
func (d *dispatch) stopped(c *cobra.Command, err error) error {
	if c.Context().Err() != nil {
		err = errors.New("not watched any more")
	}
	todo := "nothing was sent"
	if _, ok := errors.AsType[*noProgress](err); ok {
		todo = "what is archived stays; to send what is left: " + again(c)
	} else if d.sent() > 0 {
		todo = d.onItsOwn(c)
	}
	return &exit{ExitFailed, fmt.Errorf("backfill: %w", err), todo}
}

// describeCut tells for people how a range was cut; where nothing was missing, that.
func describeCut(r *archive.Report) string {
	if len(r.Shares) == 0 {
		return describeBackfill(r)
	}
	return fmt.Sprintf("%s\nwindows: %s in %s\n%s", shareTable(r), humanize.Comma(int64(windowsOf(r.Shares))),
		count(int64(len(r.Shares)), "share"), remarks(r))
}

// describeFanout tells for people what became of a range that was cut.
func describeFanout(r *archive.Report) string {
	all, sent, again := windowsOf(r.Shares), 0, 0
	for _, s := range r.Shares {
		sent += s.Sent
		again += max(s.Sent-1, 0)
	}
	done := humanize.Comma(int64(max(all-r.Rest, 0)))
	if r.Rest > 0 {
		done += " of " + humanize.Comma(int64(all))
	}
	took := short(time.Duration(r.Totals.Seconds * float64(time.Second)))
	return fmt.Sprintf("%s\nwindows: %s archived\n%s\nsent: %s, in %s\n%s", shareTable(r), done, totalLine(r),
		joined(count(int64(sent), "invocation"), tally(again, "of them again")), took, remarks(r))
}

// windowsOf is how many windows the shares have together.
func windowsOf(shares []archive.ShareReport) (all int) {
	for _, s := range shares {
		all += s.Windows
	}
	return all
}

// shareTable has a line for each share.
func shareTable(r *archive.Report) string {
	t := newTable("share", "windows", "slices", "run", "sent again")
	for _, s := range r.Shares {
		t.AppendRow(table.Row{s.Share, humanize.Comma(int64(s.Windows)), blank(s.Slices), s.RequestID, blank(max(s.Sent-1, 0))})
	}
	t.SetColumnConfigs(numbers("windows", "slices", "sent again"))
	t.SuppressEmptyColumns()
	return render(t) + "\n"
}
