package scfinvoker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	event    = `{"mode":"backfill","share":"3/8","slices":{"2026-11-21T09:00:00+08:00":12}}`
	accepted = `{"Response":{"Result":{"FunctionRequestId":"run-1","RetMsg":"","ErrMsg":"","InvokeResult":0},"RequestId":"request-1"}}`
)

// asked is one request as the platform got it.
type asked struct {
	FunctionName, Namespace, Qualifier, InvocationType, ClientContext string
}

// platform answers the n-th request, from 1, by answer, and checks what every request has to carry.
func platform(t *testing.T, answer func(w http.ResponseWriter, n int)) (*Invoker, *atomic.Int64) {
	t.Helper()
	var seen atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, want := range map[string]string{
			"Authorization": "TC3-HMAC-SHA256 Credential=AKIDtest/",
			"X-Tc-Action":   "Invoke",
			"X-Tc-Version":  "2018-04-16",
			"X-Tc-Token":    "token-of-this-run",
			"X-Tc-Region":   "ap-guangzhou",
		} {
			if got := r.Header.Get(name); !strings.HasPrefix(got, want) {
				t.Errorf("header %s does not begin with %q", name, want)
			}
		}
		var got asked
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Errorf("request is no JSON: %v", err)
		}
		if diff := cmp.Diff(asked{"cdrvault", "default", "7", "Event", event}, got); diff != "" {
			t.Errorf("request (-want +got):\n%s", diff)
		}
		answer(w, int(seen.Add(1)))
	}))
	t.Cleanup(server.Close)
	return reach(t, server.URL), &seen
}

func reach(t *testing.T, endpoint string) *Invoker {
	t.Helper()
	i, err := New(Options{
		Endpoint: endpoint, Region: "ap-guangzhou", Function: "cdrvault", Qualifier: "7",
		Credential: Credential{"AKIDtest", "key-of-this-run", "token-of-this-run"},
		Retry:      Retry{First: time.Microsecond, Most: time.Microsecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.Close)
	return i
}

func says(text string) func(http.ResponseWriter, int) {
	return func(w http.ResponseWriter, _ int) { fmt.Fprint(w, text) }
}

func refuses(code string) string {
	return fmt.Sprintf(`{"Response":{"Error":{"Code":%q,"Message":"uin/100000000001 key-of-this-run"},"RequestId":"request-1"}}`, code)
}

func TestInvoke_QueuesTheEvent(t *testing.T) {
	for name, c := range map[string]struct{ answer, want string }{
		"the run's id":                        {accepted, "run-1"},
		"no result":                           {`{"Response":{"RequestId":"request-1"}}`, "request-1"},
		"a result that does not tell the run": {`{"Response":{"Result":{"FunctionRequestId":""},"RequestId":"request-1"}}`, "request-1"},
	} {
		i, seen := platform(t, says(c.answer))
		if id, err := i.Invoke(t.Context(), []byte(event)); id != c.want || err != nil {
			t.Errorf("%s: %q, %v; want %q", name, id, err, c.want)
		}
		if n := seen.Load(); n != 1 {
			t.Errorf("%s: %d requests", name, n)
		}
	}
}

func TestInvoke_TriesAgainWhatCanPass(t *testing.T) {
	for name, odd := range map[string]func(http.ResponseWriter, int){
		"over the limit": says(refuses("RequestLimitExceeded.UinLimitExceeded")),
		"internal error": says(refuses("InternalError.System")),
		"a page": func(w http.ResponseWriter, _ int) {
			http.Error(w, "<html>key-of-this-run</html>", http.StatusBadGateway)
		},
		"null":             says("null"),
		"no response":      says("{}"),
		"no id":            says(`{"Response":{}}`),
		"an odd id":        says(`{"Response":{"RequestId":"+86 13900000000"}}`),
		"a cut connection": func(http.ResponseWriter, int) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			i, seen := platform(t, func(w http.ResponseWriter, n int) {
				if n < 3 {
					odd(w, n)
					return
				}
				fmt.Fprint(w, accepted)
			})
			if id, err := i.Invoke(t.Context(), []byte(event)); id != "run-1" || err != nil {
				t.Errorf("%q, %v", id, err)
			}
			seen.Store(0)
			i, seen = platform(t, odd)
			_, err := i.Invoke(t.Context(), []byte(event))
			if n := seen.Load(); err == nil || n != 4 {
				t.Errorf("%d requests and %v, want 4 and an error", n, err)
			}
			checkClean(t, err)
		})
	}
}

