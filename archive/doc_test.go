package archive_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The package comment is the map of the package: a file that it does not name cannot be found by it.
func TestDoc_NamesEveryFile(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") && file != "doc.go" && !strings.Contains(string(doc), file) {
			t.Errorf("doc.go does not name %s", file)
		}
	}
}
