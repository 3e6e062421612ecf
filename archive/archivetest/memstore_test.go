package archivetest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

func TestMemStore_Conforms(t *testing.T) {
	archivetest.TestStore(t, func(*testing.T) archive.Store {
		store := archivetest.NewMemStore(nil)
		store.AllowEmpty = func(key string) bool { return strings.HasSuffix(key, "/empty") }
		return store
	})
}

func put(t *testing.T, store *archivetest.MemStore, key, data string) error {
	t.Helper()
	return store.Put(t.Context(), key, archivetest.BodyOf([]byte(data)), archive.PutOptions{})
}

func TestMemStore_Violations(t *testing.T) {
	wrongCRC := archivetest.BodyOf([]byte("x"))
	wrongCRC.CRC64++
	short := archivetest.BodyOf([]byte("x"))
	short.Size++
	good := archivetest.BodyOf([]byte("x"))
	tests := []struct {
		name, key string
		body      archive.Body
		meta      map[string]string
	}{
		{"CRC64 of other bytes", "k", wrongCRC, nil},
		{"size of other bytes", "k", short, nil},
		{"no bytes", "k", archivetest.BodyOf(nil), nil},
		{"dots in the key", "a..b", good, nil},
		{"double slash", "a//b", good, nil},
		{"control character", "a\tb", good, nil},
		{"long key", strings.Repeat("k", 851), good, nil},
		{"underscore in a metadata name", "k", good, map[string]string{"sdk_app_id": "1"}},
		{"line break in a metadata value", "k", good, map[string]string{"note": "a\nb"}},
		{"metadata beyond 2 KB", "k", good, map[string]string{"note": strings.Repeat("x", 2048)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := archivetest.NewMemStore(nil)
			if err := store.Put(t.Context(), test.key, test.body, archive.PutOptions{Meta: test.meta}); err == nil {
				t.Error("Put: no error")
			}
			if len(store.Violations()) != 1 || len(store.Keys()) != 0 {
				t.Errorf("violations %q, keys %q; want one and none", store.Violations(), store.Keys())
			}
		})
	}
}

func TestMemStore_MediaNeverChange(t *testing.T) {
	store := archivetest.NewMemStore(nil)
	for _, key := range []string{"p/media/a.mp3", "media/a.mp3", "media_index/a"} {
		for _, data := range []string{"one", "one", "two"} {
			if err := put(t, store, key, data); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := store.Violations(); len(got) != 2 {
		t.Errorf("violations: %q, want one for each media file", got)
	}
}

func TestMemStore_FailsTheTest(t *testing.T) {
	tb := &recorder{TB: t}
	if err := put(t, archivetest.NewMemStore(tb), "a//b", "x"); err == nil {
		t.Error("Put: no error")
	}
	if tb.errors != 1 {
		t.Errorf("%d test errors, want 1", tb.errors)
	}
}

// recorder counts the errors of a test that must fail.
type recorder struct {
	testing.TB
	errors int
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.errors++ }

func TestMemStore_Faults(t *testing.T) {
	store := archivetest.NewMemStore(t)
	faults := []archivetest.Fault{archivetest.Lost, archivetest.StoredButReported, archivetest.None}
	store.OnPut = func(_ string, n int) archivetest.Fault { return faults[n-1] }
	for i, key := range []string{"lost", "stored", "fine"} {
		err := put(t, store, key, "x")
		if want := faults[i] != archivetest.None; errors.Is(err, archivetest.ErrInjected) != want {
			t.Errorf("Put(%q): %v", key, err)
		}
	}
	if diff := cmp.Diff([]string{"fine", "stored"}, store.Keys()); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestMemStore_ErrorHooks(t *testing.T) {
	store, errDown := archivetest.NewMemStore(t), errors.New("down")
	down := func(string) error { return errDown }
	store.OnStat, store.OnGet, store.OnList = down, down, down
	_, stat := store.Stat(t.Context(), "k")
	_, _, get := store.Get(t.Context(), "k")
	list := store.List(t.Context(), "", "", nil)
	for _, err := range []error{stat, get, list} {
		if !errors.Is(err, errDown) {
			t.Errorf("%v, want the hook's error", err)
		}
	}
}

func TestMemStore_BeforeInterleaves(t *testing.T) {
	store := archivetest.NewMemStore(t)
	var steps []string
	store.Before = func(op archivetest.Op, key string) {
		steps = append(steps, fmt.Sprint(op, " ", key))
		if op == archivetest.Put && key == "a" {
			store.Set("a", []byte("another run was faster"), archive.PutOptions{})
		}
	}
	err := store.Put(t.Context(), "a", archivetest.BodyOf([]byte("x")), archive.PutOptions{CreateOnly: true})
	if err == nil {
		t.Error("Put: no error, though the key came into being before it")
	}
	if _, err := store.Stat(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"put a", "stat a"}, steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestMemStore_Counts(t *testing.T) {
	store := archivetest.NewMemStore(t)
	for i := range 2000 {
		store.Set(fmt.Sprintf("k%04d", i), []byte("x"), archive.PutOptions{})
	}
	if err := store.List(t.Context(), "", "", func(archive.Object) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := put(t, store, "one-more", "x"); err != nil {
		t.Fatal(err)
	}
	want := map[archivetest.Op]int{archivetest.List: 2, archivetest.Put: 1}
	if diff := cmp.Diff(want, store.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if store.ResetCounts(); len(store.Counts()) != 0 {
		t.Errorf("counts after the reset: %v", store.Counts())
	}
}

func TestMemStore_KeepsACopy(t *testing.T) {
	store, data := archivetest.NewMemStore(t), []byte("as put")
	body := archivetest.BodyOf(data)
	body.Open = func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("as put")), nil
	}
	meta := map[string]string{"state": "open"}
	if err := store.Put(t.Context(), "k", body, archive.PutOptions{Meta: meta}); err != nil {
		t.Fatal(err)
	}
	meta["state"] = "changed later"
	got, attrs, err := store.Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	got[0] = 'X'
	attrs.Meta["state"] = "changed by a reader"
	again, attrs, _ := store.Get(t.Context(), "k")
	if string(again) != "as put" || attrs.Meta["state"] != "open" {
		t.Errorf("after changes outside: %q, %q", again, attrs.Meta)
	}
}
