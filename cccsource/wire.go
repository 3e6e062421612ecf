package cccsource

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
)

// maxAnswer bounds what one answer may take: 100 calls of 320 KB each.
const maxAnswer = 32 << 20

// page is one answer that counts.
type page struct {
	total int
	calls []json.RawMessage
}

// answer is what the tap saw of one attempt.
type answer struct {
	seen bool // a request went out
	page page
	err  *Error
}

type answerKey struct{}

// tap sits below the SDK. The SDK's own reading of an answer loses fields, whole lists and the HTTP status, quotes
// bodies in its errors, panics on `null`, and parses every page five times. So the tap reads the answer itself, puts
// it into the context's answer, and hands the SDK a stub.
type tap struct{ base http.RoundTripper }

// stubResponse is what the SDK parses the stub into.
type stubResponse struct{ tchttp.BaseResponse }

func (t tap) RoundTrip(req *http.Request) (*http.Response, error) {
	a, ok := req.Context().Value(answerKey{}).(*answer)
	if !ok {
		return nil, errors.New("request without a place for its answer")
	}
	a.seen = true
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		a.err = &Error{Err: cause(err)}
		return nil, err
	}
	defer resp.Body.Close()
	a.page, a.err = readAnswer(resp)
	return stub(req), nil
}

// stub is an empty success. Its status keeps http.Client from following a redirect with our signature.
func stub(req *http.Request) *http.Response {
	const body = `{"Response":{}}`
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}
}

func readAnswer(resp *http.Response) (page, *Error) {
	var body bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= maxAnswer {
		body.Grow(int(n) + bytes.MinRead) // ReadFrom wants room behind the end
	}
	n, err := body.ReadFrom(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return page{}, &Error{Status: resp.StatusCode, Err: fmt.Errorf("read answer: %w", cause(err))}
	case n > maxAnswer:
		return page{}, &Error{Status: resp.StatusCode, Err: fmt.Errorf("answer is larger than %d MB", maxAnswer>>20)}
	}
	return parse(resp.StatusCode, body.Bytes())
}

// envelope is the API's answer. The deprecated list stays raw: it is read only where the other one is missing.
type envelope struct {
	Response *struct {
		TotalCount *int
		TelCdrList []json.RawMessage
		TelCdrs    json.RawMessage
		RequestId  string
		Error      *struct{ Code, Message string }
	}
}

func parse(status int, body []byte) (page, *Error) {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return page{}, &Error{Status: status, Err: unreadable(err)}
	}
	r := e.Response
	if r == nil {
		return page{}, &Error{Status: status, Err: errors.New("answer has no Response")}
	}
	odd := func(what string) (page, *Error) {
		return page{}, &Error{Status: status, RequestID: word(r.RequestId), Err: errors.New(what)}
	}
	switch {
	case r.Error != nil:
		return page{}, newError(status, r.Error.Code, r.Error.Message, r.RequestId)
	case status != http.StatusOK:
		return odd("answer tells neither calls nor an error")
	case r.TotalCount == nil:
		return odd("answer has no TotalCount")
	case *r.TotalCount < 0:
		return odd("answer has a negative TotalCount")
	}
	calls := r.TelCdrList
	if len(calls) == 0 && len(r.TelCdrs) > 0 {
		if err := json.Unmarshal(r.TelCdrs, &calls); err != nil {
			return odd("answer has an unexpected type in Response.TelCdrs")
		}
	}
	return page{total: *r.TotalCount, calls: calls}, nil
}

// unreadable says what is wrong with an answer without quoting it: json's own errors quote values.
func unreadable(err error) error {
	if odd, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && odd.Field != "" {
		return fmt.Errorf("answer has an unexpected type in %s", odd.Field)
	}
	return errors.New("answer is not the API's JSON")
}
