package handler

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"time"

	"cdrvault/archive"
)

// readObject splits a JSON object into its fields, in their order. Unlike json.Unmarshal it keeps apart names that
// differ in case, and shows a name that is given twice.
func readObject(text []byte) ([]field, error) {
	text = bytes.TrimSpace(text)
	switch {
	case len(text) == 0:
		return nil, errors.New("empty")
	case !json.Valid(text):
		return nil, errors.New("not valid JSON")
	case text[0] != '{':
		return nil, errors.New("not a JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	_, err := dec.Token()
	var fields []field
	for err == nil && dec.More() {
		var f field
		f, err = readField(dec)
		fields = append(fields, f)
	}
	return fields, err
}

func readField(dec *json.Decoder) (f field, err error) {
	name, err := dec.Token()
	if err != nil {
		return f, err
	}
	f.name, _ = name.(string) // in an object the decoder gives nothing else here
	return f, dec.Decode(&f.value)
}

// field is one member of an event's object.
type field struct {
	name  string
	value json.RawMessage // valid JSON
}

func (f field) in(names []string) bool { return slices.Contains(names, f.name) }

// unique refuses a name that is given twice: nobody could tell which of the values was meant.
func unique(fields []field) error {
	seen := map[string]bool{}
	for _, f := range fields {
		if seen[f.name] {
			return f.refuse("given twice")
		}
		seen[f.name] = true
	}
	return nil
}

// refuse is the error for f. A name that does not look like a field's is not repeated: it may be somebody's number.
func (f field) refuse(why string) error {
	name := f.name
	if !plainName.MatchString(name) || longNumber.MatchString(name) {
		name = "(name not shown)"
	}
	return &archive.RequestError{Field: name, Why: why}
}

var (
	plainName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,31}$`)
	longNumber = regexp.MustCompile(`[0-9]{5}`)
)

func (f field) text() (s string, err error) {
	if f.value[0] != '"' || json.Unmarshal(f.value, &s) != nil {
		return "", f.refuse("want a string")
	}
	return s, nil
}

func (f field) bool() (bool, error) {
	switch string(f.value) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, f.refuse("want true or false, without quotes")
}

const wantTime = "want a time of RFC 3339 with its zone, like 2026-11-22T05:05:00Z or 2026-11-22T13:05:00+08:00"

// time refuses years that no call has: Go's zero time is one of them, and means "not given" in a request.
func (f field) time() (time.Time, error) {
	s, err := f.text()
	if err != nil {
		return time.Time{}, f.refuse(wantTime)
	}
	t, err := time.Parse(time.RFC3339, s)
	if year := t.UTC().Year(); err != nil || year < 2000 || year > 9999 {
		return time.Time{}, f.refuse(wantTime)
	}
	return t, nil
}

// message takes the timer's argument as the platform sends it, a string, and as people write it into the console's
// test form: null, or the object itself.
func (f field) message() (string, error) {
	switch f.value[0] {
	case 'n':
		return "", nil
	case '{':
		return string(f.value), nil
	}
	s, err := f.text()
	if err != nil {
		return "", f.refuse("want a string: empty, or a JSON object with the fields " + list(manualFields))
	}
	return s, nil
}

func (f field) mode() (archive.Mode, error) {
	s, err := f.text()
	if mode := archive.Mode(s); err == nil && slices.Contains(archive.Modes, mode) {
		return mode, nil
	}
	return "", f.refuse("want one of " + list(archive.Modes))
}

const wantApps = `want an array of application ids, like ["1400000000"]`

var appID = regexp.MustCompile(`^[0-9]{1,20}$`)

// apps takes ids as strings and, as the slip is likely, as numbers.
func (f field) apps() ([]string, error) {
	var ids []json.RawMessage
	if f.value[0] != '[' || json.Unmarshal(f.value, &ids) != nil {
		return nil, f.refuse(wantApps)
	}
	if len(ids) == 0 {
		return nil, f.refuse("empty; leave it out to mean every application")
	}
	apps := make([]string, 0, len(ids))
	for _, id := range ids {
		app := string(id)
		if id[0] == '"' && json.Unmarshal(id, &app) != nil || !appID.MatchString(app) {
			return nil, f.refuse(wantApps)
		}
		if slices.Contains(apps, app) {
			return nil, f.refuse("an application is listed twice")
		}
		apps = append(apps, app)
	}
	return apps, nil
}
