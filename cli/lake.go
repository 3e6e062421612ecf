package cli

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"cdrvault/devcloud/bucket"
)

// sampleRow is a row of the largest hour, of a call with a recording and a transcript, without the fields that are empty;
// empty where there is no such call.
func sampleRow(b *bucket.Bucket) (string, error) {
	var largest bucket.Object
	for _, o := range b.Objects() {
		if strings.HasPrefix(o.Key, "cdr/") && o.Size > largest.Size {
			largest = o
		}
	}
	if largest.Key == "" {
		return "", nil
	}
	lines, err := readLines(b, largest.Key)
	if err != nil {
		return "", err
	}
	for line := range bytes.Lines(lines) {
		var row struct{ RecordURL, AsrUrl string }
		if err := json.Unmarshal(line, &row); err != nil {
			return "", fmt.Errorf("read row of %s: %w", largest.Key, err)
		}
		if row.RecordURL != "" && row.AsrUrl != "" {
			return pretty(line)
		}
	}
	return "", nil
}

// readLines is the uncompressed text of an object of rows.
func readLines(b *bucket.Bucket, key string) ([]byte, error) {
	_, body, err := b.Open(key)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	defer body.Close()
	z, err := gzip.NewReader(body)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	lines, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return lines, nil
}

// pretty sets a row out, a value on each line, in the row's own order and without what is empty.
func pretty(line []byte) (string, error) {
	var b bytes.Buffer
	if err := json.Indent(&b, bytes.TrimSpace(line), "", "  "); err != nil {
		return "", err
	}
	var lines []string
	for text := range strings.Lines(b.String()) {
		text = strings.TrimRight(text, "\n")
		if emptyValue.MatchString(text) {
			continue
		}
		if n := len(lines) - 1; n >= 0 && closing.MatchString(text) {
			lines[n] = strings.TrimSuffix(lines[n], ",") // the value after it was empty
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, "\n"), nil
}

var (
	emptyValue = regexp.MustCompile(`^ *"[^"]*": (""|null|\[\]|\{\}),?$`)
	closing    = regexp.MustCompile(`^ *[\]}]`)
)

// checkNew refuses a folder that has something in it: nothing of the user's is ever overwritten.
func checkNew(dir string) error {
	if dir == "" {
		return nil
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return &exit{ExitUsage, fmt.Errorf("--keep: %w", err), ""}
	case len(entries) > 0:
		return &exit{ExitUsage, fmt.Errorf("--keep: %s has something in it", dir), "name a new folder"}
	}
	return nil
}

// export writes every object of a bucket as a plain file below dir.
func export(b *bucket.Bucket, dir string) error {
	for _, o := range b.Objects() {
		if err := exportObject(b, o.Key, dir); err != nil {
			return fmt.Errorf("keep %s: %w", o.Key, err)
		}
	}
	return nil
}

func exportObject(b *bucket.Bucket, key, dir string) error {
	if !filepath.IsLocal(key) {
		return errors.New("key is no path of a file")
	}
	_, body, err := b.Open(key)
	if err != nil {
		return err
	}
	defer body.Close()
	path := filepath.Join(dir, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, body)
	return errors.Join(err, file.Close())
}
