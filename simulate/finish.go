package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cdrvault/archive"
	"cdrvault/devcloud/bucket"
)

// doubts gives the windows whose books do not agree.
func (w *walker) doubts() map[span]string {
	all := map[span]string{}
	for s, b := range w.lake {
		if why := b.doubt(); why != "" {
			all[s] = why
		}
	}
	return all
}

// complete checks, after a run that says that it is complete, that every window has its books and every call that the API
// listed at now, when it began, its row. In an open window one may be missing for a while where the number of calls could
// not tell of it.
func (w *walker) complete(begin map[string]int64, now time.Time) {
	newest := now.Truncate(time.Hour).Add(-time.Hour)
	for s, callers := range w.world.bySpan {
		if s.start < begin[s.app] || s.start > newest.Unix() {
			continue
		}
		b := w.lake[s]
		if b == nil || b.manifest == nil {
			w.complain("%v: has no manifest", s)
			continue
		}
		for _, c := range callers {
			missing := c.listed(now) && (b.rows == nil || b.rows.calls[c.Session] == nil)
			if missing && (b.manifest.State == "final" || !w.masked(s.app, newest, now)) {
				w.complain("%v: call at %d is listed, and not in the lake", s, c.Time.Unix())
			}
		}
	}
}

// masked tells whether the API's number of calls may hide one that came late: from the same hours another was withdrawn
// that was archived, or one lies in the first or last second of a window, which a number leaves out where the API reads a
// range as open. Such a late call is found when other hours are counted together, or at last when its window settles.
func (w *walker) masked(app string, newest, now time.Time) bool {
	for start := newest.Add(-settle); !start.After(newest); start = start.Add(time.Hour) {
		s := span{app, start.Unix()}
		if b := w.lake[s]; b != nil && b.manifest != nil && b.manifest.Listing.Inside > w.stillListed(s, now) {
			return true
		}
		if w.world.leavesOut(app, s.start) || w.world.leavesOut(app, s.start+3599) {
			return true
		}
	}
	return false
}

// stillListed is the number of a window's archived calls that the API lists.
func (w *walker) stillListed(s span, now time.Time) int {
	n := 0
	for _, c := range w.world.bySpan[s] {
		if c.listed(now) && w.lake[s].rows != nil && w.lake[s].rows.calls[c.Session] != nil {
			n++
		}
	}
	return n
}

// finish checks what has to hold when the last window has settled: everything is there and final, a further run finds
// nothing to do, and the archive's own verification agrees.
func (f *Fortnight) finish(ctx context.Context) error {
	f.reread()
	for s := range f.walker.lake {
		f.final(s)
	}
	if err := f.walker.verdict(); err != nil {
		return err
	}
	return errors.Join(f.idle(ctx), f.verified(ctx), f.swept())
}

// reread has the walker read every object again, whatever it remembers of it.
func (f *Fortnight) reread() {
	clear(f.walker.objects)
	f.walker.walk()
	f.walker.complete(f.beginning(), f.clock.now())
	for s, why := range f.walker.doubts() {
		f.walker.complain("%v: %s", s, why)
	}
}

// final checks a window that has settled.
func (f *Fortnight) final(s span) {
	b, w := f.walker.lake[s], f.walker
	if b.manifest == nil || time.Unix(s.start, 0).Add(time.Hour+settle).After(f.clock.now()) {
		return
	}
	if b.manifest.State != "final" {
		w.complain("%v: is %s", s, b.manifest.State)
	}
	if b.rows != nil {
		for session, r := range b.rows.calls {
			c := f.world.callers[session]
			w.compare(s.String(), c, r, !c.withdrawn)
			f.tally.Calls++
		}
	}
	f.tally.Files += len(b.manifest.Media)
	for _, lost := range b.manifest.Lost {
		f.tally.Lost++
		c := f.world.files[lost.Key]
		if lost.Status != "lost" || !f.world.gone[lost.Key] && !c.withdrawn {
			w.complain("%v: %s is given up (%s), although the source has it", s, lost.Key, lost.Reason)
		}
	}
	for _, c := range f.world.bySpan[s] {
		f.files(b, c)
	}
}

// files checks that every file of a call that was archived is there, or is lost.
func (f *Fortnight) files(b *books, c *caller) {
	if b.rows == nil || b.rows.calls[c.Session] == nil || c.withdrawn {
		return
	}
	books := b.manifest.statuses()
	for key := range c.files {
		if books[key] != "archived" && !f.world.gone[key] {
			f.walker.complain("%v: %s is %q", c.span, key, books[key])
		}
	}
}

// idle runs once more: nothing is written, nothing downloaded, and the API asked once for each application.
func (f *Fortnight) idle(ctx context.Context) error {
	f.tally.Runs++
	done, err := f.runs(ctx, visit{request: f.request()})
	if err != nil {
		return err
	}
	if !done[0].clean() {
		return fmt.Errorf("  a run at the end is not complete: %v", done[0].err)
	}
	if err := f.silent(ctx); err != nil {
		return err
	}
	counts := done[0].life.counts()
	if writes(counts) > 0 || counts["DescribeTelCdr"] != len(apps) {
		return fmt.Errorf("  a run that finds nothing to do sent %v", counts)
	}
	return nil
}

// verified has the archive verify itself. It may find files that no book names where the API withdrew a call after a run had stored
// them, and before that run or another could write the call down.
func (f *Fortnight) verified(ctx context.Context) error {
	f.tally.Runs++
	q := f.request()
	q.Mode = archive.ModeVerify
	done, err := f.runs(ctx, visit{request: q})
	if err != nil {
		return err
	}
	if err := done[0].err; err != nil {
		return fmt.Errorf("  the archive's verification: %w", err)
	}
	found := slices.DeleteFunc(done[0].report.Findings, f.ofWithdrawn)
	if len(found) > 0 {
		return fmt.Errorf("  the archive's verification has %d findings: %v", len(found), found[:min(5, len(found))])
	}
	return nil
}

// ofWithdrawn tells whether a finding is a file of a call that was withdrawn before it was archived.
func (f *Fortnight) ofWithdrawn(found archive.Finding) bool {
	c := f.world.files[found.Name]
	if found.Trouble != archive.Extra || c == nil || !c.withdrawn {
		return false
	}
	b := f.walker.lake[c.span]
	return b.rows == nil || b.rows.calls[c.Session] == nil
}

// swept checks that uploads which killed runs left are not paid for for ever.
func (f *Fortnight) swept() error {
	old := slices.DeleteFunc(f.cloud.bucket.Uploads(), func(u bucket.Upload) bool {
		return u.Initiated.After(f.clock.now().Add(-settle - 2*time.Hour))
	})
	if len(old) > 0 {
		return fmt.Errorf("  %d uploads of killed runs lie around, the first since %v: %s", len(old), old[0].Initiated, old[0].Key)
	}
	return nil
}
