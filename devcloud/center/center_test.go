package center

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	ccc "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/ccc/v20200210"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"

	"cdrvault/devcloud/calls"
)

func TestDescribe_PagesSumToTheTotal(t *testing.T) {
	of := open(t, Options{})
	of.Add(calls.World{App: app, Seed: 1, PerDay: 537}.Day(noon)...)
	of.clock.move(24 * time.Hour)
	r := asked()
	r.StartTimeStamp = common.Int64Ptr(noon.Add(-12 * time.Hour).Unix())
	seen := map[string]bool{}
	last := int64(0)
	for n := range 7 {
		r.PageNumber = common.Int64Ptr(int64(n))
		p := of.list(t, r)
		if p.Response.TotalCount != 537 || p.Response.RequestId == "" {
			t.Errorf("page %d: TotalCount %d, RequestId %q", n, p.Response.TotalCount, p.Response.RequestId)
		}
		if want := []int{100, 100, 100, 100, 100, 37, 0}[n]; len(p.Response.TelCdrList) != want {
			t.Errorf("page %d has %d records, want %d", n, len(p.Response.TelCdrList), want)
		}
		for _, rec := range p.records(t) {
			if rec.Time < last {
				t.Errorf("session %s is out of order", rec.SessionId)
			}
			last = rec.Time
			seen[rec.SessionId] = true
		}
	}
	if len(seen) != 537 {
		t.Errorf("%d sessions on all pages, want 537", len(seen))
	}
}

