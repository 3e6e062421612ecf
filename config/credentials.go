package config

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

const (
	secretID     = "TENCENTCLOUD_SECRETID"
	secretKey    = "TENCENTCLOUD_SECRETKEY"
	sessionToken = "TENCENTCLOUD_SESSIONTOKEN"
)

const credentialForm = "an execution role for the function, or, by hand, the account's key"

// Credentials sign requests to the API and the bucket. The platform changes them while an instance is warm, so they
// are loaded at every invocation. However they are printed, logged or encoded, they show nothing. (fmt cannot ask
// a value in an unexported field of another struct: keep them out of structs that are printed.)
type Credentials struct {
	ID    string `json:"-"`
	Key   string `json:"-"`
	Token string `json:"-"` // empty for permanent keys
}

// LoadCredentials reads the credentials under the names that the platform uses, which are not those of the SDKs'
// own providers (https://www.tencentcloud.com/document/product/583/32748). The error is a *Problems.
func LoadCredentials(get func(name string) string) (Credentials, error) {
	c := Credentials{ID: trimmed(get, secretID), Key: trimmed(get, secretKey), Token: trimmed(get, sessionToken)}
	var problems Problems
	check := func(name, value string, required bool) {
		if err := credential(value, required); err != nil {
			problems.add(name, err.Error(), credentialForm)
		}
	}
	if c.ID == "" && c.Key == "" { // one cause, told once
		problems.add(secretID+and+secretKey, "not set", credentialForm)
	} else {
		check(secretID, c.ID, true)
		check(secretKey, c.Key, true)
	}
	check(sessionToken, c.Token, false)
	if problems.any() {
		return Credentials{}, &problems
	}
	return c, nil
}

// credential refuses what could not travel in a header.
func credential(value string, required bool) error {
	if value == "" && required {
		return errors.New("not set")
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("has characters that no key has")
	}
	return nil
}

// String shows nothing of c.
func (c Credentials) String() string { return "credentials(hidden)" }

// Format shows nothing of c, whatever the verb.
func (c Credentials) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) } // fmt has nobody to tell

// LogValue shows nothing of c.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }
