// Package config turns the function's environment into one checked value.
//
// It promises that every setting is described once, in Settings, that all problems are reported together, and that
// no value is repeated in a problem. It does not know whether the bucket, the applications or the hosts exist, has
// no clock, and reads no environment itself: it is given a function that looks a variable up.
package config

import (
	"net/url"
	"strings"
	"time"
	_ "time/tzdata" // the platform's image need not have zone files
)

// Config is a complete and checked set of settings. It stops at main, which hands each part what that part needs.
type Config struct {
	Apps         []string       // contact-center applications: decimal, distinct, at least one
	Region       string         // region of the API
	CCCEndpoint  *url.URL       // scheme and host of the API
	RateLimit    int            // requests a second to the API, 1 to 10000
	Bucket       string         // name-appid
	COSRegion    string         // region of the bucket; may be empty where COS_ENDPOINT is set
	COSEndpoint  *url.URL       // scheme and host of the bucket, never with a path
	Prefix       string         // before every key: empty, or ends with "/"
	StorageClass string         // of media objects
	SSE          string         // empty (none), "AES256" or "kms:<key id>"
	Kinds        []string       // kinds of media that are copied, in the order given
	AllowedHosts []string       // "host", "host:port" or "*.suffix", in lower case
	Concurrency  int            // copies in flight, 1 to 512
	Window       time.Duration  // one of 5, 10, 15, 20, 30, 60 minutes
	Zone         *time.Location // of the partitions; its offset is constant and whole hours
	Settle       time.Duration  // how long after its end a window is compared with the API, 0 to 180 days
	Start        time.Time      // UTC; zero: not set. May lie in the future: only the planner has a clock
	Compression  string         // "gzip" or "none"

	SelfContinue   bool     // a run hands on what it leaves for want of time
	InvokeEndpoint *url.URL // scheme and host of the platform's API
}

// Load reads every setting through get. An empty variable counts as unset, and white space around a value is
// dropped. The error is a *Problems that names each variable that is missing or wrong; Config is then zero.
func Load(get func(name string) string) (Config, error) {
	var c Config
	var problems Problems
	for _, s := range Settings {
		value := s.value(get)
		if value == "" {
			if s.Required {
				problems.add(s.Name, "not set", s.Form)
			}
			continue
		}
		if err := s.set(&c, value); err != nil {
			problems.add(s.Name, err.Error(), s.Form)
		}
	}
	c.locateBucket(&problems)
	if problems.any() {
		return Config{}, &problems
	}
	return c, nil
}

// locateBucket fills in what COS_REGION and COS_ENDPOINT leave open. Only one of the two is needed: an endpoint says
// by itself where the bucket is.
func (c *Config) locateBucket(problems *Problems) {
	if c.COSEndpoint != nil || problems.has("COS_ENDPOINT") || problems.has("COS_REGION") {
		return
	}
	if c.COSRegion == "" {
		problems.add("COS_REGION", "not set, and neither the platform nor COS_ENDPOINT tells it", regionForm)
		return
	}
	c.COSEndpoint = &url.URL{Scheme: "https", Host: c.Bucket + ".cos." + c.COSRegion + ".myqcloud.com"}
}

func trimmed(get func(string) string, name string) string {
	return strings.TrimSpace(get(name))
}
