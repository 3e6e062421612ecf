package handler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cdrvault/archive"

	"github.com/google/go-cmp/cmp"
	"github.com/tencentyun/scf-go-lib/cloudfunction"
	"github.com/tencentyun/scf-go-lib/functioncontext"
)

var _ cloudfunction.Handler = (*Handler)(nil)

type runFunc func(ctx context.Context, r archive.Request) (*archive.Report, error)

func (f runFunc) Run(ctx context.Context, r archive.Request) (*archive.Report, error) {
	return f(ctx, r)
}

// newHandler gives a handler whose runs are run, and its log.
func newHandler(run runFunc) (*Handler, *bytes.Buffer) {
	var log bytes.Buffer
	return &Handler{
		Open:         func(func(string) string, archive.Request) (Runner, error) { return run, nil },
		Connect:      func(func(string) string, Target) (Invoker, error) { return nil, errors.New("nobody is to be reached") },
		SelfContinue: func(func(string) string) bool { return false },
		Now:          readClock,
		Log:          slog.New(slog.NewJSONHandler(&log, nil)),
	}, &log
}

// lines are the log's lines without their times.
func lines(t *testing.T, log *bytes.Buffer) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(log.String()) {
		var l map[string]any
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		delete(l, "time")
		all = append(all, l)
	}
	return all
}

func done(_ context.Context, r archive.Request) (*archive.Report, error) {
	return &archive.Report{RequestID: r.ID, Mode: r.Mode, Complete: true, Windows: []archive.WindowReport{}}, nil
}

func TestHandle_RequestAndDeadlineReachTheRun(t *testing.T) {
	h, _ := newHandler(func(ctx context.Context, r archive.Request) (*archive.Report, error) {
		want := archive.Request{ID: "req-1", Now: at("2026-11-22T05:05:00Z"), Mode: archive.ModeArchive}
		if diff := cmp.Diff(r, want); diff != "" {
			t.Errorf("request (-got +want):\n%s", diff)
		}
		if _, ok := ctx.Deadline(); !ok || ctx.Err() != nil {
			t.Errorf("run without a usable deadline: %v", ctx.Err())
		}
		return done(ctx, r)
	})
	ctx := functioncontext.NewContext(t.Context(), &functioncontext.FunctionContext{RequestID: "req-1", TimeLimitInMs: 3000})
	ctx, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
	defer cancel()
	report, err := h.Handle(ctx, event(t, "timer"))
	if err != nil || report.RequestID != "req-1" {
		t.Errorf("got %+v, %v", report, err)
	}
}

func TestHandle_BadEventOpensNothing(t *testing.T) {
	h, _ := newHandler(nil)
	h.Open = func(func(string) string, archive.Request) (Runner, error) {
		t.Error("opened")
		return nil, errors.New("not to be called")
	}
	report, err := h.Handle(t.Context(), event(t, "bad-unknown"))
	checkError(t, err, KindEvent, `event field "form": unknown; allowed: from, to, mode, apps, force, dry_run, deep, repair, order, shares, share, slices, chain, now`)
	if report != nil {
		t.Errorf("answer beside an error: %+v", report)
	}
}

func TestHandle_Errors(t *testing.T) {
	refused := &archive.RequestError{Field: "apps", Why: "not configured; allowed: 1400000000"}
	for _, tt := range []struct {
		name string
		open error
		run  error
		kind Kind
		want string
	}{
		{"settings", errors.New("COS_BUCKET: missing\nCOS_REGION: missing"), nil, KindSettings,
			"settings: COS_BUCKET: missing; COS_REGION: missing"},
		{"request refused by the archive", nil, fmt.Errorf("plan: %w", refused), KindEvent,
			`plan: event field "apps": not configured; allowed: 1400000000`},
		{"settings of another archive", nil, fmt.Errorf("read: %w", &archive.SettingError{Setting: "ARCHIVE_WINDOW"}), KindSettings,
			"settings: read: " + (&archive.SettingError{Setting: "ARCHIVE_WINDOW"}).Error()},
		{"window failed", nil, errors.New("list calls: RequestLimitExceeded"), KindArchive,
			"archive: list calls: RequestLimitExceeded"},
		{"no report", nil, nil, KindArchive, "archive: run without a report"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, _ := newHandler(nil)
			h.Open = func(func(string) string, archive.Request) (Runner, error) {
				return runFunc(func(context.Context, archive.Request) (*archive.Report, error) { return nil, tt.run }), tt.open
			}
			_, err := h.Handle(t.Context(), event(t, "manual"))
			checkError(t, err, tt.kind, tt.want)
		})
	}
}

func checkError(t *testing.T, err error, kind Kind, want string) {
	t.Helper()
	e, ok := err.(*RunError)
	if !ok {
		t.Fatalf("got %T %v, want *RunError", err, err)
	}
	if e.Kind != kind || e.Error() != want {
		t.Errorf("got  %s: %s\nwant %s: %s", e.Kind, e, kind, want)
	}
}

