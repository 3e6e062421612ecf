package config

import (
	"errors"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxPrefix = 300 // bytes; a key has 850 and carries partitions, a session id and a file name besides

var (
	regionRE = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	bucketRE = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?-[0-9]+$`)
	kmsKeyRE = regexp.MustCompile(`^[A-Za-z0-9-]{1,128}$`)

	// labelRE allows the underscore, which names inside container networks have.
	labelRE = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$`)
)

func region(value string) (string, error) {
	if len(value) > 40 || !regionRE.MatchString(value) {
		return "", errors.New("not a region")
	}
	return value, nil
}

// bucket checks the form name-appid; the bucket is a label of a host name, hence 63 bytes at most.
func bucket(value string) (string, error) {
	if len(value) > 63 || !bucketRE.MatchString(value) {
		return "", errors.New("not a bucket with its appid")
	}
	return value, nil
}

// prefix drops slashes at both ends and puts one back at the end.
func prefix(value string) (string, error) {
	p := strings.Trim(value, "/")
	switch {
	case p == "":
		return "", nil
	case len(p) > maxPrefix:
		return "", errors.New("too long")
	case !utf8.ValidString(p) || strings.ContainsFunc(p, unicode.IsControl):
		return "", errors.New("has control characters or is not UTF-8")
	case strings.Contains(p, ".."):
		return "", errors.New(`has ".."`)
	}
	for folder := range strings.SplitSeq(p, "/") {
		if folder == "" || folder == "." {
			return "", errors.New(`has an empty folder or "."`)
		}
	}
	return p + "/", nil
}

func encryption(value string) (string, error) {
	if value == "none" {
		return "", nil
	}
	id, kms := strings.CutPrefix(value, "kms:")
	if value == "AES256" || kms && kmsKeyRE.MatchString(id) {
		return value, nil
	}
	return "", errors.New("not a way of encryption")
}

// baseURL is an endpoint with its scheme said.
func baseURL(value string) (*url.URL, error) {
	if !strings.Contains(value, "://") {
		return nil, errors.New("has no scheme")
	}
	return endpoint(value)
}

// endpoint is https where no scheme is given. A path is refused because both SDKs would drop it or sign another one.
func endpoint(value string) (*url.URL, error) {
	if !strings.Contains(value, "://") {
		value = "https://" + value
	}
	u, err := url.Parse(value)
	switch {
	case err != nil:
		return nil, errors.New("not a URL") // the cause would repeat the value
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("its scheme is neither http nor https")
	case u.User != nil:
		return nil, errors.New("has user info")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(value, "#"):
		return nil, errors.New("has a path, query or fragment")
	}
	host, err := hostPort(u.Host)
	if err != nil {
		return nil, err
	}
	return &url.URL{Scheme: u.Scheme, Host: host}, nil
}

// allowedHost takes one entry of the list of hosts that media may come from. A bare * is refused: links are followed with
// no other guard.
func allowedHost(value string) (string, error) {
	suffix, wild := strings.CutPrefix(value, "*.")
	if !wild {
		return hostPort(value)
	}
	if strings.ContainsAny(suffix, ":[]") {
		return "", errors.New("a suffix has no port")
	}
	if _, err := netip.ParseAddr(suffix); err == nil {
		return "", errors.New("a suffix cannot be an address")
	}
	suffix, err := hostPort(suffix)
	return "*." + suffix, err
}

// hostPort checks "host" or "host:port" and writes it in lower case. IPv6 addresses stand between brackets.
func hostPort(value string) (string, error) {
	host, port := splitPort(strings.ToLower(value))
	if !isHost(host) {
		return "", errors.New("not a host")
	}
	if port == "" {
		return host, nil
	}
	n, err := strconv.ParseUint(port[1:], 10, 16)
	if err != nil || n == 0 {
		return "", errors.New("its port is not one from 1 to 65535")
	}
	return host + ":" + strconv.FormatUint(n, 10), nil
}

// splitPort cuts value before the colon of its port; port keeps the colon.
func splitPort(value string) (host, port string) {
	colon := strings.LastIndexByte(value, ':')
	if colon < 0 || strings.HasSuffix(value, "]") {
		return value, ""
	}
	return value[:colon], value[colon:]
}

// isHost tells whether host is a name, an IPv4 address, or an IPv6 address between brackets.
func isHost(host string) bool {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, closed := strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return closed && err == nil && addr.Is6() && addr.Zone() == ""
	}
	if len(host) > 253 {
		return false
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if !labelRE.MatchString(label) {
			return false
		}
	}
	if _, err := strconv.Atoi(labels[len(labels)-1]); err != nil {
		return true
	}
	addr, err := netip.ParseAddr(host) // no name ends in a number, so this must be an address
	return err == nil && addr.Is4()
}