func TestDescribe_Filters(t *testing.T) {
	of := open(t, Options{})
	of.minute(10)
	for _, tc := range []struct {
		name string
		set  func(*ccc.DescribeTelCdrRequest)
		want []string
	}{
		{"session ids", func(r *ccc.DescribeTelCdrRequest) {
			r.SessionIds = common.StringPtrs([]string{"s-007", "s-002", "s-999"})
		}, []string{"s-002", "s-007"}},
		{"phones", func(r *ccc.DescribeTelCdrRequest) {
			r.Phones = common.StringPtrs([]string{"008610000000003"})
		}, []string{"s-003"}},
		{"both", func(r *ccc.DescribeTelCdrRequest) {
			r.Phones, r.SessionIds = common.StringPtrs([]string{"008610000000003"}), common.StringPtrs([]string{"s-004"})
		}, nil},
		{"page behind the last", func(r *ccc.DescribeTelCdrRequest) { r.PageNumber = common.Int64Ptr(1 << 40) }, nil},
		{"second page of four", func(r *ccc.DescribeTelCdrRequest) {
			r.PageNumber, r.PageSize = common.Int64Ptr(1), common.Int64Ptr(4)
		}, []string{"s-004", "s-005", "s-006", "s-007"}},
		{"dead parameters", func(r *ccc.DescribeTelCdrRequest) {
			r.Limit, r.Offset, r.PageSize = common.Int64Ptr(1), common.Int64Ptr(5), common.Int64Ptr(2)
		}, []string{"s-000", "s-001"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := asked()
			tc.set(r)
			if diff := cmp.Diff(of.list(t, r).sessions(t), tc.want); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDescribe_ReadsARangeAsItWasTold(t *testing.T) {
	for reading, want := range map[Range][]string{
		Closed:   {"s-002", "s-003", "s-004"},
		HalfOpen: {"s-002", "s-003"},
		Open:     {"s-003"},
	} {
		of := open(t, Options{Range: reading})
		of.minute(7)
		r := asked()
		r.StartTimeStamp = common.Int64Ptr(noon.Add(2 * time.Minute).Unix())
		r.EndTimeStamp = common.Int64Ptr(noon.Add(4 * time.Minute).Unix())
		if diff := cmp.Diff(of.list(t, r).sessions(t), want); diff != "" {
			t.Errorf("reading %d: %s", reading, diff)
		}
	}
}

func TestDescribe_ListNamesAndOrder(t *testing.T) {
	for lists, want := range map[Lists][2]int{TelCdrList: {3, 0}, TelCdrs: {0, 3}, Both: {3, 3}} {
		of := open(t, Options{Lists: lists})
		of.minute(3)
		got := of.list(t, asked()).Response
		if len(got.TelCdrList) != want[0] || len(got.TelCdrs) != want[1] {
			t.Errorf("lists %d: %d in TelCdrList, %d in TelCdrs, want %v", lists, len(got.TelCdrList), len(got.TelCdrs), want)
		}
	}
	of := open(t, Options{NewestFirst: true})
	of.minute(3)
	if diff := cmp.Diff(of.list(t, asked()).sessions(t), []string{"s-002", "s-001", "s-000"}); diff != "" {
		t.Error(diff)
	}
}

func TestDescribe_ListsACallFromItsMomentOn(t *testing.T) {
	of := open(t, Options{})
	of.minute(1)
	late := calls.Answered(app, "late", noon.Add(time.Minute), time.Minute)
	late.Listed = of.clock.now().Add(2 * time.Hour)
	late.AsrAt = late.Listed.Add(time.Hour)
	of.Add(late)
	if diff := cmp.Diff(of.list(t, asked()).sessions(t), []string{"s-000"}); diff != "" {
		t.Error(diff)
	}
	if n := len(of.Calls(app)); n != 1 {
		t.Errorf("Calls hands out %d calls before the late one is listed, want 1", n)
	}
	of.clock.move(2 * time.Hour)
	if got := of.list(t, asked()).records(t); len(got) != 2 || got[1].AsrStatus != "Processing" {
		t.Errorf("after two hours: %v", got)
	}
	of.clock.move(time.Hour)
	if got := of.list(t, asked()).records(t); len(got) != 2 || got[1].AsrStatus != "Complete" {
		t.Errorf("after three hours: %v", got)
	}
}

func TestCenter_ByHand(t *testing.T) {
	of := open(t, Options{})
	of.minute(3)
	if !of.Withdraw("s-001") || of.Withdraw("none") {
		t.Error("Withdraw does not tell whether there is such a session")
	}
	edited := of.Edit("s-000", func(c *calls.Call) {
		c.Time = c.Time.Add(10 * time.Minute)
		c.Set = map[string]any{"Remark": "by hand"}
	})
	if !edited || of.Edit("none", func(*calls.Call) {}) {
		t.Error("Edit does not tell whether there is such a session")
	}
	got := of.list(t, asked()).records(t)
	if len(got) != 2 || got[0].SessionId != "s-002" || got[1].SessionId != "s-000" || got[1].Remark != "by hand" {
		t.Errorf("after Withdraw and Edit: %v", got)
	}
}

func TestCenter_IsSafeForConcurrentUse(t *testing.T) {
	of := open(t, Options{Checksums: true})
	of.minute(3)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			of.Add(calls.Answered(app, fmt.Sprintf("x-%d", i), noon, time.Minute))
			of.Edit("s-001", func(c *calls.Call) { c.Audio.Bitrate = 16 })
			for _, r := range of.list(t, asked()).records(t) {
				of.get(t, http.MethodGet, r.RecordURL, nil)
			}
			of.ExpireLinks()
			of.Calls(app)
			of.Stats()
		})
	}
	wg.Wait()
}

func TestCenter_Counts(t *testing.T) {
	of := open(t, Options{})
	of.minute(1)
	rec := of.list(t, asked()).records(t)[0]
	bad := asked()
	bad.PageSize = common.Int64Ptr(101)
	of.send(t, of.client(t, "id-of-test", "key-of-test", "token-of-test"), bad)
	of.get(t, http.MethodGet, rec.RecordURL, nil)
	of.get(t, http.MethodHead, rec.RecordURL, nil)
	of.get(t, http.MethodGet, rec.AsrUrl, nil)
	of.get(t, http.MethodGet, of.server.URL+"/nowhere", nil)
	media := of.Calls(app)[0].Media()
	want := Stats{
		Requests: map[string]int{
			"DescribeTelCdr": 2, "GetRecording": 1, "HeadRecording": 1, "GetTranscript": 1, "Unknown": 1,
		},
		Refused: map[string]int{"InvalidParameterValue": 1},
		Files:   map[string]int{media[0].Name: 1, media[1].Name: 1},
	}
	if diff := cmp.Diff(of.Stats(), want); diff != "" {
		t.Error(diff)
	}
	of.Reset()
	if got := of.Stats(); len(got.Requests)+len(got.Refused)+len(got.Files) != 0 {
		t.Errorf("after Reset: %v", got)
	}
}
