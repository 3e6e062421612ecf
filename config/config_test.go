package config_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cdrvault/config"

	"github.com/google/go-cmp/cmp"
)

// minimal is the smallest environment that Load accepts.
var minimal = env{"CCC_SDK_APP_IDS": "1400000000", "COS_BUCKET": "lake-1250000000", "COS_REGION": "ap-shanghai"}

// env stands in for the process's environment.
type env map[string]string

func (e env) get(name string) string { return e[name] }

// with is e with further variables, given as name, value, name, value.
func (e env) with(pairs ...string) env {
	more := maps.Clone(e)
	for i := 0; i < len(pairs); i += 2 {
		more[pairs[i]] = pairs[i+1]
	}
	return more
}

func mustLoad(t *testing.T, e env) config.Config {
	t.Helper()
	c, err := config.Load(e.get)
	if err != nil {
		t.Fatalf("load %v: %v", e, err)
	}
	return c
}

// wrongNames are the variables that Load objects to.
func wrongNames(t *testing.T, e env) []string {
	t.Helper()
	_, err := config.Load(e.get)
	if err == nil {
		return nil
	}
	problems, ok := err.(*config.Problems)
	if !ok {
		t.Fatalf("error is a %T, want *config.Problems", err)
	}
	var names []string
	for _, p := range problems.List {
		names = append(names, p.Name)
	}
	return names
}

func TestLoad_DefaultsAreTheDocumented(t *testing.T) {
	got := mustLoad(t, minimal)
	want := config.Config{
		Apps:         []string{"1400000000"},
		Region:       "ap-guangzhou",
		CCCEndpoint:  &url.URL{Scheme: "https", Host: "ccc.tencentcloudapi.com"},
		RateLimit:    20,
		Bucket:       "lake-1250000000",
		COSRegion:    "ap-shanghai",
		COSEndpoint:  &url.URL{Scheme: "https", Host: "lake-1250000000.cos.ap-shanghai.myqcloud.com"},
		StorageClass: "STANDARD",
		Kinds:        []string{"recording", "asr", "participant", "voicemail", "voicemail_asr"},
		AllowedHosts: []string{"*.myqcloud.com", "*.tencentcos.cn", "*.qcloud.com"},
		Concurrency:  32,
		Window:       time.Hour,
		Zone:         got.Zone, // compared by name below: a Location cannot be compared
		Settle:       24 * time.Hour,
		Compression:  "gzip",

		InvokeEndpoint: &url.URL{Scheme: "https", Host: "scf.tencentcloudapi.com"},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(sameZone)); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	if got.Zone.String() != "Asia/Shanghai" {
		t.Errorf("zone %v, want Asia/Shanghai", got.Zone)
	}
}

func sameZone(a, b *time.Location) bool { return a.String() == b.String() }

