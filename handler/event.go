package handler

import (
	"fmt"
	"strings"
	"time"

	"cdrvault/archive"
)

// maxEvent bounds an event, in bytes: what the platform takes for an asynchronous one (quota page, 583/11637).
const maxEvent = 128 << 10

// What woke the function, for the log.
const (
	triggerTimer  = "timer"
	triggerManual = "manual"
)

// timerFields are those of SCF's timer event (document 583/9708).
var timerFields = []string{"Type", "TriggerName", "Time", "Message"}

// manualFields are those of a manual event and of a timer's Message.
var manualFields = []string{"from", "to", "mode", "apps", "force", "dry_run", "deep", "repair",
	"order", "shares", "share", "slices", "chain", "now"}

// decode turns an event into a request, and tells what woke the function. now is asked for manual events only.
// Errors name the field and what is allowed; they never quote a value, which may be anything, a phone number too.
func decode(payload []byte, now func() time.Time) (archive.Request, string, error) {
	if len(payload) > maxEvent {
		return archive.Request{}, "", fmt.Errorf("event: %d bytes; at most %d are taken", len(payload), maxEvent)
	}
	fields, err := readObject(payload)
	if err != nil {
		return archive.Request{}, "", fmt.Errorf("event: %w; want {}, an object with the fields %s, or a timer's event",
			err, list(manualFields))
	}
	for _, f := range fields {
		if f.in(timerFields) {
			req, err := decodeTimer(fields)
			return req, triggerTimer, err
		}
	}
	req, err := decodeManual(fields)
	if err == nil {
		err = settleNow(&req, now())
	}
	return req, triggerManual, err
}

// mostSkew is how far the clocks of two machines of the cloud can be apart: beyond it, each refuses the other's signatures.
const mostSkew = 5 * time.Minute

// settleNow gives a request its now: the clock, unless the event says which. An earlier now plans what was due then, as a run
// that goes on with another one's rest has to; with a later one, windows would be final before they are over.
func settleNow(req *archive.Request, clock time.Time) error {
	switch {
	case req.Now.IsZero():
		req.Now = clock
	case req.Now.After(clock.Add(mostSkew)):
		return &archive.RequestError{Field: "now", Why: "lies in the future; leave it out to mean the clock"}
	}
	return nil
}

// decodeTimer reads the event of SCF's timer. Its Time is the moment at which the timer fired, and the same when the
// platform tries again: taken for now, it makes a retry plan the same windows.
func decodeTimer(fields []field) (archive.Request, error) {
	if err := unique(fields); err != nil {
		return archive.Request{}, err
	}
	var typ, message string
	var fired time.Time
	for _, f := range fields {
		var err error
		switch f.name {
		case "Type":
			typ, err = f.text()
		case "TriggerName":
			_, err = f.text() // any name will do
		case "Time":
			fired, err = f.time()
		case "Message":
			message, err = f.message()
		default:
			err = f.refuse("unknown in a timer's event; allowed: " + list(timerFields) +
				"; what a run is to do goes into Message")
		}
		if err != nil {
			return archive.Request{}, err
		}
	}
	switch {
	case typ != "Timer":
		return archive.Request{}, &archive.RequestError{Field: "Type", Why: `want "Timer": no other trigger is served`}
	case fired.IsZero():
		return archive.Request{}, &archive.RequestError{Field: "Time", Why: "missing; " + wantTime}
	}
	req, err := decodeMessage(message)
	if err == nil && !req.Now.IsZero() {
		err = &archive.RequestError{Field: "now", Why: "not taken in Message: the timer's Time is now"}
	}
	req.Now = fired
	return req, err
}

// decodeMessage reads the argument that the operator gave to the timer.
func decodeMessage(message string) (archive.Request, error) {
	if strings.TrimSpace(message) == "" {
		return decodeManual(nil)
	}
	fields, err := readObject([]byte(message))
	if err != nil {
		why := fmt.Sprintf("%v; want it empty, or an object with the fields %s", err, list(manualFields))
		return archive.Request{}, &archive.RequestError{Field: "Message", Why: why}
	}
	return decodeManual(fields)
}

// decodeManual reads the fields that say what a run is to do.
func decodeManual(fields []field) (archive.Request, error) {
	if err := unique(fields); err != nil {
		return archive.Request{}, err
	}
	req := archive.Request{Mode: archive.ModeArchive}
	for _, f := range fields {
		if err := f.into(&req); err != nil {
			return archive.Request{}, err
		}
	}
	if err := check(req); err != nil {
		return archive.Request{}, err
	}
	if req.Mode == archive.ModeBackfill && req.Shares == 0 && req.Share == (archive.Share{}) {
		req.Shares = archive.UsualShares
	}
	return req, nil
}

// into enters a field of manualFields into the request.
func (f field) into(q *archive.Request) (err error) {
	switch f.name {
	case "from":
		q.From, err = f.time()
	case "to":
		q.To, err = f.time()
	case "mode":
		q.Mode, err = f.mode()
	case "apps":
		q.Apps, err = f.apps()
	case "force":
		q.Force, err = f.bool()
	case "dry_run":
		q.DryRun, err = f.bool()
	case "deep":
		q.Deep, err = f.bool()
	case "repair":
		q.Repair, err = f.bool()
	case "order":
		q.Order, err = f.order()
	case "shares":
		q.Shares, err = f.number(1, archive.MostShares)
	case "share":
		q.Share, err = f.share()
	case "slices":
		q.Slices, err = f.slices()
	case "chain":
		q.Chain, err = f.number(0, archive.MostChain)
	case "now":
		q.Now, err = f.time()
	default:
		err = f.refuse("unknown; allowed: " + list(manualFields))
	}
	return err
}

func list[S ~string](names []S) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = string(name)
	}
	return strings.Join(all, ", ")
}
