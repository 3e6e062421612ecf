package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"cdrvault/devcloud/bucket"
	"cdrvault/devcloud/calls"
)

// walker holds the bucket against the world. It walks over all objects after every step, but reads only those that
// changed since it saw them: what was right stays right as long as its checksum stays. It reads nothing through the
// archive's own code.
type walker struct {
	world     *world
	bucket    *bucket.Bucket
	now       func() time.Time
	mediaHost string

	objects map[string]bucket.Object // as they were at the last walk
	lake    map[span]*books
	homes   map[string]span // by session: the window that the call is in
	wrong   []error
}

// books is what the bucket holds for one window.
type books struct {
	rows     *rows  // of all its rows objects; nil: there is none
	index    *index // of all its index objects
	manifest *manifest

	objects map[string]*object // of rows and index, by key
	touched bool               // one of them has changed since rows and index were put together
}

func newWalker(w *world, b *bucket.Bucket, now func() time.Time, mediaHost string) *walker {
	return &walker{world: w, bucket: b, now: now, mediaHost: mediaHost, objects: map[string]bucket.Object{},
		lake: map[span]*books{}, homes: map[string]span{}}
}

// complain notes a broken promise. The first few tell enough.
func (w *walker) complain(format string, args ...any) {
	if len(w.wrong) < 12 {
		w.wrong = append(w.wrong, fmt.Errorf("  "+format, args...))
	}
}

// verdict gives what was wrong since the last verdict.
func (w *walker) verdict() error {
	err := errors.Join(w.wrong...)
	w.wrong = nil
	return err
}

// walk checks what has to hold at every moment at which no run is in flight, and takes in what changed.
func (w *walker) walk() {
	here := map[string]bucket.Object{}
	for _, o := range w.bucket.Objects() {
		here[o.Key] = o
		if was, seen := w.objects[o.Key]; !seen || was.ETag != o.ETag || !sameMeta(was.Meta, o.Meta) {
			w.visit(o)
		}
	}
	for key := range w.objects {
		if _, ok := here[key]; !ok {
			w.complain("%s: is gone", key)
		}
	}
	for s, b := range w.lake {
		if b.touched {
			w.together(s, b)
		}
	}
	w.objects = here
}

func sameMeta(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for name, value := range a {
		if b[name] != value {
			return false
		}
	}
	return true
}

// visit reads one object that is new or has changed.
func (w *walker) visit(o bucket.Object) {
	data, err := w.read(o.Key)
	if err != nil {
		w.complain("%s: %v", o.Key, err)
		return
	}
	folder, _, _ := strings.Cut(o.Key, "/")
	plain := data
	switch folder {
	case "cdr":
		plain = w.visitRows(o, data)
	case "media_index":
		plain = w.visitIndex(o, data)
	case "manifests":
		w.visitManifest(o, data)
	case "media":
		w.visitMedia(o, data)
	case "runs", "ledger":
	default:
		w.complain("%s: no folder of the archive", o.Key)
	}
	told := o.Key + "\n" + fmt.Sprint(o.Meta) + "\n" + string(plain)
	if found := secretIn(told); found != "" {
		w.complain("%s: holds %q", o.Key, found)
	}
	if found := personIn(told); found != "" && folder != "cdr" && folder != "media" {
		w.complain("%s: holds %q", o.Key, found)
	}
	if o.Meta["content-sha256"] != digest(plain) {
		w.complain("%s: its metadata tell another digest", o.Key)
	}
}

func (w *walker) read(key string) ([]byte, error) {
	_, r, err := w.bucket.Open(key)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	return data, errors.Join(err, r.Close())
}

// visitMedia holds a file against the world.
func (w *walker) visitMedia(o bucket.Object, data []byte) {
	c, ok := w.world.files[o.Key]
	if !ok {
		w.complain("%s: the world has no such file", o.Key)
		return
	}
	want, err := io.ReadAll(c.files[o.Key].Open())
	if err != nil {
		w.complain("%s: %v", o.Key, err)
	}
	if !bytes.Equal(data, want) {
		w.complain("%s: has %d bytes that are not the %d of the source", o.Key, len(data), len(want))
	}
	for _, name := range []string{"session-id", "kind", "call-time", "source-host"} {
		if o.Meta[name] == "" {
			w.complain("%s: metadata lack %s", o.Key, name)
		}
	}
}

var keyForm = regexp.MustCompile(`^[a-z_]+/sdk_app_id=(\d+)/dt=(\d{4}-\d\d-\d\d)/(?:hour=(\d\d)/[a-z]+-)?(\d\d)00(?:-\d{4})?\.(?:ndjson\.gz|json)$`)

// at is the window that the key of rows, an index or a manifest tells, and its books.
func (w *walker) at(key string) (span, *books) {
	part := keyForm.FindStringSubmatch(key)
	if part == nil || part[3] != "" && part[3] != part[4] {
		w.complain("%s: no key of a window", key)
		return span{}, &books{objects: map[string]*object{}}
	}
	start, err := time.ParseInLocation("2006-01-02 15", part[2]+" "+part[4], calls.Beijing)
	if err != nil {
		w.complain("%s: %v", key, err)
	}
	s := span{part[1], start.Unix()}
	if w.lake[s] == nil {
		w.lake[s] = &books{objects: map[string]*object{}}
	}
	return s, w.lake[s]
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
