package calls

import "io"

// tape is a file that is computed where it is read: a head, then frames of one size.
type tape struct {
	head   []byte
	size   int // bytes of a frame
	frames int64
	fill   func(frame []byte, n int64) // writes all of the n-th frame
}

// reader reads the tape from its beginning.
func (t *tape) reader() *io.SectionReader {
	return io.NewSectionReader(t, 0, int64(len(t.head))+t.frames*int64(t.size))
}

// ReadAt implements io.ReaderAt. The section reader above it never asks for a byte beyond the end.
func (t *tape) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	if off < int64(len(t.head)) {
		n = copy(p, t.head[off:])
	}
	frame := make([]byte, t.size)
	for n < len(p) {
		at := off + int64(n) - int64(len(t.head))
		t.fill(frame, at/int64(t.size))
		n += copy(p[n:], frame[at%int64(t.size):])
	}
	return n, nil
}

// noise writes bytes that follow from the seed and n alone. None has its top bit set, so that none looks like the
// begin of an MP3 frame.
func noise(p []byte, seed, n uint64) {
	x := seed ^ n*0x9e3779b97f4a7c15
	for i := range p {
		if i%8 == 0 {
			x = mix(x + 0x9e3779b97f4a7c15)
		}
		p[i] = byte(x>>(i%8*8)) & 0x7f
	}
}

// mix is the finisher of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
