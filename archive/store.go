package archive

import (
	"context"
	"io"
	"sync/atomic"
	"time"
)

// Store is the bucket. Keys are whole: the archive's prefix is part of them. Implementations try transient faults
// again themselves, attempt nothing once ctx has ended, and are safe for concurrent use. An absent object is an
// error that wraps fs.ErrNotExist. Errors name the operation and the key, as in `put media/x: <cause>`, never a signed URL; two of the
// same cause agree by errors.Is, if only their innermost errors do.
type Store interface {
	// Stat answers with what the bucket itself says of key.
	Stat(ctx context.Context, key string) (Attrs, error)

	// Get reads key whole, for the small objects that the archive reads back (rows, indexes, manifests).
	Get(ctx context.Context, key string) ([]byte, Attrs, error)

	// Put stores body under key. On return without error the object is durable and whole: the bucket's length and
	// CRC64 are body's. With an error nothing changed, or the outcome is unknown; the object is never a part of
	// body. Repeating a Put is harmless. Where o.CreateOnly is set and key exists already, nothing is written and
	// the error wraps fs.ErrExist, unless what is there is this very body with this very metadata, stored by an attempt
	// whose answer was lost.
	Put(ctx context.Context, key string, body Body, o PutOptions) error

	// List hands the objects whose keys begin with prefix and come after the key after to yield, in key order.
	List(ctx context.Context, prefix, after string, yield func(Object) error) error
}

// ListSize is how many objects one request lists at most (COS, GET Bucket, max-keys).
const ListSize = 1000

// Streamer is a Store that reads objects of any size.
type Streamer interface {
	// Stream hands the bytes of key to take and holds them against the length and the CRC64 that the bucket tells. Where
	// the reading breaks, it begins again, with a new call of take.
	Stream(ctx context.Context, key string, take func(io.Reader) error) (Attrs, error)
}

// Sweeper is a Store that finds the uploads that killed runs began and never completed: paid for, and listed nowhere.
type Sweeper interface {
	// AbortUploads removes those below prefix that were begun before olderThan, and gives their number.
	AbortUploads(ctx context.Context, prefix string, olderThan time.Time) (int, error)
}

// Attrs is what a bucket tells of an object.
type Attrs struct {
	Size        int64
	CRC64       uint64 // ECMA, as in x-cos-hash-crc64ecma; 0 with HasCRC false where the bucket does not say
	HasCRC      bool
	ContentType string
	Meta        map[string]string // names in lower case, without x-cos-meta-
}

// Object is one line of a listing.
type Object struct {
	Key      string
	Size     int64
	ETag     string // as the bucket sends it; with Size and Modified it tells one state of the object from the next
	Modified time.Time
}

// Body is what a Put stores. Open gives the same Size bytes each time, from the first on, so that a Put can try
// again; CRC64 is theirs, known before the first byte leaves.
type Body struct {
	Size  int64
	CRC64 uint64
	Open  func(ctx context.Context) (io.ReadCloser, error)
}

// PutOptions says how an object is stored.
type PutOptions struct {
	ContentType string
	Meta        map[string]string // names of lower-case letters, digits and hyphens; values printable ASCII
	Class       string            // storage class; empty: STANDARD
	CreateOnly  bool              // x-cos-forbid-overwrite
}

// Meter counts the requests of one run. The adapters add, the report reads.
type Meter struct {
	api, store atomic.Int64
}

// API counts one more request to the contact center; Store one more to the bucket.
func (m *Meter) API() { m.api.Add(1) }

// Store counts one more request to the bucket.
func (m *Meter) Store() { m.store.Add(1) }
