package cosstore_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/cosstore"
)

func TestGet_Faults(t *testing.T) {
	tests := []struct {
		name  string
		fault func(op string, n int) fault
		gets  int
		err   string
	}{
		{"slow down twice", first(2, "get", slowDown), 3, ""},
		{"slow down for ever", first(99, "get", slowDown), 6, "503 SlowDown"},
		{"dropped", first(2, "get", fault{dropBefore: true}), 3, ""},
		{"bytes damaged on the way", first(1, "get", wrongCRC), 2, ""},
		{"bytes damaged for good", first(99, "get", wrongCRC), 6, "get " + key + ": the bucket's length or CRC64"},
		{"no CRC64", first(1, "get", noCRC), 1, ""},
		{"refused", first(1, "get", fault{status: 403, code: "AccessDenied"}), 1, "403 AccessDenied"},
		{"archived", first(1, "get", fault{status: 403, code: "InvalidObjectState"}), 1, "restored first"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cos := newFakeCOS(t)
			cos.set(key, "audio", nil)
			cos.fault = test.fault
			data, _, err := open(t, options(t, cos.URL)).Get(t.Context(), key)
			checkError(t, err, test.err)
			if err == nil && string(data) != "audio" || err != nil && data != nil {
				t.Errorf("Get: %q with error %v", data, err)
			}
			if n := cos.count("get"); n != test.gets {
				t.Errorf("%d GETs, want %d", n, test.gets)
			}
		})
	}
}

func TestGet_CutBodyIsReadAgain(t *testing.T) {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests++
		w.Header().Set("Content-Length", "5")
		fmt.Fprint(w, "audio"[:min(5, 2*requests)])
	}))
	t.Cleanup(server.Close)
	data, attrs, err := open(t, options(t, server.URL)).Get(t.Context(), key)
	if err != nil || string(data) != "audio" || attrs.Size != 5 || requests != 3 {
		t.Errorf("Get: %q, %+v, %v after %d requests", data, attrs, err, requests)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct {
		status int
		code   string
		err    string
		absent bool
	}{
		{404, "NoSuchKey", "404 NoSuchKey file does not exist", true},
		{404, "NoSuchBucket", "check COS_BUCKET", false},
		{403, "SignatureDoesNotMatch", "credential", false},
		{403, "RequestTimeTooSkewed", "clock", false},
		{307, "TemporaryRedirect", "COS_REGION", false},
		{400, "you sent secret-key", "get " + key + ": 400, request NjRmYWtl", false},
	}
	for _, test := range tests {
		t.Run(test.code, func(t *testing.T) {
			cos := newFakeCOS(t)
			cos.fault = first(9, "get", fault{status: test.status, code: test.code, edit: func(h http.Header) {
				h.Set("Location", "/elsewhere?sign=secret")
			}})
			_, _, err := open(t, options(t, cos.URL)).Get(t.Context(), key)
			checkError(t, err, test.err)
			var e *cosstore.Error
			if !errors.As(err, &e) || e.Key != key || e.Status != test.status || errors.Is(err, fs.ErrNotExist) != test.absent {
				t.Errorf("Get: %#v", e)
			}
			if cos.total() != 1 {
				t.Errorf("%d requests, want 1", cos.total())
			}
		})
	}
}

func TestErrors_NobodyThere(t *testing.T) {
	cos := newFakeCOS(t)
	cos.Close()
	store := open(t, options(t, cos.URL))
	_, err := store.Stat(t.Context(), key)
	checkError(t, err, "tried 6 times")
	checkError(t, store.Put(t.Context(), key, body(large), archive.PutOptions{}), "tried 6 times")
	checkError(t, store.List(t.Context(), "cdr/", "", nil), "list cdr/: ")
}

func TestStat_ForbiddenIsNotAbsent(t *testing.T) {
	cos := newFakeCOS(t)
	cos.fault = first(1, "head", fault{status: 403, code: "AccessDenied"})
	_, err := open(t, options(t, cos.URL)).Stat(t.Context(), key)
	checkError(t, err, "name/cos:GetBucket")
	if errors.Is(err, fs.ErrNotExist) {
		t.Error("a refusal was taken for an absent object")
	}
}

