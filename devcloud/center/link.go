package center

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"cdrvault/devcloud/calls"
)

// Links come in the forms that were seen in the wild: the signature in the query, as a recorder's bucket has it; a
// token as a folder of the path, in base64 with its / + and =; a key in the query of the transcript service.
const (
	recorderPath   = "/def/"
	tokenPath      = "/tcccadmin/getRecord/"
	transcriptPath = "/tcccadmin/cdr/getAsrText"
)

func isMedia(path string) bool {
	return strings.HasPrefix(path, recorderPath) || strings.HasPrefix(path, tokenPath) || path == transcriptPath
}

// linker makes the links of one call for one answer.
func (c *Center) linker(r *http.Request, e *entry, now time.Time) func(calls.Media) string {
	base := "http://" + r.Host
	if c.o.MediaBase != nil {
		base = c.o.MediaBase()
	}
	return func(m calls.Media) string {
		t := c.links.ticket(e.number, m, now)
		switch {
		case m.Kind == calls.ASR || m.Kind == calls.VoicemailASR:
			key := base64.StdEncoding.EncodeToString(c.links.seal(t, ""))
			return base + transcriptPath + "?key=" + url.QueryEscape(key)
		case inQuery(m):
			sign := hex.EncodeToString(c.links.seal(t, m.Name))
			return fmt.Sprintf("%s%smonth%d/%s?sign=%s&t=%d", base, recorderPath, m.Ready.Month(), m.Name, sign, t.expires)
		default:
			return base + tokenPath + base64.StdEncoding.EncodeToString(c.links.seal(t, m.Name)) + "/" + m.Name
		}
	}
}

// inQuery decides for one form or the other by the file's name: half of the files, always the same.
func inQuery(m calls.Media) bool {
	h := fnv.New32a()
	h.Write([]byte(m.Name))
	return m.Kind == calls.Custom || h.Sum32()%2 == 0
}

// ticketOf reads a request's ticket. It takes a link as it was handed out and in no other spelling: a path that a
// client has cleaned or escaped anew is not ours.
func (c *Center) ticketOf(r *http.Request) (t ticket, ok bool) {
	raw, query := r.URL.EscapedPath(), r.URL.Query()
	switch {
	case raw == transcriptPath:
		b, err := base64.StdEncoding.DecodeString(query.Get("key"))
		if err != nil {
			return t, false
		}
		return c.links.open(b, "")
	case strings.HasPrefix(raw, tokenPath):
		token, name := path.Split(strings.TrimPrefix(raw, tokenPath))
		b, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(token, "/"))
		if err != nil {
			return t, false
		}
		return c.links.open(b, name)
	default:
		b, err := hex.DecodeString(query.Get("sign"))
		if err != nil {
			return t, false
		}
		t, ok = c.links.open(b, path.Base(raw))
		return t, ok && query.Get("t") == strconv.FormatInt(t.expires, 10)
	}
}
