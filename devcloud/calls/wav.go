package calls

import (
	"encoding/binary"
	"io"
	"time"
)

// A WAV of telephone quality: PCM, mono, 8 kHz, 8 bits.
const (
	wavRate  = 8000
	wavFrame = 80 // samples, 10 ms
)

// wavTape is a recording of a length: a hum under noise, so that no two files are alike.
func wavTape(record string, length time.Duration) *io.SectionReader {
	seed := hash(record)
	t := &tape{size: wavFrame, frames: int64(length * wavRate / wavFrame / time.Second)}
	t.head = wavHead(uint32(t.frames * wavFrame))
	t.fill = func(frame []byte, n int64) {
		noise(frame, seed, uint64(n))
		for i := range frame {
			hum := byte(i/(10+int(seed%5))%2) * 32 // a square wave of 300 to 400 Hz
			frame[i] = 112 + frame[i]>>4 + hum
		}
	}
	return t.reader()
}

func wavHead(data uint32) []byte {
	b := []byte("RIFF")
	b = binary.LittleEndian.AppendUint32(b, 36+data)
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1) // PCM
	b = binary.LittleEndian.AppendUint16(b, 1) // mono
	b = binary.LittleEndian.AppendUint32(b, wavRate)
	b = binary.LittleEndian.AppendUint32(b, wavRate) // bytes a second
	b = binary.LittleEndian.AppendUint16(b, 1)       // bytes a sample
	b = binary.LittleEndian.AppendUint16(b, 8)       // bits a sample
	b = append(b, "data"...)
	return binary.LittleEndian.AppendUint32(b, data)
}
