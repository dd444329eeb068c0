package aws

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

func checkCluster() rule.Check {
	return rule.All(
		rule.Matches("name", `^[0-9A-Za-z][A-Za-z0-9\-_]{0,99}$`, "is not a cluster name of at most 100 letters, digits, - and _"),
		checkKubernetesVersion,
		rule.Within("vpcConfig", checkClusterNetwork),
		rule.EachOneOf("enabledClusterLogTypes", "api", "audit", "authenticator", "controllerManager", "scheduler"),
		rule.Within("accessConfig", rule.OneOf("authenticationMode", authenticationModes...)),
		rule.Within("upgradePolicy", rule.OneOf("supportType", "EXTENDED", "STANDARD")),
		rule.Within("encryptionConfig", rule.EachText("resources", func(kind string) string {
			if kind == "secrets" {
				return ""
			}
			return "expected it to be secrets, got " + kind
		})),
		rule.Within("kubernetesNetworkConfig", checkServiceNetwork))
}

func checkClusterNetwork(in sandbox.Inputs) []sandbox.Problem {
	var problems rule.Problems
	if subnets, ok := in["subnetIds"].([]any); ok && len(subnets) < 2 {
		problems.Add("subnetIds", "InvalidParameterException: Subnets specified must be in at least two different AZs")
	}
	if public, ok := in["endpointPublicAccess"].(bool); ok && !public && !in.Flag("endpointPrivateAccess") {
		problems.Add("", "InvalidParameterException: Private and public endpoint access cannot both be false")
	}
	return append(problems, checkBlocks("publicAccessCidrs")(in)...)
}

// checkServiceNetwork checks the block of a cluster's services, which is a private one.
func checkServiceNetwork(in sandbox.Inputs) []sandbox.Problem {
	text, ok := in.Text("serviceIpv4Cidr")
	if !ok {
		return nil
	}
	if problem := blockProblem(text, 12, 24); problem != "" {
		return rule.One("serviceIpv4Cidr", "%s", problem)
	}
	if block, err := netip.ParsePrefix(text); err != nil || !block.Addr().Is4() || !block.Addr().IsPrivate() {
		return rule.One("serviceIpv4Cidr", "InvalidParameterException: %s is not in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16", text)
	}
	return nil
}

// checkKubernetesVersion checks a version's form and that EKS offers it.
func checkKubernetesVersion(in sandbox.Inputs) []sandbox.Problem {
	version, ok := in.Text("version")
	if !ok {
		return nil
	}
	if minor, ok := minorOf(version); !ok || minor < oldestMinor || minor > newestMinor {
		return rule.One("version", "InvalidParameterException: unsupported Kubernetes version %q; EKS offers 1.%d to 1.%d", version, oldestMinor, newestMinor)
	}
	return nil
}

// minorOf reads a version such as "1.33".
func minorOf(version string) (int, bool) {
	text, ok := strings.CutPrefix(version, "1.")
	minor, err := strconv.Atoi(text)
	return minor, ok && err == nil && strconv.Itoa(minor) == text
}
