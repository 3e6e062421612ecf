package cosstore_test

import (
	"testing"

	"cdrvault/cosstore"
)

func TestNew_Refuses(t *testing.T) {
	good := options(t, "https://lake-1250000000.cos.ap-guangzhou.myqcloud.com")
	tests := map[string]func(*cosstore.Options){
		"no URL":             func(o *cosstore.Options) { o.BaseURL = nil },
		"path":               func(o *cosstore.Options) { o.BaseURL = options(t, "https://h/lake").BaseURL },
		"user":               func(o *cosstore.Options) { o.BaseURL = options(t, "https://u:p@h").BaseURL },
		"scheme":             func(o *cosstore.Options) { o.BaseURL = options(t, "ftp://h").BaseURL },
		"no host":            func(o *cosstore.Options) { o.BaseURL = options(t, "https:///").BaseURL },
		"SSE":                func(o *cosstore.Options) { o.SSE = "AES128" },
		"SSE without key":    func(o *cosstore.Options) { o.SSE = "kms:" },
		"parts below 1 MiB":  func(o *cosstore.Options) { o.PartSize = 1 },
		"one PUT above 5 GB": func(o *cosstore.Options) { o.MultipartAbove = 6 << 30 },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			o := good
			spoil(&o)
			if _, err := cosstore.New(o); err == nil {
				t.Error("New: no error")
			}
		})
	}
	if _, err := cosstore.New(good); err != nil {
		t.Errorf("New with good options: %v", err)
	}
}
