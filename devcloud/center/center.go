// Package center is a contact center on a laptop: an http.Handler that answers DescribeTelCdr in Tencent's wire
// protocol, TC3 signatures included, and serves the recordings and transcripts that its answers link to.
//
// It promises the document of DescribeTelCdr (parameters, filters, limits, error codes, 20 requests in any second)
// and links that are signed afresh in every answer and expire. What the document leaves open is an Option, because
// nobody knows it without an account: whether a range's ends are inside, how calls are ordered, under which name the
// list is sent. It knows one account: every credential that Options.Credentials accepts shares the rate limit.
package center

import (
	"cmp"
	"net/http"
	"strings"
	"sync"
	"time"

	"cdrvault/devcloud/calls"
	"cdrvault/devcloud/tc3"
)

// Options says which contact center it is. The zero value of a field means its default.
type Options struct {
	Apps        []string // applications that exist besides those that calls were added to
	Credentials func(secretID string) (key, token string, ok bool)

	// Now is the clock of the contact center's world: what is listed, which links live, how far back the API looks.
	// Wall is the clock of its edge, signatures and rate limit, since clients sign with the time of their machine.
	// Both are time.Now by default.
	Now, Wall func() time.Time

	MediaBase    func() string // http://host:port of links; by default the host that the API was asked by
	LinkTTL      time.Duration // 24 h
	ExpiredShare float64       // share of links, from 0 to 1, that have expired when they are handed out
	Retention    time.Duration // how long recordings and transcripts are kept after a call; 90 days
	Checksums    bool          // recorder links answer with x-cos-hash-crc64ecma; the first time that costs a reading

	RateLimit   int // requests in any second; 0: no limit. The document says 20.
	Range       Range
	Lists       Lists
	NewestFirst bool // calls in falling order of time instead of rising

	Latency func(operation string) time.Duration // before an answer begins; nil: none
}

// Range is how StartTimeStamp and EndTimeStamp are read.
type Range int

// The readings that the document allows.
const (
	Closed   Range = iota // start <= Time <= end
	HalfOpen              // start <= Time < end
	Open                  // start < Time < end
)

// Lists is which fields of the answer hold the calls.
type Lists int

// TelCdrList is the field of the document, TelCdrs its deprecated twin; an answer may have both.
const (
	TelCdrList Lists = iota
	TelCdrs
	Both
)

// Center is the contact center. It is safe for concurrent use.
type Center struct {
	o     Options
	api   tc3.Service
	links *signer
	limit *window
	stats *stats
	sums  sync.Map // file name to CRC64

	mu    sync.RWMutex
	all   []*entry            // by number, in the order of their coming
	books map[string][]*entry // by application, in order of time
}

// entry is a call that the center holds. All but the number is guarded by Center.mu.
type entry struct {
	number     int
	call       *calls.Call
	withdrawn  bool
	at, listed int64 // the call's Time and Listed in Unix seconds, here so that a search reads no more than entries
}

// New makes a contact center without calls.
func New(o Options) *Center {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wall == nil {
		o.Wall = time.Now
	}
	if o.Credentials == nil {
		o.Credentials = func(string) (key, token string, ok bool) { return "", "", false }
	}
	if o.Latency == nil {
		o.Latency = func(string) time.Duration { return 0 }
	}
	o.LinkTTL = cmp.Or(o.LinkTTL, 24*time.Hour)
	o.Retention = cmp.Or(o.Retention, 90*24*time.Hour)
	c := &Center{o: o, links: newSigner(o.LinkTTL, o.ExpiredShare), limit: newWindow(o.RateLimit), stats: newStats()}
	c.api = tc3.Service{
		Name: "ccc", Version: "2020-02-10", Actions: []string{"DescribeTelCdr"}, Credentials: o.Credentials, Now: o.Wall,
	}
	c.books = map[string][]*entry{}
	for _, app := range o.Apps {
		c.books[app] = nil
	}
	return c
}

// Operations are all that the contact center knows.
var Operations = []string{"DescribeTelCdr", "GetRecording", "GetTranscript", "HeadRecording", "HeadTranscript"}

// Operation names what a request asks for: the API's action, GetRecording, GetTranscript, HeadRecording,
// HeadTranscript, or Unknown.
func Operation(r *http.Request) string {
	verb := "Get"
	if r.Method == http.MethodHead {
		verb = "Head"
	}
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, transcriptPath):
		return verb + "Transcript"
	case isMedia(path):
		return verb + "Recording"
	case path == "/" && tc3.Action(r) != "":
		return tc3.Action(r)
	default:
		return "Unknown"
	}
}

// ServeHTTP answers the API at "/" and media below their own paths.
func (c *Center) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := Operation(r)
	c.stats.request(op)
	if !pause(r, c.o.Latency(op)) {
		return
	}
	switch {
	case isMedia(r.URL.Path):
		c.serveMedia(w, r)
	case r.URL.Path == "/":
		c.serveAPI(w, r)
	default:
		http.NotFound(w, r)
	}
}

// pause waits, and tells whether the client is still there.
func pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
