package bucket_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"cdrvault/devcloud/bucket"

	"github.com/tencentyun/cos-go-sdk-v5"
)

const name = "lake-1250000000"

// oddKeys are keys that trip path handling, escaping, folders or file systems.
var oddKeys = []string{
	`a/b c/中 +e~f(1)*!'&=?#%.txt`,
	"a", "a/b", "a/b/", "A", "A/B",
	"dt=2026-11-22/hour=05/calls-0500.ndjson.gz",
	"x//y", "x/./y", "x/../z", "%2F", "%", "+", "q?versionId=1",
	strings.Repeat("k", 847) + "中",
}

// world is a bucket behind a server, and the official SDK in front of it.
type world struct {
	*bucket.Bucket
	*httptest.Server
	sdk  *cos.Client
	auth *cos.AuthorizationTransport
}

// newWorld opens the bucket in o.Dir, by default a new one, with the credentials id-1, key-1, token-1.
func newWorld(t *testing.T, o bucket.Options) *world {
	t.Helper()
	o.Name, o.NoSync = name, true
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Credentials == nil {
		o.Credentials = func(id string) (string, string, bool) { return "key-1", "token-1", id == "id-1" }
	}
	b, err := bucket.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, b, b)
}

func serve(t testing.TB, b *bucket.Bucket, h http.Handler) *world {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	auth := &cos.AuthorizationTransport{SecretID: "id-1", SecretKey: "key-1", SessionToken: "token-1", Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	sdk := cos.NewClient(&cos.BaseURL{BucketURL: base}, &http.Client{Transport: auth})
	sdk.Conf.RetryOpt.Count = 1
	return &world{b, server, sdk, auth}
}

// put stores text under key, and expects it to work.
func (w *world) put(t *testing.T, key, text string) *cos.Response {
	t.Helper()
	resp, err := w.sdk.Object.Put(t.Context(), key, strings.NewReader(text), nil)
	if err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
	return resp
}

// read is the object's text.
func (w *world) read(t *testing.T, key string) string {
	t.Helper()
	resp, err := w.sdk.Object.Get(t.Context(), key, nil)
	if err != nil {
		t.Fatalf("get %s: %v", key, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("get %s: %v", key, err)
	}
	return string(body)
}

// refused tells the code and status that an SDK's error carries.
func refused(err error) (string, int) {
	var e *cos.ErrorResponse
	if !errors.As(err, &e) {
		return "", 0
	}
	return e.Code, e.Response.StatusCode
}

// wantRefused expects an error of the bucket.
func wantRefused(t *testing.T, err error, code string, status int) {
	t.Helper()
	if c, s := refused(err); c != code || s != status {
		t.Errorf("got %q %d (%v), want %q %d", c, s, err, code, status)
	}
}

// forbid is the header of a create-only write.
func forbid() *http.Header { return &http.Header{"X-Cos-Forbid-Overwrite": {"true"}} }
