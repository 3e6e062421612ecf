package cdr

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func addSamples(f *testing.F, add func(raw []byte)) {
	inputs, err := filepath.Glob("testdata/*.json")
	if err != nil || len(inputs) == 0 {
		f.Fatalf("no inputs: %v", err)
	}
	for _, input := range inputs {
		raw, err := os.ReadFile(input)
		if err != nil {
			f.Fatal(err)
		}
		add(raw)
	}
	for _, raw := range []string{
		``, `{}`, `[]`, `{"archive":{"schema":1,"sdk_app_id":"","window":""},"archive":2}`, `{"a":{"A":1,"a":[]},"A":1}`,
		`{"":"","_2":1,"":2}`, `{"x_url_2":"//a@b/c?d","X_URL_2":"e"}`, `{"RecordURL":{"RecordURL":["https://u@h/p/q.r?s"]}}`,
		"{\"\xff\":\"\\ud800\xff\",\"\\udcff\":\"\\\\\"}", `{"SessionId":" ","Time":1e1}`,
	} {
		add([]byte(raw))
	}
}

func FuzzNormalize(f *testing.F) {
	addSamples(f, func(raw []byte) { f.Add(raw, true) })
	f.Fuzz(checkNormalize)
}

// checkNormalize holds what Normalize makes of any input against its promises.
func checkNormalize(t *testing.T, raw []byte, copied bool) {
	n := normalizer()
	if !copied {
		n.Kinds = nil
	}
	rec, err := n.Normalize(raw)
	isObject := json.Valid(raw) && bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{"))
	if isObject != (err == nil) {
		t.Fatalf("object: %v, error: %v", isObject, err)
	}
	id := Identity(raw)
	if err != nil {
		return
	}
	checkLine(t, rec.Line)
	if head, at, ok := Head(rec.Line); id != rec.ID || head != rec.ID || at != rec.Time || !ok {
		t.Errorf("%s: id %q of the record, %q archived, %q read back", raw, id, rec.ID, head)
	}
	again, err := n.Normalize(rec.Line)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(rec.Line), string(again.Line)); diff != "" {
		t.Errorf("%s normalised again (-once +twice):\n%s", raw, diff)
	}
	if len(rec.Files) != len(again.Files) {
		t.Errorf("%s: %d files, then %d", raw, len(rec.Files), len(again.Files))
	}
}

// checkLine holds a line against what every reader may rely on.
func checkLine(t *testing.T, line []byte) {
	t.Helper()
	if !json.Valid(line) || !utf8.Valid(line) {
		t.Errorf("no valid JSON in UTF-8: %q", line)
	}
	if bytes.Count(line, []byte{'\n'}) != 1 || line[len(line)-1] != '\n' || bytes.ContainsAny(line, "\r\u0085\u2028\u2029") {
		t.Errorf("not one line: %q", line)
	}
	p, root, err := parse(line)
	if err != nil {
		t.Fatal(err)
	}
	defer p.release()
	checkNames(t, root)
}

// checkNames fails where two names of one object differ only in case.
func checkNames(t *testing.T, n *node) {
	t.Helper()
	seen := map[string]bool{}
	for _, kid := range n.kids {
		checkNames(t, kid)
		if name := strings.ToLower(string(kid.name)); n.kind == object && (seen[name] || seen[fold(kid.name)]) {
			t.Errorf("the name %q is there twice", name)
		} else {
			seen[name], seen[fold(kid.name)] = true, true
		}
	}
}

// FuzzLinks hides a secret in links of every field that can hold one.
func FuzzLinks(f *testing.F) {
	f.Add("", "a/b/name.mp3")
	f.Add("see ", "to+ken==/name.mp3")
	f.Add("http://u@h/", "\\@x:8/..;a=b")
	f.Add("//", "\u2028")
	f.Fuzz(func(t *testing.T, before, path string) {
		const secret = "5ecret5ecret"
		if strings.Contains(before+path, secret) {
			t.Skip()
		}
		n := normalizer()
		n.Kinds = nil
		for _, link := range []string{
			before + "https://rec.media.example/" + path + "?sign=" + secret,
			before + "https://rec.media.example/" + secret + "/" + path,
			before + "https://" + secret + "@rec.media.example/" + path,
		} {
			value, err := json.Marshal(link)
			if err != nil {
				t.Fatal(err)
			}
			v := string(value)
			rec := normalize(t, n, `{"RecordURL":`+v+`,"recordUrl":`+v+`,"XUrl":`+v+`,"xurl":[`+v+`,0],"AsrUrl":{"a":`+v+`},`+
				`"VoicemailAsrURL":[`+v+`],"ServeParticipants":[{"RecordURL":`+v+`,"recordurl":[`+v+`],"yURL":{"z":`+v+`}}]}`)
			if strings.Contains(string(rec.Line), secret) {
				t.Errorf("%q: the secret survives in %s", link, rec.Line)
			}
			if strings.Contains(strings.Join(rec.UnknownLinks, ""), secret) {
				t.Errorf("%q: the secret is reported", link)
			}
		}
	})
}

func FuzzMerge(f *testing.F) {
	var samples [][]byte
	addSamples(f, func(raw []byte) { samples = append(samples, raw) })
	for _, a := range samples {
		for _, b := range samples {
			f.Add(a, b)
		}
	}
	f.Add([]byte(`{"a":[{"b":1},null],"Uui":1}`), []byte(`{"a":[[],{"B":2}],"UUI":[]}`))
	f.Fuzz(checkMerge)
}

// checkMerge holds the union of any two records against Merge's promises.
func checkMerge(t *testing.T, first, second []byte) {
	n := normalizer()
	a, errA := n.Normalize(first)
	b, errB := n.Normalize(second)
	if errA != nil || errB != nil {
		return
	}
	whole := merge(t, a.Line, b.Line)
	checkLine(t, whole)
	checkKept(t, a.Line, whole)
	checkKept(t, b.Line, whole)
	if got := merge(t, a.Line, a.Line); !bytes.Equal(got, a.Line) {
		t.Errorf("a line with itself: %s, want %s", got, a.Line)
	}
	if got := merge(t, whole, b.Line); !bytes.Equal(got, whole) {
		t.Errorf("once more: %s, want %s", got, whole)
	}
}

func merge(t *testing.T, old, new []byte) []byte {
	t.Helper()
	line, changed, err := Merge(old, new)
	if err != nil {
		t.Fatal(err)
	}
	if changed == bytes.Equal(line, old) {
		t.Errorf("changed = %v", changed)
	}
	return line
}

// checkKept fails where a field that says something in part says nothing in whole.
func checkKept(t *testing.T, part, whole []byte) {
	t.Helper()
	p, few, err := parse(part)
	if err != nil {
		t.Fatal(err)
	}
	defer p.release()
	q, all, err := parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	defer q.release()
	says := map[string]bool{}
	for _, m := range all.kids {
		says[fold(m.name)] = !isEmpty(m)
	}
	for _, m := range few.kids {
		if !isEmpty(m) && !says[fold(m.name)] {
			t.Errorf("the field %q is lost", m.name)
		}
	}
}

// The one pass over the bytes finds the id that the whole tree gives, whatever the record.
func FuzzIdentity(f *testing.F) {
	addSamples(f, func(raw []byte) { f.Add(raw) })
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, root, err := parse(raw)
		if err != nil {
			return // no value out of JSON that was parsed
		}
		defer p.release()
		if got, want := Identity(raw), identity(root); got != want {
			t.Errorf("%q is %q, its tree says %q", raw, got, want)
		}
	})
}
