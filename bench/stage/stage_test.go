package stage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc64"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T, s Scene) *Stage {
	t.Helper()
	st, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	if err := Set(st.Addresses.Control, s); err != nil {
		t.Fatal(err)
	}
	return st
}

func send(t *testing.T, method, url string, body []byte) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, b
}

// The bucket's checksum is that of the bytes, however much of them it could take for known.
func TestBucket_TellsTheChecksum(t *testing.T) {
	sound := recording(500_000)
	late := slices.Clone(sound)
	late[400_000] ^= 1
	for _, digest := range []bool{false, true} {
		s := open(t, Scene{Bytes: int64(len(sound)), Digest: digest})
		for name, body := range map[string][]byte{
			"recording": sound, "beginning": sound[:300_000], "altered": late, "other": []byte("rows\n"), "empty": {},
		} {
			url := "http://" + s.Addresses.Bucket + "/media/" + name
			resp, _ := send(t, http.MethodPut, url, body)
			want := strconv.FormatUint(crc64.Checksum(body, ecma), 10)
			if got := resp.Header.Get("X-Cos-Hash-Crc64ecma"); got != want {
				t.Errorf("%s, digest %v: checksum %s, want %s", name, digest, got, want)
			}
			if _, got := send(t, http.MethodGet, url, nil); !bytes.Equal(got, body) {
				t.Errorf("%s: got other bytes back", name)
			}
		}
		counts, err := Count(s.Addresses.Control)
		if err != nil {
			t.Fatal(err)
		}
		if counts.Strange != 4 || counts.Store["PUT media"] != 5 {
			t.Errorf("counts %+v", counts)
		}
	}
}

func TestBucket_CreatesOnlyOnce(t *testing.T) {
	s := open(t, Scene{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://"+s.Addresses.Bucket+"/k", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("x-cos-forbid-overwrite", "true")
	for _, want := range []int{http.StatusOK, http.StatusConflict} {
		resp, err := http.DefaultClient.Do(req.Clone(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("got %s, want %d", resp.Status, want)
		}
		req.Body = io.NopCloser(strings.NewReader("x"))
	}
}

// Pages of any size list every call of a range once, oldest first, and each on the side of an hour's edge that its time says.
func TestAPI_ListsEveryCallOnce(t *testing.T) {
	scene := Scene{From: Hour(time.Now()), Hours: 3, Calls: 47, Bytes: 10}
	s := open(t, scene)
	for hour := range scene.Hours {
		from := scene.From.Unix() + int64(hour)*3600
		var ids []string
		for page := 0; ; page++ {
			body := fmt.Sprintf(`{"StartTimeStamp":%d,"EndTimeStamp":%d,"PageSize":10,"PageNumber":%d}`, from-1, from+3600, page)
			_, b := send(t, http.MethodPost, "http://"+s.Addresses.API, []byte(body))
			var answer struct {
				Response struct {
					TotalCount int
					TelCdrList []struct {
						SessionId string
						Time      int64
					}
				}
			}
			if err := json.Unmarshal(b, &answer); err != nil {
				t.Fatal(err)
			}
			if got := answer.Response.TotalCount; got != scene.Calls {
				t.Fatalf("total %d, want %d", got, scene.Calls)
			}
			if len(answer.Response.TelCdrList) == 0 {
				break
			}
			for _, call := range answer.Response.TelCdrList {
				if call.Time < from || call.Time >= from+3600 {
					t.Errorf("call at %d is not of the hour from %d", call.Time, from)
				}
				ids = append(ids, call.SessionId)
			}
		}
		if len(ids) != scene.Calls || !slices.IsSorted(ids) || len(slices.Compact(ids)) != scene.Calls {
			t.Errorf("hour %d lists %d calls", hour, len(ids))
		}
	}
}

// The limit counts any second, not the clock's.
func TestAPI_Limit(t *testing.T) {
	a := &api{}
	now := time.Unix(1_700_000_000, 900_000_000)
	for n := range 20 {
		if !a.pass(20, now.Add(time.Duration(n)*time.Millisecond)) {
			t.Fatalf("request %d was refused", n)
		}
	}
	if a.pass(20, now.Add(999*time.Millisecond)) {
		t.Error("request 21 of a second passed")
	}
	if !a.pass(20, now.Add(time.Second)) {
		t.Error("a request after a second was refused")
	}
}

func TestStudio_CutsTheFlakyLinkOnce(t *testing.T) {
	s := open(t, Scene{Bytes: 400_000, Flaky: true})
	url := "http://" + s.Addresses.Media + "/recordings/0.mp3"
	resp, err := http.Get(url)
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	if err == nil {
		t.Error("the first download was not cut")
	}
	if _, b := send(t, http.MethodGet, url, nil); !bytes.Equal(b, recording(400_000)) {
		t.Error("the second download is not the recording")
	}
}

// The bucket takes what clients of S3 send: the bucket's name as the first folder of the path, headers that it does not
// know, and a HEAD after the PUT that must tell length, time and tag.
func TestBucket_TakesWhatS3ClientsSend(t *testing.T) {
	sound := recording(300_000)
	s := open(t, Scene{Bytes: int64(len(sound))})
	url := "http://" + s.Addresses.Bucket + "/pipe/0.mp3"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+"?x-id=PutObject", bytes.NewReader(sound))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	req.Header.Set("X-Amz-Meta-Mtime", "1795132800.5")
	put, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	put.Body.Close()
	head, _ := send(t, http.MethodHead, url, nil)
	if head.StatusCode != http.StatusOK || head.ContentLength != int64(len(sound)) || head.Header.Get("Last-Modified") == "" {
		t.Errorf("HEAD tells %s, %d bytes, of %q", head.Status, head.ContentLength, head.Header.Get("Last-Modified"))
	}
	if tag := put.Header.Get("Etag"); tag == "" || head.Header.Get("Etag") != tag {
		t.Errorf("PUT tells the tag %q, HEAD %q", tag, head.Header.Get("Etag"))
	}
	counts, err := Count(s.Addresses.Control)
	if err != nil {
		t.Fatal(err)
	}
	if counts.Strange > 0 || counts.Stored != int64(len(sound)) {
		t.Errorf("counts %+v", counts)
	}
}
