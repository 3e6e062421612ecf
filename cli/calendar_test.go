package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"

	"cdrvault/archive"
)

// everyState is a day with an hour of each state.
func everyState() archive.Day {
	d := archive.Day{Date: "2026-11-22", Calls: 2000}
	for i, m := range marks {
		d.Hours[i] = m.state
	}
	return d
}

func TestSheet_DrawsEveryState(t *testing.T) {
	gone := time.Date(2027, 2, 21, 16, 0, 0, 0, time.UTC)
	s := sheet{zone: time.FixedZone("Asia/Shanghai", 8*60*60), now: time.Date(2027, 2, 19, 16, 0, 0, 0, time.UTC), hidden: 3}
	c := archive.Calendar{App: "1400000000", Days: []archive.Day{everyState()}, Calls: 2000, Files: 4100, Owed: 1, Lost: 2, GoneBy: &gone,
		Hours: map[archive.HourState]int{archive.HourHole: 1, archive.HourFinal: 4320}}
	want := `application 1400000000, hours in Asia/Shanghai

day             00     06     12     18      calls
────────────────────────────────────────────────────
2026-11-22 Sun  #o!.?X -                     2,000

hours: 4,320 final, 1 hole
total: 2,000 calls, 4,100 files, 1 owed, 2 lost
owed: the first file may be gone by 2027-02-22 00:00 (in 2 days)

3 earlier days left out (--all shows every day)

# final   o open   ! owing   . empty   ? hole   X broken   - beyond
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(s.draw([]archive.Calendar{c}), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSheet_ColourChangesNoCharacter(t *testing.T) {
	text.EnableColors()
	day := everyState()
	plain, bright := (&sheet{}).hours(day.Hours), (&sheet{colour: true}).hours(day.Hours)
	if text.StripEscape(bright) != plain || bright == plain {
		t.Errorf("in colour %q, without %q", bright, plain)
	}
}

func TestMarks_ADifferentOneForEachState(t *testing.T) {
	chars, states := map[string]bool{}, map[archive.HourState]bool{archive.HourNone: true}
	for _, m := range marks {
		chars[m.char], states[m.state] = true, true
	}
	if len(chars) != len(marks) || len(states) != len(marks)+1 {
		t.Errorf("%d characters and %d states for %d marks", len(chars), len(states), len(marks))
	}
}

func TestSheet_ALongCalendarNamesItsMonths(t *testing.T) {
	var days []archive.Day
	for date := time.Date(2026, 10, 30, 0, 0, 0, 0, time.UTC); len(days) < 40; date = date.AddDate(0, 0, 1) {
		days = append(days, archive.Day{Date: date.Format(time.DateOnly)})
	}
	lines := strings.Split((&sheet{}).days(days), "\n")
	for i, want := range map[int]string{2: "October 2026", 5: "", 6: "November 2026", 37: "", 38: "December 2026"} {
		if lines[i] != want {
			t.Errorf("line %d is %q, want %q", i, lines[i], want)
		}
	}
	calendars := []archive.Calendar{{Days: days}, {Days: days[:2]}}
	var s sheet
	s.cut(calendars, 14)
	if s.hidden != 26 || len(calendars[0].Days) != 14 || calendars[0].Days[13].Date != days[39].Date || len(calendars[1].Days) != 2 {
		t.Errorf("%d hidden, %d and %d days are left", s.hidden, len(calendars[0].Days), len(calendars[1].Days))
	}
}
