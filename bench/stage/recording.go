package stage

import (
	"bytes"
	"hash/crc64"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

var ecma = crc64.MakeTable(crc64.ECMA)

// frameHeader begins a layer III frame of 32 kbit/s at 16 kHz, frameSize bytes long: what a telephone call is recorded in.
var frameHeader = []byte{0xff, 0xf3, 0x48, 0xc4}

const frameSize = 144

// tape is the sound that every recording is a beginning of: frames of noise, always the same.
var tape = sync.OnceValue(func() []byte {
	noise := rand.NewChaCha8([32]byte{})
	b := make([]byte, longest)
	noise.Read(b)
	for i := range b {
		b[i] &= 0x7f // no sync word inside a frame
	}
	for i := 0; i+frameSize <= len(b); i += frameSize {
		copy(b[i:], frameHeader)
	}
	return b
})

// longest is the size of the longest recording, in bytes.
const longest = 48 << 20

// recording is the sound of n bytes.
func recording(n int64) []byte { return tape()[:n] }

var (
	sumsMu sync.Mutex
	sums   = map[int64]uint64{}
)

// recordingCRC is the CRC64 of a recording of n bytes, worked out once.
func recordingCRC(n int64) uint64 {
	sumsMu.Lock()
	defer sumsMu.Unlock()
	sum, known := sums[n]
	if !known {
		sum = crc64.Checksum(recording(n), ecma)
		sums[n] = sum
	}
	return sum
}

// studio is the host of the recordings.
type studio struct{ stage *Stage }

func (s studio) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	scene := s.stage.current()
	number := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/recordings/"), ".mp3")
	if _, err := strconv.Atoi(number); err != nil || scene.Bytes == 0 {
		http.NotFound(w, r)
		return
	}
	s.stage.count(func(c *Counts) { c.Downloads++ })
	time.Sleep(scene.MediaDelay)
	sound := recording(scene.Bytes)
	h := w.Header()
	h.Set("Content-Type", "audio/mpeg")
	h.Set("Content-Length", strconv.FormatInt(scene.Bytes, 10))
	if scene.Flaky && number == "0" && scene.cut.CompareAndSwap(false, true) {
		w.Write(sound[:len(sound)/2])
		panic(http.ErrAbortHandler)
	}
	w.Write(sound)
}

// judge takes the bytes of a body as they come and works out their CRC64: where they are a recording's it is known already.
type judge struct {
	digest bool // work it out all the same
	size   int64
	other  bool   // the bytes are no recording
	sum    uint64 // of the bytes, where it is worked out
}

func (j *judge) Write(p []byte) (int, error) {
	from, to := j.size, j.size+int64(len(p))
	j.size = to
	if !j.other && (to > longest || !bytes.Equal(tape()[from:to], p)) {
		j.other = true
		if !j.digest {
			j.sum = crc64.Checksum(tape()[:min(from, longest)], ecma)
		}
	}
	if j.other || j.digest {
		j.sum = crc64.Update(j.sum, ecma, p)
	}
	return len(p), nil
}

func (j *judge) crc() uint64 {
	if j.other || j.digest {
		return j.sum
	}
	return recordingCRC(j.size)
}
