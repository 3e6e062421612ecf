package cccsource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"cdrvault/archive"
)

func TestAsk_TriesAgainWhatCanPass(t *testing.T) {
	good := lists(calls(0, 3))
	for name, bad := range map[string]func(http.ResponseWriter, int, asked){
		"RequestLimitExceeded":     always(200, answerError("RequestLimitExceeded")),
		"sub-code of throttling":   always(200, answerError("RequestLimitExceeded.UinLimitExceeded")),
		"LimitExceeded":            always(200, answerError("LimitExceeded")),
		"InternalError":            always(200, answerError("InternalError")),
		"InternalError.DBError":    always(500, answerError("InternalError.DBError")),
		"ServiceUnavailable":       always(503, answerError("ServiceUnavailable")),
		"a code we do not know":    always(200, answerError("FailedOperation.New")),
		"HTML 502":                 always(502, "<html><body>Bad Gateway</body></html>"),
		"HTML 200":                 always(200, "<html></html>"),
		"429":                      always(429, ""),
		"empty":                    always(200, ""),
		"null":                     always(200, "null"),
		"{}":                       always(200, "{}"),
		"other JSON":               always(200, `{"foo":1}`),
		"null Response":            always(200, `{"Response":null}`),
		"no TotalCount":            always(200, `{"Response":{"TelCdrList":[]}}`),
		"TotalCount as text":       always(200, `{"Response":{"TotalCount":"12","TelCdrList":[]}}`),
		"TotalCount negative":      always(200, `{"Response":{"TotalCount":-1}}`),
		"list of another type":     always(200, `{"Response":{"TotalCount":1,"TelCdrList":{}}}`),
		"old list of another type": always(200, `{"Response":{"TotalCount":1,"TelCdrs":7}}`),
		"truncated JSON":           always(200, `{"Response":{"TotalCount":3,"TelCdrLi`),
		"success under a 500":      always(500, answerOf(0, nil, nil)),
		"body cut":                 cutBody,
		"connection dropped":       dropped,
		"redirect": func(w http.ResponseWriter, _ int, _ asked) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(302)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, after(3, bad, good))
			got, l, err := collect(t, c.source(t))
			if err != nil || len(got) != 3 || !l.Agreed {
				t.Errorf("got %d calls, %+v, %v", len(got), l, err)
			}
			if n := len(c.requests()); n != 4 {
				t.Errorf("asked %d times, want 4", n)
			}
		})
	}
}

func cutBody(w http.ResponseWriter, _ int, _ asked) {
	w.Header().Set("Content-Length", "1000")
	io.WriteString(w, `{"Response":{"TotalCount":3,`)
	panic(http.ErrAbortHandler)
}

func dropped(w http.ResponseWriter, _ int, _ asked) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func TestAsk_EndsAtOnceWhereTryingAgainIsVain(t *testing.T) {
	for code, hint := range map[string]string{
		"AuthFailure.SecretIdNotFound":           "check the key",
		"AuthFailure.SignatureExpire":            "set the clock",
		"AuthFailure.TokenFailure":               "temporary key",
		"AuthFailure.UnauthorizedOperation":      "grant ccc:DescribeTelCdr",
		"UnauthorizedOperation":                  "grant ccc:DescribeTelCdr",
		"UnauthorizedOperation.CamNoAuth":        "grant ccc:DescribeTelCdr",
		"InvalidParameter.InstanceNotExist":      "check the application id",
		"InvalidParameterValue.InstanceNotExist": "check the application id",
		"InvalidParameterValue":                  "",
		"MissingParameter":                       "",
		"UnknownParameter":                       "",
		"UnsupportedRegion":                      "region",
		"ResourceNotFound.X":                     "",
	} {
		t.Run(code, func(t *testing.T) {
			c := serve(t, always(200, answerError(code)))
			_, _, err := collect(t, c.source(t))
			told, ok := errors.AsType[*Error](err)
			if !ok || told.Code != code || told.RequestID != "5e0ba1a4-req" || told.Status != 200 {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(err.Error(), hint) || !strings.Contains(err.Error(), "5e0ba1a4-req") {
				t.Errorf("%q lacks the hint %q or the request id", err, hint)
			}
			if n := len(c.requests()); n != 1 {
				t.Errorf("asked %d times, want once", n)
			}
		})
	}
}

func TestAsk_GivesUpAfterItsTries(t *testing.T) {
	c := serve(t, always(502, "<html>"))
	s := c.source(t)
	_, _, err := collect(t, s)
	if told, ok := errors.AsType[*Error](err); !ok || told.Status != 502 || errors.Is(err, archive.ErrTooLate) {
		t.Errorf("got %v", err)
	}
	if n := len(c.requests()); n != 8 {
		t.Errorf("asked %d times, want 8", n)
	}
}

func TestAsk_ReportsAnEndpointThatIsNotThere(t *testing.T) {
	c := serve(t, lists(nil))
	c.Close()
	_, err := c.source(t).Count(t.Context(), app, hour)
	if err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v", err)
	}
}

