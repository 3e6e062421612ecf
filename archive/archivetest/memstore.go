package archivetest

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cdrvault/archive"
)

// Op is a verb of archive.Store.
type Op string

// The verbs, as Before and Counts name them.
const (
	Stat Op = "stat"
	Get  Op = "get"
	Put  Op = "put"
	List Op = "list"
)

// Fault is what becomes of one Put: whether it is applied, and what the caller is told.
type Fault int

// The faults.
const (
	None              Fault = iota
	Lost                    // nothing is stored; the caller gets ErrInjected
	StoredButReported       // the object is stored; the caller gets ErrInjected all the same
)

// ErrInjected is what a Put answers with where OnPut asked for a fault.
var ErrInjected = errors.New("injected fault")

// Stored is an object of a MemStore.
type Stored struct {
	Data     []byte
	Options  archive.PutOptions
	CRC64    uint64
	Modified time.Time
}

// MemStore is an archive.Store in memory that checks what it is given: a key that the contract forbids, an object
// without bytes, metadata that COS would not take, a body that is not what it says of itself, and other bytes under a
// key of media/ are violations. They fail the test, and Violations lists them.
//
// The hooks are set before the store is used. They are called without its lock held, from whatever goroutine the call
// comes from, and may be slow.
type MemStore struct {
	// Before is called before each operation is applied: for a listing once for each page. It may change the world
	// (run another archiver, end the context) to interleave two runs at every step.
	Before func(op Op, key string)

	// OnPut decides the fault of the nth Put of the store, counted from 1.
	OnPut func(key string, n int) Fault

	// OnStat, OnGet and OnList answer with the error of a call, nil for none.
	OnStat, OnGet, OnList func(key string) error

	// AllowEmpty tells where an object without bytes is right. Nil: nowhere.
	AllowEmpty func(key string) bool

	// Now dates the objects. Nil: one second for each Put, from 2026-01-01 on.
	Now func() time.Time

	tb         testing.TB
	mu         sync.Mutex
	objects    map[string]Stored
	counts     map[Op]int
	violations []string
}

var _ archive.Store = (*MemStore)(nil)

// NewMemStore makes an empty store. Violations fail tb; where tb is nil they are only listed.
func NewMemStore(tb testing.TB) *MemStore {
	return &MemStore{tb: tb, objects: map[string]Stored{}, counts: map[Op]int{}}
}

// listPage is how many objects one request lists, as COS does.
const listPage = 1000

// Stat answers with the attributes of key.
func (m *MemStore) Stat(ctx context.Context, key string) (archive.Attrs, error) {
	o, err := m.read(ctx, Stat, key, m.OnStat)
	return o.attrs(), err
}

// Get answers with a copy of what is stored under key.
func (m *MemStore) Get(ctx context.Context, key string) ([]byte, archive.Attrs, error) {
	o, err := m.read(ctx, Get, key, m.OnGet)
	return slices.Clone(o.Data), o.attrs(), err
}

func (m *MemStore) read(ctx context.Context, op Op, key string, hook func(string) error) (Stored, error) {
	if _, err := m.begin(ctx, op, key); err != nil {
		return Stored{}, err
	}
	if hook != nil {
		if err := hook(key); err != nil {
			return Stored{}, wrap(op, key, err)
		}
	}
	o, ok := m.Object(key)
	if !ok {
		return Stored{}, wrap(op, key, fs.ErrNotExist)
	}
	return o, nil
}

// Put checks body and stores it, unless a fault is due.
func (m *MemStore) Put(ctx context.Context, key string, body archive.Body, o archive.PutOptions) error {
	n, err := m.begin(ctx, Put, key)
	if err != nil {
		return err
	}
	data, err := readBody(ctx, body)
	if err == nil {
		err = m.checkPut(key, data, body, o)
	}
	if err != nil {
		return wrap(Put, key, err)
	}
	fault := None
	if m.OnPut != nil {
		fault = m.OnPut(key, n)
	}
	if fault != Lost {
		if err := m.apply(key, data, body.CRC64, o); err != nil {
			return wrap(Put, key, err)
		}
	}
	if fault != None {
		return wrap(Put, key, ErrInjected)
	}
	return nil
}

// apply stores data, as one step for all who look.
func (m *MemStore) apply(key string, data []byte, sum uint64, o archive.PutOptions) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, exists := m.objects[key]
	if exists && o.CreateOnly {
		if old.same(data, sum, o) {
			return nil
		}
		return fs.ErrExist
	}
	if exists && isMedia(key) && string(old.Data) != string(data) {
		m.violate("put %s: other bytes for a media file (%d, had %d)", key, len(data), len(old.Data))
	}
	o.Meta = maps.Clone(o.Meta)
	m.objects[key] = Stored{Data: data, Options: o, CRC64: sum, Modified: m.now()}
	return nil
}

// List hands the objects below prefix after the key after to yield. Each page shows the store as it is then.
func (m *MemStore) List(ctx context.Context, prefix, after string, yield func(archive.Object) error) error {
	for {
		if _, err := m.begin(ctx, List, prefix); err != nil {
			return err
		}
		if m.OnList != nil {
			if err := m.OnList(prefix); err != nil {
				return wrap(List, prefix, err)
			}
		}
		page, more := m.page(prefix, after)
		for _, o := range page {
			if err := yield(o); err != nil {
				return err
			}
			after = o.Key
		}
		if !more {
			return nil
		}
	}
}

func (m *MemStore) page(prefix, after string) (page []archive.Object, more bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(m.objects)) {
		if key <= after || !strings.HasPrefix(key, prefix) {
			continue
		}
		if len(page) == listPage {
			return page, true
		}
		o := m.objects[key]
		page = append(page, archive.Object{Key: key, Size: int64(len(o.Data)), ETag: o.etag(), Modified: o.Modified})
	}
	return page, false
}

// begin counts an operation, answers with its number among those of its verb, and gives way to Before. With an ended
// context there is no operation.
func (m *MemStore) begin(ctx context.Context, op Op, key string) (n int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, wrap(op, key, err)
	}
	m.mu.Lock()
	m.counts[op]++
	n = m.counts[op]
	m.mu.Unlock()
	if m.Before != nil {
		m.Before(op, key)
	}
	return n, nil
}

// now is called with the lock held.
func (m *MemStore) now() time.Time {
	if m.Now != nil {
		return m.Now()
	}
	return time.Date(2026, 1, 1, 0, 0, m.counts[Put], 0, time.UTC)
}

func (s Stored) attrs() archive.Attrs {
	if s.Modified.IsZero() {
		return archive.Attrs{}
	}
	meta := maps.Clone(s.Options.Meta)
	if meta == nil {
		meta = map[string]string{}
	}
	return archive.Attrs{
		Size: int64(len(s.Data)), CRC64: s.CRC64, HasCRC: true, ContentType: s.Options.ContentType, Meta: meta,
	}
}

// etag is the MD5 of the bytes between quotes, as COS gives it for an object that was put in one piece.
func (s Stored) etag() string { return fmt.Sprintf("\"%x\"", md5.Sum(s.Data)) }

// same tells whether s is what a Put that lost its answer would have stored: the bytes, and all that is told of them.
func (s Stored) same(data []byte, sum uint64, o archive.PutOptions) bool {
	return s.CRC64 == sum && string(s.Data) == string(data) && maps.Equal(s.Options.Meta, o.Meta)
}

func wrap(op Op, key string, err error) error { return fmt.Errorf("%s %s: %w", op, key, err) }
