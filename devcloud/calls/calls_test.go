package calls

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files")

// day is any working day.
var day = time.Date(2026, 11, 20, 12, 0, 0, 0, Beijing)

// plainLink stands for a signed link.
func plainLink(m Media) string { return "https://media.example.com/" + m.Name }

// records are the records of calls as they are told long after, a line each.
func records(t *testing.T, calls []*Call) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, c := range calls {
		raw, err := c.Record(c.Ended.Add(48*time.Hour), plainLink)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(raw)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func TestDay_FollowsFromTheSeed(t *testing.T) {
	w := World{App: "1400000000", Seed: 7, PerDay: 500}
	sum := sha256.New()
	sum.Write(records(t, w.Day(day)))
	for _, c := range w.Day(day) {
		for _, m := range c.Media() {
			if _, err := io.Copy(sum, m.Open()); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := hex.EncodeToString(sum.Sum(nil)) + "\n"
	golden := filepath.Join("testdata", "day.sha256")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("records and media of seed 7 have digest %s, want %s", got, want)
	}
	for name, other := range map[string]World{
		"seed": {App: "1400000000", Seed: 8, PerDay: 500},
		"app":  {App: "1400000001", Seed: 7, PerDay: 500},
	} {
		if bytes.Equal(records(t, other.Day(day)), records(t, w.Day(day))) {
			t.Errorf("another %s makes the same calls", name)
		}
	}
}

func TestDays_AreThoseOfTheirOwn(t *testing.T) {
	w := World{App: "1400000000", Seed: 7, PerDay: 100}
	two := w.Days(day, 2)
	apart := append(w.Day(day), w.Day(day.AddDate(0, 0, 1))...)
	if diff := cmp.Diff(string(records(t, two)), string(records(t, apart))); diff != "" {
		t.Errorf("two days on end differ from each day made alone:\n%s", diff)
	}
	if !slices.IsSortedFunc(two, Compare) {
		t.Error("calls are not sorted")
	}
}

func TestDay_CallsLieInTheDayAndInOrder(t *testing.T) {
	w := World{App: "1400000000", Seed: 3}
	from := time.Date(2026, 11, 20, 0, 0, 0, 0, Beijing)
	seen := map[string]bool{}
	perHour := make([]int, 24)
	for _, c := range w.Day(day) {
		if c.Time.Before(from) || !c.Time.Before(from.AddDate(0, 0, 1)) {
			t.Errorf("call at %s lies outside its day", c.Time)
		}
		perHour[c.Time.In(Beijing).Hour()]++
		if seen[c.Session] {
			t.Errorf("session %s twice", c.Session)
		}
		seen[c.Session] = true
		checkMoments(t, c)
	}
	if min(perHour[10], perHour[15]) < max(2*perHour[20], 20*perHour[3]) {
		t.Errorf("calls per hour %v: no peaks at 10 and 15", perHour)
	}
}

func TestDay_FollowsAnotherCurve(t *testing.T) {
	w := World{App: "1400000000", Seed: 3, PerDay: 200}
	w.Curve[13] = 1
	for _, c := range w.Day(day) {
		if h := c.Time.In(Beijing).Hour(); h != 13 {
			t.Fatalf("a call begins at %d o'clock, all should at 13", h)
		}
	}
}

// checkMoments holds the moments of a call against each other.
func checkMoments(t *testing.T, c *Call) {
	t.Helper()
	last := c.Time
	for _, at := range []time.Time{c.Queued, c.Ring, c.Accept, c.Ended, c.Listed} {
		if at.IsZero() {
			continue
		}
		if at.Before(last) {
			t.Errorf("session %s (%s): %s after %s", c.Session, c.End.Name, last, at)
		}
		if at.Nanosecond() != 0 {
			t.Errorf("session %s: %s is no whole second", c.Session, at)
		}
		last = at
	}
	if c.Ended.IsZero() || c.Listed.IsZero() {
		t.Errorf("session %s (%s) never ends or is never listed", c.Session, c.End.Name)
	}
	for i, l := range c.Legs {
		if l.Ended.Before(l.Start) || l.Start.Before(c.Time) || l.Ended.After(c.Ended) {
			t.Errorf("session %s: leg %d from %s to %s lies outside the call", c.Session, i, l.Start, l.Ended)
		}
	}
}

func TestDays_HoldEverythingThatTheDocumentKnows(t *testing.T) {
	seen := map[string]int{}
	calls := World{App: "1400000000", Seed: 1, PerDay: 5000}.Days(day, 4)
	for _, c := range calls {
		note(c, seen)
	}
	wanted := []string{
		"late", "transfer", "three seats", "voicemail", "bot", "system hangup", "twins equal", "twins differ", "wav",
		"edited", "big number", "transcript", "no transcript", "rated", "internal", "audio", "predictive",
		ok.Name, forwarded.Name, noSeat.Name, outOfHours.Name, failed.Name, unconnected.Name, unknown.Name,
	}
	for _, l := range slices.Concat(lostInbound, lostOutbound) {
		wanted = append(wanted, l.Name)
	}
	for _, what := range wanted {
		if seen[what] == 0 {
			t.Errorf("no %s among %d calls", what, len(calls))
		}
	}
	if n := seen["late"]; n < 250 || n > 550 {
		t.Errorf("%d of 20,000 calls are listed late, want about 400", n)
	}
}

func note(c *Call, seen map[string]int) {
	seen[c.End.Name]++
	for what, is := range map[string]bool{
		"late": c.Listed.Sub(c.Ended) >= time.Minute, "transfer": len(c.Legs) > 1, "three seats": len(c.Legs) > 2,
		"voicemail": len(c.Messages) > 1, "bot": c.Bot != nil, "system hangup": c.System != nil,
		"twins equal": c.OldUUI != nil && *c.OldUUI == c.UUI, "twins differ": c.OldUUI != nil && *c.OldUUI != c.UUI,
		"wav": c.Audio.WAV, "edited": len(c.Notes) > 1, "big number": c.Queue.ID > 1<<53, "rated": len(c.Rating) > 0,
		"transcript": c.Asr == Complete, "no transcript": c.Asr == NotExists && c.Talk() > time.Minute,
		"internal": c.Type == TypeInternal, "audio": c.Type == TypeAudio, "predictive": c.Type == TypePredictive,
	} {
		if is {
			seen[what]++
		}
	}
}

func TestRecord_NamesNobody(t *testing.T) {
	fake := regexp.MustCompile(`^0086(100\d{8}|0000\d{4})$`)
	phone := regexp.MustCompile(`"(?:Caller|Callee|Phone)":"([^"]*)"`)
	mail := regexp.MustCompile(`"[^"]*@[^"]*"`)
	all := records(t, World{App: "1400000000", Seed: 2}.Day(day))
	for _, m := range phone.FindAllSubmatch(all, -1) {
		if !fake.Match(m[1]) {
			t.Fatal("a number is in no range of ours")
		}
	}
	for _, m := range mail.FindAll(all, -1) {
		if !bytes.HasSuffix(m, []byte(`@example.com"`)) {
			t.Fatal("an address is not of example.com")
		}
	}
}

func TestRecord_TellsWhatIsKnownBy(t *testing.T) {
	at := time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)
	c := Answered("1400000000", "s-1", at, time.Minute)
	c.AsrAt = c.Ended.Add(time.Hour)
	c.Notes = []Note{{At: c.Ended, Text: "first"}, {At: c.Ended.Add(2 * time.Hour), Text: "second"}}
	type known struct{ AsrStatus, AsrUrl, Remark string }
	for _, tc := range []struct {
		name   string
		after  time.Duration
		hidden bool
		want   known
	}{
		{"at hang-up, with a link", 0, false, known{"Processing", plainLink(c.Media()[1]), "first"}},
		{"at hang-up, without", 0, true, known{"Processing", "", "first"}},
		{"an hour later", time.Hour, true, known{"Complete", plainLink(c.Media()[1]), "first"}},
		{"after the edit", 3 * time.Hour, false, known{"Complete", plainLink(c.Media()[1]), "second"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c.AsrHidden = tc.hidden
			raw, err := c.Record(c.Ended.Add(tc.after), plainLink)
			if err != nil {
				t.Fatal(err)
			}
			var got known
			if err := json.Unmarshal(raw, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, tc.want); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRecord_SetByHand(t *testing.T) {
	c := Answered("1400000000", "s-1", day, time.Minute)
	c.Set = map[string]any{
		"Remark": nil, "CallType": Absent, "NewField": json.RawMessage(`9007199254740993`), "Location": "<&>",
	}
	raw, err := c.Record(day.Add(time.Hour), plainLink)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"Remark":null`, `"NewField":9007199254740993`, `"Location":"<&>"`} {
		if !bytes.Contains(raw, []byte(want)) {
			t.Errorf("record lacks %s", want)
		}
	}
	if bytes.Contains(raw, []byte("CallType")) {
		t.Error("record has CallType, which is set to be absent")
	}
	c.Set = map[string]any{"Bad": make(chan int)}
	if _, err := c.Record(day, plainLink); err == nil {
		t.Error("a value that is no JSON is no error")
	}
}

// TestRecord_HasTheFieldsOfTheDocument holds the field names against a list made from the API's document.
func TestRecord_HasTheFieldsOfTheDocument(t *testing.T) {
	var got map[string]any
	for _, c := range (World{App: "1400000000", Seed: 5}).Day(day) {
		raw, err := c.Record(c.Listed, plainLink)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &got); err != nil { // into one map: the optional fields gather
			t.Fatal(err)
		}
	}
	for _, name := range []string{
		"Caller", "Callee", "Time", "Direction", "CallType", "Duration", "RecordURL", "RecordId", "SeatUser", "EndStatus",
		"EndStatusString", "SkillGroup", "SkillGroupId", "CallerLocation", "IVRDuration", "RingTimestamp",
		"AcceptTimestamp", "EndedTimestamp", "StartTimestamp", "QueuedTimestamp", "IVRKeyPressed", "IVRKeyPressedEx",
		"HungUpSide", "ServeParticipants", "PostIVRKeyPressed", "PostIVRKeyPressedEx", "QueuedSkillGroupId",
		"QueuedSkillGroupName", "SessionId", "ProtectedCaller", "ProtectedCallee", "Uui", "UUI", "AsrUrl", "AsrStatus",
		"CustomRecordURL", "Remark", "VoicemailRecordURL", "VoicemailAsrURL", "AIAgentId", "AIAgentName",
		"SysHangupReason", "SysHangupReasonString",
	} {
		if _, ok := got[name]; !ok {
			t.Errorf("no record has %s", name)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("records have fields that the document lacks: %v", got)
	}
}
