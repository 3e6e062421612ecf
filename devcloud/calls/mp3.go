package calls

import (
	"encoding/binary"
	"io"
	"slices"
	"time"
)

// An MP3 of MPEG-2 layer III, mono, 16 kHz: 576 samples to a frame. No encoder is needed: a frame holds silence or one
// spectral line, and after it bytes that decoders skip, made from the record's id so that no two files are alike.
const (
	mp3Rate   = 16_000
	mp3Frame  = 576
	mp3Length = mp3Frame * time.Second / mp3Rate // 36 ms
	mp3Turn   = 28                               // frames, about a second, before another speaks
)

var mp3Bitrates = []int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}

// mp3Tape is a recording of a length, at one of the bitrates of mp3Bitrates in kbit/s; another is taken as the lowest.
func mp3Tape(record string, length time.Duration, bitrate int) *io.SectionReader {
	index := max(1, slices.Index(mp3Bitrates, bitrate))
	seed := hash(record)
	voices := [...][]byte{
		mp3Sound(index, 18+int(seed%12)),    // the customer, 250 to 420 Hz
		mp3Sound(index, 34+int(seed>>8%12)), // the seat, 470 to 630 Hz
		mp3Sound(index, 0),                  // nobody
	}
	t := &tape{
		head:   id3(record),
		size:   mp3Frame / 8 * mp3Bitrates[index] * 1000 / mp3Rate,
		frames: int64((length + mp3Length - 1) / mp3Length),
	}
	t.fill = func(frame []byte, n int64) {
		k := copy(frame, voices[n/mp3Turn%int64(len(voices))])
		noise(frame[k:], seed, uint64(n))
	}
	return t.reader()
}

// mp3Sound is the begin of a frame: its header, its side information and one spectral line, of which there are 576
// from 0 to 8 kHz; line 0 stands for silence.
func mp3Sound(bitrateIndex, line int) []byte {
	var data, w bits
	pairs := 0
	if line > 0 {
		pairs = line/2 + 1
		for range pairs - 1 {
			data.add(1, 1) // code table 1: the pair (0, 0)
		}
		if line%2 == 0 {
			data.add(0b01_0, 3) // (1, 0), and its sign
		} else {
			data.add(0b001_0, 4) // (0, 1), and its sign
		}
	}
	w.add(0xfff3, 16) // sync, MPEG-2, layer III, no CRC
	w.add(bitrateIndex, 4)
	w.add(0b10_0_0, 4)     // 16 kHz, no padding
	w.add(0b11_00_0000, 8) // mono
	w.add(0, 8+1)          // the frame's data follow at once; private bit
	w.add(data.n, 12)
	w.add(pairs, 9)
	w.add(200, 8)            // gain
	w.add(0, 9+1)            // no scale factors, long window
	w.add(0b00001_00001, 10) // code table 1
	w.add(0b00001_0111_111, 12)
	w.add(0, 2)
	w.append(data)
	return w.bytes
}

// id3 is an ID3v2.3 tag with the record's id as the title. Its length is even: decoders that look for the first frame
// two bytes at a time find it.
func id3(record string) []byte {
	if len(record)%2 == 0 {
		record += " "
	}
	tag := append([]byte("ID3\x03\x00\x00\x00\x00"), byte((len(record)+11)>>7&0x7f), byte((len(record)+11)&0x7f))
	tag = append(tag, "TIT2"...)
	tag = binary.BigEndian.AppendUint32(tag, uint32(len(record)+1))
	tag = append(tag, 0, 0, 0) // no flags; ISO 8859-1
	return append(tag, record...)
}

// bits writes numbers of some bits one after another, the highest bit first.
type bits struct {
	bytes []byte
	n     int
}

func (b *bits) add(value, width int) {
	for i := width - 1; i >= 0; i-- {
		if b.n%8 == 0 {
			b.bytes = append(b.bytes, 0)
		}
		b.bytes[b.n/8] |= byte(value>>i&1) << (7 - b.n%8)
		b.n++
	}
}

func (b *bits) append(more bits) {
	for i := range more.n {
		b.add(int(more.bytes[i/8]>>(7-i%8))&1, 1)
	}
}
