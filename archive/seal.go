package archive

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"cdrvault/crc64"
)

// A manifest is sealed by a digest of itself, its last field: one that was cut or edited does not hold. That of a window with
// very many files is a hundred megabytes, so its files are written and read one by one: what is stored is never in memory at once
// while it is written.

// sealField is how a manifest with that seal ends, but for the last newline. The seal is made with an empty one.
func sealField(seal string) string { return `"seal":"` + seal + `"}` }

// encode writes m as it is stored, sealed: one line of JSON.
func (m Manifest) encode(w io.Writer) error {
	media, debts, lost := m.Media, m.Debts, m.Lost
	m.Media, m.Debts, m.Lost, m.Seal = []File{}, []Debt{}, []File{}, ""
	frame, err := marshal(m)
	if err != nil {
		return err
	}
	sum := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(w, sum), 32<<10)
	frame = bytes.TrimSuffix(frame, []byte(sealField("")+"\n"))
	frame, errMedia := encodeEach(out, frame, "media", media)
	frame, errDebts := encodeEach(out, frame, "debts", debts)
	frame, errLost := encodeEach(out, frame, "lost", lost)
	out.Write(frame)
	if err := errors.Join(errMedia, errDebts, errLost, out.Flush()); err != nil {
		return err
	}
	io.WriteString(sum, sealField("")+"\n")
	_, err = io.WriteString(w, sealField(hex.EncodeToString(sum.Sum(nil)))+"\n")
	return err
}

// encodeEach writes frame up to the list of that name, which is empty there, and the entries of list into it. It gives the rest of
// frame. No other text in frame is taken for the name: in a string, its quotes would be escaped.
func encodeEach[T any](out *bufio.Writer, frame []byte, name string, list []T) ([]byte, error) {
	name = `"` + name + `":[`
	before, rest, _ := bytes.Cut(frame, []byte(name))
	out.Write(before)
	out.WriteString(name)
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	for i := range list {
		if i > 0 {
			out.WriteByte(',')
		}
		line.Reset()
		if err := enc.Encode(&list[i]); err != nil {
			return nil, err
		}
		line.Truncate(line.Len() - 1) // the newline that Encode adds
		if _, err := line.WriteTo(out); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// content describes m as it is stored, and gives the stamp that a bucket lists it by (see remember).
func (m Manifest) content(key string) (*Content, string, error) {
	t := tally{sha256: sha256.New(), md5: md5.New()}
	if err := m.encode(&t); err != nil {
		return nil, "", err
	}
	sum := func(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
	return &Content{Key: key, Bytes: t.bytes, CRC64: t.crc, SHA256: sum(t.sha256)}, stamp(sum(t.md5), t.bytes), nil
}

// body is m as it is stored, described by c. It is encoded anew for each try.
func (m *Manifest) body(c *Content) Body {
	return Body{Size: c.Bytes, CRC64: c.CRC64, Open: func(context.Context) (io.ReadCloser, error) {
		r, w := io.Pipe()
		go func() { w.CloseWithError(guard(func() error { return m.encode(w) })) }() // ends when r is closed, too
		return r, nil
	}}
}

// tally counts what is written to it.
type tally struct {
	bytes       int64
	crc         uint64
	sha256, md5 hash.Hash
}

func (t *tally) Write(p []byte) (int, error) {
	t.bytes += int64(len(p))
	t.crc = crc64.Update(t.crc, p)
	t.sha256.Write(p)
	t.md5.Write(p)
	return len(p), nil
}

// sealed tells whether b, which m was read from, is what encode made.
func (m *Manifest) sealed(b []byte) bool {
	plain, ends := bytes.CutSuffix(bytes.TrimSpace(b), []byte(sealField(m.Seal)))
	sum := sha256.New()
	sum.Write(plain)
	io.WriteString(sum, sealField("")+"\n")
	return ends && m.Seal == hex.EncodeToString(sum.Sum(nil))
}

// decodeManifest is the only way back in. It accepts nothing but a whole manifest of this version, sealed, of this window.
func decodeManifest(b []byte, app string, w Window, g Grid) (*Manifest, error) {
	m := &Manifest{}
	dec := json.NewDecoder(bytes.NewReader(b))
	err := m.read(dec)
	switch {
	case m.Version != manifestVersion && (err == nil || m.Version != 0): // another version may have other fields
		return nil, fmt.Errorf("version %d, this program reads %d", m.Version, manifestVersion)
	case err != nil:
		return nil, fmt.Errorf("cut, or no manifest: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("something follows the manifest")
	}
	if !m.sealed(b) {
		return nil, errors.New("edited: its seal does not fit")
	}
	return m, m.fits(app, w, g)
}

// read reads the lists of files entry by entry, and then the other fields together.
func (m *Manifest) read(dec *json.Decoder) error {
	dec.DisallowUnknownFields()
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return errors.Join(err, errors.New("no object"))
	}
	others := map[string]json.RawMessage{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		if err := m.readField(dec, name.(string), others); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return err
	}
	head, err := json.Marshal(others)
	if err != nil {
		return err
	}
	strict := json.NewDecoder(bytes.NewReader(head))
	strict.DisallowUnknownFields()
	return strict.Decode(m)
}

// readField reads what follows a field's name: a list of files, or something small for others.
func (m *Manifest) readField(dec *json.Decoder, name string, others map[string]json.RawMessage) error {
	switch name {
	case "version": // told whatever comes after it
		return dec.Decode(&m.Version)
	case "media":
		return readEach(dec, &m.Media)
	case "debts":
		return readEach(dec, &m.Debts)
	case "lost":
		return readEach(dec, &m.Lost)
	}
	var value json.RawMessage
	err := dec.Decode(&value)
	others[name] = value
	return err
}

// readEach reads a list.
func readEach[T any](dec *json.Decoder, list *[]T) error {
	if start, err := dec.Token(); err != nil || start != json.Delim('[') {
		return errors.Join(err, errors.New("no list"))
	}
	*list = []T{}
	for dec.More() {
		var entry T
		if err := dec.Decode(&entry); err != nil {
			return err
		}
		*list = append(*list, entry)
	}
	_, err := dec.Token()
	return err
}
