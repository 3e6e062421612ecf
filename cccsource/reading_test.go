package cccsource

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"cdrvault/archive"
)

// The listing changes while it is read; later readings find it at rest.
func TestCalls_ReadsAgainAfterDrift(t *testing.T) {
	for _, test := range []struct {
		name   string
		before []json.RawMessage // what the first request sees
		after  []json.RawMessage
		reads  int
	}{
		{"calls appended", calls(10, 260), calls(10, 310), 2},
		{"calls appended into the last page", calls(10, 260), calls(10, 270), 2},
		{"a call put in front shifts the pages", calls(1, 250), calls(0, 250), 2},
		{"a call taken from the front shifts the pages", calls(0, 250), calls(1, 250), 2},
		{"nothing", calls(0, 250), calls(0, 250), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := serve(t, after(1, lists(test.before), lists(test.after)))
			got, l, err := collect(t, c.source(t))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range test.after {
				if got[id(r)] == 0 {
					t.Errorf("%s was not listed", id(r))
				}
			}
			if !l.Agreed || l.Reads != test.reads || l.Total != len(test.after) || l.Listed != len(got) {
				t.Errorf("got %+v for %d calls", l, len(got))
			}
		})
	}
}

func id(r json.RawMessage) string {
	var call struct{ SessionId string }
	_ = json.Unmarshal(r, &call)
	return call.SessionId
}

// The API shifts a call from page to page without a change of its count.
// An API that lists a call twice at every reading hides nothing: its listing is whole.
func TestCalls_BelievesAListingThatRepeatsItself(t *testing.T) {
	c := serve(t, lists(slices.Concat(calls(0, 3), calls(2, 4))))
	got, l, err := collect(t, c.source(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := (archive.Listing{Total: 5, Listed: 4, Agreed: true, Reads: 2, Repeated: 1}); l != want || len(got) != 4 {
		t.Errorf("got %+v with %d calls, want %+v", l, len(got), want)
	}
}

func TestCalls_ReadsAgainWhereACallIsListedTwice(t *testing.T) {
	shifted := slices.Concat(calls(0, 100), calls(99, 149))
	c := serve(t, after(3, lists(shifted), lists(calls(0, 150))))
	got, l, err := collect(t, c.source(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := (archive.Listing{Total: 150, Listed: 150, Agreed: true, Reads: 2}); l != want || len(got) != 150 {
		t.Errorf("got %+v with %d calls, want %+v", l, len(got), want)
	}
}

// An API that lies comes to an end, with everything that it showed, and is not called agreed.
func TestCalls_EndsWhereTheAPILies(t *testing.T) {
	list := calls(0, 250)
	always := func(total int) func(http.ResponseWriter, int, asked) {
		return func(w http.ResponseWriter, _ int, a asked) { fmt.Fprint(w, answerOf(total, pageOf(list, a), nil)) }
	}
	for _, test := range []struct {
		name   string
		answer func(http.ResponseWriter, int, asked)
		listed int
	}{
		{"count too large", always(1 << 40), 250},
		{"count a little too large", always(251), 250},
		{"count too small", always(3), 250},
		{"count of nothing", always(0), 250},
		{"page 0 for every page", func(w http.ResponseWriter, _ int, _ asked) {
			fmt.Fprint(w, answerOf(1<<40, list[:100], nil))
		}, 100},
		{"count that grows for ever", func(w http.ResponseWriter, n int, a asked) {
			fmt.Fprint(w, answerOf(1000*n, pageOf(list, a), nil))
		}, 250},
		{"announced, not listed", func(w http.ResponseWriter, _ int, _ asked) { fmt.Fprint(w, answerOf(7, nil, nil)) }, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := serve(t, test.answer)
			got, l, err := collect(t, c.source(t))
			if err != nil {
				t.Fatal(err)
			}
			if l.Agreed || l.Reads != maxReads || len(got) != test.listed {
				t.Errorf("got %+v and %d calls, want %d in %d readings, not agreed", l, len(got), test.listed, maxReads)
			}
			if n := len(c.requests()); n > 60 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// A server may hold pages smaller than asked for: its calls are there nevertheless.
func TestCalls_FollowsShortPages(t *testing.T) {
	list := calls(0, 250)
	c := serve(t, func(w http.ResponseWriter, _ int, a asked) {
		a.PageSize = 50
		fmt.Fprint(w, answerOf(len(list), pageOf(list, a), nil))
	})
	got, l, err := collect(t, c.source(t))
	if err != nil || len(got) != 250 || !l.Agreed || l.Reads != 1 {
		t.Errorf("got %d calls, %+v, %v", len(got), l, err)
	}
}
