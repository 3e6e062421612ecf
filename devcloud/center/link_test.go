package center

import (
	"bytes"
	"hash/crc64"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"cdrvault/devcloud/calls"
)

// got is an answer that was read to its end.
type got struct {
	status int
	header http.Header
	body   []byte
}

func (of *office) get(t *testing.T, method, link string, header http.Header) got {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got{resp.StatusCode, resp.Header, body}
}

// forms asks for fresh links: one of each form.
func (of *office) forms(t *testing.T) (inQuery, inPath, transcript string) {
	t.Helper()
	for _, r := range of.list(t, asked()).records(t) {
		if strings.Contains(r.RecordURL, "?sign=") {
			inQuery = r.RecordURL
		} else {
			inPath = r.RecordURL
		}
		transcript = r.AsrUrl
	}
	if !strings.Contains(inQuery, recorderPath) || !strings.Contains(inPath, tokenPath) {
		t.Fatal("the answer lacks one of the forms")
	}
	return inQuery, inPath, transcript
}

func TestLinks_OfEveryFormServeTheFile(t *testing.T) {
	of := open(t, Options{Checksums: true})
	of.minute(8)
	files := map[string]calls.Media{}
	for _, c := range of.Calls(app) {
		for _, m := range c.Media() {
			files[m.Name] = m
		}
	}
	for _, r := range of.list(t, asked()).records(t) {
		g := of.get(t, http.MethodGet, r.RecordURL, nil)
		name := path.Base(strings.Split(r.RecordURL, "?")[0])
		want, err := io.ReadAll(files[name].Open())
		if err != nil {
			t.Fatal(err)
		}
		if g.status != http.StatusOK || !bytes.Equal(g.body, want) {
			t.Errorf("%s: status %d, %d bytes, want 200 and the %d of the recording", name, g.status, len(g.body), len(want))
		}
		sum := strconv.FormatUint(crc64.Checksum(want, crc64.MakeTable(crc64.ECMA)), 10)
		if s := g.header.Get("X-Cos-Hash-Crc64ecma"); strings.Contains(r.RecordURL, recorderPath) && s != sum {
			t.Errorf("%s: checksum %q, want %q", name, s, sum)
		}
		if g := of.get(t, http.MethodGet, r.AsrUrl, nil); g.status != http.StatusOK || !bytes.HasPrefix(g.body, []byte("{")) {
			t.Errorf("transcript of %s: status %d, %.20s", r.SessionId, g.status, g.body)
		}
	}
}

func TestLinks_RangeAndHead(t *testing.T) {
	of := open(t, Options{})
	of.minute(8)
	inQuery, inPath, _ := of.forms(t)
	for _, link := range []string{inQuery, inPath} {
		whole := of.get(t, http.MethodGet, link, nil)
		if whole.header.Get("Content-Type") != "audio/mpeg" ||
			whole.header.Get("Content-Length") != strconv.Itoa(len(whole.body)) {
			t.Errorf("headers %v for %d bytes of MP3", whole.header, len(whole.body))
		}
		head := of.get(t, http.MethodHead, link, nil)
		if head.status != http.StatusOK || len(head.body) != 0 ||
			head.header.Get("Content-Length") != whole.header.Get("Content-Length") {
			t.Errorf("HEAD: status %d, headers %v", head.status, head.header)
		}
		part := of.get(t, http.MethodGet, link, http.Header{"Range": {"bytes=100-299"}})
		if part.status != http.StatusPartialContent || !bytes.Equal(part.body, whole.body[100:300]) {
			t.Errorf("range: status %d, %d bytes", part.status, len(part.body))
		}
		if beyond := of.get(t, http.MethodGet, link, http.Header{"Range": {"bytes=99999999-"}}); beyond.status != 416 {
			t.Errorf("range beyond the end: status %d, want 416", beyond.status)
		}
		if post := of.get(t, http.MethodPost, link, nil); post.status != http.StatusMethodNotAllowed {
			t.Errorf("POST: status %d, want 405", post.status)
		}
	}
}

func TestLinks_AreSignedAfreshInEveryAnswer(t *testing.T) {
	of := open(t, Options{})
	of.minute(8)
	a, b := of.list(t, asked()).records(t), of.list(t, asked()).records(t)
	for i := range a {
		if a[i].RecordURL == b[i].RecordURL || a[i].AsrUrl == b[i].AsrUrl {
			t.Errorf("session %s has the same link twice", a[i].SessionId)
		}
	}
	_, inPath, _ := of.forms(t)
	token := strings.Split(inPath, tokenPath)[1]
	if token = path.Dir(token); !strings.Contains(token, "+/") || !strings.HasSuffix(token, "=") {
		t.Error("a token lacks one of + / =")
	}
}

