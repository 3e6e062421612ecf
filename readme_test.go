package main_test

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cdrvault/cli"
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

// TestReadme_NamesEveryCommand holds README.md's table of commands, and the scripts and documents that it names, against what
// there is.
func TestReadme_NamesEveryCommand(t *testing.T) {
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var help bytes.Buffer
	if code := cli.Main(t.Context(), cli.Program{Out: &help, Err: &help}, []string{"--help"}); code != cli.ExitOK {
		t.Fatalf("exit code %d", code)
	}
	_, list, _ := strings.Cut(help.String(), "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	want := slices.DeleteFunc(first(`(?m)^  (\w+)`, list), func(name string) bool { return name == "help" })
	if diff := cmp.Diff(want, first("(?m)^\\| `cdrvault (\\w+)`", string(raw))); diff != "" {
		t.Errorf("commands (-program +README):\n%s", diff)
	}
	for _, path := range first(`((?:scripts|docs)/[\w.-]+)`, string(raw)) {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("README.md names %s: %v", path, err)
		}
	}
}

// first gives the first group of every match, sorted and each once.
func first(pattern, text string) []string {
	var found []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	slices.Sort(found)
	return slices.Compact(found)
}
