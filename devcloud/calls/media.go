package calls

import (
	"cmp"
	"fmt"
	"io"
	"time"
)

// Kind is what a file is.
type Kind string

// The kinds of files, by the field of the record that names them.
const (
	Recording    Kind = "recording"     // RecordURL
	ASR          Kind = "asr"           // AsrUrl
	Participant  Kind = "participant"   // ServeParticipants[].RecordURL
	Voicemail    Kind = "voicemail"     // VoicemailRecordURL[]
	VoicemailASR Kind = "voicemail_asr" // VoicemailAsrURL[]
	Custom       Kind = "custom"        // CustomRecordURL
)

// Media is one file of a call. Its bytes are made while they are read and are the same each time. It holds
// nothing of the call that may change later.
type Media struct {
	Kind   Kind
	Index  int    // position in the record's array; 0 where the field is no array
	Name   string // file name at the source: <record id>-<Unix seconds of the call's end>.mp3
	Type   string // Content-Type
	Length time.Duration
	Ready  time.Time // cannot be fetched before

	session, record string
	audio           Audio
}

// Media lists the files of the call, transcripts that are not ready yet included.
func (c *Call) Media() []Media {
	var list []Media
	if talk := c.Talk(); talk > 0 && c.RecordID != "" {
		list = append(list, c.sound(Recording, 0, c.RecordID, talk))
		if c.Custom {
			list = append(list, c.sound(Custom, 0, c.RecordID, talk))
		}
		if c.Asr == Complete {
			list = append(list, c.text(ASR, 0, c.RecordID, talk))
		}
	}
	for i, l := range c.Legs {
		if l.RecordID != "" && !l.Accept.IsZero() && l.Ended.After(l.Accept) {
			list = append(list, c.sound(Participant, i, l.RecordID, l.Ended.Sub(l.Accept)))
		}
	}
	for i, m := range c.Messages {
		list = append(list, c.sound(Voicemail, i, m.RecordID, m.Length))
		if c.Asr == Complete {
			list = append(list, c.text(VoicemailASR, i, m.RecordID, m.Length))
		}
	}
	return list
}

// Open reads the file from its first byte on; the reader knows its Size and may seek.
func (m Media) Open() *io.SectionReader {
	switch {
	case m.Kind == ASR || m.Kind == VoicemailASR:
		return transcript(m)
	case m.audio.WAV:
		return wavTape(m.record, m.Length)
	default:
		return mp3Tape(m.record, m.Length, cmp.Or(m.audio.Bitrate, 8))
	}
}

func (c *Call) sound(k Kind, index int, record string, length time.Duration) Media {
	m := Media{
		Kind: k, Index: index, Type: "audio/mpeg", Length: length, Ready: c.Ended,
		session: c.Session, record: record, audio: c.Audio,
	}
	ext := "mp3"
	if c.Audio.WAV {
		ext, m.Type = "wav", "audio/wav"
	}
	m.Name = fmt.Sprintf("%s-%d.%s", record, c.Ended.Unix(), ext)
	return m
}

func (c *Call) text(k Kind, index int, record string, length time.Duration) Media {
	return Media{
		Kind: k, Index: index, Type: "application/json;charset=utf-8", Length: length, Ready: c.AsrAt,
		session: c.Session, record: record, Name: fmt.Sprintf("%s-%d.json", record, c.Ended.Unix()),
	}
}
