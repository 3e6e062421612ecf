package platform

import "time"

// Delivery is one accepted asynchronous event on its way to its end, as it stands in its file. An event that is doubled
// by a fault has two deliveries with one request id.
type Delivery struct {
	Number    int            `json:"number"` // counts what was accepted
	RequestID string         `json:"request_id"`
	Event     string         `json:"event"`
	Accepted  time.Time      `json:"accepted"`
	Due       time.Time      `json:"due"`    // not tried before
	Failed    int            `json:"failed"` // runs that ended in an error
	Last      *FunctionError `json:"last,omitempty"`
	Outcome   Outcome        `json:"outcome"`

	// What this platform did; another one that goes on with the event counts for itself.
	Runs    int   `json:"-"` // tries that reached an instance
	Refused int   `json:"-"` // tries that were refused for the limit (432)
	Peak    int64 `json:"-"` // bytes: the largest memory that a process had by the end of a try; 0 where the system does not tell
	broken  int   // tries that met a fault of the platform (500 and above)
}

// Outcome is what has become of an event.
type Outcome string

// The outcomes of events.
const (
	Waiting Outcome = "waiting" // queued, running, or between two tries
	Done    Outcome = "done"    // the function answered
	Dead    Outcome = "dead"    // given up: Last says why. It stays in the folder, as in a dead-letter queue
	Lost    Outcome = "lost"    // accepted and dropped by a fault: it never runs
)

// settle takes over how a try went; minute is what a minute of pause takes.
func (d *Delivery) settle(r Result, now time.Time, minute, maxAge time.Duration) {
	d.Last, d.Peak = r.Err, max(d.Peak, r.MaxRSS)
	if r.Err == nil {
		d.Outcome = Done
		return
	}
	switch r.Err.kind() {
	case busy:
		d.Refused++
	case broken:
		d.broken++
	default:
		d.Failed++
	}
	pause, again := d.pause()
	d.Due = now.Add(time.Duration(float64(pause) * minute.Minutes()))
	if !again || d.Due.Sub(d.Accepted) > maxAge {
		d.Outcome = Dead
	}
}
