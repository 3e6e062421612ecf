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
	Partial   State = "partial"   // committed, and something is owed or not proved yet
	Failed    State = "failed"    // the API or the bucket refused, or could not be reached: it has no numbers, for nothing of it is committed
)

// Report is the answer of a run. It holds no personal data, no link and no key: the platform logs it.
type Report struct {
	RequestID string         `json:"request_id"`
	Mode      Mode           `json:"mode"`
	From      string         `json:"from"` // RFC 3339, in the archive's zone: the range that was asked for, as it falls on windows;
	To        string         `json:"to"`   // without one, from the earliest window worked on to the end of the latest, or the newest window
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
	Rest      int            `json:"rest,omitempty"`         // windows that time kept this run from beginning or finishing
	Chain     int            `json:"chain,omitempty"`        // runs before this one that handed on what they left
	Continued string         `json:"continued_by,omitempty"` // request id of the run that goes on with what this one left; not in the filed answer, which is written before
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
	Slices    int    `json:"slices,omitempty"`     // of windows with very many calls
	RequestID string `json:"request_id,omitempty"` // of its first run, once it was handed on
	Sent      int    `json:"sent,omitempty"`       // invocations that were made for it, as whoever watches it tells
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

// Totals sums up the windows of a run, and what it spent. Calls and media are those of the windows that it tells of, with files
// that it copied for windows of other shares: a verification that repairs nothing has none. What that one looked at is Checked.
type Totals struct {
	Calls         int          `json:"calls"`
	Media         MediaCount   `json:"media"`
	Bytes         int64        `json:"bytes"` // media bytes stored, of the files copied
	Uncommitted   *Uncommitted `json:"uncommitted,omitempty"`
	APIRequests   int64        `json:"api_requests"`
	StoreRequests int64        `json:"store_requests"`
	Seconds       float64      `json:"seconds"`
}

// Uncommitted is what a run read and stored for windows that failed, or that it had no time to commit. No manifest tells of it; the
// next run reads these calls again, and finds the files in the bucket.
type Uncommitted struct {
	Calls int   `json:"calls"` // read
	Files int   `json:"files"` // copied
	Bytes int64 `json:"bytes"` // of the files
}

// DebtReport tells how much is owed, over every window that the run saw.
type DebtReport struct {
	Files        int        `json:"files"`
	NextDeadline *time.Time `json:"next_deadline,omitempty"` // when the first of them may be gone for good
}

// PlanReport is what a run would do: an archive run for what is due, or a backfill of the range that was asked for.
type PlanReport struct {
	Windows         []PlannedWindow  `json:"windows"`
	Folded          int              `json:"windows_folded,omitempty"`
	PassedOver      int              `json:"windows_passed_over,omitempty"` // of the range: they lack nothing
	APIRequests     int              `json:"api_requests"`                  // at least: windows that nobody read yet may have more than one page; cost has both bounds
	Stretches       []PlannedStretch `json:"stretches"`                     // the windows again, neighbours together
	StretchesFolded int              `json:"stretches_folded,omitempty"`
	Cost            *Cost            `json:"cost,omitempty"` // nil where the API was not asked, or time was up before it had told enough
}

// PlannedWindow is one window of a plan.
type PlannedWindow struct {
	App         string `json:"app"`
	Window      string `json:"window"` // its start, RFC 3339, in the archive's zone
	Reason      Reason `json:"reason"`
	APIRequests int    `json:"api_requests"` // as many pages as the window had when it was last read, or one
}

// PlannedStretch is windows of one application that follow each other and are worked on for the same reason.
type PlannedStretch struct {
	App         string `json:"app"`
	From        string `json:"from"` // RFC 3339, in the archive's zone
	To          string `json:"to"`
	Reason      Reason `json:"reason"`
	Windows     int    `json:"windows"`
	Calls       *int   `json:"calls,omitempty"` // as manifests tell or the API counts; nil where nobody asked
	APIRequests int    `json:"api_requests"`    // at least
}

// Range is a figure that lies between two bounds. Where they are equal it is exact.
type Range struct {
	Least int64 `json:"least"`
	Most  int64 `json:"most"`
}

// Cost is what a plan takes. Bounds are exact where they follow from numbers of windows and calls; what follows from the sample
// lies between them in nine cases of ten if the sampled calls are like the others (estimate.go says how). Nothing is reckoned
// for what goes wrong: windows read again because calls moved, links that expire, tries.
type Cost struct {
	Calls         int           `json:"calls"`
	Files         *Range        `json:"files,omitempty"`         // to copy; this and the bytes are nil where too little was seen to tell
	MediaBytes    *Range        `json:"media_bytes,omitempty"`   // of the files
	MediaClass    string        `json:"media_class"`             // their storage class
	RowBytes      *Range        `json:"row_bytes,omitempty"`     // of rows that are not there yet, packed as their windows will be
	BookBytes     *Range        `json:"book_bytes,omitempty"`    // of media index, manifests and ledger of these windows
	APIRequests   Range         `json:"api_requests"`            // of one instance; the plan itself has the least that manifests alone tell
	Rate          int           `json:"api_requests_per_second"` // what CCC_RATE_LIMIT leaves to a backfill
	APISeconds    Range         `json:"api_seconds"`             // it takes no less, with however many instances
	StoreRequests StoreRequests `json:"store_requests"`          // without those for files where their number is not known
	Fleets        []Fleet       `json:"fleets"`
	Assumed       string        `json:"assumed"` // how fast an instance is: not measured
	Price         *Price        `json:"price"`
	Sample        SampleReport  `json:"sample"`
}

// StoreRequests are requests to the bucket, by what they do.
type StoreRequests struct {
	Put  Range `json:"put"`
	Get  Range `json:"get"`
	Head Range `json:"head"`
	List Range `json:"list"`
}

// Fleet is the work done by one instance of the function, or by so many side by side, with a run before them that cuts it into shares.
type Fleet struct {
	Instances     int           `json:"instances"`
	Seconds       Range         `json:"seconds"`
	GBSeconds     Range         `json:"gb_seconds"`
	Invocations   Range         `json:"invocations"`
	APIRequests   Range         `json:"api_requests"`   // of all runs
	StoreRequests StoreRequests `json:"store_requests"` // of all runs; whoever watches them asks more
	Price         PriceRange    `json:"price"`          // of GB-seconds and invocations; currency and basis as for the bucket
}

// Price is roughly what the bucket asks for requests and storage, and the prices that all of a plan was reckoned with: what the function
// costs stands with each Fleet.
type Price struct {
	Prices
	Requests     PriceRange  `json:"store_requests"`
	StorageMonth *PriceRange `json:"storage_month,omitempty"` // of what the plan adds; nil where its size or its class's price is not known
}

// PriceRange is an amount of money between two bounds.
type PriceRange struct {
	Least float64 `json:"least"`
	Most  float64 `json:"most"`
}

// SampleReport is what files and bytes were estimated from.
type SampleReport struct {
	Moments int `json:"moments"` // at which calls were listed
	Calls   int `json:"calls"`
	Files   int `json:"files"`   // that these calls name and that would be copied
	Sized   int `json:"sized"`   // of them, whose length the source told
	Unsized int `json:"unsized"` // whose length it would not tell
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
