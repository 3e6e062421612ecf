// Package handler is the function's edge: events in, answers out.
//
// It promises that every event, however broken, is answered with a report or with one *RunError; that settings and
// credentials are those of this very invocation; that a run ends before the platform would end it; and that nothing
// secret or personal leaves through an error, an answer or a log line. What a run leaves to other runs it puts into the
// function's own queue. It does not know what a window, a manifest or a bucket is: those rules are the archive's.
package handler

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"cdrvault/archive"

	"github.com/tencentyun/scf-go-lib/functioncontext"
)

// Runner does one run. Where a run ends with an error, the report tells what was done until then; it may be nil.
type Runner interface {
	Run(ctx context.Context, r archive.Request) (*archive.Report, error)
}

// Handler answers invocations. Its methods are safe for concurrent use where its functions and Log are.
type Handler struct {
	// Open builds the runner of one invocation from that invocation's environment: a warm instance gets new
	// credentials with every event, so nothing may be kept from the invocation before. The request tells how much of
	// CCC_RATE_LIMIT the run may take.
	Open func(get func(string) string, r archive.Request) (Runner, error)
	// Connect connects to a function, as a rule this one, with that invocation's credentials. It sends nothing.
	Connect func(get func(string) string, to Target) (Invoker, error)
	// SelfContinue tells whether a run hands on what it leaves: the setting SELF_CONTINUE of that environment.
	SelfContinue func(get func(string) string) bool

	Now func() time.Time // what a manual event takes for now
	Log *slog.Logger     // JSON lines to stdout, where the platform collects them
}

// Invoke is Handle in the library's raw form: serve it with cloudfunction.StartHandler. cloudfunction.Start with
// Handle parses the event before we see it and answers broken JSON with an error type of its own.
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	report, err := h.Handle(ctx, payload)
	if err != nil {
		return nil, err
	}
	answer, err := json.Marshal(report)
	if err != nil { // a number that JSON does not have: a bug of the archive's
		return nil, &RunError{Kind: KindArchive, err: err, text: "archive: " + err.Error()}
	}
	return answer, nil
}

// Handle turns an event into a run and the run into an answer. Every error is a *RunError.
func (h *Handler) Handle(ctx context.Context, payload json.RawMessage) (*archive.Report, error) {
	in := h.begin(ctx)
	report, err := in.run(ctx, payload)
	if err != nil {
		err = in.conceal(err)
	}
	in.logEnd(report, err)
	if err != nil {
		return nil, err // the library drops an answer that comes with an error: the log has it
	}
	return fit(report.Short()), nil
}

// invocation is what belongs to one event and to no other.
type invocation struct {
	*Handler
	fc  *functioncontext.FunctionContext // never nil
	id  string
	get func(string) string
	log *slog.Logger
}

func (h *Handler) begin(ctx context.Context) *invocation {
	fc, ok := functioncontext.FromContext(ctx)
	if !ok {
		fc = &functioncontext.FunctionContext{}
	}
	id := requestID(fc)
	return &invocation{Handler: h, fc: fc, id: id, get: environment(fc), log: h.Log.With("request_id", id)}
}

func (in *invocation) run(ctx context.Context, payload []byte) (report *archive.Report, err error) {
	defer func() {
		if v := recover(); v != nil {
			// The library recovers too, but asks the platform to end the process and answers with the panic's text,
			// which may quote a record.
			report, err = nil, newPanicError(v)
		}
	}()
	req, trigger, err := decode(payload, in.Now)
	if err != nil {
		return nil, &RunError{Kind: KindEvent, err: err}
	}
	req.ID = in.id
	in.logStart(req, trigger)

	ctx, cancel := withDeadline(ctx, in.fc.TimeLimitInMs)
	defer cancel()
	runner, err := in.Open(in.get, req)
	if err != nil {
		return nil, &RunError{Kind: KindSettings, err: err}
	}
	report, err = in.work(ctx, runner, req)
	if report == nil && err == nil {
		err = errors.New("run without a report")
	}
	if err != nil {
		return report, &RunError{Kind: kindOf(err), err: err, stack: stackOf(err)}
	}
	return report, in.handOn(ctx, req, report)
}

// work runs, and leaves time to hand on shares, or the rest where that may come.
func (in *invocation) work(ctx context.Context, runner Runner, req archive.Request) (*archive.Report, error) {
	if req.Shares > 1 || in.SelfContinue(in.get) {
		var cancel context.CancelFunc
		ctx, cancel = sparing(ctx)
		defer cancel()
	}
	return runner.Run(ctx, req)
}
