package cosstore

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"cdrvault/archive"
)

const (
	metaPrefix  = "X-Cos-Meta-" // as net/http writes it; COS does not look at the case
	maxKeyBytes = 850           // COS's limit
)

// encryption is what the headers say of encryption at rest.
type encryption struct {
	algorithm string
	keyID     string // of KMS
}

func parseSSE(s string) (encryption, error) {
	if id, ok := strings.CutPrefix(s, "kms:"); ok && id != "" {
		return encryption{algorithm: "cos/kms", keyID: id}, nil
	}
	if s == "" || s == "AES256" {
		return encryption{algorithm: s}, nil
	}
	return encryption{}, fmt.Errorf(`SSE: %q, want "", "AES256" or "kms:<key id>"`, s)
}

func (e encryption) setKey(h http.Header) {
	if e.keyID != "" {
		h.Set("x-cos-server-side-encryption-cos-kms-key-id", e.keyID)
	}
}

func attrsOf(h http.Header, size int64) archive.Attrs {
	a := archive.Attrs{Size: size, ContentType: h.Get("Content-Type"), Meta: map[string]string{}}
	a.CRC64, a.HasCRC = crcOf(h)
	for name, values := range h {
		if suffix, ok := strings.CutPrefix(name, metaPrefix); ok {
			a.Meta[strings.ToLower(suffix)] = values[0]
		}
	}
	return a
}

func crcOf(h http.Header) (uint64, bool) {
	sum, err := strconv.ParseUint(h.Get("x-cos-hash-crc64ecma"), 10, 64)
	return sum, err == nil
}

// checkKey refuses what COS would, and the empty key above all: PUT / is "create a bucket".
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

// checkMeta refuses what net/http would not send, or would send as something else.
func checkMeta(meta map[string]string) error {
	for name, value := range meta {
		if !metaName.MatchString(name) {
			return fmt.Errorf("metadata name %q: want lower-case letters, digits and hyphens", name)
		}
		if strings.ContainsFunc(value, notPrintable) || strings.TrimSpace(value) != value {
			return fmt.Errorf("metadata %s: want printable ASCII without space around it", name)
		}
	}
	return nil
}

func notPrintable(r rune) bool { return r < ' ' || r > '~' }

func checkSize(n int64) error {
	if n < 0 {
		return errors.New("size is negative")
	}
	return nil
}
