package platform

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"cdrvault/devcloud/tc3"
)

// RequestOperation names what a request to the API asks for, to a script of faults: RequestInvoke, or Unknown.
func RequestOperation(r *http.Request) string {
	if action := tc3.Action(r); action != "" {
		return "Request" + action
	}
	return "Unknown"
}

// RefuseRequest answers with an error in the API's form. It is the Refuse of a fault.Wire.
func RefuseRequest(w http.ResponseWriter, _ *http.Request, status int, code, message string) {
	tc3.Refuse(w, status, &tc3.Error{Code: code, Message: message})
}

// invokeRequest are the parameters of Invoke (document 583/17243).
type invokeRequest struct {
	FunctionName   string
	InvocationType string // RequestResponse, or Event; empty: the first
	Qualifier      string
	ClientContext  string // the event; empty: {}
	LogType        string // None, or Tail; there is no log in the answer all the same
	Namespace      string
	RoutingKey     string
}

// invokeResponse is what Invoke answers. For an event that was queued all but the ids is empty.
type invokeResponse struct {
	Result    invokeResult
	RequestId string // of the request; the function is told the other one
}

type invokeResult struct {
	Log               string
	RetMsg            string
	ErrMsg            string
	MemUsage          int64   // bytes
	Duration          float64 // ms
	BillDuration      int64   // ms
	FunctionRequestId string
	InvokeResult      int // 0, or the status of a run that failed
}

// ServeHTTP is the platform's API: the action Invoke of service scf, as the official SDK sends it. It does not know the
// rate limit of the true API, nor that it gives a synchronous run up after 300 s.
func (f *Fleet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := tc3.Service{
		Name: "scf", Version: "2018-04-16", Actions: []string{"Invoke"}, Credentials: f.o.Credentials, Now: time.Now,
	}.Admit(r)
	if err != nil {
		tc3.Refuse(w, http.StatusOK, tc3.AsError(err))
		return
	}
	result, err := f.invoke(r, body)
	if err != nil {
		tc3.Refuse(w, http.StatusOK, tc3.AsError(err))
		return
	}
	tc3.Answer(w, invokeResponse{Result: result, RequestId: tc3.RequestID()})
}

// invoke carries a request out.
func (f *Fleet) invoke(r *http.Request, body []byte) (invokeResult, error) {
	q, err := f.parse(r, body)
	if err != nil {
		return invokeResult{}, err
	}
	if q.InvocationType == "Event" {
		id, err := f.Send([]byte(q.ClientContext))
		if e, ok := errors.AsType[*FunctionError](err); ok {
			err = refusal(e)
		}
		return invokeResult{FunctionRequestId: id}, err
	}
	if !json.Valid([]byte(q.ClientContext)) {
		return invokeResult{}, refusal(&FunctionError{Status: StatusBadEvent})
	}
	return f.answer(context.WithoutCancel(r.Context()), []byte(q.ClientContext)) // a client that leaves ends no run
}

// parse reads and checks the parameters. A script of faults has had its say by now.
func (f *Fleet) parse(r *http.Request, body []byte) (q invokeRequest, err error) {
	if r.Method != http.MethodPost {
		return q, tc3.Fail("UnsupportedProtocol", "Invoke is not asked for by %s here.", r.Method)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&q); err != nil {
		return q, tc3.Fail("InvalidParameter", "The parameters are not those of Invoke: %v.", err)
	}
	fill(&q.ClientContext, "{}")
	return q, f.check(q)
}

func (f *Fleet) check(q invokeRequest) error {
	own := f.o.Function
	among := func(value string, allowed ...string) bool { return value == "" || slices.Contains(allowed, value) }
	switch {
	case q.FunctionName == "":
		return tc3.Fail("MissingParameter", "The request lacks the parameter `FunctionName`.")
	case q.FunctionName != own.Name, !among(q.Namespace, own.Namespace):
		return tc3.Fail("ResourceNotFound.Function", "The namespace has no function of this name.")
	case !among(q.Qualifier, own.Version, "$LATEST", "$DEFAULT"):
		return tc3.Fail("ResourceNotFound.Qualifier", "The function has no version or alias of this name.")
	case !among(q.InvocationType, "RequestResponse", "Event"):
		return tc3.Fail("InvalidParameterValue", "The parameter `InvocationType` is neither RequestResponse nor Event.")
	case !among(q.LogType, "None", "Tail"):
		return tc3.Fail("InvalidParameterValue", "The parameter `LogType` is neither None nor Tail.")
	case len(q.RoutingKey) > 1024:
		return tc3.Fail("InvalidParameterValue", "The parameter `RoutingKey` has more than 1024 bytes.")
	case len(q.ClientContext) > MaxEvent:
		return refusal(&FunctionError{Status: StatusEventTooLarge})
	}
	return nil
}

// refusal is the API's error for an event that the platform does not take.
func refusal(e *FunctionError) error {
	if e.Status == StatusEventTooLarge {
		return tc3.Fail("InvalidParameter.RequestTooLarge",
			"The event is larger than %d bytes, or %d for an asynchronous one.", MaxEvent, MaxAsyncEvent)
	}
	return tc3.Fail("InvalidParameterValue.Param", "The parameter `ClientContext` is not JSON.")
}

// answer runs an event and tells how it went. A function that fails is no error of the API's.
func (f *Fleet) answer(ctx context.Context, event []byte) (invokeResult, error) {
	inv := Invocation{Event: event, RequestID: tc3.RequestID()}
	run, err := f.Invoke(ctx, inv)
	if err != nil {
		return invokeResult{}, err
	}
	result := invokeResult{
		RetMsg: string(run.Payload), FunctionRequestId: inv.RequestID, MemUsage: run.MaxRSS,
		Duration: float64(run.Duration) / float64(time.Millisecond), BillDuration: run.Duration.Milliseconds(),
	}
	if e := run.Err; e != nil {
		result.InvokeResult, result.ErrMsg = e.Status, e.told(inv.RequestID)
	}
	return result, nil
}

// told is a failed run as the platform words it for the caller.
func (e *FunctionError) told(requestID string) string {
	text, _ := json.Marshal(map[string]any{ // text and numbers always marshal
		"errorCode": -1, "errorMessage": e.Type + ": " + e.Message, "requestId": requestID, "statusCode": e.Status,
	})
	return string(text)
}
