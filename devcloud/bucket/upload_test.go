package bucket_test

import (
	"bytes"
	"fmt"
	"hash/crc64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"cdrvault/devcloud/bucket"

	"github.com/google/go-cmp/cmp"
	"github.com/tencentyun/cos-go-sdk-v5"
)

const mb = 1 << 20

// begin starts an upload with metadata.
func (w *world) begin(t *testing.T, key string) string {
	t.Helper()
	res, _, err := w.sdk.Object.InitiateMultipartUpload(t.Context(), key, &cos.InitiateMultipartUploadOptions{
		ObjectPutHeaderOptions: &cos.ObjectPutHeaderOptions{ContentType: "audio/mpeg", XCosMetaXXX: &http.Header{"X-Cos-Meta-Kind": {"recording"}}},
	})
	if err != nil || res.Key != key || res.Bucket != name {
		t.Fatalf("initiate: %+v, %v", res, err)
	}
	return res.UploadID
}

// part sends one part and tells it as Complete wants it.
func (w *world) part(t *testing.T, key, id string, n int, body []byte) cos.Object {
	t.Helper()
	resp, err := w.sdk.Object.UploadPart(t.Context(), key, id, n, bytes.NewReader(body), nil)
	if err != nil {
		t.Fatalf("part %d: %v", n, err)
	}
	return cos.Object{PartNumber: n, ETag: resp.Header.Get("ETag")}
}

func (w *world) finish(t *testing.T, key, id string, header *http.Header, parts ...cos.Object) (*cos.Response, error) {
	t.Helper()
	_, resp, err := w.sdk.Object.CompleteMultipartUpload(t.Context(), key, id, &cos.CompleteMultipartUploadOptions{
		Parts: parts, XOptionHeader: header,
	})
	return resp, err
}

func TestMultipart(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	key := oddKeys[0]
	one, two := bytes.Repeat([]byte("1"), mb), []byte("the last part may be short")
	id := w.begin(t, key)
	w.part(t, key, id, 1, []byte("taken again"))
	second := w.part(t, key, id, 2, two)
	first := w.part(t, key, id, 1, one)

	listed, _, err := w.sdk.Object.ListParts(t.Context(), key, id, &cos.ObjectListPartsOptions{MaxParts: "1"})
	if err != nil || !listed.IsTruncated || listed.NextPartNumberMarker != "1" || listed.Parts[0].Size != mb {
		t.Errorf("first page of the parts: %+v, %v", listed, err)
	}
	listed, _, err = w.sdk.Object.ListParts(t.Context(), key, id, &cos.ObjectListPartsOptions{PartNumberMarker: "1"})
	if err != nil || listed.IsTruncated || len(listed.Parts) != 1 || listed.Parts[0].ETag != second.ETag {
		t.Errorf("second page of the parts: %+v, %v", listed, err)
	}

	resp, err := w.finish(t, key, id, nil, first, second)
	if err != nil {
		t.Fatal(err)
	}
	whole := append(one, two...)
	crc := strconv.FormatUint(crc64.Checksum(whole, crc64.MakeTable(crc64.ECMA)), 10)
	if resp.Header.Get("X-Cos-Hash-Crc64ecma") != crc {
		t.Errorf("CRC64 %s, want %s", resp.Header.Get("X-Cos-Hash-Crc64ecma"), crc)
	}
	if w.read(t, key) != string(whole) {
		t.Error("the object is not its parts")
	}
	o := w.Objects()[0]
	if !strings.HasSuffix(o.ETag, "-2") || o.Meta["kind"] != "recording" || o.Headers["Content-Type"] != "audio/mpeg" {
		t.Errorf("stored %+v", o)
	}
	if left := w.Uploads(); len(left) > 0 {
		t.Errorf("uploads left: %v", left)
	}
}

