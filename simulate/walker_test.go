package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"hash/crc64"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cdrvault/archive"
	"cdrvault/cosstore"
	"cdrvault/devcloud/calls"
	"cdrvault/devcloud/center"
)

// morning archives the first hours of a world without any fault and gives the fortnight then.
func morning(t *testing.T) *Fortnight {
	t.Helper()
	s := fewDays(1)
	s.PerDay = 150
	f, err := begin(s, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.cloud.close() })
	f.Start, f.Parts = f.first, 0
	f.clock.set(f.first.Add(11 * time.Hour))
	if _, err := f.runs(t.Context(), visit{request: f.request()}); err != nil {
		t.Fatal(err)
	}
	return f
}

// first is the first key below a prefix.
func (f *Fortnight) firstKey(t *testing.T, prefix string) string {
	t.Helper()
	for _, o := range f.cloud.bucket.Objects() {
		if strings.HasPrefix(o.Key, prefix) {
			return o.Key
		}
	}
	t.Fatalf("nothing below %s", prefix)
	return ""
}

// put stores an object by hand, with the metadata of what lay there before and a digest that fits.
func (f *Fortnight) put(t *testing.T, key string, data []byte, plain []byte) {
	t.Helper()
	l := newLife(-1, false, func() {})
	f.cloud.lives.add(l)
	meta := map[string]string{}
	if was, r, err := f.cloud.bucket.Open(key); err == nil {
		r.Close()
		maps.Copy(meta, was.Meta)
	}
	meta["content-sha256"] = digest(plain)
	if err := f.store(t, l).Put(t.Context(), key, bodyOf(data), archive.PutOptions{Meta: meta}); err != nil {
		t.Fatal(err)
	}
}

