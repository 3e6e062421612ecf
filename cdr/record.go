// Package cdr knows one call record: how the API's JSON becomes the canonical line of the lake, which media files it
// names, and how two states of one call become one. It is pure: no clock, no network, no bucket.
package cdr

// Schema is the version of the line's form, written into every row.
const Schema = 1

// Kind is what a media file is, in the words of MEDIA_KINDS.
type Kind string

// The kinds of media files, by the field that names them.
const (
	Recording    Kind = "recording"     // RecordURL
	ASR          Kind = "asr"           // AsrUrl
	Participant  Kind = "participant"   // ServeParticipants[].RecordURL
	Voicemail    Kind = "voicemail"     // VoicemailRecordURL[]
	VoicemailASR Kind = "voicemail_asr" // VoicemailAsrURL[]
	Custom       Kind = "custom"        // CustomRecordURL, of the call and of its participants
)

// Kinds are all of them, in the order in which MEDIA_KINDS lists them.
var Kinds = []Kind{Recording, ASR, Participant, Voicemail, VoicemailASR, Custom}

// File is one media file that a record names.
type File struct {
	Kind  Kind
	Index int
	Name  string // in the session's folder: recording.mp3, participant-0.mp3
	Link  string // where it is now: a bearer secret, other in every answer. Never logged, never stored.
}

// Record is one call, normalised.
type Record struct {
	ID           string   // the session id; where there is none, one made from the record itself
	Time         int64    // Unix seconds
	HasTime      bool     // false where Time is absent or no integer
	AsrStatus    string   // Complete, Processing, NotExists or empty
	Talk         int64    // seconds of conversation (Duration); 0 where not told
	Line         []byte   // canonical JSON and '\n'
	Files        []File   // those of the kinds that are copied
	UnknownLinks []string // fields, without indexes, that hold a link to a media host and that we do not know
}

// Normalizer turns raw records of one window into canonical lines.
type Normalizer struct {
	App    string                            // archive.sdk_app_id
	Window string                            // archive.window
	Kinds  map[Kind]bool                     // the kinds that are copied
	Media  func(host string) bool            // does a host ("h" or "h:port") belong to the media hosts?
	Key    func(session, name string) string // the key of a session's file in the bucket
}
