package cccsource

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
)

func TestCalls_PagesSideBySide(t *testing.T) {
	for _, n := range []int{0, 1, 99, 100, 101, 250, 1000, 1234} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			c := serve(t, lists(calls(0, n)))
			got, l, err := collect(t, c.source(t))
			if err != nil {
				t.Fatal(err)
			}
			want := archive.Listing{Total: n, Listed: n, Agreed: true, Reads: 1}
			if diff := cmp.Diff(want, l); diff != "" {
				t.Error(diff)
			}
			if len(got) != n {
				t.Errorf("got %d calls, want %d", len(got), n)
			}
			if got, want := len(c.requests()), max(1, (n+99)/100); got != want {
				t.Errorf("asked for %d pages, want %d", got, want)
			}
		})
	}
}

func TestCalls_AsksOneSecondMoreOnTheLeft(t *testing.T) {
	c := serve(t, lists(calls(0, 150)))
	if _, _, err := collect(t, c.source(t)); err != nil {
		t.Fatal(err)
	}
	got := c.requests()
	slices.SortFunc(got, func(a, b asked) int { return int(a.PageNumber - b.PageNumber) })
	first := asked{SdkAppId: 1400000000, StartTimeStamp: hour.Start.Unix() - 1, EndTimeStamp: hour.End.Unix(), PageSize: 100}
	second := first
	second.PageNumber = 1
	if diff := cmp.Diff([]asked{first, second}, got); diff != "" {
		t.Error(diff)
	}
}

func TestCalls_KeepsRecordsByteForByte(t *testing.T) {
	record := `{"SessionId":"s", "Uui":"a","UUI":"b","Big":9007199254740993,"D":1.0E+2,"U":"\u4e2d\/<&>","Long":"` + strings.Repeat("x", 20<<10) + `"}`
	c := serve(t, always(200, `{"Response":{"TotalCount":1,"TelCdrList":[`+record+`],"RequestId":"r"}}`))
	var got []string
	_, err := c.source(t).Calls(t.Context(), app, hour, func(page []json.RawMessage) error {
		for _, r := range page {
			got = append(got, string(r))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{record}, got); diff != "" {
		t.Error(diff)
	}
}

func TestCalls_ReadsOneOfTheTwoLists(t *testing.T) {
	a, b := calls(0, 2), calls(2, 4)
	for _, test := range []struct {
		name string
		body string
		want []string
	}{
		{"both", answerOf(2, a, b), []string{"call-00000", "call-00001"}},
		{"deprecated null", answerOf(2, a, nil), []string{"call-00000", "call-00001"}},
		{"new one null", answerOf(2, nil, b), []string{"call-00002", "call-00003"}},
		{"new one empty", answerOf(2, calls(0, 0), b), []string{"call-00002", "call-00003"}},
		{"new one absent", `{"Response":{"TotalCount":1,"TelCdrs":[{"SessionId":"x"}]}}`, []string{"x"}},
		{"none", `{"Response":{"TotalCount":0}}`, nil},
		{"both null", answerOf(0, nil, nil), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, l, err := collect(t, serve(t, always(200, test.body)).source(t))
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for id, n := range got {
				ids = append(ids, id)
				if n != 1 {
					t.Errorf("%s came %d times", id, n)
				}
			}
			slices.Sort(ids)
			if diff := cmp.Diff(test.want, ids); diff != "" {
				t.Error(diff)
			}
			if !l.Agreed {
				t.Errorf("not agreed: %+v", l)
			}
		})
	}
}

func TestCalls_EndsWithTheErrorOfYield(t *testing.T) {
	c := serve(t, lists(calls(0, 2000)))
	full, yields := errors.New("full"), 0
	_, err := c.source(t).Calls(t.Context(), app, hour, func([]json.RawMessage) error {
		if yields++; yields == 3 {
			return full
		}
		return nil
	})
	if err != full || yields != 3 {
		t.Errorf("got %v after %d yields, want %v after 3", err, yields, full)
	}
}

func TestCalls_TurnsAPanicIntoAnError(t *testing.T) {
	c := serve(t, lists(calls(0, 300)))
	yields := 0
	_, err := c.source(t).Calls(t.Context(), app, hour, func([]json.RawMessage) error {
		if yields++; yields == 2 {
			panic("13800000000")
		}
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "panicked") || strings.Contains(err.Error(), "138") {
		t.Errorf("got %v", err)
	}
}

func TestCount_AsksForNothingElse(t *testing.T) {
	c := serve(t, lists(calls(0, 321)))
	got, err := c.source(t).Count(t.Context(), app, hour)
	if err != nil || got != 321 {
		t.Errorf("got %d, %v", got, err)
	}
	want := []asked{{SdkAppId: 1400000000, StartTimeStamp: hour.Start.Unix(), EndTimeStamp: hour.End.Unix() - 1, PageSize: 1}}
	if diff := cmp.Diff(want, c.requests()); diff != "" {
		t.Error(diff)
	}
}

func TestSessions_AsksInBatches(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ int, a asked) {
		var list []json.RawMessage
		for _, id := range a.SessionIds {
			list = append(list, json.RawMessage(`{"SessionId":"`+id+`"}`))
		}
		fmt.Fprint(w, answerOf(len(list), pageOf(list, a), nil))
	})
	var ids []string
	for _, r := range calls(0, 120) {
		ids = append(ids, id(r))
	}
	got, err := c.source(t).Sessions(t.Context(), app, hour, ids)
	if err != nil {
		t.Fatal(err)
	}
	var fresh []string
	for _, r := range got {
		fresh = append(fresh, id(r))
	}
	if diff := cmp.Diff(ids, fresh); diff != "" {
		t.Error(diff)
	}
	var sizes []int
	for _, a := range c.requests() {
		sizes = append(sizes, len(a.SessionIds))
	}
	if diff := cmp.Diff([]int{50, 50, 20}, sizes); diff != "" {
		t.Error(diff)
	}
}

func TestSessions_AsksNothingWithoutIDs(t *testing.T) {
	c := serve(t, lists(calls(0, 5)))
	got, err := c.source(t).Sessions(t.Context(), app, hour, nil)
	if err != nil || len(got) != 0 || len(c.requests()) != 0 {
		t.Errorf("got %d calls after %d requests, %v", len(got), len(c.requests()), err)
	}
}

func TestNew_ChecksTheEndpoint(t *testing.T) {
	for _, test := range []struct{ endpoint, scheme, host string }{
		{"", "HTTPS", "ccc.tencentcloudapi.com"},
		{"ccc.intl.tencentcloudapi.com", "HTTPS", "ccc.intl.tencentcloudapi.com"},
		{"127.0.0.1:8080", "HTTPS", "127.0.0.1:8080"},
		{"http://[::1]:8080/", "HTTP", "[::1]:8080"},
		{"https://h", "HTTPS", "h"},
		{"ftp://h", "", ""},
		{"http://h/path", "", ""},
		{"http://user@h", "", ""},
		{"http://", "", ""},
		{"h:port", "", ""},
	} {
		scheme, host, err := splitEndpoint(test.endpoint)
		if scheme != test.scheme || host != test.host || (err == nil) != (test.host != "") {
			t.Errorf("%q: got %s %s %v", test.endpoint, scheme, host, err)
		}
	}
}

func TestSource_RefusesAnApplicationThatIsNoNumber(t *testing.T) {
	c := serve(t, lists(nil))
	if _, err := c.source(t).Count(t.Context(), "app", hour); err == nil || len(c.requests()) != 0 {
		t.Errorf("got %v after %d requests", err, len(c.requests()))
	}
}
