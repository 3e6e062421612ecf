// Package tc3 is the edge that all services of Tencent's API 3.0 have in common: common parameters, the signature
// TC3-HMAC-SHA256 with temporary keys, the envelope around answers and errors.
//
// It promises that a request which Admit lets pass was signed, body and all, with a key that holds now, and that
// everything else is refused with the code of the vendor's document. It follows that document and shares no code with the
// vendor's SDK. It does not know what an action means or which parameters it has.
package tc3

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"time"

	"cdrvault/devcloud/fault"
)

// MaxBody is the API's limit for a request, in bytes.
const MaxBody = 10 << 20

// Service is one of the API's services. All fields are required.
type Service struct {
	Name        string // as signatures have it: ccc, scf
	Version     string // a date
	Actions     []string
	Credentials func(secretID string) (key, token string, ok bool)
	Now         func() time.Time // what time stamps are held against
}

var (
	regionForm = regexp.MustCompile(`^[a-z]+-[a-z]+(-[0-9a-z]+)*$`)
	dateForm   = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
)

// Admit reads a request and finds out whether it may be answered: what it asks for exists, and who asks is who they say.
// It gives the body; its errors are *Error. Where a script of faults lets the credentials expire, it refuses them.
func (s Service) Admit(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	switch {
	case err != nil:
		return nil, Fail("InvalidRequest", "The request body was cut.")
	case len(body) > MaxBody:
		return nil, Fail("RequestSizeLimitExceeded", "The request body has more than %d bytes.", MaxBody)
	}
	if err := s.checkCommon(r); err != nil {
		return nil, err
	}
	if fault.Expired(r.Context()) {
		return nil, Fail("AuthFailure.TokenFailure", "The token has expired.")
	}
	return body, s.authenticate(r, body)
}

// checkCommon looks at the common parameters other than the signature's.
func (s Service) checkCommon(r *http.Request) error {
	action, version, region := Action(r), r.Header.Get("X-TC-Version"), r.Header.Get("X-TC-Region")
	switch {
	case r.Method != http.MethodPost && r.Method != http.MethodGet:
		return Fail("UnsupportedProtocol", "The method %s is not supported.", r.Method)
	case action == "":
		return Fail("MissingParameter", "The request lacks the parameter `Action`.")
	case !slices.Contains(s.Actions, action):
		return Fail("InvalidAction", "The action `%s` does not exist here.", action)
	case !dateForm.MatchString(version):
		return Fail("InvalidParameter", "The parameter `Version` is no date.")
	case version != s.Version:
		return Fail("NoSuchVersion", "The product `%s` has no version `%s`.", s.Name, version)
	case region != "" && !regionForm.MatchString(region):
		return Fail("UnsupportedRegion", "The region `%s` is not supported.", region)
	}
	return nil
}

// Action is what a request asks for; empty: it does not say.
func Action(r *http.Request) string { return r.Header.Get("X-TC-Action") }
