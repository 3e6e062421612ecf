package cdr

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// Records made of what rules look at, which a fuzzer that changes single bytes seldom meets together.
var (
	oddNames = []string{
		"SessionId", "SESSIONID", "RecordId", "Time", "time", "archive", "Archive", "archive_2", "UUI", "Uui", "Uui_2", "UUI_2",
		"RecordURL", "recordurl", "RecordURL_2", "AsrUrl", "asrURL", "VoicemailRecordURL", "VoicemailAsrURL", "CustomRecordURL",
		"ServeParticipants", "serveparticipants", "xUrl", "XURL", "xurl_2", "x_2", "", "_2", "url", `\ud800`, "\xff", `\u0130`, "i", "K", `\u212a`,
	}
	oddScalars = []string{
		`null`, `true`, `0`, `-0`, `1.0`, `1`, `1e3`, `9007199254740993`, `""`, `"s"`, `"a?b@c#d"`, `"\ud83d"`, "\"\\ud83d\xff\"", "\"\xe4\xbd\"",
		`"https://rec.media.example/a/b.mp3?sign=1"`, `"https://u:p@other.example/a/b?c#d"`, `"//rec.media.example/b.wav?x"`,
		`"see https://rec.media.example/"`, `"https://rec.media.example?x"`, `"ftp://a/b.mp3"`, `"media/s/recording.wav"`, `"https://…"`,
		`{"schema":1,"sdk_app_id":"","window":""}`, `"x\u2028\u0085y"`, `"https:\/\/rec.media.example\/\u002f\\.mp3"`,
	}
)

func randomRecord(r *rand.Rand) string {
	return randomList(r, 3, '{')
}

func randomList(r *rand.Rand, depth int, kind byte) string {
	values := make([]string, r.IntN(7))
	for i := range values {
		values[i] = oddScalars[r.IntN(len(oddScalars))]
		if what := r.IntN(10); depth > 0 && what < 4 {
			values[i] = randomList(r, depth-1, "{["[what%2])
		}
		if kind == '{' {
			values[i] = `"` + oddNames[r.IntN(len(oddNames))] + `":` + values[i]
		}
	}
	return string(kind) + strings.Join(values, ",") + string(closing(kind))
}

func TestNormalize_RandomRecords(t *testing.T) {
	for seed := range uint64(3000) {
		raw := randomRecord(rand.New(rand.NewPCG(seed, 0)))
		checkNormalize(t, []byte(raw), seed%2 == 0)
		if t.Failed() {
			t.Fatal("seed " + strconv.FormatUint(seed, 10))
		}
	}
}

func TestMerge_RandomRecords(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		a, b := randomRecord(r), randomRecord(r)
		checkMerge(t, []byte(a), []byte(b))
		if t.Failed() {
			t.Fatalf("seed %d: %s and %s", seed, a, b)
		}
	}
}
