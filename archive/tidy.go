package archive

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"
)

// Beside windows, a run leaves its answer, shortcuts that the next run is glad of and none needs, and no abandoned uploads.

// chore is housekeeping that goes on beside the work.
type chore struct {
	once  sync.Once
	run   sync.WaitGroup
	notes []string // what there is to tell of it, once it has ended
}

// begin lets f begin, unless it has begun already.
func (c *chore) begin(f func() []string) {
	c.once.Do(func() {
		c.run.Go(func() {
			if err := guard(func() error { c.notes = f(); return nil }); err != nil {
				c.notes = append(c.notes, "tidy up: "+clip(err.Error(), errorText))
			}
		})
	})
}

// ended waits for what has begun.
func (c *chore) ended() []string {
	c.run.Wait()
	return c.notes
}

// sweep aborts uploads that runs left behind when they were killed more than a day ago. It is housekeeping of runs that write
// anyway, beside their first write: where it fails, or the role may not do it, the answer says so and nothing else changes.
func (r *run) sweep() (notes []string) {
	sweeper, ok := r.store.(Sweeper)
	if !ok || r.DryRun || ended(r.soon) {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.soon, sweepTime)
	defer cancel()
	n, err := sweeper.AbortUploads(ctx, r.Prefix, r.Clock().Add(-24*time.Hour))
	if n > 0 {
		notes = append(notes, fmt.Sprintf("aborted %d uploads that killed runs had left", n))
	}
	if err != nil {
		notes = append(notes, "look for abandoned uploads: "+clip(err.Error(), errorText))
	}
	return notes
}

// Bounds of what is no work on windows: a bucket that hangs there holds up nobody who waits for the answer.
const (
	sweepTime = 3 * time.Second  // for uploads that nobody ends, and again for what others wrote down
	leaveTime = 10 * time.Second // for the answer and the shortcuts
)

// tidy ends the housekeeping, and gives the shortcuts to keep. It comes before the answer, which tells of it.
func (r *run) tidy(ctx context.Context) (shortcuts []document) {
	if r.report.wroteAny() {
		r.sweeping.begin(r.sweep)
	}
	for _, note := range r.sweeping.ended() {
		r.report.note(note)
	}
	ctx, cancel := context.WithTimeout(ctx, sweepTime)
	defer cancel()
	return r.shortcutsToKeep(ctx)
}

// leave files the answer, with the shortcuts beside it. That one of these could not be kept is no error; nor is an answer for
// which there was no time, since what is committed is there without it. One that the bucket refuses is. failed is what the run has
// failed with.
func (r *run) leave(ctx context.Context, shortcuts []document, failed error) error {
	ctx, cancel := context.WithTimeout(ctx, leaveTime)
	defer cancel()
	puts := []func() error{func() error { return unlessTold(r.file(ctx), failed) }}
	for _, s := range shortcuts {
		puts = append(puts, func() error { _ = r.keep(ctx, s); return nil })
	}
	err := together(puts...)
	if err != nil && ended(ctx) {
		r.report.note("time was up before this answer was filed")
		return nil
	}
	return err
}

// unlessTold is err, or nil where what the run has failed with already tells its cause: a bucket that cannot be reached need not be
// said to take no answer either.
func unlessTold(err, told error) error {
	if err == nil || told == nil {
		return err
	}
	cause := err
	for next := errors.Unwrap(cause); next != nil; next = errors.Unwrap(cause) {
		cause = next
	}
	if errors.Is(told, cause) || strings.Contains(told.Error(), cause.Error()) {
		return nil
	}
	return err
}

// document is an object of JSON that no row depends on.
type document struct {
	key  string
	body []byte
	meta map[string]string // beside what every document tells of itself
}

// keep puts a document, whatever lies under its key.
func (r *run) keep(ctx context.Context, d document) error {
	c := contentOf(d.key, d.body)
	meta := map[string]string{metaSchema: "1", metaSHA256: c.SHA256}
	maps.Copy(meta, d.meta)
	return r.store.Put(ctx, d.key, inMemory(d.body, c.CRC64), PutOptions{ContentType: "application/json", Meta: meta})
}
