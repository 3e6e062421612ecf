package platform

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// shelf is the folder of a queue: a file for each delivery that has not ended well, whole or not there at all. It
// outlives the process, killed or not; a power cut may take the last entries.
type shelf struct{ dir string }

// unfinished ends the names of files that are being written.
const unfinished = ".tmp"

func (s shelf) file(d *Delivery) string {
	return filepath.Join(s.dir, fmt.Sprintf("%06d.json", d.Number))
}

// keep writes a delivery down.
func (s shelf) keep(d *Delivery) error {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	name := s.file(d)
	if err := os.WriteFile(name+unfinished, text, 0o600); err != nil {
		return err
	}
	return os.Rename(name+unfinished, name)
}

// drop forgets a delivery. If the process dies before it, the event runs once more.
func (s shelf) drop(d *Delivery) error { return os.Remove(s.file(d)) }

// load reads what is there, in the order of acceptance. A file that it cannot read is an error: nothing is passed over.
func (s shelf) load() ([]*Delivery, error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var all []*Delivery
	var wrong []error
	for _, file := range files {
		if strings.HasSuffix(file.Name(), unfinished) { // its event was not accepted yet, or stands there as it was before
			wrong = append(wrong, os.Remove(filepath.Join(s.dir, file.Name())))
			continue
		}
		d, err := s.read(file)
		all, wrong = append(all, d), append(wrong, err)
	}
	slices.SortFunc(all, func(a, b *Delivery) int { return cmp.Compare(a.Number, b.Number) })
	return all, errors.Join(wrong...)
}

func (s shelf) read(file fs.DirEntry) (*Delivery, error) {
	d := &Delivery{}
	text, err := os.ReadFile(filepath.Join(s.dir, file.Name()))
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(text, d); err != nil {
		return d, fmt.Errorf("read %s: %w", file.Name(), err)
	}
	if filepath.Base(s.file(d)) != file.Name() {
		return d, fmt.Errorf("read %s: not the event that its name says", file.Name())
	}
	return d, nil
}
