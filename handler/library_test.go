package handler

import (
	"cdrvault/archive"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/rpc"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction"
	"github.com/tencentyun/scf-go-lib/cloudfunction/messages"
)

// The official library serves one handler for each process, for ever: the tests share it and put theirs in its place.
var library struct {
	sync.Mutex
	once    sync.Once
	current atomic.Pointer[Handler]
	address string
}

type currentHandler struct{}

func (currentHandler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return library.current.Load().Invoke(ctx, payload)
}

func startLibrary(t *testing.T) {
	t.Helper()
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	library.address = probe.Addr().String()
	_, port, _ := net.SplitHostPort(library.address)
	if err := probe.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Setenv("_LAMBDA_SERVER_PORT", port); err != nil {
		t.Fatal(err)
	}
	go cloudfunction.StartHandler(currentHandler{})
}

// serve puts h behind the library and answers with a way to invoke it as the platform does.
func serve(t *testing.T, h *Handler) func(*messages.InvokeRequest) messages.InvokeResponse {
	t.Helper()
	library.Lock()
	t.Cleanup(library.Unlock)
	library.once.Do(func() { startLibrary(t) })
	library.current.Store(h)
	for _, name := range credentials { // the library sets them for the whole process; this puts them back
		t.Setenv(name, "")
	}
	client := dial(t)
	return func(req *messages.InvokeRequest) (resp messages.InvokeResponse) {
		if err := client.Call("Function.Invoke", req, &resp); err != nil {
			t.Errorf("call: %v", err)
		}
		return resp
	}
}

func dial(t *testing.T) *rpc.Client {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		client, err := rpc.Dial("tcp", library.address)
		if err == nil {
			t.Cleanup(func() { _ = client.Close() }) // nothing is under way any more
			return client
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal(err)
		}
	}
}

func invocationOf(event string, environment map[string]string) *messages.InvokeRequest {
	env, _ := json.Marshal(environment) // strings always marshal
	return &messages.InvokeRequest{
		Payload: []byte(event), RequestId: "req-1", Environment: string(env), TencentcloudRegion: "ap-fixture",
		TimeLimitInMs: 60_000,
	}
}

// Through the library every failure carries the name of our type, broken JSON and panics included, and the process
// is never asked to exit. None of these requests has a deadline.
func TestLibrary_FailuresHaveOneType(t *testing.T) {
	h, _ := newHandler(nil)
	h.Open = func(func(string) string, archive.Request) (Runner, error) { panic("boom") }
	call := serve(t, h)
	for event, want := range map[string]string{
		"":              "event: empty; ",
		"{":             "event: not valid JSON; ",
		"null":          "event: not a JSON object; ",
		`{"force":"x"}`: `event field "force": `,
		"{}":            "archive: panic of type string",
	} {
		resp := call(invocationOf(event, nil))
		if resp.Error == nil {
			t.Errorf("%q: answered with %s", event, resp.Payload)
			continue
		}
		if resp.Error.Type != "RunError" || resp.Error.ShouldExit || !strings.HasPrefix(resp.Error.Message, want) {
			t.Errorf("%q: got %+v, want %s", event, *resp.Error, want)
		}
	}
}

func TestLibrary_Answer(t *testing.T) {
	h, _ := newHandler(done)
	resp := serve(t, h)(invocationOf(`{"mode":"plan"}`, nil))
	if resp.Error != nil {
		t.Fatal(resp.Error)
	}
	want := `{"request_id":"req-1","mode":"plan","from":"","to":"","complete":true,"windows":[],"totals":` +
		`{"calls":0,"media":{"copied":0,"kept":0,"pending":0,"lost":0,"refused":0},"bytes":0,"api_requests":0,` +
		`"store_requests":0,"seconds":0}}`
	if string(resp.Payload) != want {
		t.Errorf("got  %s\nwant %s", resp.Payload, want)
	}
}

// A warm instance: the library never takes an old variable away, but an old token is not mixed with a new key.
func TestLibrary_EnvironmentOfAWarmInstance(t *testing.T) {
	h, _ := newHandler(nil)
	h.Open = func(get func(string) string, _ archive.Request) (Runner, error) {
		return nil, fmt.Errorf("id=%s token=%s bucket=%s region=%s", get("TENCENTCLOUD_SECRETID"),
			get("TENCENTCLOUD_SESSIONTOKEN"), get("COS_BUCKET"), get("TENCENTCLOUD_REGION"))
	}
	call := serve(t, h)
	t.Setenv("COS_BUCKET", "lake-1250000000")
	t.Setenv("TENCENTCLOUD_REGION", "")
	for _, tt := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"TENCENTCLOUD_SECRETID": "A1", "TENCENTCLOUD_SESSIONTOKEN": "T1"},
			"settings: id=A1 token=T1 bucket=lake-1250000000 region=ap-fixture"},
		{map[string]string{"TENCENTCLOUD_SECRETID": "A2"},
			"settings: id=A2 token= bucket=lake-1250000000 region=ap-fixture"},
		{map[string]string{"TENCENTCLOUD_SECRETID": "A3", "COS_BUCKET": "other-1250000000", "TENCENTCLOUD_REGION": "ap-own"},
			"settings: id=A3 token= bucket=other-1250000000 region=ap-own"},
	} {
		if resp := call(invocationOf("{}", tt.env)); resp.Error == nil || resp.Error.Message != tt.want {
			t.Errorf("got %+v, want %s", resp.Error, tt.want)
		}
	}
}
