package bucket

import (
	"net/http"
	"strings"
)

type uploadListing struct {
	XMLName            struct{} `xml:"ListMultipartUploadsResult"`
	Bucket             string
	EncodingType       string `xml:"Encoding-Type,omitempty"`
	KeyMarker          string
	UploadIdMarker     string
	NextKeyMarker      string `xml:",omitempty"`
	NextUploadIdMarker string `xml:",omitempty"`
	MaxUploads         int
	IsTruncated        bool
	Prefix             string
	Upload             []listedUpload
}

type listedUpload struct {
	Key, UploadId    string
	StorageClass     string
	Initiator, Owner owner
	Initiated        string
}

// listUploads answers with a page of the unfinished uploads. It does not know delimiters.
func (b *Bucket) listUploads(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if q.Get("delimiter") != "" {
		return errNotImplemented
	}
	kind, text, err := encoder(r)
	if err != nil {
		return err
	}
	limit, err := number(r, "max-uploads", maxListed, maxListed)
	if err != nil {
		return err
	}
	answer := uploadListing{
		Bucket: b.o.Name, EncodingType: kind, MaxUploads: limit, Prefix: text(q.Get("prefix")),
		KeyMarker: text(q.Get("key-marker")), UploadIdMarker: q.Get("upload-id-marker"),
	}
	b.mu.RLock()
	uploads := b.sortedUploads()
	b.mu.RUnlock()
	last := &upload{}
	for _, u := range uploads {
		if !strings.HasPrefix(u.Key, q.Get("prefix")) || !u.after(q.Get("key-marker"), q.Get("upload-id-marker")) {
			continue
		}
		if len(answer.Upload) == limit {
			answer.IsTruncated = true
			answer.NextKeyMarker, answer.NextUploadIdMarker = text(last.Key), last.ID
			break
		}
		last = u
		answer.Upload = append(answer.Upload, listedUpload{
			Key: text(u.Key), UploadId: u.ID, StorageClass: u.Attrs.Class, Initiator: nobody, Owner: nobody,
			Initiated: listed(u.Initiated),
		})
	}
	return writeXML(w, http.StatusOK, answer)
}

// after tells whether the upload comes after a listing's markers. An id counts beside a key only.
func (u *upload) after(key, id string) bool {
	if key != "" && id != "" && u.Key == key {
		return u.ID > id
	}
	return u.Key > key
}
