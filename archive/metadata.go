package archive

import (
	"strconv"
	"time"

	"cdrvault/cdr"
)

// Names of x-cos-meta-* fields. An object's story lies with it: idempotency rests on the digest, and whoever finds the
// object without its manifest can still tell what it is.
const (
	metaSchema  = "schema"
	metaApp     = "sdk-app-id"
	metaStart   = "window-start"
	metaEnd     = "window-end"
	metaCalls   = "calls"
	metaSHA256  = "content-sha256" // of the uncompressed lines, or of the file
	metaCRC64   = "content-crc64"  // of the object, as it was sent: what the bucket has must agree
	metaState   = "state"
	metaOwed    = "media-owed"
	metaParts   = "parts" // into how many parts the window's time is cut; absent where it is not
	metaSession = "session-id"
	metaKind    = "kind"
	metaTime    = "call-time"
	metaHost    = "source-host"
	metaSeconds = "seconds" // playing time, where the format tells
	metaSuspect = "suspect" // why the file is hardly what it should be
)

func (r *run) windowMeta(t Task, c *Content) map[string]string {
	return map[string]string{
		metaSchema: strconv.Itoa(cdr.Schema),
		metaApp:    t.App,
		metaStart:  r.Grid.Stamp(t.Window.Start),
		metaEnd:    r.Grid.Stamp(t.Window.End),
		metaSHA256: c.ContentSHA256,
		metaCRC64:  strconv.FormatUint(c.CRC64, 10),
	}
}

// linesMeta is the story of an index object; parts is into how many parts the window's time is cut.
func (r *run) linesMeta(t Task, c *Content, parts int) map[string]string {
	meta := r.windowMeta(t, c)
	if parts > 1 {
		meta[metaParts] = strconv.Itoa(parts)
	}
	return meta
}

// rowsMeta is the story of a rows object.
func (r *run) rowsMeta(t Task, c *Content, parts int, m *Manifest) map[string]string {
	meta := r.linesMeta(t, c, parts)
	meta[metaCalls] = strconv.Itoa(c.Lines)
	meta[metaState] = string(m.State)
	meta[metaOwed] = strconv.Itoa(len(m.Debts))
	return meta
}

// mediaMeta is the story of a media file.
func (r *run) mediaMeta(t Task, f File) map[string]string {
	meta := map[string]string{
		metaSchema:  strconv.Itoa(cdr.Schema),
		metaApp:     t.App,
		metaSession: EscapeSession(f.SessionID),
		metaKind:    string(f.Kind),
		metaTime:    r.Grid.Stamp(time.Unix(f.Time, 0)),
		metaSHA256:  f.SHA256,
		metaCRC64:   f.CRC64,
		metaHost:    f.SourceHost,
	}
	if f.Seconds != nil {
		meta[metaSeconds] = strconv.FormatFloat(*f.Seconds, 'g', -1, 64)
	}
	if f.Status == Suspect {
		meta[metaSuspect] = f.Reason
	}
	return meta
}
