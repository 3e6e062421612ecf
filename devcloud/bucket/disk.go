package bucket

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// disk is the folder that a bucket lives in, used by one process at a time:
//
//	objects/<SHA-256 of the key>          every object is a blob
//	uploads/<upload id>/upload            a blob without a body: what the upload will become
//	uploads/<upload id>/<number>-<ETag>   a blob for each part that arrived
//	tmp/                                  what is being written; swept at the start
//
// A file's name is a digest because keys do not fit file systems: they may be long, have any byte, be each other's
// folders (a and a/b), or differ in case alone.
type disk struct {
	dir  string
	sync bool
}

func (d disk) path(name ...string) string { return filepath.Join(append([]string{d.dir}, name...)...) }

func (d disk) object(key string) string {
	sum := sha256.Sum256([]byte(key))
	return d.path("objects", hex.EncodeToString(sum[:]))
}

func (d disk) part(upload string, p part) string {
	return d.path("uploads", upload, fmt.Sprintf("%d-%s", p.Number, p.ETag))
}

// prepare makes the folders and sweeps what a killed process left.
func (d disk) prepare() error {
	if err := os.RemoveAll(d.path("tmp")); err != nil {
		return err
	}
	for _, name := range []string{"objects", "uploads", "tmp"} {
		if err := os.MkdirAll(d.path(name), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// settle makes a folder's entries durable: a rename in it, or a removal.
func (d disk) settle(name ...string) error {
	if !d.sync {
		return nil
	}
	dir, err := os.Open(d.path(name...))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// objects reads what is known of every object.
func (d disk) objects() ([]Object, error) {
	files, err := os.ReadDir(d.path("objects"))
	if err != nil {
		return nil, err
	}
	objects := make([]Object, len(files))
	for i, f := range files {
		path := d.path("objects", f.Name())
		size, err := readBlob(path, &objects[i])
		if err != nil {
			return nil, err
		}
		if o := objects[i]; size != o.Size || d.object(o.Key) != path {
			return nil, fmt.Errorf("read %s: not the object it says", path)
		}
	}
	return objects, nil
}

// uploads reads the unfinished uploads. A folder without a description is one whose upload never had an id that a
// client knew, or one that was being removed.
func (d disk) uploads() (map[string]*upload, error) {
	folders, err := os.ReadDir(d.path("uploads"))
	if err != nil {
		return nil, err
	}
	all := map[string]*upload{}
	for _, f := range folders {
		u := &upload{parts: map[int]part{}}
		_, err := readBlob(d.path("uploads", f.Name(), "upload"), u)
		if errors.Is(err, fs.ErrNotExist) {
			err = os.RemoveAll(d.path("uploads", f.Name()))
		} else if err == nil {
			all[u.ID] = u
			err = d.parts(u)
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// parts reads the parts of an upload, of each number the latest.
func (d disk) parts(u *upload) error {
	files, err := os.ReadDir(d.path("uploads", u.ID))
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.Name() == "upload" {
			continue
		}
		var p part
		if _, err := readBlob(d.path("uploads", u.ID, f.Name()), &p); err != nil {
			return err
		}
		if p.Modified.After(u.parts[p.Number].Modified) {
			u.parts[p.Number] = p
		}
	}
	return nil
}

// dropUpload forgets an upload on disk: its description first, so that a crash in between leaves no upload.
func (d disk) dropUpload(id string) error {
	err := os.Remove(d.path("uploads", id, "upload"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return errors.Join(os.RemoveAll(d.path("uploads", id)), d.settle("uploads"))
}