// store is the bucket as a run sees it.
func (f *Fortnight) store(t *testing.T, l *life) archive.Store {
	t.Helper()
	store, err := cosstore.New(cosstore.Options{
		BaseURL:    &url.URL{Scheme: "http", Host: f.cloud.storage.address},
		Credential: cosstore.Credential{ID: l.id, Key: l.secret, Token: l.token},
		Retry:      cosstore.Retry{First: 1, Most: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

func bodyOf(data []byte) archive.Body {
	return archive.Body{Size: int64(len(data)), CRC64: crc64.Checksum(data, crc64.MakeTable(crc64.ECMA)),
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

// rewrite changes the lines of a rows or index object.
func (f *Fortnight) rewrite(t *testing.T, key string, change func(lines []string) []string) {
	t.Helper()
	f.rewriteTo(t, key, key, change)
}

// rewriteTo puts the changed lines of an object under another key.
func (f *Fortnight) rewriteTo(t *testing.T, key, to string, change func(lines []string) []string) {
	t.Helper()
	data, err := f.walker.read(key)
	if err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Join(change(strings.SplitAfter(strings.TrimSuffix(string(plain), "\n")+"\n", "\n")), "")
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	io.WriteString(w, changed)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.put(t, to, packed.Bytes(), []byte(changed))
}

// fullest is the rows object with the most lines.
func (f *Fortnight) fullest() string {
	var most *object
	for _, b := range f.walker.lake {
		for key, o := range b.objects {
			if strings.HasPrefix(key, "cdr/") && (most == nil || len(o.lines) > len(most.lines)) {
				most = o
			}
		}
	}
	return most.Key
}

// TestWalker breaks every promise by hand: a walker that does not see it would make each night a quiet one.
func TestWalker(t *testing.T) {
	for _, c := range []struct {
		name, want string
		do         func(*testing.T, *Fortnight)
	}{
		{"nothing", "", func(*testing.T, *Fortnight) {}},
		{"a file that is gone", "is gone", func(t *testing.T, f *Fortnight) {
			f.remove(t, f.firstKey(t, "media/"))
		}},
		{"a file with other bytes", "are not the", func(t *testing.T, f *Fortnight) {
			f.put(t, f.firstKey(t, "media/"), []byte("ID3"), []byte("ID3"))
		}},
		{"a file that nobody made", "the world has no such file", func(t *testing.T, f *Fortnight) {
			f.put(t, "media/sdk_app_id=1400000001/dt=2026-03-02/hour=08/x/recording.mp3", []byte("ID3"), []byte("ID3"))
		}},
		{"a call that is gone", "lost a call", func(t *testing.T, f *Fortnight) {
			f.rewrite(t, f.fullest(), func(lines []string) []string { return lines[1:] })
		}},
		{"a call that is there twice", "has a call twice", func(t *testing.T, f *Fortnight) {
			f.rewrite(t, f.fullest(), func(lines []string) []string { return append(lines, lines[len(lines)-2]) })
		}},
		{"a call that is in two objects", "stands in two objects", func(t *testing.T, f *Fortnight) {
			key := f.fullest()
			f.rewriteTo(t, key, strings.Replace(key, "00.ndjson", "00-0001.ndjson", 1), func(lines []string) []string { return lines[:1] })
		}},
		{"calls out of order", "not in order", func(t *testing.T, f *Fortnight) {
			f.rewrite(t, f.fullest(), func(lines []string) []string { slices.Reverse(lines); return lines })
		}},
		{"a call in two windows", "is in", func(t *testing.T, f *Fortnight) {
			data, err := f.walker.read(f.fullest())
			if err != nil {
				t.Fatal(err)
			}
			key := "cdr/sdk_app_id=1400000001/dt=2026-03-05/hour=03/calls-0300.ndjson.gz"
			f.put(t, key, data, data)
			f.rewrite(t, key, func(lines []string) []string { return lines })
		}},
		{"a value that is gone", "lost its Caller", func(t *testing.T, f *Fortnight) {
			f.rewrite(t, f.fullest(), edit(func(r row) { r["Caller"] = "" }))
		}},
		{"a value that is another", "the API tells", func(t *testing.T, f *Fortnight) {
			f.rewrite(t, f.fullest(), edit(func(r row) { r["Duration"] = 100_000 }))
		}},
		{"a link", `holds "sign="`, func(t *testing.T, f *Fortnight) {
			f.rewrite(t, f.fullest(), edit(func(r row) { r["Remark"] = "http://example.com/a.mp3?sign=1" }))
		}},
		{"a person in a manifest", "holds", func(t *testing.T, f *Fortnight) {
			key := f.firstKey(t, "manifests/")
			data, err := f.walker.read(key)
			if err != nil {
				t.Fatal(err)
			}
			data = bytes.Replace(data, []byte(`"window_start"`), []byte(`"caller":"008610000000001","window_start"`), 1)
			f.put(t, key, data, data)
		}},
		{"a file that no book knows any more", "forgot", func(t *testing.T, f *Fortnight) {
			f.rewrite(t, f.firstKey(t, "media_index/"), func(lines []string) []string { return lines[1:] })
		}},
		{"a manifest of other rows", "other rows", func(t *testing.T, f *Fortnight) {
			f.rewrite(t, f.fullest(), edit(func(r row) { r["Remark"] = "!" }))
		}},
		{"a late call that is not taken in", "is listed, and not in the lake", func(t *testing.T, f *Fortnight) {
			late := calls.Answered(apps[0], "late", f.first.Add(9*time.Hour), time.Minute)
			f.world.enter(late, map[string]bool{})
			f.cloud.center.Add(late)
			f.world.reading = center.Closed // no number can hide it
		}},
		{"a window that is not archived", "has no manifest", func(t *testing.T, f *Fortnight) {
			f.clock.set(f.clock.now().Add(time.Hour))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := morning(t)
			c.do(t, f)
			f.walker.walk()
			for _, why := range f.walker.doubts() {
				f.walker.complain("%s", why)
			}
			f.walker.complete(f.beginning(), f.clock.now())
			err := f.walker.verdict()
			switch {
			case c.want == "" && err != nil:
				t.Errorf("the walker complains: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("the walker says %v, and not %q", err, c.want)
			}
		})
	}
}

// edit changes the first row.
func edit(change func(row)) func([]string) []string {
	return func(lines []string) []string {
		r := row{}
		if err := parse([]byte(lines[0]), &r); err != nil {
			panic(err) // lines that the archive wrote
		}
		change(r)
		line, err := json.Marshal(r)
		if err != nil {
			panic(err)
		}
		lines[0] = string(line) + "\n"
		return lines
	}
}

func (f *Fortnight) remove(t *testing.T, key string) {
	t.Helper()
	if err := f.cloud.bucket.Delete(key); err != nil {
		t.Fatal(err)
	}
}
