package crc64_test

import (
	std "hash/crc64"
	"math/rand/v2"
	"testing"

	"cdrvault/crc64"
)

var table = std.MakeTable(std.ECMA)

// noise is n bytes of no form, the same each time.
func noise(n int) []byte {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(p)
	return p
}

// The catalogue's check value of CRC-64/XZ.
func TestChecksum_KnownSum(t *testing.T) {
	if got, want := crc64.Checksum([]byte("123456789")), uint64(0x995dc9bbdf1939fa); got != want {
		t.Errorf("got %x, want %x", got, want)
	}
}

// The sums are those of the standard library at every length around the steps of folding, at every alignment and from any
// state.
func TestUpdate_AgreesWithTheStandardLibrary(t *testing.T) {
	p := noise(1 << 11)
	states := rand.New(rand.NewPCG(1, 2))
	for from := range 17 {
		for n := 0; n <= 1400; n++ {
			state, part := states.Uint64(), p[from:from+n]
			if got, want := crc64.Update(state, part), std.Update(state, table, part); got != want {
				t.Fatalf("%d bytes from %d: got %x, want %x", n, from, got, want)
			}
		}
	}
}

// A single bit anywhere in a text is seen, and stands where it stands: no two of them have the same sum.
func TestChecksum_SeesEveryBit(t *testing.T) {
	p, seen := make([]byte, 1000), map[uint64]int{}
	for bit := range 8 * len(p) {
		p[bit/8] ^= 1 << (bit % 8)
		sum := crc64.Checksum(p)
		p[bit/8] = 0
		if other, ok := seen[sum]; ok {
			t.Fatalf("bits %d and %d have the sum %x", other, bit, sum)
		}
		seen[sum] = bit
	}
}

// What lies around a text is not read into its sum.
func TestChecksum_KeepsToItsText(t *testing.T) {
	p := noise(1024 + 2*64)
	part := p[64 : 64+1024]
	want := crc64.Checksum(part)
	clear(p[:64])
	clear(p[64+1024:])
	if got := crc64.Checksum(part); got != want {
		t.Errorf("got %x, want %x", got, want)
	}
}

func FuzzUpdate(f *testing.F) {
	f.Add(uint64(0), []byte{}, 0)
	f.Add(^uint64(0), make([]byte, 4096), 700)
	f.Fuzz(func(t *testing.T, state uint64, p []byte, cut int) {
		want := std.Update(state, table, p)
		if got := crc64.Update(state, p); got != want {
			t.Fatalf("%d bytes: got %x, want %x", len(p), got, want)
		}
		if cut < 0 || cut > len(p) {
			return
		}
		if got := crc64.Update(crc64.Update(state, p[:cut]), p[cut:]); got != want {
			t.Fatalf("%d bytes in two, the first of %d: got %x, want %x", len(p), cut, got, want)
		}
	})
}

func BenchmarkChecksum(b *testing.B) {
	p := noise(64 << 10)
	sums := map[string]func(){
		"ours":             func() { crc64.Checksum(p) },
		"standard library": func() { std.Checksum(p, table) },
	}
	for name, sum := range sums {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				sum()
			}
		})
	}
}
