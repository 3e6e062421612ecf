package bucket_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	"cdrvault/devcloud/bucket"

	"github.com/google/go-cmp/cmp"
	"github.com/tencentyun/cos-go-sdk-v5"
)

func TestObject_OddKeys(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	for _, key := range oddKeys {
		w.put(t, key, "text of "+key)
	}
	for _, key := range oddKeys {
		if got := w.read(t, key); got != "text of "+key {
			t.Errorf("%q: read %q", key, got)
		}
		if _, err := w.sdk.Object.Head(t.Context(), key, nil); err != nil {
			t.Errorf("head %q: %v", key, err)
		}
	}
	w.sdk.Conf.ObjectKeySimplifyCheck = false // it would not let x/../z through
	for _, key := range oddKeys {
		if _, err := w.sdk.Object.Delete(t.Context(), key); err != nil {
			t.Errorf("delete %q: %v", key, err)
		}
	}
	if left := w.Objects(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestObject_KeyTooLong(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	_, err := w.sdk.Object.Put(t.Context(), strings.Repeat("k", 851), strings.NewReader("x"), nil)
	wantRefused(t, err, "KeyTooLong", 400)
}

func TestAbsent(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	_, err := w.sdk.Object.Get(t.Context(), "k", nil)
	wantRefused(t, err, "NoSuchKey", 404)
	_, err = w.sdk.Object.Head(t.Context(), "k", nil)
	wantRefused(t, err, "", 404) // no body, so no code
	if _, err := w.sdk.Object.Delete(t.Context(), "k"); err != nil {
		t.Errorf("delete: %v", err)
	}
	if _, _, err := w.Open("k"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open: %v", err)
	}
	if err := w.Delete("k"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Delete: %v", err)
	}
}

func TestError_IsXMLAsCOSWordsIt(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	_, err := w.sdk.Object.Get(t.Context(), "a/b", nil)
	var e *cos.ErrorResponse
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	id := e.Response.Header.Get("X-Cos-Request-Id")
	host := strings.TrimPrefix(w.URL, "http://")
	got := []string{e.Code, e.Message, e.Resource, e.RequestID, e.TraceID, e.Response.Header.Get("Content-Type")}
	want := []string{"NoSuchKey", "The specified key does not exist.", host + "/a/b", id, "trace-" + id, "application/xml"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownRequestsAreNotImplemented(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	w.put(t, "k", "x")
	_, _, err := w.sdk.Object.GetACL(t.Context(), "k")
	wantRefused(t, err, "NotImplemented", 501)
	_, err = w.sdk.Bucket.Delete(t.Context())
	wantRefused(t, err, "NotImplemented", 501)
}

func TestInspect(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	w.put(t, "b", "22")
	w.put(t, "a", "1")
	w.read(t, "a")
	if _, err := w.sdk.Bucket.Head(t.Context()); err != nil {
		t.Error(err)
	}
	want := map[string]int{bucket.PutObject: 2, bucket.GetObject: 1, bucket.HeadBucket: 1}
	if diff := cmp.Diff(want, w.Counts()); diff != "" {
		t.Error(diff)
	}
	o, body, err := w.Open("b")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if err := w.Delete("b"); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(body)
	if err != nil || !bytes.Equal(text, []byte("22")) || o.Size != 2 {
		t.Errorf("read %q of %+v, %v", text, o, err)
	}
	if got := w.Objects(); len(got) != 1 || got[0].Key != "a" {
		t.Errorf("left: %v", got)
	}
	w.ResetCounts()
	if len(w.Counts()) > 0 {
		t.Errorf("counts after reset: %v", w.Counts())
	}
}
