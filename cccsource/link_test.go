package cccsource

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"cdrvault/archive"
)

// The request line holds what the link holds, whatever it holds.
func TestOpen_AsksForTheLinkByteForByte(t *testing.T) {
	for _, test := range []struct{ link, want string }{
		{"/tcccadmin/getRecord/a/b+c=d%2Be%2F%2f==/1.mp3", ""},
		{"/%41/../x/./y//z/", ""},
		{"/a|b<c>{d}[e]\"^`\\", ""},
		{"/bad%zzescape%", ""},
		{"//two/slashes%2F", ""},
		{"/a?b=c/d+e%20f&&g=%zz?h", ""},
		{"/a?", ""},
		{"?q=1", "/?q=1"},
		{"", "/"},
		{"/a#fragment?x", "/a"},
		{"/录 音.mp3?k=值", "/%E5%BD%95%20%E9%9F%B3.mp3?k=%E5%80%BC"},
		{"/a\r\nX-Injected: 1", "/a%0D%0AX-Injected:%201"},
	} {
		t.Run(test.link, func(t *testing.T) {
			addr, lines := lineServer(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			got, _, err := open(t, opener(t, addr), "http://"+addr+test.link)
			if err != nil || got != "ok" {
				t.Fatalf("got %q, %v", got, err)
			}
			want := test.want
			if want == "" {
				want = test.link
			}
			if line := <-lines; line != "GET "+want+" HTTP/1.1\r\n" {
				t.Errorf("got %q, want %q", line, want)
			}
		})
	}
}

func TestOpen_RefusesLinks(t *testing.T) {
	hit := func(w http.ResponseWriter, _ *http.Request) { t.Error("a refused link was asked for") }
	s := mediaServer(t, hit)
	port := hostOf(s)[len("127.0.0.1:"):]
	for _, link := range []string{
		"", "a.mp3", "/a.mp3", "file:///etc/passwd", "ftp://127.0.0.1/", "http://", "http:///a",
		"http://user:t0ken@" + hostOf(s) + "/", "http://example.com@" + hostOf(s),
		"http://169.254.169.254/latest/meta-data", "http://metadata.tencentyun.com/latest/meta-data",
		s.URL + "/t0ken", "http://[::ffff:127.0.0.1]:" + port, "http://[::1]/", "http://0/", "http://2130706433:" + port,
		"http://localhost:" + port + "/t0ken", // allowed by name below: the address is not
		"http://example.com\\.example.org/", "http://exa mple.com/",
	} {
		_, _, err := open(t, opener(t, "localhost", "example.com"), link)
		if !errors.Is(err, archive.ErrLinkRefused) {
			t.Errorf("%q: got %v", link, err)
			continue
		}
		checkSilent(t, err)
	}
}

func TestOpen_FollowsRedirects(t *testing.T) {
	s := mediaServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Referer() != "" {
			t.Error("a redirect tells the link to the next host")
		}
		next := map[string]string{
			"/1": "/dir/2?x=y", "/dir/2": "3", "/dir/3": "http://" + r.Host + "/4%2B+", "/4+ ": "", "/4++": "//" + r.Host + "/5",
		}[r.URL.Path]
		if next == "" {
			io.WriteString(w, "end of "+r.RequestURI)
			return
		}
		w.Header().Set("Location", next)
		w.WriteHeader(302)
	})
	got, d, err := open(t, opener(t, hostOf(s)), s.URL+"/1")
	if err != nil || got != "end of /5" || d.Host != hostOf(s) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestOpen_ChecksEveryRedirect(t *testing.T) {
	inner := mediaServer(t, func(http.ResponseWriter, *http.Request) { t.Error("a redirect got inside") })
	port := hostOf(inner)[len("127.0.0.1:"):]
	var to string
	s := mediaServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(307)
	})
	for _, to = range []string{
		"http://169.254.169.254/latest/meta-data/cam/security-credentials/", "http://metadata.tencentyun.com/t0ken",
		inner.URL, "//" + hostOf(inner), "http://localhost:" + port + "/", "file:///etc/passwd", "http://[::1]:" + port,
	} {
		_, _, err := open(t, opener(t, hostOf(s), "localhost"), s.URL+"/t0ken")
		if !errors.Is(err, archive.ErrLinkRefused) {
			t.Errorf("to %q: got %v", to, err)
			continue
		}
		checkSilent(t, err)
	}
}

func TestOpen_EndsALoopOfRedirects(t *testing.T) {
	asked := 0
	s := mediaServer(t, func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("Location", "/t0ken")
		w.WriteHeader(302)
	})
	_, _, err := open(t, opener(t, hostOf(s)), s.URL)
	if err == nil || errors.Is(err, archive.ErrLinkRefused) || asked != 1+maxRedirects {
		t.Errorf("got %v after %d requests", err, asked)
	}
}

func TestFollow_DoesNotDropToPlainHTTP(t *testing.T) {
	u, err := parseLink("https://h.example/a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := follow(u, "http://h.example/a"); !errors.Is(err, archive.ErrLinkRefused) {
		t.Errorf("got %v", err)
	}
	next, err := follow(u, "//other.example/b?u=http://x/")
	if err != nil || next.Scheme != "https" || next.Host != "other.example" || next.RequestURI() != "/b?u=http://x/" {
		t.Errorf("got %v, %v", next, err)
	}
}
