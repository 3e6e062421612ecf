package archive

import (
	"fmt"
	"time"
)

// State is what a run did with a window.
type State string

// The states of a window in an answer.
const (
	Committed State = "committed" // something was written, nothing is owed
	Unchanged State = "unchanged" // nothing had to be written
	Partial   State = "partial"   // something was written, and something is owed or not proved yet
	Failed    State = "failed"    // the API or the bucket refused, or could not be reached
)

// Report is the answer of a run. It holds no personal data, no link and no key: the platform logs it.
type Report struct {
	RequestID string         `json:"request_id"`
	Mode      Mode           `json:"mode"`
	From      string         `json:"from"` // RFC 3339, in the archive's zone: the earliest window worked on
	To        string         `json:"to"`   // the end of the latest
	Complete  bool           `json:"complete"`
	DryRun    bool           `json:"dry_run,omitempty"`
	Stopped   bool           `json:"interrupted,omitempty"` // whoever started the run gave it up before its end
	Failed    bool           `json:"failed,omitempty"`      // it ended with an error
	Windows   []WindowReport `json:"windows"`
	Folded    int            `json:"windows_folded,omitempty"` // windows left out to keep the answer short, unchanged ones first
	Totals    Totals         `json:"totals"`
	Plan      *PlanReport    `json:"plan,omitempty"`         // mode plan
	Checked   *Checked       `json:"checked,omitempty"`      // mode verify
	Findings  []Finding      `json:"findings,omitempty"`     // mode verify: everything that is wrong
	Shares    []ShareReport  `json:"shares,omitempty"`       // mode backfill: what was handed to runs of their own
	Rest      int            `json:"rest,omitempty"`         // windows that time kept this run from finishing
	Chain     int            `json:"chain,omitempty"`        // runs before this one that handed on what they left
	Continued string         `json:"continued_by,omitempty"` // request id of the run that goes on with what this one left
	Debts     *DebtReport    `json:"debts,omitempty"`
	Links     []string       `json:"unknown_links,omitempty"` // fields with media links that this version does not know
	Notes     []string       `json:"notes,omitempty"`         // how the range was taken, what was left for the next run

	// Next is what other runs are to do: the shares of a backfill, or what this run left for want of time. The archive says what;
	// whoever called it hands it on.
	Next []Request `json:"-"`

	span Window
}

// ShareReport is one share of a backfill that was cut.
type ShareReport struct {
	Share     string `json:"share"` // 3/8
	Windows   int    `json:"windows"`
	RequestID string `json:"request_id,omitempty"` // of its first run, once it was handed on
}

// WindowReport is one window of an answer.
type WindowReport struct {
	App     string     `json:"app"`
	Window  string     `json:"window"` // its start, RFC 3339, in the archive's zone
	State   State      `json:"state"`
	Calls   int        `json:"calls"`
	Added   int        `json:"added"`
	Changed int        `json:"changed"`
	Media   MediaCount `json:"media"`
	Reason  Reason     `json:"reason,omitempty"` // why the plan took it
	Error   string     `json:"error,omitempty"`
}

// MediaCount counts media files by outcome.
type MediaCount struct {
	Copied  int `json:"copied"`  // stored by this run
	Kept    int `json:"kept"`    // archived before
	Pending int `json:"pending"` // owed: tried again by a later run
	Lost    int `json:"lost"`    // gone at the source
	Refused int `json:"refused"` // the link may not be followed
}

// Totals sums a run up.
type Totals struct {
	Calls         int        `json:"calls"`
	Media         MediaCount `json:"media"`
	Bytes         int64      `json:"bytes"` // media bytes stored
	APIRequests   int64      `json:"api_requests"`
	StoreRequests int64      `json:"store_requests"`
	Seconds       float64    `json:"seconds"`
}

// DebtReport tells how much is owed, over every window that the run saw.
type DebtReport struct {
	Files        int        `json:"files"`
	NextDeadline *time.Time `json:"next_deadline,omitempty"` // when the first of them may be gone for good
}

// PlanReport is what an archive run would do.
type PlanReport struct {
	Windows     []PlannedWindow `json:"windows"`
	Folded      int             `json:"windows_folded,omitempty"`
	APIRequests int             `json:"api_requests"` // at least: calls that nobody counted yet are not in it
}

// PlannedWindow is one window of a plan.
type PlannedWindow struct {
	App         string `json:"app"`
	Window      string `json:"window"` // its start, RFC 3339, in the archive's zone
	Reason      Reason `json:"reason"`
	APIRequests int    `json:"api_requests"` // as many pages as the window had when it was last read, or one
}

// newReport begins the answer of a run.
func newReport(q Request) *Report {
	return &Report{RequestID: q.ID, Mode: q.Mode, DryRun: q.DryRun, Chain: q.Chain, Complete: true, Windows: []WindowReport{}}
}

// WindowError is a window that could not be archived, or verified: the API or the bucket refused, or could not be reached.
type WindowError struct {
	Mode   Mode
	App    string
	Window string // its start, RFC 3339
	Err    error
}

func (e *WindowError) Error() string {
	return fmt.Sprintf("%s app %s window %s: %v", e.Mode, e.App, e.Window, e.Err)
}

func (e *WindowError) Unwrap() error { return e.Err }
