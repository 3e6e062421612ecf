package archive_test

import (
	"context"
	"testing"
	"time"

	"cdrvault/archive"
)

// spans checks the range that an answer tells.
func spans(t *testing.T, r *archive.Report, from, to time.Time) {
	t.Helper()
	if r.From != hours.Stamp(from) || r.To != hours.Stamp(to) {
		t.Errorf("answer of %s to %s, want %s to %s", r.From, r.To, hours.Stamp(from), hours.Stamp(to))
	}
}

// The answer's range is the one that was asked for, as it falls on windows, whatever of it there was to do: in every mode, and
// in the answers of shares and of the run that cuts.
func TestAnswer_RangeThatWasAskedFor(t *testing.T) {
	from, to := at("01:30:00"), at("05:20:00")
	widened, end := at("01:00:00"), at("06:00:00")
	asked := func(mode archive.Mode) archive.Request { return archive.Request{Mode: mode, From: from, To: to} }
	w := smallWorld(t)
	spans(t, w.run(asked(archive.ModePlan)), widened, end)
	for n := range 8 { // five windows: some of eight shares have none
		q := asked(archive.ModeBackfill)
		q.Share = archive.Share{Number: n + 1, Of: 8}
		spans(t, w.run(q), widened, end)
	}
	for _, mode := range []archive.Mode{archive.ModeBackfill, archive.ModePlan, archive.ModeArchive, archive.ModeVerify} {
		spans(t, w.run(asked(mode)), widened, end) // nothing is missing any more
	}
	q := asked(archive.ModeBackfill)
	q.Shares = 4
	spans(t, w.shares(q, 100), widened, end)
	spans(t, w.run(archive.Request{Mode: archive.ModeBackfill, From: from, To: to.AddDate(0, 0, 1)}), widened, end) // what has ended by now
}

// It is told by a run, too, that came to nothing, or was handed a range of which the API lists nothing any more.
func TestAnswer_RangeOfNothing(t *testing.T) {
	w := smallWorld(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	report, err := w.try(over, archive.Request{Mode: archive.ModeBackfill, From: at("01:00:00"), To: at("03:00:00")})
	if err != nil || !report.Stopped {
		t.Errorf("error %v, report %+v", err, report)
	}
	spans(t, report, at("01:00:00"), at("03:00:00"))
	old := archive.Request{Mode: archive.ModeBackfill, From: w.now.AddDate(0, 0, -200), To: w.now.AddDate(0, 0, -190), Chain: 1}
	gone := w.run(old)
	if gone.From != gone.To || len(gone.Windows) > 0 {
		t.Errorf("answer of %s to %s with %d windows", gone.From, gone.To, len(gone.Windows))
	}
}

// Without a range it is from the first window worked on to the last, and where nothing is due the newest one.
func TestAnswer_RangeOfTheTimer(t *testing.T) {
	w := smallWorld(t)
	w.options.Start = at("03:00:00")
	spans(t, w.timer(), at("03:00:00"), at("06:00:00"))
	spans(t, w.timer(), at("05:00:00"), at("06:00:00"))
	spans(t, w.run(archive.Request{Mode: archive.ModePlan}), at("05:00:00"), at("06:00:00"))
}
