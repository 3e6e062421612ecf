package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"cdrvault/devcloud/bucket"
)

// lake is what readers find in a bucket: by key the digest of each object that has to be the same whoever archives the calls,
// and the manifests, as far as they have to be.
type lake struct {
	objects   map[string][sha256.Size]byte
	manifests map[string]map[string]any
}

// byRun are the fields of a manifest that tell of the run which wrote it.
var byRun = []string{"committed_at", "committed_by", "reason", "seal"}

// readLake reads a bucket past the wire.
func readLake(b *bucket.Bucket) (lake, error) {
	l := lake{map[string][sha256.Size]byte{}, map[string]map[string]any{}}
	for _, o := range b.Objects() {
		text, err := readObject(b, o.Key)
		if err != nil {
			return l, err
		}
		switch folder, _, _ := strings.Cut(o.Key, "/"); folder {
		case "cdr", "media_index", "media":
			l.objects[o.Key] = sha256.Sum256(text)
		case "manifests":
			var m map[string]any
			if err := json.Unmarshal(text, &m); err != nil {
				return l, fmt.Errorf("%s: %w", o.Key, err)
			}
			maps.DeleteFunc(m, func(field string, _ any) bool { return slices.Contains(byRun, field) })
			l.manifests[o.Key] = m
		}
	}
	return l, nil
}

func readObject(b *bucket.Bucket, key string) ([]byte, error) {
	_, body, err := b.Open(key)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

// final makes sure that there are so many windows, and that each is archived for good.
func (l lake) final(windows int) error {
	if len(l.manifests) != windows {
		return fmt.Errorf("%d windows of %d are archived", len(l.manifests), windows)
	}
	for key, m := range l.manifests {
		if m["state"] != "final" {
			return fmt.Errorf("%s is %v, not final", key, m["state"])
		}
	}
	return nil
}

// same makes sure that two lakes hold the same, and that there is something to hold.
func (l lake) same(other lake) error {
	if len(l.objects) == 0 {
		return errors.New("lake is empty")
	}
	if key, ok := differs(l.objects, other.objects); ok {
		return fmt.Errorf("lakes differ in %s", key)
	}
	text := func(m map[string]map[string]any) map[string]string {
		all := map[string]string{}
		for key, fields := range m {
			all[key] = fmt.Sprint(fields) // sorted by name
		}
		return all
	}
	if key, ok := differs(text(l.manifests), text(other.manifests)); ok {
		return fmt.Errorf("lakes differ in %s", key)
	}
	return nil
}

// differs gives the first key under which two maps do not have the same.
func differs[T comparable](a, b map[string]T) (key string, ok bool) {
	both := maps.Clone(a)
	maps.Copy(both, b)
	for _, key := range slices.Sorted(maps.Keys(both)) {
		x, inA := a[key]
		if y, inB := b[key]; !inA || !inB || x != y {
			return key, true
		}
	}
	return "", false
}
