package calls

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/go-audio/wav"
	"github.com/tcolgate/mp3"
)

// mp3Decoded is the playing time that an independent decoder finds.
func mp3Decoded(t *testing.T, r io.Reader) time.Duration {
	t.Helper()
	d := mp3.NewDecoder(bufio.NewReader(r))
	var total time.Duration
	for frames := 0; ; frames++ {
		var f mp3.Frame
		skipped := 0
		err := d.Decode(&f, &skipped)
		if errors.Is(err, io.EOF) {
			return total
		}
		if err != nil {
			t.Fatalf("frame %d: %v", frames, err)
		}
		if frames > 0 && skipped > 0 {
			t.Fatalf("frame %d: %d bytes are no frame", frames, skipped)
		}
		total += f.Duration()
	}
}

func wavDecoded(t *testing.T, r io.Reader) time.Duration {
	t.Helper()
	whole, err := io.ReadAll(r) // the decoder reads byte by byte
	if err != nil {
		t.Fatal(err)
	}
	d := wav.NewDecoder(bytes.NewReader(whole))
	if !d.IsValidFile() {
		t.Fatalf("no WAV: %v", d.Err())
	}
	pcm, err := d.FullPCMBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(len(pcm.Data)) * time.Second / time.Duration(d.SampleRate)
}

func TestMedia_PlaysAsLongAsTheTalk(t *testing.T) {
	const frame = 36 * time.Millisecond
	calls := World{App: "1400000000", Seed: 4, PerDay: 300, WAV: 0.02}.Day(day)
	played := map[Kind]int{}
	for _, c := range calls {
		for _, m := range c.Media() {
			var got time.Duration
			switch m.Type {
			case "audio/mpeg":
				got = mp3Decoded(t, m.Open())
			case "audio/wav":
				got = wavDecoded(t, m.Open())
			default:
				continue
			}
			if got < m.Length || got >= m.Length+frame {
				t.Errorf("%s %s plays %s, want %s and less than a frame more", m.Kind, m.Name, got, m.Length)
			}
			if m.Kind == Recording && m.Length != c.Talk() {
				t.Errorf("recording of session %s has %s, its talk %s", c.Session, m.Length, c.Talk())
			}
			played[m.Kind]++
		}
	}
	if played[Recording] < 100 || played[Participant] < 100 || played[Voicemail] == 0 {
		t.Errorf("played %v: too few", played)
	}
}

func TestMedia_EveryBitratePlays(t *testing.T) {
	for _, rate := range mp3Bitrates[1:] {
		c := Answered("1400000000", "s-1", day, 30*time.Second)
		c.Audio.Bitrate = rate
		f := c.Media()[0].Open()
		if got := mp3Decoded(t, f); got < 30*time.Second || got > 30*time.Second+mp3Length {
			t.Errorf("%d kbit/s plays %s, want 30s", rate, got)
		}
		if want := int64(rate) * 1000 / 8 * 30; f.Size() < want || f.Size() > want+want/50 {
			t.Errorf("%d kbit/s has %d bytes, want about %d", rate, f.Size(), want)
		}
	}
}

// TestMedia_IsOneFileHoweverItIsRead reads by odd pieces and from odd offsets.
func TestMedia_IsOneFileHoweverItIsRead(t *testing.T) {
	c := Answered("1400000000", "s-1", day, 9*time.Second)
	voicemail := &Call{
		Session: "s-2", Ended: day, Audio: Audio{WAV: true}, Messages: []Message{{"r-2", 3 * time.Second}},
	}
	for _, m := range append(c.Media(), voicemail.Media()...) {
		whole, err := io.ReadAll(m.Open())
		if err != nil {
			t.Fatal(err)
		}
		if err := iotest.TestReader(m.Open(), whole); err != nil {
			t.Errorf("%s: %v", m.Kind, err)
		}
	}
}

func TestMedia_NoTwoFilesAreAlike(t *testing.T) {
	seen := map[[32]byte]string{}
	names := map[string]bool{}
	for _, c := range (World{App: "1400000000", Seed: 6, PerDay: 300}).Day(day) {
		for _, m := range c.Media() {
			b, err := io.ReadAll(m.Open())
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(b)
			if other, ok := seen[sum]; ok {
				t.Errorf("%s and %s are alike", m.Name, other)
			}
			if names[m.Name] {
				t.Errorf("two files are named %s", m.Name)
			}
			seen[sum], names[m.Name] = m.Name, true
		}
	}
}

func TestTranscript_LiesWithinTheRecording(t *testing.T) {
	for _, length := range []time.Duration{time.Second, 7 * time.Second, 10 * time.Minute} {
		c := Answered("1400000000", fmt.Sprint(length), day, length)
		for _, m := range c.Media() {
			if m.Kind == ASR {
				checkTranscript(t, m)
			}
		}
	}
}

func checkTranscript(t *testing.T, m Media) {
	t.Helper()
	var got Transcript
	if err := json.NewDecoder(m.Open()).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if len(got.AsrDataList) == 0 {
		t.Fatal("nobody says anything")
	}
	last := int64(0)
	for _, s := range got.AsrDataList {
		if s.Start < last || s.End <= s.Start || s.End > m.Length.Milliseconds() || s.Message == "" {
			t.Errorf("sentence %+v does not fit into %s after %d ms", s, m.Length, last)
		}
		last = s.End
	}
}

// TestDay_OfTwoThousandCallsIsSmall holds the promise that the demo copies in seconds.
func TestDay_OfTwoThousandCallsIsSmall(t *testing.T) {
	var files, audio, total int64
	for _, c := range (World{App: "1400000000", Seed: 1}).Day(day) {
		for _, m := range c.Media() {
			files++
			total += m.Open().Size()
			if m.Kind == Recording {
				audio++
			}
		}
	}
	t.Logf("%d files, %d MB, %d calls recorded", files, total>>20, audio)
	if total > 150<<20 || total < 50<<20 {
		t.Errorf("a day has %d MB of media, want 50 to 150", total>>20)
	}
}

func BenchmarkMP3(b *testing.B) {
	c := Answered("1400000000", "s-1", day, 200*time.Second)
	m := c.Media()[0]
	b.SetBytes(m.Open().Size())
	for b.Loop() {
		if _, err := io.Copy(io.Discard, m.Open()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	c := Answered("1400000000", "s-1", day, 200*time.Second)
	var n int
	for b.Loop() {
		raw, err := c.Record(day, plainLink)
		if err != nil {
			b.Fatal(err)
		}
		n = len(bytes.TrimSpace(raw))
	}
	b.ReportMetric(float64(n), "bytes")
}
