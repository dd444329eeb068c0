package aws

import (
	"fmt"
	"net/netip"
)

// MaxZones is the number of availability zones a Vpc can span: the fourth quarter
// of its addresses is for the public subnets.
const MaxZones = 3

// Subnets are the address blocks of a VPC, by zone where there is one per zone.
type Subnets struct {
	Private [MaxZones]netip.Prefix // a quarter of the VPC each
	Public  [MaxZones]netip.Prefix // a sixteenth each
	Managed [4]netip.Prefix        // a 64th each; set aside, nothing is made in them
}

// SplitCIDR divides the address block of a VPC into those of its subnets. Quarters
// one to three are private; of the fourth, again cut in four, parts one to three
// are public, and the last is cut in four once more and set aside.
//
// It is an error if cidr is not an IPv4 block, has host bits set, or is larger
// than /16 (AWS's limit) or smaller than /20 (4096 addresses).
//
// (docs/reference/aws-workload-base.md 4.1)
func SplitCIDR(cidr string) (Subnets, error) {
	var subnets Subnets
	block, err := netip.ParsePrefix(cidr)
	switch {
	case err != nil:
		return subnets, fmt.Errorf("split VPC CIDR %q: %w", cidr, err)
	case !block.Addr().Is4():
		return subnets, fmt.Errorf("split VPC CIDR %q: not an IPv4 block", cidr)
	case block != block.Masked():
		return subnets, fmt.Errorf("split VPC CIDR %q: host bits are set; did you mean %s?", cidr, block.Masked())
	case block.Bits() < 16 || block.Bits() > 20:
		return subnets, fmt.Errorf("split VPC CIDR %q: want a prefix length from /16 to /20 (65536 to 4096 addresses)", cidr)
	}
	quarters := quarter(block)
	public := quarter(quarters[3])
	copy(subnets.Private[:], quarters[:])
	copy(subnets.Public[:], public[:])
	subnets.Managed = quarter(public[3])
	return subnets, nil
}

// quarter cuts an IPv4 block into four of equal size.
func quarter(block netip.Prefix) [4]netip.Prefix {
	var parts [4]netip.Prefix
	bits := block.Bits() + 2
	base := block.Addr().As4()
	start := uint32(base[0])<<24 | uint32(base[1])<<16 | uint32(base[2])<<8 | uint32(base[3])
	for i := range parts {
		n := start + uint32(i)<<(32-bits)
		parts[i] = netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), bits)
	}
	return parts
}
