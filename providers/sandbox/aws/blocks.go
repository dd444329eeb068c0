package aws

import (
	"fmt"
	"net/netip"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

// checkBlock checks a CIDR block: no host bits, and a size between two lengths.
func checkBlock(property string, shortest, longest int) rule.Check {
	return func(in sandbox.Inputs) []sandbox.Problem {
		text, ok := in.Text(property)
		if !ok {
			return nil
		}
		if problem := blockProblem(text, shortest, longest); problem != "" {
			return rule.One(property, "%s", problem)
		}
		return nil
	}
}

func blockProblem(text string, shortest, longest int) string {
	block, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return fmt.Sprintf("%q is not a valid CIDR block", text)
	case block != block.Masked():
		return fmt.Sprintf("%q is not a valid CIDR block: it has host bits; did you mean %s?", text, block.Masked())
	case block.Addr().Is4() && (block.Bits() < shortest || block.Bits() > longest):
		return fmt.Sprintf("%q must be between /%d and /%d", text, shortest, longest)
	}
	return ""
}

// checkBlocks checks a list of CIDR blocks.
func checkBlocks(property string) rule.Check {
	return rule.EachText(property, func(block string) string { return blockProblem(block, 0, 32) })
}

// checkPorts checks a range of ports.
func checkPorts(from, to string) rule.Check {
	return func(in sandbox.Inputs) []sandbox.Problem {
		low, hasLow := in.Number(from)
		high, hasHigh := in.Number(to)
		if hasLow && hasHigh && (low > high || low < -1 || high > 65535) {
			return rule.One(from, "InvalidPortRange: %v to %v is not a range of ports", low, high)
		}
		return nil
	}
}

// checkRules checks the inline rules of a security group.
func checkRules(property string) rule.Check {
	return rule.Each(property, func(in sandbox.Inputs) []sandbox.Problem {
		var problems rule.Problems
		for _, problem := range checkPorts("fromPort", "toPort")(in) { // which is told of the rule, not of the port
			problems.Add("", "%s", problem.Text)
		}
		low, _ := in.Number("fromPort")
		high, _ := in.Number("toPort")
		if protocol, _ := in.Text("protocol"); protocol == "-1" && (low != 0 || high != 0) {
			problems.Add("", "from and to port must be 0 for protocol -1")
		}
		for _, problem := range checkBlocks("cidrBlocks")(in) {
			problems.Add("cidrBlocks", "%s", problem.Text)
		}
		return problems
	})
}

// checkVpcBlock refuses blocks that no VPC can have
// (docs.aws.amazon.com: vpc/latest/userguide/vpc-cidr-blocks.html).
func checkVpcBlock(in sandbox.Inputs) []sandbox.Problem {
	text, _ := in.Text("cidrBlock")
	block, err := netip.ParsePrefix(text)
	if err != nil {
		return nil // refused, or not known yet
	}
	for _, reserved := range []string{"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"} {
		if block.Overlaps(netip.MustParsePrefix(reserved)) {
			return rule.One("cidrBlock", "InvalidVpc.Range: The CIDR '%s' is invalid: it overlaps %s", text, reserved)
		}
	}
	return nil
}
