package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"testing"
	"testing/synctest"

	"cdrvault/crc64"
)

// sealedWhole is what encode writes, made in one piece.
func sealedWhole(t *testing.T, m Manifest) string {
	t.Helper()
	m.Seal = ""
	plain, err := marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(plain)
	m.Seal = hex.EncodeToString(sum[:])
	b, err := marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Written entry by entry, a manifest is the JSON that it would be in one piece: manifests of all versions have the same digest.
func TestManifest_EntryByEntry(t *testing.T) {
	many := booksOfAll()
	for i := range 1000 {
		many.Media = append(many.Media, File{Key: fmt.Sprint("many/", i), Status: Archived})
	}
	tricky := booksOfAll()
	tricky.Timezone, tricky.Lost[0].Reason = `"media":[],"debts":[],"lost":[],"seal":""}`, `<&>"lost":["seal":""}`
	empty := booksOfAll()
	empty.Media, empty.Debts, empty.Lost = []File{}, []Debt{}, []File{}
	parts := booksOfAll()
	parts.Parts, parts.Rows, parts.RowsMore = 2, &Content{Key: "rows"}, []*Content{{Key: "rows-0001"}}
	for name, m := range map[string]*Manifest{"a file of each": booksOfAll(), "many": many, "tricky": tricky, "empty": empty, "parts": parts} {
		got, err := encoded(m)
		if want := sealedWhole(t, *m); err != nil || string(got) != want {
			t.Errorf("%s: error %v\ngot  %s\nwant %s", name, err, got, want)
		}
		c, stamped, err := m.content("key")
		want := contentOf("key", got)
		if err != nil || *c != *want || stamped == "" {
			t.Errorf("%s: error %v, described as %+v with stamp %q, want %+v", name, err, c, stamped, want)
		}
	}
}

// A manifest's body gives the same bytes at each try, and a try that is given up leaves nothing behind.
func TestManifest_Body(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which ends only when every goroutine has
		m := booksOfAll()
		for range 1000 {
			m.Media = append(m.Media, m.Media[0])
		}
		want, err := encoded(m)
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := m.content("key")
		if err != nil {
			t.Fatal(err)
		}
		body := m.body(c)
		for range 2 {
			given, err := body.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := given.Read(make([]byte, 10)); err != nil {
				t.Error(err)
			}
			given.Close()
			whole, err := body.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(whole)
			if err != nil || !bytes.Equal(got, want) || body.Size != int64(len(got)) || body.CRC64 != crc64.Checksum(got) {
				t.Errorf("error %v, %d bytes of %d", err, len(got), body.Size)
			}
		}
	})
}
