// Package calls makes up the calls of a contact center: who rang whom, what became of it, when the center lists it,
// and the recordings and transcripts that belong to it. The same world and seed give the same calls, records and
// bytes on every machine.
//
// Nothing in it is real. Numbers lie in ranges that nobody can be given (see people.go), people are called by the
// names of counting signs. It follows the field names and the meanings of the document of DescribeTelCdr, and
// guesses where that says nothing: how late a call is listed, what a transcript looks like, how files are named.
package calls

import (
	"fmt"
	"time"
)

// Call is one call with all the moments at which the contact center comes to know something of it. Its fields may be
// set by hand as long as no center holds it; afterwards they are changed through the center. A zero time means that
// the thing never happened. Times have whole seconds.
type Call struct {
	App       string // SdkAppId
	Session   string // SessionId
	Time      time.Time
	Direction Direction
	Type      Type
	Customer  string // the outside party's number; Caller inbound, Callee outbound
	Line      string // the center's own number
	Location  string // CallerLocation

	End    End
	HungUp string // HungUpSide: seat, user, system or empty
	System *SystemHangup

	Queued, Ring, Accept, Ended time.Time

	Queue    Group // the group it waited for; the zero Group where it did not
	Keys     []Key // pressed in the menu before the talk
	Rating   []Key // pressed after it
	Legs     []Leg // the seats that took part, in order
	Messages []Message
	Bot      *Bot
	Notes    []Note // the remark, as it was first and as it was edited
	UUI      string
	OldUUI   *string // Uui, the deprecated twin; nil is null

	RecordID string // of the customer's side; empty: not recorded
	Audio    Audio
	Custom   bool // recordings are also copied to a bucket of the customer: CustomRecordURL

	Listed    time.Time // the API does not know the call before
	Asr       AsrStatus // as it ends up: Complete or NotExists
	AsrAt     time.Time // Processing before; transcripts cannot be fetched before
	AsrHidden bool      // AsrUrl is empty until AsrAt, instead of a link that answers 404

	// Set overrides fields of the record by the API's names, with any JSON value; nil is null, Absent leaves the
	// field out. Unknown names are added.
	Set map[string]any
}

// Talk is the length of the conversation: the API's Duration.
func (c *Call) Talk() time.Duration {
	if c.Accept.IsZero() {
		return 0
	}
	return c.Ended.Sub(c.Accept)
}

// Direction is the API's field of that name.
type Direction int

// The directions of the document.
const (
	Inbound  Direction = 0
	Outbound Direction = 1
)

// Type is the API's CallType.
type Type int

// The call types of the document.
const (
	TypeOutbound   Type = 1
	TypeInbound    Type = 2
	TypeAudio      Type = 3
	TypePredictive Type = 5
	TypeInternal   Type = 6
)

// AsrStatus is the API's field of that name.
type AsrStatus string

// The transcript states of the document.
const (
	Complete   AsrStatus = "Complete"
	Processing AsrStatus = "Processing"
	NotExists  AsrStatus = "NotExists"
)

// Group is a skill group.
type Group struct {
	ID   int64
	Name string
}

// Seat is a person who answers calls.
type Seat struct {
	Name, Nick, Mail, Phone, Number string
	Groups                          []string
}

// Leg is one seat's share of a call.
type Leg struct {
	Seat                       Seat
	Type                       string // staffSeat, outboundSeat or staffPhoneSeat
	Group                      Group
	Start, Ring, Accept, Ended time.Time
	End                        string // EndStatusString of the leg
	RecordID                   string // of the seat's side; empty: not recorded
}

// Message is a voicemail.
type Message struct {
	RecordID string
	Length   time.Duration
}

// Key is a key that was pressed in a menu.
type Key struct {
	Key, Label, Node string
	At               time.Time
}

// Note is the remark from At on.
type Note struct {
	At   time.Time
	Text string
}

// Bot is an AI agent that had the call first.
type Bot struct {
	ID   int64
	Name string
}

// SystemHangup tells why the system ended a call. The document gives the two fields and no list of values.
type SystemHangup struct {
	Code int64
	Text string
}

// Audio says how the call's recordings are encoded.
type Audio struct {
	WAV     bool // 8 kHz, 8 bits, mono, instead of MP3
	Bitrate int  // kbit/s of an MP3: one of 8 16 24 32 40 48 56 64 80 96 112 128 144 160; 0 is 8, 1,000 bytes a second
}

// Answered makes the plainest call there is: inbound, taken at once by one seat, recorded on both sides, transcribed
// and listed the moment it ends.
func Answered(app, session string, at time.Time, talk time.Duration) *Call {
	at = at.UTC().Truncate(time.Second)
	ended := at.Add(talk.Truncate(time.Second))
	record := fmt.Sprintf("%016x", hash(app+"/"+session)) // a session id may hold what no file name can
	g := groups[0]
	leg := Leg{
		Seat: seat(1), Type: "staffSeat", Group: g, Start: at, Ring: at, Accept: at, Ended: ended,
		End: ok.Name, RecordID: record + "-1",
	}
	return &Call{
		App: app, Session: session, Time: at, Direction: Inbound, Type: TypeInbound,
		Customer: customer(1), Line: line(1), Location: locations[0],
		End: ok, HungUp: "user", Queued: at, Ring: at, Accept: at, Ended: ended,
		Queue: g, Legs: []Leg{leg}, RecordID: record + "-0",
		Listed: ended, Asr: Complete, AsrAt: ended,
	}
}
