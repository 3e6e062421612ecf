package archive

import (
	"fmt"
	"time"
)

// Mode says what a run is to do.
type Mode string

// The modes of a run.
const (
	ModeArchive Mode = "archive" // bring the lake up to date
	ModeVerify  Mode = "verify"  // hold API, manifests, rows, media index and objects against each other
	ModePlan    Mode = "plan"    // say what an archive run would do, and what it would cost
)

// Modes are the modes that an event may name.
var Modes = []Mode{ModeArchive, ModeVerify, ModePlan}

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
}

// RequestError is a request that cannot be run as it stands: nothing was read from the API and nothing was written.
// Asking again in the same words changes nothing.
type RequestError struct {
	Field string // as the event spells it: from, to, mode, apps …
	Why   string // what is wrong and what is allowed
}

func (e *RequestError) Error() string { return fmt.Sprintf("event field %q: %s", e.Field, e.Why) }
