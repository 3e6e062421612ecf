package cosstore

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tencentyun/cos-go-sdk-v5"
)

// Error is what went wrong with one call. Its text names the key, COS's code and request id, and where it helps what
// to do; COS's own message is left out, since it is free text and quotes what was sent.
type Error struct {
	Op, Key   string
	Status    int    // of the answer; 0 where there was none
	Code      string // COS's, such as SlowDown; empty for HEAD, whose answers have no body
	RequestID string // COS's, for their support
	Tries     int    // 0 where trying again was of no use
	Err       error  // the cause; wraps fs.ErrNotExist and fs.ErrExist

	transient  bool
	retryAfter time.Duration
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s:", e.Op, e.Key)
	if e.Status != 0 {
		fmt.Fprintf(&b, " %d", e.Status)
		if e.Code != "" {
			b.WriteString(" " + e.Code)
		}
	}
	if e.Err != nil {
		b.WriteString(" " + strings.ReplaceAll(e.Err.Error(), "\n", "; "))
	}
	if e.RequestID != "" {
		b.WriteString(", request " + e.RequestID)
	}
	if e.Tries > 0 {
		fmt.Fprintf(&b, ", tried %d times", e.Tries)
	}
	if h := e.hint(); h != "" {
		b.WriteString(" (" + h + ")")
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is tells whether target is an answer of COS's that refused another call for the same reason.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && e.Status != 0 && e.Status == other.Status && e.Code == other.Code
}

// final is e when all the tries are spent.
func (e *Error) final(tries int) *Error {
	f := *e
	f.transient, f.Tries = false, tries
	return &f
}

// again is e where writing once more can help.
func (e *Error) again() *Error {
	a := *e
	a.transient = true
	return &a
}

// failure is an error of our own, which no repetition mends.
func failure(op, key string, err error) *Error { return &Error{Op: op, Key: key, Err: err} }

// answerError makes an Error of what the SDK returns: an answer with a bad status, or no usable answer at all.
func answerError(op, key string, err error) *Error {
	e := failure(op, key, stripURL(err))
	var answer *cos.ErrorResponse
	if !errors.As(e.Err, &answer) {
		var cert *tls.CertificateVerificationError
		e.transient = !errors.As(e.Err, &cert)
		return e
	}
	e.Err = nil // its text has the whole URL
	e.Status = answer.Response.StatusCode
	e.Code = word(answer.Code)
	e.RequestID = word(answer.RequestID)
	if e.RequestID == "" {
		e.RequestID = word(answer.Response.Header.Get("X-Cos-Request-Id"))
	}
	e.retryAfter = retryAfter(answer.Response.Header)
	e.transient = transient(e.Status, e.Code)
	if e.Status == http.StatusNotFound && (e.Code == "" || e.Code == "NoSuchKey") {
		e.Err = fs.ErrNotExist
	}
	return e
}

// stripURL takes the cause out of the SDK's and net/http's wrappings: RetryError hides it, url.Error shows the URL.
func stripURL(err error) error {
	var retries *cos.RetryError
	if errors.As(err, &retries) && len(retries.Errs) > 0 {
		err = retries.Errs[len(retries.Errs)-1]
	}
	var located *url.Error
	if errors.As(err, &located) {
		err = located.Err
	}
	return err
}

func transient(status int, code string) bool {
	switch code {
	case "SlowDown", "RequestTimeout", "RequestTimeOut":
		return true
	}
	return status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

// retryAfter reads the seconds form; the date form would need a clock.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 3600)) * time.Second
}

var wordPattern = regexp.MustCompile(`^[A-Za-z0-9._=-]{1,80}$`)

// word lets only what looks like a code or an id into an error.
func word(s string) string {
	if wordPattern.MatchString(s) {
		return s
	}
	return ""
}

// hint says what a person can do about e.
func (e *Error) hint() string {
	switch e.Code {
	case "NoSuchBucket":
		return "check COS_BUCKET and COS_REGION"
	case "SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken", "InvalidSecurity", "RequestIsExpired":
		return "the credential is wrong or has expired"
	case "RequestTimeTooSkewed":
		return "this machine's clock is wrong"
	case "InvalidObjectState":
		return "the object is in an archive class and has to be restored first"
	}
	switch {
	case e.Status == http.StatusForbidden:
		return "does the role's policy allow this action on this key? COS may say 403 for an absent object " +
			"where name/cos:GetBucket is not allowed"
	case e.Status >= 300 && e.Status < 400:
		return "the bucket is elsewhere: check COS_REGION and COS_ENDPOINT"
	}
	return ""
}
