package stage

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// bucket is COS as far as an archive needs it: PUT, GET, HEAD and the two listings.
type bucket struct {
	stage *Stage
	room  sync.Pool // buffers of chunk bytes
}

// chunk is how much of a body is read at once, in bytes.
const chunk = 256 << 10

// small is the size up to which an object's bytes are kept.
const small = 64 << 20

// object is what a key holds.
type object struct {
	bytes    []byte // nil: a recording of size bytes
	size     int64
	crc      uint64
	etag     string
	header   http.Header // what the object's headers have to be
	modified time.Time
}

func newBucket(s *Stage) *bucket {
	return &bucket{stage: s, room: sync.Pool{New: func() any { b := make([]byte, chunk); return &b }}}
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	scene := b.stage.current()
	key := strings.TrimPrefix(r.URL.Path, "/")
	what := r.Method + " list"
	if key != "" {
		folder, _, _ := strings.Cut(key, "/")
		what = r.Method + " " + folder
	}
	b.stage.count(func(c *Counts) { c.Store[what]++ })
	w.Header().Set("X-Cos-Request-Id", "r")
	switch {
	case key == "" && r.URL.Query().Has("uploads"):
		time.Sleep(scene.StoreDelay)
		io.WriteString(w, xml.Header+"<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>")
	case key == "":
		time.Sleep(scene.StoreDelay)
		b.list(w, scene, r.URL.Query())
	case r.Method == http.MethodPut:
		b.put(w, r, scene, key)
	default:
		time.Sleep(scene.StoreDelay)
		b.get(w, r, scene, key)
	}
}

func (b *bucket) put(w http.ResponseWriter, r *http.Request, scene *scene, key string) {
	o, err := b.take(r, scene.Digest)
	if err != nil {
		return // the client has gone
	}
	if strings.HasPrefix(key, "media/") || strings.HasPrefix(key, "pipe/") {
		b.stage.count(func(c *Counts) {
			c.Stored += o.size
			if o.bytes != nil || o.size != scene.Bytes {
				c.Strange++
			}
		})
	}
	time.Sleep(scene.StoreDelay)
	if !scene.put(key, o, r.Header.Get("X-Cos-Forbid-Overwrite") == "true") {
		refuse(w, http.StatusConflict, "FileAlreadyExists")
		return
	}
	w.Header().Set("X-Cos-Hash-Crc64ecma", strconv.FormatUint(o.crc, 10))
	w.Header().Set("Etag", o.etag)
}

// take reads a body and judges it. Where it turns out to be no recording, its bytes are kept.
func (b *bucket) take(r *http.Request, digest bool) (*object, error) {
	room := b.room.Get().(*[]byte)
	defer b.room.Put(room)
	j := judge{digest: digest}
	var kept bytes.Buffer
	for ended := false; !ended; {
		n, err := r.Body.Read(*room)
		ended = err == io.EOF
		if err != nil && !ended {
			return nil, err
		}
		before := j.size
		j.Write((*room)[:n])
		if j.other && j.size <= small {
			if kept.Len() == 0 {
				kept.Write(tape()[:before])
			}
			kept.Write((*room)[:n])
		}
	}
	return j.object(kept.Bytes(), r.Header), nil
}

// object is what was judged, with the headers that belong to it.
func (j *judge) object(kept []byte, sent http.Header) *object {
	o := &object{size: j.size, crc: j.crc(), header: http.Header{}, modified: time.Now()}
	o.etag = `"` + strconv.FormatUint(o.crc, 16) + `"`
	if j.other {
		o.bytes = kept
		sum := md5.Sum(kept) // what COS gives for an object that was put in one piece
		o.etag = `"` + hex.EncodeToString(sum[:]) + `"`
	}
	for name, values := range sent {
		if name == "Content-Type" || strings.HasPrefix(name, "X-Cos-Meta-") {
			o.header[name] = values
		}
	}
	return o
}

// get answers GET and HEAD.
func (b *bucket) get(w http.ResponseWriter, r *http.Request, scene *scene, key string) {
	o := scene.object(key)
	if o == nil {
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	h := w.Header()
	for name, values := range o.header {
		h[name] = values
	}
	h.Set("Content-Length", strconv.FormatInt(o.size, 10))
	h.Set("X-Cos-Hash-Crc64ecma", strconv.FormatUint(o.crc, 10))
	h.Set("Etag", o.etag)
	h.Set("Last-Modified", o.modified.UTC().Format(http.TimeFormat))
	switch {
	case r.Method == http.MethodHead:
	case o.bytes == nil:
		w.Write(recording(o.size))
	default:
		w.Write(o.bytes)
	}
}

// listing is a page of GET Bucket.
type listing struct {
	XMLName      xml.Name `xml:"ListBucketResult"`
	EncodingType string   `xml:"EncodingType,omitempty"`
	IsTruncated  bool
	NextMarker   string `xml:"NextMarker,omitempty"`
	Contents     []listed
}

type listed struct {
	Key          string
	LastModified string
	ETag         string
	Size         int64
}

func (b *bucket) list(w http.ResponseWriter, scene *scene, q url.Values) {
	most, err := strconv.Atoi(q.Get("max-keys"))
	if err != nil {
		most = 1000
	}
	page := listing{EncodingType: q.Get("encoding-type")}
	for _, key := range scene.keys(q.Get("prefix"), q.Get("marker")) {
		if len(page.Contents) == most {
			page.IsTruncated, page.NextMarker = true, page.Contents[most-1].Key
			break
		}
		o := scene.object(key)
		page.Contents = append(page.Contents, listed{url.PathEscape(key), o.modified.UTC().Format(time.RFC3339), o.etag, o.size})
	}
	xml.NewEncoder(w).Encode(page)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	io.WriteString(w, xml.Header+"<Error><Code>"+code+"</Code></Error>")
}

// put stores an object, unless it may only be created and exists.
func (s *scene) put(key string, o *object, createOnly bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.objects[key] != nil && createOnly {
		return false
	}
	s.objects[key] = o
	return true
}

// object is what lies under key; nil: nothing.
func (s *scene) object(key string) *object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[key]
}

// keys are those that begin with prefix and come after marker, in order.
func (s *scene) keys(prefix, marker string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for key := range s.objects {
		if strings.HasPrefix(key, prefix) && key > marker {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
