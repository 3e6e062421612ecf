package config_test

import (
	"strings"
	"testing"
	"time"

	"cdrvault/config"

	"github.com/google/go-cmp/cmp"
)

// accepted has values at the edge of what each variable takes; refused has what lies beyond.
var accepted = map[string][]string{
	"CCC_SDK_APP_IDS":     {"1", "1400000000,1400000001", " 1 , 2 "},
	"CCC_REGION":          {"ap-guangzhou", "na-siliconvalley", "ap-shanghai-fsi"},
	"CCC_ENDPOINT":        {"ccc.intl.tencentcloudapi.com", "localhost:80", "https://h", "http://h:65535", "http://h/", "[::1]:80", "stand_in:1"},
	"CCC_RATE_LIMIT":      {"1", "20", "10000"},
	"COS_BUCKET":          {"a-1", "my-lake-1250000000"},
	"COS_REGION":          {"ap-guangzhou"},
	"COS_ENDPOINT":        {"https://lake-1.cos.accelerate.myqcloud.com", "http://127.0.0.1:9000"},
	"COS_PREFIX":          {"/", "a", "a/b/", "/a b/中文", strings.Repeat("x", 300)},
	"COS_STORAGE_CLASS":   {"STANDARD", "MAZ_STANDARD_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE"},
	"COS_SSE":             {"none", "AES256", "kms:0a1b2c3d-0000-1111-2222-333344445555"},
	"MEDIA_KINDS":         {"custom", "recording,asr,participant,voicemail,voicemail_asr,custom"},
	"MEDIA_ALLOWED_HOSTS": {"127.0.0.1", "127.0.0.1:8080,[::1],host,h.example:443,*.a.example"},
	"MEDIA_CONCURRENCY":   {"1", "512"},
	"ARCHIVE_WINDOW":      {"5m", "10m", "15m", "20m", "30m", "1h"},
	"ARCHIVE_TIMEZONE":    {"Asia/Shanghai", "UTC", "Etc/GMT-8", "Asia/Singapore", "America/Bogota", "Asia/Tokyo"},
	"ARCHIVE_SETTLE":      {"0", "90m", "4320h"},
	"ARCHIVE_START":       {"2026-11-22", "2026-11-22T00:00:00+08:00", "2000-01-02"},
	"ARCHIVE_COMPRESSION": {"gzip", "none"},
	"SELF_CONTINUE":       {"on", "off"},
	"INVOKE_ENDPOINT":     {"scf.intl.tencentcloudapi.com", "http://127.0.0.1:8082"},
}

var refused = map[string][]string{
	"CCC_SDK_APP_IDS":     {"app", "-1", "0", "01", "+1", "1,", "1,,2", "1,1", "99999999999999999999", "1;2"},
	"CCC_REGION":          {"ap_guangzhou", "AP-GUANGZHOU", "ap-guangzhou-", "a b", strings.Repeat("a", 41)},
	"CCC_ENDPOINT":        {"ftp://h", "h/path", "https://u:p@h", "h?q", "h#f", "h:0", "h:65536", "h:", "://h", "[::1", "-h", "h..h", "127.1", "https://", "h h"},
	"CCC_RATE_LIMIT":      {"0", "10001", "1.5", "twenty"},
	"COS_BUCKET":          {"lake", "Lake-1250000000", "-lake-1", "lake-", "lake-1250000000.cos", strings.Repeat("a", 62) + "-1"},
	"COS_REGION":          {"ap guangzhou"},
	"COS_ENDPOINT":        {"https://cos.example.com/lake-1250000000", "s3://h"},
	"COS_PREFIX":          {"a/../b", "a//b", "./a", "a\x00b", "a\nb", "\xff", strings.Repeat("x", 301)},
	"COS_STORAGE_CLASS":   {"standard", "GLACIER"},
	"COS_SSE":             {"aes256", "kms", "kms:", "kms:a b", "SSE-C"},
	"MEDIA_KINDS":         {"recordings", "recording,recording", "all"},
	"MEDIA_ALLOWED_HOSTS": {"*", "*.", "*.*.com", "https://h", "h/p", "h,", "a*.example.com", "*.a.example:80", "*.10.0.0.1", "*.[::ffff:1.2.3.4]", "10.0.0.256", "u@h", "::1"},
	"MEDIA_CONCURRENCY":   {"0", "513", "-1"},
	"ARCHIVE_WINDOW":      {"7m", "60m", "2h", "1", "1h0m"},
	"ARCHIVE_TIMEZONE":    {"Asia/Kolkata", "Europe/Berlin", "America/New_York", "Local", "Beijing", "../UTC", "Asia/Almaty"},
	"ARCHIVE_SETTLE":      {"-1h", "1d", "4321h", "24"},
	"ARCHIVE_START":       {"22.11.2026", "2026-11-31", "2026-11-22 00:00", "0001-01-01T00:00:00Z", "now"},
	"ARCHIVE_COMPRESSION": {"zstd", "GZIP"},
	"SELF_CONTINUE":       {"true", "1", "On"},
	"INVOKE_ENDPOINT":     {"https://h/path", "ftp://h"},
}

