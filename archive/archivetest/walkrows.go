package archivetest

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
)

// lines is a rows or index object, unpacked.
type lines struct {
	all    [][]byte
	parsed []map[string]any // numbers as json.Number
	digest string           // of all lines
}

// readLines unpacks an object with the standard library and checks its form: gzip without name and time, one JSON object
// a line, a line break after each.
func (k *walk) readLines(key string, o Stored) *lines {
	k.Helper()
	plain := o.Data
	if strings.HasSuffix(key, ".gz") {
		var err error
		if plain, err = unzip(o.Data); err != nil {
			k.Errorf("%s: %v", key, err)
		}
	}
	l := &lines{digest: digest(plain)}
	cut := o.Options.Meta["parts"] != "" // one of several objects, of which some may have no lines
	if len(plain) > 0 && plain[len(plain)-1] != '\n' || len(plain) == 0 && !cut {
		k.Errorf("%s: does not end in a line break", key)
	}
	for line := range bytes.Lines(plain) {
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.UseNumber()
		row := map[string]any{}
		if err := dec.Decode(&row); err != nil {
			k.Errorf("%s: line %d: %v", key, len(l.all)+1, err)
		}
		l.all, l.parsed = append(l.all, line), append(l.parsed, row)
	}
	return l
}

func unzip(packed []byte) ([]byte, error) {
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(zip)
	if !zip.ModTime.IsZero() || zip.Name != "" {
		err = errors.Join(err, errors.New("gzip tells a time or a name"))
	}
	return plain, err
}

// checkRows checks the order of rows, the partition they lie in and the object that is added to each.
func (k *walk) checkRows(key string, l *lines) {
	k.Helper()
	app, w := k.window(key)
	for i, row := range l.parsed {
		added, _ := row["archive"].(map[string]any)
		if added["sdk_app_id"] != app || added["window"] != k.Grid.Stamp(w.Start) || len(added) != 3 {
			k.Errorf("%s: row %d: archive is %v", key, i+1, added)
		}
		if i > 0 && cmp.Or(cmp.Compare(timeOf(l.parsed[i-1]), timeOf(row)), strings.Compare(idOf(l.parsed[i-1]), idOf(row))) >= 0 {
			k.Errorf("%s: row %d is not in order", key, i+1)
		}
	}
}

// checkOnce checks that no call is in two places. place tells the place of an object.
func (k *walk) checkOnce(place func(key string) string) {
	k.Helper()
	seen := map[string]string{}
	for key, l := range k.rows {
		app, _ := k.window(key)
		for i, row := range l.parsed {
			other, again := seen[app+" "+idOf(row)]
			within := i > 0 && idOf(l.parsed[i-1]) == idOf(row)
			if idOf(row) != "" && (again && other != place(key) || within) {
				k.Errorf("call %s is in %s and in %s", idOf(row), other, key)
			}
			seen[app+" "+idOf(row)] = place(key)
		}
	}
}

// unnumbered is the key of a window's first object: a call may move from one to another.
func unnumbered(key string) string {
	return number.ReplaceAllString(key, "$1$2")
}

var number = regexp.MustCompile(`(/(?:calls|media)-\d{4})-\d{4}(\.ndjson)`)

func idOf(row map[string]any) string {
	id, _ := row["SessionId"].(string)
	return id
}

func timeOf(row map[string]any) int64 { return secondsOf(row["Time"]) }

func secondsOf(v any) int64 {
	n, _ := v.(json.Number)
	t, _ := n.Int64()
	return t
}

// named gives the media keys that rows name.
func (k *walk) named(l *lines) map[string]bool {
	keys := map[string]bool{}
	for _, row := range l.parsed {
		values := map[string]string{}
		collect(values, "", row)
		for _, value := range values {
			if strings.HasPrefix(value, k.Prefix+"media/") {
				keys[value] = true
			}
		}
	}
	return keys
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
