package archivetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"cdrvault/archive"
)

var crcTable = crc64.MakeTable(crc64.ECMA)

// BodyOf is data as the body of a Put.
func BodyOf(data []byte) archive.Body {
	return archive.Body{
		Size:  int64(len(data)),
		CRC64: crc64.Checksum(data, crcTable),
		Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(data)), nil
		},
	}
}

func readBody(ctx context.Context, body archive.Body) ([]byte, error) {
	r, err := body.Open(ctx)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	return data, errors.Join(err, r.Close())
}

// checkPut records every rule that a Put breaks, and refuses it if there is one.
func (m *MemStore) checkPut(key string, data []byte, body archive.Body, o archive.PutOptions) error {
	err := errors.Join(checkBody(data, body), checkKey(key), checkMeta(o.Meta))
	if len(data) == 0 && (m.AllowEmpty == nil || !m.AllowEmpty(key)) {
		err = errors.Join(err, errors.New("object without bytes"))
	}
	if err != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.violate("put %s: %v", key, err)
	}
	return err
}

// violate is called with the lock held.
func (m *MemStore) violate(format string, args ...any) {
	m.violations = append(m.violations, fmt.Sprintf(format, args...))
	if m.tb != nil {
		m.tb.Helper()
		m.tb.Errorf(format, args...)
	}
}

func checkBody(data []byte, body archive.Body) error {
	if int64(len(data)) != body.Size {
		return fmt.Errorf("body of %d bytes was said to have %d", len(data), body.Size)
	}
	if sum := crc64.Checksum(data, crcTable); sum != body.CRC64 {
		return fmt.Errorf("body of CRC64 %d was said to have %d", sum, body.CRC64)
	}
	return nil
}

const (
	maxKeyBytes  = 850     // COS's limit for a key
	maxMetaBytes = 2 << 10 // COS's limit for all the metadata of an object
)

func checkKey(key string) error {
	switch {
	case key == "":
		return errors.New("key is empty")
	case len(key) > maxKeyBytes:
		return fmt.Errorf("key has %d bytes, more than %d", len(key), maxKeyBytes)
	case !utf8.ValidString(key), strings.ContainsFunc(key, unicode.IsControl):
		return errors.New("key is no plain text")
	case strings.HasPrefix(key, "/"), strings.Contains(key, "//"), strings.Contains(key, ".."):
		return errors.New("key is no plain path")
	}
	return nil
}

var metaName = regexp.MustCompile(`^[a-z0-9-]+$`)

func checkMeta(meta map[string]string) error {
	total := 0
	for name, value := range meta {
		total += len("x-cos-meta-") + len(name) + len(value)
		if !metaName.MatchString(name) {
			return fmt.Errorf("metadata name %q: want lower-case letters, digits and hyphens", name)
		}
		if strings.ContainsFunc(value, notPrintable) || strings.TrimSpace(value) != value {
			return fmt.Errorf("metadata %s: want printable ASCII without space around it", name)
		}
	}
	if total > maxMetaBytes {
		return fmt.Errorf("metadata has %d bytes, more than %d", total, maxMetaBytes)
	}
	return nil
}

func notPrintable(r rune) bool { return r < ' ' || r > '~' }

// isMedia tells whether key names a media file, whose bytes never change. The archive's prefix may stand before it.
func isMedia(key string) bool { return strings.Contains("/"+key, "/media/") }
