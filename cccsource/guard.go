package cccsource

import (
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"cdrvault/archive"
)

// dialer connects to public addresses and to those that the list names literally. It looks at the address that a
// name has resolved to, right before the connection is made: a name that resolves differently the second time, or
// that is itself allowed but points inside, does not get by. The platform's metadata service, which hands out the
// role's keys, is at 169.254.0.23.
func (l AllowList) dialer() *net.Dialer {
	return &net.Dialer{
		Timeout: 10 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error {
			a, err := netip.ParseAddrPort(address)
			if err == nil && (public(a.Addr()) || l.allowsAddr(a)) {
				return nil
			}
			return fmt.Errorf("%w: address is not public", archive.ErrLinkRefused)
		},
	}
}

// inside are the ranges that netip has no word for (IANA's special-purpose registries).
var inside = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),      // this network
	netip.MustParsePrefix("100.64.0.0/10"),  // carrier NAT; clouds' inner services
	netip.MustParsePrefix("192.0.0.0/24"),   // protocol assignments
	netip.MustParsePrefix("198.18.0.0/15"),  // benchmarks
	netip.MustParsePrefix("240.0.0.0/4"),    // reserved, broadcast
	netip.MustParsePrefix("64:ff9b:1::/48"), // local NAT64
	netip.MustParsePrefix("100::/64"),       // discard
	netip.MustParsePrefix("2001::/23"),      // protocol assignments, Teredo
	netip.MustParsePrefix("fec0::/10"),      // site-local, given up
}

// embeddings are the v6 ranges that stand for a v4 address, and where in the 16 bytes it is.
var embeddings = []struct {
	in netip.Prefix
	at int
}{
	{netip.MustParsePrefix("::/96"), 12},        // compatible, given up
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // NAT64
	{netip.MustParsePrefix("2002::/16"), 2},     // 6to4
}

// public tells whether a can only be somebody else's machine.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() {
		return false
	}
	for _, p := range inside {
		if p.Contains(a) {
			return false
		}
	}
	for _, e := range embeddings {
		if e.in.Contains(a) {
			b := a.As16()
			return public(netip.AddrFrom4([4]byte(b[e.at : e.at+4])))
		}
	}
	return a.IsValid()
}
