package platform

import "time"

// What SCF does by default with an asynchronous event whose try failed (error types and retry strategies, document
// 583/39851).
const (
	Retries    = 2               // further tries after an error of the function
	RetryPause = time.Minute     // between them, and between tries that are refused for the limit
	RetryMost  = 5 * time.Minute // what the growing pauses after the platform's own faults come to
	MaxAge     = 6 * time.Hour   // then an event is given up, whatever it waits for
)

// kind is a class of errors, by what the platform does about them.
type kind int

const (
	failed  kind = iota // the function's: Retries more tries
	busy                // too many at once: until MaxAge
	broken              // the platform's: until MaxAge, with growing pauses
	refused             // the event's: never again
)

// kind is the class of an error; nil has any.
func (e *FunctionError) kind() kind {
	if e == nil {
		return failed
	}
	switch e.Status {
	case StatusBusy, 429: // 429: new processes come too fast
		return busy
	case StatusAnswerTooLarge, StatusFunction, StatusTimeout, StatusMemory, StatusExit, StatusStart, 443, 450:
		return failed
	}
	if e.Status >= StatusSystem {
		return broken
	}
	return refused
}

// pause tells how long the event waits after its last try, and whether there is another one.
func (d *Delivery) pause() (time.Duration, bool) {
	switch d.Last.kind() {
	case busy:
		return RetryPause, true
	case broken:
		return min(RetryPause<<min(d.broken-1, 8), RetryMost), true
	case failed:
		return RetryPause, d.Failed <= Retries
	default:
		return 0, false
	}
}
