package archivetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"cdrvault/archive"
)

// manifest is what a walk needs of a manifest, read with code of its own.
type manifest struct {
	State string   `json:"state"`
	Calls int      `json:"calls"`
	From  string   `json:"window_start"`
	To    string   `json:"window_end"`
	Rows  *content `json:"rows"`
	Index *content `json:"media_index"`
	Parts int      `json:"parts"`

	RowsMore  []*content `json:"rows_parts"`
	IndexMore []*content `json:"media_index_parts"`

	Media  []entry `json:"media"`
	Debts  []entry `json:"debts"`
	Lost   []entry `json:"lost"`
	Agreed struct {
		Agreed bool `json:"agreed"`
	} `json:"listing"`
}

// content is a rows or index object.
type content struct {
	Key           string `json:"key"`
	Lines         int    `json:"lines"`
	Bytes         int    `json:"bytes"`
	CRC64         string `json:"crc64"`
	SHA256        string `json:"sha256"`
	ContentSHA256 string `json:"content_sha256"`
}

// entry is a file, in whichever list.
type entry struct {
	Key    string    `json:"key"`
	Bytes  int       `json:"bytes"`
	CRC64  string    `json:"crc64"`
	SHA256 string    `json:"sha256"`
	Reason string    `json:"reason"`
	Next   string    `json:"next"`
	GoneBy time.Time `json:"gone_by"`
	Status string    `json:"status"`
}

func (k *walk) readManifest(key string, o Stored) *manifest {
	k.Helper()
	m := new(manifest)
	if err := json.Unmarshal(o.Data, m); err != nil {
		k.Errorf("%s: %v", key, err)
	}
	return m
}

// checkManifest holds a manifest against the API and against every object it tells of.
func (k *walk) checkManifest(key string, m *manifest) {
	k.Helper()
	app, w := k.window(key)
	if m.From != k.Grid.Stamp(w.Start) || m.To != k.Grid.Stamp(w.End) {
		k.Errorf("%s: tells of %s to %s", key, m.From, m.To)
	}
	rows := k.checkContents(key, m, m.Rows, m.RowsMore, k.rows)
	index := k.checkContents(key, m, m.Index, m.IndexMore, k.indexes)
	if len(rows.all) != m.Calls {
		k.Errorf("%s: tells of %d calls, and there are %d rows", key, m.Calls, len(rows.all))
	}
	k.checkCalls(key, rows, k.Truth.Listed(app, w))
	k.checkFiles(key, m, rows, index)
	if m.State == "final" && (len(m.Debts) > 0 || !m.Agreed.Agreed) {
		k.Errorf("%s: final, although something is owed or not proved", key)
	}
	for _, c := range together(m.Rows, m.RowsMore) {
		meta := k.objects[c.Key].Options.Meta
		k.equal(c.Key+": state in the metadata", meta["state"], m.State)
		k.equal(c.Key+": media-owed in the metadata", meta["media-owed"], strconv.Itoa(len(m.Debts)))
		k.equal(c.Key+": calls in the metadata", meta["calls"], strconv.Itoa(c.Lines))
	}
}

func together(first *content, more []*content) []*content {
	if first == nil {
		return nil
	}
	return append([]*content{first}, more...)
}

// checkContents holds the objects of rows or index against their manifest, and gives the lines of all. The time of the window
// is cut evenly, and each object has the lines of one slice: its number tells which.
func (k *walk) checkContents(manifest string, m *manifest, first *content, more []*content, objects map[string]*lines) *lines {
	k.Helper()
	_, w := k.window(manifest)
	all := &lines{}
	for _, c := range together(first, more) {
		l := k.checkContent(manifest, c, objects)
		told := k.objects[c.Key].Options.Meta["parts"]
		if m.Parts <= 1 {
			k.equal(c.Key+": parts in the metadata", told, "")
		} else {
			k.equal(c.Key+": parts in the metadata", told, strconv.Itoa(m.Parts))
			k.checkSlice(c.Key, l, w, m.Parts)
		}
		all.all, all.parsed = append(all.all, l.all...), append(all.parsed, l.parsed...)
	}
	return all
}

// checkSlice checks that the lines of an object belong into it.
func (k *walk) checkSlice(key string, l *lines, w archive.Window, parts int) {
	k.Helper()
	name := key[strings.LastIndexByte(key, '/')+1:]
	words := strings.Split(strings.SplitN(name, ".", 2)[0], "-")
	want := 0
	if len(words) > 2 {
		want, _ = strconv.Atoi(words[2])
	}
	for _, line := range l.parsed {
		t := cmp.Or(timeOf(line), secondsOf(line["time"])) // of a row, or of a file
		slice := 0
		for slice < parts-1 && t >= w.Start.Unix()+int64(slice+1)*int64(w.Length()/time.Second)/int64(parts) {
			slice++
		}
		if slice != want {
			k.Errorf("%s: has a line of slice %d of %d", key, slice, parts)
		}
	}
}

