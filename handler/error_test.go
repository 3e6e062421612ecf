package handler

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"cdrvault/archive"
)

func TestConceal_Texts(t *testing.T) {
	in := &invocation{get: func(name string) string {
		return map[string]string{"TENCENTCLOUD_SECRETID": "AKIDfixture", "TENCENTCLOUD_SECRETKEY": "s3cr3t-fixture",
			"TENCENTCLOUD_SESSIONTOKEN": "tok"}[name]
	}}
	for _, tt := range []struct {
		name string
		kind Kind
		err  error
		want string
	}{
		{"joined errors become one line", KindArchive,
			errors.Join(errors.New("put a: refused"), errors.New("put b: refused")),
			"archive: put a: refused; put b: refused"},
		{"a heading joins its first line", KindSettings,
			errors.New("2 settings are wrong:\n  COS_BUCKET: missing\r\n\n  COS_REGION: missing\n"),
			"settings: 2 settings are wrong: COS_BUCKET: missing; COS_REGION: missing"},
		{"an event's error is said once", KindEvent,
			&archive.RequestError{Field: "from", Why: "in the future"}, `event field "from": in the future`},
		{"keys are struck out", KindArchive, errors.New("sign with AKIDfixture/s3cr3t-fixture: tok refused"),
			"archive: sign with ***/***: tok refused"},
		{"a signed link keeps its host alone", KindArchive,
			errors.New(`Get "https://u:p@media.example.com:8443/a/b.mp3?sign=abc": EOF`),
			`archive: Get "https://media.example.com:8443/…": EOF`},
		{"a link without path stays", KindSettings,
			errors.New("COS_ENDPOINT: want https://<bucket>.cos.<region>.myqcloud.com, or http://127.0.0.1:8080; not http(s)://"),
			"settings: COS_ENDPOINT: want https://<bucket>.cos.<region>.myqcloud.com, or http://127.0.0.1:8080; not http(s)://"},
		{"punctuation after a link stays", KindArchive, errors.New("get http://h/x?y=z: refused"), "archive: get http://h/…: refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := in.conceal(&RunError{Kind: tt.kind, err: tt.err})
			if got.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if !errors.Is(got, tt.err) {
				t.Error("cause is lost")
			}
		})
	}
}

func TestConceal_LongText(t *testing.T) {
	in := &invocation{get: func(string) string { return "" }}
	got := in.conceal(errors.New(strings.Repeat("长", 2000))).Error()
	if len(got) > maxText || !strings.HasSuffix(got, "长…") {
		t.Errorf("%d bytes, ends in %q", len(got), got[len(got)-6:])
	}
}

func TestPanicError_TellsNoValue(t *testing.T) {
	number := "13900000000"
	for want, v := range map[string]any{
		"panic of type string": "call from " + number,
		// An error of ours may quote what it is about, so its type must do.
		"panic of type *errors.errorString": errors.New("call from " + number),
		"panic of type *fmt.wrapError":      fmt.Errorf("%s: %w", number, errors.ErrUnsupported),
	} {
		if got := newPanicError(v).err.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
