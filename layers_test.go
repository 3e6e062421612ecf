package main_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "cdrvault"

// layer is what the non-test files of one package may import besides the standard library. A name that ends in
// "/..." stands for everything below it, and for itself.
type layer struct {
	own   []string // packages of this module
	third []string // modules of others
	why   string
}

// layers is the drawing: an arrow or a package that is not here fails a test, and so does an arrow that nothing uses.
var layers = map[string]layer{
	".": {
		own:   []string{"handler", "archive", "cccsource", "cosstore", "scfinvoker", "config", "cli", "cdr"},
		third: []string{"github.com/tencentyun/scf-go-lib/..."},
		why:   "main alone knows everyone: it wires and decides nothing",
	},
	"handler": {
		own:   []string{"archive"},
		third: []string{"github.com/tencentyun/scf-go-lib/...", "golang.org/x/sync/errgroup"},
		why:   "an event becomes a request, and what is left events again, several at once; which API and which bucket serve it is main's affair",
	},
	"cli": {
		own: []string{"archive", "handler", "config", "devcloud/..."},
		third: []string{
			"github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/vbauerster/mpb/v8/...", "github.com/jedib0t/go-pretty/v6/...",
			"github.com/dustin/go-humanize",
		},
		why: "the command line shows and asks; it speaks to a function in the handler's words, and reaches the cloud only through what main hands it",
	},
	"archive": {
		own: []string{"cdr", "crc64"},
		third: []string{
			"golang.org/x/sync/...", "github.com/klauspost/compress/...", "github.com/gabriel-vasile/mimetype",
			"github.com/tcolgate/mp3", "github.com/go-audio/wav", "github.com/cenkalti/backoff/v5", "github.com/dustin/go-humanize",
		},
		why: "the domain owns its ports; an SDK in here would make its faults the domain's; the notes of an answer are sentences, whose numbers people read",
	},
	"archive/archivetest": {
		own:   []string{"archive"},
		third: []string{"github.com/google/go-cmp/...", "golang.org/x/sync/..."},
		why:   "a test kit: no arrow leads to it, so that only tests can import it",
	},
	"cdr": {
		third: []string{"github.com/go-json-experiment/json/..."},
		why:   "one record is pure text in, text out; what depends on nothing can be fuzzed and trusted",
	},
	"cccsource": {
		own: []string{"archive", "cdr"},
		third: []string{
			"github.com/tencentcloud/tencentcloud-sdk-go/...", "github.com/cenkalti/backoff/v5",
			"golang.org/x/time/rate", "golang.org/x/sync/...",
		},
		why: "the only place that knows the contact center's SDK",
	},
	"cosstore": {
		own:   []string{"archive", "crc64"},
		third: []string{"github.com/tencentyun/cos-go-sdk-v5/...", "github.com/cenkalti/backoff/v5"},
		why:   "the only place that knows the bucket's SDK",
	},
	"scfinvoker": {
		third: []string{"github.com/tencentcloud/tencentcloud-sdk-go/...", "github.com/cenkalti/backoff/v5"},
		why:   "the only place that knows the platform's SDK; an event is bytes to it",
	},
	"config": {
		why: "settings are read before anything else and must not be able to fail in a library",
	},
	"devcloud": {
		own: []string{"devcloud/bucket", "devcloud/calls", "devcloud/center", "devcloud/fault", "devcloud/platform"},
		why: standIn,
	},
	"devcloud/bucket":   {own: []string{"devcloud/fault"}, why: standIn},
	"devcloud/calls":    {why: standIn},
	"devcloud/center":   {own: []string{"devcloud/tc3", "devcloud/calls"}, why: standIn},
	"devcloud/fault":    {why: standIn},
	"devcloud/platform": {own: []string{"devcloud/fault", "devcloud/tc3"}, third: []string{"github.com/tencentyun/scf-go-lib/..."}, why: standIn},
	"devcloud/tc3":      {own: []string{"devcloud/fault"}, why: standIn},
	"scripts/zip":       {why: "packaging needs nothing but Go"},
	"bench": {
		own:   []string{"archive", "bench/stage", "cccsource", "cdr", "cosstore", "devcloud/..."},
		third: []string{"github.com/jedib0t/go-pretty/v6/...", "golang.org/x/sync/errgroup"},
		why:   "a stopwatch of the whole: it wires as main does",
	},
	"crc64":       {third: []string{"golang.org/x/sys/cpu"}, why: "a checksum is bytes in, a number out; what the processor can do is all it has to know"},
	"bench/stage": {why: "what is measured against must not share code with what is measured"},
	"simulate": {
		own: []string{"archive", "cccsource", "cosstore", "cdr", "devcloud/..."},
		why: "a judge of the whole: it wires as main does, and reads the bucket with code of its own",
	},
}

