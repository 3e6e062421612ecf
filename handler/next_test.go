package handler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cdrvault/archive"

	"github.com/google/go-cmp/cmp"
	"github.com/tencentyun/scf-go-lib/functioncontext"
)

// queue stands in for the platform's queue of one function.
type queue struct {
	mu     sync.Mutex
	to     Target
	events []string
	refuse error  // of the events with spoilt in them
	spoilt string // empty: all
	closed bool
}

func (q *queue) Invoke(_ context.Context, event []byte) (string, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.refuse != nil && bytes.Contains(event, []byte(q.spoilt)) {
		return "", q.refuse
	}
	q.events = append(q.events, string(event))
	if share := shareNumber.FindSubmatch(event); share != nil { // they come in any order
		slices.Sort(q.events)
		return "run-" + string(share[1]), nil
	}
	return fmt.Sprintf("run-%d", len(q.events)), nil
}

var shareNumber = regexp.MustCompile(`"share":"([0-9]+)/`)

func (q *queue) Close() { q.closed = true }

// newLine gives a handler whose runs are run and hand on to a queue.
func newLine(on bool, run runFunc) (*Handler, *queue, *bytes.Buffer) {
	h, log := newHandler(run)
	q := &queue{}
	h.Connect = func(_ func(string) string, to Target) (Invoker, error) {
		q.to = to
		return q, nil
	}
	h.SelfContinue = func(func(string) string) bool { return on }
	return h, q, log
}

// invoked is an invocation's context as the platform fills it.
func invoked(t *testing.T) context.Context {
	return functioncontext.NewContext(t.Context(), &functioncontext.FunctionContext{
		RequestID: "req-1", FunctionName: "cdrvault", Namespace: "lake", FunctionVersion: "7",
		TencentcloudRegion: "ap-guangzhou", TimeLimitInMs: 900_000,
	})
}

// cut is a coordinator that finds something to do in the first n shares.
func cut(n int) runFunc {
	return func(_ context.Context, q archive.Request) (*archive.Report, error) {
		r := &archive.Report{RequestID: q.ID, Mode: q.Mode}
		for i := range n {
			next := q
			next.ID, next.Shares, next.Share = "", 0, archive.Share{Number: i + 1, Of: q.Shares}
			r.Next = append(r.Next, next)
			r.Shares = append(r.Shares, archive.ShareReport{Share: next.Share.String(), Windows: 540})
		}
		return r, nil
	}
}

// left is a run whose time was up.
func left(_ context.Context, q archive.Request) (*archive.Report, error) {
	next := q
	next.ID, next.Chain = "", q.Chain+1
	return &archive.Report{RequestID: q.ID, Mode: q.Mode, Next: []archive.Request{next}}, nil
}

