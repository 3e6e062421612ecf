package center

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

// The names of the signature: TC3-HMAC-SHA256 over a scope of <date>/ccc/tc3_request.
const (
	algorithm = "TC3-HMAC-SHA256"
	service   = "ccc"
	terminal  = "tc3_request"
	maxSkew   = 5 * time.Minute
)

// signature is an Authorization header, taken apart.
type signature struct {
	secretID, date string
	headers        []string // those that are signed, in the order given
	value          string
}

// authenticate verifies who asks. It follows the vendor's description of TC3 and shares no code with its SDK.
func (c *Center) authenticate(r *http.Request, body []byte) error {
	s, ok := parseSignature(r.Header.Get("Authorization"))
	if !ok {
		return fail("AuthFailure.InvalidAuthorization", "The header `Authorization` is not in the form of %s.", algorithm)
	}
	key, token, ok := c.o.Credentials(s.secretID)
	if !ok {
		return fail("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
	}
	stamp := r.Header.Get("X-TC-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fail("MissingParameter", "The request lacks the parameter `Timestamp`.")
	}
	at := time.Unix(seconds, 0).UTC()
	if skew := c.o.Wall().Sub(at); skew.Abs() > maxSkew || s.date != at.Format(time.DateOnly) {
		return fail("AuthFailure.SignatureExpire", "The signature has expired: `Timestamp` is more than %s off.", maxSkew)
	}
	if !hmac.Equal([]byte(r.Header.Get("X-TC-Token")), []byte(token)) {
		return fail("AuthFailure.TokenFailure", "The token is not valid.")
	}
	if !hmac.Equal([]byte(s.value), []byte(s.sign(r, body, key, stamp))) {
		return fail("AuthFailure.SignatureFailure", "The signature does not match.")
	}
	return nil
}

// parseSignature reads "TC3-HMAC-SHA256 Credential=<id>/<date>/ccc/tc3_request, SignedHeaders=a;b, Signature=<hex>".
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
	if len(scope) != 4 || scope[2] != service || scope[3] != terminal || len(parts) != 3 {
		return s, false
	}
	s.secretID, s.date = scope[0], scope[1]
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
	scope := s.date + "/" + service + "/" + terminal
	text := strings.Join([]string{algorithm, stamp, scope, digest([]byte(request))}, "\n")
	k := mac(mac(mac([]byte("TC3"+key), s.date), service), terminal)
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