func TestHandle_PanicIsAnError(t *testing.T) {
	for want, do := range map[string]func(){
		"archive: panic: runtime error: integer divide by zero": func() { var zero int; _ = 1 / zero },
		"archive: panic of type string":                         func() { panic("call from 13900000000") },
	} {
		h, log := newHandler(func(context.Context, archive.Request) (*archive.Report, error) { do(); return nil, nil })
		_, err := h.Handle(t.Context(), event(t, "manual"))
		checkError(t, err, KindArchive, want)
		end := lines(t, log)[1]
		if stack, _ := end["stack"].(string); !strings.Contains(stack, "handler_test.go") {
			t.Errorf("log does not say where: %v", end)
		}
		if strings.Contains(log.String(), "13900000000") {
			t.Errorf("panic's text in the log: %s", log)
		}
	}
}

func TestHandle_Log(t *testing.T) {
	deadline := at("2026-11-23T05:00:00Z")
	h, log := newHandler(func(_ context.Context, r archive.Request) (*archive.Report, error) {
		return &archive.Report{
			Mode: r.Mode, Rest: 4, Folded: 7, Links: []string{"NewUrl"}, Notes: []string{"widened to windows", "clipped"},
			Windows: []archive.WindowReport{
				{App: "1400000000", Window: "2026-11-22T12:00:00+08:00", State: archive.Committed, Calls: 2, Added: 2,
					Media: archive.MediaCount{Copied: 3}, Reason: "new"},
				{App: "1400000001", Window: "2026-11-22T12:00:00+08:00", State: archive.Failed,
					Error: "list calls: Get \"https://media.example.com/a.mp3?sign=fixture\":\nEOF"},
			},
			Totals: archive.Totals{Calls: 2, Media: archive.MediaCount{Copied: 3}, Bytes: 600, APIRequests: 1, Seconds: 0.5,
				Uncommitted: &archive.Uncommitted{Calls: 5, Files: 6, Bytes: 700}},
			Debts: &archive.DebtReport{Files: 1, NextDeadline: &deadline},
		}, errors.New("1 window failed")
	})
	ctx := functioncontext.NewContext(t.Context(), &functioncontext.FunctionContext{RequestID: "req-1"})
	_, err := h.Handle(ctx, event(t, "manual-range"))
	checkError(t, err, KindArchive, "archive: 1 window failed")
	const none = 0.0
	want := []map[string]any{
		{"level": "INFO", "msg": "run start", "request_id": "req-1", "mode": "archive", "trigger": "manual",
			"now": "2026-11-22T06:00:00Z", "from": "2026-11-20T16:00:00Z", "to": "2026-11-21T16:00:00Z"},
		{"level": "INFO", "msg": "window", "request_id": "req-1", "app": "1400000000", "window": "2026-11-22T12:00:00+08:00",
			"state": "committed", "calls": 2.0, "added": 2.0, "changed": none, "copied": 3.0, "kept": none, "pending": none,
			"lost": none, "refused": none, "reason": "new"},
		{"level": "ERROR", "msg": "window", "request_id": "req-1", "app": "1400000001", "window": "2026-11-22T12:00:00+08:00",
			"state": "failed", "calls": none, "added": none, "changed": none, "copied": none, "kept": none, "pending": none,
			"lost": none, "refused": none, "error": `list calls: Get "https://media.example.com/…": EOF`},
		{"level": "ERROR", "msg": "run end", "request_id": "req-1", "mode": "archive", "complete": false, "windows": 2.0,
			"calls": 2.0, "copied": 3.0, "kept": none, "pending": none, "lost": none, "refused": none, "bytes": 600.0,
			"api_requests": 1.0, "store_requests": none, "seconds": 0.5, "owed": 1.0, "next_deadline": "2026-11-23T05:00:00Z",
			"uncommitted_calls": 5.0, "uncommitted_files": 6.0, "uncommitted_bytes": 700.0, "rest": 4.0, "windows_folded": 7.0, "unknown_links": "NewUrl", "notes": "widened to windows; clipped",
			"error": "archive: 1 window failed", "kind": "archive"},
	}
	if diff := cmp.Diff(lines(t, log), want); diff != "" {
		t.Errorf("log (-got +want):\n%s", diff)
	}
}

