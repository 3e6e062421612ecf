package calls

import (
	"cmp"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"
)

// World makes the calls of one application. The zero value of a field means its default.
type World struct {
	App    string
	Seed   uint64
	Zone   *time.Location // of the day and its curve; UTC+8
	PerDay int            // calls that begin in a day; 2,000
	Curve  [24]int        // weights of the day's local hours; few at night, peaks from 10 to 11 and from 14 to 16
	Talk   time.Duration  // mean length of a conversation; 36 s, about 36 KB for each recording

	Late   float64       // share of calls that are listed more than a minute after they ended; 0.02, negative: none
	LateBy time.Duration // the latest of these; 3 h
	AsrBy  time.Duration // the latest transcript, after the call's end; 2 h
	Custom bool          // recordings are also copied to a bucket of the customer

	Bitrate int     // of MP3 recordings, see Audio
	WAV     float64 // share of calls that are recorded as WAV; 0.01, negative: none
}

// Beijing is the zone of the contact center's own days.
var Beijing = time.FixedZone("UTC+8", 8*60*60)

// curve is World.Curve where it is not given.
var curve = [24]int{3, 2, 1, 1, 1, 2, 6, 16, 48, 82, 100, 70, 44, 60, 92, 96, 74, 60, 42, 34, 26, 18, 10, 5}

// Day makes the calls that begin on the local day of t, by time and then by session.
func (w World) Day(t time.Time) []*Call {
	w = w.withDefaults()
	y, month, d := t.In(w.Zone).Date()
	day := time.Date(y, month, d, 0, 0, 0, 0, w.Zone)
	m := &maker{World: w, Rand: rand.New(rand.NewPCG(w.Seed, hash(w.App+day.Format("/2006-01-02"))))}
	calls := make([]*Call, w.PerDay)
	for i := range calls {
		calls[i] = m.call(day.Add(m.timeOfDay()).UTC())
	}
	Sort(calls)
	return calls
}

// Days makes the calls of n days on end, the first being that of t.
func (w World) Days(t time.Time, n int) []*Call {
	w = w.withDefaults()
	var calls []*Call
	for i := range n {
		calls = append(calls, w.Day(t.In(w.Zone).AddDate(0, 0, i))...)
	}
	return calls
}

// Sort puts calls in the order of their time, then of their session.
func Sort(calls []*Call) {
	slices.SortStableFunc(calls, Compare)
}

// Compare orders calls as Sort does.
func Compare(a, b *Call) int {
	return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Session, b.Session))
}

func (w World) withDefaults() World {
	if w.Zone == nil {
		w.Zone = Beijing
	}
	w.PerDay = cmp.Or(w.PerDay, 2000)
	w.Curve = cmp.Or(w.Curve, curve)
	w.Talk = cmp.Or(w.Talk, 36*time.Second)
	w.Late = cmp.Or(w.Late, 0.02)
	w.LateBy = cmp.Or(w.LateBy, 3*time.Hour)
	w.AsrBy = cmp.Or(w.AsrBy, 2*time.Hour)
	w.Bitrate = cmp.Or(w.Bitrate, 8)
	w.WAV = cmp.Or(w.WAV, 0.01)
	return w
}

// timeOfDay draws a moment of the day, in whole seconds, by the curve.
func (m *maker) timeOfDay() time.Duration {
	total := 0
	for _, weight := range m.Curve {
		total += weight
	}
	hour, left := 0, m.IntN(total)
	for left >= m.Curve[hour] {
		left -= m.Curve[hour]
		hour++
	}
	return time.Duration(hour)*time.Hour + seconds(m.IntN(3600))
}

// hash is 64-bit FNV-1a: the same on every machine, unlike hash/maphash.
func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
