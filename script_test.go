package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	scf "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/scf/v20180416"
	"github.com/tencentyun/cos-go-sdk-v5"

	"cdrvault/config"
)

// TestMain makes this test binary the program itself where a story calls it cdrvault.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cdrvault": main})
}

// TestScript plays the stories of testdata/script. Besides testscript's own commands they have:
//
//	cloud [flag ...]       serve a cloud until the story ends, and take over its settings
//	code N command ...     run a command whose exit code must be N
//	remove PATTERN         delete the first object of the bucket whose key fits, as someone by hand; its key is $REMOVED
//	json                   the last command's output must be JSON
//	ask EVENT              have the cloud's platform run an event; its answer, or error, is in answer.json
//
// $DAY and $NEXT are two dates of the contact center, the first one so long ago that nothing is to come of it.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"cloud": serveCloud, "code": checkCode, "json": checkJSON, "remove": removeObject, "ask": askPlatform,
		},
		Setup: func(env *testscript.Env) error {
			day := time.Now().In(time.FixedZone("", 8*60*60)).AddDate(0, 0, -2)
			env.Setenv("DAY", day.Format(time.DateOnly))
			env.Setenv("NEXT", day.AddDate(0, 0, 1).Format(time.DateOnly))
			return nil
		},
	})
}

func serveCloud(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command("cdrvault", append([]string{"devcloud", "--days", "2", "--rate-limit", "1000"}, args...)...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), os.Environ()
	for _, setting := range config.Settings { // for the cloud's function
		cmd.Env = append(cmd.Env, setting.Name+"="+ts.Getenv(setting.Name))
	}
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Signal(os.Interrupt) // fails where it has left already
		_ = cmd.Wait()                       // how it ends is told by the story devcloud
	})
	settings, err := io.ReadAll(out) // the cloud closes its output once it serves
	ts.Check(err)
	for line := range strings.Lines(string(settings)) {
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		if !ok {
			ts.Fatalf("cloud printed a line that is no setting")
		}
		ts.Setenv(name, strings.Trim(value, "'"))
	}
	if len(settings) == 0 {
		ts.Fatalf("cloud printed no settings")
	}
}

func checkCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command ...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		left, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = left.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func checkJSON(ts *testscript.TestScript, _ bool, _ []string) {
	if !json.Valid([]byte(ts.ReadFile("stdout"))) {
		ts.Fatalf("the output is not JSON")
	}
}

func removeObject(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: remove PATTERN")
	}
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	bucket := bucketOf(ts)
	var page cos.BucketGetOptions
	for {
		list, _, err := bucket.Bucket.Get(context.Background(), &page)
		ts.Check(err)
		for _, o := range list.Contents {
			if pattern.MatchString(o.Key) {
				_, err := bucket.Object.Delete(context.Background(), o.Key)
				ts.Check(err)
				ts.Setenv("REMOVED", o.Key)
				return
			}
		}
		if !list.IsTruncated {
			ts.Fatalf("no object has a key like %s", args[0])
		}
		page.Marker = list.NextMarker
	}
}

// bucketOf is the bucket of the cloud that the story uses now.
func bucketOf(ts *testscript.TestScript) *cos.Client {
	base, err := url.Parse(ts.Getenv("COS_ENDPOINT"))
	ts.Check(err)
	return cos.NewClient(&cos.BaseURL{BucketURL: base}, &http.Client{Transport: &cos.AuthorizationTransport{
		SecretID:     ts.Getenv("TENCENTCLOUD_SECRETID"),
		SecretKey:    ts.Getenv("TENCENTCLOUD_SECRETKEY"),
		SessionToken: ts.Getenv("TENCENTCLOUD_SESSIONTOKEN"),
	}})
}

// askPlatform invokes the function by the platform's API, as whoever has the cloud's keys.
func askPlatform(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: ask EVENT")
	}
	p := profile.NewClientProfile()
	p.HttpProfile.Scheme, p.HttpProfile.Endpoint = "HTTP", strings.TrimPrefix(ts.Getenv("INVOKE_ENDPOINT"), "http://")
	keys := common.NewTokenCredential(
		ts.Getenv("TENCENTCLOUD_SECRETID"), ts.Getenv("TENCENTCLOUD_SECRETKEY"), ts.Getenv("TENCENTCLOUD_SESSIONTOKEN"))
	client, err := scf.NewClient(keys, "ap-guangzhou", p)
	ts.Check(err)
	request := scf.NewInvokeRequest()
	request.FunctionName, request.ClientContext = common.StringPtr("cdrvault"), &args[0]
	answer, failed := "", false
	if response, err := client.Invoke(request); err != nil {
		answer, failed = err.Error(), true
	} else if r := response.Response.Result; *r.ErrMsg != "" {
		answer, failed = *r.ErrMsg, true
	} else {
		answer = *r.RetMsg
	}
	ts.Check(os.WriteFile(ts.MkAbs("answer.json"), []byte(answer), 0o600))
	if failed != neg {
		ts.Fatalf("failed: %v, want %v: %s", failed, neg, answer)
	}
}
