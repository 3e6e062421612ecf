package archive

import (
	"bytes"

	"github.com/go-audio/wav"
	"github.com/tcolgate/mp3"
)

// How long a recording plays, as far as the first bytes and the length of a file tell.

// mp3Seconds reckons the playing time from the bit rate of the first frames. nil: the head does not begin with frames that follow
// each other, or their rate changes.
func mp3Seconds(head []byte, size int64) (seconds *float64) {
	defer func() {
		if recover() != nil { // the decoder reads untrusted bytes
			seconds = nil
		}
	}()
	tag := id3Size(head)
	switch {
	case tag+smallestFrame > size:
		return new(float64) // a tag and nothing behind it
	case tag >= int64(len(head)):
		return nil
	}
	rate := firstRate(head[tag:])
	if rate <= 0 {
		return nil
	}
	s := float64(size-tag) * 8 / float64(rate)
	return &s
}

// firstRate is the bit rate of the frames at the start of b; 0 where there are no two alike right behind each other, since two
// bytes that look like a frame are soon found in anything.
func firstRate(b []byte) mp3.FrameBitRate {
	var (
		frames  = mp3.NewDecoder(bytes.NewReader(b))
		frame   mp3.Frame
		skipped int
		rate    mp3.FrameBitRate
		n       int
	)
	for ; frames.Decode(&frame, &skipped) == nil; n++ {
		if skipped > 0 || n > 0 && frame.Header().BitRate() != rate {
			return 0
		}
		rate = frame.Header().BitRate()
	}
	if n < 2 {
		return 0
	}
	return rate
}

// smallestFrame is the length of the shortest layer III frame, in bytes: 8 kbit/s at 24 kHz.
const smallestFrame = 24

// id3Size is the length of the ID3v2 tag in front of the frames: ten bytes and a size of four times seven bits. 0: none, or none
// that can be one.
func id3Size(head []byte) int64 {
	if len(head) < 10 || !bytes.HasPrefix(head, []byte("ID3")) || head[3] < 2 || head[3] > 4 {
		return 0
	}
	size := int64(10)
	for i, b := range head[6:10] {
		if b > 0x7f {
			return 0
		}
		size += int64(b) << (7 * (3 - i))
	}
	return size
}

// wavSeconds reads the playing time from the header, and believes it as far as there are bytes to play; nil where the
// header does not tell.
func wavSeconds(head []byte, size int64) (seconds *float64) {
	defer func() {
		if recover() != nil {
			seconds = nil
		}
	}()
	d := wav.NewDecoder(bytes.NewReader(head))
	if d.FwdToPCM(); d.AvgBytesPerSec == 0 {
		return nil
	}
	sound := size - wavHeader
	if told := d.PCMLen(); told > 0 {
		sound = min(sound, told) // a stream's header says 0, or more than there is
	}
	s := max(float64(sound), 0) / float64(d.AvgBytesPerSec)
	return &s
}

// wavHeader is the length of the shortest WAV header, in bytes.
const wavHeader = 44