func TestLinks_Expire(t *testing.T) {
	of := open(t, Options{LinkTTL: time.Hour})
	of.minute(8)
	for name, end := range map[string]func(){
		"in time":     func() { of.clock.move(time.Hour + time.Second) },
		"at a stroke": of.ExpireLinks,
	} {
		inQuery, inPath, transcript := of.forms(t)
		for _, link := range []string{inQuery, inPath, transcript} {
			if g := of.get(t, http.MethodGet, link, nil); g.status != http.StatusOK {
				t.Errorf("%s: status %d before the link's end", name, g.status)
			}
		}
		end()
		for link, body := range map[string]string{inQuery: "<?xml", inPath: "<html>", transcript: "<html>"} {
			if g := of.get(t, http.MethodGet, link, nil); g.status != http.StatusForbidden || !strings.HasPrefix(string(g.body), body) {
				t.Errorf("%s: status %d with %.20q, want 403 with %s", name, g.status, g.body, body)
			}
		}
	}
}

func TestLinks_AShareIsExpiredFromTheStart(t *testing.T) {
	of := open(t, Options{ExpiredShare: 0.3})
	of.minute(100)
	expired := 0
	for _, r := range of.list(t, asked()).records(t) {
		if g := of.get(t, http.MethodHead, r.RecordURL, nil); g.status == http.StatusForbidden {
			expired++
		}
	}
	if expired < 15 || expired > 45 {
		t.Errorf("%d of 100 links were expired, want about 30", expired)
	}
}

func TestLinks_AreGoodForOneFileInOneSpelling(t *testing.T) {
	of := open(t, Options{})
	of.minute(8)
	inQuery, inPath, transcript := of.forms(t)
	file := path.Base(strings.Split(inQuery, "?")[0])
	for name, link := range map[string]string{
		"another file in the query form": strings.Replace(inQuery, file, "other.mp3", 1),
		"another file in the path form":  strings.Replace(inPath, path.Base(inPath), "other.mp3", 1),
		"another end":                    inQuery + "1",
		"an escaped plus":                strings.ReplaceAll(inPath, "+", "%2B"),
		"a lost slash":                   strings.Replace(inPath, "+/", "+", 1),
		"no signature":                   strings.Split(inQuery, "?")[0],
		"another key":                    strings.Replace(transcript, "%2F8", "%2F9", 1),
		"no key":                         strings.Split(transcript, "?")[0],
	} {
		if g := of.get(t, http.MethodGet, link, nil); g.status != http.StatusForbidden {
			t.Errorf("%s: status %d, want 403", name, g.status)
		}
	}
}

func TestFiles_ComeAndGo(t *testing.T) {
	of := open(t, Options{LinkTTL: 1000 * 24 * time.Hour, Retention: 60 * 24 * time.Hour})
	c := calls.Answered(app, "s-1", noon, time.Minute)
	c.AsrAt = of.clock.now().Add(time.Hour)
	of.Add(c)
	r := of.list(t, asked()).records(t)[0]
	steps := []struct {
		name              string
		move              time.Duration
		recording, script int
	}{
		{"while the transcript is made", 0, 200, 404},
		{"when it is ready", time.Hour, 200, 200},
		{"after the retention", 60 * 24 * time.Hour, 404, 404},
	}
	for _, s := range steps {
		of.clock.move(s.move)
		if g := of.get(t, http.MethodGet, r.RecordURL, nil); g.status != s.recording {
			t.Errorf("%s: recording answers %d, want %d", s.name, g.status, s.recording)
		}
		if g := of.get(t, http.MethodGet, r.AsrUrl, nil); g.status != s.script {
			t.Errorf("%s: transcript answers %d, want %d", s.name, g.status, s.script)
		}
	}
}

func TestLinks_LeadWhereTheyAreTold(t *testing.T) {
	of := open(t, Options{MediaBase: func() string { return "https://media.example.com" }})
	of.minute(2)
	for _, r := range of.list(t, asked()).records(t) {
		if !strings.HasPrefix(r.RecordURL, "https://media.example.com/") {
			t.Errorf("link of session %s leads elsewhere", r.SessionId)
		}
	}
}
