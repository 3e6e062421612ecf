package cdr

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestLog_NoSecrets(t *testing.T) {
	rec := normalize(t, normalizer(), `{"SessionId":"s","Caller":"5ecret","RecordURL":"https://rec.media.example/5ecret/r.mp3?sign=5ecret"}`)
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "record", rec, "file", rec.Files[0])
	fmt.Fprintf(&out, "%v %+v %s %v", rec, rec, rec, rec.Files)
	if strings.Contains(out.String(), "5ecret") {
		t.Errorf("a secret is logged: %s", out.String())
	}
	if !strings.Contains(out.String(), "recording 0") {
		t.Errorf("the file is not named: %s", out.String())
	}
}
