package archive

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"cdrvault/cdr"
)

// audit is the verification of one window.
type audit struct {
	*run
	task      Task
	found     []Finding
	checked   Checked
	deepBytes atomic.Int64
}

func (v *audit) finding(trouble Trouble, what, name, why string, args ...any) {
	v.found = append(v.found, Finding{App: v.task.App, Window: v.Grid.Stamp(v.task.Window.Start),
		Trouble: trouble, What: what, Name: name, Why: fmt.Sprintf(why, args...)})
}

// audit holds one window against everything that tells of it.
func (r *run) audit(t Task) (*audit, error) {
	v := &audit{run: r, task: t, checked: Checked{Windows: 1}}
	m, err := r.readManifest(r.soon, t.App, t.Window)
	key := r.keys.manifest(t.App, t.Window)
	switch bad := new(untrusted); {
	case errors.Is(err, fs.ErrNotExist):
		v.finding(Missing, "manifest", key, "the window is not archived")
		return v, nil
	case errors.As(err, &bad):
		v.finding(Altered, "manifest", key, "%v", bad.err)
		return v, nil
	case err != nil:
		return v, err
	case !m.Listing.Agreed:
		v.finding(Unproved, "manifest", key, "the calls were not proved to be all: %d read, the API counted %d", m.Listing.Listed, m.Listing.Total)
	}
	err = v.window(r.soon, m)
	v.sort()
	return v, err
}

// window holds rows, files and calls against the manifest. What the API does not list any more is left out.
func (v *audit) window(ctx context.Context, m *Manifest) error {
	lines, err := v.rows(ctx, m)
	if err != nil {
		return err
	}
	if err := v.files(ctx, m, lines); err != nil {
		return err
	}
	if v.task.Window.Start.Before(v.planner.reachable()) {
		return nil
	}
	return v.calls(ctx, lines)
}

// rows holds the rows object against the manifest, and looks for a second one.
func (v *audit) rows(ctx context.Context, m *Manifest) ([][]byte, error) {
	expect := map[string]bool{}
	var lines [][]byte
	if m.Rows != nil {
		expect[m.Rows.Key] = true
		var err error
		if lines, err = v.content(ctx, "rows", m.Rows); err != nil {
			return nil, err
		}
	}
	stem := strings.TrimSuffix(v.keys.rows(v.task.App, v.task.Window), v.keys.lines())
	return lines, v.extras(ctx, "rows", stem+".", expect)
}

// content reads a rows or index object and holds it against the manifest.
func (v *audit) content(ctx context.Context, what string, c *Content) ([][]byte, error) {
	packed, attrs, err := v.store.Get(ctx, c.Key)
	if errors.Is(err, fs.ErrNotExist) {
		v.finding(Missing, what, c.Key, "the manifest names it")
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v.checked.Bytes += int64(len(packed))
	lines, err := unpack(packed)
	is := contentOf(c.Key, lines, packed)
	switch {
	case err != nil:
		v.finding(Altered, what, c.Key, "cannot be unpacked")
	case is.ContentSHA256 != c.ContentSHA256:
		v.finding(Altered, what, c.Key, "has %d lines with another digest than the %d of the manifest", is.Lines, c.Lines)
	case attrs.Meta[metaSHA256] != c.ContentSHA256:
		v.finding(Altered, what, c.Key, "its metadata tell another digest")
	}
	return lines, nil
}

// extras reports the objects below prefix that nothing names.
func (v *audit) extras(ctx context.Context, what, prefix string, expect map[string]bool) error {
	return v.store.List(ctx, prefix, "", func(o Object) error {
		if !expect[o.Key] {
			v.finding(Extra, what, o.Key, "nothing names it")
		}
		return nil
	})
}

// files holds the rows' files, the media index, the manifest and the objects against each other.
func (v *audit) files(ctx context.Context, m *Manifest, rows [][]byte) error {
	x := index{}
	if m.Index != nil {
		lines, err := v.content(ctx, "media_index", m.Index)
		if err != nil {
			return err
		}
		if x, err = readIndex(lines); err != nil {
			v.finding(Altered, "media_index", m.Index.Key, "%v", err)
			x = index{}
		}
	}
	books := map[string]Status{}
	for _, d := range m.Debts {
		books[d.Key] = Pending
	}
	for _, f := range m.Lost {
		books[f.Key] = f.Status
	}
	expect := map[string]bool{}
	for _, s := range m.Media {
		books[s.Key], expect[s.Key] = Archived, true
		if f, ok := x[s.Key]; !ok || f.SHA256 != s.SHA256 || f.CRC64 != s.CRC64 || f.Bytes != s.Bytes {
			v.finding(Altered, "media_index", s.Key, "the index does not tell of it what the manifest does")
		}
	}
	for _, line := range rows {
		for _, f := range v.named(v.task, line) {
			if _, ok := books[f.Key]; !ok {
				v.finding(Missing, "media", f.Key, "a row names it; it is neither archived nor owed nor lost")
			}
		}
	}
	if err := v.objects(ctx, m.Media); err != nil {
		return err
	}
	return v.strays(ctx, books, expect)
}

// strays reports media objects that nothing names. An hour's folder is shared by its windows: where there are several, only
// the folders of this window's sessions are judged.
func (v *audit) strays(ctx context.Context, books map[string]Status, expect map[string]bool) error {
	folders := map[string]bool{}
	for key := range books {
		folders[path.Dir(key)] = true
	}
	whole := v.Grid.Length == time.Hour
	return v.store.List(ctx, v.keys.hour(mediaFolder, v.task.App, v.task.Window), "", func(o Object) error {
		if !expect[o.Key] && (whole || folders[path.Dir(o.Key)]) {
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

// calls holds the rows against what the API lists now. A call that is no longer listed stays, and is no trouble.
func (v *audit) calls(ctx context.Context, lines [][]byte) error {
	found, norm := newReading(), v.normalizer(v.task)
	listing, err := v.source.Calls(ctx, v.task.App, v.task.Window, func(page []json.RawMessage) error {
		for _, raw := range page {
			found.take(norm, v.task.Window, raw)
		}
		v.Progress.Calls.Add(int64(len(page)))
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	if !listing.Agreed {
		v.finding(Unproved, "call", "", "the API counts %d calls, but lists %d", listing.Total, listing.Listed)
	}
	v.checked.Calls += len(found.calls)
	lake := map[string][]byte{}
	for _, line := range lines {
		if id, _, ok := cdr.Head(line); ok {
			lake[id] = line
		}
	}
	for id, c := range found.calls {
		old, ok := lake[id]
		if !ok {
			v.finding(Missing, "call", EscapeSession(id), "the API lists it")
			continue
		}
		if _, changed, err := cdr.Merge(old, c.line); err == nil && changed {
			v.finding(Altered, "call", EscapeSession(id), "the API gives another value")
		}
	}
	return nil
}

// sort puts the findings in a fixed order.
func (v *audit) sort() {
	slices.SortFunc(v.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Trouble, b.Trouble), cmp.Compare(a.Name, b.Name))
	})
}
