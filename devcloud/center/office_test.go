package center

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	ccc "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/ccc/v20200210"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tcerr "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"

	"cdrvault/devcloud/calls"
)

const app = "1400000000"

// noon is the moment at which the tests' calls begin.
var noon = time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC)

// clock stands until it is moved.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// office is a center behind a real server, a day after noon, and the official client's way to it.
type office struct {
	*Center
	clock  *clock
	server *httptest.Server
}

func open(t *testing.T, o Options) *office {
	t.Helper()
	of := &office{clock: &clock{t: noon.Add(24 * time.Hour)}}
	o.Now = of.clock.now
	o.Apps = append(o.Apps, app)
	if o.Credentials == nil {
		o.Credentials = func(id string) (string, string, bool) { return "key-of-test", "token-of-test", id == "id-of-test" }
	}
	of.Center = New(o)
	of.server = httptest.NewServer(of.Center)
	t.Cleanup(of.server.Close)
	return of
}

func (of *office) client(t *testing.T, id, key, token string, set ...func(*profile.ClientProfile)) *ccc.Client {
	t.Helper()
	p := profile.NewClientProfile()
	p.HttpProfile.Scheme, p.HttpProfile.Endpoint = "HTTP", strings.TrimPrefix(of.server.URL, "http://")
	p.DisableRegionBreaker = true
	for _, s := range set {
		s(p)
	}
	c, err := ccc.NewClient(common.NewTokenCredential(id, key, token), "ap-guangzhou", p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// page is the answer with its records as they came.
type page struct {
	*tchttp.BaseResponse
	Response *struct {
		TotalCount int
		TelCdrList []json.RawMessage
		TelCdrs    []json.RawMessage
		RequestId  string
	}
}

// asked is a request for everything from an hour before noon to a day after it.
func asked() *ccc.DescribeTelCdrRequest {
	r := ccc.NewDescribeTelCdrRequest()
	n, _ := strconv.ParseInt(app, 10, 64)
	r.SdkAppId = &n
	r.StartTimeStamp = common.Int64Ptr(noon.Add(-time.Hour).Unix())
	r.EndTimeStamp = common.Int64Ptr(noon.Add(24 * time.Hour).Unix())
	r.PageSize, r.PageNumber = common.Int64Ptr(100), common.Int64Ptr(0)
	return r
}

// send asks the center and gives the answer, or the code of its error.
func (of *office) send(t *testing.T, c *ccc.Client, r *ccc.DescribeTelCdrRequest) (page, string) {
	t.Helper()
	p := page{BaseResponse: &tchttp.BaseResponse{}}
	err := c.Send(r, &p)
	var e *tcerr.TencentCloudSDKError
	switch {
	case errors.As(err, &e):
		return p, e.GetCode()
	case err != nil:
		t.Fatal(err)
	}
	return p, ""
}

// list asks with the right credentials, and fails the test where that is refused.
func (of *office) list(t *testing.T, r *ccc.DescribeTelCdrRequest) page {
	t.Helper()
	p, code := of.send(t, of.client(t, "id-of-test", "key-of-test", "token-of-test"), r)
	if code != "" {
		t.Fatalf("refused with %s", code)
	}
	return p
}

// told is what the tests read of a record.
type told struct {
	SessionId, RecordURL, AsrUrl, AsrStatus, Remark string
	Time                                            int64
}

func (p page) records(t *testing.T) []told {
	t.Helper()
	var list []told
	for _, raw := range p.Response.TelCdrList {
		var r told
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

func (p page) sessions(t *testing.T) []string {
	t.Helper()
	var ids []string
	for _, r := range p.records(t) {
		ids = append(ids, r.SessionId)
	}
	return ids
}

// minute adds n calls, one each minute from noon on, named s-000, s-001 …
func (of *office) minute(n int) {
	for i := range n {
		at := noon.Add(time.Duration(i) * time.Minute)
		c := calls.Answered(app, fmt.Sprintf("s-%03d", i), at, 30*time.Second)
		c.Customer = fmt.Sprintf("0086100%08d", i)
		of.Add(c)
	}
}
