package config

import (
	"net/netip"
	"strings"
)

// reservedBlocks are those that a VPC cannot have, nor pods or networks of others.
// (docs.aws.amazon.com: vpc/latest/userguide/vpc-cidr-blocks.html; RFC 6890)
var reservedBlocks = []struct{ block, use string }{
	{"0.0.0.0/8", "this network"},
	{"127.0.0.0/8", "loopback"},
	{"169.254.0.0/16", "link-local addresses such as the metadata of instances"},
	{"224.0.0.0/4", "multicast"},
	{"240.0.0.0/4", "future use"},
}

func checkCIDR(text string) (string, string) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil || !prefix.Addr().Is4() {
		return "must be an IPv4 block such as 10.10.0.0/16", ""
	}
	if prefix != prefix.Masked() {
		return "has host bits set", prefix.Masked().String()
	}
	return "", ""
}

// checkPrivateCIDR is checkCIDR for networks: not every block can be one.
func checkPrivateCIDR(text string) (string, string) {
	if problem, suggestion := checkCIDR(text); problem != "" {
		return problem, suggestion
	}
	block := netip.MustParsePrefix(text)
	for _, reserved := range reservedBlocks {
		if block.Overlaps(netip.MustParsePrefix(reserved.block)) {
			return "overlaps " + reserved.block + ", which is for " + reserved.use, ""
		}
	}
	return "", ""
}

// checkAnyVpcCIDR is about the block of a VPC of others.
func checkAnyVpcCIDR(text string) (string, string) {
	if problem, suggestion := checkCIDR(text); problem != "" {
		return problem, suggestion
	}
	if bits := netip.MustParsePrefix(text).Bits(); bits < 16 || bits > 28 {
		return "is no block of a VPC: AWS takes a /16 to a /28", ""
	}
	return checkPrivateCIDR(text)
}

// checkVpcCIDR is about the block of a VPC that ptd makes, with subnets of a /24 and more.
func checkVpcCIDR(text string) (string, string) {
	if problem, suggestion := checkPrivateCIDR(text); problem != "" {
		return problem, suggestion
	}
	switch bits := netip.MustParsePrefix(text).Bits(); {
	case bits > 20:
		return "is too small for a VPC: a /20 or larger is needed", ""
	case bits < 16:
		return "is too large for a VPC: AWS takes a /16 at most", ""
	}
	return "", ""
}

func checkIP(text string) (string, string) {
	if _, err := netip.ParseAddr(text); err != nil {
		return "must be an IP address", ""
	}
	return "", ""
}

func checkIPOrCIDR(text string) (string, string) {
	if strings.Contains(text, "/") {
		return checkCIDR(text)
	}
	return checkIP(text)
}

// warnOfVpcCIDR names blocks that AWS takes, and something else gets in the way of.
func (d *decoder) warnOfVpcCIDR(w *AWSWorkload) {
	path := "spec.vpc_cidr"
	if w.ProvisionedVpc != nil {
		path = "spec.provisioned_vpc.cidr"
	}
	block, err := netip.ParsePrefix(w.ResolvedVpcCIDR())
	if err != nil {
		return // missing or wrong, and reported
	}
	if block.Overlaps(netip.MustParsePrefix("172.17.0.0/16")) {
		d.warn(path, "%s overlaps 172.17.0.0/16, which Docker takes on every machine that it runs on: containers do not reach addresses there", block)
	}
	if w.TailscaleEnabled && block.Overlaps(netip.MustParsePrefix("100.64.0.0/10")) {
		d.warn(path, "%s overlaps 100.64.0.0/10, where Tailscale has its addresses: it drops what comes from there by other ways", block)
	}
}