const standIn = "a stand-in that shared code with what it tests would share its mistakes"

// allows tells whether l may import path.
func (l layer) allows(path string) bool {
	if own, ok := strings.CutPrefix(path, module+"/"); ok {
		return matches(l.own, own)
	}
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") || matches(l.third, path)
}

func matches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		root, below := strings.CutSuffix(pattern, "/...")
		return path == root || below && strings.HasPrefix(path, root+"/")
	})
}

func TestLayers(t *testing.T) {
	for file, imports := range sources(t) {
		pkg := path.Dir(file)
		l, listed := layers[pkg]
		if !listed {
			t.Errorf("%s: package %q is not in the drawing; add it to layers with a sentence why", file, pkg)
			continue
		}
		for _, imported := range imports {
			if !l.allows(imported) {
				t.Errorf("%s: %q may not import %s: %s", file, pkg, imported, l.why)
			}
		}
	}
}

func TestLayers_DrawNothingThatIsNotThere(t *testing.T) {
	used := map[string][]string{} // by package
	for file, imports := range sources(t) {
		used[path.Dir(file)] = append(used[path.Dir(file)], imports...)
	}
	for pkg, l := range layers {
		for _, pattern := range slices.Concat(prefixed(module+"/", l.own), l.third) {
			uses := func(imported string) bool { return matches([]string{pattern}, imported) }
			if !slices.ContainsFunc(used[pkg], uses) {
				t.Errorf("%q may import %s, and no file does: take the arrow out", pkg, pattern)
			}
		}
	}
}

func prefixed(prefix string, names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = prefix + name
	}
	return all
}

// sources maps every non-test Go file of this module to what it imports. A folder with a go.mod is another module.
func sources(t *testing.T) map[string][]string {
	t.Helper()
	files := map[string][]string{}
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != ".":
			return skip(name)
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		files[filepath.ToSlash(name)], err = importsOf(name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func skip(dir string) error {
	base := filepath.Base(dir)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func importsOf(file string) ([]string, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var imports []string
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		imports = append(imports, imported)
	}
	return imports, nil
}

func TestLayers_ForbidWhatIsNotDrawn(t *testing.T) {
	for _, c := range []struct {
		pkg, imported string
		want          bool
	}{
		{"handler", "cdrvault/archive", true},
		{"handler", "cdrvault/cosstore", false},
		{"archive", "cdrvault/cdr", true},
		{"archive", "cdrvault/archive/archivetest", false},
		{"archive", "github.com/tencentyun/cos-go-sdk-v5", false},
		{"archive", "golang.org/x/sync/errgroup", true},
		{"cli", "cdrvault/devcloud/center", true},
		{"cli", "cdrvault/devcloud", true},
		{"config", "net/url", true},
		{"config", "cdrvault/cdr", false},
		{"config", "golang.org/x/sync/errgroup", false},
		{"devcloud/bucket", "cdrvault/archive", false},
		{"devcloud/bucket", "cdrvault/devcloud/calls", false},
	} {
		if got := layers[c.pkg].allows(c.imported); got != c.want {
			t.Errorf("%s -> %s: allowed %v, want %v", c.pkg, c.imported, got, c.want)
		}
	}
	for pkg, l := range layers {
		if l.why == "" {
			t.Errorf("%s has no sentence why", pkg)
		}
		for _, pattern := range l.own {
			if matches([]string{pattern}, "archive/archivetest") {
				t.Errorf("%s may import the test kit", pkg)
			}
		}
	}
}
