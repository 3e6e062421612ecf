package cdr

import "testing"

func TestReduceMedia(t *testing.T) {
	tests := []struct{ link, want string }{
		{"https://h.example/a/b/name.mp3?sign=x", "https://h.example/…/name.mp3"},
		{"http://h.example:8080/name.mp3#x", "http://h.example:8080/name.mp3"},
		{"HTTPS://H.example/name.mp3", "HTTPS://H.example/name.mp3"},
		{"https://h.example/get/to+k/en==/1-2_3.mp3", "https://h.example/…/1-2_3.mp3"},
		{"https://h.example/get/to?ken/name.mp3", "https://h.example/…"},
		{"https://h.example/a/录音.mp3", "https://h.example/…/录音.mp3"},
		{"https://h.example/a//name.mp3", "https://h.example/…/name.mp3"},
		{"https://h.example//name.mp3", "https://h.example/…/name.mp3"},
		{"https://h.example/get/token", "https://h.example/…"},
		{"https://h.example/token", "https://h.example/…"},
		{"https://h.example/a/eyJhbGci.eyJzdWIi.5ignature", "https://h.example/…"},
		{"https://h.example/a/name.mp3;token=x.mp3", "https://h.example/…"},
		{"https://h.example/a/name%3Fsign%3Dx.mp3", "https://h.example/…"},
		{"https://h.example/a/.mp3", "https://h.example/…"},
		{"https://h.example/a/", "https://h.example/…"},
		{"https://h.example/", "https://h.example/"},
		{"https://h.example", "https://h.example"},
		{"https://h.example?sign=x", "https://h.example"},
		{"https://user:pass@h.example/a/n.mp3", "https://h.example/…/n.mp3"},
		{"https://a@b@h.example/n.mp3", "https://h.example/n.mp3"},
		{`https://h.example\\a/n.mp3`, "https://h.example/…/n.mp3"},
		{"https://[::1]:80/a/n.mp3", "https://[::1]:80/…/n.mp3"},
		{"https://to ken/a/n.mp3", "https://…"},
		{"//h.example/a/n.mp3?sign=x", "//h.example/…/n.mp3"},
		{"", ""},
		{"abc", "abc"},
		{"n.mp3", "n.mp3"},
		{"h.example/a/n.mp3?sign=x", "…"},
		{"a?b", "…"},
		{"a@b", "…"},
		{"ftp://u:p@h.example/n.mp3", "…"},
		{" https://h.example/n.mp3?sign=x", "…"},
		{`{\"url\":\"https://h.example/n.mp3?sign=x\"}`, "…"},
	}
	for _, tt := range tests {
		got := string(reduceMedia([]byte(tt.link)))
		if got != tt.want {
			t.Errorf("reduceMedia(%s) = %s, want %s", tt.link, got, tt.want)
		}
		if again := string(reduceMedia([]byte(got))); again != got {
			t.Errorf("%s is reduced again to %s", got, again)
		}
	}
}

func TestReduce(t *testing.T) {
	isMedia := func(host string) bool { return host == "m.example" || host == "m.example:81" }
	tests := []struct {
		link, want string
		media      bool
	}{
		{"https://m.example/a/n.mp3?sign=x", "https://m.example/…/n.mp3", true},
		{"https://M.EXAMPLE:81/a/n.mp3", "https://M.EXAMPLE:81/…/n.mp3", true},
		{"see https://m.example/a/n.mp3?sign=x", "see https://m.example/…/n.mp3", true},
		{"cos://m.example/a/n.mp3?sign=x", "cos://m.example/…/n.mp3", true},
		{"https://m.example@evil.example/a/n?sign=x", "https://evil.example/a/n", false},
		{"https://o.example/a/b?ticket=x#y", "https://o.example/a/b", false},
		{"https://u:p@o.example:8/a", "https://o.example:8/a", false},
		{"https://o.example/https://m.example/token/n.mp3", "https://o.example/…/n.mp3", false},
		{"https://o exam.ple/a", "https://…", false},
		{"mailto:a@b.example?subject=x", "mailto:a@b.example?subject=x", false},
		{"no link", "no link", false},
	}
	for _, tt := range tests {
		got, media := reduce([]byte(tt.link), isMedia)
		if string(got) != tt.want || media != tt.media {
			t.Errorf("reduce(%s) = %s, %v; want %s, %v", tt.link, got, media, tt.want, tt.media)
		}
		if again, _ := reduce(got, isMedia); string(again) != string(got) {
			t.Errorf("%s is reduced again to %s", got, again)
		}
	}
}

func TestExtension(t *testing.T) {
	tests := []struct{ link, want string }{
		{"https://h/a/n.mp3?x=y.wav", "mp3"},
		{"https://h/a/n.WaV#z", "wav"},
		{"https://h/a.amr/n", "default"},
		{"https://h/a.b/n.M4A", "m4a"},
		{"https://h/a/to+k=.x/n.ogg", "ogg"},
		{"https://h.mp3", "default"},
		{"https://h/n.mp3.exe", "default"},
		{"https://h/n.", "default"},
		{"media/s/asr.json", "json"},
		{"n.txt", "txt"},
		{"abc", "default"},
	}
	for _, tt := range tests {
		if got := extension([]byte(tt.link), "default"); got != tt.want {
			t.Errorf("extension(%s) = %s, want %s", tt.link, got, tt.want)
		}
	}
}
