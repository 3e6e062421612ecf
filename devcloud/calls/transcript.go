package calls

import (
	"bytes"
	"encoding/json"
	"io"
	"time"
)

// Transcript is the body of an ASR file. The vendor does not document it; this is the shape of the answer of
// DescribeTelRecordAsr.
type Transcript struct {
	SessionId   string
	RecordId    string
	AsrDataList []Sentence
}

// Sentence is what one side said. Start and End are milliseconds from the begin of the recording.
type Sentence struct {
	User       string // user or agent
	Message    string
	Start, End int64
}

// transcript has the two sides take turns of two to six seconds until the recording ends.
func transcript(m Media) *io.SectionReader {
	t := Transcript{SessionId: m.session, RecordId: m.record}
	x := hash(m.record)
	total := m.Length.Milliseconds()
	for at, turn := int64(0), 1; at < total; turn++ {
		x = mix(x)
		end := min(at+2000+int64(x%4000), total)
		side := turn % 2
		if m.Kind == VoicemailASR {
			side = 0
		}
		lines := spoken[side]
		t.AsrDataList = append(t.AsrDataList, Sentence{
			User: [...]string{"user", "agent"}[side], Message: lines[x>>16%uint64(len(lines))], Start: at, End: end,
		})
		at = end + int64(x>>32%uint64(pause/time.Millisecond))
	}
	b, _ := json.Marshal(t) // strings and integers: no error is possible
	return io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b)))
}

// pause is the longest silence between two sentences.
const pause = 800 * time.Millisecond
