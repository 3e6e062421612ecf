package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"golang.org/x/sync/errgroup"

	"cdrvault/archive"
)

// roomFor is the size of a disk that holds so many of the files that spread makes.
func roomFor(files int64) int64 { return files * 4 * archive.SmallFile }

// spread is a file of three blocks and a bit, that has nothing in common with another number's.
func spread(n int) []byte {
	b := bytes.Repeat([]byte(fmt.Sprintf("file %06d ", n)), 3*archive.SmallFile/12+5000)
	return b[:len(b)-n%17]
}

// Many files through a disk that holds three of them: blocks are used again and again, by files side by side, some of which
// break off, and every file stays what it was.
func TestScratch_BlocksAreUsedAgainAndNeverMixed(t *testing.T) {
	room := archive.NewRoom(t.TempDir(), roomFor(3))
	var copies errgroup.Group
	copies.SetLimit(8)
	for n := range 24 {
		copies.Go(func() error {
			data := spread(n)
			d := downloadOf(data, int64(len(data)))
			if n%5 == 0 {
				d.Body = io.NopCloser(io.MultiReader(bytes.NewReader(data[:len(data)/2]), iotestErr{errors.New("reset")}))
			}
			got, err := room.Take(t.Context(), d, nil)
			if err != nil {
				if n%5 != 0 {
					t.Errorf("file %d: %v", n, err)
				}
				return nil
			}
			defer got.Done()
			if got.Where != "disk" {
				t.Errorf("file %d waits in %s, want the disk", n, got.Where)
			}
			gives(t, got.Body, data)
			return nil
		})
	}
	copies.Wait()
	if taken := room.Taken(); taken > roomFor(3) {
		t.Errorf("%d bytes of the disk were used, more than the %d it may have", taken, roomFor(3))
	}
}

// One file after the other needs the room of one.
func TestScratch_GivesRoomBack(t *testing.T) {
	room := archive.NewRoom(t.TempDir(), roomFor(10))
	for n := range 20 {
		data := spread(n)
		got, err := room.Take(t.Context(), downloadOf(data, int64(len(data))), nil)
		if err != nil {
			t.Fatal(err)
		}
		got.Done()
	}
	if taken := room.Taken(); taken != roomFor(1) {
		t.Errorf("%d bytes of the disk were used, want %d", taken, roomFor(1))
	}
}

// A disk that is full in the midst of a file costs a second download of this file, not the file, nor any other one.
func TestScratch_FullDisk(t *testing.T) {
	room := archive.NewRoom(t.TempDir(), roomFor(3))
	data := spread(1)
	again := func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	d := downloadOf(data, int64(len(data)))
	half := bytes.NewReader(data[:len(data)/2])
	d.Body = io.NopCloser(io.MultiReader(half, breaking{room.FailDisk}, bytes.NewReader(data[len(data)/2:])))
	got, err := room.Take(t.Context(), d, again)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Done()
	if got.Where != "nowhere" {
		t.Errorf("waits in %s of a disk that failed", got.Where)
	}
	gives(t, got.Body, data)
	if _, err := room.Take(t.Context(), downloadOf(data, int64(len(data))), again); err != nil {
		t.Errorf("the next file: %v", err)
	}
}

// breaking is a moment in a body at which something happens.
type breaking struct{ happen func() }

func (b breaking) Read([]byte) (int, error) { b.happen(); return 0, io.EOF }

// Nobody waits for room longer than the run lasts, and whoever gave up took none.
func TestScratch_WaitsForRoom(t *testing.T) {
	room := archive.NewRoom(t.TempDir(), roomFor(1))
	data := spread(1)
	first, err := room.Take(t.Context(), downloadOf(data, int64(len(data))), nil)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := room.Take(ended, downloadOf(data, int64(len(data))), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	first.Done()
	second, err := room.Take(t.Context(), downloadOf(data, int64(len(data))), nil)
	if err != nil {
		t.Fatal(err)
	}
	second.Done()
}

// A run that ends leaves the files of a run beside it alone. After the last one, the next begins a new disk file.
func TestScratch_TwoRuns(t *testing.T) {
	room := archive.NewRoom(t.TempDir(), roomFor(3))
	data := spread(1)
	got, err := room.Take(t.Context(), downloadOf(data, int64(len(data))), nil)
	if err != nil {
		t.Fatal(err)
	}
	room.Close()
	gives(t, got.Body, data)
	got.Done()
	room.Close()
	if taken := room.Taken(); taken != 0 {
		t.Errorf("%d bytes of a disk file that was closed are still counted", taken)
	}
	next, err := room.Take(t.Context(), downloadOf(data, int64(len(data))), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Done()
	gives(t, next.Body, data)
}

// A file costs memory for its own size, not for the largest one's.
func TestScratch_BufferFitsTheFile(t *testing.T) {
	room := archive.NewRoom(t.TempDir(), 0)
	for _, test := range []struct {
		size int64
		want int
	}{
		{0, 64 << 10}, {64<<10 - 1, 64 << 10}, {64 << 10, 256 << 10}, {200_000, 256 << 10}, {256 << 10, 1 << 20},
		{archive.SmallFile - 1, 1 << 20}, {-1, 1 << 20},
	} {
		if got := room.Buffer(test.size); got != test.want {
			t.Errorf("%d bytes get a buffer of %d, want %d", test.size, got, test.want)
		}
	}
}
