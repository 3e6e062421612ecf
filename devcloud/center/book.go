package center

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"cdrvault/devcloud/calls"
)

// Add gives the center calls. It keeps them: from now on they are changed through Edit only. A call appears in
// answers from its Listed on, so that calls to come may be added long before, and late ones at any time.
func (c *Center) Add(list ...*calls.Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	touched := map[string]bool{}
	entries := make([]entry, len(list)) // side by side: a search runs over all of a range
	for i, call := range list {
		e := &entries[i]
		e.number, e.call = len(c.all), call
		c.all = append(c.all, e)
		c.books[call.App] = append(c.books[call.App], e)
		touched[call.App] = true
	}
	for app := range touched {
		c.sort(app)
	}
}

// Withdraw takes a session out of all further answers, as if it had never been; links that are out go on working.
// It tells whether there was one.
func (c *Center) Withdraw(session string) bool {
	return c.each(session, func(e *entry) { e.withdrawn = true })
}

// Edit changes the call of a session, and tells whether there is one. Its App and Session have to stay.
func (c *Center) Edit(session string, change func(*calls.Call)) bool {
	return c.each(session, func(e *entry) {
		change(e.call)
		c.sort(e.call.App)
	})
}

// Calls hands out copies of the calls of an application that the API lists at this moment, in order of time.
func (c *Center) Calls(app string) []*calls.Call {
	c.mu.RLock()
	defer c.mu.RUnlock()
	now := c.o.Now().Unix()
	var list []*calls.Call
	for _, e := range c.books[app] {
		if e.isListed(now) {
			call := *e.call
			call.Set = maps.Clone(call.Set)
			list = append(list, &call)
		}
	}
	return list
}

// ExpireLinks ends the life of all links that were handed out.
func (c *Center) ExpireLinks() { c.links.renew() }

// each applies do to every call of a session.
func (c *Center) each(session string, do func(*entry)) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := false
	for _, e := range c.all {
		if e.call.Session == session {
			do(e)
			found = true
		}
	}
	return found
}

// sort brings an application's book up to date with its calls. The caller holds mu.
func (c *Center) sort(app string) {
	for _, e := range c.books[app] {
		e.at, e.listed = e.call.Time.Unix(), e.call.Listed.Unix()
	}
	slices.SortStableFunc(c.books[app], func(a, b *entry) int { return calls.Compare(a.call, b.call) })
}

// find lists the entries that a query asks for. The caller holds mu.
func (c *Center) find(q query, now time.Time) []*entry {
	book := c.books[q.app]
	from, to := q.bounds(c.o.Range)
	first, _ := slices.BinarySearchFunc(book, from, func(e *entry, t int64) int { return cmp.Compare(e.at, t) })
	end, _ := slices.BinarySearchFunc(book, to, func(e *entry, t int64) int { return cmp.Compare(e.at, t+1) })
	found := make([]*entry, 0, max(0, end-first))
	for _, e := range book[first:max(first, end)] {
		if e.isListed(now.Unix()) && q.wants(e.call) {
			found = append(found, e)
		}
	}
	if c.o.NewestFirst {
		slices.Reverse(found)
	}
	return found
}

func (e *entry) isListed(now int64) bool { return !e.withdrawn && now >= e.listed }
