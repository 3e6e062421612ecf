package main

import (
	"context"
	"time"

	"cdrvault/archive"
	"cdrvault/devcloud/calls"
)

// fanOut has the last hours backfilled by shares, each in a run of its own, all at once. Some are delivered twice, some never,
// some are killed, and the timer fires in their midst.
func (f *Fortnight) fanOut(ctx context.Context, shares int) (string, error) {
	visits := []visit{f.plan(single)}
	for _, q := range f.shares(shares) {
		copies := 1
		if f.rand.IntN(4) == 0 {
			copies = 2
		}
		for range copies {
			visits = append(visits, f.delivered(q))
		}
	}
	done, err := f.runs(ctx, visits...)
	return done.String(), err
}

// delivered is the visit of a share, which may be killed, or never come.
func (f *Fortnight) delivered(q archive.Request) visit {
	v := f.plan(single)
	q.ID, v.request = v.request.ID, q
	switch f.rand.IntN(5) {
	case 0:
		v.kill = 1 // at its first request: the same as if it had never come
	case 1:
		v = f.doomed(v)
	}
	return v
}

// shares gives the shares of a backfill that reaches back no further than the archive does, with one window in slices. There
// are none where nothing is archived yet.
func (f *Fortnight) shares(n int) []archive.Request {
	now := f.clock.now()
	to := now.Truncate(time.Hour)
	from := to.Add(-time.Duration(1+f.rand.IntN(30)) * time.Hour)
	for _, begin := range f.beginning() {
		if from.Unix() < begin {
			from = time.Unix(begin, 0)
		}
	}
	hours := int(to.Sub(from) / time.Hour)
	if hours < 1 {
		return nil
	}
	heavy := from.Add(time.Duration(f.rand.IntN(hours)) * time.Hour).In(calls.Beijing).Format(time.RFC3339)
	var all []archive.Request
	for k := 1; k <= n; k++ {
		all = append(all, archive.Request{Mode: archive.ModeBackfill, Now: now, From: from, To: to,
			Share: archive.Share{Number: k, Of: n}, Slices: map[string]int{heavy: 2 * n}})
	}
	return all
}