func TestHandOn_SharesOfABackfill(t *testing.T) {
	for _, on := range []bool{false, true} { // whatever SELF_CONTINUE says: it was asked for
		h, q, log := newLine(on, cut(2))
		report, err := h.Handle(invoked(t), event(t, "manual-backfill"))
		if err != nil {
			t.Fatal(err)
		}
		const common = `{"mode":"backfill","now":"2026-11-22T06:00:00Z","from":"2026-05-31T16:00:00Z","to":"2026-11-21T16:00:00Z","order":"newest",`
		if diff := cmp.Diff([]string{common + `"share":"1/8"}`, common + `"share":"2/8"}`}, q.events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(Target{"ap-guangzhou", "lake", "cdrvault", "7"}, q.to); diff != "" || !q.closed {
			t.Errorf("closed %v, target (-want +got):\n%s", q.closed, diff)
		}
		want := []archive.ShareReport{{Share: "1/8", Windows: 540, RequestID: "run-1"}, {Share: "2/8", Windows: 540, RequestID: "run-2"}}
		if diff := cmp.Diff(want, report.Shares); diff != "" {
			t.Errorf("shares (-want +got):\n%s", diff)
		}
		if got := lines(t, log)[1]["shares"]; got != 2.0 {
			t.Errorf("the log tells of %v shares", got)
		}
	}
}

func TestHandOn_AShareThatIsNotTakenFailsTheRun(t *testing.T) {
	h, q, _ := newLine(false, cut(3))
	q.refuse, q.spoilt = errors.New("UnauthorizedOperation.CAM: grant scf:InvokeFunction"), `"share":"2/`
	_, err := h.Handle(invoked(t), event(t, "manual-backfill"))
	checkError(t, err, KindInvoke, "invoke: hand on share 2/8: UnauthorizedOperation.CAM: grant scf:InvokeFunction; "+
		"or run cdrvault backfill on a machine of yours, without --on-scf")
}

func TestHandOn_ADryRunIsNotHandedOn(t *testing.T) {
	h, q, _ := newLine(true, cut(2))
	payload := strings.Replace(string(event(t, "manual-backfill")), "{", `{"dry_run":true,`, 1)
	report, err := h.Handle(invoked(t), []byte(payload))
	if err != nil || len(q.events) != 0 || len(report.Shares) != 2 {
		t.Errorf("%d events, %+v, %v", len(q.events), report, err)
	}
}

func TestHandOn_TheRestOfARun(t *testing.T) {
	h, q, log := newLine(true, left)
	report, err := h.Handle(invoked(t), event(t, "timer"))
	if err != nil || report.Continued != "run-1" {
		t.Errorf("continued by %q, %v", report.Continued, err)
	}
	if diff := cmp.Diff([]string{`{"mode":"archive","now":"2026-11-22T05:05:00Z","chain":1}`}, q.events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if got := lines(t, log)[1]["continued_by"]; got != "run-1" {
		t.Errorf("the log tells of %v", got)
	}
	report, err = h.Handle(invoked(t), []byte(q.events[0]))
	if err != nil || report.Continued != "run-2" || !strings.Contains(q.events[1], `"chain":2`) {
		t.Errorf("continued by %q with %v, %v", report.Continued, q.events, err)
	}
	if got := lines(t, log)[2]["chain"]; got != 1.0 {
		t.Errorf("the log tells of %v runs before", got)
	}
}

func TestHandOn_OffMeansTheNextTimer(t *testing.T) {
	for name, note := range map[string]string{
		"timer":        "",
		"manual-share": "SELF_CONTINUE is off: the rest waits until the same event is sent again",
	} {
		h, q, _ := newLine(false, left)
		report, err := h.Handle(invoked(t), event(t, name))
		if err != nil || len(q.events) != 0 || report.Continued != "" || strings.Join(report.Notes, "; ") != note {
			t.Errorf("%s: %d events, notes %q, %v", name, len(q.events), report.Notes, err)
		}
	}
}

// The next timer's run goes on, so that a rest which cannot be handed on is no failure: it would be tried again at once.
func TestHandOn_ARestThatIsNotTakenIsANote(t *testing.T) {
	h, q, log := newLine(true, left)
	q.refuse = errors.New("invoke function cdrvault: InternalError: request request-1")
	report, err := h.Handle(invoked(t), event(t, "timer"))
	if err != nil || report.Continued != "" {
		t.Errorf("continued by %q, %v", report.Continued, err)
	}
	want := "the rest is left to the next run: hand on: invoke function cdrvault: InternalError: request request-1"
	if diff := cmp.Diff([]string{want}, report.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if warning := lines(t, log)[1]; warning["level"] != "WARN" || warning["msg"] != "hand on" {
		t.Errorf("log: %v", warning)
	}
}

// The platform tries a failed run's event again: its rest would be done twice.
func TestHandOn_AFailedRunHandsNothingOn(t *testing.T) {
	h, q, _ := newLine(true, func(ctx context.Context, r archive.Request) (*archive.Report, error) {
		report, _ := left(ctx, r)
		return report, errors.New("1 window failed")
	})
	if _, err := h.Handle(invoked(t), event(t, "timer")); err == nil || len(q.events) != 0 {
		t.Errorf("%d events, %v", len(q.events), err)
	}
}

func TestHandOn_ReachesNobody(t *testing.T) {
	for want, c := range map[string]struct {
		ctx   context.Context
		reach error
	}{
		"hand on: the platform does not tell this function's name": {t.Context(), nil},
		"hand on: no region": {invoked(t), errors.New("no region")},
	} {
		h, _, _ := newLine(true, cut(1))
		if c.reach != nil {
			h.Connect = func(func(string) string, Target) (Invoker, error) { return nil, c.reach }
		}
		_, err := h.Handle(c.ctx, event(t, "manual-backfill"))
		checkError(t, err, KindInvoke, "invoke: "+want+"; or run cdrvault backfill on a machine of yours, without --on-scf")
	}
}

// There is time to hand on before the platform ends the process, even where a run uses all of its own.
func TestHandOn_HasTime(t *testing.T) {
	for limit, keeps := range map[time.Duration]time.Duration{900 * time.Second: 5 * time.Second, 3 * time.Second: 270 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			h, _, _ := newLine(true, func(ctx context.Context, r archive.Request) (*archive.Report, error) {
				<-ctx.Done()
				return left(ctx, r)
			})
			h.Connect = func(func(string) string, Target) (Invoker, error) { return hasty{keeps}, nil }
			ctx := functioncontext.NewContext(t.Context(), &functioncontext.FunctionContext{
				RequestID: "req-1", FunctionName: "cdrvault", TimeLimitInMs: int32(limit.Milliseconds())})
			report, err := h.Handle(ctx, event(t, "timer"))
			if err != nil || report.Continued != "in time" {
				t.Errorf("limit %v: continued by %q, notes %q, %v", limit, report.Continued, report.Notes, err)
			}
		})
	}
}

// hasty takes an event only where there is time.
type hasty struct{ needs time.Duration }

func (h hasty) Invoke(ctx context.Context, _ []byte) (string, error) {
	if at, ok := ctx.Deadline(); !ok || ctx.Err() != nil || time.Until(at) < h.needs {
		return "", fmt.Errorf("%v left", time.Until(at))
	}
	return "in time", nil
}

func (hasty) Close() {}

// An answer that names as many shares and windows as can be is short enough.
func TestHandOn_AnAnswerOfAHundredShares(t *testing.T) {
	long := strings.Repeat("x", 160)
	h, _, _ := newLine(true, func(ctx context.Context, q archive.Request) (*archive.Report, error) {
		r, _ := cut(100)(ctx, q)
		for range 4320 {
			r.Windows = append(r.Windows, archive.WindowReport{App: "1400000000", Window: "2026-11-22T12:00:00+08:00", State: archive.Failed, Error: long})
		}
		return r, nil
	})
	answer, err := h.Invoke(invoked(t), event(t, "manual-shares"))
	if err != nil || len(answer) > maxAnswer {
		t.Fatalf("answer of %d bytes, %v", len(answer), err)
	}
	var report archive.Report
	if err := json.Unmarshal(answer, &report); err != nil || len(report.Shares) != 100 || report.Shares[99].RequestID != "run-100" {
		t.Errorf("%d shares, %v", len(report.Shares), err)
	}
}

// There is time to hand on a hundred shares, a tenth of a second each, also where the coordinator uses all of its own.
func TestHandOn_HasTimeForShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _, _ := newLine(false, func(ctx context.Context, r archive.Request) (*archive.Report, error) {
			<-ctx.Done()
			return cut(100)(ctx, r)
		})
		h.Connect = func(func(string) string, Target) (Invoker, error) { return unhurried{100 * time.Millisecond}, nil }
		report, err := h.Handle(invoked(t), event(t, "manual-shares"))
		if err != nil || len(report.Shares) != 100 || report.Shares[99].RequestID != "taken" {
			t.Errorf("shares %v, %v", report, err)
		}
	})
}

// unhurried takes an event after a while.
type unhurried struct{ while time.Duration }

func (u unhurried) Invoke(ctx context.Context, _ []byte) (string, error) {
	select {
	case <-time.After(u.while):
		return "taken", nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (unhurried) Close() {}
