package bucket

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// COS's limits.
const (
	maxKey      = 850     // bytes
	maxMeta     = 2 << 10 // bytes, names and values of all x-cos-meta- headers
	minPart     = 1 << 20 // bytes, of every part but the last
	maxParts    = 10_000
	maxListed   = 1000 // entries of one answer
	metaPrefix  = "X-Cos-Meta-"
	classHeader = "X-Cos-Storage-Class"
)

// Object is what the bucket knows of one object.
type Object struct {
	Key string `json:"key"`
	Attrs
}

// Attrs is what the bucket keeps of an object beside its bytes.
type Attrs struct {
	Size     int64             `json:"size"`
	ETag     string            `json:"etag"`  // without quotes: the MD5, for a multipart upload that of the parts' MD5s and their number
	CRC64    uint64            `json:"crc64"` // ECMA
	Modified time.Time         `json:"modified"`
	Class    string            `json:"class"`   // storage class
	Headers  map[string]string `json:"headers"` // Content-Type and its like, server-side encryption; canonical names
	Meta     map[string]string `json:"meta"`    // names in lower case, without x-cos-meta-
}

// kept are the headers of a write that every later answer repeats.
var kept = []string{
	"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type", "Expires",
	"X-Cos-Server-Side-Encryption", "X-Cos-Server-Side-Encryption-Cos-Kms-Key-Id",
}

var classes = []string{
	"STANDARD", "MAZ_STANDARD", "STANDARD_IA", "MAZ_STANDARD_IA", "INTELLIGENT_TIERING", "MAZ_INTELLIGENT_TIERING",
	"ARCHIVE", "DEEP_ARCHIVE",
}

// readAttrs takes from a write's headers what is kept with the object.
func readAttrs(h http.Header) (Attrs, error) {
	a := Attrs{Class: h.Get(classHeader), Headers: map[string]string{}, Meta: map[string]string{}}
	if a.Class == "" {
		a.Class = "STANDARD"
	}
	if !slices.Contains(classes, a.Class) {
		return a, invalid("The storage class is not known.")
	}
	if h.Get("X-Cos-Server-Side-Encryption-Customer-Algorithm") != "" {
		return a, errNotImplemented
	}
	for _, name := range kept {
		if v := h.Get(name); v != "" {
			a.Headers[name] = v
		}
	}
	if a.Headers["Content-Type"] == "" {
		a.Headers["Content-Type"] = "application/octet-stream"
	}
	return a, a.readMeta(h)
}

// readMeta takes the user's metadata. COS's documents allow letters, digits and hyphens in names; values that are not
// printable ASCII are to be encoded by the client.
func (a *Attrs) readMeta(h http.Header) error {
	total := 0
	for name, values := range h {
		name, ok := strings.CutPrefix(name, metaPrefix)
		if !ok {
			continue
		}
		name, value := strings.ToLower(name), strings.Join(values, ",")
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return invalid("A metadata name may have letters, digits and hyphens only.")
		}
		if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' }) {
			return invalid("A metadata value is not printable ASCII.")
		}
		total += len(name) + len(value)
		a.Meta[name] = value
	}
	if total > maxMeta {
		return errMetadataTooLarge
	}
	return nil
}

// describe sets the headers that tell of a stored object: those of an answered write.
func (o Object) describe(h http.Header) {
	h.Set("ETag", quote(o.ETag))
	h.Set("X-Cos-Hash-Crc64ecma", strconv.FormatUint(o.CRC64, 10))
	for name, value := range o.Headers {
		if strings.HasPrefix(name, "X-Cos-") {
			h.Set(name, value)
		}
	}
}

// describeFully sets the headers of GET and HEAD.
func (o Object) describeFully(h http.Header) {
	o.describe(h)
	for name, value := range o.Headers {
		h.Set(name, value)
	}
	for name, value := range o.Meta {
		h.Set(metaPrefix+name, value)
	}
	if o.Class != "STANDARD" {
		h.Set(classHeader, o.Class)
	}
	h.Set("Last-Modified", o.Modified.UTC().Format(http.TimeFormat))
	h.Set("Accept-Ranges", "bytes")
}

func quote(etag string) string { return `"` + etag + `"` }

// listed is a time as COS's XML has it.
func listed(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// number reads a query parameter: from 0 to most, fallback where it is absent, most where it is more.
func number(r *http.Request, name string, fallback, most int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, invalid(fmt.Sprintf("The parameter %s is not a number from 0 on.", name))
	}
	return min(n, most), nil
}
