package kubernetes

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// checkPolicy finds what Calico's API server refuses in a policy or a network set, beyond
// its schema.
func checkPolicy(in sandbox.Inputs) []string {
	spec := in.Map("spec")
	_, problems := checkNets(spec.List("nets"), "spec.nets")
	for _, direction := range []string{"ingress", "egress"} {
		for i, listed := range spec.List(direction) {
			rule, _ := listed.(map[string]any)
			where := fmt.Sprintf("spec.%s[%d]", direction, i)
			for _, side := range []string{"source", "destination"} {
				entity := sandbox.Inputs(rule).Map(side)
				for _, field := range []string{"nets", "notNets"} {
					families, found := checkNets(entity.List(field), where+"."+side+"."+field)
					if problems = append(problems, found...); families == 2 {
						problems = append(problems, fmt.Sprintf("%s.%s.%s: rule contains both IPv4 and IPv6 CIDRs", where, side, field))
					}
				}
				protocol := rule["protocol"]
				ported := slices.Contains([]any{"TCP", "UDP", "SCTP", 6.0, 17.0, 132.0}, protocol) || protocol == sandbox.Unknown
				if (len(entity.List("ports")) > 0 || len(entity.List("notPorts")) > 0) && !ported {
					problems = append(problems, fmt.Sprintf("%s.%s.ports: rules that specify ports must set protocol to TCP or UDP or SCTP", where, side))
				}
			}
		}
	}
	return problems
}

// checkNets checks addresses and counts their families.
func checkNets(nets []any, where string) (families int, problems []string) {
	four, six := 0, 0
	for i, listed := range nets {
		text, ok := listed.(string)
		if !ok {
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			address, addressErr := netip.ParseAddr(text)
			if addressErr != nil {
				problems = append(problems, fmt.Sprintf("%s[%d]: invalid CIDR address: %s", where, i, text))
				continue
			}
			prefix = netip.PrefixFrom(address, address.BitLen())
		}
		if prefix.Addr().Is4() {
			four = 1
		} else {
			six = 1
		}
	}
	return four + six, problems
}
