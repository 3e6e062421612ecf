package config_test

import (
	"strings"
	"testing"

	"cdrvault/config"

	"github.com/google/go-cmp/cmp"
)

func rowOf(t *testing.T, e env, name string) config.Row {
	t.Helper()
	for _, row := range config.Describe(e.get) {
		if row.Name == name {
			return row
		}
	}
	t.Fatalf("no row for %s", name)
	return config.Row{}
}

func TestDescribe_HasARowForEachVariable(t *testing.T) {
	rows := config.Describe(minimal.get)
	if got, want := len(rows), len(config.Settings)+3; got != want {
		t.Fatalf("%d rows, want %d", got, want)
	}
	for _, row := range rows {
		if row.Default == "" || row.Meaning == "" || strings.Contains(row.Default+row.Meaning+row.Problem, "`") {
			t.Errorf("%s is not described, or in Markdown: %+v", row.Name, row)
		}
	}
}

func TestDescribe_Rows(t *testing.T) {
	e := minimal.with("ARCHIVE_WINDOW", "7m", "TENCENTCLOUD_SECRETKEY", "keyexample", "CCC_SDK_APP_IDS", "")
	for _, want := range []config.Row{
		{Name: "COS_BUCKET", Value: "lake-1250000000", Default: "required", Meaning: "bucket of the archive"},
		{Name: "COS_PREFIX", Default: "empty", Meaning: "everything is written under it"},
		{
			Name: "ARCHIVE_WINDOW", Value: "hidden", Default: "1h", Meaning: "length of a window",
			Problem: "not a length that windows may have; want one of 5m, 10m, 15m, 20m, 30m, 1h",
		},
		{
			Name: "CCC_SDK_APP_IDS", Default: "required", Meaning: "contact-center applications to archive",
			Problem: "not set; want decimal SdkAppIds, comma-separated, such as 1400000000",
		},
		{Name: "TENCENTCLOUD_SECRETKEY", Value: "hidden", Default: "from the execution role", Meaning: "the key itself"},
	} {
		if diff := cmp.Diff(want, rowOf(t, e, want.Name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.Name, diff)
		}
	}
	if row := rowOf(t, e, "TENCENTCLOUD_SECRETID"); row.Value != "" || row.Problem == "" {
		t.Errorf("a missing credential is no problem: %+v", row)
	}
}

func TestMarkdownTable_IsOneTable(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(config.MarkdownTable(), "\n"), "\n")
	if got, want := len(lines), len(config.Settings)+2; got != want {
		t.Fatalf("%d lines, want %d", got, want)
	}
	for _, line := range lines {
		cells := strings.ReplaceAll(line, `\|`, "")
		if strings.Count(cells, "|") != 5 || strings.Count(line, "`")%2 != 0 {
			t.Errorf("not four cells, or an open literal: %s", line)
		}
	}
}
