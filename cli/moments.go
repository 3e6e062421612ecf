package cli

import (
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"cdrvault/archive"
)

// clock is how people read a time whose zone they know.
const clock = "2006-01-02 15:04"

// shortTime is a window's start as people read it; the zone is that of the answer.
func shortTime(stamp string) string {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return stamp
	}
	return t.Format(clock)
}

// deadline is when the first owed file of an answer may be gone, in the zone of the answer.
func deadline(r *archive.Report) string {
	if r.Debts.NextDeadline == nil {
		return ""
	}
	by := r.Debts.NextDeadline.UTC()
	if from, err := time.Parse(time.RFC3339, r.From); err == nil {
		by = by.In(from.Location())
	}
	return ", the first may be gone by " + by.Format(clock)
}

// moments writes times for people.
type moments struct {
	zone *time.Location
	now  time.Time
}

// at is a time in the zone.
func (m moments) at(t time.Time) string { return t.In(m.zone).Format(clock) }

// both is a time, and how far it is from now.
func (m moments) both(t time.Time) string {
	if t.After(m.now) {
		return m.at(t) + " (in " + strings.TrimSpace(humanize.RelTime(m.now, t, "", "")) + ")"
	}
	return m.at(t) + " (" + humanize.RelTime(t, m.now, "ago", "") + ")"
}
