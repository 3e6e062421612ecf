// Package bucket is a COS bucket on disk, behind COS's own wire protocol, so that the official SDK talks to it as it
// talks to the cloud: objects, ranges, listings, multipart uploads, copies, metadata, checksums, create-only writes,
// signatures and session tokens.
//
// It promises that an answered write is whole and durable, that a crash leaves the old object or the new one, and
// that of any number of create-only writers of a key exactly one wins. It is built from COS's documents and its SDK
// and was never held against a real bucket: wordings of errors, and what COS does with requests its documents do not
// mention, are unproved. It does not know access rules, versions of an object, tags, or customer-supplied encryption
// keys; what it does not know it answers with 501 NotImplemented.
package bucket

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"cdrvault/devcloud/fault"
)

// Options describes a bucket. Dir and Name are required.
type Options struct {
	Dir  string // where everything is kept; made if absent
	Name string // name-appid, as lake-1250000000

	// Credentials answers with the secret key of an id, and the session token that goes with it: empty for a permanent
	// key. It is asked at every request, so credentials may change. nil: signatures are not looked at.
	Credentials func(secretID string) (key, token string, ok bool)

	Now func() time.Time // dates objects; nil: time.Now
	// SignedAt is the clock that signatures are held against; nil: Now. The SDK signs by the machine's clock, so a
	// simulation that moves Now sets this to time.Now.
	SignedAt func() time.Time

	// Failed is told what the disk refused, as where it is full; nil: nobody is. The request is answered with InternalError, which
	// clients take for a passing fault and try again, for minutes.
	Failed func(error)

	Versioned bool // x-cos-forbid-overwrite has no effect, as in a bucket that ever had versioning
	NoSync    bool // for speed: a write survives the end of the process, but not that of the machine
}

// Bucket is an http.Handler. It takes the key from the decoded path, so it must not stand behind an http.ServeMux,
// which redirects keys that have // or .. in them.
type Bucket struct {
	o    Options
	disk disk

	mu      sync.RWMutex // also held while a file is renamed into place, so that index and disk agree
	index   index
	uploads map[string]*upload

	countMu sync.Mutex
	counts  map[string]int
}

// New opens the bucket in o.Dir, or makes it. What a killed process left half written is removed; a file that was
// finished and cannot be read is an error.
func New(o Options) (*Bucket, error) {
	if o.Dir == "" || o.Name == "" {
		return nil, errors.New("open bucket: a folder and a name are needed")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.SignedAt == nil {
		o.SignedAt = o.Now
	}
	b := &Bucket{o: o, disk: disk{dir: o.Dir, sync: !o.NoSync}, counts: map[string]int{}}
	if err := b.load(); err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", o.Dir, err)
	}
	return b, nil
}

// load reads what is on disk.
func (b *Bucket) load() error {
	if err := b.disk.prepare(); err != nil {
		return err
	}
	objects, err := b.disk.objects()
	if err != nil {
		return err
	}
	b.index = newIndex(objects)
	b.uploads, err = b.disk.uploads()
	return err
}

// ServeHTTP answers one request.
func (b *Bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := Operation(r)
	b.count(op)
	announce(w)
	if err := b.serve(op, w, r); err != nil {
		if b.o.Failed != nil && fromDisk(err) {
			b.o.Failed(err)
		}
		refuse(w, r, err)
	}
}

// fromDisk tells whether err is the disk's, and will be the same at the next request: a client that left, or a process that has too
// many files open, is another matter.
func fromDisk(err error) bool {
	_, path := errors.AsType[*fs.PathError](err)
	_, link := errors.AsType[*os.LinkError](err)
	return (path || link) && !errors.Is(err, syscall.EMFILE) && !errors.Is(err, syscall.ENFILE)
}

// announce sets what COS sends with every answer.
func announce(w http.ResponseWriter) {
	w.Header().Set("Server", "tencent-cos")
	w.Header().Set("X-Cos-Request-Id", rand.Text())
}

// serve does what the request asks, or says why not before anything of an answer is written.
func (b *Bucket) serve(op string, w http.ResponseWriter, r *http.Request) error {
	if fault.Expired(r.Context()) {
		return errExpiredToken
	}
	if err := b.verify(r); err != nil {
		return err
	}
	key := strings.TrimPrefix(r.URL.Path, "/")
	if len(key) > maxKey {
		return errKeyTooLong
	}
	if !utf8.ValidString(key) {
		return invalid("The key is not UTF-8.")
	}
	switch op {
	case PutObject:
		return b.putObject(w, r, key)
	case PutObjectCopy:
		return b.copyObject(w, r, key)
	case GetObject, HeadObject:
		return b.getObject(w, r, key)
	case DeleteObject:
		return b.deleteObject(w, key)
	case InitiateMultipartUpload:
		return b.initiate(w, r, key)
	case UploadPart:
		return b.uploadPart(w, r, key)
	case ListParts:
		return b.listParts(w, r, key)
	case CompleteMultipartUpload:
		return b.complete(w, r, key)
	case AbortMultipartUpload:
		return b.abort(w, r, key)
	case ListMultipartUploads:
		return b.listUploads(w, r)
	case GetBucket:
		return b.list(w, r)
	case HeadBucket:
		return nil
	case GetBucketVersioning:
		return b.versioning(w)
	}
	return errNotImplemented
}

// versioning tells whether create-only writes can be relied on.
func (b *Bucket) versioning(w http.ResponseWriter) error {
	var answer struct {
		XMLName struct{} `xml:"VersioningConfiguration"`
		Status  string   `xml:",omitempty"`
	}
	if b.o.Versioned {
		answer.Status = "Enabled"
	}
	return writeXML(w, http.StatusOK, answer)
}

func (b *Bucket) count(op string) {
	b.countMu.Lock()
	defer b.countMu.Unlock()
	b.counts[op]++
}

// Counts tells how many requests reached the bucket, refused ones included, by operation. What a fault in front of it
// kept away is not among them.
func (b *Bucket) Counts() map[string]int {
	b.countMu.Lock()
	defer b.countMu.Unlock()
	return maps.Clone(b.counts)
}

// ResetCounts begins the counting anew.
func (b *Bucket) ResetCounts() {
	b.countMu.Lock()
	defer b.countMu.Unlock()
	clear(b.counts)
}
