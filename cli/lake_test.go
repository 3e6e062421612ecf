package cli

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/list"
)

func TestPretty_LeavesOutWhatIsEmpty(t *testing.T) {
	line := `{"A":"","B":[{"C":null,"D":"x","E":""}],"F":[],"G":{},"H":0,"I":"a: \"\",","J":null}` + "\n"
	want := `{
  "B": [
    {
      "D": "x"
    }
  ],
  "H": 0,
  "I": "a: \"\","
}`
	got, err := pretty([]byte(line))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	if !json.Valid([]byte(got)) {
		t.Error("not JSON any more")
	}
}

func TestCheckNew_LeavesOthersFoldersAlone(t *testing.T) {
	dir := t.TempDir()
	for _, free := range []string{"", dir, filepath.Join(dir, "new")} {
		if err := checkNew(free); err != nil {
			t.Errorf("%q: %v, want nil", free, err)
		}
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, taken := range []string{dir, file} {
		if e, ok := errors.AsType[*exit](checkNew(taken)); !ok || e.code != ExitUsage {
			t.Errorf("%q is taken, want an error of usage", taken)
		}
	}
}

func TestTree_OpensTheFullestOfFoldersThatAreAlike(t *testing.T) {
	var root folder
	for _, key := range []string{
		"cdr/dt=1/hour=00/a.gz", "cdr/dt=1/hour=01/a.gz", "cdr/dt=1/hour=01/b.gz", "cdr/dt=1/hour=02/a.gz",
		"manifests/1.json", "manifests/2.json", "manifests/3.json", "manifests/4.json", "manifests/5.json",
	} {
		root.add(strings.Split(key, "/"), 1000)
	}
	l := list.NewWriter()
	l.SetStyle(list.StyleConnectedLight)
	root.draw(l, true)
	want := `┌─ cdr/dt=1/
│  ├─ hour=01/
│  │  ├─ a.gz  1.0 kB
│  │  └─ b.gz  1.0 kB
│  └─ … 2 more folders: 2 files, 2.0 kB
└─ manifests/
   ├─ 1.json  1.0 kB
   ├─ 2.json  1.0 kB
   ├─ 3.json  1.0 kB
   └─ … 2 more files`
	if diff := cmp.Diff(want, l.Render()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestQuoted_IsOneWordOfAShell(t *testing.T) {
	for text, want := range map[string]string{
		"a b": "'a b'", "": "''", "$(x)": "'$(x)'", "it's": `'it'\''s'`,
	} {
		if got := quoted(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestEnvironment_HasWhatTheFunctionKnowsAndNothingElse(t *testing.T) {
	set := map[string]string{
		"COS_BUCKET": "lake-1250000000", "TENCENTCLOUD_REGION": "ap-guangzhou", "TENCENTCLOUD_SECRETKEY": "k",
		"ARCHIVE_SETTLE": "", "HOME": "/root", "AWS_SECRET_ACCESS_KEY": "another's",
	}
	want := map[string]string{
		"COS_BUCKET": "lake-1250000000", "TENCENTCLOUD_REGION": "ap-guangzhou", "TENCENTCLOUD_SECRETKEY": "k",
	}
	if diff := cmp.Diff(want, environment(func(name string) string { return set[name] })); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
