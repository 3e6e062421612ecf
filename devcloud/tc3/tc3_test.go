package tc3

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tcerr "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"

	"cdrvault/devcloud/fault"
)

// weather is a service that answers with the body it was asked by.
var weather = Service{
	Name: "weather", Version: "2026-11-22", Actions: []string{"DescribeRain"}, Now: time.Now,
	Credentials: func(id string) (string, string, bool) { return "key", "token", id == "id" },
}

func serve(w http.ResponseWriter, r *http.Request) {
	body, err := weather.Admit(r)
	if err != nil {
		Refuse(w, http.StatusOK, AsError(err))
		return
	}
	Answer(w, map[string]string{"Body": string(body), "RequestId": RequestID()})
}

// ask sends a request with the official library and gives the answer, or the code of the error.
func ask(t *testing.T, h http.Handler, service, version, action string) (string, string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	p := profile.NewClientProfile()
	p.HttpProfile.Scheme, p.HttpProfile.Endpoint = "HTTP", strings.TrimPrefix(server.URL, "http://")
	p.DisableRegionBreaker = true
	c := common.NewCommonClient(common.NewTokenCredential("id", "key", "token"), "ap-guangzhou", p)
	r := tchttp.NewCommonRequest(service, version, action)
	if err := r.SetActionParameters(map[string]any{"Days": 3}); err != nil {
		t.Fatal(err)
	}
	answer := tchttp.NewCommonResponse()
	if err := c.Send(r, answer); err != nil {
		sdk, ok := err.(*tcerr.TencentCloudSDKError)
		if !ok || sdk.RequestId == "" {
			t.Fatalf("got %v", err)
		}
		return "", sdk.Code
	}
	return string(answer.GetBody()), ""
}

func TestAdmit_WhatTheOfficialLibrarySends(t *testing.T) {
	body, code := ask(t, http.HandlerFunc(serve), "weather", "2026-11-22", "DescribeRain")
	if code != "" || !strings.Contains(body, `"Body":"{\"Days\":3}"`) {
		t.Errorf("got %q %s", body, code)
	}
}

func TestAdmit_RefusesWhatIsNotThisService(t *testing.T) {
	for code, asked := range map[string][3]string{
		"AuthFailure.InvalidAuthorization": {"ccc", "2026-11-22", "DescribeRain"}, // signed for another service
		"NoSuchVersion":                    {"weather", "2020-02-10", "DescribeRain"},
		"InvalidAction":                    {"weather", "2026-11-22", "DescribeSnow"},
	} {
		if _, got := ask(t, http.HandlerFunc(serve), asked[0], asked[1], asked[2]); got != code {
			t.Errorf("%v: code %q, want %s", asked, got, code)
		}
	}
}

func TestAdmit_RefusesExpiredCredentials(t *testing.T) {
	script, err := fault.New(fault.Rule{Action: fault.Action{Kind: fault.Expire}})
	if err != nil {
		t.Fatal(err)
	}
	h := script.Wrap(http.HandlerFunc(serve), fault.Wire{})
	if _, got := ask(t, h, "weather", "2026-11-22", "DescribeRain"); got != "AuthFailure.TokenFailure" {
		t.Errorf("code %q", got)
	}
}

func TestAdmit_RefusesALongBody(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat(" ", MaxBody+1)))
	_, err := weather.Admit(r)
	if diff := cmp.Diff(AsError(err).Code, "RequestSizeLimitExceeded"); diff != "" {
		t.Error(diff)
	}
}

func TestAsError_GivesEveryErrorACode(t *testing.T) {
	if got := AsError(http.ErrBodyNotAllowed); got.Code != "InternalError" {
		t.Errorf("code %s", got.Code)
	}
}
