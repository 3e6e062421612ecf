package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"strconv"
	"time"
)

// files holds the files that rows name, the media index, the manifest and the objects against each other.
func (v *audit) files(ctx context.Context, m *Manifest, archived *rowSet) error {
	if err := v.indexed(ctx, m); err != nil {
		return err
	}
	books := m.files()
	err := archived.each(always, func(c call) error {
		for _, f := range v.named(v.task, c.line) {
			if _, ok := books[f.Key]; !ok {
				v.finding(Missing, "media", f.Key, "a row names it; it is neither archived nor owed nor lost")
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := v.objects(ctx, m.Media); err != nil {
		return err
	}
	return v.strays(ctx, books)
}

// indexed holds the media index against the manifest.
func (v *audit) indexed(ctx context.Context, m *Manifest) error {
	x := index{}
	err := v.contents(ctx, "media_index", contents(m.Index, m.IndexMore), func(c *Content, packed []byte) error {
		if err := x.read(packed); err != nil {
			v.finding(Altered, "media_index", c.Key, "%v", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range m.Media {
		if said, ok := x[f.Key]; !ok || said.SHA256 != f.SHA256 || said.CRC64 != f.CRC64 || said.Bytes != f.Bytes {
			v.finding(Altered, "media_index", f.Key, "the index does not tell of it what the manifest does")
		}
	}
	return nil
}

// strays reports media objects that nothing names. An hour's folder is shared by its windows: where there are several, only
// the folders of this window's sessions are judged.
func (v *audit) strays(ctx context.Context, books index) error {
	folders := map[string]bool{}
	for key := range books {
		folders[path.Dir(key)] = true
	}
	whole := v.Grid.Length == time.Hour
	return v.store.List(ctx, v.keys.hour(mediaFolder, v.task.App, v.task.Window), "", func(o Object) error {
		if !books[o.Key].Status.stored() && (whole || folders[path.Dir(o.Key)]) {
			v.finding(Extra, "media", o.Key, "no manifest names it as archived")
		}
		return nil
	})
}

// objects looks at every archived file, or with Deep reads it.
func (v *audit) objects(ctx context.Context, files []File) error {
	type look struct {
		File
		trouble Trouble
		why     string
		err     error
	}
	v.Progress.Files.Add(int64(len(files)))
	q := newQueue(v.Concurrency, func(l *look) {
		l.trouble, l.why, l.err = v.object(ctx, l.File)
		v.Progress.FilesDone.Add(1)
	})
	looks := make([]*look, len(files))
	for i, f := range files {
		looks[i] = &look{File: f}
		q.add(looks[i])
	}
	if err := q.wait(); err != nil {
		return err
	}
	for _, l := range looks {
		if l.err != nil {
			return l.err
		}
		if l.trouble != "" {
			v.finding(l.trouble, "media", l.Key, "%s", l.why)
		}
	}
	v.checked.Files += len(files)
	v.checked.Bytes += v.deepBytes.Load()
	return nil
}

// object compares one file with what the manifest tells: by the bucket's own length and checksum, with Deep by every
// byte.
func (v *audit) object(ctx context.Context, f File) (Trouble, string, error) {
	attrs, digest, err := v.look(ctx, f.Key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Missing, "the manifest names it", nil
	case err != nil:
		return "", "", err
	case attrs.Size != f.Bytes:
		return Altered, fmt.Sprintf("%d bytes instead of %d", attrs.Size, f.Bytes), nil
	case attrs.HasCRC && strconv.FormatUint(attrs.CRC64, 10) != f.CRC64:
		return Altered, "another CRC64", nil
	case digest != "" && digest != f.SHA256:
		return Altered, "another SHA-256", nil
	case attrs.Meta[metaSHA256] != f.SHA256:
		return Altered, "its metadata tell another digest", nil
	case !attrs.HasCRC && digest == "":
		return Unproved, "the bucket tells no CRC64", nil
	}
	return "", "", nil
}

// look asks the bucket about a file; with Deep it reads it and gives its SHA-256.
func (v *audit) look(ctx context.Context, key string) (attrs Attrs, digest string, err error) {
	if !v.Deep {
		attrs, err = v.store.Stat(ctx, key)
		return attrs, "", err
	}
	var sum hash.Hash
	attrs, err = v.stream(ctx, key, func(r io.Reader) error {
		sum = sha256.New()
		n, err := io.Copy(sum, r)
		v.deepBytes.Add(n)
		return err
	})
	if err != nil {
		return attrs, "", err
	}
	return attrs, hex.EncodeToString(sum.Sum(nil)), nil
}

// stream reads an object of any size, where the store can.
func (v *audit) stream(ctx context.Context, key string, take func(io.Reader) error) (Attrs, error) {
	if s, ok := v.store.(Streamer); ok {
		return s.Stream(ctx, key, take)
	}
	b, attrs, err := v.store.Get(ctx, key)
	if err != nil {
		return attrs, err
	}
	return attrs, take(bytes.NewReader(b))
}
