package archivetest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Secret stands in every link that a Source gives out, in its path and in its query; Phone and Name stand in every
// call. The first must not be found anywhere in a bucket, the others nowhere but in rows.
const (
	Secret = "s3cr3t"
	Phone  = "+10005550100"
	Name   = "Example Caller"
)

// Call is one call as a contact center knows it.
type Call struct {
	ID   string
	Time time.Time // whole seconds; zero: the record has no Time

	Listed    time.Time      // the API lists it from then on; zero: always
	At        time.Time      // where the API's ranges find it; zero: at Time
	Withdrawn bool           // the API lists it no longer
	Talk      int            // seconds
	Fields    map[string]any // more of the record, or in place of what Source makes
	Raw       string         // sent as it is, in place of everything else

	// Transcribed is when AsrStatus turns from Processing into Complete. Zero: there is no AsrStatus.
	Transcribed time.Time

	// Files by the name that they get in the bucket: recording.mp3, asr.json, participant-0.mp3, voicemail-0.mp3,
	// voicemail-asr-0.json, custom.mp3. The name tells the field that links to the file.
	Files map[string]*Media
}

// at is where the API's ranges find the call.
func (c Call) at() time.Time {
	if c.At.IsZero() {
		return c.Time
	}
	return c.At
}

// listed tells whether the API lists the call at now.
func (c Call) listed(now time.Time) bool { return !c.Withdrawn && !c.Listed.After(now) }

// record is the call as the API sends it, with a link for each file.
func (c Call) record(now time.Time, link func(name string) string) json.RawMessage {
	if c.Raw != "" {
		return json.RawMessage(c.Raw)
	}
	fields := map[string]any{
		"SessionId": c.ID, "Duration": c.Talk, "Caller": Phone, "SeatUser": map[string]any{"Name": Name}, "Remark": "",
	}
	if !c.Time.IsZero() {
		fields["Time"] = c.Time.Unix()
	}
	if !c.Transcribed.IsZero() {
		fields["AsrStatus"] = "Processing"
		if !now.Before(c.Transcribed) {
			fields["AsrStatus"] = "Complete"
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		place(fields, name, link(name))
	}
	maps.Copy(fields, c.Fields)
	raw, err := json.Marshal(fields)
	if err != nil {
		panic(err) // a fixture that is no JSON
	}
	return raw
}

// place puts the link of a file into the field that its name tells.
func place(fields map[string]any, name, link string) {
	stem, _, _ := strings.Cut(name, ".")
	kind, number := stem, 0
	if i := strings.LastIndexByte(stem, '-'); i >= 0 {
		if n, err := strconv.Atoi(stem[i+1:]); err == nil {
			kind, number = stem[:i], n
		}
	}
	switch kind {
	case "recording":
		fields["RecordURL"] = link
	case "asr":
		fields["AsrUrl"] = link
	case "custom":
		fields["CustomRecordURL"] = link
	case "participant":
		seats := grown(fields["ServeParticipants"], number, map[string]any{})
		seats[number] = map[string]any{"RecordURL": link, "Phone": Phone}
		fields["ServeParticipants"] = seats
	case "voicemail":
		links := grown(fields["VoicemailRecordURL"], number, "")
		links[number] = link
		fields["VoicemailRecordURL"] = links
	case "voicemail-asr":
		links := grown(fields["VoicemailAsrURL"], number, "")
		links[number] = link
		fields["VoicemailAsrURL"] = links
	default:
		panic("no field links to " + name)
	}
}

// grown is list with room for element n.
func grown(list any, n int, blank any) []any {
	all, _ := list.([]any)
	for len(all) <= n {
		all = append(all, blank)
	}
	return all
}
