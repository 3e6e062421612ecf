package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"cdrvault/config"
)

var keys = env{
	"TENCENTCLOUD_SECRETID":     "AKIDexample",
	"TENCENTCLOUD_SECRETKEY":    "keyexample",
	"TENCENTCLOUD_SESSIONTOKEN": "tokenexample",
}

func TestLoadCredentials(t *testing.T) {
	for _, e := range []env{keys, keys.with("TENCENTCLOUD_SESSIONTOKEN", ""), keys.with("TENCENTCLOUD_SECRETKEY", " keyexample\n")} {
		c, err := config.LoadCredentials(e.get)
		if err != nil {
			t.Fatal(err)
		}
		if c.ID != "AKIDexample" || c.Key != "keyexample" || c.Token != e["TENCENTCLOUD_SESSIONTOKEN"] {
			t.Error("credentials are not those of the environment")
		}
	}
}

func TestLoadCredentials_MissingOrBroken(t *testing.T) {
	_, err := config.LoadCredentials(env{}.get)
	if err == nil {
		t.Fatal("no credentials, and no error")
	}
	for _, want := range []string{"TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY: not set", "execution role"} {
		if strings.Count(err.Error(), want) != 1 {
			t.Errorf("want %q once in: %v", want, err)
		}
	}
	if _, err := config.LoadCredentials(keys.with("TENCENTCLOUD_SECRETKEY", "").get); err == nil || !strings.HasPrefix(err.Error(), "TENCENTCLOUD_SECRETKEY: not set") {
		t.Errorf("no key: %v", err)
	}
	for name, value := range keys {
		c, err := config.LoadCredentials(keys.with(name, value+"\n"+value).get)
		if err == nil || c != (config.Credentials{}) {
			t.Errorf("%s with a line break: error %v", name, err)
		} else if strings.Contains(err.Error(), value) {
			t.Errorf("%s: the value is repeated", name)
		}
	}
}

func TestCredentials_NeverShow(t *testing.T) {
	c, err := config.LoadCredentials(keys.get)
	if err != nil {
		t.Fatal(err)
	}
	type holder struct{ C config.Credentials }
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb, c, &c, holder{c})
	}
	for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(h).Info("x", "c", c, "p", &c, "h", holder{c})
	}
	if err := json.NewEncoder(&out).Encode(holder{c}); err != nil {
		t.Fatal(err)
	}
	for _, value := range keys {
		if strings.Contains(out.String(), value) || strings.Contains(out.String(), fmt.Sprintf("%x", value)) {
			t.Error("credentials are shown")
		}
	}
}
