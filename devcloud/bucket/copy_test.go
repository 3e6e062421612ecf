package bucket_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"cdrvault/devcloud/bucket"

	"github.com/google/go-cmp/cmp"
	"github.com/tencentyun/cos-go-sdk-v5"
)

func TestCopy(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	const key = "a/b c/中 +e~f(1)*!'&=#%.txt" // the SDK takes what follows a ? for a version
	source := name + ".cos.ap-guangzhou.myqcloud.com/" + key
	_, err := w.sdk.Object.Put(t.Context(), key, strings.NewReader("text"), &cos.ObjectPutOptions{
		ObjectPutHeaderOptions: &cos.ObjectPutHeaderOptions{ContentType: "text/plain", XCosMetaXXX: &http.Header{"X-Cos-Meta-Kind": {"asr"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	original := w.Objects()[0]

	if _, _, err := w.sdk.Object.Copy(t.Context(), "1 same", source, nil); err != nil {
		t.Fatal(err)
	}
	res, _, err := w.sdk.Object.Copy(t.Context(), "2 replaced", source, &cos.ObjectCopyOptions{
		ObjectCopyHeaderOptions: &cos.ObjectCopyHeaderOptions{
			XCosMetadataDirective: "Replaced", ContentType: "text/html", XCosMetaXXX: &http.Header{"X-Cos-Meta-Kind": {"new"}},
		},
	})
	if err != nil || res.ETag != strconv.Quote(original.ETag) || res.CRC64 != strconv.FormatUint(original.CRC64, 10) {
		t.Errorf("got %v, %v", res, err)
	}
	same, replaced := w.Objects()[0], w.Objects()[1]
	if same.ETag != original.ETag || !cmp.Equal(same.Headers, original.Headers) || !cmp.Equal(same.Meta, original.Meta) {
		t.Errorf("the copy is %+v", same)
	}
	if replaced.Meta["kind"] != "new" || replaced.Headers["Content-Type"] != "text/html" || w.read(t, "2 replaced") != "text" {
		t.Errorf("the copy is %+v", replaced)
	}
}

func TestCopy_Refusals(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	w.put(t, "k", "x")
	for _, tt := range []struct {
		to, source, code string
		status           int
	}{
		{"k", name + ".cos.ap-guangzhou.myqcloud.com/k", "InvalidRequest", 400},
		{"c", name + ".cos.ap-guangzhou.myqcloud.com/none", "NoSuchKey", 404},
		{"c", "other-1250000000.cos.ap-guangzhou.myqcloud.com/k", "NoSuchBucket", 404},
		{"c", name + ".cos.ap-guangzhou.myqcloud.com/k?versionId=1", "NotImplemented", 501},
	} {
		_, _, err := w.sdk.Object.Copy(t.Context(), tt.to, tt.source, nil)
		wantRefused(t, err, tt.code, tt.status)
	}
}
