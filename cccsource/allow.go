package cccsource

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// AllowList is the set of hosts that media may come from. The zero value allows none.
type AllowList struct{ rules []rule }

// rule is one entry of the list.
type rule struct {
	name   string     // in lower case; where suffix is set, it begins with a dot
	suffix bool       // *.name
	addr   netip.Addr // valid where the entry is a literal address
	port   string     // empty: any
}

var hostName = regexp.MustCompile(`^[0-9a-z_]([0-9a-z_-]*[0-9a-z_])?(\.[0-9a-z_]([0-9a-z_-]*[0-9a-z_])?)*$`)

// ParseAllowList reads entries of the forms `host`, `host:port` and `*.suffix`, whatever their case. Without a port
// any port is allowed; `*.suffix` does not allow the suffix itself. A host may be a literal address. The error names
// every entry that is wrong.
func ParseAllowList(entries []string) (AllowList, error) {
	var (
		list AllowList
		errs []error
	)
	for _, entry := range entries {
		r, ok := parseRule(strings.TrimSpace(entry))
		if !ok {
			errs = append(errs, fmt.Errorf("read media host %q: want host, host:port or *.suffix", entry))
			continue
		}
		list.rules = append(list.rules, r)
	}
	return list, errors.Join(errs...)
}

func parseRule(entry string) (rule, bool) {
	host, port := splitHost(entry)
	r := rule{port: port}
	r.addr, _ = netip.ParseAddr(host)
	r.addr = r.addr.Unmap()
	r.name, r.suffix = strings.CutPrefix(host, "*")
	if r.suffix {
		return r, port == "" && strings.HasPrefix(r.name, ".") && hostName.MatchString(r.name[1:])
	}
	_, err := strconv.ParseUint(port, 10, 16)
	return r, (r.addr.IsValid() || hostName.MatchString(host)) && (err == nil || port == "" && !strings.HasSuffix(entry, ":"))
}

// Allows tells whether media may come from host, given as `h` or `h:port`. Where host has no port, an entry's port
// has to be one that a link need not say, 80 or 443.
func (l AllowList) Allows(host string) bool {
	name, port := splitHost(host)
	addr, _ := netip.ParseAddr(name)
	for _, r := range l.rules {
		if r.allowsName(name, addr.Unmap()) && r.allowsPort(port) {
			return true
		}
	}
	return false
}

func (r rule) allowsName(name string, addr netip.Addr) bool {
	switch {
	case r.suffix:
		return !addr.IsValid() && !strings.Contains(name, ":") && len(name) > len(r.name) && strings.HasSuffix(name, r.name)
	case r.addr.IsValid():
		return r.addr == addr
	}
	return r.name == name
}

func (r rule) allowsPort(port string) bool {
	return r.port == "" || r.port == port || port == "" && (r.port == "80" || r.port == "443")
}

// allowsAddr tells whether the address is in the list literally.
func (l AllowList) allowsAddr(a netip.AddrPort) bool {
	for _, r := range l.rules {
		if r.addr.IsValid() && r.addr == a.Addr().Unmap() && r.allowsPort(strconv.Itoa(int(a.Port()))) {
			return true
		}
	}
	return false
}

// splitHost takes `h`, `h:port`, `[v6]`, `[v6]:port` or a bare v6 address apart: the name in lower case, without
// brackets and without the root's dot.
func splitHost(s string) (name, port string) {
	s = strings.ToLower(s)
	switch i := strings.LastIndexByte(s, ':'); {
	case strings.HasPrefix(s, "["):
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return s, ""
		}
		return s[1:end], strings.TrimPrefix(s[end+1:], ":")
	case i >= 0 && strings.Count(s, ":") == 1:
		s, port = s[:i], s[i+1:]
	}
	return strings.TrimSuffix(s, "."), port
}
