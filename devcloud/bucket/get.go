package bucket

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// getObject answers GET and HEAD: the object or a range of it, and what is known of it.
func (b *Bucket) getObject(w http.ResponseWriter, r *http.Request, key string) error {
	o, file, err := b.open(key)
	if err != nil {
		return err
	}
	defer file.Close()
	if r.Method == "GET" && strings.HasSuffix(o.Class, "ARCHIVE") {
		return errArchived
	}
	if changed, err := o.conditions(r.Header); err != nil || !changed {
		o.describe(w.Header())
		if err == nil {
			w.WriteHeader(http.StatusNotModified)
		}
		return err
	}
	start, n, status, err := o.span(r.Header.Get("Range"))
	if err != nil {
		return err
	}
	o.describeFully(w.Header())
	w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	if status == http.StatusPartialContent {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, start+n-1, o.Size))
	}
	return send(w, r, file, start, n, status)
}

// send writes the answer. An error after its head shows to the client as a body that ends early.
func send(w http.ResponseWriter, r *http.Request, file io.ReadSeeker, start, n int64, status int) error {
	if _, err := file.Seek(start, io.SeekStart); err != nil {
		return err
	}
	w.WriteHeader(status)
	if r.Method == "GET" {
		io.CopyN(w, file, n)
	}
	return nil
}

// conditions holds the request's conditions against the object; changed is false where the client has it already.
func (o Object) conditions(h http.Header) (changed bool, err error) {
	modified := o.Modified.Truncate(time.Second) // headers have whole seconds
	if match := h.Get("If-Match"); match != "" {
		if !o.matches(match) {
			return true, errPrecondition
		}
	} else if t, err := http.ParseTime(h.Get("If-Unmodified-Since")); err == nil && modified.After(t) {
		return true, errPrecondition
	}
	if match := h.Get("If-None-Match"); match != "" {
		return !o.matches(match), nil
	}
	t, err := http.ParseTime(h.Get("If-Modified-Since"))
	return err != nil || modified.After(t), nil
}

// matches tells whether a list of ETags names the object's.
func (o Object) matches(list string) bool {
	for tag := range strings.SplitSeq(list, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || strings.Trim(tag, `"`) == o.ETag {
			return true
		}
	}
	return false
}

// span is the part of the body that a Range header asks for. One that cannot be read, or that asks for several parts,
// is taken as none, as HTTP has it.
func (o Object) span(header string) (start, n int64, status int, err error) {
	from, to, ok := parseRange(header)
	if !ok {
		return 0, o.Size, http.StatusOK, nil
	}
	if from < 0 { // the last bytes
		from, to = max(0, o.Size-to), o.Size-1
	}
	to = min(to, o.Size-1)
	if from > to {
		return 0, 0, 0, errRange
	}
	return from, to - from + 1, http.StatusPartialContent, nil
}

// parseRange reads bytes=from-to, both included. bytes=from- has the last number there is as its end; bytes=-n, the
// last n bytes, comes as from -1 and to n.
func parseRange(header string) (from, to int64, ok bool) {
	text, ok := strings.CutPrefix(header, "bytes=")
	left, right, dash := strings.Cut(text, "-")
	if !ok || !dash || left == "" && right == "" {
		return 0, 0, false
	}
	from, to = -1, math.MaxInt64
	for _, side := range []struct {
		text   string
		number *int64
	}{{left, &from}, {right, &to}} {
		if side.text == "" {
			continue
		}
		n, err := strconv.ParseUint(side.text, 10, 63)
		if err != nil {
			return 0, 0, false
		}
		*side.number = int64(n)
	}
	return from, to, from <= to
}
