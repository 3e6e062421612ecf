package archive_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// jammed is a bucket that answers some requests only when their context ends, or with a refusal.
type jammed struct {
	archive.Store
	jams    func(op archivetest.Op, key string) bool
	refusal error // nil: none
}

func (s jammed) Put(ctx context.Context, key string, body archive.Body, o archive.PutOptions) error {
	if s.jams(archivetest.Put, key) {
		return s.answer(ctx)
	}
	return s.Store.Put(ctx, key, body, o)
}

func (s jammed) Get(ctx context.Context, key string) ([]byte, archive.Attrs, error) {
	if s.jams(archivetest.Get, key) {
		return nil, archive.Attrs{}, s.answer(ctx)
	}
	return s.Store.Get(ctx, key)
}

func (s jammed) answer(ctx context.Context) error {
	if s.refusal != nil {
		return s.refusal
	}
	<-ctx.Done()
	return ctx.Err()
}

// jam runs q over a bucket that jams, and tells how long it took.
func (w *world) jam(s jammed, q archive.Request) (*archive.Report, time.Duration, error) {
	w.Helper()
	o, began := w.options, time.Now()
	o.Clock = func() time.Time { return w.now }
	s.Store = w.store
	report, err := archive.New(w.source, w.source, s, o).Run(w.Context(), q)
	w.discreet(report, err)
	return report, time.Since(began), err
}

// putting jams what is put under a folder.
func putting(folder string) jammed {
	return jammed{jams: func(op archivetest.Op, key string) bool {
		return op == archivetest.Put && strings.HasPrefix(key, "lake/"+folder)
	}}
}

// Nobody waits for a bucket that takes windows, but neither the answer nor the shortcuts. The answer says where it is not filed.
func TestTidy_HangingBucket(t *testing.T) {
	for folder, unfiled := range map[string]bool{"runs/": true, "ledger/": false} {
		synctest.Test(t, func(t *testing.T) {
			w := smallWorld(t)
			report, took, err := w.jam(putting(folder), window())
			if err != nil || !report.Complete || took > 10*time.Second {
				t.Errorf("%s hangs: took %v, error %v, complete %v", folder, took, err, report.Complete)
			}
			if slices.Contains(report.Notes, "time was up before this answer was filed") != unfiled {
				t.Errorf("%s hangs: notes %q", folder, report.Notes)
			}
			w.walker.Whole(t)
		})
	}
}

// Nor does a share wait for what others have written down meanwhile.
func TestTidy_HangingShortcut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stretch(t)
		var read atomic.Int64
		hangs := jammed{jams: func(op archivetest.Op, key string) bool {
			return op == archivetest.Get && strings.HasPrefix(key, "lake/ledger/") && read.Add(1) > int64(len(w.options.Apps))
		}}
		_, took, err := w.jam(hangs, share(1, shares))
		if err != nil || took > 4*time.Second || read.Load() <= int64(len(w.options.Apps)) {
			t.Errorf("took %v, error %v, read %d", took, err, read.Load())
		}
		if _, kept := w.store.Object("lake/ledger/sdk_app_id=" + app + ".json"); !kept {
			t.Error("the share's own shortcut is not kept")
		}
	})
}

// An answer that the bucket refuses is an error.
func TestTidy_RefusedAnswer(t *testing.T) {
	w, refuses := smallWorld(t), putting("runs/")
	refuses.refusal = errors.New("refused")
	if _, _, err := w.jam(refuses, window()); !errors.Is(err, refuses.refusal) {
		t.Errorf("error %v", err)
	}
}
