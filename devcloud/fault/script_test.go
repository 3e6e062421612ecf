package fault

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hits plays n requests and tells which of them, from 1 on, met a fault.
func hits(t *testing.T, m Match, n int) []int {
	t.Helper()
	s, err := New(Rule{Match: m, Action: Action{Kind: Drop}})
	if err != nil {
		t.Fatal(err)
	}
	got := []int{}
	for i := 1; i <= n; i++ {
		if _, ok := s.next("GET", "/k", "GetObject"); ok {
			got = append(got, i)
		}
	}
	if s.Hits()[0] != len(got) {
		t.Errorf("Hits() = %v after %d faults", s.Hits(), len(got))
	}
	return got
}

func TestMatch_Number(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   Match
		want []int
	}{
		{"every request", Match{}, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{"the first two", Match{Times: 2}, []int{1, 2}},
		{"all after seven", Match{After: 7}, []int{8, 9}},
		{"one after three", Match{After: 3, Times: 1}, []int{4}},
		{"each third", Match{Every: 3}, []int{3, 6, 9}},
		{"each third, twice, after one", Match{After: 1, Every: 3, Times: 2}, []int{4, 7}},
		{"another method", Match{Method: "PUT"}, []int{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, hits(t, tt.in, 9)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMatch_ChanceIsDecidedByTheSeed(t *testing.T) {
	one := hits(t, Match{Chance: 0.2, Seed: 7}, 1000)
	if len(one) < 150 || len(one) > 250 {
		t.Errorf("chance 0.2 of 1000 gave %d faults", len(one))
	}
	if !cmp.Equal(one, hits(t, Match{Chance: 0.2, Seed: 7}, 1000)) {
		t.Error("one seed, two outcomes")
	}
	if cmp.Equal(one, hits(t, Match{Chance: 0.2, Seed: 8}, 1000)) {
		t.Error("two seeds, one outcome")
	}
}

func TestGlob(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"/media/*", "/media/a/b.mp3", true},
		{"/media/*", "/manifests/a", false},
		{"*/manifests/*.json", "/lake/manifests/dt=2026-11-22/0500.json", true},
		{"*.mp3", "/a.mp3.json", false},
		{"*a*b", "/aXbXaYb", true},
		{"/?", "/k", true},
		{"/?", "/", false},
		{"", "", true},
		{"**", "", true},
		{strings.Repeat("*a", 40), strings.Repeat("a", 200) + "b", false},
	} {
		if got := glob(tt.pattern, tt.s); got != tt.want {
			t.Errorf("glob(%q, %q) = %v", tt.pattern, tt.s, got)
		}
	}
}

func TestScript_FirstRuleThatFiresWins(t *testing.T) {
	s, err := New(
		Rule{Match: Match{Path: "/media/*", Times: 1}, Action: Action{Kind: Drop}},
		Rule{Match: Match{Operation: "Put*"}, Action: Action{Kind: Hang}},
	)
	if err != nil {
		t.Fatal(err)
	}
	var got []Kind
	for range 3 {
		a, _ := s.next("PUT", "/media/x", "PutObject")
		got = append(got, a.Kind)
	}
	if diff := cmp.Diff([]Kind{Drop, Hang, Hang}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{1, 2}, s.Hits()); diff != "" {
		t.Error(diff)
	}
}

func TestScript_CountsUnderConcurrency(t *testing.T) {
	s, err := New(Rule{Match: Match{Every: 4}, Action: Action{Kind: Drop}})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 100 {
				s.next("GET", "/", "")
			}
		})
	}
	wg.Wait()
	if s.Hits()[0] != 400 {
		t.Errorf("each fourth of 1600 requests: %d faults", s.Hits()[0])
	}
}

func TestSet_KeepsTheScriptWhereARuleCannotWork(t *testing.T) {
	s, err := New(Rule{Action: Action{Kind: Drop}})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Set(
		Rule{Name: "no status", Action: Action{Kind: Refuse}},
		Rule{Name: "no kind", Match: Match{Chance: 1.5}},
	)
	for _, want := range []string{`rule 1 "no status"`, "refuse needs a status (200 to 599)", `rule 2 "no kind"`, "chance 1.5", `kind ""`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %s: %v", want, err)
		}
	}
	if _, ok := s.next("GET", "/", ""); !ok {
		t.Error("a refused Set changed the script")
	}
}

// A rule is strange where it is about none of the operations that there are; one without an operation is about all of them.
func TestStrange(t *testing.T) {
	drop := Action{Kind: Drop}
	s, err := New(Rule{Match: Match{Operation: "Put*"}, Action: drop}, Rule{Match: Match{Operation: "PutObjekt"}, Action: drop},
		Rule{Action: drop}, Rule{Match: Match{Operation: "Get?"}, Action: drop})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"PutObjekt", "Get?"}, s.Strange([]string{"GetObject", "PutObject"})); diff != "" {
		t.Error(diff)
	}
}

func TestParse(t *testing.T) {
	s, err := Parse(strings.NewReader(`{"rules": [
		{"name": "slow afternoon", "match": {"operation": "PutObject", "every": 10}, "action": {"kind": "slow", "delay": "1.5s"}},
		{"match": {"path": "/media/*", "chance": 0.05, "seed": 3}, "action": {"kind": "refuse", "status": 503, "code": "SlowDown", "header": {"Retry-After": "1"}}}
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	slow, refuse := s.rules[0].Action, s.rules[1].Action
	if time.Duration(slow.Delay) != 1500*time.Millisecond || refuse.Code != "SlowDown" {
		t.Errorf("read %+v, %+v", slow, refuse)
	}
	for _, bad := range []string{
		`{"rules": [{"match": {"methode": "PUT"}, "action": {"kind": "drop"}}]}`,
		`{"rules": [{"action": {"kind": "drop", "applied": true}}]} {}`,
		`{"rules": [{"action": {"kind": "explode"}}]}`,
		`{"rules": [{"action": {"kind": "slow", "delay": "soon"}}]}`,
		`[]`, ``,
	} {
		if _, err := Parse(strings.NewReader(bad)); err == nil {
			t.Errorf("no error for %s", bad)
		}
	}
}
