package bucket

import "net/http"

// owner is whose everything is. COS sends it with each entry; the SDK wants nothing of it.
type owner struct {
	ID, DisplayName string
}

var nobody = owner{ID: "1250000000", DisplayName: "1250000000"}

type listing struct {
	XMLName        struct{} `xml:"ListBucketResult"`
	Name           string
	EncodingType   string `xml:",omitempty"`
	Prefix         string
	Marker         string
	MaxKeys        int
	Delimiter      string `xml:",omitempty"`
	IsTruncated    bool
	NextMarker     string         `xml:",omitempty"`
	Contents       []listedObject `xml:",omitempty"`
	CommonPrefixes []listedPrefix `xml:",omitempty"`
}

type listedObject struct {
	Key          string
	LastModified string
	ETag         string
	Size         int64
	Owner        owner
	StorageClass string
}

type listedPrefix struct{ Prefix string }

// encoder writes keys into XML as the client asked: as they are, or with encoding-type=url.
func encoder(r *http.Request) (kind string, text func(string) string, err error) {
	switch kind = r.URL.Query().Get("encoding-type"); kind {
	case "":
		return "", func(s string) string { return s }, nil
	case "url":
		return kind, encode, nil
	}
	return kind, nil, invalid("The encoding-type is url, or not given.")
}

// list answers with a page of the bucket's keys.
func (b *Bucket) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	kind, text, err := encoder(r)
	if err != nil {
		return err
	}
	limit, err := number(r, "max-keys", maxListed, maxListed)
	if err != nil {
		return err
	}
	b.mu.RLock()
	p := b.index.page(q.Get("prefix"), q.Get("delimiter"), q.Get("marker"), limit)
	b.mu.RUnlock()
	answer := listing{
		Name: b.o.Name, EncodingType: kind, MaxKeys: limit,
		Prefix: text(q.Get("prefix")), Marker: text(q.Get("marker")), Delimiter: text(q.Get("delimiter")),
		IsTruncated: p.next != "", NextMarker: text(p.next),
	}
	for _, o := range p.objects {
		answer.Contents = append(answer.Contents, listedObject{
			Key: text(o.Key), LastModified: listed(o.Modified), ETag: quote(o.ETag), Size: o.Size,
			Owner: nobody, StorageClass: o.Class,
		})
	}
	for _, prefix := range p.prefixes {
		answer.CommonPrefixes = append(answer.CommonPrefixes, listedPrefix{text(prefix)})
	}
	return writeXML(w, http.StatusOK, answer)
}
