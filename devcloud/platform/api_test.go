package platform

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tcerr "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	scf "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/scf/v20180416"

	"cdrvault/devcloud/fault"
)

// desk is a fleet of the echo function behind its API, and the official client's way to it.
type desk struct {
	*Fleet
	server *httptest.Server
}

func openDesk(t *testing.T, o FleetOptions) desk {
	t.Helper()
	o.Function.Name = "archiver"
	o.Credentials = func(id string) (string, string, bool) { return "key-of-test", "token-of-test", id == "id-of-test" }
	f := openEcho(t, o)
	if o.Faults == nil {
		o.Faults = &fault.Script{}
	}
	s := httptest.NewServer(o.Faults.Wrap(f, fault.Wire{Operation: RequestOperation, Refuse: RefuseRequest}))
	t.Cleanup(s.Close)
	return desk{f, s}
}

func (d desk) client(t *testing.T, token string) *scf.Client {
	t.Helper()
	p := profile.NewClientProfile()
	p.HttpProfile.Scheme, p.HttpProfile.Endpoint = "HTTP", strings.TrimPrefix(d.server.URL, "http://")
	p.DisableRegionBreaker = true
	c, err := scf.NewClient(common.NewTokenCredential("id-of-test", "key-of-test", token), "ap-guangzhou", p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// invoke sends a request and gives its result, or the code of the API's error.
func (d desk) invoke(t *testing.T, set func(*scf.InvokeRequest)) (*scf.Result, string) {
	t.Helper()
	r := scf.NewInvokeRequest()
	r.FunctionName = common.StringPtr("archiver")
	set(r)
	answer, err := d.client(t, "token-of-test").InvokeWithContext(t.Context(), r)
	if err != nil {
		return nil, codeOf(t, err)
	}
	if id := *answer.Response.RequestId; id == "" || id == *answer.Response.Result.FunctionRequestId {
		t.Errorf("request id %q", id)
	}
	return answer.Response.Result, ""
}

func codeOf(t *testing.T, err error) string {
	t.Helper()
	sdk, ok := err.(*tcerr.TencentCloudSDKError)
	if !ok {
		t.Fatalf("no error of the API: %v", err)
	}
	return sdk.Code
}

func TestAPI_Event(t *testing.T) {
	d := openDesk(t, FleetOptions{})
	result, code := d.invoke(t, func(r *scf.InvokeRequest) {
		r.InvocationType, r.ClientContext = common.StringPtr("Event"), common.StringPtr(`{"Do":"pid"}`)
		r.Qualifier, r.Namespace, r.RoutingKey = common.StringPtr("$LATEST"), common.StringPtr("default"), common.StringPtr(`{"k":"v"}`)
	})
	if code != "" {
		t.Fatal(code)
	}
	empty := scf.Result{Log: new(string), RetMsg: new(string), ErrMsg: new(string), MemUsage: new(int64), Duration: new(float64),
		BillDuration: new(int64), FunctionRequestId: result.FunctionRequestId, InvokeResult: new(int64)}
	if diff := cmp.Diff(*result, empty); diff != "" {
		t.Errorf("result (-got +want):\n%s", diff)
	}
	if err := d.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.Stats().Deliveries[0]; got.RequestID != *result.FunctionRequestId || got.Outcome != Done || got.Event != `{"Do":"pid"}` {
		t.Errorf("%+v", got)
	}
}

func TestAPI_RequestResponse(t *testing.T) {
	d := openDesk(t, FleetOptions{Options: Options{Environment: func() map[string]string { return map[string]string{"COS_PREFIX": "lake"} }}})
	for event, want := range map[string]string{
		`{"Do":"env","Name":"COS_PREFIX"}`: `["lake","lake"]`,
		`{"Do":"context"}`:                 `"FunctionName":"archiver"`,
	} {
		result, code := d.invoke(t, func(r *scf.InvokeRequest) { r.ClientContext = common.StringPtr(event) })
		if code != "" || !strings.Contains(*result.RetMsg, want) || *result.ErrMsg != "" || *result.InvokeResult != 0 {
			t.Errorf("%s: %s, %+v", event, code, result)
		}
		if *result.MemUsage == 0 || *result.Duration == 0 {
			t.Errorf("%s: no measures", event)
		}
	}
	result, code := d.invoke(t, func(r *scf.InvokeRequest) { r.InvocationType = common.StringPtr("RequestResponse") })
	if code != "" || *result.RetMsg != "" || *result.InvokeResult != StatusFunction { // echo does not know {}
		t.Fatalf("%s, %+v", code, result)
	}
	var told struct {
		ErrorMessage, RequestId string
		StatusCode              int
	}
	if err := json.Unmarshal([]byte(*result.ErrMsg), &told); err != nil {
		t.Fatal(err)
	}
	if told.ErrorMessage != "errorString: unknown event" || told.RequestId != *result.FunctionRequestId || told.StatusCode != StatusFunction {
		t.Errorf("%+v", told)
	}
}

func TestAPI_Refuses(t *testing.T) {
	d := openDesk(t, FleetOptions{})
	text := common.StringPtr
	large := func(n int) *string { return text(`"` + strings.Repeat("a", n-1) + `"`) }
	for _, tt := range []struct {
		name string
		set  func(*scf.InvokeRequest)
		want string
	}{
		{"no function", func(r *scf.InvokeRequest) { r.FunctionName = nil }, "MissingParameter"},
		{"another function", func(r *scf.InvokeRequest) { r.FunctionName = text("else") }, "ResourceNotFound.Function"},
		{"another namespace", func(r *scf.InvokeRequest) { r.Namespace = text("else") }, "ResourceNotFound.Function"},
		{"another version", func(r *scf.InvokeRequest) { r.Qualifier = text("7") }, "ResourceNotFound.Qualifier"},
		{"odd type", func(r *scf.InvokeRequest) { r.InvocationType = text("event") }, "InvalidParameterValue"},
		{"odd log type", func(r *scf.InvokeRequest) { r.LogType = text("Head") }, "InvalidParameterValue"},
		{"long routing key", func(r *scf.InvokeRequest) { r.RoutingKey = large(1024) }, "InvalidParameterValue"},
		{"no JSON", func(r *scf.InvokeRequest) { r.ClientContext = text(`{"from`) }, "InvalidParameterValue.Param"},
		{"no JSON to queue", func(r *scf.InvokeRequest) {
			r.ClientContext, r.InvocationType = text(`{"from`), text("Event")
		}, "InvalidParameterValue.Param"},
		{"large", func(r *scf.InvokeRequest) { r.ClientContext = large(MaxEvent) }, "InvalidParameter.RequestTooLarge"},
		{"large to queue", func(r *scf.InvokeRequest) {
			r.ClientContext, r.InvocationType = large(MaxAsyncEvent), text("Event")
		}, "InvalidParameter.RequestTooLarge"},
	} {
		if _, got := d.invoke(t, tt.set); got != tt.want {
			t.Errorf("%s: code %q, want %s", tt.name, got, tt.want)
		}
	}
	r := scf.NewInvokeRequest()
	r.FunctionName = text("archiver")
	if _, err := d.client(t, "token-of-before").Invoke(r); err == nil || codeOf(t, err) != "AuthFailure.TokenFailure" {
		t.Errorf("an old token: %v", err)
	}
	if s := d.Stats(); s.Starts != 0 || len(s.Deliveries) != 0 {
		t.Errorf("what was refused did something: %+v", s)
	}
}

func TestAPI_BusyIsNoErrorOfTheAPI(t *testing.T) {
	hanging := make(chan struct{}, 1)
	d := openDesk(t, FleetOptions{Instances: 1, Options: Options{Stdout: writerFunc(func([]byte) { hanging <- struct{}{} })}})
	if _, err := d.Send([]byte(`{"Do":"hang"}`)); err != nil {
		t.Fatal(err)
	}
	<-hanging
	result, code := d.invoke(t, func(*scf.InvokeRequest) {})
	if code != "" || *result.InvokeResult != StatusBusy {
		t.Errorf("%s, %+v", code, result)
	}
}

func TestAPI_FaultsBeforeIt(t *testing.T) {
	rule := func(a fault.Action) fault.Rule {
		return fault.Rule{Match: fault.Match{Operation: "RequestInvoke", Times: 1}, Action: a}
	}
	script, err := fault.New(
		rule(fault.Action{Kind: fault.Refuse, Status: 200, Code: "ResourceUnavailable.InsufficientBalance"}),
		rule(fault.Action{Kind: fault.Expire}),
		rule(fault.Action{Kind: fault.Double, Delay: fault.Duration(time.Millisecond)}),
	)
	if err != nil {
		t.Fatal(err)
	}
	d := openDesk(t, FleetOptions{Options: Options{Faults: script}})
	for _, want := range []string{"ResourceUnavailable.InsufficientBalance", "AuthFailure.TokenFailure", ""} {
		_, code := d.invoke(t, func(r *scf.InvokeRequest) {
			r.InvocationType, r.ClientContext = common.StringPtr("Event"), common.StringPtr(`{"Do":"pid"}`)
		})
		if code != want {
			t.Errorf("code %q, want %q", code, want)
		}
	}
	if err := d.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := d.Stats(); s.Count(Done) != 2 || s.Deliveries[0].RequestID == s.Deliveries[1].RequestID {
		t.Errorf("a request that arrives twice: %+v", s.Deliveries)
	}
}
