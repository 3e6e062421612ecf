package archivetest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cdrvault/archive"
)

// Truth is what a walk holds the bucket against. A Source is one.
type Truth interface {
	// Listed gives the session ids of the calls that belong to a window and that the API lists now.
	Listed(app string, w archive.Window) []string

	// File gives the bytes of a file by the session's folder and the name that it has in the bucket.
	File(app, session, name string) ([]byte, bool)
}

// Walker walks the whole bucket and holds it against the promises of an archive. It reads objects with code of its own,
// and remembers what it saw: nothing may shrink from one walk to the next.
type Walker struct {
	Objects func() map[string]Stored
	Truth   Truth
	Grid    archive.Grid
	Prefix  string

	values map[string]string // by row and path: values that were filled once
	media  map[string]string // digests of media files by key
}

// NewWalker makes a walker of store.
func NewWalker(store *MemStore, truth Truth, grid archive.Grid, prefix string) *Walker {
	return &Walker{Objects: store.Objects, Truth: truth, Grid: grid, Prefix: prefix,
		values: map[string]string{}, media: map[string]string{}}
}

// walk is the bucket at one moment.
type walk struct {
	*Walker
	testing.TB
	objects   map[string]Stored
	rows      map[string]*lines // by key
	indexes   map[string]*lines
	manifests map[string]*manifest
}

// Unbroken checks what holds at every moment, whenever a run was killed: rows, indexes and manifests can be read, each
// call is in the partition of its time and in no other, every media file is whole, no secret lies anywhere, and nothing that
// was there at an earlier walk has shrunk. While a window's objects are being cut into more, a call may stand in two of them.
func (w *Walker) Unbroken(t testing.TB) {
	t.Helper()
	w.walk(t)
}

// Whole checks, beyond Unbroken, what holds after an undisturbed run: every call that the API lists for a committed
// window is in the lake, manifests, indexes, rows and media agree with each other, and no object is there that no
// manifest tells of.
func (w *Walker) Whole(t testing.TB) {
	t.Helper()
	k := w.walk(t)
	for _, key := range slices.Sorted(maps.Keys(k.manifests)) {
		k.checkManifest(key, k.manifests[key])
	}
	k.checkOnce(func(key string) string { return key })
	k.checkOrphans()
}

func (w *Walker) walk(t testing.TB) *walk {
	t.Helper()
	k := &walk{Walker: w, TB: t, objects: w.Objects(), rows: map[string]*lines{}, indexes: map[string]*lines{},
		manifests: map[string]*manifest{}}
	for _, key := range slices.Sorted(maps.Keys(k.objects)) {
		k.visit(key, k.objects[key])
	}
	k.checkOnce(unnumbered)
	k.checkShrunk()
	return k
}

// visit reads one object by the folder it lies in.
func (k *walk) visit(key string, o Stored) {
	k.Helper()
	name, ok := strings.CutPrefix(key, k.Prefix)
	folder, _, _ := strings.Cut(name, "/")
	plain := o.Data
	switch {
	case !ok:
		k.Errorf("%s: not under the prefix", key)
	case folder == "cdr":
		k.rows[key] = k.readLines(key, o)
		plain = bytes.Join(k.rows[key].all, nil)
		k.checkRows(key, k.rows[key])
	case folder == "media_index":
		k.indexes[key] = k.readLines(key, o)
		plain = bytes.Join(k.indexes[key].all, nil)
	case folder == "media":
		k.checkMedia(key, o)
	case folder == "manifests":
		k.manifests[key] = k.readManifest(key, o)
	case folder != "runs" && folder != "ledger":
		k.Errorf("%s: no folder of the archive", key)
	}
	k.checkSecrets(key, folder, plain, o)
	k.checkStory(key, folder, o)
}

// checkSecrets looks for what must not be in an object.
func (k *walk) checkSecrets(key, folder string, plain []byte, o Stored) {
	k.Helper()
	told := key + " " + string(plain) + fmt.Sprint(o.Options.Meta)
	if strings.Contains(told, Secret) {
		k.Errorf("%s: holds a part of a link", key)
	}
	if folder != "cdr" && folder != "media" && (strings.Contains(told, Phone) || strings.Contains(told, Name)) {
		k.Errorf("%s: holds a phone number or a name", key)
	}
}