// checkCalls checks that every listed call has its row.
func (k *walk) checkCalls(key string, rows *lines, listed []string) {
	k.Helper()
	have := map[string]bool{}
	for _, row := range rows.parsed {
		have[idOf(row)] = true
	}
	for _, id := range listed {
		if !have[id] {
			k.Errorf("%s: call %s is listed and not in the lake", key, id)
		}
	}
}

// checkContent holds an object against what its manifest says of it.
func (k *walk) checkContent(manifest string, c *content, objects map[string]*lines) *lines {
	k.Helper()
	if c == nil {
		return &lines{}
	}
	l, ok := objects[c.Key]
	if !ok {
		k.Errorf("%s: names %s, which is not there", manifest, c.Key)
		return &lines{}
	}
	o := k.objects[c.Key]
	k.equal(c.Key+": bytes", c.Bytes, len(o.Data))
	k.equal(c.Key+": crc64", c.CRC64, strconv.FormatUint(o.CRC64, 10))
	k.equal(c.Key+": sha256", c.SHA256, digest(o.Data))
	k.equal(c.Key+": content_sha256", c.ContentSHA256, l.digest)
	k.equal(c.Key+": lines", c.Lines, len(l.all))
	k.equal(c.Key+": content-sha256 in the metadata", o.Options.Meta["content-sha256"], l.digest)
	return l
}

// checkFiles holds what rows name, what the index says, what the manifest lists and what the bucket has against each
// other.
func (k *walk) checkFiles(key string, m *manifest, rows, index *lines) {
	k.Helper()
	books := map[string]string{}
	for _, f := range m.Media {
		books[f.Key] = "stored"
		o, ok := k.objects[f.Key]
		if !ok {
			k.Errorf("%s: names %s, which is not there", key, f.Key)
			continue
		}
		k.equal(f.Key+": in the manifest", fmt.Sprintln(f.Bytes, f.CRC64, f.SHA256), fmt.Sprintln(len(o.Data), o.CRC64, digest(o.Data)))
	}
	for _, f := range m.Debts {
		books[f.Key] = "pending"
		if f.Next == "" || f.GoneBy.IsZero() || f.Reason == "" {
			k.Errorf("%s: owes %s without saying why, what is next and by when", key, f.Key)
		}
	}
	for _, f := range m.Lost {
		books[f.Key] = f.Status
		if f.Reason == "" {
			k.Errorf("%s: lost %s without a reason", key, f.Key)
		}
	}
	for name := range k.named(rows) {
		if books[name] == "" {
			k.Errorf("%s: a row names %s, and the manifest does not", key, name)
		}
	}
	k.checkIndex(key, books, index)
}

// checkIndex holds the index against the manifest's books and the bucket.
func (k *walk) checkIndex(key string, books map[string]string, index *lines) {
	k.Helper()
	for i, f := range index.parsed {
		name, status := fmt.Sprint(f["key"]), fmt.Sprint(f["status"])
		if status == "archived" || status == "suspect" {
			status = "stored"
			o := k.objects[name]
			k.equal(name+": in the index", fmt.Sprintln(f["bytes"], f["crc64"], f["sha256"], f["content_type"]),
				fmt.Sprintln(len(o.Data), o.CRC64, digest(o.Data), o.Options.ContentType))
		}
		if books[name] != status {
			k.Errorf("%s: index line %d says %s of %s, the manifest %q", key, i+1, status, name, books[name])
		}
		delete(books, name)
	}
	if len(books) > 0 {
		k.Errorf("%s: the index lacks %s", key, slices.Sorted(maps.Keys(books)))
	}
}

// checkOrphans looks for rows, indexes and media that no manifest tells of.
func (k *walk) checkOrphans() {
	k.Helper()
	told := map[string]bool{}
	for _, m := range k.manifests {
		for _, c := range append(together(m.Rows, m.RowsMore), together(m.Index, m.IndexMore)...) {
			told[c.Key] = true
		}
		for _, f := range m.Media {
			told[f.Key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(k.objects)) {
		folder, _, _ := strings.Cut(strings.TrimPrefix(key, k.Prefix), "/")
		if !told[key] && folder != "manifests" && folder != "runs" && folder != "ledger" {
			k.Errorf("%s: no manifest tells of it", key)
		}
	}
}

func (k *walk) equal(what string, got, want any) {
	k.Helper()
	if got != want {
		k.Errorf("%s: %v, want %v", what, got, want)
	}
}
