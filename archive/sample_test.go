package archive_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// skewed has ten calls a day for a quarter of a year, too many days to look at all of them. A third of the calls have a file, and
// half an hour's talk is as likely as it is with people: many short files, and a few that make up much of the whole.
func (w *world) skewed(seed uint64) (files int, bytes int64) {
	random := rand.New(rand.NewPCG(seed, 1))
	for d := 1; d <= 90; d++ {
		for i := range 10 {
			c := archivetest.Call{ID: fmt.Sprint(d, "-", i), Time: at("00:00:00").AddDate(0, 0, -d).Add(time.Duration(random.IntN(86_399)) * time.Second)}
			if random.IntN(3) == 0 {
				talk := 1 + 20*random.ExpFloat64()
				body := song(int(talk*float64(1+d%2)), 1) // some agents' recordings have twice the bit rate
				c.Talk, c.Files = int(talk), map[string]*archivetest.Media{"recording.mp3": {Body: body, Type: "audio/mpeg"}}
				files, bytes = files+1, bytes+int64(len(body))
			}
			w.source.Add(app, c)
		}
	}
	return files, bytes
}

// What a plan says of many worlds holds in nine of ten, and tells something.
func TestPlan_BoundsHold(t *testing.T) {
	const worlds = 30
	var files, bytes int
	for seed := range worlds {
		w := newWorld(t)
		allFiles, allBytes := w.skewed(uint64(seed))
		cost := w.planned(archive.Request{From: at("00:00:00").AddDate(0, 0, -90), To: at("00:00:00")}).Cost
		holds := func(n int64, r *archive.Range) (held int) {
			switch {
			case r == nil || r.Most > 3*r.Least:
				t.Errorf("seed %d: bounds %v tell nothing", seed, r)
			case r.Least <= n && n <= r.Most:
				return 1
			}
			return 0
		}
		files += holds(int64(allFiles), cost.Files)
		bytes += holds(allBytes, cost.MediaBytes)
	}
	if least := worlds * 9 / 10; files < least || bytes < least {
		t.Errorf("of %d plans, the bounds of files held in %d, those of bytes in %d", worlds, files, bytes)
	}
}

// Rows in many small windows take more room than in a few large ones, and the plan knows it: an hour with two calls has little to
// pack. The bounds are those of the plan; how near they are is looked at as well.
func TestPlan_PackedRows(t *testing.T) {
	for name, apart := range map[string]time.Duration{"2 an hour": 30 * time.Minute, "20 an hour": 3 * time.Minute, "100 an hour": 36 * time.Second} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			random := rand.New(rand.NewPCG(7, 7))
			for begin, i := at("00:00:00").AddDate(0, 0, -1), 0; i < int(24*time.Hour/apart); i++ {
				w.source.Add(app, archivetest.Call{ID: fmt.Sprintf("%016x-%016x", random.Uint64(), random.Uint64()), Time: begin.Add(time.Duration(i) * apart),
					Fields: map[string]any{"Number": random.Uint64(), "Queue": fmt.Sprint("queue-", random.IntN(9)), "Remark": "a text that all calls have in common"}})
			}
			cost := w.planned(day("")).Cost
			w.run(day(archive.ModeBackfill))
			stored := w.weigh("lake/cdr/")
			within(t, "rows", stored, *cost.RowBytes)
			if r := cost.RowBytes; r.Least < stored*85/100 || r.Most > stored*115/100 {
				t.Errorf("%d bytes stored, planned %v", stored, *r)
			}
		})
	}
}

// Calls of busy hours that are all alike say nothing of how those of the others are packed, nor these of them: each window is weighed by
// its own calls, be it listed whole or not.
func TestPlan_RowsUnlikeEachOther(t *testing.T) {
	for name, calls := range map[string]struct{ varied, alike int }{
		"listed whole":         {100, 200},
		"many windows in part": {400, 640},
		"most of them alike":   {40, 900},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			random := rand.New(rand.NewPCG(7, 7))
			for h := range 24 {
				n := calls.varied
				if h >= 18 {
					n = calls.alike
				}
				for i := range n {
					c := archivetest.Call{ID: fmt.Sprintf("%02d-%03d", h, i), Fields: map[string]any{},
						Time: at("00:00:00").AddDate(0, 0, -1).Add(time.Duration(h)*time.Hour + time.Duration(i)*time.Hour/time.Duration(n))}
					if n == calls.varied {
						c.Fields["Remark"] = fmt.Sprintf("%016x%016x%016x%016x", random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64())
					}
					w.source.Add(app, c)
				}
			}
			r := w.planned(day("")).Cost.RowBytes
			w.run(day(archive.ModeBackfill))
			stored := w.weigh("lake/cdr/")
			if r == nil || r.Least <= 0 || r.Most > 5*r.Least {
				t.Fatalf("%d bytes stored, planned %v", stored, r)
			}
			within(t, "rows", stored, *r)
		})
	}
}

// The more calls a window has, the more it weighs, whatever a part of it tells of the others.
func TestPlan_MoreCallsWeighMore(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for range 10_000 {
		n, whole := 1+random.IntN(90), 1+random.IntN(10_000)
		halves, last := random.IntN(4*whole), 0.0
		for crowd := n; crowd < n+20; crowd++ {
			got := archive.Grown(whole, halves, n, crowd)
			if got < last || got < float64(whole) {
				t.Fatalf("%d of %d calls weigh %d bytes, in halves %d: the whole window %v, one of a call less %v", n, crowd, whole, halves, got, last)
			}
			last = got
		}
	}
}

// Where no call that was looked at has a file, others may: the plan does not say that there is none. What a file of theirs would take
// nobody knows.
func TestPlan_RareFiles(t *testing.T) {
	w := newWorld(t)
	for d := range 80 {
		for i := range 5 {
			w.source.Add(app, archivetest.Call{ID: fmt.Sprint(d, "-", i), Time: at("00:00:00").AddDate(0, 0, -1-d).Add(time.Duration(i) * time.Hour)})
		}
	}
	cost := w.planned(archive.Request{From: at("00:00:00").AddDate(0, 0, -80), To: at("00:00:00")}).Cost
	if f := cost.Files; f.Least != 0 || f.Most == 0 || f.Most > 40 || cost.MediaBytes != nil || cost.Price.StorageMonth != nil {
		t.Errorf("files %v, media %v", cost.Files, cost.MediaBytes)
	}
}
