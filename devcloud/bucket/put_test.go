package bucket_test

import (
	"fmt"
	"hash/crc64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cdrvault/devcloud/bucket"

	"github.com/tencentyun/cos-go-sdk-v5"
)

func TestPut_KeepsWhatIsToldOfTheObject(t *testing.T) {
	now := time.Date(2026, 11, 22, 5, 5, 0, 0, time.UTC)
	w := newWorld(t, bucket.Options{Now: func() time.Time { return now }, SignedAt: time.Now})
	text := strings.Repeat("call\n", 100)
	resp, err := w.sdk.Object.Put(t.Context(), "k", strings.NewReader(text), &cos.ObjectPutOptions{
		ObjectPutHeaderOptions: &cos.ObjectPutHeaderOptions{
			ContentType:              "application/x-ndjson",
			XCosStorageClass:         "STANDARD_IA",
			XCosServerSideEncryption: "AES256",
			XCosMetaXXX:              &http.Header{"X-Cos-Meta-Content-Sha256": {"00ff"}, "X-Cos-Meta-Calls": {"100"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	crc := strconv.FormatUint(crc64.Checksum([]byte(text), crc64.MakeTable(crc64.ECMA)), 10)
	stored := map[string]string{"X-Cos-Hash-Crc64ecma": crc, "ETag": resp.Header.Get("ETag"), "X-Cos-Server-Side-Encryption": "AES256"}
	wantHeaders(t, resp.Header, stored)

	resp, err = w.sdk.Object.Head(t.Context(), "k", nil)
	if err != nil {
		t.Fatal(err)
	}
	wantHeaders(t, resp.Header, stored)
	wantHeaders(t, resp.Header, map[string]string{
		"Content-Length":            "500",
		"Content-Type":              "application/x-ndjson",
		"Last-Modified":             "Sun, 22 Nov 2026 05:05:00 GMT",
		"Accept-Ranges":             "bytes",
		"X-Cos-Storage-Class":       "STANDARD_IA",
		"X-Cos-Meta-Content-Sha256": "00ff",
		"X-Cos-Meta-Calls":          "100",
	})
	if resp.Header.Get("X-Cos-Request-Id") == "" {
		t.Error("no request id")
	}
}

func wantHeaders(t *testing.T, got http.Header, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, got.Get(name), value)
		}
	}
}

func TestPut_ETagIsTheMD5(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	if got := w.put(t, "k", "123456789").Header; got.Get("ETag") != `"25f9e794323b453885f5181f1b624d0b"` ||
		got.Get("X-Cos-Hash-Crc64ecma") != "11051210869376104954" {
		t.Errorf("ETag %s, CRC64 %s", got.Get("ETag"), got.Get("X-Cos-Hash-Crc64ecma"))
	}
}

func TestPut_Refusals(t *testing.T) {
	meta := func(name, value string) *cos.ObjectPutHeaderOptions {
		return &cos.ObjectPutHeaderOptions{XCosMetaXXX: &http.Header{"X-Cos-Meta-" + name: {value}}}
	}
	for _, tt := range []struct {
		name string
		o    *cos.ObjectPutHeaderOptions
		code string
	}{
		{"metadata over 2 KB", meta("A", strings.Repeat("v", 2048)), "MetadataTooLarge"},
		{"underscore in a metadata name", meta("Session_id", "v"), "InvalidArgument"},
		{"metadata that is no ASCII", meta("Name", "中"), "InvalidArgument"},
		{"no MD5 at all", &cos.ObjectPutHeaderOptions{ContentMD5: "no"}, "InvalidDigest"},
		{"another body's MD5", &cos.ObjectPutHeaderOptions{ContentMD5: "JfnnlDI7RTiF9RgfG2JNCw=="}, "BadDigest"},
		{"unknown storage class", &cos.ObjectPutHeaderOptions{XCosStorageClass: "GLACIER"}, "InvalidArgument"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, bucket.Options{})
			_, err := w.sdk.Object.Put(t.Context(), "k", strings.NewReader("x"), &cos.ObjectPutOptions{ObjectPutHeaderOptions: tt.o})
			wantRefused(t, err, tt.code, 400)
			if len(w.Objects()) > 0 {
				t.Error("something was stored")
			}
		})
	}
}

