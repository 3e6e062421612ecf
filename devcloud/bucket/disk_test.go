package bucket_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"cdrvault/devcloud/bucket"

	"github.com/google/go-cmp/cmp"
)

func TestRestart_KeepsEverything(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, bucket.Options{Dir: dir})
	for _, key := range oddKeys {
		w.put(t, key, "old")
		w.put(t, key, "text of "+key)
	}
	id := w.begin(t, "upload")
	first := w.part(t, "upload", id, 1, make([]byte, mb))
	w.part(t, "upload", id, 2, []byte("taken again"))
	second := w.part(t, "upload", id, 2, []byte("x"))
	objects, uploads := w.Objects(), w.Uploads()
	w.Close()

	w = newWorld(t, bucket.Options{Dir: dir})
	if diff := cmp.Diff(objects, w.Objects()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(uploads, w.Uploads()); diff != "" {
		t.Error(diff)
	}
	for _, key := range oddKeys {
		if got := w.read(t, key); got != "text of "+key {
			t.Errorf("%q: read %q", key, got)
		}
	}
	if _, err := w.finish(t, "upload", id, nil, first, second); err != nil {
		t.Error(err)
	}
	if got := w.read(t, "upload"); len(got) != mb+1 || !strings.HasSuffix(got, "\x00x") {
		t.Errorf("the upload became %d bytes", len(got))
	}
}

// copyTree is the disk as it was when the process died.
func copyTree(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestCrash_LeavesTheOldObjectOrTheNew(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, bucket.Options{Dir: dir})
	w.put(t, "k", "old")
	before := copyTree(t, dir)
	w.put(t, "k", "the new object")
	after := copyTree(t, dir)
	whole := readOnly(t, after, "objects")

	// The process died while the new object was being written, at each byte of it, and before its rename.
	for _, n := range []int{0, 1, 10, len(whole) / 2, len(whole) - 1, len(whole)} {
		died := copyTree(t, before)
		if err := os.WriteFile(filepath.Join(died, "tmp", "draft-1"), whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, bucket.Options{Dir: died})
		if got := w.read(t, "k"); got != "old" || w.Objects()[0].Size != 3 {
			t.Errorf("dead after %d bytes: read %q, %+v", n, got, w.Objects())
		}
		if left, _ := os.ReadDir(filepath.Join(died, "tmp")); len(left) > 0 {
			t.Errorf("dead after %d bytes: %d drafts left", n, len(left))
		}
	}
	if got := newWorld(t, bucket.Options{Dir: after}).read(t, "k"); got != "the new object" {
		t.Errorf("after the rename: read %q", got)
	}
}

// readOnly is the content of the one file in a folder.
func readOnly(t *testing.T, dir, folder string) []byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, folder, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files: %v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestCrash_UploadWithoutADescriptionIsSwept(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, bucket.Options{Dir: dir})
	id := w.begin(t, "k")
	w.part(t, "k", id, 1, []byte("x"))
	if err := os.Remove(filepath.Join(dir, "uploads", id, "upload")); err != nil {
		t.Fatal(err)
	}
	if left := newWorld(t, bucket.Options{Dir: dir}).Uploads(); len(left) > 0 {
		t.Errorf("uploads: %v", left)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "uploads")); len(left) > 0 {
		t.Errorf("folders left: %v", left)
	}
}

func TestNew_DamagedObjectIsAnError(t *testing.T) {
	dir := t.TempDir()
	newWorld(t, bucket.Options{Dir: dir}).put(t, "k", "text")
	whole := readOnly(t, dir, "objects")
	file, _ := filepath.Glob(filepath.Join(dir, "objects", "*"))
	for name, text := range map[string][]byte{
		"cut at the end":   whole[:len(whole)-1],
		"cut at the start": whole[1:],
		"empty":            nil,
		"not a blob":       []byte("something else that is long enough to be one"),
		"absurd length":    append(append([]byte{}, whole[:len(whole)-12]...), "\xff\xff\xff\xffcdrblob1"...),
	} {
		if err := os.WriteFile(file[0], text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := bucket.New(bucket.Options{Dir: dir, Name: name}); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

func TestNew_Durable(t *testing.T) {
	b, err := bucket.New(bucket.Options{Dir: t.TempDir(), Name: name})
	if err != nil {
		t.Fatal(err)
	}
	w := serve(t, b, b)
	w.put(t, "k", "synced")
	id := w.begin(t, "u")
	if _, err := w.finish(t, "u", id, nil, w.part(t, "u", id, 1, []byte("x"))); err != nil {
		t.Fatal(err)
	}
	if w.read(t, "k")+w.read(t, "u") != "syncedx" {
		t.Error("not read back")
	}
}

// Whoever keeps the bucket learns what the disk refuses, and nothing of what a client does wrong.
func TestFailed_TellsOfTheDiskAlone(t *testing.T) {
	dir := t.TempDir()
	var told atomic.Pointer[error]
	w := newWorld(t, bucket.Options{Dir: dir, Failed: func(err error) { told.Store(&err) }})
	w.put(t, "a", "x")
	if _, err := w.sdk.Object.Get(t.Context(), "absent", nil); !is("NoSuchKey", 404)(err) || told.Load() != nil {
		t.Errorf("got %v", err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "tmp")); err != nil {
		t.Fatal(err)
	}
	_, err := w.sdk.Object.Put(t.Context(), "b", strings.NewReader("x"), nil)
	if got := told.Load(); !is("InternalError", 500)(err) || got == nil || !errors.Is(*got, fs.ErrNotExist) {
		t.Errorf("got %v, and was told %v", err, got)
	}
}
