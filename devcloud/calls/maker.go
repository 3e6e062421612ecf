package calls

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// maker draws calls. Everything comes from its one generator, in one order.
type maker struct {
	World
	*rand.Rand
}

// plots are the kinds of calls, by weight in working hours.
var plots = []struct {
	weight int
	tell   func(*maker, *Call)
}{
	{46, (*maker).answered},
	{22, (*maker).reached},
	{14, (*maker).missed},
	{13, (*maker).unreached},
	{2, (*maker).voicemail},
	{3, (*maker).internal},
}

// call makes one call that begins at the given moment.
func (m *maker) call(at time.Time) *Call {
	c := &Call{
		App: m.App, Session: m.uuid(), Time: at, Line: line(m.IntN(20)), Customer: customer(m.IntN(100_000_000)),
		Audio: Audio{Bitrate: m.Bitrate, WAV: m.chance(m.WAV)}, Custom: m.Custom,
	}
	m.plot(at)(m, c)
	m.mark(c)
	m.release(c)
	return c
}

// plot draws the kind of a call. Out of hours nobody sits in the center.
func (m *maker) plot(at time.Time) func(*maker, *Call) {
	if h := at.In(m.Zone).Hour(); h < 8 || h >= 21 {
		if m.chance(0.4) {
			return (*maker).voicemail
		}
		return (*maker).closed
	}
	n := m.IntN(100)
	for _, p := range plots {
		if n < p.weight {
			return p.tell
		}
		n -= p.weight
	}
	return (*maker).answered
}

// mark adds what seats, customers and systems leave on a call: remarks, their edits, data of the customer's own.
func (m *maker) mark(c *Call) {
	if !c.Accept.IsZero() && m.chance(0.35) {
		text := remarks[m.IntN(len(remarks))]
		c.Notes = append(c.Notes, Note{At: c.Ended, Text: text})
		if m.chance(0.15) {
			later := c.Ended.Add(seconds(60 + m.IntN(10*3600)))
			c.Notes = append(c.Notes, Note{At: later, Text: text + edits[m.IntN(len(edits))]})
		}
	}
	if m.chance(0.3) {
		c.UUI = fmt.Sprintf(`{"order":"A-%06d","来源":"小程序"}`, m.IntN(1_000_000))
		switch m.IntN(3) {
		case 0:
			c.OldUUI = &c.UUI
		case 1:
			other := fmt.Sprintf("A-%06d", m.IntN(1_000_000))
			c.OldUUI = &other
		}
	}
}

// release decides when the center comes to know the call and its transcript.
func (m *maker) release(c *Call) {
	c.Listed = c.Ended.Add(seconds(2 + m.IntN(50)))
	if m.chance(m.Late) {
		c.Listed = c.Ended.Add(time.Minute + m.upTo(m.LateBy-time.Minute))
	}
	c.Asr = NotExists
	if len(c.Messages) > 0 || c.Talk() >= 3*time.Second && m.chance(0.92) {
		c.Asr, c.AsrAt = Complete, c.Ended.Add(seconds(30)+m.upTo(min(20*time.Minute, m.AsrBy)))
		if m.chance(0.05) {
			c.AsrAt = c.Ended.Add(m.upTo(m.AsrBy))
		}
	}
	c.AsrHidden = m.chance(0.5)
}

// talk draws the length of a conversation: most are short, a few are long.
func (m *maker) talk() time.Duration {
	const sigma = 0.9 // the mean of a log-normal is e^(mu+sigma²/2)
	mean := m.Talk.Seconds()
	s := math.Exp(math.Log(mean) - sigma*sigma/2 + sigma*m.NormFloat64())
	return seconds(int(min(max(2, s), 40*mean)))
}

// between draws whole seconds from low up to, and without, high.
func (m *maker) between(low, high int) time.Duration { return seconds(low + m.IntN(high-low)) }

// upTo draws whole seconds from 0 up to d.
func (m *maker) upTo(d time.Duration) time.Duration {
	return seconds(m.IntN(max(1, int(d/time.Second))))
}

func (m *maker) chance(p float64) bool { return m.Float64() < p }

// uuid draws a version 4 UUID.
func (m *maker) uuid() string {
	hi, lo := m.Uint64(), m.Uint64()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 2<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&(1<<48-1))
}