func TestPut_MetadataOfExactly2KB(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	value := strings.Repeat("v", 2047)
	_, err := w.sdk.Object.Put(t.Context(), "k", strings.NewReader("x"), &cos.ObjectPutOptions{
		ObjectPutHeaderOptions: &cos.ObjectPutHeaderOptions{XCosMetaXXX: &http.Header{"X-Cos-Meta-A": {value}}},
	})
	if err != nil || w.Objects()[0].Meta["a"] != value {
		t.Errorf("not stored: %v", err)
	}
}

func TestPut_CutBodyIsNotStored(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	_, err := w.sdk.Object.Put(t.Context(), "k", io.MultiReader(strings.NewReader("half")), &cos.ObjectPutOptions{
		ObjectPutHeaderOptions: &cos.ObjectPutHeaderOptions{ContentLength: 8},
	})
	if err == nil {
		t.Error("no error")
	}
	w.Close() // waits until the bucket is through with the request
	if len(w.Objects()) > 0 {
		t.Error("half a body was stored")
	}
}

func TestPut_StreamOfUnknownLength(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	if _, err := w.sdk.Object.Put(t.Context(), "k", io.MultiReader(strings.NewReader("chunked")), nil); err != nil {
		t.Fatal(err)
	}
	if got := w.read(t, "k"); got != "chunked" {
		t.Errorf("read %q", got)
	}
}

func TestPut_OfSixteenCreateOnlyWritersOneWins(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	var wins, conflicts atomic.Int64
	var winner atomic.Value
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			text := fmt.Sprintf("writer %02d", i)
			_, err := w.sdk.Object.Put(t.Context(), "k", strings.NewReader(text), &cos.ObjectPutOptions{
				ObjectPutHeaderOptions: &cos.ObjectPutHeaderOptions{XOptionHeader: forbid()},
			})
			switch code, status := refused(err); {
			case err == nil:
				wins.Add(1)
				winner.Store(text)
			case code == "FileAlreadyExists" && status == 409:
				conflicts.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 || conflicts.Load() != 15 {
		t.Fatalf("%d wrote, %d were refused", wins.Load(), conflicts.Load())
	}
	if got := w.read(t, "k"); got != winner.Load() {
		t.Errorf("read %q, but %q was told that it wrote", got, winner.Load())
	}
}

func TestPut_VersionedBucketForgetsCreateOnly(t *testing.T) {
	w := newWorld(t, bucket.Options{Versioned: true})
	for _, text := range []string{"one", "two"} {
		_, err := w.sdk.Object.Put(t.Context(), "k", strings.NewReader(text), &cos.ObjectPutOptions{
			ObjectPutHeaderOptions: &cos.ObjectPutHeaderOptions{XOptionHeader: forbid()},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := w.read(t, "k"); got != "two" {
		t.Errorf("read %q", got)
	}
	status, _, err := w.sdk.Bucket.GetVersioning(t.Context())
	if err != nil || status.Status != "Enabled" {
		t.Errorf("versioning: %v, %v", status, err)
	}
}

func TestPut_ReadersSeeOneObjectOrTheOther(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	texts := map[string]string{} // by ETag
	for _, c := range []string{"a", "b"} {
		text := strings.Repeat(c, 100_000+len(texts))
		texts[w.put(t, "k", text).Header.Get("ETag")] = text
	}
	var wg sync.WaitGroup
	for _, text := range texts {
		wg.Go(func() {
			for range 20 {
				if _, err := w.sdk.Object.Put(t.Context(), "k", strings.NewReader(text), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() {
		for range 40 {
			resp, err := w.sdk.Object.Get(t.Context(), "k", nil)
			if err != nil {
				t.Error(err)
				continue
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || string(body) != texts[resp.Header.Get("ETag")] {
				t.Errorf("read %d bytes under ETag %s: %v", len(body), resp.Header.Get("ETag"), err)
			}
		}
	})
	wg.Wait()
}
