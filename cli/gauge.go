package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"cdrvault/archive"
)

const (
	// report is how often a long run tells of itself where there is no terminal to draw on: a log of hours stays readable.
	report = 10 * time.Second
	// memory is how far back a gauge looks: busy hours take longer than nights, so what counts is how it went lately.
	memory = time.Minute
)

// accompany is follow for a run that may take long: it tells how fast it goes and how long it will take, and where there is no
// terminal it writes a line now and then. Lines to remarks stand above the bars; any goroutine may write them until stop is called.
func (p Program) accompany(watch *archive.Progress) (remarks io.Writer, stop func()) {
	g := &gauge{watch: watch}
	g.look()
	if !isTerminal(p.Err) {
		lines := &inTurn{to: p.Err}
		say := func() {
			g.look()
			fmt.Fprintln(lines, g.line())
		}
		return lines, every(report, say, func() {})
	}
	b := newBars(p.Err, watch)
	b.lines[0].tail, b.lines[1].tail = g.speed, g.weight
	var told time.Time // when an error was
	draw := func() {
		g.look()
		if text := g.trouble(); text != "" && time.Since(told) > report {
			told = time.Now()
			fmt.Fprintln(b.all, text)
		}
		b.update()
	}
	return b.all, every(redraw, draw, b.finish)
}

// attend is accompany for a run that commits what it has in flight when ctx ends: it says so.
func (p Program) attend(ctx context.Context) func(watch *archive.Progress) (stop func()) {
	return func(watch *archive.Progress) (stop func()) {
		remarks, end := p.accompany(watch)
		said := make(chan struct{})
		unhook := context.AfterFunc(ctx, func() {
			defer close(said)
			fmt.Fprintln(remarks, "stopping: what was begun is being committed; Ctrl-C once more ends at once")
		})
		return func() {
			if !unhook() {
				<-said
			}
			end()
		}
	}
}

// inTurn lets goroutines write one after the other.
type inTurn struct {
	mu sync.Mutex
	to io.Writer
}

func (w *inTurn) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(line)
}

// gauge reads the speed of a run off its progress. It is safe for concurrent use: bars are drawn by a goroutine of their own.
type gauge struct {
	watch *archive.Progress
	mu    sync.Mutex
	seen  []sighting // the oldest first, a second apart at least
}

// sighting is how many windows were done at some time.
type sighting struct {
	at   time.Time
	done int64
}

// look takes note of where the run is now.
func (g *gauge) look() {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := sighting{time.Now(), g.watch.WindowsDone.Load()}
	if n := len(g.seen); n > 0 && now.at.Sub(g.seen[n-1].at) < time.Second {
		return
	}
	g.seen = append(g.seen, now)
	for now.at.Sub(g.seen[0].at) > memory {
		g.seen = g.seen[1:]
	}
}

// perMinute is how many windows were done in a minute lately; 0: nobody knows yet.
func (g *gauge) perMinute() float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.seen) < 2 {
		return 0
	}
	first, last := g.seen[0], g.seen[len(g.seen)-1]
	return float64(last.done-first.done) / last.at.Sub(first.at).Minutes()
}

// stalled tells whether nothing was done for much longer than a window takes at that speed.
func (g *gauge) stalled(perMinute float64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	last := g.seen[len(g.seen)-1]
	i := slices.IndexFunc(g.seen, func(s sighting) bool { return s.done == last.done })
	return last.at.Sub(g.seen[i].at) > max(report, time.Duration(3/perMinute*float64(time.Minute)))
}

// left is how long the run will take at that speed; 0: nobody knows.
func (g *gauge) left() time.Duration {
	rate, todo := g.perMinute(), g.watch.Windows.Load()-g.watch.WindowsDone.Load()
	if rate == 0 || todo <= 0 || g.stalled(rate) {
		return 0
	}
	return time.Duration(float64(todo) / rate * float64(time.Minute)).Round(time.Second)
}

// speed is what stands beside the windows.
func (g *gauge) speed() string {
	var rate, left string
	if r := g.perMinute(); r > 0 {
		rate = humanize.CommafWithDigits(r, digits(r)) + " a minute"
	}
	if l := g.left(); l > 0 {
		left = short(l) + " left"
	}
	return joined(tally(int(g.watch.WindowsFailed.Load()), "failed"), rate, left, callCount(g.watch.Calls.Load()))
}

// trouble is the last error of a window that failed, without its keys: what a line has room for is the cause. Empty: none did.
func (g *gauge) trouble() string {
	if text := g.watch.LastError.Load(); text != nil {
		return "last error: " + oneLine(errors.New(causeOf(*text)))
	}
	return ""
}

// weight is what stands beside the files.
func (g *gauge) weight() string {
	return joined(size(g.watch.Bytes.Load()), tally(int(g.watch.Owed.Load()), "owed"))
}

// line is all of it.
func (g *gauge) line() string {
	w := g.watch
	if w.Windows.Load() == 0 {
		return "still looking what there is to do"
	}
	line := joined(fmt.Sprintf("%s of %s", humanize.Comma(w.WindowsDone.Load()), count(w.Windows.Load(), "window")), g.speed())
	if files := w.Files.Load(); files > 0 {
		line += fmt.Sprintf("; %s of %s, %s", humanize.Comma(w.FilesDone.Load()), count(files, "file"), g.weight())
	}
	if text := g.trouble(); text != "" {
		line += "; " + text
	}
	return line
}

// digits are those behind the point that tell something of a number.
func digits(f float64) int {
	if f < 10 {
		return 1
	}
	return 0
}

// short is a duration without fractions of a second, and without seconds where there are hours.
func short(d time.Duration) string {
	if d >= time.Hour {
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
	return d.Round(time.Second).String()
}