func TestLoad_EverythingSet(t *testing.T) {
	got := mustLoad(t, env{
		"CCC_SDK_APP_IDS": " 1400000001 , 1400000000 ", "CCC_REGION": "ap-singapore",
		"CCC_ENDPOINT": "http://127.0.0.1:8080", "CCC_RATE_LIMIT": "10000",
		"COS_BUCKET": "a-1", "COS_ENDPOINT": "HTTP://[::1]:9000/", "COS_PREFIX": "/ccc/lake//",
		"COS_STORAGE_CLASS": "STANDARD_IA", "COS_SSE": "kms:11111111-2222-3333",
		"MEDIA_KINDS": "custom,recording", "MEDIA_ALLOWED_HOSTS": "127.0.0.1:8080, Media.Example.com,*.Example.org,[::1]:443",
		"MEDIA_CONCURRENCY": "512", "ARCHIVE_WINDOW": "5m", "ARCHIVE_TIMEZONE": "Etc/GMT-8", "ARCHIVE_SETTLE": "0",
		"ARCHIVE_START": "2026-11-22", "ARCHIVE_COMPRESSION": "none",
		"SELF_CONTINUE": "on", "INVOKE_ENDPOINT": "http://127.0.0.1:8082",
	})
	want := config.Config{
		Apps: []string{"1400000001", "1400000000"}, Region: "ap-singapore",
		CCCEndpoint: &url.URL{Scheme: "http", Host: "127.0.0.1:8080"}, RateLimit: 10000,
		Bucket: "a-1", COSEndpoint: &url.URL{Scheme: "http", Host: "[::1]:9000"}, Prefix: "ccc/lake/",
		StorageClass: "STANDARD_IA", SSE: "kms:11111111-2222-3333",
		Kinds:        []string{"custom", "recording"},
		AllowedHosts: []string{"127.0.0.1:8080", "media.example.com", "*.example.org", "[::1]:443"},
		Concurrency:  512, Window: 5 * time.Minute, Zone: got.Zone,
		Start:       time.Date(2026, 11, 21, 16, 0, 0, 0, time.UTC),
		Compression: "none",

		SelfContinue: true, InvokeEndpoint: &url.URL{Scheme: "http", Host: "127.0.0.1:8082"},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(sameZone)); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestLoad_ReportsEverythingTogether(t *testing.T) {
	e := env{"COS_BUCKET": "   ", "MEDIA_CONCURRENCY": "many", "ARCHIVE_WINDOW": "7m", "ARCHIVE_TIMEZONE": "Asia/Kolkata"}
	want := []string{
		"CCC_SDK_APP_IDS", "COS_BUCKET", "MEDIA_CONCURRENCY", "ARCHIVE_WINDOW", "ARCHIVE_TIMEZONE", "COS_REGION",
	}
	if diff := cmp.Diff(want, wrongNames(t, e)); diff != "" {
		t.Errorf("variables complained about (-want +got):\n%s", diff)
	}
	_, err := config.Load(e.get)
	if lines := strings.Split(err.Error(), "\n"); len(lines) != len(want) {
		t.Errorf("%d lines for %d problems:\n%v", len(lines), len(want), err)
	}
	if want := "ARCHIVE_WINDOW: not a length that windows may have; want one of 5m, 10m, 15m, 20m, 30m, 1h"; !strings.Contains(err.Error(), want) {
		t.Errorf("no line %q in:\n%v", want, err)
	}
}

func TestLoad_PlatformTellsTheRegions(t *testing.T) {
	e := env{"CCC_SDK_APP_IDS": "1", "COS_BUCKET": "a-1", "TENCENTCLOUD_REGION": "ap-beijing"}
	c := mustLoad(t, e)
	if got, want := []string{c.Region, c.COSRegion, c.COSEndpoint.String()},
		[]string{"ap-beijing", "ap-beijing", "https://a-1.cos.ap-beijing.myqcloud.com"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if c := mustLoad(t, e.with("CCC_REGION", "ap-x", "COS_REGION", "ap-y")); c.Region != "ap-x" || c.COSRegion != "ap-y" {
		t.Errorf("own settings do not win over the platform's region: %q, %q", c.Region, c.COSRegion)
	}
}

func TestLoad_OneProblemIsNamedOnce(t *testing.T) {
	for _, e := range []env{
		minimal.with("COS_REGION", "no region"),
		minimal.with("COS_REGION", "", "COS_ENDPOINT", "ftp://h"),
		minimal.with("ARCHIVE_TIMEZONE", "Nowhere", "ARCHIVE_START", "2026-11-22"),
	} {
		if names := wrongNames(t, e); len(names) != 1 {
			t.Errorf("%v: %v complained about, want one variable", e, names)
		}
	}
}

func TestSettings_FitThePlatform(t *testing.T) {
	largest := map[string]string{
		"CCC_SDK_APP_IDS":     strings.Repeat("1400000000,", 20),
		"COS_BUCKET":          strings.Repeat("a", 63),
		"COS_ENDPOINT":        "https://" + strings.Repeat("a", 100),
		"COS_PREFIX":          strings.Repeat("a", 300),
		"COS_SSE":             "kms:" + strings.Repeat("a", 36),
		"MEDIA_ALLOWED_HOSTS": strings.Repeat("media.example-company.com,", 20),
	}
	total, seen := 0, map[string]bool{}
	for _, s := range config.Settings {
		total += len(s.Name) + len("=") + max(len(s.Default), len(largest[s.Name]), 40) + 1
		if seen[s.Name] {
			t.Errorf("%s stands in the table twice", s.Name)
		}
		seen[s.Name] = true
		for _, reserved := range []string{"SCF_", "QCLOUD_", "TENCENTCLOUD_"} {
			if strings.HasPrefix(s.Name, reserved) {
				t.Errorf("%s begins with %s, which the platform reserves", s.Name, reserved)
			}
		}
		if s.Meaning == "" || s.Form == "" || s.DefaultText() == "``" {
			t.Errorf("%s is not described", s.Name)
		}
	}
	if total > 3<<10 {
		t.Errorf("the environment can take %d bytes, too near to the platform's 4096", total)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("1400000000", "http://127.0.0.1:1/", "a/b", "*.example.com,[::1]:2", "Asia/Shanghai", "2026-11-22")
	f.Add("01", "https://u:p@h/p?q#f", "../x", "*.com", "Europe/Berlin", "2026-11-22T00:00:00Z")
	f.Fuzz(func(t *testing.T, apps, endpoint, prefix, hosts, zone, start string) {
		c, err := config.Load(minimal.with("CCC_SDK_APP_IDS", apps, "CCC_ENDPOINT", endpoint, "COS_ENDPOINT", endpoint,
			"COS_PREFIX", prefix, "MEDIA_ALLOWED_HOSTS", hosts, "ARCHIVE_TIMEZONE", zone, "ARCHIVE_START", start).get)
		if err != nil {
			return
		}
		if c.Prefix != "" && !strings.HasSuffix(c.Prefix, "/") || strings.Contains(c.Prefix, "..") || strings.Contains(c.Prefix, "//") {
			t.Errorf("prefix %q accepted", c.Prefix)
		}
		if again, err := url.Parse(c.COSEndpoint.String()); err != nil || again.Host != c.COSEndpoint.Host || again.User != nil {
			t.Errorf("endpoint %q does not survive being written: %v", c.COSEndpoint, err)
		}
		for _, host := range c.AllowedHosts {
			if host != strings.ToLower(host) || strings.ContainsAny(host, "/@ ") || strings.Contains(host[1:], "*") {
				t.Errorf("host %q accepted", host)
			}
		}
	})
}
