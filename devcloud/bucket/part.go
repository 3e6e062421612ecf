package bucket

import (
	"encoding/hex"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// part is one stored part. A later part of the same number takes its place in the upload, but not its file: whoever
// is joining the earlier one gets what it asked for.
type part struct {
	Number   int       `json:"number"`
	Size     int64     `json:"size"`
	ETag     string    `json:"etag"` // the MD5, without quotes
	Modified time.Time `json:"modified"`
}

// uploadPart stores one part.
func (b *Bucket) uploadPart(w http.ResponseWriter, r *http.Request, key string) error {
	n, err := strconv.Atoi(r.URL.Query().Get("partNumber"))
	if err != nil || n < 1 || n > maxParts {
		return invalid("The partNumber is not from 1 to 10000.")
	}
	if r.ContentLength < 0 {
		return errNoLength
	}
	b.mu.RLock()
	u, err := b.upload(r, key)
	b.mu.RUnlock()
	if err != nil {
		return err
	}
	d, err := b.receive(r)
	if err != nil {
		return err
	}
	defer d.discard()
	p := part{Number: n, Size: d.size, ETag: hex.EncodeToString(d.md5.Sum(nil)), Modified: b.o.Now().UTC()}
	if err := d.seal(p); err != nil {
		return err
	}
	if err := b.placePart(d, u, p); err != nil {
		return err
	}
	if err := b.disk.settle("uploads", u.ID); err != nil {
		return err
	}
	Object{Attrs: Attrs{ETag: p.ETag, CRC64: d.crc.Sum64(), Headers: u.Attrs.Headers}}.describe(w.Header())
	return nil
}

// placePart adds the part to its upload, unless that has ended meanwhile.
func (b *Bucket) placePart(d *draft, u *upload, p part) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.uploads[u.ID] != u {
		return errNoSuchUpload
	}
	if err := d.move(b.disk.part(u.ID, p)); err != nil {
		return err
	}
	u.parts[p.Number] = p
	return nil
}

type listedPart struct {
	PartNumber   int
	LastModified string
	ETag         string
	Size         int64
}

type partListing struct {
	XMLName              struct{} `xml:"ListPartsResult"`
	Bucket               string
	EncodingType         string `xml:"Encoding-type,omitempty"`
	Key, UploadId        string
	Initiator, Owner     owner
	StorageClass         string
	PartNumberMarker     int
	NextPartNumberMarker int `xml:",omitempty"`
	MaxParts             int
	IsTruncated          bool
	Part                 []listedPart
}

// listParts answers with a page of an upload's parts.
func (b *Bucket) listParts(w http.ResponseWriter, r *http.Request, key string) error {
	kind, text, err := encoder(r)
	if err != nil {
		return err
	}
	limit, err1 := number(r, "max-parts", maxListed, maxListed)
	marker, err2 := number(r, "part-number-marker", 0, maxParts)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	u, parts, err := b.partsOf(r, key)
	if err != nil {
		return err
	}
	answer := partListing{
		Bucket: b.o.Name, EncodingType: kind, Key: text(key), UploadId: u.ID, Initiator: nobody, Owner: nobody,
		StorageClass: u.Attrs.Class, PartNumberMarker: marker, MaxParts: limit,
	}
	for _, p := range parts {
		if p.Number <= marker {
			continue
		}
		if len(answer.Part) == limit {
			answer.IsTruncated = true
			break
		}
		answer.Part = append(answer.Part, listedPart{p.Number, listed(p.Modified), quote(p.ETag), p.Size})
		answer.NextPartNumberMarker = p.Number
	}
	return writeXML(w, http.StatusOK, answer)
}

// partsOf finds the upload that a request names, and its parts by number.
func (b *Bucket) partsOf(r *http.Request, key string) (*upload, []part, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	u, err := b.upload(r, key)
	if err != nil {
		return nil, nil, err
	}
	return u, slices.SortedFunc(maps.Values(u.parts), func(x, y part) int { return x.Number - y.Number }), nil
}
