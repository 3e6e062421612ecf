package tc3

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The names of the signature: TC3-HMAC-SHA256 over a scope of <date>/<service>/tc3_request.
const (
	algorithm = "TC3-HMAC-SHA256"
	terminal  = "tc3_request"
	maxSkew   = 5 * time.Minute
)

// signature is an Authorization header, taken apart.
type signature struct {
	secretID, date, service string
	headers                 []string // those that are signed, in the order given
	value                   string
}

// authenticate verifies who asks.
func (s Service) authenticate(r *http.Request, body []byte) error {
	sent, ok := parseSignature(r.Header.Get("Authorization"))
	if !ok || sent.service != s.Name {
		return Fail("AuthFailure.InvalidAuthorization", "The header `Authorization` is not in the form of %s.", algorithm)
	}
	key, token, ok := s.Credentials(sent.secretID)
	if !ok {
		return Fail("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
	}
	stamp := r.Header.Get("X-TC-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return Fail("MissingParameter", "The request lacks the parameter `Timestamp`.")
	}
	at := time.Unix(seconds, 0).UTC()
	if skew := s.Now().Sub(at); skew.Abs() > maxSkew || sent.date != at.Format(time.DateOnly) {
		return Fail("AuthFailure.SignatureExpire", "The signature has expired: `Timestamp` is more than %s off.", maxSkew)
	}
	if !hmac.Equal([]byte(r.Header.Get("X-TC-Token")), []byte(token)) {
		return Fail("AuthFailure.TokenFailure", "The token is not valid.")
	}
	if !hmac.Equal([]byte(sent.value), []byte(sent.sign(r, body, key, stamp))) {
		return Fail("AuthFailure.SignatureFailure", "The signature does not match.")
	}
	return nil
}

// parseSignature reads "TC3-HMAC-SHA256 Credential=<id>/<date>/<service>/tc3_request, SignedHeaders=a;b, Signature=<hex>".
// A signature that leaves out the host or the content type is not in the form.
func parseSignature(header string) (s signature, ok bool) {
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return s, false
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = value
	}
	scope := strings.Split(parts["Credential"], "/")
	s.headers, s.value = strings.Split(parts["SignedHeaders"], ";"), parts["Signature"]
	if len(scope) != 4 || scope[3] != terminal || len(parts) != 3 {
		return s, false
	}
	s.secretID, s.date, s.service = scope[0], scope[1], scope[2]
	return s, slices.Contains(s.headers, "host") && slices.Contains(s.headers, "content-type")
}

// sign computes what the signature should be. The path counts as "/" whatever it is.
func (s signature) sign(r *http.Request, body []byte, key, stamp string) string {
	var headers strings.Builder
	for _, name := range s.headers {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		headers.WriteString(name + ":" + strings.ToLower(strings.TrimSpace(value)) + "\n")
	}
	request := strings.Join([]string{
		r.Method, "/", r.URL.RawQuery, headers.String(), strings.Join(s.headers, ";"), digest(body),
	}, "\n")
	scope := s.date + "/" + s.service + "/" + terminal
	text := strings.Join([]string{algorithm, stamp, scope, digest([]byte(request))}, "\n")
	k := mac(mac(mac([]byte("TC3"+key), s.date), s.service), terminal)
	return hex.EncodeToString(mac(k, text))
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
