package config

import (
	"net/url"
	"strings"
	"time"
)

// Setting describes one environment variable. Prose may carry backticks around literals, for Markdown; what is
// printed elsewhere goes without them.
type Setting struct {
	Name     string
	Meaning  string // what it decides
	Form     string // what a value looks like; what a problem asks for
	Default  string // the value taken where the variable is unset; empty: none
	Platform string // a variable of the platform's that is asked before Default; empty: none
	Unset    string // prose for the default where Default alone does not tell it
	Required bool

	set func(c *Config, value string) error // checks value and stores it in c
}

const (
	platformRegion = "TENCENTCLOUD_REGION"

	regionForm   = "a region such as `ap-guangzhou`"
	endpointForm = "`host`, `host:port` or `http(s)://host[:port]`"
)

// Settings is every setting, in the order of the documentation. None of them is a secret: credentials are apart, in
// LoadCredentials. ARCHIVE_START comes after ARCHIVE_TIMEZONE because a date needs its zone.
var Settings = []Setting{
	{
		Name: "CCC_SDK_APP_IDS", Required: true,
		Meaning: "contact-center applications to archive",
		Form:    "decimal SdkAppIds, comma-separated, such as `1400000000`",
		set:     into(func(c *Config) *[]string { return &c.Apps }, listOf(appID)),
	}, {
		Name: "CCC_REGION", Default: "ap-guangzhou", Platform: platformRegion,
		Unset:   "the platform's region, else `ap-guangzhou`",
		Meaning: "region of the API",
		Form:    regionForm,
		set:     into(func(c *Config) *string { return &c.Region }, region),
	}, {
		Name: "CCC_ENDPOINT", Default: "ccc.tencentcloudapi.com",
		Meaning: "where the API is",
		Form:    endpointForm,
		set:     into(func(c *Config) **url.URL { return &c.CCCEndpoint }, endpoint),
	}, {
		Name: "CCC_RATE_LIMIT", Default: "20",
		Meaning: "the function's part of the API's 20 requests a second; shares of a backfill divide it",
		Form:    "a whole number from `1` to `10000` (an account's limit can have been raised)",
		set:     into(func(c *Config) *int { return &c.RateLimit }, between(1, 10000)),
	}, {
		Name: "COS_BUCKET", Required: true,
		Meaning: "bucket of the archive",
		Form:    "`name-appid`, such as `lake-1250000000`",
		set:     into(func(c *Config) *string { return &c.Bucket }, bucket),
	}, {
		Name: "COS_REGION", Platform: platformRegion,
		Unset:   "the platform's region",
		Meaning: "region of the bucket; needless where `COS_ENDPOINT` is set",
		Form:    regionForm,
		set:     into(func(c *Config) *string { return &c.COSRegion }, region),
	}, {
		Name: "COS_ENDPOINT", Unset: "`https://<bucket>.cos.<region>.myqcloud.com`",
		Meaning: "base URL of the bucket, for an accelerated, internal or local endpoint",
		Form:    "`http(s)://host[:port]`, without a path",
		set:     into(func(c *Config) **url.URL { return &c.COSEndpoint }, baseURL),
	}, {
		Name: "COS_PREFIX", Unset: "empty",
		Meaning: "everything is written under it",
		Form:    "a folder such as `ccc/archive`, at most 300 bytes",
		set:     into(func(c *Config) *string { return &c.Prefix }, prefix),
	}, {
		Name: "COS_STORAGE_CLASS", Default: "STANDARD",
		Meaning: "class of media objects (rows and manifests stay `STANDARD`)",
		Form:    "one of " + quoted(storageClasses),
		set:     into(func(c *Config) *string { return &c.StorageClass }, oneOf(storageClasses)),
	}, {
		Name: "COS_SSE", Default: "none",
		Meaning: "server-side encryption of every object",
		Form:    "`none`, `AES256` or `kms:<key id>`",
		set:     into(func(c *Config) *string { return &c.SSE }, encryption),
	}, {
		Name: "MEDIA_KINDS", Default: "recording,asr,participant,voicemail,voicemail_asr",
		Meaning: "which media files are copied",
		Form:    "some of " + quoted(mediaKinds) + ", comma-separated",
		set:     into(func(c *Config) *[]string { return &c.Kinds }, listOf(oneOf(mediaKinds))),
	}, {
		Name: "MEDIA_ALLOWED_HOSTS", Default: "*.myqcloud.com,*.tencentcos.cn,*.qcloud.com",
		Meaning: "hosts that media may come from; without a port any port",
		Form:    "`host`, `host:port` or `*.suffix`, comma-separated",
		set:     into(func(c *Config) *[]string { return &c.AllowedHosts }, listOf(allowedHost)),
	}, {
		Name: "MEDIA_CONCURRENCY", Default: "32",
		Meaning: "copies in flight",
		Form:    "a whole number from `1` to `512`",
		set:     into(func(c *Config) *int { return &c.Concurrency }, between(1, 512)),
	}, {
		Name: "ARCHIVE_WINDOW", Default: "1h",
		Meaning: "length of a window",
		Form:    "one of " + quoted(windowLengths),
		set:     into(func(c *Config) *time.Duration { return &c.Window }, windowLength),
	}, {
		Name: "ARCHIVE_TIMEZONE", Default: "Asia/Shanghai",
		Meaning: "zone of the partitions",
		Form:    "an IANA zone whose offset is constant and whole hours, such as `Asia/Shanghai` or `UTC`",
		set:     into(func(c *Config) **time.Location { return &c.Zone }, fixedZone),
	}, {
		Name: "ARCHIVE_SETTLE", Default: "24h",
		Meaning: "how long after its end a window is still compared with the API",
		Form:    "a duration from `0s` to `4320h` (180 days, the API's reach), such as `24h` or `90m`",
		set:     into(func(c *Config) *time.Duration { return &c.Settle }, settle),
	}, {
		Name: "ARCHIVE_START", Unset: "the first run",
		Meaning: "from when on the archive has to be complete",
		Form:    "a date in `ARCHIVE_TIMEZONE` such as `2026-11-22`, or an RFC 3339 time such as `2026-11-22T08:00:00+08:00`",
		set:     setStart,
	}, {
		Name: "ARCHIVE_COMPRESSION", Default: "gzip",
		Meaning: "compression of rows and media indexes",
		Form:    "`gzip` or `none`",
		set:     into(func(c *Config) *string { return &c.Compression }, oneOf([]string{"gzip", "none"})),
	}, {
		Name: "SELF_CONTINUE", Default: "off",
		Meaning: "whether a run whose time is up invokes the function once more for the rest, instead of leaving it to the next timer",
		Form:    "`on` or `off`",
		set:     into(func(c *Config) *bool { return &c.SelfContinue }, onOff),
	}, {
		Name: "INVOKE_ENDPOINT", Default: "scf.tencentcloudapi.com",
		Meaning: "where the platform's API is, which a backfill's shares and `SELF_CONTINUE` need",
		Form:    endpointForm,
		set:     into(func(c *Config) **url.URL { return &c.InvokeEndpoint }, endpoint),
	},
}

// value is what s amounts to under get: the variable, else the platform's own, else the default.
func (s Setting) value(get func(string) string) string {
	if v := trimmed(get, s.Name); v != "" {
		return v
	}
	if s.Platform != "" {
		if v := trimmed(get, s.Platform); v != "" {
			return v
		}
	}
	return s.Default
}

// DefaultText tells in words, with backticks around literals, what holds where the variable is unset.
func (s Setting) DefaultText() string {
	switch {
	case s.Required:
		return "required"
	case s.Unset != "":
		return s.Unset
	default:
		return "`" + s.Default + "`"
	}
}

// into joins a parser with the field that its result belongs to.
func into[T any](field func(*Config) *T, parse func(string) (T, error)) func(*Config, string) error {
	return func(c *Config, value string) error {
		v, err := parse(value)
		if err != nil {
			return err
		}
		*field(c) = v
		return nil
	}
}

// quoted lists words between backticks.
func quoted(words []string) string {
	return "`" + strings.Join(words, "`, `") + "`"
}

// plain is prose without Markdown's backticks.
func plain(s string) string {
	return strings.ReplaceAll(s, "`", "")
}
