package center

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cdrvault/devcloud/tc3"

	"github.com/google/go-cmp/cmp"
	ccc "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/ccc/v20200210"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
)

func TestDescribe_LimitsOfTheDocument(t *testing.T) {
	const invalid = "InvalidParameterValue"
	of := open(t, Options{})
	now := of.clock.now()
	at := func(d time.Duration) *int64 { return common.Int64Ptr(now.Add(d).Unix()) }
	const day = 24 * time.Hour
	for _, tc := range []struct {
		name string
		set  func(*ccc.DescribeTelCdrRequest)
		want string
	}{
		{"page of 1", func(r *ccc.DescribeTelCdrRequest) { r.PageSize = common.Int64Ptr(1) }, ""},
		{"page of 0", func(r *ccc.DescribeTelCdrRequest) { r.PageSize = common.Int64Ptr(0) }, invalid},
		{"page of 101", func(r *ccc.DescribeTelCdrRequest) { r.PageSize = common.Int64Ptr(101) }, invalid},
		{"page -1", func(r *ccc.DescribeTelCdrRequest) { r.PageNumber = common.Int64Ptr(-1) }, invalid},
		{"no page size", func(r *ccc.DescribeTelCdrRequest) { r.PageSize = nil }, "MissingParameter"},
		{"no page number", func(r *ccc.DescribeTelCdrRequest) { r.PageNumber = nil }, "MissingParameter"},
		{"no app", func(r *ccc.DescribeTelCdrRequest) { r.SdkAppId = nil }, "MissingParameter"},
		{"no start", func(r *ccc.DescribeTelCdrRequest) { r.StartTimeStamp = nil }, "MissingParameter"},
		{"unknown app", func(r *ccc.DescribeTelCdrRequest) {
			r.SdkAppId = common.Int64Ptr(1400009999)
		}, "InvalidParameterValue.InstanceNotExist"},
		{"180 days back", func(r *ccc.DescribeTelCdrRequest) {
			r.StartTimeStamp, r.EndTimeStamp = at(-180*day), at(-100*day)
		}, ""},
		{"180 days and a second back", func(r *ccc.DescribeTelCdrRequest) {
			r.StartTimeStamp, r.EndTimeStamp = at(-180*day-time.Second), at(-100*day)
		}, invalid},
		{"89 days long", func(r *ccc.DescribeTelCdrRequest) { r.StartTimeStamp, r.EndTimeStamp = at(-89*day), at(0) }, ""},
		{"90 days long", func(r *ccc.DescribeTelCdrRequest) { r.StartTimeStamp, r.EndTimeStamp = at(-90*day), at(0) }, invalid},
		{"end before start", func(r *ccc.DescribeTelCdrRequest) {
			r.StartTimeStamp, r.EndTimeStamp = at(0), at(-time.Second)
		}, invalid},
		{"end at start", func(r *ccc.DescribeTelCdrRequest) { r.EndTimeStamp = r.StartTimeStamp }, ""},
		{"the far future", func(r *ccc.DescribeTelCdrRequest) { r.EndTimeStamp = common.Int64Ptr(1<<63 - 1) }, invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := asked()
			tc.set(r)
			_, got := of.send(t, of.client(t, "id-of-test", "key-of-test", "token-of-test"), r)
			if got != tc.want {
				t.Errorf("got code %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAuthenticate_Refuses(t *testing.T) {
	wall := time.Now()
	of := open(t, Options{Wall: func() time.Time { return wall }})
	for _, tc := range []struct {
		name           string
		id, key, token string
		skew           time.Duration
		want           string
	}{
		{name: "nothing", id: "id-of-test", key: "key-of-test", token: "token-of-test", want: ""},
		{name: "another id", id: "id-of-else", key: "key-of-test", token: "token-of-test", want: "AuthFailure.SecretIdNotFound"},
		{name: "another key", id: "id-of-test", key: "key-of-else", token: "token-of-test", want: "AuthFailure.SignatureFailure"},
		{name: "another token", id: "id-of-test", key: "key-of-test", token: "token-of-else", want: "AuthFailure.TokenFailure"},
		{name: "no token", id: "id-of-test", key: "key-of-test", want: "AuthFailure.TokenFailure"},
		{
			name: "a clock that is six minutes slow", id: "id-of-test", key: "key-of-test", token: "token-of-test",
			skew: 6 * time.Minute, want: "AuthFailure.SignatureExpire",
		},
		{
			name: "a clock that is six minutes fast", id: "id-of-test", key: "key-of-test", token: "token-of-test",
			skew: -6 * time.Minute, want: "AuthFailure.SignatureExpire",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			wall = time.Now().Add(tc.skew)
			_, got := of.send(t, of.client(t, tc.id, tc.key, tc.token), asked())
			if got != tc.want {
				t.Errorf("got code %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAuthenticate_CredentialsMayChange(t *testing.T) {
	current := "first"
	of := open(t, Options{Credentials: func(id string) (string, string, bool) {
		return "key-" + current, "token-" + current, id == "id-"+current
	}})
	for _, who := range []string{"first", "second"} {
		current = who
		if _, code := of.send(t, of.client(t, "id-"+who, "key-"+who, "token-"+who), asked()); code != "" {
			t.Errorf("%s credential: refused with %s", who, code)
		}
	}
	if _, code := of.send(t, of.client(t, "id-first", "key-first", "token-first"), asked()); code == "" {
		t.Error("the first credential still opens after it was replaced")
	}
}

// TestAuthenticate_SignsEveryByte changes a request after it was signed.
func TestAuthenticate_SignsEveryByte(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"host":         func(r *http.Request) { r.Host = "elsewhere.example.com" },
		"content type": func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		"query":        func(r *http.Request) { r.URL.RawQuery = "PageSize=1" },
		"timestamp":    func(r *http.Request) { r.Header.Set("X-TC-Timestamp", "1") },
		"scheme": func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "content-type;host", "host", 1))
		},
	} {
		of := open(t, Options{})
		c := of.client(t, "id-of-test", "key-of-test", "token-of-test")
		c.WithHttpTransport(changing(change))
		if _, code := of.send(t, c, asked()); !strings.HasPrefix(code, "AuthFailure.") {
			t.Errorf("changed %s: got code %q, want an AuthFailure", name, code)
		}
	}
}

// changing is a transport that changes requests.
type changing func(*http.Request)

func (c changing) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	c(r)
	return http.DefaultTransport.RoundTrip(r)
}

func TestDescribe_TakesGetAsWell(t *testing.T) {
	of := open(t, Options{})
	of.minute(5)
	c := of.client(t, "id-of-test", "key-of-test", "token-of-test", func(p *profile.ClientProfile) {
		p.HttpProfile.ReqMethod = http.MethodGet
	})
	r := asked()
	r.SessionIds = common.StringPtrs([]string{"s-003", "s-001"})
	p, code := of.send(t, c, r)
	if code != "" {
		t.Fatalf("refused with %s", code)
	}
	if diff := cmp.Diff(p.sessions(t), []string{"s-001", "s-003"}); diff != "" {
		t.Error(diff)
	}
}

func TestDescribe_CommonParameters(t *testing.T) {
	of := open(t, Options{})
	for name, tc := range map[string]struct {
		change func(*http.Request)
		want   string
	}{
		"no action":      {func(r *http.Request) { r.Header.Del("X-TC-Action") }, "MissingParameter"},
		"another action": {func(r *http.Request) { r.Header.Set("X-TC-Action", "DescribeIMCdrs") }, "InvalidAction"},
		"old version":    {func(r *http.Request) { r.Header.Set("X-TC-Version", "2017-03-12") }, "NoSuchVersion"},
		"no version":     {func(r *http.Request) { r.Header.Del("X-TC-Version") }, "InvalidParameter"},
		"odd region":     {func(r *http.Request) { r.Header.Set("X-TC-Region", "Moon") }, "UnsupportedRegion"},
		"no region":      {func(r *http.Request) { r.Header.Del("X-TC-Region") }, ""},
		"put":            {func(r *http.Request) { r.Method = http.MethodPut }, "UnsupportedProtocol"},
		"no authorization": {
			func(r *http.Request) { r.Header.Del("Authorization") }, "AuthFailure.InvalidAuthorization",
		},
	} {
		c := of.client(t, "id-of-test", "key-of-test", "token-of-test")
		c.WithHttpTransport(changing(tc.change))
		if _, got := of.send(t, c, asked()); got != tc.want {
			t.Errorf("%s: got code %q, want %q", name, got, tc.want)
		}
	}
}

func TestParseQuery_OddParameters(t *testing.T) {
	const right = `{"SdkAppId":1,"StartTimeStamp":1,"EndTimeStamp":1,"PageSize":1,"PageNumber":0`
	for body, want := range map[string]string{
		right + `}`:                         "",
		right + `,"Phones":null}`:           "",
		right + `,"Colour":"red"}`:          "UnknownParameter",
		right + `,"pagesize":1}`:            "UnknownParameter",
		right + `,"Phones":"0086"}`:         "InvalidParameter",
		right + `,"SessionIds":[1]}`:        "InvalidParameter",
		`{"SdkAppId":"1400000000"}`:         "InvalidParameter",
		`{"SdkAppId":1.5}`:                  "InvalidParameter",
		`{"SdkAppId":99999999999999999999}`: "InvalidParameter",
		`[]`:                                "InvalidParameter",
		``:                                  "InvalidParameter",
		`{"Sdk`:                             "InvalidParameter",
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		_, err := parseQuery(r, []byte(body), time.Unix(100, 0))
		got := ""
		if e, ok := err.(*tc3.Error); ok {
			got = e.Code
		}
		if got != want {
			t.Errorf("%s: got code %q, want %q", body, got, want)
		}
	}
}

func TestLimit_IsOneOfAnySecond(t *testing.T) {
	var wall clock
	wall.t = time.Now()
	of := open(t, Options{RateLimit: 3, Wall: wall.now})
	c := of.client(t, "id-of-test", "key-of-test", "token-of-test")
	var got []string
	for _, wait := range []time.Duration{0, 0, 600, 0, 300, 99, 1, 0, 0, 599, 1, 0} {
		wall.move(wait * time.Millisecond)
		_, code := of.send(t, c, asked())
		got = append(got, code)
	}
	const no = "RequestLimitExceeded"
	// at 0, 0, 600, 600!, 900!, 999!, 1000, 1000, 1000!, 1599!, 1600, 1600!
	want := []string{"", "", "", no, no, no, "", "", no, no, "", no}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
	if n := of.Stats().Refused[no]; n != 6 {
		t.Errorf("counted %d refusals, want 6", n)
	}
}

func TestPause_WaitsUntilTheClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		begin := time.Now()
		if !pause(r, 20*time.Second) || time.Since(begin) != 20*time.Second {
			t.Errorf("waited %s, want 20s", time.Since(begin))
		}
		if pause(r, time.Hour) || time.Since(begin) != time.Minute {
			t.Errorf("the client left after 1m0s, the pause ended after %s", time.Since(begin))
		}
	})
}
