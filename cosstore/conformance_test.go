package cosstore_test

import (
	"errors"
	"io/fs"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"
	"time"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
	"cdrvault/cosstore"
	"cdrvault/devcloud/bucket"
)

// options are those of a store on a bucket at u, quick to try again and quick to go in parts.
func options(t *testing.T, u string) cosstore.Options {
	t.Helper()
	base, err := url.Parse(u)
	if err != nil {
		t.Fatal(err)
	}
	return cosstore.Options{
		BaseURL:        base,
		Credential:     cosstore.Credential{ID: "secret-id", Key: "secret-key", Token: "secret-token"},
		PartSize:       1 << 20,
		MultipartAbove: 2 << 20,
		Retry:          cosstore.Retry{First: time.Microsecond, Most: time.Microsecond},
	}
}

func open(t *testing.T, o cosstore.Options) *cosstore.Store {
	t.Helper()
	store, err := cosstore.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

func TestStore_Conforms(t *testing.T) {
	archivetest.TestStore(t, func(t *testing.T) archive.Store {
		return open(t, options(t, newFakeCOS(t).URL))
	})
}

// The local bucket verifies signatures, session token included.
func TestStore_ConformsOnDevcloud(t *testing.T) {
	archivetest.TestStore(t, func(t *testing.T) archive.Store {
		local, err := bucket.New(bucket.Options{
			Dir: t.TempDir(), Name: "lake-1250000000", NoSync: true,
			Credentials: func(id string) (key, token string, ok bool) {
				return "secret-key", "secret-token", id == "secret-id"
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(local)
		t.Cleanup(server.Close)
		return open(t, options(t, server.URL))
	})
}

// TestStore_ConformsOnCOS runs the suite on a bucket of COS. It leaves some 1,100 small objects and a few of 5 MB below
// conformance/ behind.
func TestStore_ConformsOnCOS(t *testing.T) {
	u := os.Getenv("CDRVAULT_TEST_COS_URL")
	if u == "" {
		t.Skip("set CDRVAULT_TEST_COS_URL, _ID, _KEY and _TOKEN to run the suite on a bucket of COS")
	}
	o := options(t, u)
	o.Credential = cosstore.Credential{
		ID:    os.Getenv("CDRVAULT_TEST_COS_ID"),
		Key:   os.Getenv("CDRVAULT_TEST_COS_KEY"),
		Token: os.Getenv("CDRVAULT_TEST_COS_TOKEN"),
	}
	o.Retry = cosstore.Retry{}
	archivetest.TestStore(t, func(t *testing.T) archive.Store { return open(t, o) })
}

// In a bucket with versions the create-only header has no effect; once an answer has told a version, the store looks first.
func TestPut_CreateOnlyInABucketWithVersions(t *testing.T) {
	b, err := bucket.New(bucket.Options{Dir: t.TempDir(), Name: "lake-1250000000", Versioned: true, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	store := open(t, options(t, server.URL))
	put := func(key, body string) error {
		return store.Put(t.Context(), key, archivetest.BodyOf([]byte(body)), archive.PutOptions{CreateOnly: true})
	}
	if err := put("first", "one"); err != nil {
		t.Fatal(err)
	}
	if err := put("first", "one"); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if err := put("first", "two"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("another body: %v", err)
	}
	if got, _, err := store.Get(t.Context(), "first"); err != nil || string(got) != "one" {
		t.Errorf("got %q, %v", got, err)
	}
}
