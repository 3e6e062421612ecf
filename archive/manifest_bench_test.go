package archive

import (
	"fmt"
	"io"
	"testing"
	"time"

	"cdrvault/cdr"
)

// largeBooks is how many files the window of these benchmarks has: some 100,000 calls with a recording and a transcript each.
const largeBooks = 200_000

// largeIndex is the media index of a window with very many files, all owed or all archived.
func largeIndex(status Status) index {
	x := index{}
	for i := range largeBooks {
		key := fmt.Sprintf("lake/media/sdk_app_id=1400000000/dt=2026-11-22/hour=05/%032d/recording.mp3", i)
		f := File{SessionID: fmt.Sprintf("%032d", i), Time: 1795244400 + int64(i/60), Kind: cdr.Recording, Key: key, Status: status, SourceHost: "media.example.com"}
		if seconds := float64(i) / 7; status.stored() {
			f.Bytes, f.CRC64, f.SHA256 = int64(i), fmt.Sprintf("%020d", i), fmt.Sprintf("%064d", i)
			f.ContentType, f.Seconds = "audio/mpeg", &seconds
		}
		x[key] = f
	}
	return x
}

// largeManifest is the manifest of a window with very many files, made after was.
func largeManifest(was *past, files index) *Manifest {
	now := time.Date(2026, 11, 22, 6, 5, 0, 0, time.UTC)
	grid := Grid{Zone: time.FixedZone("UTC+8", 8*60*60), Length: time.Hour}
	w := grid.At(now.Add(-time.Hour))
	r := &run{Archiver: &Archiver{Options: Options{Grid: grid}}, Request: Request{ID: "request", Now: now}}
	return r.manifest(Task{App: "1400000000", Window: w}, was, finding{reading: &reading{rows: &rowSet{}}, files: files}, largeBooks)
}

// The books of a window with very many files: what it costs to make them after the last commit, to write them, to read them,
// and to find that they say the same.
func BenchmarkManifest(b *testing.B) {
	for _, status := range []Status{Archived, Pending} {
		files := largeIndex(status)
		m := largeManifest(&past{}, files)
		sealed, err := encoded(m)
		if err != nil {
			b.Fatal(err)
		}
		grid := Grid{Zone: time.FixedZone("UTC+8", 8*60*60), Length: time.Hour}
		from, _ := time.Parse(time.RFC3339, m.From)
		decode := func() *Manifest {
			m, err := decodeManifest(sealed, m.App, grid.At(from), grid)
			if err != nil {
				b.Fatal(err)
			}
			return m
		}
		last := decode()
		for _, part := range []struct {
			name string
			do   func()
		}{
			{"make", func() { largeManifest(&past{onFile: onFile{manifest: last}}, files) }},
			{"encode", func() { err = m.encode(io.Discard) }},
			{"decode", func() { decode() }},
			{"same", func() {
				if !m.same(last) {
					b.Fatal("it says something else")
				}
			}},
		} {
			b.Run(string(status)+"/"+part.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					part.do()
				}
			})
		}
	}
}
