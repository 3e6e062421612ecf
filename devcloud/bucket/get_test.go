package bucket_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"cdrvault/devcloud/bucket"

	"github.com/tencentyun/cos-go-sdk-v5"
)

func TestGet_Ranges(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	w.put(t, "k", "0123456789")
	w.put(t, "empty", "")
	for _, tt := range []struct {
		key, header string
		status      int
		body, where string
	}{
		{"k", "", 200, "0123456789", ""},
		{"k", "bytes=0-0", 206, "0", "bytes 0-0/10"},
		{"k", "bytes=2-4", 206, "234", "bytes 2-4/10"},
		{"k", "bytes=7-", 206, "789", "bytes 7-9/10"},
		{"k", "bytes=7-99", 206, "789", "bytes 7-9/10"},
		{"k", "bytes=-3", 206, "789", "bytes 7-9/10"},
		{"k", "bytes=-99", 206, "0123456789", "bytes 0-9/10"},
		{"k", "bytes=10-", 416, "InvalidRange", ""},
		{"k", "bytes=-0", 416, "InvalidRange", ""},
		{"k", "bytes=99999999999-", 416, "InvalidRange", ""},
		{"empty", "bytes=0-", 416, "InvalidRange", ""},
		{"empty", "", 200, "", ""},
		{"k", "bytes=4-2", 200, "0123456789", ""},
		{"k", "bytes=-", 200, "0123456789", ""},
		{"k", "bytes=x-2", 200, "0123456789", ""},
		{"k", "bytes=+1-2", 200, "0123456789", ""},
		{"k", "bytes=0-1,3-4", 200, "0123456789", ""},
		{"k", "lines=0-1", 200, "0123456789", ""},
	} {
		t.Run(tt.key+" "+tt.header, func(t *testing.T) {
			resp, err := w.sdk.Object.Get(t.Context(), tt.key, &cos.ObjectGetOptions{Range: tt.header})
			if err != nil {
				wantRefused(t, err, tt.body, tt.status)
				return
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != tt.status || string(body) != tt.body || resp.Header.Get("Content-Range") != tt.where {
				t.Errorf("got %d %q %q, %v", resp.StatusCode, body, resp.Header.Get("Content-Range"), err)
			}
			if resp.ContentLength != int64(len(body)) {
				t.Errorf("Content-Length %d", resp.ContentLength)
			}
		})
	}
}

func TestGet_Conditions(t *testing.T) {
	now := time.Date(2026, 11, 22, 5, 5, 0, 7, time.UTC)
	w := newWorld(t, bucket.Options{Now: func() time.Time { return now }, SignedAt: time.Now})
	etag := w.put(t, "k", "x").Header.Get("ETag")
	then, before := now.Format(http.TimeFormat), now.Add(-time.Hour).Format(http.TimeFormat)
	for _, tt := range []struct {
		name, value string
		status      int
	}{
		{"If-Match", etag, 200}, {"If-Match", `"other"`, 412}, {"If-Match", `"other", ` + etag, 200},
		{"If-None-Match", etag, 304}, {"If-None-Match", `"other"`, 200}, {"If-None-Match", "*", 304},
		{"If-Modified-Since", then, 304}, {"If-Modified-Since", before, 200},
		{"If-Unmodified-Since", then, 200}, {"If-Unmodified-Since", before, 412},
	} {
		resp, err := w.sdk.Object.Get(t.Context(), "k", &cos.ObjectGetOptions{XOptionHeader: &http.Header{tt.name: {tt.value}}})
		if resp == nil || resp.StatusCode != tt.status {
			t.Errorf("%s: %s: got %v, %v", tt.name, tt.value, resp, err)
		}
	}
}

func TestGet_ArchivedObjectHasToBeRestored(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	_, err := w.sdk.Object.Put(t.Context(), "k", strings.NewReader("x"), &cos.ObjectPutOptions{
		ObjectPutHeaderOptions: &cos.ObjectPutHeaderOptions{XCosStorageClass: "DEEP_ARCHIVE"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.sdk.Object.Get(t.Context(), "k", nil)
	wantRefused(t, err, "InvalidObjectState", 403)
	if _, err := w.sdk.Object.Head(t.Context(), "k", nil); err != nil {
		t.Errorf("head: %v", err)
	}
}
