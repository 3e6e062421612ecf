package archive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"cdrvault/cdr"
)

// verdict is what a downloaded file turned out to be.
type verdict struct {
	ContentType string
	Seconds     *float64 // playing time, where the format tells
	Suspect     string   // why it is kept only under reserve; empty: it is what it should be
}

// errNotTheFile says that the source sent something else instead of the file: an error page, an empty body, a picture.
// Such a thing is never stored; the file stays owed.
type errNotTheFile struct{ what string }

func (e errNotTheFile) Error() string { return "source sent " + e.what + " instead of the file" }

// judge tells whether a download is the file that its record names. head is its first bytes, size its length, declared
// the source's Content-Type, talk the seconds of conversation that the record tells of.
func judge(kind cdr.Kind, head []byte, size int64, declared string, talk int64) (verdict, error) {
	if size == 0 {
		return verdict{}, errNotTheFile{"an empty body"}
	}
	found := mimetype.Detect(head)
	if kind == cdr.ASR || kind == cdr.VoicemailASR {
		return judgeText(head, found, declared)
	}
	return judgeAudio(head, found, size, declared, talk)
}

func judgeText(head []byte, found *mimetype.MIME, declared string) (verdict, error) {
	switch {
	case isPage(found, head):
		return verdict{}, errNotTheFile{"a page (" + base(found.String()) + ")"}
	case isAPIError(head):
		return verdict{}, errNotTheFile{"an API error"}
	case under(found, "application/json"):
		return verdict{ContentType: preferred(declared, "application/json")}, nil
	case under(found, "text/plain"):
		return verdict{ContentType: preferred(declared, "text/plain")}, nil
	case found.Is("application/octet-stream"):
		return verdict{ContentType: preferred(declared, found.String()), Suspect: "no JSON and no text"}, nil
	}
	return verdict{}, errNotTheFile{base(found.String())}
}

func judgeAudio(head []byte, found *mimetype.MIME, size int64, declared string, talk int64) (verdict, error) {
	switch {
	case isPage(found, head), under(found, "text/plain"):
		return verdict{}, errNotTheFile{"a page (" + base(found.String()) + ")"}
	case isMP3(head):
		return timed(verdict{ContentType: "audio/mpeg", Seconds: mp3Seconds(head, size)}, talk), nil
	case under(found, "audio/wav"):
		return timed(verdict{ContentType: "audio/wav", Seconds: wavSeconds(head, size)}, talk), nil
	case isAudio(found):
		return verdict{ContentType: base(found.String())}, nil
	case found.Is("application/octet-stream"):
		// Bytes of no known form: better kept under reserve than dropped, since nothing says that they are wrong.
		return verdict{ContentType: preferred(declared, found.String()), Suspect: "no known audio format"}, nil
	}
	return verdict{}, errNotTheFile{base(found.String())}
}

// timed holds the playing time against the talk time. Only a gross difference is suspect: the two are not measured alike,
// but a header alone for a call of minutes is no recording.
func timed(v verdict, talk int64) verdict {
	if v.Seconds != nil && talk >= 60 && *v.Seconds < float64(talk)/10 {
		v.Suspect = fmt.Sprintf("plays %.0f s of a call of %d s", *v.Seconds, talk)
	}
	return v
}

// isPage tells an error page: HTML, or XML as object stores word their errors.
func isPage(found *mimetype.MIME, head []byte) bool {
	if under(found, "text/html") || under(found, "text/xml") {
		return true
	}
	start := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	start = bytes.ToLower(start[:min(len(start), 16)]) // longer than any of them
	for _, tag := range []string{"<!doctype", "<html", "<head", "<body", "<?xml", "<error"} {
		if bytes.HasPrefix(start, []byte(tag)) {
			return true
		}
	}
	return false
}

// isAPIError tells a small JSON object that words an error: the vendor's envelope {"Response":{"Error":…}}, or one with an error
// or an error code that is not that of success. What a transcript looks like is not documented; this is what it does not.
func isAPIError(head []byte) bool {
	var answer map[string]json.RawMessage
	if json.Unmarshal(head, &answer) != nil { // a longer file is not whole in its head, and no error
		return false
	}
	var envelope struct{ Error json.RawMessage }
	if json.Unmarshal(answer["Response"], &envelope) == nil && len(envelope.Error) > 0 {
		return true
	}
	for name, value := range answer {
		switch strings.ToLower(name) {
		case "error", "errcode", "errorcode", "err_code", "error_code":
			if v := string(value); v != "0" && v != "null" && v != `""` && v != `"0"` && v != "false" && v != "{}" {
				return true
			}
		}
	}
	return false
}

func isAudio(found *mimetype.MIME) bool {
	for m := found; m != nil; m = m.Parent() {
		if strings.HasPrefix(m.String(), "audio/") {
			return true
		}
	}
	// An M4A file is an MP4 container, an OGG file may hold either; both may be told by the container alone.
	return under(found, "video/mp4") || under(found, "application/ogg")
}

// isMP3 tells an ID3 tag or the sync word of a layer III frame: eleven set bits, a version, a layer, a bit rate and a
// sampling rate that exist.
func isMP3(head []byte) bool {
	if bytes.HasPrefix(head, []byte("ID3")) {
		return true
	}
	return len(head) >= 4 && head[0] == 0xff && head[1]&0xe0 == 0xe0 && head[1]&0x18 != 0x08 && head[1]&0x06 == 0x02 &&
		head[2]&0xf0 != 0xf0 && head[2]&0xf0 != 0 && head[2]&0x0c != 0x0c
}

// under tells whether found is of a type or of one that is built on it.
func under(found *mimetype.MIME, want string) bool {
	for m := found; m != nil; m = m.Parent() {
		if m.Is(want) {
			return true
		}
	}
	return false
}

// preferred is the source's own Content-Type where it has one that means something.
func preferred(declared, found string) string {
	if d := base(declared); d != "" && d != "application/octet-stream" && d != "binary/octet-stream" {
		return d
	}
	return base(found)
}

// base is a media type without its parameters; empty where it is none.
func base(contentType string) string {
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return t
}
