package cli

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

func TestGauge_TellsHowItWentLately(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var watch archive.Progress
		g := &gauge{watch: &watch}
		watch.Windows.Store(4320)
		want := func(line string) {
			t.Helper()
			if got := g.line(); got != line {
				t.Errorf("at %d windows: %q, want %q", watch.WindowsDone.Load(), got, line)
			}
		}
		for second := range 600 { // ten quick minutes
			watch.WindowsDone.Store(int64(5 * second))
			g.look()
			time.Sleep(time.Second)
		}
		want("2,995 of 4,320 windows, 300 a minute, 4m25s left")
		watch.Calls.Store(54321)
		watch.Files.Store(2000)
		watch.FilesDone.Store(1990)
		watch.Bytes.Store(2_300_000_000)
		for range 120 { // two slow ones
			watch.WindowsDone.Add(1)
			g.look()
			g.look() // a second one at the same time counts for nothing
			time.Sleep(time.Second)
		}
		want("3,115 of 4,320 windows, 60 a minute, 20m5s left, 54,321 calls; 1,990 of 2,000 files, 2.3 GB")
		watch.Owed.Store(3)
		for range 2 { // and two in which nothing is done
			time.Sleep(time.Minute)
			g.look()
		}
		want("3,115 of 4,320 windows, 54,321 calls; 1,990 of 2,000 files, 2.3 GB, 3 owed")
	})
}

func TestPatiently_SaysThatItGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		stop := Program{Err: &said}.patiently("counting calls")
		time.Sleep(25 * time.Second)
		stop()
		if got, want := said.String(), "still counting calls\nstill counting calls\n"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// Where nothing moves any more, how long it took before foretells nothing.
func TestGauge_ForetellsNothingWhileNothingMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var watch archive.Progress
		g := &gauge{watch: &watch}
		watch.Windows.Store(100)
		for range 20 {
			g.look()
			watch.WindowsDone.Add(1)
			time.Sleep(time.Second)
		}
		g.look()
		if got, want := g.line(), "20 of 100 windows, 60 a minute, 1m20s left"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		for range 11 {
			time.Sleep(time.Second)
			g.look()
		}
		if got, want := g.line(), "20 of 100 windows, 38 a minute"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// A window that failed is done, but nobody should take it for archived.
func TestGauge_TellsOfFailures(t *testing.T) {
	var watch archive.Progress
	g := &gauge{watch: &watch}
	text := "backfill app 1400000000 window 2026-06-01T00:00:00+08:00: put media/dt=2026-06-01/a/recording.mp3: refused"
	watch.Windows.Store(60)
	watch.WindowsDone.Store(8)
	watch.WindowsFailed.Store(7)
	watch.LastError.Store(&text)
	if got, want := g.line(), "8 of 60 windows, 7 failed; last error: backfill app 1400000000 window 2026-06-01T00:00:00+08:00: put media/…: refused"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestGauge_NothingIsKnownAtFirst(t *testing.T) {
	var watch archive.Progress
	g := &gauge{watch: &watch}
	g.look()
	if got, want := g.line(), "still looking what there is to do"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	watch.Windows.Store(1)
	if got, want := g.line(), "0 of 1 window"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestShort_LeavesOutWhatNobodyReads(t *testing.T) {
	for d, want := range map[time.Duration]string{
		1400 * time.Millisecond:                 "1s",
		4*time.Minute + 25*time.Second:          "4m25s",
		2*time.Hour + 29*time.Second:            "2h0m",
		2*time.Hour + 10*time.Minute:            "2h10m",
		20*time.Hour + 31*time.Minute + 9:       "20h31m",
		59*time.Minute + 59500*time.Millisecond: "1h0m0s",
	} {
		if got := short(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// Where there is no terminal a line comes every ten seconds, and none after the end.
func TestAccompany_WritesALineNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var remarks bytes.Buffer
		var watch archive.Progress
		watch.Windows.Store(60)
		_, stop := Program{Err: &remarks}.accompany(&watch)
		for range 25 {
			time.Sleep(time.Second)
			synctest.Wait()
			watch.WindowsDone.Add(1)
		}
		stop()
		time.Sleep(time.Minute)
		want := "9 of 60 windows, 54 a minute, 57s left\n19 of 60 windows, 57 a minute, 43s left\n"
		if got := remarks.String(); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

// Remarks come from other goroutines than the lines, and each is whole. It is for the race detector.
func TestAccompany_RemarksAndLinesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		remarks, stop := Program{Err: &said}.accompany(new(archive.Progress))
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				time.Sleep(report)
				io.WriteString(remarks, "share 1/8 has 7 windows left: sent again\n") // not by fmt, whose pool would put them in order
			})
		}
		all.Wait()
		time.Sleep(time.Second)
		stop()
		lines := strings.Split(strings.TrimSuffix(said.String(), "\n"), "\n")
		slices.Sort(lines)
		want := append(slices.Repeat([]string{"share 1/8 has 7 windows left: sent again"}, 5), "still looking what there is to do")
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestAttend_SaysThatItStops(t *testing.T) {
	for _, interrupted := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var said bytes.Buffer
			stop := Program{Err: &said}.attend(ctx)(new(archive.Progress))
			want := ""
			if interrupted {
				cancel()
				want = "stopping: what was begun is being committed; Ctrl-C once more ends at once\n"
			}
			stop()
			if got := said.String(); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}
