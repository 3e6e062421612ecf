package calls

import "time"

// answered: a customer rings, goes through the menu, waits, is put through to a seat and perhaps to another.
func (m *maker) answered(c *Call) {
	m.arrive(c)
	c.Ring = c.Queued.Add(m.between(0, 40))
	c.Accept = c.Ring.Add(m.between(1, 12))
	c.Ended = c.Accept.Add(m.talk())
	m.finish(c, "staffSeat")
	if m.chance(0.3) {
		key := ratings[m.IntN(len(ratings))]
		key.At = c.Ended.Add(-time.Second)
		c.Rating = []Key{key}
	}
	if m.chance(0.08) {
		bot := bots[m.IntN(len(bots))]
		c.Bot = &bot
	}
}

// reached: a seat, or the predictive dialler, rings a customer, who answers.
func (m *maker) reached(c *Call) {
	m.dial(c)
	c.Ring = c.Time.Add(m.between(1, 5))
	c.Accept = c.Ring.Add(m.between(3, 25))
	c.Ended = c.Accept.Add(m.talk())
	m.finish(c, "outboundSeat")
}

// missed: a customer rings and nobody talks to him.
func (m *maker) missed(c *Call) {
	m.arrive(c)
	m.give(c, lostInbound)
}

// unreached: a customer is rung and does not answer.
func (m *maker) unreached(c *Call) {
	m.dial(c)
	m.give(c, lostOutbound)
}

// closed: a customer rings out of hours.
func (m *maker) closed(c *Call) {
	m.arrive(c)
	c.Ended, c.Queued, c.Queue = c.Queued, time.Time{}, Group{}
	c.End, c.HungUp = outOfHours, "system"
}

// voicemail: a customer rings, nobody is there, and he leaves a message or two.
func (m *maker) voicemail(c *Call) {
	m.arrive(c)
	c.End, c.HungUp = noSeat, "user"
	c.Ended = c.Queued.Add(m.between(1, 5))
	for range 1 + m.IntN(8)/7 {
		length := m.between(3, 40)
		c.Messages = append(c.Messages, Message{RecordID: m.uuid(), Length: length})
		c.Ended = c.Ended.Add(length)
	}
}

// internal: one seat rings another.
func (m *maker) internal(c *Call) {
	c.Direction, c.Type, c.Customer = Outbound, TypeInternal, seat(m.IntN(seats)).Phone
	c.Ring = c.Time
	c.Accept = c.Ring.Add(m.between(1, 10))
	c.Ended = c.Accept.Add(m.talk())
	m.finish(c, "staffPhoneSeat")
}

// arrive begins an inbound call: the menu, and the queue behind it.
func (m *maker) arrive(c *Call) {
	c.Direction, c.Type = Inbound, TypeInbound
	c.Location = locations[m.IntN(len(locations))]
	c.Queue = groups[m.IntN(len(groups))]
	c.Queued = c.Time
	if m.chance(0.1) { // from a web page: no menu
		c.Type = TypeAudio
		return
	}
	for range 1 + m.IntN(3) {
		c.Queued = c.Queued.Add(m.between(2, 12))
		key := menu[m.IntN(len(menu))]
		key.At = c.Queued
		c.Keys = append(c.Keys, key)
	}
}

// dial begins an outbound call.
func (m *maker) dial(c *Call) {
	c.Direction, c.Type = Outbound, TypeOutbound
	if m.chance(0.2) {
		c.Type = TypePredictive
	}
}

// give ends a call without a talk, as far on its way as its end state says.
func (m *maker) give(c *Call, ends []lost) {
	l := m.lost(ends)
	c.End, c.HungUp = l.End, l.hungUp
	queued, group := c.Queued, c.Queue
	c.Queued, c.Queue = time.Time{}, Group{}
	c.Ended = c.Time.Add(m.between(1, 15))
	if queued.After(c.Ended) {
		c.Ended = queued
	}
	if l.phase == inMenu {
		return
	}
	if c.Direction == Inbound {
		c.Queued, c.Queue = queued, group
		c.Ended = queued.Add(m.between(3, 60))
	}
	if l.phase == ringing {
		c.Ring = c.Ended
		c.Ended = c.Ring.Add(m.between(5, 45))
		c.Legs = []Leg{{
			Seat: seat(m.IntN(seats)), Type: "staffSeat", Group: group, Start: c.Ring, Ring: c.Ring, Ended: c.Ended,
			End: l.Name,
		}}
	}
}

func (m *maker) lost(ends []lost) lost {
	total := 0
	for _, l := range ends {
		total += l.weight
	}
	n := m.IntN(total)
	for _, l := range ends {
		if n < l.weight {
			return l
		}
		n -= l.weight
	}
	return ends[0]
}

// finish ends a call that had a talk, and cuts the talk into the shares of one, two or three seats.
func (m *maker) finish(c *Call, seatType string) {
	c.RecordID, c.End = m.uuid(), ok
	c.HungUp = [...]string{"user", "user", "seat", "system"}[m.IntN(4)]
	if c.HungUp == "system" {
		why := systemHangups[m.IntN(len(systemHangups))]
		c.System = &why
	}
	n := 1
	if c.Talk() >= 9*time.Second && m.chance(0.12) {
		n = 2 + m.IntN(6)/5
		if m.chance(0.05) {
			c.End = forwarded
		}
	}
	share := c.Talk() / time.Duration(n)
	for i := range n {
		c.Legs = append(c.Legs, m.leg(c, seatType, i, share))
	}
	last := &c.Legs[n-1]
	last.Ended, last.End = c.Ended, c.End.Name
}

// leg is the i-th seat's share of a talk. A seat that takes over rings for two seconds first.
func (m *maker) leg(c *Call, seatType string, i int, share time.Duration) Leg {
	l := Leg{Seat: seat(m.IntN(seats)), Type: seatType, Group: c.Queue, End: forwarded.Name, RecordID: m.uuid()}
	l.Start, l.Ring, l.Accept = c.Ring, c.Ring, c.Accept
	if i > 0 {
		l.Start = c.Accept.Add((time.Duration(i) * share).Truncate(time.Second))
		l.Ring, l.Accept = l.Start, l.Start.Add(2*time.Second)
	}
	l.Ended = c.Accept.Add((time.Duration(i+1) * share).Truncate(time.Second))
	if l.Group == (Group{}) {
		l.Group = groups[m.IntN(len(groups))]
	}
	return l
}
