package cli

import (
	"io"
	"os"
	"time"

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
	done, drawn := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(drawn)
		tick := time.NewTicker(redraw)
		defer tick.Stop()
		for {
			b.update()
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-drawn
		b.finish()
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && cwriter.IsTerminal(int(f.Fd()))
}

// bars are the progress of one run: its windows, and the files that were found in them so far.
type bars struct {
	watch          *archive.Progress
	all            *mpb.Progress
	windows, files *mpb.Bar
}

// newBars draws on w. Without an option that says so, it does nothing where w is no terminal.
func newBars(w io.Writer, watch *archive.Progress, more ...mpb.ContainerOption) *bars {
	options := append(more, mpb.WithOutput(w), mpb.WithWidth(60), mpb.WithRefreshRate(redraw))
	b := &bars{watch: watch, all: mpb.New(options...)}
	b.windows = b.add("windows", decor.Any(func(decor.Statistics) string { return count(watch.Calls.Load(), "call") }))
	b.files = b.add("files", decor.Any(func(decor.Statistics) string { return size(watch.Bytes.Load()) }))
	return b
}

// add makes a bar whose end is not known yet.
func (b *bars) add(name string, tail decor.Decorator) *mpb.Bar {
	style := mpb.BarStyle().Lbound(" ").Filler("━").Tip("━").Padding("─").Rbound(" ")
	return b.all.New(0, style,
		mpb.PrependDecorators(decor.Name(name, decor.WCSyncSpaceR), decor.CountersNoUnit("%d/%d", decor.WCSyncSpace)),
		mpb.AppendDecorators(decor.Elapsed(decor.ET_STYLE_MMSS, decor.WCSyncSpace), decor.Name("  "), tail))
}

// update moves the bars to where the run is.
func (b *bars) update() {
	b.windows.SetTotal(b.watch.Windows.Load(), false)
	b.windows.SetCurrent(b.watch.WindowsDone.Load())
	b.files.SetTotal(b.watch.Files.Load(), false)
	b.files.SetCurrent(b.watch.FilesDone.Load())
}

// finish leaves the bars where they are, full or not.
func (b *bars) finish() {
	b.update()
	b.windows.Abort(false)
	b.files.Abort(false)
	b.all.Wait()
}