// stories are the names of metadata that each kind of object has at least.
var stories = map[string][]string{
	"cdr":         {"schema", "sdk-app-id", "window-start", "window-end", "calls", "content-sha256", "state", "media-owed"},
	"media_index": {"schema", "sdk-app-id", "window-start", "window-end", "content-sha256"},
	"manifests":   {"schema", "sdk-app-id", "window-start", "window-end", "content-sha256", "state"},
	"media":       {"session-id", "kind", "call-time", "content-sha256", "source-host"},
	"runs":        {"content-sha256"},
	"ledger":      {"content-sha256"},
}

func (k *walk) checkStory(key, folder string, o Stored) {
	k.Helper()
	for _, name := range stories[folder] {
		if o.Options.Meta[name] == "" {
			k.Errorf("%s: metadata lack %s", key, name)
		}
	}
	if class := o.Options.Class; folder != "media" && class != "" && class != "STANDARD" {
		k.Errorf("%s: storage class %s, want STANDARD", key, class)
	}
}

// checkMedia holds a media file against the source.
func (k *walk) checkMedia(key string, o Stored) {
	k.Helper()
	app, session, name := k.mediaParts(key)
	want, ok := k.Truth.File(app, session, name)
	switch {
	case !ok:
		k.Errorf("%s: the source never had such a file", key)
	case !bytes.Equal(o.Data, want):
		k.Errorf("%s: other bytes than the source's", key)
	case o.Options.Meta["content-sha256"] != digest(o.Data):
		k.Errorf("%s: metadata tell another digest", key)
	}
	if was, seen := k.media[key]; seen && was != digest(o.Data) {
		k.Errorf("%s: its bytes changed", key)
	}
	k.media[key] = digest(o.Data)
}

// mediaParts takes media/sdk_app_id=…/dt=…/hour=…/<session>/<name> apart.
func (k *walk) mediaParts(key string) (app, session, name string) {
	k.Helper()
	parts := strings.Split(strings.TrimPrefix(key, k.Prefix), "/")
	if len(parts) != 6 {
		k.Errorf("%s: no key of a media file", key)
		return "", "", ""
	}
	return strings.TrimPrefix(parts[1], "sdk_app_id="), parts[4], parts[5]
}

// window reads a window's app and start from the key of one of its objects.
func (k *walk) window(key string) (app string, w archive.Window) {
	k.Helper()
	parts := strings.Split(strings.TrimPrefix(key, k.Prefix), "/")
	name, _, _ := strings.Cut(parts[len(parts)-1], ".")
	clock := name
	if words := strings.Split(name, "-"); len(words) > 1 { // calls-0500, or calls-0500-0001
		clock = words[1]
	}
	start, err := time.ParseInLocation("dt=2006-01-02 1504", parts[2]+" "+clock, k.Grid.Zone)
	if err != nil {
		k.Errorf("%s: no key of a window", key)
	}
	if len(parts) == 5 && parts[3] != "hour="+start.Format("15") {
		k.Errorf("%s: lies in %s", key, parts[3])
	}
	return strings.TrimPrefix(parts[1], "sdk_app_id="), archive.Window{Start: start.UTC(), End: start.UTC().Add(k.Grid.Length)}
}

// checkShrunk holds the walk against the earlier ones.
func (k *walk) checkShrunk() {
	k.Helper()
	now := map[string]string{}
	for key, l := range k.rows {
		for _, row := range l.parsed {
			collect(now, unnumbered(key)+" "+fmt.Sprint(row["SessionId"]), row)
		}
	}
	for path, value := range k.values {
		if now[path] == "" {
			k.Errorf("%s: was %s, and is gone", path, value)
		}
	}
	for key := range k.media {
		if _, ok := k.objects[key]; !ok {
			k.Errorf("%s: is gone", key)
		}
	}
	maps.Copy(k.values, now)
}

// Forget has the walker forget objects, which a test deleted by hand.
func (w *Walker) Forget(keys ...string) {
	for _, key := range keys {
		delete(w.media, key)
		maps.DeleteFunc(w.values, func(path, _ string) bool { return strings.HasPrefix(path, unnumbered(key)+" ") })
	}
}

// collect takes every filled value in v down under its path.
func collect(into map[string]string, path string, v any) {
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for name, value := range v {
			collect(into, path+"."+name, value)
		}
	case []any:
		for i, value := range v {
			collect(into, fmt.Sprintf("%s[%d]", path, i), value)
		}
	default:
		if text := fmt.Sprint(v); text != "" {
			into[path] = text
		}
	}
}
