package main_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cdrvault/config"

	"github.com/google/go-cmp/cmp"
)

// inputFields are the fields that the scf component knows, from its documents and schema
// (serverless-components/tencent-scf, 0.9.7). Nothing checks them before the deployment does.
var inputFields = []string{
	"name", "description", "region", "namespace", "src", "type", "runtime", "handler", "role", "timeout",
	"initTimeout", "memorySize", "publicAccess", "eip", "asyncRunEnable", "cls", "environment", "events", "layers",
	"vpcConfig", "deadLetter", "cfs", "traceEnable", "tags", "ignoreTriggers",
}

const variables = "inputs.environment.variables."

func TestServerless_UsesKnownFields(t *testing.T) {
	for field := range deployment(t) {
		top, inputs, _ := strings.Cut(field, ".")
		input, _, _ := strings.Cut(inputs, ".")
		switch {
		case !slices.Contains([]string{"component", "name", "inputs"}, top):
			t.Errorf("%s is no field of the command line", top)
		case input != "" && !slices.Contains(inputFields, input):
			t.Errorf("inputs.%s is no field of the component", input)
		}
	}
}

func TestServerless_Values(t *testing.T) {
	got := deployment(t)
	for field, want := range map[string]string{
		"component":                             "scf",
		"inputs.runtime":                        "Go1",
		"inputs.handler":                        "main",
		"inputs.src":                            "./dist",
		"inputs.type":                           "event",
		"inputs.timeout":                        "900",
		"inputs.publicAccess":                   "true",
		"inputs.asyncRunEnable":                 "false",
		"inputs.events.timer.parameters.enable": "true",
	} {
		if got[field] != want {
			t.Errorf("%s is %q, want %q", field, got[field], want)
		}
	}
	for _, field := range []string{"inputs.role", "inputs.cls.logsetId", "inputs.cls.topicId"} {
		if got[field] == "" {
			t.Errorf("%s is not set", field)
		}
	}
	if n, err := strconv.Atoi(got["inputs.memorySize"]); err != nil || n < 128 || n > 3072 || n%128 != 0 {
		t.Errorf("memorySize is %q, want a multiple of 128 up to 3072", got["inputs.memorySize"])
	}
	cron := regexp.MustCompile(`^0 ([1-9]|[1-5][0-9]) \* \* \* \* \*$`)
	if field := "inputs.events.timer.parameters.cronExpression"; !cron.MatchString(got[field]) {
		t.Errorf("cronExpression is %q, want seven fields, some minutes past every hour", got[field])
	}
}

func TestServerless_SetsEverySettingWell(t *testing.T) {
	samples := map[string]string{
		"CCC_SDK_APP_IDS": "1400000000", "COS_BUCKET": "lake-1250000000", "CLOUD_REGION": "ap-guangzhou",
		"ARCHIVE_START": "2026-11-22",
	}
	var want []string
	for _, s := range config.Settings {
		want = append(want, s.Name)
	}
	set := map[string]string{}
	for field, value := range deployment(t) {
		if name, ok := strings.CutPrefix(field, variables); ok {
			set[name] = os.Expand(strings.ReplaceAll(value, "${env:", "${"), func(v string) string { return samples[v] })
		}
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(maps.Keys(set))); diff != "" {
		t.Errorf("variables of serverless.yml (-config.Settings +serverless.yml):\n%s", diff)
	}
	if _, err := config.Load(func(name string) string { return set[name] }); err != nil {
		t.Errorf("the deployed settings would be refused: %v", err)
	}
}

// TestRole_CanDoWhatTheArchiveDoes holds the role to the requests that the adapters make: no more, and nothing that
// deletes.
func TestRole_CanDoWhatTheArchiveDoes(t *testing.T) {
	var policy struct {
		Statement []struct{ Action, Resource []string }
	}
	readJSON(t, "docs/cam-policy.json", &policy)
	readJSON(t, "docs/cam-trust.json", &struct{}{})
	var actions []string
	for _, s := range policy.Statement {
		actions = append(actions, s.Action...)
		switch {
		case strings.HasPrefix(s.Action[0], "scf:"):
			d := deployment(t)
			end := ":namespace/" + d["inputs.namespace"] + "/function/" + d["inputs.name"]
			if len(s.Resource) != 1 || !strings.HasSuffix(s.Resource[0], end) {
				t.Errorf("functions are open at %v, want only this one: …%s", s.Resource, end)
			}
		case strings.HasPrefix(s.Action[0], "name/cos:"):
			end := "/" + deployment(t)[variables+"COS_PREFIX"] + "/*"
			if len(s.Resource) != 1 || !strings.HasSuffix(s.Resource[0], end) {
				t.Errorf("the bucket is open at %v, want only under the prefix: …%s", s.Resource, end)
			}
		}
	}
	want := []string{
		"ccc:DescribeTelCdr", "name/cos:GetBucket", "name/cos:ListMultipartUploads",
		"name/cos:HeadObject", "name/cos:GetObject", "name/cos:PutObject", "name/cos:InitiateMultipartUpload",
		"name/cos:UploadPart", "name/cos:CompleteMultipartUpload", "name/cos:AbortMultipartUpload",
		"scf:InvokeFunction",
	}
	if diff := cmp.Diff(want, actions); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// deployment reads serverless.yml into "path.of.keys" → value. It knows the part of YAML that the file keeps to:
// nested maps, lists of one map, plain and single-quoted values, comments; anything else fails the test.
func deployment(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("serverless.yml")
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	var keys []string // the path to the line before, one key for each two columns; a list's dash counts as ""
	for n, text := range strings.Split(string(raw), "\n") {
		if content := strings.TrimSpace(text); content == "" || content[0] == '#' {
			continue
		}
		m := yamlLine.FindStringSubmatch(text)
		if m == nil || len(m[1])/2 > len(keys) {
			t.Fatalf("serverless.yml:%d: cannot be read: %s", n+1, text)
		}
		keys = keys[:len(m[1])/2]
		if m[2] != "" {
			keys = append(keys, "")
		}
		keys = append(keys, m[3])
		field := strings.ReplaceAll(strings.Join(keys, "."), "..", ".")
		if _, twice := fields[field]; twice {
			t.Fatalf("serverless.yml:%d: %s stands there twice", n+1, field)
		}
		fields[field] = strings.Trim(m[4], "'")
	}
	return fields
}

// yamlLine is indent, dash, key, value.
var yamlLine = regexp.MustCompile(
	`^((?:  )*)(- )?([A-Za-z_]+):(?: ('[^']*'|[^'"&*!|>{\[#\s][^#]*?))?(?:\s+#.*)?$`)