// checkClean fails where an error tells what is nobody's business.
func checkClean(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{"AKIDtest", "key-of-this-run", "token-of-this-run", "100000000001", "13900000000"} {
		if strings.Contains(fmt.Sprint(err), secret) {
			t.Errorf("%q in %v", secret, err)
		}
	}
}

func TestInvoke_EndsAtOnceWhatCannot(t *testing.T) {
	for code, want := range map[string]string{
		"UnauthorizedOperation.CAM":               "grant scf:InvokeFunction on the function to the key that asks: in the function, to its role",
		"ResourceNotFound.Function":               "check the function's name, namespace, qualifier and region",
		"AuthFailure.SecretIdNotFound":            "check the key",
		"AuthFailure.TokenFailure":                "check the temporary key: it has expired, or lacks its token",
		"InvalidParameterValue.Param":             "",
		"ResourceUnavailable.InsufficientBalance": "the account is in arrears, or the service suspended",
	} {
		i, seen := platform(t, says(refuses(code)))
		_, err := i.Invoke(t.Context(), []byte(event))
		text := "invoke function cdrvault: " + code + ": request request-1"
		if want != "" {
			text += ": " + want
		}
		if err == nil || err.Error() != text {
			t.Errorf("got  %v\nwant %s", err, text)
		}
		if told, ok := errors.AsType[*Error](err); !ok || told.Code != code || told.RequestID != "request-1" {
			t.Errorf("%s: %+v", code, told)
		}
		if n := seen.Load(); n != 1 {
			t.Errorf("%s: %d requests", code, n)
		}
		checkClean(t, err)
	}
}

func TestInvoke_NobodyListens(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := reach(t, server.URL).Invoke(t.Context(), []byte(event))
	if err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
}

func TestInvoke_HeedsItsContext(t *testing.T) {
	hang := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	i, _ := platform(t, func(w http.ResponseWriter, n int) {
		if n == 1 {
			fmt.Fprint(w, refuses("InternalError"))
			return
		}
		cancel()
		<-hang
	})
	t.Cleanup(func() { close(hang) })
	_, err := i.Invoke(ctx, []byte(event))
	if told, ok := errors.AsType[*Error](err); !errors.Is(err, context.Canceled) || !ok || told.Code != "InternalError" {
		t.Errorf("got %v, want that it was cancelled and what came before", err)
	}
}

func TestInvoke_AnAttemptHasItsOwnTime(t *testing.T) {
	hang := make(chan struct{})
	i, _ := platform(t, func(w http.ResponseWriter, n int) {
		if n == 1 {
			<-hang
		}
		fmt.Fprint(w, accepted)
	})
	t.Cleanup(func() { close(hang) })
	i.options.Timeout = 50 * time.Millisecond
	if id, err := i.Invoke(t.Context(), []byte(event)); id != "run-1" || err != nil {
		t.Errorf("%q, %v", id, err)
	}
}

func TestNew_Refusals(t *testing.T) {
	for want, o := range map[string]Options{
		"reach the function: its name is not given":                    {Region: "ap-guangzhou"},
		"reach the function: its region is not given":                  {Function: "cdrvault"},
		"read endpoint: want host, host:port or http(s)://host[:port]": {Endpoint: "ftp://host", Region: "ap-guangzhou", Function: "cdrvault"},
	} {
		if _, err := New(o); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if got := fmt.Sprintf("%v %+v", Credential{"a", "b", "c"}, Options{Credential: Credential{"AKIDtest", "key", "token"}}); strings.Contains(got, "AKID") {
		t.Errorf("a credential prints itself: %s", got)
	}
}
