package cosstore_test

import (
	"cmp"
	"crypto/md5"
	"encoding/xml"
	"fmt"
	"hash/crc64"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeCOS speaks as much of COS as a Store needs. It verifies no signatures.
type fakeCOS struct {
	*httptest.Server
	fault    func(op string, n int) fault // of the nth request of op, from 1
	pageSize int
	started  time.Time // when its uploads began

	mu       sync.Mutex
	objects  map[string]object
	uploads  map[string]*upload
	requests map[string]int
}

type object struct {
	data   []byte
	header http.Header // what COS keeps
}

type upload struct {
	key    string
	header http.Header
	parts  map[int][]byte
}

// fault is what goes wrong with one request.
type fault struct {
	status     int    // answer with this, and code, instead of applying it
	code       string // of COS
	dropBefore bool
	dropAfter  bool
	hang       bool                // until the client leaves
	edit       func(h http.Header) // of the answer's headers
	before     func()              // the world changes
}

func newFakeCOS(t *testing.T) *fakeCOS {
	f := &fakeCOS{
		fault:    func(string, int) fault { return fault{} },
		pageSize: 1000,
		started:  time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC),
		objects:  map[string]object{}, uploads: map[string]*upload{}, requests: map[string]int{},
	}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// first faults the first n requests of op.
func first(n int, op string, with fault) func(string, int) fault {
	return func(o string, i int) fault {
		if o == op && i <= n {
			return with
		}
		return fault{}
	}
}

func (f *fakeCOS) count(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests[op]
}

func (f *fakeCOS) total() (n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.requests {
		n += int64(c)
	}
	return n
}

func (f *fakeCOS) has(key string) (object, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o, ok := f.objects[key]
	return o, ok
}

func (f *fakeCOS) set(key, data string, header http.Header) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.objects[key] = object{[]byte(data), header}
}

func (f *fakeCOS) uploadsLeft() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.uploads)
}

func opOf(r *http.Request) string {
	q := r.URL.Query()
	switch {
	case r.URL.Path == "/" && q.Has("uploads"):
		return "uploads"
	case r.URL.Path == "/":
		return "list"
	case q.Has("uploads"):
		return "initiate"
	case q.Has("partNumber"):
		return "part"
	case q.Has("uploadId"):
		return map[string]string{http.MethodPost: "complete", http.MethodDelete: "abort"}[r.Method]
	}
	return strings.ToLower(r.Method)
}

