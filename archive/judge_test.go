package archive_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"cdrvault/archive"
	"cdrvault/cdr"
)

// wave is a WAV file of 8,000 Hz, 16 bit, with n seconds of samples, whose header says that there are told.
func wave(n, told int) []byte {
	var b bytes.Buffer
	b.WriteString("RIFF")
	binary.Write(&b, binary.LittleEndian, uint32(36+told*16000))
	b.WriteString("WAVEfmt ")
	binary.Write(&b, binary.LittleEndian, []uint32{16, 1 | 1<<16, 8000, 16000, 2 | 16<<16})
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, uint32(told*16000))
	b.Write(make([]byte, n*16000))
	return b.Bytes()
}

// tagged puts an ID3 tag of n bytes in front of a file.
func tagged(n int, file []byte) []byte {
	tag := []byte{'I', 'D', '3', 4, 0, 0, byte(n >> 21 & 127), byte(n >> 14 & 127), byte(n >> 7 & 127), byte(n & 127)}
	return append(append(tag, make([]byte, n)...), file...)
}

// seconds of an MP3 as the tests make it: 417 bytes at 128 kbit/s are 26 ms.
func minutes(n int) []byte { return song(n*60*1000/26, 1) }

const (
	good    = ""        // archived
	suspect = "suspect" // kept under reserve
	never   = "never"   // not stored
)

func TestJudge_Audio(t *testing.T) {
	tests := []struct {
		name     string
		file     []byte
		declared string
		talk     int64
		want     string
		mime     string
	}{
		{"MP3", minutes(1), "audio/mpeg", 60, good, "audio/mpeg"},
		{"MP3 with a tag", tagged(500, minutes(1)), "", 60, good, "audio/mpeg"},
		{"MP3 with a long tag", tagged(20000, minutes(5)), "", 300, good, "audio/mpeg"},
		{"MP3 of a second for a short call", song(40, 1), "", 5, good, "audio/mpeg"},
		{"MP3 of a second for a long call", song(40, 1), "", 300, suspect, "audio/mpeg"},
		{"tag alone for a long call", tagged(200, nil), "", 300, suspect, "audio/mpeg"},
		{"long tag alone for a long call", tagged(9000, nil), "", 300, suspect, "audio/mpeg"},
		{"noise behind an ID3 mark", append([]byte("ID3"), noise(50_000)...), "audio/mpeg", 300, good, "audio/mpeg"},
		{"noise behind a frame's header", append([]byte{0xff, 0xfb, 0x90, 0x00}, noise(50_000)...), "audio/mpeg", 3000, good, "audio/mpeg"},
		{"WAV", wave(60, 60), "audio/x-wav", 60, good, "audio/wav"},
		{"WAV header alone for a long call", wave(0, 0), "", 300, suspect, "audio/wav"},
		{"WAV header that lies", wave(0, 300), "", 300, suspect, "audio/wav"},
		{"WAV that was streamed", withStreamLength(wave(300, 0)), "", 300, good, "audio/wav"},
		{"AMR", []byte("#!AMR\n" + strings.Repeat("\x3c\x91", 500)), "", 60, good, "audio/amr"},
		{"OGG", append([]byte("OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x1e\x01vorbis"), make([]byte, 900)...), "", 60, good, "audio/ogg"},
		{"M4A", append([]byte("\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00M4A mp42isom\x00\x00\x00\x00"), make([]byte, 900)...), "", 60, good, "audio/x-m4a"},
		{"unknown bytes", append([]byte{0x00, 0x9f, 0x01, 0x88}, noise(5000)...), "application/octet-stream", 60, suspect, "application/octet-stream"},
		{"HTML", []byte("<!DOCTYPE html><html><body>busy</body></html>"), "audio/mpeg", 60, never, ""},
		{"HTML after spaces", []byte("\ufeff \r\n<HTML>busy"), "audio/mpeg", 60, never, ""},
		{"XML error", []byte(`<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>`), "audio/mpeg", 60, never, ""},
		{"XML error without a declaration", []byte(`<Error><Code>NoSuchKey</Code></Error>`), "audio/mpeg", 60, never, ""},
		{"JSON", []byte(`{"code":500}`), "audio/mpeg", 60, never, ""},
		{"plain text", []byte("Internal Server Error"), "audio/mpeg", 60, never, ""},
		{"empty", nil, "audio/mpeg", 60, never, ""},
		{"a picture", []byte("\x89PNG\r\n\x1a\n" + strings.Repeat("\x00", 100)), "audio/mpeg", 60, never, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			judged(t, cdr.Recording, test.file, test.declared, test.talk, test.want, test.mime)
		})
	}
}