func TestFit_HalvesWhatIsLong(t *testing.T) {
	text := strings.Repeat("x", 200)
	for name, c := range map[string]struct {
		long archive.Report
		want string
	}{
		"windows": {archive.Report{Windows: slices.Repeat([]archive.WindowReport{{State: archive.Failed, Error: text}}, 400)},
			"answer cut to fit: 300 windows, 0 findings, 0 unknown links and 1 notes left out"},
		"plan": {archive.Report{Plan: &archive.PlanReport{Windows: slices.Repeat([]archive.PlannedWindow{{Window: text}}, 400)}},
			"answer cut to fit: 200 windows, 0 findings, 0 unknown links and 1 notes left out"},
		"findings": {archive.Report{Findings: slices.Repeat([]archive.Finding{{Why: text}}, 400)},
			"answer cut to fit: 0 windows, 200 findings, 0 unknown links and 1 notes left out"},
		"links": {archive.Report{Links: slices.Repeat([]string{text}, 400)},
			"answer cut to fit: 0 windows, 0 findings, 200 unknown links and 1 notes left out"},
		"notes": {archive.Report{}, "answer cut to fit: 0 windows, 0 findings, 0 unknown links and 1 notes left out"},
	} {
		c.long.Notes = []string{"widened"}
		if name == "notes" {
			c.long.Notes[0] = strings.Repeat("x", maxAnswer)
		}
		before, _ := json.Marshal(c.long)
		got := fit(&c.long)
		if n := size(got); n > maxAnswer || n < maxAnswer/4 && name != "notes" {
			t.Errorf("%s: cut to %d bytes", name, n)
		}
		if diff := cmp.Diff(got.Notes, []string{c.want}); diff != "" {
			t.Errorf("%s: notes (-got +want):\n%s", name, diff)
		}
		if after, _ := json.Marshal(c.long); !bytes.Equal(before, after) {
			t.Errorf("%s: the run's own report was changed", name)
		}
	}
}

// What the archive folds is in the log all the same.
func TestHandle_EveryWindowIsLogged(t *testing.T) {
	long := &archive.Report{Windows: make([]archive.WindowReport, 2000), Complete: true}
	h, log := newHandler(func(context.Context, archive.Request) (*archive.Report, error) { return long, nil })
	answer, err := h.Invoke(t.Context(), event(t, "manual"))
	if err != nil || len(answer) > maxAnswer {
		t.Fatalf("answer of %d bytes, %v", len(answer), err)
	}
	if n := len(lines(t, log)); n != 2002 {
		t.Errorf("%d log lines, want one for each window", n)
	}
}

func TestHandle_LogOfAVerification(t *testing.T) {
	h, log := newHandler(func(_ context.Context, r archive.Request) (*archive.Report, error) {
		return &archive.Report{Mode: r.Mode, Checked: &archive.Checked{Windows: 24, Files: 300}, Findings: make([]archive.Finding, 2)},
			errors.New("1 window failed")
	})
	_, err := h.Handle(t.Context(), event(t, "manual-all"))
	checkError(t, err, KindArchive, "archive: 1 window failed")
	end := lines(t, log)[1]
	got := []any{end["mode"], end["checked_windows"], end["checked_files"], end["findings"]}
	if diff := cmp.Diff(got, []any{"verify", 24.0, 300.0, 2.0}); diff != "" {
		t.Errorf("end of the run (-got +want):\n%s", diff)
	}
}

func TestHandle_RequestIDs(t *testing.T) {
	h, _ := newHandler(done)
	seen := map[string]bool{}
	for _, id := range []string{"", "", "../../etc", strings.Repeat("a", 65)} {
		ctx := functioncontext.NewContext(t.Context(), &functioncontext.FunctionContext{RequestID: id})
		report, err := h.Handle(ctx, event(t, "manual"))
		if err != nil {
			t.Fatal(err)
		}
		if got := report.RequestID; !plainID.MatchString(got) || seen[got] {
			t.Errorf("id %q became %q", id, got)
		}
		seen[report.RequestID] = true
	}
}

// Side by side, each invocation sees its own credentials, though the process's environment holds the last one's.
func TestHandle_EnvironmentOfEachInvocation(t *testing.T) {
	const events = 8
	var all sync.WaitGroup
	all.Add(events)
	h := &Handler{Now: readClock, Log: slog.New(slog.DiscardHandler)}
	h.Open = func(get func(string) string, _ archive.Request) (Runner, error) {
		before := get("TENCENTCLOUD_SECRETID") + " " + get("TENCENTCLOUD_SESSIONTOKEN")
		all.Done()
		all.Wait() // by now the library has set every event's environment
		after := get("TENCENTCLOUD_SECRETID") + " " + get("TENCENTCLOUD_SESSIONTOKEN")
		return nil, fmt.Errorf("%s, %s", before, after)
	}
	call := serve(t, h)
	var wg sync.WaitGroup
	for i := range events {
		wg.Go(func() {
			id, token := fmt.Sprintf("A%d", i), fmt.Sprintf("T%d", i)
			resp := call(invocationOf("{}", map[string]string{"TENCENTCLOUD_SECRETID": id, "TENCENTCLOUD_SESSIONTOKEN": token}))
			want := fmt.Sprintf("settings: %[1]s %[2]s, %[1]s %[2]s", id, token)
			if resp.Error == nil || resp.Error.Message != want {
				t.Errorf("got %+v, want %s", resp.Error, want)
			}
		})
	}
	wg.Wait()
}
