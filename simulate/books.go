package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cdrvault/devcloud/bucket"
)

// index is what the media_index of a window says.
type index struct {
	files map[string]row // by key
	twice bool           // a file stands in two objects
}

func (w *walker) visitIndex(o bucket.Object, data []byte) []byte {
	_, b := w.at(o.Key)
	plain, lines := w.unpack(o.Key, data)
	for _, f := range lines {
		if key := fmt.Sprint(f["key"]); w.world.files[key] == nil {
			w.complain("%s: tells of %s, which the world does not have", o.Key, key)
		}
	}
	b.enter(o, plain, data, lines)
	return plain
}

func (b *books) takeIndex(o *object) {
	if b.index == nil {
		b.index = &index{files: map[string]row{}}
	}
	for _, f := range o.lines {
		key := fmt.Sprint(f["key"])
		other, twice := b.index.files[key]
		b.index.twice = b.index.twice || twice
		if !twice || other["status"] != "archived" {
			b.index.files[key] = f
		}
	}
}

// forgotten checks that an index that was written anew has all files that it had.
func (w *walker) forgotten(s span, was, is *index) {
	for key, f := range was.files {
		if now := is.files[key]; now == nil || f["status"] == "archived" && now["status"] != "archived" {
			w.complain("%v: forgot %s, which was %s", s, key, f["status"])
		}
	}
}

// manifest is what a walk needs to know of one.
type manifest struct {
	State   string   `json:"state"`
	From    string   `json:"window_start"`
	Calls   int      `json:"calls"`
	Rows    *content `json:"rows"`
	Index   *content `json:"media_index"`
	Parts   int      `json:"parts"`
	Media   []entry  `json:"media"`
	Debts   []entry  `json:"debts"`
	Lost    []entry  `json:"lost"`
	Listing struct {
		Inside int  `json:"inside"`
		Agreed bool `json:"agreed"`
	} `json:"listing"`

	RowsMore  []*content `json:"rows_parts"`
	IndexMore []*content `json:"media_index_parts"`
}

type content struct {
	Key           string `json:"key"`
	SHA256        string `json:"sha256"`
	ContentSHA256 string `json:"content_sha256"`
}

type entry struct {
	Key     string    `json:"key"`
	Bytes   int64     `json:"bytes"`
	CRC64   string    `json:"crc64"`
	SHA256  string    `json:"sha256"`
	Suspect string    `json:"suspect"`
	Reason  string    `json:"reason"`
	Next    string    `json:"next"`
	GoneBy  time.Time `json:"gone_by"`
	Status  string    `json:"status"`
}

func (w *walker) visitManifest(o bucket.Object, data []byte) {
	s, b := w.at(o.Key)
	next := &manifest{}
	if err := json.Unmarshal(data, next); err != nil {
		w.complain("%s: %v", o.Key, err)
	}
	if from, err := time.Parse(time.RFC3339, next.From); err != nil || from.Unix() != s.start {
		w.complain("%s: tells of %s", o.Key, next.From)
	}
	if next.State == "final" && (!next.Listing.Agreed || len(next.Debts) > 0) {
		w.complain("%s: final, although it owes or is not proved", o.Key)
	}
	for _, f := range next.Media {
		w.visitEntry(o.Key, f)
	}
	for _, d := range next.Debts {
		if w.world.files[d.Key] == nil {
			w.complain("%s: owes %s, which no call names", o.Key, d.Key)
		}
	}
	if b.manifest != nil {
		w.forgot(o.Key, b.manifest, next)
	}
	b.manifest = next
}

// visitEntry holds an archived file in a manifest against the bucket.
func (w *walker) visitEntry(manifest string, f entry) {
	o, r, err := w.bucket.Open(f.Key)
	if err != nil {
		w.complain("%s: names %s: %v", manifest, f.Key, err)
		return
	}
	r.Close()
	if o.Size != f.Bytes || strconv.FormatUint(o.CRC64, 10) != f.CRC64 || o.Meta["content-sha256"] != f.SHA256 {
		w.complain("%s: tells other bytes of %s", manifest, f.Key)
	}
	if f.Suspect != "" {
		w.complain("%s: suspects %s: %s", manifest, f.Key, f.Suspect)
	}
}

// forgot checks that a manifest that was written anew still knows every file that it knew, and has what it had.
func (w *walker) forgot(key string, was, is *manifest) {
	now := is.statuses()
	for file, status := range was.statuses() {
		if now[file] == "" || status == "archived" && now[file] != "archived" {
			w.complain("%s: %s was %s and is %q", key, file, status, now[file])
		}
	}
}

// statuses are the files of a manifest by where they stand, in the words of media_index.
func (m *manifest) statuses() map[string]string {
	all := map[string]string{}
	for _, f := range m.Media {
		all[f.Key] = "archived"
	}
	for _, f := range m.Debts {
		all[f.Key] = "pending"
	}
	for _, f := range m.Lost {
		all[f.Key] = f.Status // lost or refused
	}
	return all
}

// doubt tells why a window's manifest, rows and index do not agree; empty where they do. Between the writes of a commit
// they may not, so a run that is killed there, or two at once, may leave a doubt. No undisturbed run may.
func (b *books) doubt() string {
	switch {
	case b.manifest == nil:
		return "no manifest"
	case b.rows != nil && b.rows.twice || b.index != nil && b.index.twice:
		return "a call or a file stands in two objects"
	case !b.are("cdr/", b.manifest.Rows, b.manifest.RowsMore):
		return "the manifest tells of other rows"
	case !b.are("media_index/", b.manifest.Index, b.manifest.IndexMore):
		return "the manifest tells of another index"
	case b.rows != nil && len(b.rows.calls) != b.manifest.Calls:
		return "the manifest tells of another number of calls"
	}
	for key, o := range b.objects {
		if strings.HasPrefix(key, "cdr/") && (o.Meta["state"] != b.manifest.State || o.Meta["media-owed"] != strconv.Itoa(len(b.manifest.Debts))) ||
			b.manifest.Parts > 0 && o.Meta["parts"] != strconv.Itoa(b.manifest.Parts) {
			return "the metadata of " + key + " tell another story"
		}
	}
	return b.doubtFiles()
}

// are tells whether the objects of a kind are those that a manifest tells of.
func (b *books) are(folder string, first *content, more []*content) bool {
	told := map[string]*content{}
	for _, c := range append(more, first) {
		if c != nil {
			told[c.Key] = c
		}
	}
	for key, o := range b.objects {
		if !strings.HasPrefix(key, folder) {
			continue
		}
		if c := told[key]; c == nil || c.SHA256 != o.bytes || c.ContentSHA256 != o.digest {
			return false
		}
		delete(told, key)
	}
	return len(told) == 0
}

// doubtFiles compares the files that the rows name, the manifest's and the index's.
func (b *books) doubtFiles() string {
	known := b.manifest.statuses()
	for _, d := range b.manifest.Debts {
		if d.Reason == "" || d.Next == "" || d.GoneBy.IsZero() {
			return d.Key + " is owed without a reason, a next try or a date"
		}
	}
	if b.rows != nil {
		for key := range b.rows.named {
			if known[key] == "" {
				return "a row names " + key + ", which is in no book"
			}
		}
	}
	for key, status := range known {
		if b.index == nil || b.index.files[key]["status"] != status {
			return key + " is " + status + " in the manifest, and not in the index"
		}
	}
	if b.index != nil && len(b.index.files) != len(known) {
		return "the index knows more files than the manifest"
	}
	return ""
}
