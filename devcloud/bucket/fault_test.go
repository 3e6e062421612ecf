package bucket_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"cdrvault/devcloud/bucket"
	"cdrvault/devcloud/fault"

	"github.com/tencentyun/cos-go-sdk-v5"
)

// newFaultyWorld puts a script in front of a bucket.
func newFaultyWorld(t *testing.T, rules ...fault.Rule) *world {
	t.Helper()
	b := newWorld(t, bucket.Options{}).Bucket
	script, err := fault.New(rules...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for i, n := range script.Hits() {
			if n == 0 {
				t.Errorf("rule %d never fired", i+1)
			}
		}
	})
	return serve(t, b, script.Wrap(b, fault.Wire{Operation: bucket.Operation, Refuse: bucket.Refuse}))
}

func TestFaults_AsTheSDKSeesThemOnPut(t *testing.T) {
	for _, tt := range []struct {
		name   string
		action fault.Action
		check  func(error) bool
		stored bool
	}{
		{"refused", fault.Action{Kind: fault.Refuse, Status: 503, Code: "SlowDown"}, is("SlowDown", 503), false},
		{"stored but refused", fault.Action{Kind: fault.Refuse, Status: 500, Code: "InternalError", Applied: true}, is("InternalError", 500), true},
		{"a gateway's page", fault.Action{Kind: fault.Page, Status: 502}, is("", 502), false},
		{"dropped", fault.Action{Kind: fault.Drop}, says("EOF"), false},
		{"stored, answer lost", fault.Action{Kind: fault.Drop, Applied: true}, says("EOF"), true},
		{"another checksum", fault.Action{Kind: fault.Alter, Header: map[string]string{"x-cos-hash-crc64ecma": "1"}}, says("verification failed"), true},
		{"no checksum", fault.Action{Kind: fault.Alter, Header: map[string]string{"x-cos-hash-crc64ecma": ""}}, says("verification failed"), true},
		{"expired", fault.Action{Kind: fault.Expire}, is("ExpiredToken", 400), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newFaultyWorld(t, fault.Rule{Match: fault.Match{Operation: bucket.PutObject, Path: "/media/*", Times: 1}, Action: tt.action})
			_, err := w.sdk.Object.Put(t.Context(), "media/k", strings.NewReader("x"), nil)
			if !tt.check(err) {
				t.Errorf("got %v", err)
			}
			if stored := len(w.Objects()) == 1; stored != tt.stored {
				t.Errorf("stored: %v", stored)
			}
			w.put(t, "media/k", "x") // the fault is over
		})
	}
}

func is(code string, status int) func(error) bool {
	return func(err error) bool { c, s := refused(err); return err != nil && c == code && s == status }
}

func says(text string) func(error) bool {
	return func(err error) bool { return err != nil && strings.Contains(err.Error(), text) }
}

func TestFaults_RefusedHeadHasNoBody(t *testing.T) {
	w := newFaultyWorld(t, fault.Rule{
		Match:  fault.Match{Operation: bucket.HeadObject},
		Action: fault.Action{Kind: fault.Refuse, Status: 503, Code: "SlowDown"},
	})
	_, err := w.sdk.Object.Head(t.Context(), "k", nil)
	wantRefused(t, err, "", 503)
}

func TestFaults_CutGet(t *testing.T) {
	w := newFaultyWorld(t, fault.Rule{Match: fault.Match{Method: "GET"}, Action: fault.Action{Kind: fault.Cut, Bytes: 300_000}})
	w.put(t, "k", strings.Repeat("x", 1_000_000))
	resp, err := w.sdk.Object.Get(t.Context(), "k", &cos.ObjectGetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if n != 300_000 || !errors.Is(err, io.ErrUnexpectedEOF) || resp.ContentLength != 1_000_000 {
		t.Errorf("read %d of %d: %v", n, resp.ContentLength, err)
	}
}
