package fault

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Rule says which requests meet a fault, and which fault.
type Rule struct {
	Name   string `json:"name,omitempty"` // for people
	Match  Match  `json:"match"`
	Action Action `json:"action"`
}

// Match chooses requests: first by what they are, then by their number among those. Empty fields choose everything.
type Match struct {
	Method    string `json:"method,omitempty"`
	Path      string `json:"path,omitempty"`      // pattern for the decoded path: * is any run of characters, / included; ? is one byte
	Operation string `json:"operation,omitempty"` // pattern for the server's name of the operation, as PutObject or *Upload

	After  int     `json:"after,omitempty"`  // lets that many pass first
	Every  int     `json:"every,omitempty"`  // of the others only each nth
	Times  int     `json:"times,omitempty"`  // at most that many faults; 0: no end
	Chance float64 `json:"chance,omitempty"` // of those that are left only this share, 0 < Chance < 1; 0: all
	Seed   uint64  `json:"seed,omitempty"`   // decides which, by the number of the request alone
}

// fits tells whether a request is one of those that the rule is about.
func (m Match) fits(method, path, operation string) bool {
	return (m.Method == "" || m.Method == method) &&
		(m.Path == "" || glob(m.Path, path)) &&
		(m.Operation == "" || glob(m.Operation, operation))
}

// fires tells whether the nth of the fitting requests, from 1 on, meets the fault after so many have.
func (m Match) fires(n, hits int) bool {
	n -= m.After
	switch {
	case n <= 0, m.Times > 0 && hits >= m.Times:
		return false
	case m.Every > 1 && n%m.Every != 0:
		return false
	case m.Chance > 0:
		return rand.New(rand.NewPCG(m.Seed, uint64(n))).Float64() < m.Chance
	}
	return true
}

// glob tells whether s is what the pattern describes. It tries the last star again with one byte more whenever the
// rest does not fit, so the time is bounded by the product of the lengths.
func glob(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p, i = p+1, i+1
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// Kind is the sort of a fault.
type Kind string

// The kinds of faults, with the fields of Action that they use.
const (
	Refuse Kind = "refuse" // answer Status with the server's own form of error: Code, Message, Header; Applied
	Page   Kind = "page"   // answer Status with an HTML page, as a proxy in between would: Header; Applied
	Drop   Kind = "drop"   // end the connection without an answer; Applied
	Cut    Kind = "cut"    // announce the whole body, end the connection after Bytes of it; a shorter body arrives whole
	Slow   Kind = "slow"   // wait Delay before the request is looked at; pass both bodies at Rate bytes a second
	Alter  Kind = "alter"  // answer rightly, but with the headers of Header: a wrong checksum, another length of life
	Hang   Kind = "hang"   // take the request and say nothing until the client leaves
	Expire Kind = "expire" // treat the request's credentials as expired; the server behind asks Expired
	Double Kind = "double" // do what is asked twice, the second time Delay after the first, and answer the second time
)

// Action is what happens to a request. An Applied fault lets the server do its work first and loses the answer alone.
type Action struct {
	Kind    Kind              `json:"kind"`
	Applied bool              `json:"applied,omitempty"`
	Status  int               `json:"status,omitempty"`
	Code    string            `json:"code,omitempty"`
	Message string            `json:"message,omitempty"`
	Header  map[string]string `json:"header,omitempty"` // an empty value takes the header away
	Bytes   int64             `json:"bytes,omitempty"`
	Delay   Duration          `json:"delay,omitempty"`
	Rate    int64             `json:"rate,omitempty"` // bytes a second; 0: no limit
}

// Duration is a time.Duration that JSON writes as text: "1.5s".
type Duration time.Duration

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// MarshalText writes what UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) {
	return []byte(time.Duration(d).String()), nil
}

// check reports what keeps the rule from working, all of it at once.
func (r Rule) check() error {
	m, a := r.Match, r.Action
	var wrong []error
	complain := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	complain(m.After < 0 || m.Every < 0 || m.Times < 0, "after, every and times are counts: not below 0")
	complain(!(m.Chance >= 0 && m.Chance < 1), "chance %v: a share from 0 to below 1 (0: always)", m.Chance)
	complain(a.Bytes < 0 || a.Rate < 0 || a.Delay < 0, "bytes, rate and delay are not below 0")
	complain(a.Applied && a.Kind != Refuse && a.Kind != Page && a.Kind != Drop, "applied: for refuse, page and drop only")
	switch a.Kind {
	case Refuse, Page:
		complain(a.Status < 200 || a.Status > 599, "%s needs a status (200 to 599)", a.Kind)
	case Slow:
		complain(a.Delay == 0 && a.Rate == 0, "slow: says neither delay nor rate")
	case Alter:
		complain(len(a.Header) == 0, "alter: names no header")
	case Drop, Cut, Hang, Expire, Double:
	default:
		complain(true, "kind %q: one of refuse, page, drop, cut, slow, alter, hang, expire, double", a.Kind)
	}
	return errors.Join(wrong...)
}
