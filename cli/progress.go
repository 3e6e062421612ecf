package cli

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/cwriter"
	"github.com/vbauerster/mpb/v8/decor"

	"cdrvault/archive"
)

// redraw is how often progress is looked at.
const redraw = 100 * time.Millisecond

// follow shows how far a run has come until stop is called, if there is a terminal to show it on. stop returns once
// nothing more is drawn.
func (p Program) follow(watch *archive.Progress) (stop func()) {
	if !isTerminal(p.Err) {
		return func() {}
	}
	b := newBars(p.Err, watch)
	return every(redraw, b.update, b.finish)
}

// patiently says now and then that a command is still doing what shows no progress, until stop is called.
func (p Program) patiently(doing string) (stop func()) {
	return every(report, func() { fmt.Fprintln(p.Err, "still "+doing) }, func() {})
}

// every calls do again and again until stop is called. stop returns after a last call of finish, when nothing more is to come.
func every(pause time.Duration, do, finish func()) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				do()
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		finish()
	}
}

// isTerminal tells whether w can be drawn on: a terminal that has no size, as some consoles of containers, gets lines.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || !cwriter.IsTerminal(int(f.Fd())) {
		return false
	}
	width, height, err := cwriter.GetSize(int(f.Fd()))
	return err == nil && width > 0 && height > 0
}

// bars are the progress of one run: its windows, and the files that were found in them so far.
type bars struct {
	all   *mpb.Progress
	lines []*bar
}

// bar is one line. It is drawn once there is something to count: not every run has windows, or copies files.
type bar struct {
	name        string
	total, done *atomic.Int64
	tail        func() string
	drawn       *mpb.Bar // nil: not yet
}

// newBars draws on w. Without an option that says so, it does nothing where w is no terminal.
func newBars(w io.Writer, watch *archive.Progress, more ...mpb.ContainerOption) *bars {
	options := append(more, mpb.WithOutput(w), mpb.WithWidth(60), mpb.WithRefreshRate(redraw))
	read := func() string { return callCount(watch.Calls.Load()) }
	stored := func() string { return size(watch.Bytes.Load()) }
	return &bars{all: mpb.New(options...), lines: []*bar{
		{name: "windows", total: &watch.Windows, done: &watch.WindowsDone, tail: read},
		{name: "files", total: &watch.Files, done: &watch.FilesDone, tail: stored},
	}}
}

// callCount is a number of calls; nothing where there are none, as in a run that only looks.
func callCount(n int64) string {
	if n == 0 {
		return ""
	}
	return count(n, "call")
}

// draw adds a line whose end is not known yet.
func (b *bar) draw(all *mpb.Progress) {
	style := mpb.BarStyle().Lbound(" ").Filler("━").Tip("━").Padding("─").Rbound(" ")
	b.drawn = all.New(0, style,
		mpb.PrependDecorators(decor.Name(b.name, decor.WCSyncSpaceR), decor.Any(counters, decor.WCSyncSpace)),
		mpb.AppendDecorators(decor.Elapsed(decor.ET_STYLE_MMSS, decor.WCSyncSpace), decor.Name("  "),
			decor.Any(func(decor.Statistics) string { return b.tail() })))
}

// counters are how many of how many.
func counters(s decor.Statistics) string {
	return humanize.Comma(s.Current) + "/" + humanize.Comma(s.Total)
}

// update moves the bars to where the run is.
func (b *bars) update() {
	for _, line := range b.lines {
		if line.drawn == nil && line.total.Load() > 0 {
			line.draw(b.all)
		}
		if line.drawn != nil {
			line.drawn.SetTotal(line.total.Load(), false)
			line.drawn.SetCurrent(line.done.Load())
		}
	}
}

// finish leaves the bars where they are, full or not.
func (b *bars) finish() {
	b.update()
	for _, line := range b.lines {
		if line.drawn != nil {
			line.drawn.Abort(false)
		}
	}
	b.all.Wait()
}