// A deadline inside a request is the caller's deadline; the time for one attempt is not.
func TestAsk_TellsTheCallersDeadlineFromItsOwn(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // the server notices a client that left only after that
		<-r.Context().Done()
	}
	for _, test := range []struct {
		name            string
		caller, attempt time.Duration
		want            bool
	}{
		{"the caller's", 20 * time.Millisecond, time.Minute, true},
		{"the attempt's", time.Minute, 20 * time.Millisecond, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c center
			c.Server = serveRaw(t, hang)
			s := c.source(t)
			s.timeout, s.retry.Tries = test.attempt, 2
			ctx, cancel := context.WithTimeout(t.Context(), test.caller)
			defer cancel()
			_, err := s.Count(ctx, app, hour)
			if err == nil || errors.Is(err, context.DeadlineExceeded) != test.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAsk_EndsWithTheCallersCancel(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	c := serve(t, func(w http.ResponseWriter, n int, _ asked) {
		if n == 2 {
			cancel(errors.New("enough"))
		}
		io.WriteString(w, answerError("InternalError"))
	})
	_, err := c.source(t).Count(ctx, app, hour)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// There is no try whose pause would end after the deadline: the API's own error is told, and at once.
func TestAsk_DoesNotWaitPastTheDeadline(t *testing.T) {
	c := serve(t, always(200, answerError("RequestLimitExceeded")))
	s := c.source(t)
	s.retry = Retry{First: 2 * time.Hour, Most: 2 * time.Hour}.orDefault()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	_, err := s.Count(ctx, app, hour)
	if told, ok := errors.AsType[*Error](err); !ok || told.Code != "RequestLimitExceeded" || !errors.Is(err, archive.ErrTooLate) {
		t.Errorf("got %v", err)
	}
	if n := len(c.requests()); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
}

func TestCalls_DoesNotReadAgainPastTheDeadline(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ int, _ asked) { fmt.Fprint(w, answerOf(5, calls(0, 3), nil)) })
	s := c.source(t)
	s.retry = Retry{First: 20 * time.Hour, Most: 20 * time.Hour}.orDefault()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	l, err := s.Calls(ctx, app, hour, func([]json.RawMessage) error { return nil })
	if err != nil || l.Agreed || l.Reads != 1 || l.Listed != 3 {
		t.Errorf("got %+v, %v", l, err)
	}
}

// What goes wrong inside the SDK ends the trying, without the SDK's own text.
func TestSend_SurvivesTheSDK(t *testing.T) {
	for name, test := range map[string]struct {
		base roundTripper
		want string
	}{
		"its panic": {func(*http.Request) (*http.Response, error) { panic("t0ken") }, "panicked"},
		"its error": {func(*http.Request) (*http.Response, error) { return nil, errors.New("t0ken") }, "ClientError.NetworkError"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, lists(nil)).source(t)
			s.client.WithHttpTransport(test.base) // in the place of the tap
			_, err := s.Count(t.Context(), app, hour)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "t0ken") {
				t.Errorf("got %v", err)
			}
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestSource_PrintsNoKey(t *testing.T) {
	c := Credential{"AKIDtest", "key-of-this-run", "token-of-this-run"}
	if got := fmt.Sprintf("%v %+v", c, Options{Credential: c}); strings.Contains(got, "of-this-run") {
		t.Error("a key is printed")
	}
}

// No second, wherever it begins, sees more requests than the API allows.
func TestPace_NeverMoreInAnySecond(t *testing.T) {
	for _, limit := range []int{1, 2, 20, 100} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				at := spread(t, limit, 5*limit)
				for i := range at[limit:] {
					if d := at[i+limit].Sub(at[i]); d <= time.Second {
						t.Fatalf("%d requests within %v", limit+1, d)
					}
				}
			})
		})
	}
}

// A request that was long on its way may have arrived late: its permit comes back as much later.
func TestPace_HeedsSlowAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(1)
		ask := func(latency time.Duration) (written time.Time) {
			turn, err := p.take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			turn.goneOut()
			written = time.Now()
			time.Sleep(latency)
			turn.ended()
			return written
		}
		ask(10 * time.Millisecond)
		slow := ask(200 * time.Millisecond)
		if next := ask(10 * time.Millisecond); next.Sub(slow) < time.Second+190*time.Millisecond {
			t.Errorf("the next request went out %v after the slow one", next.Sub(slow))
		}
	})
}

// spread lets n workers at once through a pace, each of them late to send, and answers with the moments they sent.
func spread(t *testing.T, limit, n int) (at []time.Time) {
	p := NewPace(limit)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			turn, err := p.take(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond) // busy before it sends
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Now())
			turn.goneOut()
			turn.ended()
		})
	}
	wg.Wait()
	return at
}

func TestAsk_EveryAttemptWaits(t *testing.T) {
	c := serve(t, after(2, always(502, ""), lists(calls(0, 1))))
	s := c.source(t)
	s.pace = NewPace(2)
	s.pace.spacing, s.pace.hold, s.pace.least = rate.NewLimiter(rate.Inf, 1), time.Hour, time.Hour // two permits, ever
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := s.Count(ctx, app, hour); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("third attempt went out without a slot: %v", err)
	}
	if n := len(c.requests()); n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}
}