func TestLoad_EveryVariableHasEdges(t *testing.T) {
	for _, s := range config.Settings {
		if len(accepted[s.Name]) == 0 || len(refused[s.Name]) == 0 {
			t.Errorf("%s has no accepted or no refused value in this test", s.Name)
		}
		for _, value := range accepted[s.Name] {
			if names := wrongNames(t, minimal.with(s.Name, value)); names != nil {
				t.Errorf("%s=%q: %v complained about, want none", s.Name, value, names)
			}
		}
		for _, value := range refused[s.Name] {
			if diff := cmp.Diff([]string{s.Name}, wrongNames(t, minimal.with(s.Name, value))); diff != "" {
				t.Errorf("%s=%q: variables complained about (-want +got):\n%s", s.Name, value, diff)
			}
		}
	}
}

// A key that got into any variable, alone or inside a link, must show up nowhere.
func TestProblems_RepeatNoValue(t *testing.T) {
	const secret = "s3cretK3y"
	for _, s := range config.Settings {
		for _, shape := range []string{"%", "%,%", "https://id:%@h", "https://h/?sign=%", "kms:%:%", "*.%", "%T00:00:00Z", "..%", "% %"} {
			value := strings.ReplaceAll(shape, "%", secret)
			_, err := config.Load(minimal.with(s.Name, value).get)
			if err == nil {
				continue // COS_PREFIX may well have such a name
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the value is repeated: %v", s.Name, err)
			}
			for _, row := range config.Describe(minimal.with(s.Name, value).get) {
				if strings.Contains(row.Value+row.Problem, secret) {
					t.Errorf("%s: the refused value is shown: %+v", s.Name, row)
				}
			}
		}
	}
}

func TestLoad_StartIsADateOfTheZone(t *testing.T) {
	for _, c := range []struct{ zone, start, want string }{
		{"Asia/Shanghai", "2026-11-22", "2026-11-21T16:00:00Z"},
		{"UTC", "2026-11-22", "2026-11-22T00:00:00Z"},
		{"UTC", "2026-11-22T00:00:00+08:00", "2026-11-21T16:00:00Z"},
	} {
		got := mustLoad(t, minimal.with("ARCHIVE_TIMEZONE", c.zone, "ARCHIVE_START", c.start)).Start.Format(time.RFC3339)
		if got != c.want {
			t.Errorf("%s in %s is %s, want %s", c.start, c.zone, got, c.want)
		}
	}
}

// Whatever zone is accepted, every hour of its days begins where an hour of UTC does, then as now.
func TestLoad_ZoneHasEqualDays(t *testing.T) {
	for _, name := range accepted["ARCHIVE_TIMEZONE"] {
		zone := mustLoad(t, minimal.with("ARCHIVE_TIMEZONE", name)).Zone
		_, want := time.Date(2026, 1, 1, 0, 0, 0, 0, zone).Zone()
		for day := time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC); day.Year() < 2040; day = day.AddDate(0, 0, 7) {
			if _, got := day.In(zone).Zone(); got != want || got%3600 != 0 {
				t.Fatalf("%s is %d s off UTC on %v, want %d", name, got, day, want)
			}
		}
	}
}
