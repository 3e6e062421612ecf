package cccsource

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"

	tcerr "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"

	"cdrvault/archive"
)

// Error is an attempt that brought no calls: the API refused it (Code is set), or no answer of the API came (Err is
// set). Its text may be logged.
type Error struct {
	Code      string // the API's code, as in RequestLimitExceeded.UinLimitExceeded; empty without an answer
	Message   string // the API's own words, clipped, without links, long digit runs, addresses and keys
	RequestID string // the API's; empty where it did not tell one
	Status    int    // of HTTP; 0 without an answer
	Err       error  // what went wrong on the way
}

func newError(status int, code, message, id string) *Error {
	return &Error{Code: word(code), Message: clean(message), RequestID: word(id), Status: status}
}

// notSent is an error that the SDK made itself, before anything was sent. Only its code is told: its texts quote.
func notSent(err error) *Error {
	e := &Error{Code: "ClientError", Err: errors.New("request was not sent")}
	if sdk, ok := errors.AsType[*tcerr.TencentCloudSDKError](err); ok {
		e.Code = word(sdk.Code)
	}
	return e
}

// Error tells the code, the cause, the request id and what to do.
func (e *Error) Error() string {
	var parts []string
	if e.Code != "" {
		parts = append(parts, e.Code)
	} else if e.Status != 0 {
		parts = append(parts, fmt.Sprintf("status %d", e.Status))
	}
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	if e.RequestID != "" {
		parts = append(parts, "request "+e.RequestID)
	}
	if hint := e.hint(); hint != "" {
		parts = append(parts, hint)
	}
	return strings.Join(parts, ": ")
}

// Unwrap gives the cause on the way, if there is one.
func (e *Error) Unwrap() error { return e.Err }

// codes says which of the API's codes end the trying, and what a person can do, by how a code begins, the more special
// first. Codes that are not listed are tried again: asking is harmless, and the API's list of codes grows.
var codes = []struct {
	begins string
	final  bool
	hint   string
}{
	{"RequestLimitExceeded", false, "lower this process's share of the request limit if others use the account too"},
	{"AuthFailure.UnauthorizedOperation", true, "grant ccc:DescribeTelCdr to this key, or to the function's role"},
	{"AuthFailure.SignatureExpire", true, "set the clock: it is more than five minutes off"},
	{"AuthFailure.TokenFailure", true, "check the temporary key: it has expired, or lacks its token"},
	{"AuthFailure", true, "check the key"},
	{"Unauthorized", true, "grant ccc:DescribeTelCdr to this key, or to the function's role"},
	{"InvalidParameter.InstanceNotExist", true, "check the application id"},
	{"InvalidParameterValue.InstanceNotExist", true, "check the application id"},
	{"UnsupportedRegion", true, "check the API's region"},
	{"NoSuch", true, "check the API's endpoint"},
	{"Invalid", true, ""},
	{"Missing", true, ""},
	{"Unknown", true, ""},
	{"Unsupported", true, ""},
	{"ResourceNotFound", true, ""},
	{"OperationDenied", true, ""},
	{"ActionOffline", true, ""},
	{"IpInBlacklist", true, ""},
	{"IpNotInWhitelist", true, ""},
	{"RequestSizeLimitExceeded", true, ""},
	{"ResponseSizeLimitExceeded", true, ""},
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

// denials begin the codes that say nothing of a request and all of whoever makes it.
var denials = []string{"AuthFailure", "Unauthorized", "UnsupportedRegion", "NoSuch", "ActionOffline", "IpIn", "IpNotIn"}

// Is tells that an error is archive.ErrDenied.
func (e *Error) Is(target error) bool {
	return target == archive.ErrDenied &&
		slices.ContainsFunc(denials, func(begins string) bool { return strings.HasPrefix(e.Code, begins) })
}

// hint says what a person can do about the error; empty where nothing is known that would help.
func (e *Error) hint() string {
	_, hint := e.class()
	return hint
}

func (e *Error) final() bool {
	final, _ := e.class()
	return final
}

// cause is what may be told of a transport's error. Only kinds whose texts are known to hold nothing but addresses
// and host names pass; net/http's other texts quote links and pieces of answers.
func cause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok && !op.Timeout() {
		return op
	}
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return cert
	}
	late, ok := errors.AsType[net.Error](err)
	switch {
	case ok && late.Timeout():
		return errors.New("no answer in time") // not context.DeadlineExceeded: that would be the caller's
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	}
	return errors.New("connection broke, or the answer was not HTTP")
}

var (
	links  = regexp.MustCompile(`\S*(://|@)\S*`)
	tokens = regexp.MustCompile(`[0-9A-Za-z+/=_-]{24,}`)
	digits = regexp.MustCompile(`\+?[0-9][0-9 ()-]{4,}[0-9]`)
)

// clean makes a foreign text fit for a log: one line of 200 bytes at most, without links, mail addresses, keys and
// anything that could be a phone number.
func clean(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), 2000)], "")
	s = strings.Join(strings.Fields(s), " ")
	for _, r := range []*regexp.Regexp{links, tokens, digits} {
		s = r.ReplaceAllString(s, "…")
	}
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:197], "") + "…"
	}
	return s
}

var plainWord = regexp.MustCompile(`^[0-9A-Za-z._-]{1,64}$`)

// word lets a foreign code or request id pass only where it looks like one.
func word(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return ""
}
