package calls

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// Absent, as a value of Call.Set, leaves a field out of the record.
var Absent = new(struct{ absent bool })

// record is TelCdrInfo as the API sends it in 2026, in its order. Pointers are null where the thing never happened;
// the fields with omitempty are those that the API's description calls optional.
type record struct {
	ProtectedCaller       string
	EndStatus             int
	SessionId             string
	CustomRecordURL       string
	RecordId              string
	SkillGroupId          *int64
	Direction             Direction
	CallType              Type
	StartTimestamp        int64
	AsrUrl                string
	AsrStatus             AsrStatus
	HungUpSide            string
	ServeParticipants     []participant
	PostIVRKeyPressed     []pressed
	PostIVRKeyPressedEx   []pressed
	EndStatusString       string
	UUI                   string
	Uui                   *string
	QueuedSkillGroupId    *int64
	RingTimestamp         *int64
	AcceptTimestamp       *int64
	EndedTimestamp        int64
	Caller                string
	CallerLocation        string
	Time                  int64
	Callee                string
	SeatUser              *seatUser
	RecordURL             string
	QueuedTimestamp       *int64
	ProtectedCallee       string
	IVRDuration           *int64
	SkillGroup            string
	Duration              int64
	IVRKeyPressed         []string
	IVRKeyPressedEx       []pressed
	Remark                string
	QueuedSkillGroupName  string
	VoicemailRecordURL    []string
	VoicemailAsrURL       []string `json:",omitempty"`
	AIAgentId             *int64   `json:",omitempty"`
	AIAgentName           string   `json:",omitempty"`
	SysHangupReason       *int64   `json:",omitempty"`
	SysHangupReasonString string   `json:",omitempty"`
}

type participant struct {
	TransferTo       string
	TransferFromType string
	EndStatusString  string
	RecordURL        string
	TransferToType   string
	AcceptTimestamp  *int64
	RecordId         string
	TransferFrom     string
	EndedTimestamp   int64
	Sequence         int
	Phone            string
	SkillGroupName   string
	Mail             string
	RingTimestamp    *int64
	Type             string
	StartTimestamp   int64
	CustomRecordURL  string
	SkillGroupId     int64
}

type seatUser struct {
	Name, Mail, Phone, Nick, UserId, StaffNumber string

	SkillGroupNameList []string
	Role               int
	ExtensionNumber    string
}

type pressed struct {
	Key, Label      string
	Timestamp       int64 // milliseconds
	NodeLabel       string
	OriginalContent string
	TTSPrompt       string
}

// Record is the call as the API tells it at the moment now. link makes the link of one of the call's files; it is
// called once for each link that the record holds. The error is that of a value in c.Set that is no JSON.
func (c *Call) Record(now time.Time, link func(Media) string) ([]byte, error) {
	raw, err := encode(c.fields(now, link))
	if err != nil || len(c.Set) == 0 {
		return raw, err
	}
	fields := map[string]any{}
	var plain map[string]json.RawMessage
	if err := json.Unmarshal(raw, &plain); err != nil {
		return nil, fmt.Errorf("read back record of session %s: %w", c.Session, err)
	}
	for name, value := range plain {
		fields[name] = value
	}
	maps.Copy(fields, c.Set)
	maps.DeleteFunc(fields, func(_ string, value any) bool { return value == any(Absent) })
	return encode(fields)
}

// encode writes JSON as the API does: one line, & < > bare.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

