package cccsource

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"cdrvault/archive"
)

// parseLink reads a media link so that the request asks for exactly what stands in it: tokens in the path hold `/`,
// `+`, `=`, `%2B` and would not survive net/url's way of writing a path anew. Only bytes that cannot stand in a
// request line are escaped. No error quotes the link.
func parseLink(link string) (*url.URL, error) {
	scheme, rest, _ := strings.Cut(link, "://")
	host, tail := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host, tail = rest[:i], rest[i:]
	}
	u, err := url.Parse(scheme + "://" + host)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%w: not an http link", archive.ErrLinkRefused)
	}
	tail, _, _ = strings.Cut(tail, "#")
	path, query, asked := strings.Cut(tail, "?")
	u.RawQuery, u.ForceQuery = escapeOdd(query), asked
	u.Opaque = escapeOdd(path)
	switch {
	case path == "":
		u.Opaque = "/"
	case strings.HasPrefix(path, "//"):
		// Opaque would be taken for a host. Parsed, such a path stays as it is unless it is written oddly.
		u.Opaque, u.RawPath = "", path
		if u.Path, err = url.PathUnescape(path); err != nil {
			return nil, fmt.Errorf("%w: not an http link", archive.ErrLinkRefused)
		}
	}
	return u, nil
}

// escapeOdd escapes blanks, control characters and everything beyond ASCII.
func escapeOdd(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// follow answers with where a redirect from u goes. The target is as verbatim as a link, and goes through the same
// checks. It may not drop from https to http, where the signature in it could be read by others.
func follow(u *url.URL, location string) (*url.URL, error) {
	origin := u.Scheme + "://" + u.Host
	switch {
	case strings.Contains(location, "://") && !strings.ContainsAny(strings.SplitN(location, "://", 2)[0], "/?#"):
	case strings.HasPrefix(location, "//"):
		location = u.Scheme + ":" + location
	case strings.HasPrefix(location, "/"):
		location = origin + location
	default: // beside the path asked for
		path, _, _ := strings.Cut(u.RequestURI(), "?")
		location = origin + path[:strings.LastIndex(path, "/")+1] + location
	}
	next, err := parseLink(location)
	if err == nil && u.Scheme == "https" && next.Scheme == "http" {
		err = fmt.Errorf("%w: redirect from https to http", archive.ErrLinkRefused)
	}
	return next, err
}

// hostPort is u's host with its port, said or not.
func hostPort(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
