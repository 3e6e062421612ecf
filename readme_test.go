package main_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"cdrvault/config"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the parts of documents that are made from code")

const (
	settingsBegin = "<!-- settings -->\n"
	settingsEnd   = "<!-- /settings -->"
)

// TestReadme_ListsTheSettings holds README.md's table against the code. `go test . -run Readme -update` rewrites it.
func TestReadme_ListsTheSettings(t *testing.T) {
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(raw), settingsBegin)
	table, after, ended := strings.Cut(rest, settingsEnd)
	if !begun || !ended {
		t.Fatalf("README.md has no lines %q and %q around its settings table", settingsBegin, settingsEnd)
	}
	want := config.MarkdownTable()
	if table == want {
		return
	}
	if !*update {
		t.Fatalf("README.md's settings differ from config.Settings; -update rewrites them (-README +code):\n%s",
			cmp.Diff(strings.Split(table, "\n"), strings.Split(want, "\n")))
	}
	text := before + settingsBegin + want + settingsEnd + after
	if err := os.WriteFile("README.md", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
