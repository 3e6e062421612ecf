package center

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"cdrvault/devcloud/fault"
)

// maxBody is the API's limit for a request.
const maxBody = 10 << 20

// apiError is an error as the API tells it. Errors travel with HTTP status 200.
type apiError struct {
	Code    string
	Message string
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

func fail(code, format string, args ...any) error {
	return &apiError{code, fmt.Sprintf(format, args...)}
}

// answer is what the API sends when all went well.
type answer struct {
	TotalCount int
	TelCdrList *[]json.RawMessage `json:",omitempty"`
	TelCdrs    *[]json.RawMessage `json:",omitempty"`
	RequestId  string
}

// serveAPI answers one request in the API's envelope.
func (c *Center) serveAPI(w http.ResponseWriter, r *http.Request) {
	id := requestID()
	var response any
	if a, err := c.call(r); err != nil {
		response = c.refusal(err, id)
	} else {
		a.RequestId = id
		response = a
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(map[string]any{"Response": response}); err != nil {
		http.Error(w, "encode answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(bytes.TrimRight(b.Bytes(), "\n")) // a client that has left needs no answer
}

// refusal is what the API sends when it answers with an error. One that has no code comes from a record that a test
// set by hand.
func (c *Center) refusal(err error, id string) any {
	var e *apiError
	if !errors.As(err, &e) {
		e = &apiError{"InternalError", err.Error()}
	}
	c.stats.refuse(e.Code)
	return struct {
		Error     *apiError
		RequestId string
	}{e, id}
}

var (
	regionForm = regexp.MustCompile(`^[a-z]+-[a-z]+(-[0-9a-z]+)*$`)
	dateForm   = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
)

// call takes a request through the steps of the API: who asks, for what, how often, with which parameters.
func (c *Center) call(r *http.Request) (*answer, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, fail("InvalidRequest", "The request body was cut.")
	case len(body) > maxBody:
		return nil, fail("RequestSizeLimitExceeded", "The request body has more than %d bytes.", maxBody)
	}
	if err := checkCommon(r); err != nil {
		return nil, err
	}
	if fault.Expired(r.Context()) {
		return nil, fail("AuthFailure.TokenFailure", "The token has expired.")
	}
	if err := c.authenticate(r, body); err != nil {
		return nil, err
	}
	if !c.limit.take(c.o.Wall()) {
		return nil, fail("RequestLimitExceeded", "The request frequency is over %d a second.", c.o.RateLimit)
	}
	now := c.o.Now()
	q, err := parseQuery(r, body, now)
	if err != nil {
		return nil, err
	}
	return c.describe(r, q, now)
}

// checkCommon looks at the common parameters other than the signature's.
func checkCommon(r *http.Request) error {
	action, version, region := r.Header.Get("X-TC-Action"), r.Header.Get("X-TC-Version"), r.Header.Get("X-TC-Region")
	switch {
	case r.Method != http.MethodPost && r.Method != http.MethodGet:
		return fail("UnsupportedProtocol", "The method %s is not supported.", r.Method)
	case action == "":
		return fail("MissingParameter", "The request lacks the parameter `Action`.")
	case action != "DescribeTelCdr":
		return fail("InvalidAction", "The action `%s` does not exist here.", action)
	case !dateForm.MatchString(version):
		return fail("InvalidParameter", "The parameter `Version` is no date.")
	case version != "2020-02-10":
		return fail("NoSuchVersion", "The product `ccc` has no version `%s`.", version)
	case region != "" && !regionForm.MatchString(region):
		return fail("UnsupportedRegion", "The region `%s` is not supported.", region)
	}
	return nil
}

// describe makes a page of the answer, its links signed for this request alone.
func (c *Center) describe(r *http.Request, q query, now time.Time) (*answer, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if _, ok := c.books[q.app]; !ok {
		return nil, fail("InvalidParameterValue.InstanceNotExist", "The instance %s does not exist.", q.app)
	}
	found := c.find(q, now)
	page := []json.RawMessage{}
	for _, e := range q.cut(found) {
		raw, err := e.call.Record(now, c.linker(r, e, now))
		if err != nil {
			return nil, err
		}
		page = append(page, raw)
	}
	a := &answer{TotalCount: len(found)}
	if c.o.Lists != TelCdrs {
		a.TelCdrList = &page
	}
	if c.o.Lists != TelCdrList {
		a.TelCdrs = &page
	}
	return a, nil
}

// requestID is a random UUID.
func requestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: it ends the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
