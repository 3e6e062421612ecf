package cccsource

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cdrvault/archive"
	"cdrvault/cdr"
)

const app = "1400000000"

var hour = archive.Window{
	Start: time.Date(2026, 11, 21, 21, 0, 0, 0, time.UTC),
	End:   time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC),
}

// asked is one request as the contact center got it.
type asked struct {
	SdkAppId, StartTimeStamp, EndTimeStamp, PageSize, PageNumber int64
	SessionIds                                                   []string
}

// center is a contact center on loopback. It checks what every request has to carry.
type center struct {
	*httptest.Server
	mu   sync.Mutex
	seen []asked
}

// serve starts a center whose n-th request, from 1, is answered by answer.
func serve(t *testing.T, answer func(w http.ResponseWriter, n int, a asked)) *center {
	c := new(center)
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var a asked
		if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
			t.Errorf("request is no JSON: %v", err)
		}
		checkHeaders(t, r)
		c.mu.Lock()
		c.seen = append(c.seen, a)
		n := len(c.seen)
		c.mu.Unlock()
		answer(w, n, a)
	}))
	t.Cleanup(c.Close)
	return c
}

// serveRaw starts a server that ends hanging requests with the test.
func serveRaw(t *testing.T, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func checkHeaders(t *testing.T, r *http.Request) {
	for name, want := range map[string]string{
		"Authorization": "TC3-HMAC-SHA256 Credential=AKIDtest/",
		"X-Tc-Action":   "DescribeTelCdr",
		"X-Tc-Version":  "2020-02-10",
		"X-Tc-Token":    "token-of-this-run",
		"X-Tc-Region":   "ap-guangzhou",
	} {
		if got := r.Header.Get(name); !strings.HasPrefix(got, want) {
			t.Errorf("header %s does not begin with %q", name, want)
		}
	}
}

func (c *center) requests() []asked {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen
}

// source is a Source on c that does not wait between its attempts.
func (c *center) source(t *testing.T) *Source {
	s, err := New(Options{
		Endpoint:   c.URL,
		Region:     "ap-guangzhou",
		Credential: Credential{"AKIDtest", "key-of-this-run", "token-of-this-run"},
		Pace:       NewPace(100_000),
		Retry:      Retry{First: time.Microsecond, Most: time.Microsecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// call is the record of call number i.
func call(i int) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"SessionId":"call-%05d","Time":%d, "Duration": 1.0E+1}`, i, hour.Start.Unix()+int64(i)))
}

func calls(from, to int) (list []json.RawMessage) {
	for i := from; i < to; i++ {
		list = append(list, call(i))
	}
	return list
}

// pageOf is the page of list that a asks for.
func pageOf(list []json.RawMessage, a asked) []json.RawMessage {
	from := min(int(a.PageNumber*a.PageSize), len(list))
	return list[from:min(from+int(a.PageSize), len(list))]
}

// answerOf is an answer of the API with both names of its list.
func answerOf(total int, list, deprecated []json.RawMessage) string {
	b, _ := json.Marshal(map[string]any{"Response": map[string]any{
		"TotalCount": total, "TelCdrList": list, "TelCdrs": deprecated, "RequestId": "5e0ba1a4-req",
	}})
	return string(b)
}

func answerError(code string) string {
	return fmt.Sprintf(`{"Response":{"Error":{"Code":%q,"Message":"no"},"RequestId":"5e0ba1a4-req"}}`, code)
}

// lists answers every request with its page of list.
func lists(list []json.RawMessage) func(http.ResponseWriter, int, asked) {
	return func(w http.ResponseWriter, _ int, a asked) {
		fmt.Fprint(w, answerOf(len(list), pageOf(list, a), nil))
	}
}

// after lets first answer the first n requests, and then the others.
func after(n int, first, then func(http.ResponseWriter, int, asked)) func(http.ResponseWriter, int, asked) {
	return func(w http.ResponseWriter, i int, a asked) {
		if i <= n {
			first(w, i, a)
			return
		}
		then(w, i, a)
	}
}

// always answers with status and body.
func always(status int, body string) func(http.ResponseWriter, int, asked) {
	return func(w http.ResponseWriter, _ int, _ asked) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// collect lists the calls around hour and counts how often each came.
func collect(t *testing.T, s *Source) (map[string]int, archive.Listing, error) {
	var (
		got  = map[string]int{}
		busy sync.Mutex
	)
	l, err := s.Calls(t.Context(), app, hour, func(page []json.RawMessage) error {
		if !busy.TryLock() {
			return errors.New("yield is called twice at once")
		}
		defer busy.Unlock()
		for _, c := range page {
			got[cdr.Identity(c)]++
		}
		return nil
	})
	return got, l, err
}
