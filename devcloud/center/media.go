package center

import (
	"fmt"
	"hash/crc64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cdrvault/devcloud/calls"
	"cdrvault/devcloud/tc3"
)

// serveMedia answers one link: with the file, whole or a range of it, or with an error in the words of its host.
func (c *Center) serveMedia(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		refuse(w, r, http.StatusMethodNotAllowed, "MethodNotAllowed", "The method is not allowed.")
		return
	}
	t, ok := c.ticketOf(r)
	now := c.o.Now()
	switch {
	case !ok:
		refuse(w, r, http.StatusForbidden, "SignatureDoesNotMatch", "The signature does not match.")
		return
	case now.Unix() > t.expires:
		refuse(w, r, http.StatusForbidden, "AccessDenied", "Request has expired.")
		return
	}
	m, ok := c.file(t, now)
	if !ok {
		refuse(w, r, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
		return
	}
	c.stats.file(r.Method, m.Name)
	c.send(w, r, m)
}

// file finds what a ticket is for, where it is there: no sooner than it is ready, no longer than it is kept.
func (c *Center) file(t ticket, now time.Time) (calls.Media, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if int(t.call) >= len(c.all) {
		return calls.Media{}, false
	}
	call := c.all[t.call].call
	for _, m := range call.Media() {
		if m.Kind == t.kind && m.Index == t.index {
			return m, !now.Before(m.Ready) && now.Before(call.Ended.Add(c.o.Retention))
		}
	}
	return calls.Media{}, false
}

// send serves the file. Its bytes are made on the way.
func (c *Center) send(w http.ResponseWriter, r *http.Request, m calls.Media) {
	w.Header().Set("Content-Type", m.Type)
	if c.o.Checksums && strings.HasPrefix(r.URL.Path, recorderPath) {
		w.Header().Set("X-Cos-Hash-Crc64ecma", strconv.FormatUint(c.checksum(m), 10))
	}
	http.ServeContent(w, r, m.Name, m.Ready, m.Open())
}

// checksum is the CRC64 of a file, computed once.
func (c *Center) checksum(m calls.Media) uint64 {
	if sum, ok := c.sums.Load(m.Name); ok {
		return sum.(uint64)
	}
	h := crc64.New(crc64.MakeTable(crc64.ECMA))
	if _, err := io.Copy(h, m.Open()); err != nil {
		return 0 // cannot be: the file is made in memory
	}
	c.sums.Store(m.Name, h.Sum64())
	return h.Sum64()
}

// refuse answers as the link's host would: a bucket in XML, the contact center's own pages in HTML.
func refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	kind, body := "text/html; charset=utf-8",
		fmt.Sprintf("<html><head><title>%d %s</title></head><body>%s</body></html>\n", status, code, message)
	if strings.HasPrefix(r.URL.Path, recorderPath) {
		kind, body = "application/xml",
			fmt.Sprintf("<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>%s</Code>\n\t<Message>%s</Message>\n"+
				"\t<RequestId>%s</RequestId>\n</Error>\n", code, message, tc3.RequestID())
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	io.WriteString(w, body) // a client that has left needs no page
}
