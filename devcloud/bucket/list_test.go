package bucket_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cdrvault/devcloud/bucket"

	"github.com/google/go-cmp/cmp"
	"github.com/tencentyun/cos-go-sdk-v5"
)

// pages lists in pages of n and writes each page on a line: keys, then common prefixes, then > and the marker.
func (w *world) pages(t *testing.T, prefix, delimiter string, n int) []string {
	t.Helper()
	var all []string
	o := &cos.BucketGetOptions{Prefix: prefix, Delimiter: delimiter, MaxKeys: n}
	for range 50 {
		res, _, err := w.sdk.Bucket.Get(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		var entries []string
		for _, c := range res.Contents {
			entries = append(entries, c.Key)
		}
		entries = append(entries, res.CommonPrefixes...)
		if !res.IsTruncated {
			return append(all, strings.Join(entries, " "))
		}
		all = append(all, strings.Join(entries, " ")+" > "+res.NextMarker)
		o.Marker = res.NextMarker
	}
	t.Fatal("the listing does not end")
	return nil
}

func TestList_Pages(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	for _, key := range []string{"a", "a/1", "a/2", "a/b/3", "b", "c/4", "c0", "c/5/6", "d"} {
		w.put(t, key, "x")
	}
	for _, tt := range []struct {
		name, prefix, delimiter string
		n                       int
		want                    []string
	}{
		{"all", "", "", 0, []string{"a a/1 a/2 a/b/3 b c/4 c/5/6 c0 d"}},
		{"in pages", "", "", 4, []string{"a a/1 a/2 a/b/3 > a/b/3", "b c/4 c/5/6 c0 > c0", "d"}},
		{"the last page is full", "", "", 3, []string{"a a/1 a/2 > a/2", "a/b/3 b c/4 > c/4", "c/5/6 c0 d"}},
		{"a prefix", "a", "", 2, []string{"a a/1 > a/1", "a/2 a/b/3"}},
		{"a prefix that is no folder", "c", "", 0, []string{"c/4 c/5/6 c0"}},
		{"folders", "", "/", 0, []string{"a b c0 d a/ c/"}},
		{"folders in pages", "", "/", 2, []string{"a a/ > a/", "b c/ > c/", "c0 d"}},
		{"folders one by one", "", "/", 1, []string{"a > a", "a/ > a/", "b > b", "c/ > c/", "c0 > c0", "d"}},
		{"in a folder", "a/", "/", 2, []string{"a/1 a/2 > a/2", "a/b/"}},
		{"nothing", "x", "/", 2, []string{""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, w.pages(t, tt.prefix, tt.delimiter, tt.n)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestList_MarkerInsideAFolder(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	for _, key := range []string{"a/1", "a/2", "b"} {
		w.put(t, key, "x")
	}
	res, _, err := w.sdk.Bucket.Get(t.Context(), &cos.BucketGetOptions{Delimiter: "/", Marker: "a/1"})
	if err != nil || !cmp.Equal(res.CommonPrefixes, []string{"a/"}) || len(res.Contents) != 1 {
		t.Errorf("got %+v, %v", res, err)
	}
}

func TestList_URLEncoding(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	want := slices.Sorted(slices.Values(oddKeys))
	for _, key := range oddKeys {
		w.put(t, key, "x")
	}
	var got []string
	o := &cos.BucketGetOptions{EncodingType: "url", MaxKeys: 3}
	for more := true; more; {
		res, _, err := w.sdk.Bucket.Get(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range res.Contents {
			key, err := cos.DecodeURIComponent(c.Key)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, key)
		}
		if o.Marker, err = cos.DecodeURIComponent(res.NextMarker); err != nil {
			t.Fatal(err)
		}
		more = res.IsTruncated
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestList_Golden(t *testing.T) {
	now := time.Date(2026, 11, 22, 5, 5, 0, 0, time.UTC)
	w := newWorld(t, bucket.Options{Now: func() time.Time { return now }, SignedAt: time.Now})
	for _, key := range []string{"d/a b", "d/c/1", "d/c/2", "d/e"} {
		w.put(t, key, "123456789")
	}
	resp := w.raw(t, "/?prefix=d%2F&delimiter=%2F&max-keys=2&encoding-type=url")
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult><Name>lake-1250000000</Name><EncodingType>url</EncodingType><Prefix>d%2F</Prefix><Marker></Marker>` +
		`<MaxKeys>2</MaxKeys><Delimiter>%2F</Delimiter><IsTruncated>true</IsTruncated><NextMarker>d%2Fc%2F</NextMarker>` +
		`<Contents><Key>d%2Fa%20b</Key><LastModified>2026-11-22T05:05:00.000Z</LastModified>` +
		`<ETag>&#34;25f9e794323b453885f5181f1b624d0b&#34;</ETag><Size>9</Size>` +
		`<Owner><ID>1250000000</ID><DisplayName>1250000000</DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents>` +
		`<CommonPrefixes><Prefix>d%2Fc%2F</Prefix></CommonPrefixes></ListBucketResult>`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

// raw sends a signed GET past the SDK's own methods.
func (w *world) raw(t *testing.T, pathAndQuery string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", w.URL+pathAndQuery, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := w.auth.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func TestList_Refusals(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	for _, query := range []string{"max-keys=-1", "max-keys=many", "encoding-type=base64"} {
		resp := w.raw(t, "/?"+query)
		resp.Body.Close()
		if resp.StatusCode != 400 {
			t.Errorf("%s: %d", query, resp.StatusCode)
		}
	}
}

func TestList_MoreThanOnePageCanHold(t *testing.T) {
	w := newWorld(t, bucket.Options{})
	for i := range 1001 {
		w.put(t, fmt.Sprintf("%04d", i), "")
	}
	res, _, err := w.sdk.Bucket.Get(t.Context(), &cos.BucketGetOptions{MaxKeys: 5000})
	if err != nil || len(res.Contents) != 1000 || res.NextMarker != "0999" || res.MaxKeys != 1000 {
		t.Errorf("%d entries, next %q, max %d, %v", len(res.Contents), res.NextMarker, res.MaxKeys, err)
	}
}
