// Package fault scripts what goes wrong between a client and one of devcloud's servers: refusals, lost answers, cut,
// slow and altered bodies, requests that arrive twice. It is plain HTTP middleware, so that the client's own libraries
// meet each fault where they would meet it in the cloud. A server that does not speak HTTP asks Next: so the platform
// loses, delays and doubles events (operation Deliver), and refuses, hangs or kills runs of the function (Invoke).
//
// It promises that the same script over the same sequence of requests does the same things, and that every fault that
// happened is counted. It does not know what a request means: the server behind it names the operation and words the
// error.
package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// Script is a list of rules that servers ask at each request. It may be changed while they run. The zero Script has
// no rules and lets everything pass.
type Script struct {
	mu    sync.Mutex
	rules []*entry
}

// entry is a rule and what has become of it.
type entry struct {
	Rule
	seen int // requests that matched, since the rule was set
	hits int // of these, the ones that met the fault
}

// New is a script of rules. It reports every rule that cannot work at once.
func New(rules ...Rule) (*Script, error) {
	s := &Script{}
	return s, s.Set(rules...)
}

// Parse reads a script as JSON: {"rules": [{"name": …, "match": {…}, "action": {…}}]}. A field that it does not know
// is an error: a misspelt fault would otherwise be a test that tests nothing.
func Parse(r io.Reader) (*Script, error) {
	var file struct {
		Rules []Rule `json:"rules"`
	}
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("read fault script: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read fault script: more than one JSON value")
	}
	return New(file.Rules...)
}

// Set replaces all rules and forgets their counts. Where a rule cannot work, the script stays as it was.
func (s *Script) Set(rules ...Rule) error {
	var all []*entry
	var wrong []error
	for i, r := range rules {
		if err := r.check(); err != nil {
			wrong = append(wrong, fmt.Errorf("rule %d %q: %w", i+1, r.Name, err))
		}
		all = append(all, &entry{Rule: r})
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = all
	return nil
}

// Strange gives the operations that rules are about and that none of the given ones fits: such a rule never fires.
func (s *Script) Strange(operations []string) (strange []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.rules {
		pattern := e.Match.Operation
		if pattern != "" && !slices.ContainsFunc(operations, func(name string) bool { return glob(pattern, name) }) {
			strange = append(strange, pattern)
		}
	}
	return strange
}

// Hits tells how often each rule's fault happened, in the order of the rules.
func (s *Script) Hits() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	hits := make([]int, len(s.rules))
	for i, e := range s.rules {
		hits[i] = e.hits
	}
	return hits
}

// Next is the fault that the next operation of this name meets at a server that does not speak HTTP, if any. Such a server says
// itself what the kinds of faults mean to it.
func (s *Script) Next(operation string) (Action, bool) { return s.next("", "", operation) }

// next is the fault that a request meets, if any. The first rule that fires wins; the rules after it do not see the
// request and do not count it.
func (s *Script) next(method, path, operation string) (Action, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.rules {
		if !e.Match.fits(method, path, operation) {
			continue
		}
		e.seen++
		if e.Match.fires(e.seen, e.hits) {
			e.hits++
			return e.Action, true
		}
	}
	return Action{}, false
}
