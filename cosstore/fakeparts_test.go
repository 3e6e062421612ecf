package cosstore_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
)

// multipart is the part of the fake that joins parts. A completed or aborted upload is gone.
func (f *fakeCOS) multipart(w http.ResponseWriter, r *http.Request, op, key string, body []byte) {
	if op == "initiate" {
		id := fmt.Sprintf("upload-%d", f.requests[op])
		f.uploads[id] = &upload{key, kept(r.Header), map[int][]byte{}}
		fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", id)
		return
	}
	id := r.URL.Query().Get("uploadId")
	u, ok := f.uploads[id]
	if !ok || u.key != key {
		refuse(w, http.StatusNotFound, "NoSuchUpload")
		return
	}
	switch op {
	case "part":
		n, _ := strconv.Atoi(r.URL.Query().Get("partNumber"))
		u.parts[n] = body
		setSums(w.Header(), body)
	case "abort":
		delete(f.uploads, id)
	case "complete":
		f.complete(w, r, id, body)
	}
}

func (f *fakeCOS) complete(w http.ResponseWriter, r *http.Request, id string, body []byte) {
	var asked struct {
		Part []struct {
			PartNumber int
			ETag       string
		}
	}
	if err := xml.Unmarshal(body, &asked); err != nil {
		refuse(w, http.StatusBadRequest, "MalformedXML")
		return
	}
	u := f.uploads[id]
	var whole []byte
	for i, p := range asked.Part {
		data, have := u.parts[p.PartNumber]
		sums := http.Header{}
		setSums(sums, data)
		if !have || p.PartNumber != i+1 || p.ETag != sums.Get("ETag") {
			refuse(w, http.StatusBadRequest, "InvalidPart")
			return
		}
		whole = append(whole, data...)
	}
	if f.store(w, r, u.key, object{whole, u.header}) {
		delete(f.uploads, id)
		fmt.Fprint(w, "<CompleteMultipartUploadResult><ETag>whole-1</ETag></CompleteMultipartUploadResult>")
	}
}