func (c *Call) fields(now time.Time, link func(Media) string) *record {
	r := &record{
		SessionId: c.Session, RecordId: c.RecordID, Direction: c.Direction, CallType: c.Type, Time: c.Time.Unix(),
		EndStatus: c.End.Code, EndStatusString: c.End.Name, HungUpSide: c.HungUp, CallerLocation: c.Location,
		StartTimestamp: c.Time.Unix(), QueuedTimestamp: stamp(c.Queued), RingTimestamp: stamp(c.Ring),
		AcceptTimestamp: stamp(c.Accept), EndedTimestamp: c.Ended.Unix(), Duration: int64(c.Talk() / time.Second),
		Caller: c.Customer, Callee: c.Line, UUI: c.UUI, Uui: c.OldUUI, Remark: c.remark(now), AsrStatus: c.asr(now),
		PostIVRKeyPressed: plainKeys(c.Rating), PostIVRKeyPressedEx: fullKeys(c.Rating), IVRKeyPressedEx: fullKeys(c.Keys),
		ServeParticipants: c.participants(), VoicemailRecordURL: []string{},
	}
	if c.Direction == Outbound {
		r.Caller, r.Callee = c.Line, c.Customer
	}
	if c.Queue != (Group{}) {
		r.QueuedSkillGroupId, r.QueuedSkillGroupName = &c.Queue.ID, c.Queue.Name
	}
	if !c.Queued.IsZero() {
		menu := int64(c.Queued.Sub(c.Time) / time.Second)
		r.IVRDuration = &menu
	}
	for _, k := range c.Keys {
		r.IVRKeyPressed = append(r.IVRKeyPressed, k.Key)
	}
	if n := len(c.Legs); n > 0 {
		r.seat(c.Legs[n-1])
	}
	if c.Bot != nil {
		r.AIAgentId, r.AIAgentName = &c.Bot.ID, c.Bot.Name
	}
	if c.System != nil {
		r.SysHangupReason, r.SysHangupReasonString = &c.System.Code, c.System.Text
	}
	for _, m := range c.Media() {
		r.link(c, m, now, link)
	}
	return r
}

// seat fills in the last seat that had the call: the API's SeatUser.
func (r *record) seat(l Leg) {
	s := l.Seat
	r.SkillGroupId, r.SkillGroup = &l.Group.ID, l.Group.Name
	r.SeatUser = &seatUser{
		Name: s.Name, Mail: s.Mail, Phone: s.Phone, Nick: s.Nick, UserId: s.Mail, StaffNumber: s.Number,
		SkillGroupNameList: s.Groups, Role: 2, ExtensionNumber: s.Number[1:],
	}
}

// link puts the link of one file into its field.
func (r *record) link(c *Call, m Media, now time.Time, link func(Media) string) {
	switch m.Kind {
	case Recording:
		r.RecordURL = link(m)
	case Custom:
		r.CustomRecordURL = link(m)
	case Participant:
		r.ServeParticipants[m.Index].RecordURL = link(m)
	case Voicemail:
		r.VoicemailRecordURL = append(r.VoicemailRecordURL, link(m))
	case VoicemailASR:
		r.VoicemailAsrURL = append(r.VoicemailAsrURL, link(m))
	case ASR:
		if !c.AsrHidden || !now.Before(c.AsrAt) {
			r.AsrUrl = link(m)
		}
	}
}

func (c *Call) participants() []participant {
	var list []participant
	for i, l := range c.Legs {
		p := participant{
			EndStatusString: l.End, AcceptTimestamp: stamp(l.Accept), RecordId: l.RecordID, EndedTimestamp: l.Ended.Unix(),
			Sequence: i, Phone: l.Seat.Phone, SkillGroupName: l.Group.Name, SkillGroupId: l.Group.ID, Mail: l.Seat.Mail,
			RingTimestamp: stamp(l.Ring), Type: l.Type, StartTimestamp: l.Start.Unix(),
		}
		if i > 0 {
			p.TransferFrom, p.TransferFromType = c.Legs[i-1].Seat.Mail, c.Legs[i-1].Type
		}
		if i < len(c.Legs)-1 {
			p.TransferTo, p.TransferToType = c.Legs[i+1].Seat.Mail, c.Legs[i+1].Type
		}
		list = append(list, p)
	}
	return list
}

// remark is the last note that was made by now.
func (c *Call) remark(now time.Time) string {
	text := ""
	for _, n := range c.Notes {
		if !n.At.After(now) {
			text = n.Text
		}
	}
	return text
}

func (c *Call) asr(now time.Time) AsrStatus {
	if c.Asr == Complete && now.Before(c.AsrAt) {
		return Processing
	}
	return c.Asr
}

func plainKeys(keys []Key) []pressed {
	var list []pressed
	for _, k := range keys {
		list = append(list, pressed{Key: k.Key, Label: k.Label})
	}
	return list
}

func fullKeys(keys []Key) []pressed {
	var list []pressed
	for _, k := range keys {
		list = append(list, pressed{
			Key: k.Key, Label: k.Label, Timestamp: k.At.UnixMilli(), NodeLabel: k.Node, TTSPrompt: "请按键选择：" + k.Label,
		})
	}
	return list
}

// stamp is t in Unix seconds, or null where it never came.
func stamp(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	s := t.Unix()
	return &s
}
