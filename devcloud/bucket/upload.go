package bucket

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"
)

// upload is a multipart upload under way.
type upload struct {
	ID        string    `json:"id"` // begins with the time, so that ids sort by it
	Key       string    `json:"key"`
	Initiated time.Time `json:"initiated"`
	Attrs     Attrs     `json:"attrs"` // of the object to be

	parts map[int]part
}

// initiate begins an upload.
func (b *Bucket) initiate(w http.ResponseWriter, r *http.Request, key string) error {
	attrs, err := readAttrs(r.Header)
	if err != nil {
		return err
	}
	now := b.o.Now().UTC()
	u := &upload{ID: fmt.Sprintf("%d-%s", now.UnixNano(), rand.Text()), Key: key, Initiated: now, Attrs: attrs}
	if err := b.begin(u); err != nil {
		return err
	}
	return writeXML(w, http.StatusOK, struct {
		XMLName               struct{} `xml:"InitiateMultipartUploadResult"`
		Bucket, Key, UploadId string
	}{Bucket: b.o.Name, Key: key, UploadId: u.ID})
}

// begin writes the upload down. If it dies before the rename, the folder has no description and is swept.
func (b *Bucket) begin(u *upload) error {
	u.parts = map[int]part{}
	if err := os.Mkdir(b.disk.path("uploads", u.ID), 0o755); err != nil {
		return err
	}
	d, err := b.disk.draft()
	if err != nil {
		return err
	}
	defer d.discard()
	if err := errors.Join(d.seal(u), d.move(b.disk.path("uploads", u.ID, "upload"))); err != nil {
		return err
	}
	b.mu.Lock()
	b.uploads[u.ID] = u
	b.mu.Unlock()
	return errors.Join(b.disk.settle("uploads", u.ID), b.disk.settle("uploads"))
}

// upload finds the one that a request names. Its caller holds the lock.
func (b *Bucket) upload(r *http.Request, key string) (*upload, error) {
	u, ok := b.uploads[r.URL.Query().Get("uploadId")]
	if !ok || u.Key != key {
		return nil, errNoSuchUpload
	}
	return u, nil
}

// abort ends an upload and removes its parts.
func (b *Bucket) abort(w http.ResponseWriter, r *http.Request, key string) error {
	b.mu.Lock()
	u, err := b.upload(r, key)
	if err == nil {
		delete(b.uploads, u.ID)
	}
	b.mu.Unlock()
	if err != nil {
		return err
	}
	if err := b.disk.dropUpload(u.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
