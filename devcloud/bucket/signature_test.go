package bucket_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cdrvault/devcloud/bucket"

	"github.com/tencentyun/cos-go-sdk-v5"
)

// presignedNow lets a link live for a minute from now.
func presignedNow() *cos.PresignedURLOptions {
	return &cos.PresignedURLOptions{Query: &url.Values{}, Header: &http.Header{}, AuthTime: cos.NewAuthTime(time.Minute)}
}

func TestSignature_WrongCredentials(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	w.put(t, "k", "x")
	for _, tt := range []struct {
		name, id, key, token, code string
	}{
		{"unknown id", "id-2", "key-1", "token-1", "InvalidAccessKeyId"},
		{"wrong key", "id-1", "key-2", "token-1", "SignatureDoesNotMatch"},
		{"wrong token", "id-1", "key-1", "token-2", "AccessDenied"},
		{"no token", "id-1", "key-1", "", "AccessDenied"},
		{"not signed at all", "", "", "", "AccessDenied"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.auth.SetCredential(tt.id, tt.key, tt.token)
			_, err := w.sdk.Object.Get(t.Context(), "k", nil)
			wantRefused(t, err, tt.code, 403)
			_, err = w.sdk.Object.Put(t.Context(), "new", strings.NewReader("x"), nil)
			wantRefused(t, err, tt.code, 403)
		})
	}
	if len(w.Objects()) != 1 {
		t.Error("something was stored")
	}
}

func TestSignature_CredentialsChange(t *testing.T) {
	var generation atomic.Value
	generation.Store("1")
	w := newWorld(t, bucket.Options{Credentials: func(id string) (string, string, bool) {
		g := generation.Load().(string)
		return "key-" + g, "token-" + g, id == "id-"+g
	}})
	w.put(t, "k", "x")
	generation.Store("2")
	_, err := w.sdk.Object.Get(t.Context(), "k", nil)
	wantRefused(t, err, "InvalidAccessKeyId", 403)
	w.auth.SetCredential("id-2", "key-2", "token-2")
	w.read(t, "k")
}

func TestSignature_PermanentKeyHasNoToken(t *testing.T) {
	w := newWorld(t, bucket.Options{Credentials: func(string) (string, string, bool) { return "key-1", "", true }})
	w.auth.SetCredential("id-1", "key-1", "")
	w.put(t, "k", "x")
}

func TestSignature_Time(t *testing.T) {
	now := time.Now()
	var moved atomic.Int64
	w := newWorld(t, bucket.Options{SignedAt: func() time.Time { return now.Add(time.Duration(moved.Load())) }})
	w.put(t, "k", "x")
	for _, tt := range []struct {
		move time.Duration
		code string
	}{
		{59 * time.Minute, ""}, // the SDK signs for an hour
		{61 * time.Minute, "AccessDenied"},
		{-14 * time.Minute, ""},
		{-16 * time.Minute, "RequestTimeTooSkewed"},
	} {
		moved.Store(int64(tt.move))
		_, err := w.sdk.Object.Get(t.Context(), "k", nil)
		if code, _ := refused(err); code != tt.code {
			t.Errorf("after %v: %v, want %q", tt.move, err, tt.code)
		}
	}
}

// tamper changes a request after it was signed.
type tamper struct {
	auth   *cos.AuthorizationTransport
	change func(*http.Request)
}

func (t tamper) RoundTrip(r *http.Request) (*http.Response, error) {
	t.auth.Transport = changing(t.change)
	return t.auth.RoundTrip(r)
}

type changing func(*http.Request)

func (c changing) RoundTrip(r *http.Request) (*http.Response, error) {
	c(r)
	return http.DefaultTransport.RoundTrip(r)
}

func TestSignature_Tampered(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*http.Request)
	}{
		{"another key", func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/other", "" }},
		{"another method", func(r *http.Request) { r.Method = "DELETE" }},
		{"changed header", func(r *http.Request) { r.Header.Set("X-Cos-Meta-Kind", "asr") }},
		{"header taken away", func(r *http.Request) { r.Header.Del("X-Cos-Meta-Kind") }},
		{"header added", func(r *http.Request) { r.Header.Set("X-Cos-Storage-Class", "ARCHIVE") }},
		{"parameter added", func(r *http.Request) { r.URL.RawQuery = "tagging" }},
		{"another host", func(r *http.Request) { r.Host = "other" }},
		{"host not signed", func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "host;", "", 1))
		}},
		{"longer life", func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "q-key-time=1", "q-key-time=2", 1))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, bucket.Options{})
			base, _ := url.Parse(w.URL)
			sdk := cos.NewClient(&cos.BaseURL{BucketURL: base}, &http.Client{Transport: tamper{w.auth, tt.change}})
			sdk.Conf.RetryOpt.Count = 1
			_, err := sdk.Object.Put(t.Context(), "k", strings.NewReader("x"), &cos.ObjectPutOptions{
				ObjectPutHeaderOptions: &cos.ObjectPutHeaderOptions{XCosMetaXXX: &http.Header{"X-Cos-Meta-Kind": {"recording"}}},
			})
			if _, status := refused(err); status != 403 {
				t.Errorf("got %v", err)
			}
			if len(w.Objects()) > 0 {
				t.Error("it was stored")
			}
		})
	}
}

func TestSignature_Presigned(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	for _, key := range oddKeys {
		w.put(t, key, "text of "+key)
		link, err := w.sdk.Object.GetPresignedURL2(t.Context(), "GET", key, 0, presignedNow())
		if err != nil {
			t.Fatal(err)
		}
		if status, body := fetch(t, "GET", link.String()); status != 200 || body != "text of "+key {
			t.Errorf("%q: %d %q", key, status, body)
		}
	}
}

func TestSignature_PresignedForms(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	w.put(t, "k", "text")
	sign := func(change func(*cos.PresignedURLOptions)) string {
		t.Helper()
		o := presignedNow()
		change(o)
		link, err := w.sdk.Object.GetPresignedURL2(t.Context(), "GET", "k", 0, o, false)
		if err != nil {
			t.Fatal(err)
		}
		return link.String()
	}
	old := &cos.AuthTime{SignStartTime: time.Unix(1, 0), SignEndTime: time.Unix(2, 0), KeyStartTime: time.Unix(1, 0), KeyEndTime: time.Unix(2, 0)}
	plain := sign(func(*cos.PresignedURLOptions) {})
	for _, tt := range []struct {
		name, method, link string
		status             int
	}{
		{"host not signed", "GET", plain, 200},
		{"one query value", "GET", sign(func(o *cos.PresignedURLOptions) { o.SignMerged = true }), 200},
		{"expired", "GET", sign(func(o *cos.PresignedURLOptions) { o.AuthTime = old }), 403},
		{"another method", "PUT", plain, 403},
		{"another key", "GET", strings.Replace(plain, "/k?", "/l?", 1), 403},
		{"parameter added", "GET", plain + "&uploadId=1", 403},
		{"another token", "GET", strings.Replace(plain, "token-1", "token-2", 1), 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if status, body := fetch(t, tt.method, tt.link); status != tt.status {
				t.Errorf("got %d %s", status, body)
			}
		})
	}
}

// fetch sends a request that nobody signs.
func fetch(t *testing.T, method, link string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
