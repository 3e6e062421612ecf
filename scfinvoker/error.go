package scfinvoker

import (
	"context"
	"errors"
	"net"
	"regexp"
	"slices"
	"strings"

	tcerr "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
)

// Error is an attempt after which nobody can say that the event is queued: the platform refused it (Code is set), or no answer
// came that could be read (Err is set). The platform's own words are left out: they name accounts and resources.
type Error struct {
	Code      string // the platform's code, as in UnauthorizedOperation.CAM; empty without an answer
	RequestID string // the platform's; empty where it did not tell one
	Err       error  // what went wrong on the way
}

// newError reads an error of the SDK. Its text is not told: for an answer that it cannot parse it quotes all of it.
func newError(err error) *Error {
	told, ok := errors.AsType[*tcerr.TencentCloudSDKError](err)
	switch {
	case !ok || told.Code == "ClientError.NetworkError":
		return &Error{Err: cause(err)}
	case slices.Contains(unreadable, told.Code):
		return &Error{Err: errors.New("answer is not the platform's JSON")}
	}
	return &Error{Code: word(told.Code), RequestID: word(told.RequestId)}
}

// unreadable are the SDK's own codes for an answer that came and is none.
var unreadable = []string{"ClientError.ParseJsonError", "ClientError.HttpStatusCodeError", "ClientError.IOError"}

// Error tells the code, the cause, the request id and what to do.
func (e *Error) Error() string {
	var parts []string
	if e.Code != "" {
		parts = append(parts, e.Code)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	if e.RequestID != "" {
		parts = append(parts, "request "+e.RequestID)
	}
	if _, hint := e.class(); hint != "" {
		parts = append(parts, hint)
	}
	if len(parts) == 0 {
		return "refused"
	}
	return strings.Join(parts, ": ")
}

// Unwrap gives the cause on the way, if there is one.
func (e *Error) Unwrap() error { return e.Err }

const grant = "grant scf:InvokeFunction on the function to the key that asks: in the function, to its role"

// codes says which of the platform's codes end the trying, and what a person can do, by how a code begins, the more special
// first. Codes that are not listed are tried again: an event that is queued twice is harmless.
var codes = []struct {
	begins string
	final  bool
	hint   string
}{
	{"AuthFailure.UnauthorizedOperation", true, grant},
	{"AuthFailure.SignatureExpire", true, "set the clock: it is more than five minutes off"},
	{"AuthFailure.TokenFailure", true, "check the temporary key: it has expired, or lacks its token"},
	{"AuthFailure", true, "check the key"},
	{"Unauthorized", true, grant},
	{"ResourceNotFound", true, "check the function's name, namespace, qualifier and region"},
	{"InvalidParameter.FunctionName", true, "check the function's name"},
	{"FailedOperation.FunctionStatusError", true, "wait until the function is active"},
	{"ResourceUnavailable", true, "the account is in arrears, or the service suspended"},
	{"UnsupportedRegion", true, "check the region"},
	{"NoSuch", true, "check the platform's endpoint"},
	{"RequestSizeLimitExceeded", true, ""},
	{"Invalid", true, ""},
	{"Missing", true, ""},
	{"Unknown", true, ""},
	{"Unsupported", true, ""},
	{"OperationDenied", true, ""},
	{"ActionOffline", true, ""},
	{"ClientError", true, ""}, // the SDK's own, before anything was sent
}

func (e *Error) class() (final bool, hint string) {
	for _, c := range codes {
		if strings.HasPrefix(e.Code, c.begins) {
			return c.final, c.hint
		}
	}
	return false, ""
}

func (e *Error) final() bool {
	final, _ := e.class()
	return final
}

// cause is what may be told of a transport's error: addresses and host names, and that it took too long.
func cause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok && !op.Timeout() {
		return op
	}
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer in time") // not context.DeadlineExceeded: that would be the caller's
	}
	return errors.New("connection broke, or the answer was not HTTP")
}

var plainWord = regexp.MustCompile(`^[0-9A-Za-z._-]{1,64}$`)

// word lets a foreign code or request id pass only where it looks like one.
func word(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return ""
}
