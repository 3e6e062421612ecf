package bucket

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// copyObject stores another object's bytes under key, with its description or with the request's.
func (b *Bucket) copyObject(w http.ResponseWriter, r *http.Request, key string) error {
	from, err := b.copySource(r)
	if err != nil {
		return err
	}
	source, file, err := b.open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	attrs, err := copiedAttrs(r.Header, source)
	if err != nil {
		return err
	}
	if from == key && !replaces(r.Header) {
		return &apiError{400, "InvalidRequest", "A copy of an object onto itself has to replace its metadata."}
	}
	d, err := b.disk.draft()
	if err != nil {
		return err
	}
	defer d.discard()
	if err := d.add(io.LimitReader(file, source.Size)); err != nil {
		return err
	}
	// Whether COS heeds x-cos-forbid-overwrite here is not documented, so nobody should build on it: it does nothing.
	o, err := b.commit(d, key, attrs, false)
	if err != nil {
		return err
	}
	o.describe(w.Header())
	return writeXML(w, http.StatusOK, struct {
		XMLName                   struct{} `xml:"CopyObjectResult"`
		ETag, LastModified, CRC64 string
	}{ETag: quote(o.ETag), LastModified: listed(o.Modified), CRC64: strconv.FormatUint(o.CRC64, 10)})
}

// copySource is the key that x-cos-copy-source names: host/key, encoded. The host is this bucket's: as the request
// has it, or name.cos.region.myqcloud.com.
func (b *Bucket) copySource(r *http.Request) (string, error) {
	host, key, ok := strings.Cut(r.Header.Get("X-Cos-Copy-Source"), "/")
	if !ok {
		return "", invalid("x-cos-copy-source is not host/key.")
	}
	if host != r.Host && !strings.HasPrefix(host, b.o.Name+".") {
		return "", errNoSuchBucket
	}
	if strings.Contains(key, "?") {
		return "", errNotImplemented // a version
	}
	key, err := url.PathUnescape(key)
	if err != nil {
		return "", invalid("x-cos-copy-source is not encoded.")
	}
	return key, nil
}

func replaces(h http.Header) bool {
	return strings.EqualFold(h.Get("X-Cos-Metadata-Directive"), "Replaced")
}

// copiedAttrs are the copy's. The storage class is always the request's.
func copiedAttrs(h http.Header, source Object) (Attrs, error) {
	attrs, err := readAttrs(h)
	if err == nil && !replaces(h) {
		attrs.Headers, attrs.Meta = source.Headers, source.Meta
	}
	return attrs, err
}
