package devcloud_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	scf "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/scf/v20180416"

	"cdrvault/devcloud"
	"cdrvault/devcloud/fault"
	"cdrvault/devcloud/platform"
)

// echo builds the stand-in function of the platform's own tests.
func echo(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "echo")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./platform/testdata/echo").CombinedOutput(); err != nil {
		t.Fatalf("build echo: %v\n%s", err, out)
	}
	return binary
}

func function(binary string) platform.FleetOptions {
	own := map[string]string{"ARCHIVE_SETTLE": "1h", "COS_BUCKET": "else-1250000000"}
	return platform.FleetOptions{Options: platform.Options{Binary: binary, Function: platform.Function{Name: "archiver"},
		Environment: func() map[string]string { return own }}}
}

// invoke sends an event as whoever has the settings would do it.
func invoke(t *testing.T, set map[string]string, kind, event string) (*scf.Result, error) {
	t.Helper()
	p := profile.NewClientProfile()
	p.HttpProfile.Scheme, p.HttpProfile.Endpoint = "HTTP", strings.TrimPrefix(set["INVOKE_ENDPOINT"], "http://")
	p.DisableRegionBreaker = true
	keys := common.NewTokenCredential(set["TENCENTCLOUD_SECRETID"], set["TENCENTCLOUD_SECRETKEY"], set["TENCENTCLOUD_SESSIONTOKEN"])
	c, err := scf.NewClient(keys, "ap-guangzhou", p)
	if err != nil {
		t.Fatal(err)
	}
	r := scf.NewInvokeRequest()
	r.FunctionName, r.InvocationType, r.ClientContext = common.StringPtr("archiver"), &kind, &event
	answer, err := c.InvokeWithContext(t.Context(), r)
	if err != nil {
		return nil, err
	}
	return answer.Response.Result, nil
}

// sees is what the function finds under a name.
func sees(t *testing.T, c *devcloud.Cloud, name string) string {
	t.Helper()
	result, err := invoke(t, c.Settings(), "RequestResponse", `{"Do":"env","Name":"`+name+`"}`)
	if err != nil || *result.ErrMsg != "" {
		t.Fatalf("%+v, %v", result, err)
	}
	var seen []string
	if err := json.Unmarshal([]byte(*result.RetMsg), &seen); err != nil {
		t.Fatal(err)
	}
	return seen[0]
}

func TestPlatform_GivesTheFunctionTheSettingsOfTheMoment(t *testing.T) {
	cloud := start(t, devcloud.Options{Platform: function(echo(t))})
	before := cloud.Settings()
	for range 2 {
		for name, want := range cloud.Settings() {
			if got := sees(t, cloud, name); got != want {
				t.Errorf("%s: the function sees another one", name)
			}
		}
		cloud.Rotate()
	}
	if got := sees(t, cloud, "ARCHIVE_SETTLE"); got != "1h" {
		t.Errorf("the function's own setting is %q", got)
	}
	if _, err := invoke(t, before, "Event", "{}"); err == nil || !strings.Contains(err.Error(), "AuthFailure") {
		t.Errorf("with keys of before: %v", err)
	}
	if s := cloud.Platform().Stats(); s.Starts != 1 {
		t.Errorf("%d processes one after the other", s.Starts)
	}
}

func TestPlatform_QueueLiesInTheFolder(t *testing.T) {
	dir, binary := t.TempDir(), echo(t)
	busy, err := fault.New(fault.Rule{Match: fault.Match{Operation: platform.Operation},
		Action: fault.Action{Kind: fault.Refuse, Status: platform.StatusBusy}})
	if err != nil {
		t.Fatal(err)
	}
	cloud := start(t, devcloud.Options{Dir: dir, Platform: function(binary), Faults: busy})
	marked := filepath.Join(t.TempDir(), "marked")
	result, err := invoke(t, cloud.Settings(), "Event", `{"Do":"mark","Name":"`+marked+`"}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := cloud.Close(); err != nil {
		t.Fatal(err)
	}
	cloud = start(t, devcloud.Options{Dir: dir, Platform: function(binary)})
	if err := cloud.Platform().WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lines, err := os.ReadFile(marked); err != nil || string(lines) != *result.FunctionRequestId+"\n" {
		t.Errorf("got %q, %v", lines, err)
	}
}

func TestPlatform_IsThereOnlyForAFunction(t *testing.T) {
	cloud := start(t, devcloud.Options{})
	if _, ok := cloud.Settings()["INVOKE_ENDPOINT"]; ok || cloud.Platform() != nil {
		t.Error("a platform without a function")
	}
}
