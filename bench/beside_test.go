package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cdrvault/bench/stage"

	"github.com/google/go-cmp/cmp"
)

// TestMain is a peer where it is called as one: the tests name themselves as rclone and as Bento.
func TestMain(m *testing.M) {
	fakes := map[string]func([]string) error{"copyurl": fakeRclone, "-c": fakeBento}
	if len(os.Args) > 1 && fakes[os.Args[1]] != nil {
		if err := fakes[os.Args[1]](os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// fakeRclone copies the links of a list one after the other. --lose leaves out the first, --alter changes its first byte.
func fakeRclone(args []string) error {
	list, err := os.Open(args[slices.Index(args, "--urls")+1])
	if err != nil {
		return err
	}
	links, err := csv.NewReader(list).ReadAll()
	if err != nil {
		return err
	}
	if slices.Contains(args, "--lose") {
		links = links[1:]
	}
	for _, link := range links {
		sound, err := exchange(http.MethodGet, link[0], nil)
		if err != nil {
			return err
		}
		if slices.Contains(args, "--alter") {
			sound[0] ^= 1
		}
		if _, err := exchange(http.MethodPut, os.Getenv("RCLONE_S3_ENDPOINT")+"/pipe/"+link[1], sound); err != nil {
			return err
		}
	}
	return nil
}

var (
	bentoPages  = regexp.MustCompile(`count: (\d+)\n`)
	bentoRange  = regexp.MustCompile(`"StartTimeStamp": \d+, "EndTimeStamp": \d+, "PageSize": 100`)
	bentoAPI    = regexp.MustCompile(`url: "(http://[^"]+)"`)
	bentoBucket = regexp.MustCompile(`url: '(http://[^/]+/rows/)`)
)

// fakeBento does what a configuration says, as far as it varies: one object for each page.
func fakeBento(args []string) error {
	config, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	pages, err := strconv.Atoi(string(bentoPages.FindSubmatch(config)[1]))
	if err != nil {
		return err
	}
	for n := range pages {
		query := fmt.Sprintf(`{%s, "PageNumber": %d}`, bentoRange.Find(config), n)
		page, err := exchange(http.MethodPost, string(bentoAPI.FindSubmatch(config)[1]), []byte(query))
		if err != nil {
			return err
		}
		var answer struct {
			Response struct{ TelCdrList []json.RawMessage }
		}
		if err := json.Unmarshal(page, &answer); err != nil {
			return err
		}
		rows := packed(bytes.Join(asBytes(answer.Response.TelCdrList), []byte("\n")))
		if _, err := exchange(http.MethodPut, fmt.Sprintf("%s%d.ndjson.gz", bentoBucket.FindSubmatch(config)[1], n), rows); err != nil {
			return err
		}
	}
	return nil
}

func asBytes(of []json.RawMessage) (all [][]byte) {
	for _, m := range of {
		all = append(all, m)
	}
	return all
}

func packed(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func exchange(method, url string, body []byte) ([]byte, error) {
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	return io.ReadAll(resp.Body)
}

// withPeers is a lab whose peers are the fakes.
func withPeers(t *testing.T) *lab {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l := inOneProcess(t)
	l.peers = peers{rclone: self, bento: self}
	return l
}

// Without a peer the part does nothing but say so, and where the peer is to be had.
func TestBeside_NoPeers(t *testing.T) {
	r, err := beside(t.Context(), &lab{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Figures)+len(r.Beside) > 0 || len(r.Notes) != 2 || !strings.Contains(r.Notes[0], "go install ") {
		t.Errorf("got %+v", r)
	}
}

// A peer that left a file out, or stored other bytes, is an error and not a fast one.
func TestCopyByRclone_ChecksEveryByte(t *testing.T) {
	l := withPeers(t)
	c := copies{files: 5, bytes: 20 * kb, inFlight: 32}
	for flag, good := range map[string]bool{"--s3-no-head": true, "--lose": false, "--alter": false} {
		u, err := l.copyByRclone(t.Context(), t.TempDir(), c, flag)
		if (err == nil) != good {
			t.Errorf("%s: error %v", flag, err)
		}
		if good && (u.Seconds <= 0 || u.CPU <= 0) {
			t.Errorf("%s: odd usage %+v", flag, u)
		}
	}
}

func TestRowsByBento_ChecksEveryRow(t *testing.T) {
	l := withPeers(t)
	scene := stage.Scene{From: stage.Hour(time.Now()), Hours: 1, Calls: 300}
	if _, err := l.rowsByBento(t.Context(), t.TempDir(), scene, 100); err != nil {
		t.Error(err)
	}
}

func TestArchived_CountsEveryCallOnce(t *testing.T) {
	l := inOneProcess(t)
	for name, c := range map[string]struct {
		objects []string
		want    string
	}{
		"all, in two objects": {[]string{`{"SessionId":"a"}`, `{"SessionId":"b"}` + "\n"}, ""},
		"one missing":         {[]string{`{"SessionId":"a"}`}, "1 calls of 2"},
		"one twice":           {[]string{`{"SessionId":"a"}`, `{"SessionId":"a"}`}, "twice"},
		"two rows glued":      {[]string{`{"SessionId":"a"}{"SessionId":"b"}`}, "invalid"},
	} {
		if err := l.set(stage.Scene{}); err != nil {
			t.Fatal(err)
		}
		for n, rows := range c.objects {
			if _, err := exchange(http.MethodPut, fmt.Sprintf("http://%s/rows/%d", l.at.Bucket, n), packed([]byte(rows))); err != nil {
				t.Fatal(err)
			}
		}
		_, err := l.archived(t.Context(), "rows/", 2)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

// The built product copies files and rows on the servers that its peers use.
func TestByProduct(t *testing.T) {
	l := inOneProcess(t)
	binary, err := build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.copyByProduct(t.Context(), binary, copies{files: 5, bytes: 20 * kb, inFlight: 32}); err != nil {
		t.Error(err)
	}
	if _, err := l.rowsByProduct(t.Context(), binary, stage.Scene{From: stage.Hour(time.Now()), Hours: 1, Calls: 300}); err != nil {
		t.Error(err)
	}
}

// Every round measures all, the second one the other way round; shares are taken within a round.
func TestInTurns(t *testing.T) {
	var order []string
	take := func(name string, seconds ...float64) rival {
		round := 0
		return rival{name, func() (usage, error) {
			order, round = append(order, name), round+1
			return usage{Seconds: seconds[round-1], CPU: 1, Peak: 10 * mb}, nil
		}}
	}
	got, err := inTurns("work", 3, []rival{take("ours", 1, 2, 30), take("theirs", 2, 4, 30)})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"ours", "theirs", "theirs", "ours", "ours", "theirs"}; !slices.Equal(order, want) {
		t.Errorf("order %v", order)
	}
	want := []Peer{
		{Work: "work", Program: "ours", Seconds: 2, CPU: 1, PeakMB: 10, TimeShare: 1, CPUShare: 1, MemoryShare: 1},
		{Work: "work", Program: "theirs", Seconds: 4, CPU: 1, PeakMB: 10, TimeShare: 0.5, CPUShare: 1, MemoryShare: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A child that fails is an error which says why; one that allocates is seen to.
func TestChild(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	_, err = child(t.Context(), command{program: sh, args: []string{"-c", "echo first >&2; echo no bucket >&2; exit 3"}})
	if err == nil || !strings.Contains(err.Error(), "exit status 3: no bucket") {
		t.Errorf("error %v", err)
	}
	t.Setenv("CDRVAULT_OWN", "set")
	if _, err = child(t.Context(), command{program: sh, args: []string{"-c", `test "$GIVEN" = yes && test -z "$CDRVAULT_OWN"`}, env: []string{"GIVEN=yes"}}); err != nil {
		t.Errorf("environment: %v", err)
	}
}

func TestWatchPeak_KeepsTheHighest(t *testing.T) {
	if own := peak(); own == 0 {
		t.Skip("the system does not tell")
	}
	if got := watchPeak(os.Getpid())(); got < mb {
		t.Errorf("this process has %d bytes", got)
	}
}

// What a peer took is printed beside what we did, and what was not measured is said.
func TestReport_PrintsPeers(t *testing.T) {
	r := &Report{Beside: []Peer{{Work: "600 files", Program: "rclone", Seconds: 1.5, TimeShare: 0.62, MemoryShare: 0.71}}, Notes: []string{"Rows were not measured."}}
	var out bytes.Buffer
	r.print(&out)
	for _, want := range []string{"600 files", "1.50 s", "0.62", "0.71", "\nRows were not measured.\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
