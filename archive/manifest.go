package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"cdrvault/crc64"
)

// manifestVersion is the form of a manifest. One of another version is not trusted: its window is read again.
const manifestVersion = 1

// WindowState tells whether a window may still change.
type WindowState string

// The states of a committed window.
const (
	Open  WindowState = "open"  // still compared with the API, or a file is owed
	Final WindowState = "final" // read in full after it had settled, counted, and nothing is owed
)

// Manifest says what is committed for one window. It is written last: what no manifest names is not archived, even if it
// lies in the bucket. It is read whole: reading one allocates some 1.5 KB for each file of the window (BenchmarkManifest).
type Manifest struct {
	Version  int         `json:"version"`
	App      string      `json:"sdk_app_id"`
	From     string      `json:"window_start"` // RFC 3339 in Timezone
	To       string      `json:"window_end"`
	Timezone string      `json:"timezone"`
	State    WindowState `json:"state"`

	Calls      int     `json:"calls"`
	Outside    int     `json:"outside"`    // calls listed far outside the range that was asked
	Odd        int     `json:"odd"`        // entries of the API's list that are no records
	Processing int     `json:"processing"` // calls whose transcript is being made
	Listing    Counted `json:"listing"`

	Rows  *Content `json:"rows"`        // absent for a window without calls
	Index *Content `json:"media_index"` // absent for a window without files
	Media []File   `json:"media"`       // stored: archived or suspect
	Debts []Debt   `json:"debts"`
	Lost  []File   `json:"lost"` // gone at the source, or refused

	// Of a window with very many calls (see parts.go), otherwise absent.
	Parts     int        `json:"parts,omitempty"`             // into how many parts its time is cut
	RowsMore  []*Content `json:"rows_parts,omitempty"`        // the numbered objects beside Rows
	IndexMore []*Content `json:"media_index_parts,omitempty"` // and beside Index

	// What the last commit did, and why. These alone never cause one.
	Added       int       `json:"added"`
	Changed     int       `json:"changed"`
	Reason      Reason    `json:"reason"`
	CommittedAt time.Time `json:"committed_at"`
	CommittedBy string    `json:"committed_by"` // request id

	Seal string `json:"seal"` // SHA-256 of the manifest without it: tells a cut or edited one
}

// Counted tells whether the calls were proved to be all that the API lists.
type Counted struct {
	Total  int  `json:"total"`  // the API's TotalCount, neighbours included
	Listed int  `json:"listed"` // distinct calls that were read, neighbours included
	Inside int  `json:"inside"` // those of them that are the window's: a later count is held against it
	Agreed bool `json:"agreed"`
}

// Content is a rows or index object.
type Content struct {
	Key           string `json:"key"`
	Lines         int    `json:"lines"`
	Bytes         int64  `json:"bytes"`
	CRC64         uint64 `json:"crc64,string"`
	SHA256        string `json:"sha256"`         // of the object
	ContentSHA256 string `json:"content_sha256"` // of the uncompressed lines
}

// contentOf describes an object by its bytes alone.
func contentOf(key string, b []byte) *Content {
	return &Content{Key: key, Bytes: int64(len(b)), CRC64: crc64.Checksum(b), SHA256: sha256Of(b)}
}

// sha256Of is a digest as manifests and metadata spell it.
func sha256Of(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// fits tells whether m is the manifest of that window.
func (m *Manifest) fits(app string, w Window, g Grid) error {
	from, errFrom := time.Parse(time.RFC3339, m.From)
	to, errTo := time.Parse(time.RFC3339, m.To)
	_, was := from.Zone()
	_, is := w.Start.In(g.Zone).Zone()
	switch {
	case m.App != app:
		return errors.New("of another application")
	case errFrom == nil && was != is: // the same name means another hour
		return &SettingError{Setting: "ARCHIVE_TIMEZONE", was: m.Timezone, is: g.Zone.String()}
	case errFrom != nil || errTo != nil || !from.Equal(w.Start):
		return errors.New("of another window")
	case !to.Equal(w.End):
		return &SettingError{Setting: "ARCHIVE_WINDOW", was: spelled(to.Sub(from)), is: spelled(w.Length())}
	}
	return nil
}

// SettingError says that the archive was begun with other windows or another zone. Its calls would be archived twice, so
// this is not a manifest to distrust but a setting to put back.
type SettingError struct{ Setting, was, is string }

func (e *SettingError) Error() string {
	return fmt.Sprintf("%s is %s, but the archive under this COS_PREFIX was begun with %s: set it back, or begin another archive under another COS_PREFIX",
		e.Setting, e.is, e.was)
}

// tell enters the objects of rows and index, for which the window's time is cut into so many parts.
func (m *Manifest) tell(parts int, rows, index shelf) {
	if parts > 1 {
		m.Parts = parts
	}
	m.Rows, m.RowsMore = rows.content()
	m.Index, m.IndexMore = index.content()
}

// contents are all objects of rows, or of the index.
func contents(first *Content, more []*Content) []*Content {
	if first == nil {
		return nil
	}
	return append([]*Content{first}, more...)
}

// files is the media index that m was committed with.
func (m *Manifest) files() index {
	x := index{}
	for _, f := range m.Media {
		x[f.Key] = f
	}
	for _, d := range m.Debts {
		x[d.Key] = d.File
	}
	for _, f := range m.Lost {
		x[f.Key] = f
	}
	return x
}

// same tells whether m says the same of the window as other: then there is nothing to write. Their files are held against each
// other one by one: of a window with very many, what is written is a hundred megabytes.
func (m *Manifest) same(other *Manifest) bool {
	if other == nil {
		return false
	}
	a, b := m.said(), other.said()
	if !sameEach(a.Media, b.Media, File.same) || !sameEach(a.Debts, b.Debts, Debt.same) || !sameEach(a.Lost, b.Lost, File.same) {
		return false
	}
	a.Media, a.Debts, a.Lost = a.Media[:0], a.Debts[:0], a.Lost[:0]
	b.Media, b.Debts, b.Lost = b.Media[:0], b.Debts[:0], b.Lost[:0]
	return sameText(a, b)
}

// sameEach tells whether two lists say the same. Nearly all entries are equal; of another one, what is written decides.
func sameEach[T any](a, b []T, equal func(a, b T) bool) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !equal(a[i], b[i]) && !sameText(a[i], b[i]) {
			return false
		}
	}
	return true
}

// sameText tells whether a and b are written in the same way, as are a time and the one that was read, each kept in a zone of its
// own.
func sameText(a, b any) bool {
	textA, errA := marshal(a)
	textB, errB := marshal(b)
	return errA == nil && errB == nil && bytes.Equal(textA, textB)
}

// said is m without what the last commit did, and without the counts that a neighbour's call moves.
func (m Manifest) said() Manifest {
	m.Added, m.Changed, m.Reason, m.CommittedAt, m.CommittedBy, m.Seal = 0, 0, "", time.Time{}, "", ""
	m.Listing = Counted{Inside: m.Listing.Inside, Agreed: m.Listing.Agreed}
	return m
}

// spelled is a window's length as ARCHIVE_WINDOW spells it.
func spelled(length time.Duration) string {
	if length%time.Hour == 0 {
		return fmt.Sprintf("%dh", length/time.Hour)
	}
	return fmt.Sprintf("%dm", length/time.Minute)
}
