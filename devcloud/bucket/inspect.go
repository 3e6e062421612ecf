package bucket

import (
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// Objects lists everything, in key order. The maps in it are the bucket's own: do not change them.
func (b *Bucket) Objects() []Object {
	b.mu.RLock()
	defer b.mu.RUnlock()
	all := make([]Object, len(b.index.keys))
	for i, key := range b.index.keys {
		all[i] = b.index.objects[key]
	}
	return all
}

// Open reads an object past the wire: nothing is signed or counted. An absent one is fs.ErrNotExist.
func (b *Bucket) Open(key string) (Object, io.ReadCloser, error) {
	o, file, err := b.open(key)
	if err == errNoSuchKey {
		err = &fs.PathError{Op: "open", Path: key, Err: fs.ErrNotExist}
	}
	if err != nil {
		return o, nil, err
	}
	return o, struct {
		io.Reader
		io.Closer
	}{io.LimitReader(file, o.Size), file}, nil
}

// Delete removes an object past the wire, as a hand at the console would. An absent one is fs.ErrNotExist.
func (b *Bucket) Delete(key string) error {
	if err := b.remove(key); err != nil {
		return err
	}
	return b.disk.settle("objects")
}

func (b *Bucket) remove(key string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.index.objects[key]; !ok {
		return &fs.PathError{Op: "delete", Path: key, Err: fs.ErrNotExist}
	}
	if err := os.Remove(b.disk.object(key)); err != nil {
		return err
	}
	b.index.remove(key)
	return nil
}

// Upload is a multipart upload that is neither completed nor aborted.
type Upload struct {
	ID, Key   string
	Initiated time.Time
	Parts     int
	Bytes     int64 // of the parts that arrived
}

// Uploads lists the unfinished uploads, by key, then by the time of their start.
func (b *Bucket) Uploads() []Upload {
	b.mu.RLock()
	defer b.mu.RUnlock()
	all := []Upload{}
	for _, u := range b.sortedUploads() {
		one := Upload{ID: u.ID, Key: u.Key, Initiated: u.Initiated, Parts: len(u.parts)}
		for _, p := range u.parts {
			one.Bytes += p.Size
		}
		all = append(all, one)
	}
	return all
}

// sortedUploads is in the order of listings: by key, then by id, which begins with the time. Its caller holds the lock.
func (b *Bucket) sortedUploads() []*upload {
	return slices.SortedFunc(maps.Values(b.uploads), func(x, y *upload) int {
		if c := strings.Compare(x.Key, y.Key); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
}