func (f *fakeCOS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := opOf(r)
	f.mu.Lock()
	f.requests[op]++
	n := f.requests[op]
	f.mu.Unlock()
	fault := f.fault(op, n)
	if fault.before != nil {
		fault.before()
	}
	switch {
	case fault.hang:
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		return
	case fault.dropBefore:
		panic(http.ErrAbortHandler)
	}
	answer := httptest.NewRecorder()
	body, err := io.ReadAll(r.Body)
	switch {
	case err != nil:
		panic(http.ErrAbortHandler) // COS stores nothing of a request that was cut
	case fault.status != 0:
		refuse(answer, fault.status, fault.code)
	case len(r.TransferEncoding) > 0:
		refuse(answer, http.StatusLengthRequired, "MissingContentLength")
	default:
		f.apply(answer, r, op, body)
	}
	if fault.dropAfter {
		panic(http.ErrAbortHandler)
	}
	if fault.edit != nil {
		fault.edit(answer.Header())
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	if r.Method != http.MethodHead {
		_, _ = w.Write(answer.Body.Bytes())
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("x-cos-request-id", "NjRmYWtl")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>you sent secret-key</Message></Error>", code)
}

func (f *fakeCOS) apply(w http.ResponseWriter, r *http.Request, op string, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := strings.TrimPrefix(r.URL.Path, "/")
	switch op {
	case "put":
		f.store(w, r, key, object{body, kept(r.Header)})
	case "head", "get":
		f.serve(w, key)
	case "list":
		f.list(w, r.URL.Query())
	case "uploads":
		f.listUploads(w, r.URL.Query())
	default:
		f.multipart(w, r, op, key, body)
	}
}

// kept are the headers that COS gives back with the object.
func kept(h http.Header) http.Header {
	keep := http.Header{}
	for name, values := range h {
		if name == "Content-Type" || strings.HasPrefix(name, "X-Cos-Meta-") ||
			strings.HasPrefix(name, "X-Cos-Server-Side") || name == "X-Cos-Storage-Class" {
			keep[name] = values
		}
	}
	return keep
}

func (f *fakeCOS) store(w http.ResponseWriter, r *http.Request, key string, o object) bool {
	if _, exists := f.objects[key]; exists && r.Header.Get("x-cos-forbid-overwrite") == "true" {
		refuse(w, http.StatusConflict, "FileAlreadyExists")
		return false
	}
	f.objects[key] = o
	setSums(w.Header(), o.data)
	return true
}

var ecma = crc64.MakeTable(crc64.ECMA)

func setSums(h http.Header, data []byte) {
	h.Set("x-cos-hash-crc64ecma", strconv.FormatUint(crc64.Checksum(data, ecma), 10))
	h.Set("ETag", fmt.Sprintf("%q", fmt.Sprintf("%x", md5.Sum(data))))
}

func (f *fakeCOS) serve(w http.ResponseWriter, key string) {
	o, ok := f.objects[key]
	if !ok {
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	maps.Copy(w.Header(), o.header)
	setSums(w.Header(), o.data)
	w.Header().Set("Content-Length", strconv.Itoa(len(o.data)))
	_, _ = w.Write(o.data)
}

func (f *fakeCOS) list(w http.ResponseWriter, q url.Values) {
	type entry struct {
		Key, LastModified, ETag string
		Size                    int
	}
	var answer struct {
		XMLName                  xml.Name `xml:"ListBucketResult"`
		EncodingType, NextMarker string
		IsTruncated              bool
		Contents                 []entry
	}
	answer.EncodingType = q.Get("encoding-type")
	for _, key := range slices.Sorted(maps.Keys(f.objects)) {
		if key <= q.Get("marker") || !strings.HasPrefix(key, q.Get("prefix")) {
			continue
		}
		if answer.IsTruncated = len(answer.Contents) == f.pageSize; answer.IsTruncated {
			answer.NextMarker = answer.Contents[f.pageSize-1].Key
			break
		}
		answer.Contents = append(answer.Contents,
			entry{url.QueryEscape(key), "2026-01-01T00:00:00.000Z", fmt.Sprintf("%x", md5.Sum(f.objects[key].data)), len(f.objects[key].data)})
	}
	_ = xml.NewEncoder(w).Encode(answer)
}

func (f *fakeCOS) listUploads(w http.ResponseWriter, q url.Values) {
	type entry struct {
		Key       string
		UploadID  string `xml:"UploadId"`
		Initiated string
	}
	var answer struct {
		XMLName            xml.Name `xml:"ListMultipartUploadsResult"`
		IsTruncated        bool
		NextKeyMarker      string
		NextUploadIDMarker string `xml:"NextUploadIdMarker"`
		Upload             []entry
	}
	byKey := func(a, b string) int { return cmp.Compare(f.uploads[a].key+"\x00"+a, f.uploads[b].key+"\x00"+b) }
	for _, id := range slices.SortedFunc(maps.Keys(f.uploads), byKey) {
		u := f.uploads[id]
		if !strings.HasPrefix(u.key, q.Get("prefix")) || u.key+id <= q.Get("key-marker")+q.Get("upload-id-marker") {
			continue
		}
		if answer.IsTruncated = len(answer.Upload) == f.pageSize; answer.IsTruncated {
			last := answer.Upload[f.pageSize-1]
			answer.NextKeyMarker, answer.NextUploadIDMarker = last.Key, last.UploadID
			break
		}
		answer.Upload = append(answer.Upload, entry{u.key, id, f.started.Format(time.RFC3339)})
	}
	_ = xml.NewEncoder(w).Encode(answer)
}
