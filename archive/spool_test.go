package archive_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// noise is a file of n bytes of no form, the same each time.
func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

func downloadOf(data []byte, size int64) *archive.Download {
	return &archive.Download{Body: io.NopCloser(bytes.NewReader(data)), Size: size, Host: archivetest.Host}
}

// Wherever a download waits, the bucket gets the same object, and may ask for it again.
func TestSpool_WhereItWaits(t *testing.T) {
	small, large := noise(archive.SmallFile-1), noise(3*archive.SmallFile+7)
	tests := []struct {
		name    string
		data    []byte
		size    int64 // as the source says
		scratch int64
		dir     string
		want    string
	}{
		{"small", small, int64(len(small)), 1 << 30, t.TempDir(), "memory"},
		{"small of unknown length", small, -1, 1 << 30, t.TempDir(), "memory"},
		{"one byte", small[:1], 1, 1 << 30, t.TempDir(), "memory"},
		{"exactly a buffer", large[:archive.SmallFile], archive.SmallFile, 1 << 30, t.TempDir(), "disk"},
		{"large", large, int64(len(large)), 1 << 30, t.TempDir(), "disk"},
		{"large of unknown length", large, -1, 1 << 30, t.TempDir(), "disk"},
		{"large of unknown length, and little room", large, -1, 4 << 20, t.TempDir(), "nowhere"},
		{"larger than the scratch", large, int64(len(large)), 1 << 20, t.TempDir(), "nowhere"},
		{"no disk", large, int64(len(large)), 1 << 30, filepath.Join(t.TempDir(), "absent"), "nowhere"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			again := func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(test.data)), nil }
			got, err := archive.NewRoom(test.dir, test.scratch).Take(t.Context(), downloadOf(test.data, test.size), again)
			if err != nil {
				t.Fatal(err)
			}
			defer got.Done()
			sum := sha256.Sum256(test.data)
			if got.Where != test.want || got.SHA256 != hex.EncodeToString(sum[:]) {
				t.Errorf("waits in %s, want %s; SHA-256 agrees: %v", got.Where, test.want, got.SHA256 == hex.EncodeToString(sum[:]))
			}
			want := archivetest.BodyOf(test.data)
			if got.Size != want.Size || got.CRC64 != want.CRC64 {
				t.Errorf("size %d CRC64 %d, want %d and %d", got.Size, got.CRC64, want.Size, want.CRC64)
			}
			for range 2 {
				gives(t, got.Body, test.data)
			}
			if left, _ := os.ReadDir(test.dir); len(left) != 0 {
				t.Errorf("%d files in the scratch folder: a killed process would leave them", len(left))
			}
		})
	}
}

// gives checks the bytes of a body.
func gives(t *testing.T, body archive.Body, want []byte) {
	t.Helper()
	r, err := body.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, error %v; want the %d downloaded", len(got), err, len(want))
	}
}

func TestSpool_Refuses(t *testing.T) {
	for _, data := range [][]byte{noise(1000), noise(2 * archive.SmallFile)} {
		short, long := downloadOf(data, int64(len(data))+1), downloadOf(data, int64(len(data))-1)
		cut := downloadOf(data, int64(len(data)))
		cut.Body = io.NopCloser(io.MultiReader(bytes.NewReader(data[:len(data)/2]), iotestErr{errors.New("reset")}))
		other := downloadOf(data, int64(len(data)))
		other.CRC64 = "1"
		for name, d := range map[string]*archive.Download{"short": short, "long": long, "cut": cut, "another checksum": other} {
			if _, err := archive.NewRoom(t.TempDir(), 1<<30).Take(t.Context(), d, nil); err == nil {
				t.Errorf("%d bytes, %s: no error", len(data), name)
			}
		}
	}
}

// iotestErr is a body's end that is an error.
type iotestErr struct{ err error }

func (r iotestErr) Read([]byte) (int, error) { return 0, r.err }

// A file that could be kept nowhere is downloaded twice. Where the second download brings other bytes, nothing is stored.
func TestSpool_SecondDownloadDiffers(t *testing.T) {
	w := oneFile(t, func(n int) archivetest.Way {
		if n == 2 {
			return archivetest.OtherBytes
		}
		return archivetest.Whole
	})
	w.store = archivetest.NewMemStore(nil) // which would complain of the body
	w.walker = archivetest.NewWalker(w.store, w.source, hours, "lake/")
	w.file("call-1", theFile, func(m *archivetest.Media) { m.Body = append(song(1, 1), noise(2*archive.SmallFile)...) })
	w.options.Scratch = filepath.Join(t.TempDir(), "absent")
	w.timer()
	w.stands(archive.Pending)
	w.run(window())
	w.stands(archive.Archived)
	if n := w.downloads(); n != 4 {
		t.Errorf("%d downloads, want two for each run", n)
	}
}

// A large file in a small world, through the disk.
func TestSpool_LargeFile(t *testing.T) {
	w := oneFile(t, nil)
	w.file("call-1", theFile, func(m *archivetest.Media) { m.Body = append(song(1, 1), noise(5*archive.SmallFile)...) })
	w.timer()
	w.stands(archive.Archived)
}
