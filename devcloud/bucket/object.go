package bucket

import (
	"bytes"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"os"
)

// putObject stores the body under key.
func (b *Bucket) putObject(w http.ResponseWriter, r *http.Request, key string) error {
	attrs, err := readAttrs(r.Header)
	if err != nil {
		return err
	}
	d, err := b.receive(r)
	if err != nil {
		return err
	}
	defer d.discard()
	o, err := b.commit(d, key, attrs, createOnly(r))
	if err != nil {
		return err
	}
	if b.o.Versioned {
		w.Header().Set("X-Cos-Version-Id", rand.Text())
	}
	o.describe(w.Header())
	return nil
}

// receive takes a request's body as a draft, and refuses one that is not what the client says it sent.
func (b *Bucket) receive(r *http.Request) (*draft, error) {
	var want []byte
	if text := r.Header.Get("Content-MD5"); text != "" {
		var err error
		if want, err = base64.StdEncoding.DecodeString(text); err != nil || len(want) != md5.Size {
			return nil, errInvalidDigest
		}
	}
	d, err := b.disk.draft()
	if err != nil {
		return nil, err
	}
	err = d.add(r.Body)
	if err == nil && want != nil && !bytes.Equal(want, d.md5.Sum(nil)) {
		err = errBadDigest
	}
	if err != nil {
		d.discard()
		return nil, err
	}
	return d, nil
}

// commit makes a draft the object under key. Until the rename the old object is there, from then on the new one.
// Of several create-only commits one is first under the lock; the others find its object.
func (b *Bucket) commit(d *draft, key string, attrs Attrs, createOnly bool) (Object, error) {
	attrs.Size, attrs.CRC64, attrs.Modified = d.size, d.crc.Sum64(), b.o.Now().UTC()
	if attrs.ETag == "" {
		attrs.ETag = hex.EncodeToString(d.md5.Sum(nil))
	}
	o := Object{Key: key, Attrs: attrs}
	if err := d.seal(o); err != nil {
		return o, err
	}
	if err := b.place(d, o, createOnly && !b.o.Versioned); err != nil {
		return o, err
	}
	// If it dies here, the answer is lost but the object is there: a repeated write stores the same again, or where it
	// is create-only meets its own object.
	return o, b.disk.settle("objects")
}

func (b *Bucket) place(d *draft, o Object, createOnly bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.index.objects[o.Key]; ok && createOnly {
		return errExists
	}
	if err := d.move(b.disk.object(o.Key)); err != nil {
		return err
	}
	b.index.set(o)
	return nil
}

// createOnly tells whether the request must not replace an object.
func createOnly(r *http.Request) bool { return r.Header.Get("X-Cos-Forbid-Overwrite") == "true" }

// open gives an object and its file, at the body's first byte. The file stays what it is while the object is
// replaced or deleted.
func (b *Bucket) open(key string) (Object, *os.File, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	o, ok := b.index.objects[key]
	if !ok {
		return o, nil, errNoSuchKey
	}
	file, err := os.Open(b.disk.object(key))
	return o, file, err
}

// deleteObject answers the same whether there was an object or not, as COS does.
func (b *Bucket) deleteObject(w http.ResponseWriter, key string) error {
	if err := b.Delete(key); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