func listed(t *testing.T, store *cosstore.Store, prefix, after string) (keys []string, err error) {
	t.Helper()
	err = store.List(t.Context(), prefix, after, func(o archive.Object) error {
		keys = append(keys, o.Key)
		return nil
	})
	return keys, err
}

func TestList_PagesOfOddKeys(t *testing.T) {
	cos := newFakeCOS(t)
	cos.pageSize = 2
	want := []string{"p/%2F", "p/a b", "p/a+b", "p/a=b", "p/中"}
	for _, k := range append(want, "q") {
		cos.set(k, "x", nil)
	}
	cos.fault = first(1, "list", slowDown)
	got, err := listed(t, open(t, options(t, cos.URL)), "p/", "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if n := cos.count("list"); n != 4 {
		t.Errorf("%d requests, want 3 pages and a repetition", n)
	}
}

// page is one answer to a listing, as text.
func pageOf(next string, encoding string, keys ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<ListBucketResult>%s<IsTruncated>%t</IsTruncated><NextMarker>%s</NextMarker>", encoding, next != "", next)
	for _, k := range keys {
		fmt.Fprintf(&b, "<Contents><Key>%s</Key><Size>1</Size><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>", k)
	}
	return b.String() + "</ListBucketResult>"
}

func TestList_OddServers(t *testing.T) {
	const coded = "<EncodingType>url</EncodingType>"
	tests := []struct {
		name  string
		pages []string // the last one is repeated
		want  []string
		err   string
	}{
		{"does not encode, and says so", []string{pageOf("", "", "p/a%2Bb")}, []string{"p/a%2Bb"}, ""},
		{"encodes, and does not say so", []string{pageOf("", "", "p%2Fa%2Bb")}, []string{"p/a+b"}, ""},
		{"lists the marker again", []string{pageOf("p%2Fa", coded, "p%2Fa"), pageOf("", coded, "p%2Fa", "p%2Fb")}, []string{"p/a", "p/b"}, ""},
		{"stands still", []string{pageOf("p%2Fa", coded, "p%2Fa")}, []string{"p/a"}, "does not move on"},
		{"names an unreadable key", []string{pageOf("", coded, "p%2")}, nil, "key of a listing cannot be read"},
		{"sends half an answer", []string{"<ListBucketResult><Contents>"}, nil, "tried 6 times"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, test.pages[min(n, len(test.pages)-1)])
				n++
			}))
			t.Cleanup(server.Close)
			got, err := listed(t, open(t, options(t, server.URL)), "p/", "")
			checkError(t, err, test.err)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStore_SignsWithTheToken(t *testing.T) {
	var got http.Header
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))
	t.Cleanup(server.Close)
	if _, err := open(t, options(t, server.URL)).Stat(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.Get("Authorization"), "q-ak=secret-id&") || got.Get("x-cos-security-token") != "secret-token" {
		t.Errorf("headers: %q", got)
	}
}

// Two calls that are refused for one reason have errors that agree; a status alone is no reason, and neither is no answer.
func TestErrors_AgreeByReason(t *testing.T) {
	put := &cosstore.Error{Op: "put", Key: "a", Status: 403, Code: "AccessDenied", RequestID: "1"}
	for _, test := range []struct {
		list *cosstore.Error
		want bool
	}{
		{&cosstore.Error{Op: "list", Key: "b", Status: 403, Code: "AccessDenied", RequestID: "2"}, true},
		{&cosstore.Error{Op: "list", Key: "b", Status: 403, Code: "InvalidAccessKeyId"}, false},
		{&cosstore.Error{Op: "list", Key: "b", Status: 403}, false},
		{&cosstore.Error{Op: "list", Key: "b", Err: io.EOF}, false},
	} {
		if errors.Is(test.list, put) != test.want || errors.Is(put, test.list) != test.want {
			t.Errorf("%v and %v agree: want %v", put, test.list, test.want)
		}
	}
	if nobody := (&cosstore.Error{Op: "put", Key: "a", Err: io.EOF}); errors.Is(nobody, &cosstore.Error{Op: "list", Key: "b", Err: fs.ErrExist}) {
		t.Error("two calls without an answer agree")
	}
}
