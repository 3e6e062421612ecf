package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Every key in the bucket is built in this file and nowhere else. A key is a pure function of the application, the
// window and, for media, of the call and the kind: never of the run, the clock or a random number. That is what makes a
// second run overwrite or skip instead of adding.

const (
	rowsFolder     = "cdr"
	indexFolder    = "media_index"
	mediaFolder    = "media"
	manifestFolder = "manifests"
	runsFolder     = "runs"
	ledgerFolder   = "ledger"
)

// keys builds keys below prefix, which is empty or ends in a slash.
type keys struct {
	prefix string
	grid   Grid
	gzip   bool
}

func (k keys) rows(app string, w Window) string {
	return k.hour(rowsFolder, app, w) + "calls-" + k.clock(w) + k.lines()
}

func (k keys) index(app string, w Window) string {
	return k.hour(indexFolder, app, w) + "media-" + k.clock(w) + k.lines()
}

// numbered is the key of object n of a series whose first object, number 0, has the key first. A window of usual size has no
// other.
func numbered(first string, n int) string {
	if n == 0 {
		return first
	}
	stem, form := cutForm(first)
	return fmt.Sprintf("%s-%04d%s", stem, n, form)
}

// number is numbered's way back. It is not ok for a key of something else.
func number(first, key string) (n int, ok bool) {
	stem, form := cutForm(first)
	middle, fits := strings.CutPrefix(strings.TrimSuffix(key, form), stem)
	if middle != "" {
		n, _ = strconv.Atoi(strings.TrimPrefix(middle, "-"))
	}
	return n, fits && n < mostParts && numbered(first, n) == key
}

// cutForm parts a key of lines from its ending, .ndjson or .ndjson.gz.
func cutForm(key string) (stem, form string) {
	at := strings.LastIndex(key, ".ndjson")
	return key[:at], key[at:]
}

// media is the key of one file of a session; session is the raw id.
func (k keys) media(app string, w Window, session, name string) string {
	return k.hour(mediaFolder, app, w) + EscapeSession(session) + "/" + name
}

func (k keys) manifest(app string, w Window) string {
	return k.day(manifestFolder, app, w) + k.clock(w) + ".json"
}

// manifests is the folder of an application's manifests; afterDay is a key that sorts before every manifest of t's day
// and after those of the days before.
func (k keys) manifests(app string) string {
	return k.prefix + manifestFolder + "/sdk_app_id=" + app + "/"
}

func (k keys) afterDay(app string, t time.Time) string {
	return k.manifests(app) + "dt=" + t.In(k.grid.Zone).Format(time.DateOnly)
}

// afterAll is a key that sorts after every manifest of an application.
func (k keys) afterAll(app string) string { return k.manifests(app) + "~" }

// shortcut is the key of an application's shortcut (see shortcut.go).
func (k keys) shortcut(app string) string {
	return k.prefix + ledgerFolder + "/sdk_app_id=" + app + ".json"
}

// window reads a manifest's key back.
func (k keys) window(app, key string) (Window, bool) {
	name, ok := strings.CutPrefix(key, k.manifests(app))
	if !ok {
		return Window{}, false
	}
	start, err := time.ParseInLocation("dt=2006-01-02/1504.json", name, k.grid.Zone)
	if err != nil {
		return Window{}, false
	}
	return Window{Start: start.UTC(), End: start.UTC().Add(k.grid.Length)}, true
}

// run is the key of a run's answer. It is named by the run, because it tells of the run: nothing else is.
func (k keys) run(now time.Time, id string) string {
	return fmt.Sprintf("%s%s/dt=%s/%s-%s.json", k.prefix, runsFolder, now.In(k.grid.Zone).Format(time.DateOnly),
		now.UTC().Format("20060102T150405Z"), EscapeSession(id))
}

// runs is the folder of all answers; runsBefore is a key that sorts after those of the runs whose now was before t.
func (k keys) runs() string { return k.prefix + runsFolder + "/" }

func (k keys) runsBefore(t time.Time) string {
	return strings.TrimSuffix(k.run(t, ""), EscapeSession("")+".json")
}

func (k keys) day(folder, app string, w Window) string {
	return k.prefix + folder + "/sdk_app_id=" + app + "/dt=" + w.Start.In(k.grid.Zone).Format(time.DateOnly) + "/"
}

func (k keys) hour(folder, app string, w Window) string {
	return k.day(folder, app, w) + "hour=" + w.Start.In(k.grid.Zone).Format("15") + "/"
}

func (k keys) clock(w Window) string { return w.Start.In(k.grid.Zone).Format("1504") }

func (k keys) lines() string {
	if k.gzip {
		return ".ndjson.gz"
	}
	return ".ndjson"
}

// longest is how many bytes of an escaped id stand in a key. With the longest prefix (300 bytes) a key stays below COS's
// 850 bytes.
const longest = 200

// EscapeSession turns a session id, which is untrusted text, into one segment of a key: letters, digits, "-", "_" and
// single dots inside stand for themselves, every other byte is ~XX. An id that would be longer than 200 bytes ends in
// ~~ and its SHA-256 instead. Two ids never give the same segment.
func EscapeSession(id string) string {
	if id == "" {
		return "~" // no id gives a lone tilde
	}
	var b strings.Builder
	for i := 0; i < len(id); i++ {
		c := id[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
			b.WriteByte(c)
		case c == '.' && i > 0 && id[i-1] != '.':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "~%02X", c)
		}
	}
	if b.Len() <= longest {
		return b.String()
	}
	sum := sha256.Sum256([]byte(id))
	return b.String()[:longest-66] + "~~" + hex.EncodeToString(sum[:])
}
