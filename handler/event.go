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
var manualFields = []string{"from", "to", "mode", "apps", "force", "dry_run", "deep", "repair"}

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
	req.Now = now()
	return req, triggerManual, err
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
		var err error
		switch f.name {
		case "from":
			req.From, err = f.time()
		case "to":
			req.To, err = f.time()
		case "mode":
			req.Mode, err = f.mode()
		case "apps":
			req.Apps, err = f.apps()
		case "force":
			req.Force, err = f.bool()
		case "dry_run":
			req.DryRun, err = f.bool()
		case "deep":
			req.Deep, err = f.bool()
		case "repair":
			req.Repair, err = f.bool()
		default:
			err = f.refuse("unknown; allowed: " + list(manualFields))
		}
		if err != nil {
			return archive.Request{}, err
		}
	}
	return req, check(req)
}

// check refuses fields that would do nothing with that mode; force and dry_run may stand beside any. The rest is the archive's
// to judge.
func check(r archive.Request) error {
	switch {
	case r.Deep && r.Mode != archive.ModeVerify:
		return &archive.RequestError{Field: "deep", Why: `allowed with mode "verify" only`}
	case r.Repair && r.Mode != archive.ModeVerify:
		return &archive.RequestError{Field: "repair", Why: `allowed with mode "verify" only`}
	}
	return nil
}

func list(names []string) string { return strings.Join(names, ", ") }