func TestMultipart_Refusals(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	id := w.begin(t, "k")
	big := bytes.Repeat([]byte("b"), mb)
	one, two, small := w.part(t, "k", id, 1, big), w.part(t, "k", id, 2, big), w.part(t, "k", id, 3, []byte("s"))
	last := w.part(t, "k", id, 4, []byte("l"))
	for _, tt := range []struct {
		name, id string
		parts    []cos.Object
		code     string
		status   int
	}{
		{"wrong order", id, []cos.Object{two, one}, "InvalidPartOrder", 400},
		{"a part twice", id, []cos.Object{one, one}, "InvalidPartOrder", 400},
		{"a gap", id, []cos.Object{one, small}, "InvalidPart", 400},
		{"another ETag", id, []cos.Object{one, {PartNumber: 2, ETag: small.ETag}}, "InvalidPart", 400},
		{"a part that never came", id, []cos.Object{one, two, small, last, {PartNumber: 5, ETag: one.ETag}}, "EntityTooSmall", 400},
		{"a small part in the middle", id, []cos.Object{one, two, small, last}, "EntityTooSmall", 400},
		{"no parts", id, nil, "MalformedXML", 400},
		{"another upload", "1-X", []cos.Object{one}, "NoSuchUpload", 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.finish(t, "k", tt.id, nil, tt.parts...)
			wantRefused(t, err, tt.code, tt.status)
		})
	}
	_, err := w.finish(t, "other key", id, nil, one)
	wantRefused(t, err, "NoSuchUpload", 404)
	_, err = w.sdk.Object.UploadPart(t.Context(), "k", id, 10001, strings.NewReader("x"), nil)
	wantRefused(t, err, "InvalidArgument", 400)
	_, err = w.sdk.Object.UploadPart(t.Context(), "k", id, 5, io.MultiReader(strings.NewReader("x")), nil)
	wantRefused(t, err, "MissingContentLength", 411)
	if len(w.Objects()) > 0 {
		t.Error("an object came of it")
	}
}

func TestMultipart_CompleteOnlyIfAbsent(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	w.put(t, "k", "first")
	id := w.begin(t, "k")
	part := w.part(t, "k", id, 1, []byte("second"))
	_, err := w.finish(t, "k", id, forbid(), part)
	wantRefused(t, err, "FileAlreadyExists", 409)
	if w.read(t, "k") != "first" || len(w.Uploads()) != 1 {
		t.Error("a refused completion changed something")
	}
	if _, err := w.finish(t, "k", id, nil, part); err != nil || w.read(t, "k") != "second" {
		t.Errorf("the upload cannot be completed otherwise: %v", err)
	}
}

func TestMultipart_Abort(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	id := w.begin(t, "k")
	part := w.part(t, "k", id, 1, []byte("x"))
	if _, err := w.sdk.Object.AbortMultipartUpload(t.Context(), "k", id); err != nil {
		t.Fatal(err)
	}
	if left := w.Uploads(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	_, err := w.sdk.Object.AbortMultipartUpload(t.Context(), "k", id)
	wantRefused(t, err, "NoSuchUpload", 404)
	_, err = w.sdk.Object.UploadPart(t.Context(), "k", id, 2, strings.NewReader("x"), nil)
	wantRefused(t, err, "NoSuchUpload", 404)
	_, err = w.finish(t, "k", id, nil, part)
	wantRefused(t, err, "NoSuchUpload", 404)
}

func TestListUploads_Pages(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	var want, got []string
	for _, key := range []string{"a", "a", "b/x", "b/中 +", "c"} {
		id := w.begin(t, key)
		if key != "c" {
			want = append(want, key+" "+id)
		}
	}
	list := func(prefix string) {
		o := &cos.ObjectListUploadsOptions{MaxUploads: 1, Prefix: prefix, EncodingType: "url"}
		for more := true; more; {
			res, _, err := w.sdk.Object.ListUploads(t.Context(), o)
			if err != nil || len(res.Upload) != 1 {
				t.Fatalf("%+v, %v", res, err)
			}
			key, _ := cos.DecodeURIComponent(res.Upload[0].Key)
			got = append(got, key+" "+res.Upload[0].UploadID)
			o.KeyMarker, _ = cos.DecodeURIComponent(res.NextKeyMarker)
			o.UploadIdMarker = res.NextUploadIdMarker
			more = res.IsTruncated
		}
	}
	list("a")
	list("b/")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if u := w.Uploads(); len(u) != 5 || u[4].Key != "c" || u[0].Parts != 0 {
		t.Errorf("Uploads() = %v", u)
	}
}

func TestMultipart_TheSDKsOwnUpload(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	source := newWorld(t, bucket.Options{})
	text := strings.Repeat("0123456789abcdef", 3*mb/16) + "rest"
	source.put(t, "k", text)
	link, err := source.sdk.Object.GetPresignedURL2(t.Context(), "GET", "k", 0, presignedNow())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.sdk.Object.PutFromURL(t.Context(), "k", link.String(), &cos.ObjectPutFromURLOptions{PartSize: 1}); err != nil {
		t.Fatal(err)
	}
	if w.read(t, "k") != text {
		t.Error("the copy differs")
	}
	if got := fmt.Sprint(w.Counts()[bucket.UploadPart]); got != "4" {
		t.Errorf("%s parts", got)
	}
}
