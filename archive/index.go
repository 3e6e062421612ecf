package archive

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"cdrvault/cdr"
)

// Status is where a media file stands.
type Status string

// The statuses of a media file in media_index.
const (
	Archived Status = "archived" // in the bucket, byte for byte
	Pending  Status = "pending"  // owed
	Lost     Status = "lost"     // gone at the source before it could be copied
	Refused  Status = "refused"  // its link may not be followed
	Suspect  Status = "suspect"  // in the bucket as the source sent it, but hardly what it should be
)

// stored tells whether the bucket has the file.
func (s Status) stored() bool { return s == Archived || s == Suspect }

// File is one line of media_index: a media file that a row of the window names. It holds no link.
type File struct {
	SessionID   string   `json:"session_id"`
	Time        int64    `json:"time"` // of the call, Unix seconds
	Kind        cdr.Kind `json:"kind"`
	Index       int      `json:"index"`
	Key         string   `json:"key"`
	Status      Status   `json:"status"`
	Reason      string   `json:"reason"`
	Bytes       int64    `json:"bytes"`
	CRC64       string   `json:"crc64"`  // ECMA, decimal, as COS gives it; empty while not stored
	SHA256      string   `json:"sha256"` // hex; empty while not stored
	ContentType string   `json:"content_type"`
	Seconds     *float64 `json:"seconds"` // playing time, where the format tells
	SourceHost  string   `json:"source_host"`
}

// same tells whether f is equal to other, which is another reading of the books as a rule.
func (f File) same(other File) bool {
	a, b := f.Seconds, other.Seconds
	f.Seconds, other.Seconds = nil, nil
	return f == other && (a == b || a != nil && b != nil && *a == *b)
}

// index is the media index of a window, by key.
type index map[string]File

// lines gives the index as sorted NDJSON lines.
func (x index) lines() sequence {
	files := x.sorted()
	return func(span interval, yield func(t int64, line []byte) error) error {
		at, _ := slices.BinarySearchFunc(files, span.first, func(f File, t int64) int { return cmp.Compare(f.Time, t) })
		for _, f := range files[at:] {
			if f.Time > span.last {
				break
			}
			line, err := marshal(f)
			if err == nil {
				err = yield(f.Time, line)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// sorted gives the files as the index lists them: by the call's time, its session and the key.
func (x index) sorted() []File {
	return slices.SortedFunc(maps.Values(x), func(a, b File) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.SessionID, b.SessionID), cmp.Compare(a.Key, b.Key))
	})
}

// read takes in the lines of an index object.
func (x index) read(packed []byte) error {
	n := 0
	return unpack(packed, func(line []byte) error {
		n++
		var f File
		if err := json.Unmarshal(line, &f); err != nil || f.Key == "" {
			return fmt.Errorf("media index line %d: not a file: %v", n, err)
		}
		x[f.Key] = f
		return nil
	})
}

// count sums the index up by outcome; copied tells which keys this run stored.
func (x index) count(copied map[string]bool) MediaCount {
	var c MediaCount
	for key, f := range x {
		switch {
		case f.Status.stored() && copied[key]:
			c.Copied++
		case f.Status.stored():
			c.Kept++
		case f.Status == Pending:
			c.Pending++
		case f.Status == Lost:
			c.Lost++
		case f.Status == Refused:
			c.Refused++
		}
	}
	return c
}

// pending is how many files are owed.
func (x index) pending() (n int) {
	for _, f := range x {
		if f.Status == Pending {
			n++
		}
	}
	return n
}

// marshal gives v as one line of JSON without HTML escapes.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}

// join takes in what another run archived.
func (x index) join(other index) index {
	for key, f := range other {
		if mine, ok := x[key]; !ok || f.Status.stored() && !mine.Status.stored() {
			x[key] = f
		}
	}
	return x
}
