package archive

import (
	"cmp"
	"fmt"
	"time"
)

// Mode says what a run is to do.
type Mode string

// The modes of a run.
const (
	ModeArchive  Mode = "archive"  // bring the lake up to date
	ModeBackfill Mode = "backfill" // archive what a range lacks, passing over what is archived for good
	ModeVerify   Mode = "verify"   // hold API, manifests, rows, media index and objects against each other
	ModePlan     Mode = "plan"     // say what an archive run would do, and what it would cost
)

// Modes are the modes that an event may name.
var Modes = []Mode{ModeArchive, ModeBackfill, ModeVerify, ModePlan}

// Order says which windows of a backfill come first.
type Order string

// The orders of a backfill.
const (
	OrderForgotten Order = "forgotten" // what the API or the source forgets first; the default
	OrderNewest    Order = "newest"
	OrderOldest    Order = "oldest"
)

// Orders are the orders that an event may name.
var Orders = []Order{OrderForgotten, OrderNewest, OrderOldest}

// Bounds of what a request may say.
const (
	// UsualShares is into how many shares a backfill is cut where nobody says: with more, each one's part of the API's 20 requests
	// a second is below two.
	UsualShares = 8
	// MostShares keeps an answer that names them all short.
	MostShares = 100
	// MostSlices is a slice for each of the most shares. More would list a window in smaller spans, and copy it no sooner.
	MostSlices = MostShares
	// MostChain is how many runs hand on what they leave, one after the other: a day of runs that take the platform's 900 seconds
	// each.
	MostChain = 96
)

// Share is one of Of equal parts of a backfill whose runs work side by side, counted from 1. The zero Share is the whole.
type Share struct{ Number, Of int }

// Has tells whether the window belongs to the share. It depends on the window, the application's place among the configured
// ones and Of alone, so that every run cuts in the same way.
func (s Share) Has(w Window, app int) bool {
	return s.Of <= 1 || shareOf(w, app, s.Of) == s.Number-1
}

// shareOf deals windows to so many shares, and gives the index of the one that gets w. Of each round of windows every share gets
// one, so that a range is cut evenly; and each round begins with another share, so that the busy hours of all days do not come to
// the same one.
func shareOf(w Window, app, shares int) int {
	n := uint64(w.Start.Unix() / int64(w.Length()/time.Second))
	round := n / uint64(shares)
	const scatter = 0x9e3779b97f4a7c15 // 2^64 by the golden ratio: the high bits of its multiples lie scattered
	return int((n + round*scatter>>32 + uint64(app)) % uint64(shares))
}

// String is the share as an event spells it: 3/8.
func (s Share) String() string { return fmt.Sprintf("%d/%d", s.Number, cmp.Or(s.Of, 1)) }

// Request is one run, as an event or the command line asks for it.
type Request struct {
	ID     string    // the platform's request id; names the run in the answer and in runs/
	Now    time.Time // what the run takes for now: the timer's Time, else the clock
	From   time.Time // with To: the range to work on; both zero: whatever is due at Now
	To     time.Time
	Mode   Mode     // empty: ModeArchive
	Apps   []string // a part of the configured applications; empty: all
	Force  bool     // trust no manifest: compare rows and media with the bucket itself
	DryRun bool     // say what would be done, write nothing
	Deep   bool     // ModeVerify: read every byte
	Repair bool     // ModeVerify: bring back what the API still has
	NoAPI  bool     // ModePlan: ask the API nothing, and leave out what only it can tell

	Order  Order          // ModeBackfill: empty is OrderForgotten
	Shares int            // ModeBackfill: cut the range into so many shares for runs of their own; 0 or 1: this run does it all. ModePlan: reckon with so many; 0: UsualShares
	Share  Share          // ModeBackfill: the share that this run works on; zero: the whole
	Slices map[string]int // ModeBackfill, with Share: windows whose files the shares copy together, as "app/start" (RFC 3339), or "start" for those of every application; and in how many slices
	Chain  int            // how many runs have handed on what they left, one after the other, before this one
}

// RequestError is a request that cannot be run as it stands: nothing was read from the API and nothing was written.
// Asking again in the same words changes nothing.
type RequestError struct {
	Field string // as the event spells it: from, to, mode, apps …
	Why   string // what is wrong and what is allowed
}

func (e *RequestError) Error() string { return fmt.Sprintf("event field %q: %s", e.Field, e.Why) }
