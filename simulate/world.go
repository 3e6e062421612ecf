package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"time"

	"cdrvault/archive"
	"cdrvault/devcloud/calls"
	"cdrvault/devcloud/center"
)

// apps are the two contact-center applications of every fortnight.
var apps = []string{"1400000001", "1400000002"}

// span is a window of an application.
type span struct {
	app   string
	start int64 // Unix seconds
}

func (s span) String() string {
	return s.app + " " + time.Unix(s.start, 0).In(calls.Beijing).Format("2006-01-02 15:04")
}

func (s span) compare(other span) int {
	return cmp.Or(cmp.Compare(s.app, other.app), cmp.Compare(s.start, other.start))
}

// caller is one call, and what the world did to it.
type caller struct {
	*calls.Call
	span      span
	files     map[string]calls.Media // by their key in the bucket; those of the kinds that are archived
	withdrawn bool                   // the API lists it no longer
}

// listed tells whether the API lists the call.
func (c *caller) listed(now time.Time) bool { return !c.withdrawn && !now.Before(c.Listed) }

// world is everything that is true, whatever the bucket says.
type world struct {
	rand    *rand.Rand
	center  *center.Center
	reading center.Range
	callers map[string]*caller // by session
	bySpan  map[span][]*caller
	files   map[string]*caller // by key in the bucket
	gone    map[string]bool    // keys of files that the source has lost
}

// newWorld makes the calls of a scenario's days, from first on, and gives them to the center, which reads ranges as reading
// says. It notes in gone which files the source has lost, by their name there.
func newWorld(s Scenario, first time.Time, c *center.Center, reading center.Range, gone map[string]bool) *world {
	w := &world{rand: rand.New(rand.NewPCG(s.Seed, 1)), center: c, reading: reading, callers: map[string]*caller{},
		bySpan: map[span][]*caller{}, files: map[string]*caller{}, gone: map[string]bool{}}
	for _, app := range apps {
		made := calls.World{App: app, Seed: s.Seed, PerDay: s.PerDay, Talk: 8 * time.Second, Late: 0.12, LateBy: 20 * time.Hour,
			AsrBy: 6 * time.Hour, WAV: 0.03, Custom: s.Seed%2 == 0}
		all := append(made.Days(first, s.Days), w.unlikely(app, first, s.Days)...)
		for _, call := range all {
			w.enter(call, gone)
		}
		c.Add(all...)
	}
	return w
}

// unlikely makes calls on the very edges of windows, and calls with names that nobody expects.
func (w *world) unlikely(app string, first time.Time, days int) []*calls.Call {
	names := []string{"../../etc", "a/b//c", "%2F%00", "会话 一", "..", "x\u2028y", strings.Repeat("long", 200), "A.b", "a.B"}
	var list []*calls.Call
	for day := range days {
		hour := first.Add(time.Duration(24*day+1+w.rand.IntN(20)) * time.Hour)
		for i, at := range []time.Time{hour, hour.Add(-time.Second), hour.Add(time.Hour - time.Second)} {
			name := fmt.Sprintf("edge-%s-%d-%d", app, day, i)
			list = append(list, calls.Answered(app, name, at, time.Duration(3+w.rand.IntN(9))*time.Second))
		}
		name := fmt.Sprintf("%s %d %s", names[day%len(names)], day, app)
		list = append(list, calls.Answered(app, name, hour.Add(17*time.Minute), 5*time.Second))
	}
	return list
}

func (w *world) enter(call *calls.Call, gone map[string]bool) {
	c := &caller{Call: call, span: span{call.App, call.Time.Truncate(time.Hour).Unix()}, files: map[string]calls.Media{}}
	w.callers[c.Session] = c
	w.bySpan[c.span] = append(w.bySpan[c.span], c)
	for _, m := range call.Media() {
		key := c.key(m)
		if key == "" {
			continue
		}
		c.files[key], w.files[key] = m, c
		if path.Ext(m.Name) != ".json" && w.rand.Float64() < 0.004 {
			gone[m.Name] = true
		}
		w.gone[key] = gone[m.Name]
	}
}

// key is where a file has to lie, by the contract; empty for a kind that is not archived.
func (c *caller) key(m calls.Media) string {
	name := map[calls.Kind]string{calls.Recording: "recording", calls.ASR: "asr",
		calls.Participant:  fmt.Sprintf("participant-%d", m.Index),
		calls.Voicemail:    fmt.Sprintf("voicemail-%d", m.Index),
		calls.VoicemailASR: fmt.Sprintf("voicemail-asr-%d", m.Index)}[m.Kind]
	if name == "" {
		return ""
	}
	at := c.Time.In(calls.Beijing)
	return fmt.Sprintf("media/sdk_app_id=%s/dt=%s/hour=%s/%s/%s%s", c.App, at.Format(time.DateOnly), at.Format("15"),
		archive.EscapeSession(c.Session), name, path.Ext(m.Name))
}

// happen lets an hour of the world pass: here and there a call is taken out of the API's list, or a field of it blanked.
func (w *world) happen(now time.Time) {
	if w.rand.Float64() < 0.1 {
		if c := w.someone(now); c != nil {
			w.withdraw(c)
		}
	}
	if w.rand.Float64() < 0.1 {
		if c := w.someone(now); c != nil {
			w.center.Edit(c.Session, func(call *calls.Call) {
				call.Set = map[string]any{"CallerLocation": "", "HungUpSide": nil, "EndStatusString": calls.Absent}
			})
		}
	}
}

// withdraw takes a call out of the API's list.
func (w *world) withdraw(c *caller) {
	w.center.Withdraw(c.Session)
	c.withdrawn = true
}

// someone is a call of the last thirty hours that the API lists.
func (w *world) someone(now time.Time) *caller {
	var recent []*caller
	for at := now.Truncate(time.Hour).Add(-30 * time.Hour); at.Before(now); at = at.Add(time.Hour) {
		for _, app := range apps {
			for _, c := range w.bySpan[span{app, at.Unix()}] {
				if c.listed(now) {
					recent = append(recent, c)
				}
			}
		}
	}
	if len(recent) == 0 {
		return nil
	}
	return recent[w.rand.IntN(len(recent))]
}

// leavesOut tells whether a call lies in a second that the API leaves out of a range which begins or ends there.
func (w *world) leavesOut(app string, unix int64) bool {
	return w.reading != center.Closed && slices.ContainsFunc(w.bySpan[span{app, unix - unix%3600}], func(c *caller) bool {
		return c.Time.Unix() == unix
	})
}

// record is the call as the API tells it now, with keys where the API has links. A link of a kind that is not archived
// is left as short as the contract has it.
func (c *caller) record(now time.Time, mediaHost string) ([]byte, error) {
	return c.Call.Record(now, func(m calls.Media) string {
		if key := c.key(m); key != "" {
			return key
		}
		return "http://" + mediaHost + "/…/" + m.Name
	})
}
