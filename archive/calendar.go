package archive

import (
	"context"
	"slices"
	"time"
)

// HourState is where an hour of the archive stands: as its worst window does.
type HourState string

// The states of an hour; severity gives their order.
const (
	HourBroken HourState = "broken" // a manifest cannot be trusted
	HourHole   HourState = "hole"   // not archived, and the API still lists it
	HourBeyond HourState = "beyond" // not archived, and the API does not list it any more
	HourOwing  HourState = "owing"  // files are owed
	HourOpen   HourState = "open"   // archived, and still compared with the API
	HourEmpty  HourState = "empty"  // proved to have no calls
	HourFinal  HourState = "final"  // archived for good
	HourNone   HourState = ""       // before the archive's beginning, or not over yet
)

var severity = []HourState{HourBroken, HourHole, HourBeyond, HourOwing, HourOpen, HourFinal, HourEmpty, HourNone}

// Calendar is the state of an application's archive by day and hour.
type Calendar struct {
	App    string            `json:"app"`
	Days   []Day             `json:"days"`
	Calls  int               `json:"calls"`
	Files  int               `json:"files"`
	Owed   int               `json:"owed"`
	Lost   int               `json:"lost"`
	GoneBy *time.Time        `json:"next_deadline,omitempty"` // when the first owed file may be gone for good
	Hours  map[HourState]int `json:"hours"`
}

// Day is one day of a calendar, in the archive's zone.
type Day struct {
	Date  string        `json:"date"`
	Hours [24]HourState `json:"hours"`
	Calls int           `json:"calls"`
}

// Status gives the calendars of the applications. It reads manifests, and nothing else.
func (a *Archiver) Status(ctx context.Context, q Request) ([]Calendar, error) {
	defer a.close()
	r, err := a.begin(ctx, q)
	if err != nil {
		return nil, err
	}
	defer r.budget.end()
	var calendars []Calendar
	for _, app := range r.apps {
		ledger, err := r.readLedger(ctx, app, Window{End: r.Now})
		if err != nil {
			return nil, err
		}
		calendars = append(calendars, r.planner.calendar(app, ledger))
	}
	return calendars, nil
}

// calendar is pure, like the plan that it shows.
func (p planner) calendar(app string, ledger Ledger) Calendar {
	c := Calendar{App: app, Hours: map[HourState]int{}, Days: []Day{}}
	begin := p.begin(ledger)
	for _, w := range p.grid.Cut(Window{Start: p.earliest(ledger), End: p.grid.Closed(p.now).End}) {
		s, committed := ledger[w.Start.Unix()]
		c.Calls, c.Files, c.Owed, c.Lost = c.Calls+s.Calls, c.Files+s.Files, c.Owed+s.Owed, c.Lost+s.Lost
		if s.GoneBy != nil && (c.GoneBy == nil || s.GoneBy.Before(*c.GoneBy)) {
			c.GoneBy = s.GoneBy
		}
		day := c.day(w.Start.In(p.grid.Zone))
		hour := &day.Hours[w.Start.In(p.grid.Zone).Hour()]
		*hour = worse(*hour, p.state(w, begin, s, committed))
		day.Calls += s.Calls
	}
	for _, d := range c.Days {
		for _, h := range d.Hours {
			if h != HourNone {
				c.Hours[h]++
			}
		}
	}
	return c
}

// day is the calendar's page for t; windows come in order, so it is the last one or a new one.
func (c *Calendar) day(t time.Time) *Day {
	date := t.Format(time.DateOnly)
	if n := len(c.Days); n == 0 || c.Days[n-1].Date != date {
		c.Days = append(c.Days, Day{Date: date})
	}
	return &c.Days[len(c.Days)-1]
}

func (p planner) state(w Window, begin time.Time, s Standing, committed bool) HourState {
	switch {
	case !committed && w.Start.Before(begin): // one that was asked for by hand lies ahead of it
		return HourNone
	case !committed && w.Start.Before(p.reachable()):
		return HourBeyond
	case !committed:
		return HourHole
	case s.Broken != "":
		return HourBroken
	case s.Owed > 0:
		return HourOwing
	case s.State != Final:
		return HourOpen
	case s.Calls == 0:
		return HourEmpty
	}
	return HourFinal
}

func worse(a, b HourState) HourState {
	if slices.Index(severity, a) < slices.Index(severity, b) {
		return a
	}
	return b
}
