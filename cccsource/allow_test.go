package cccsource

import (
	"net/netip"
	"strings"
	"testing"
)

func TestAllowList_Allows(t *testing.T) {
	for _, test := range []struct {
		entry   string
		allowed string // hosts, separated by blanks
		refused string
	}{
		{"a.example", "a.example A.Example a.example. a.example:80 a.example:8443", "b.a.example example xa.example a.example.org"},
		{"A.example:8080", "a.example:8080", "a.example:80 a.example b.a.example:8080"},
		{"a.example:443", "a.example:443 a.example", "a.example:80"},
		{"*.myqcloud.com", "b-1.cos.ap-x.myqcloud.com x.MYQCLOUD.com:8080 x.myqcloud.com.", "myqcloud.com evilmyqcloud.com x.myqcloud.com.evil .myqcloud.com"},
		{"127.0.0.1", "127.0.0.1 127.0.0.1:9 [::ffff:127.0.0.1]:9 ::ffff:127.0.0.1", "127.0.0.2 localhost 0x7f.0.0.1 127.1"},
		{"127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1:8081 127.0.0.1"},
		{"::1", "::1 [::1] [::1]:80 [0:0::1]:80", "[::2] 127.0.0.1"},
		{"[::1]:8080", "[::1]:8080", "[::1]:80 ::1"},
		{"*.1", "", "127.0.0.1 [::0.1]:8"},
	} {
		list, err := ParseAllowList([]string{" " + test.entry + " "})
		if err != nil {
			t.Errorf("%s: %v", test.entry, err)
		}
		for _, host := range strings.Fields(test.allowed) {
			if !list.Allows(host) {
				t.Errorf("%s refuses %s", test.entry, host)
			}
		}
		for _, host := range append(strings.Fields(test.refused), "", ":", ":80", "[", "[]", "*") {
			if list.Allows(host) {
				t.Errorf("%s allows %s", test.entry, host)
			}
		}
	}
}

func TestParseAllowList_NamesEveryWrongEntry(t *testing.T) {
	wrong := []string{
		"", "*", "*.", "*a.example", "a.*.example", "http://a.example", "a.example/path", "a.example:", "a.example:port",
		"a.example:65536", "*.a.example:80", "a b", "[::1", "[a.example]:x", "user@a.example", "-a.example", "a..example",
	}
	_, err := ParseAllowList(append(wrong, "good.example"))
	if err == nil {
		t.Fatal("no error")
	}
	if got := strings.Split(err.Error(), "\n"); len(got) != len(wrong) {
		t.Errorf("got %d complaints, want %d:\n%v", len(got), len(wrong), err)
	}
}

func TestPublic(t *testing.T) {
	for _, a := range []string{
		"127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "169.254.0.23",
		"100.64.0.1", "100.127.255.255", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "198.18.0.1",
		"192.0.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
		"::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::169.254.169.254", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001::1", "100::1",
	} {
		if public(netip.MustParseAddr(a)) {
			t.Errorf("%s counts as public", a)
		}
	}
	for _, a := range []string{
		"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.32.0.1", "169.253.1.1", "2606:4700::1111", "240e::1",
		"::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
	} {
		if !public(netip.MustParseAddr(a)) {
			t.Errorf("%s does not count as public", a)
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address counts as public")
	}
}
