package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A manifest is sealed by a digest of itself, its last field: one that was cut or edited does not hold. That of a window with
// very many files is a hundred megabytes, so it is written once, and its files are read one by one.

// sealField is how a manifest with that seal ends, but for the last newline. The seal is made with an empty one.
func sealField(seal string) string { return `"seal":"` + seal + `"}` }

// encode seals m and gives it as it is stored.
func (m Manifest) encode() ([]byte, error) {
	m.Seal = ""
	plain, err := marshal(m)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(plain)
	plain = bytes.TrimSuffix(plain, []byte(sealField("")+"\n"))
	return append(plain, sealField(hex.EncodeToString(sum[:]))+"\n"...), nil
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
