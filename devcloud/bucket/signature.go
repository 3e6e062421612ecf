package bucket

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// skew is how far a signature's time may begin in the future: the clocks of client and server differ.
const skew = 15 * time.Minute

// signature is what a request says of its signing: in the Authorization header, in the query, or as one query value.
type signature struct {
	algorithm, id, signTime, keyTime string
	headers, params                  []string // names, in lower case and encoded
	digest                           string
	presigned                        bool
}

// verify refuses a request that is not signed by a known key, as a whole, for now, and with that key's token.
func (b *Bucket) verify(r *http.Request) error {
	if b.o.Credentials == nil {
		return nil
	}
	query := r.URL.Query()
	s, ok := readSignature(r, query)
	if !ok {
		return errAccessDenied
	}
	key, token, ok := b.o.Credentials(s.id)
	if !ok {
		return errUnknownID
	}
	if err := s.timely(b.o.SignedAt()); err != nil {
		return err
	}
	if !hmac.Equal([]byte(s.digest), []byte(s.sign(r, query, key))) {
		return errSignature
	}
	if !s.complete(r, query) {
		return errUnsignedComponent
	}
	sent := r.Header.Get("X-Cos-Security-Token")
	if sent == "" {
		sent = query.Get("x-cos-security-token")
	}
	if subtle.ConstantTimeCompare([]byte(sent), []byte(token)) == 0 {
		return errWrongToken
	}
	return nil
}

func readSignature(r *http.Request, query url.Values) (signature, bool) {
	fields := query
	text := r.Header.Get("Authorization")
	presigned := text == ""
	if presigned && query.Has("sign") {
		text = query.Get("sign")
	}
	if text != "" {
		fields = url.Values{}
		for pair := range strings.SplitSeq(text, "&") {
			name, value, _ := strings.Cut(pair, "=")
			fields.Set(name, value)
		}
	}
	return signature{
		algorithm: fields.Get("q-sign-algorithm"),
		id:        fields.Get("q-ak"),
		signTime:  fields.Get("q-sign-time"),
		keyTime:   fields.Get("q-key-time"),
		headers:   names(fields.Get("q-header-list")),
		params:    names(fields.Get("q-url-param-list")),
		digest:    fields.Get("q-signature"),
		presigned: presigned,
	}, fields.Get("q-sign-algorithm") == "sha1" && fields.Get("q-signature") != ""
}

// names splits a list of signed names. A name stands there once for each of its values.
func names(list string) []string {
	if list == "" {
		return nil
	}
	all := strings.Split(list, ";")
	slices.Sort(all)
	return slices.Compact(all)
}

// timely holds both spans of the signature against now.
func (s signature) timely(now time.Time) error {
	for _, span := range []string{s.signTime, s.keyTime} {
		from, to, ok := strings.Cut(span, ";")
		start, err1 := strconv.ParseInt(from, 10, 64)
		end, err2 := strconv.ParseInt(to, 10, 64)
		switch {
		case !ok || err1 != nil || err2 != nil:
			return errAccessDenied
		case now.Unix() > end:
			return errRequestExpired
		case now.Add(skew).Unix() < start:
			return errTooSkewed
		}
	}
	return nil
}

// sign computes the signature that the request should have.
func (s signature) sign(r *http.Request, query url.Values, key string) string {
	headers := pairs(s.headers, signable(r))
	params := pairs(s.params, query)
	text := strings.ToLower(r.Method) + "\n" + r.URL.Path + "\n" + params + "\n" + headers + "\n"
	digest := sha1.Sum([]byte(text))
	signKey := mac(key, s.keyTime)
	return mac(signKey, fmt.Sprintf("sha1\n%s\n%x\n", s.keyTime, digest))
}

// mac is HMAC-SHA1 in hex. COS uses the hex text of one as the key of the next.
func mac(key, text string) string {
	h := hmac.New(sha1.New, []byte(key))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// signable are the request's headers with those that net/http keeps elsewhere.
func signable(r *http.Request) http.Header {
	h := r.Header.Clone()
	h.Set("Host", r.Host)
	if r.ContentLength >= 0 {
		h.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	}
	if len(r.TransferEncoding) > 0 {
		h["Transfer-Encoding"] = r.TransferEncoding
	}
	return h
}

// pairs writes the named values in the canonical form: k=v, encoded, sorted by name, then by value.
func pairs[M ~map[string][]string](names []string, values M) string {
	byName := map[string][]string{}
	for name, v := range values {
		name = strings.ToLower(encode(name))
		byName[name] = append(byName[name], v...)
	}
	var all []string
	for _, name := range names {
		v := slices.Sorted(slices.Values(byName[name]))
		for _, value := range v {
			all = append(all, name+"="+encode(value))
		}
	}
	return strings.Join(all, "&")
}

// complete tells whether everything that steers the bucket is signed: a signature over part of a request lets whoever
// sees it change the rest. A presigned link need not fix the host, and its token may be added afterwards.
func (s signature) complete(r *http.Request, query url.Values) bool {
	if !s.presigned && !slices.Contains(s.headers, "host") {
		return false
	}
	for name := range r.Header {
		name = strings.ToLower(encode(name))
		if strings.HasPrefix(name, "x-cos-") && !slices.Contains(s.headers, name) {
			return false
		}
	}
	for name := range query {
		own := s.presigned && (strings.HasPrefix(name, "q-") || name == "sign" || name == "x-cos-security-token")
		if !own && !slices.Contains(s.params, strings.ToLower(encode(name))) {
			return false
		}
	}
	return true
}

// encode is percent-encoding of every byte but letters, digits and -_.~ as signatures and url-encoded listings use it.
func encode(s string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
	}
	return b.String()
}
