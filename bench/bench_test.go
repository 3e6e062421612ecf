package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"cdrvault/bench/stage"
)

// inOneProcess is a short lab whose servers run in the test itself.
func inOneProcess(tb testing.TB) *lab {
	tb.Helper()
	s, err := stage.Open()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	return &lab{at: s.Addresses, short: true}
}

// Every file arrives byte for byte, by the pipe and by the archive, with a bucket that compares and with one that digests.
func TestCompare_CopiesEveryByte(t *testing.T) {
	l := inOneProcess(t)
	for _, digest := range []bool{false, true} {
		got, err := l.compare(t.Context(), copies{files: 12, bytes: 2 * mb, inFlight: 4, rounds: 2, digest: digest})
		if err != nil {
			t.Fatal(err)
		}
		if got.Ratio <= 0 || got.Archive.FilesPerSecond <= 0 || got.Pipe.PeakMB < 0 {
			t.Errorf("digest %v: odd figures %+v", digest, got)
		}
	}
}

// A bucket that did not take all the bytes of a comparison makes it an error, not a fast one.
func TestArrived_BytesAreMissing(t *testing.T) {
	l := inOneProcess(t)
	c := copies{files: 2, bytes: 20 * kb, inFlight: 1}
	if _, err := l.byPipe(t.Context(), c, false); err != nil {
		t.Fatal(err)
	}
	c.files++
	if _, err := l.arrived(c); err == nil {
		t.Error("a file that was never sent was not missed")
	}
}

// What is counted and not timed is the same on every machine: one request for a file, three for a commit, one download more
// than files where one is cut.
func TestParts_CountsReachTheirTargets(t *testing.T) {
	l := inOneProcess(t)
	for _, name := range []string{"economy", "flaky"} {
		r, err := measurePart(t.Context(), l, name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, f := range r.Figures {
			if !f.reached() {
				t.Errorf("%s: %s is %v", name, f.Name, f.Value)
			}
		}
	}
}

func TestParts_Run(t *testing.T) {
	l := inOneProcess(t)
	for _, name := range []string{"rows", "window", "quiet"} {
		r, err := measurePart(t.Context(), l, name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, f := range r.Figures {
			if f.Value <= 0 || f.hasTarget() {
				t.Errorf("%s: odd figure %+v", name, f)
			}
		}
	}
	if _, err := measurePart(t.Context(), l, "nothing"); err == nil {
		t.Error("a part that does not exist was measured")
	}
}

func TestFigure_Reached(t *testing.T) {
	for _, c := range []struct {
		f    Figure
		want bool
	}{
		{Figure{Value: 7}.atMost(7), true},
		{Figure{Value: 7.1}.atMost(7), false},
		{Figure{Value: 0.65}.atLeast(0.65), true},
		{Figure{Value: 0.64}.atLeast(0.65), false},
		{Figure{Value: 1}, true},
	} {
		if got := c.f.reached(); got != c.want {
			t.Errorf("%+v: got %v, want %v", c.f, got, c.want)
		}
	}
}

// The report says of each target whether it was reached, and its JSON gives back what was measured.
func TestReport_PrintsAndKeeps(t *testing.T) {
	r := &Report{Began: time.Unix(0, 0).UTC(), Copies: []Copy{{Files: 3, Bytes: 200 * kb, InFlight: 16, Ratio: 0.5}},
		Figures: []Figure{Figure{Part: "flaky", Name: "downloads", Value: 8}.atMost(7)}}
	var out bytes.Buffer
	r.print(&out)
	for _, want := range []string{"200 KB", "0.50", "≤ 7", "not reached"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if got := back.Figures[0]; got.reached() || got.Value != 8 {
		t.Errorf("got %+v", got)
	}
}

func TestMedian(t *testing.T) {
	if got := median([]float64{3, 1, 2}); got != 2 {
		t.Errorf("got %v, want 2", got)
	}
	if got := median([]float64{4, 1, 2, 3}); got != 2.5 {
		t.Errorf("got %v, want 2.5", got)
	}
}

// BenchmarkCopy copies over HTTP; the servers share the process, so that allocations are theirs too.
func BenchmarkCopy(b *testing.B) {
	for _, c := range []copies{{files: 200, bytes: 200 * kb, inFlight: 16}, {files: 8, bytes: 20 * mb, inFlight: 16}} {
		l := inOneProcess(b)
		for name, copyAll := range map[string]func() error{
			"pipe":    func() error { _, err := l.byPipe(b.Context(), c, false); return err },
			"archive": func() error { _, err := l.byArchive(b.Context(), c); return err },
		} {
			b.Run(fmt.Sprintf("%s/%s", size(c.bytes), name), func(b *testing.B) {
				b.SetBytes(int64(c.files) * c.bytes)
				for b.Loop() {
					if err := copyAll(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkRows is a whole run without a network.
func BenchmarkRows(b *testing.B) {
	l := &lab{short: true}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rows(b.Context(), l); err != nil {
			b.Fatal(err)
		}
	}
}
