package cdr

import (
	"os"
	"testing"
)

// A record of 400 bytes, and one with every field of the document.
var samples = []string{"inbound", "document"}

func BenchmarkNormalize(b *testing.B) {
	for _, name := range samples {
		raw := sample(b, name)
		n := normalizer()
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := n.Normalize(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkHead(b *testing.B) {
	for _, name := range samples {
		line := normalize(b, normalizer(), string(sample(b, name))).Line
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				Head(line)
			}
		})
	}
}

func BenchmarkIdentity(b *testing.B) {
	for _, name := range samples {
		raw := sample(b, name)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				Identity(raw)
			}
		})
	}
}

func BenchmarkMerge(b *testing.B) {
	for _, name := range samples {
		line := normalize(b, normalizer(), string(sample(b, name))).Line
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := Merge(line, line); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func sample(tb testing.TB, name string) []byte {
	tb.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}