// withStreamLength gives a WAV the lengths of one that was written to a pipe.
func withStreamLength(file []byte) []byte {
	copy(file[4:8], "\xff\xff\xff\xff")
	copy(file[40:44], "\xff\xff\xff\xff")
	return file
}

func judged(t *testing.T, kind cdr.Kind, file []byte, declared string, talk int64, want, mime string) {
	t.Helper()
	contentType, why, _, err := archive.Judge(kind, file, declared, talk)
	got := good
	switch {
	case err != nil:
		got = never
	case why != "":
		got = suspect
	}
	if got != want || mime != "" && contentType != mime {
		t.Errorf("%q as %q (%s%v), want %q as %q", got, contentType, why, err, want, mime)
	}
}

func TestJudge_Transcripts(t *testing.T) {
	tests := []struct {
		name, file, declared, want, mime string
	}{
		{"JSON", `{"text":"你好"}`, "application/json", good, "application/json"},
		{"JSON array", `[{"text":"你好"}]`, "", good, "application/json"},
		{"long JSON", `[` + strings.Repeat(`{"text":"你好"},`, 5000) + `{}]`, "", good, "application/json"},
		{"text", "你好，请问有什么可以帮您？", "text/plain; charset=utf-8", good, "text/plain"},
		{"JSON of another envelope", `{"Response":{"Data":[]}}`, "", good, "application/json"},
		{"API error", "{ \"Response\": {\n \"Error\": {\"Code\": \"X\"}}}", "application/json", never, ""},
		{"error code", `{"errcode":40001,"errmsg":"not ready"}`, "application/json", never, ""},
		{"error code of success", `{"ErrorCode":0,"data":[{"text":"你好"}]}`, "application/json", good, "application/json"},
		{"HTML", "<html>busy</html>", "application/json", never, ""},
		{"XML", `<?xml version="1.0"?><Error/>`, "application/json", never, ""},
		{"empty", "", "application/json", never, ""},
		{"a recording", string(song(40, 1)), "application/json", never, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			judged(t, cdr.ASR, []byte(test.file), test.declared, 60, test.want, test.mime)
		})
	}
}

func TestJudge_PlayingTime(t *testing.T) {
	for name, file := range map[string][]byte{"MP3": minutes(1), "MP3 with a tag": tagged(1000, minutes(1)), "WAV": wave(60, 60)} {
		_, _, seconds, err := archive.Judge(cdr.Recording, file, "", 60)
		if err != nil || seconds == nil || *seconds < 59 || *seconds > 61 {
			t.Errorf("%s: plays %v, error %v; want 60 seconds", name, seconds, err)
		}
	}
}

// Whatever a source sends, judging it does not panic.
func FuzzJudge(f *testing.F) {
	for _, file := range [][]byte{nil, song(2, 1), tagged(30, song(2, 1)), wave(1, 1), wave(0, 0), []byte("ID3"), []byte("{}"), []byte("<html>")} {
		f.Add(file, int64(60))
	}
	f.Fuzz(func(t *testing.T, file []byte, talk int64) {
		for _, kind := range []cdr.Kind{cdr.Recording, cdr.ASR} {
			contentType, _, seconds, err := archive.Judge(kind, file, "", talk)
			if err == nil && contentType == "" || len(file) == 0 && err == nil || seconds != nil && *seconds < 0 {
				t.Errorf("%d bytes: %q, plays %v, error %v", len(file), contentType, seconds, err)
			}
		}
	})
}
