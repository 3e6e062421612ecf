package handler

import (
	"crypto/rand"
	"os"
	"regexp"
	"slices"

	"github.com/tencentyun/scf-go-lib/functioncontext"
)

// credentials are the names under which SCF hands out the keys of the function's role.
var credentials = []string{"TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN"}

// environment looks names up as this invocation sees them: first in what came with the event, then in the process.
//
// The library copies the event's environment into the process's with os.Setenv and never takes a name away again. So
// with invocations side by side the process's may be another event's, and an old session token outlives its key.
// Where the event brings any credential, all three are therefore the event's alone.
func environment(fc *functioncontext.FunctionContext) func(string) string {
	own := fc.Environment
	brought := func(name string) bool { return own[name] != "" }
	sealed := slices.ContainsFunc(credentials, brought)
	return func(name string) string {
		if brought(name) || sealed && slices.Contains(credentials, name) {
			return own[name]
		}
		if v := os.Getenv(name); v != "" {
			return v
		}
		if name == "TENCENTCLOUD_REGION" {
			return fc.TencentcloudRegion
		}
		return ""
	}
}

var plainID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// requestID is the platform's id of the invocation. It becomes a part of an object's key, so an id that is absent or
// could not have come from the platform is replaced by a random one.
func requestID(fc *functioncontext.FunctionContext) string {
	if plainID.MatchString(fc.RequestID) {
		return fc.RequestID
	}
	return rand.Text()
}
