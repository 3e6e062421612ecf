package bucket

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
)

// wanted is a part as the client lists it to complete an upload.
type wanted struct {
	PartNumber int
	ETag       string
}

// complete makes the parts one object.
func (b *Bucket) complete(w http.ResponseWriter, r *http.Request, key string) error {
	var list struct {
		Part []wanted
	}
	if err := xml.NewDecoder(io.LimitReader(r.Body, 4<<20)).Decode(&list); err != nil || len(list.Part) == 0 {
		return errMalformedXML
	}
	u, parts, err := b.chosen(r, key, list.Part)
	if err != nil {
		return err
	}
	d, err := b.join(u, parts)
	if err != nil {
		return err
	}
	defer d.discard()
	attrs := u.Attrs
	attrs.ETag = joinedETag(parts)
	o, err := b.commit(d, key, attrs, createOnly(r))
	if err != nil {
		return err
	}
	// If it dies here, object and upload are both there: completing again stores the same, aborting tidies up.
	if err := b.end(u); err != nil {
		return err
	}
	o.describe(w.Header())
	return writeXML(w, http.StatusOK, struct {
		XMLName                     struct{} `xml:"CompleteMultipartUploadResult"`
		Location, Bucket, Key, ETag string
	}{Location: "http://" + r.Host + "/" + encode(key), Bucket: b.o.Name, Key: key, ETag: quote(o.ETag)})
}

// end forgets a completed upload.
func (b *Bucket) end(u *upload) error {
	b.mu.Lock()
	delete(b.uploads, u.ID)
	b.mu.Unlock()
	return b.disk.dropUpload(u.ID)
}

// chosen finds the parts that the client lists. They are numbered from 1 without a gap, have the ETags they were
// stored with, and all but the last have the smallest size or more.
func (b *Bucket) chosen(r *http.Request, key string, list []wanted) (*upload, []part, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	u, err := b.upload(r, key)
	if err != nil {
		return nil, nil, err
	}
	for i, want := range list {
		if i > 0 && want.PartNumber <= list[i-1].PartNumber {
			return nil, nil, errInvalidPartOrder
		}
	}
	var parts []part
	for i, want := range list {
		p, ok := u.parts[want.PartNumber]
		switch {
		case !ok, want.PartNumber != i+1, strings.Trim(want.ETag, `"`) != p.ETag:
			return nil, nil, errInvalidPart
		case i < len(list)-1 && p.Size < minPart:
			return nil, nil, errEntityTooSmall
		}
		parts = append(parts, p)
	}
	return u, parts, nil
}

// join copies the parts one after the other into a draft.
func (b *Bucket) join(u *upload, parts []part) (*draft, error) {
	d, err := b.disk.draft()
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if err := d.addPart(b.disk.part(u.ID, p), p.Size); err != nil {
			d.discard()
			return nil, err
		}
	}
	return d, nil
}

// addPart appends a part's body. A part that is gone was taken away by another end of its upload.
func (d *draft) addPart(path string, size int64) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return errNoSuchUpload
	}
	if err != nil {
		return err
	}
	defer file.Close()
	return d.add(io.LimitReader(file, size))
}

// joinedETag is the MD5 of the parts' MD5s, and their number.
func joinedETag(parts []part) string {
	sum := md5.New()
	for _, p := range parts {
		raw, _ := hex.DecodeString(p.ETag) // our own hex
		sum.Write(raw)
	}
	return fmt.Sprintf("%x-%d", sum.Sum(nil), len(parts))
}
