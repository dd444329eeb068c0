package aws

import (
	"fmt"
	"strings"
	"testing"
)

func TestSplitCIDR(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ cidr, private, public, managed string }{
		{
			"10.10.0.0/16",
			"[10.10.0.0/18 10.10.64.0/18 10.10.128.0/18]",
			"[10.10.192.0/20 10.10.208.0/20 10.10.224.0/20]",
			"[10.10.240.0/22 10.10.244.0/22 10.10.248.0/22 10.10.252.0/22]",
		},
		{
			"172.16.0.0/20",
			"[172.16.0.0/22 172.16.4.0/22 172.16.8.0/22]",
			"[172.16.12.0/24 172.16.13.0/24 172.16.14.0/24]",
			"[172.16.15.0/26 172.16.15.64/26 172.16.15.128/26 172.16.15.192/26]",
		},
	} {
		got, err := SplitCIDR(test.cidr)
		if err != nil {
			t.Errorf("SplitCIDR(%s): %v", test.cidr, err)
			continue
		}
		for _, part := range []struct{ name, got, want string }{
			{"private", fmt.Sprint(got.Private), test.private},
			{"public", fmt.Sprint(got.Public), test.public},
			{"managed", fmt.Sprint(got.Managed), test.managed},
		} {
			if part.got != part.want {
				t.Errorf("SplitCIDR(%s): %s = %s, want %s", test.cidr, part.name, part.got, part.want)
			}
		}
	}
}

func TestSplitCIDRErrors(t *testing.T) {
	t.Parallel()
	for cidr, want := range map[string]string{
		"":               "no '/'",
		"10.10.0.0":      "no '/'",
		"10.10.1.0/16":   "host bits are set; did you mean 10.10.0.0/16?",
		"10.0.0.0/15":    "from /16 to /20",
		"10.10.0.0/21":   "from /16 to /20",
		"2001:db8::/32":  "not an IPv4 block",
		"10.10.0.256/16": "10.10.0.256",
	} {
		if _, err := SplitCIDR(cidr); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("SplitCIDR(%q) = %v, want an error with %q", cidr, err, want)
		}
	}
}

func ExampleSplitCIDR() {
	subnets, err := SplitCIDR("10.37.0.0/16")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(subnets.Private[0], subnets.Public[0])
	// Output: 10.37.0.0/18 10.37.192.0/20
}
