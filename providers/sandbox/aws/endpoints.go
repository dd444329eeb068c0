package aws

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

func endpoints() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		endpointType: {
			Args: shape(ec2.VpcEndpointArgs{}), Defaults: map[string]any{"vpcEndpointType": "Gateway"},
			Replace: []string{"vpcId", "serviceName", "vpcEndpointType", "serviceRegion", "serviceNetworkArn", "resourceConfigurationArn"},
			ReplaceIf: func(_, new sandbox.Inputs) []string { // in place only where there are interfaces
				if new["vpcEndpointType"] == "Interface" {
					return nil
				}
				return []string{"privateDnsEnabled"}
			},
			Sets: []string{"routeTableIds", "securityGroupIds", "subnetIds"}, Equal: map[string]func(old, new any) bool{"policy": samePolicy, "ipAddressType": sameFolded},
			Computed: []string{
				"dnsOptions", "ipAddressType", "policy", "privateDnsEnabled", "routeTableIds", "securityGroupIds", "serviceRegion", "subnetIds",
			},
			Outputs: []string{"arn", "ownerId", "state", "prefixListId", "networkInterfaceIds", "dnsEntries", "tagsAll"},
			References: []sandbox.Reference{
				rule.Reference("vpcId", vpcType, noVpc), rule.Reference("subnetIds[]", subnetType, noSubnet),
				rule.Reference("routeTableIds[]", routeTableType, noRouteTable),
				rule.Reference("securityGroupIds[]", securityGroupType, noSecurityGroup),
			},
			Unique: rule.Unique("RouteAlreadyExists: an endpoint for %s exists already", "vpcId", "serviceName"),
			Check: rule.All(rule.Required("serviceName"), rule.OneOf("vpcEndpointType", "Gateway", "Interface", "GatewayLoadBalancer"),
				rule.Matches("serviceName", `^com\.amazonaws\.([a-z0-9-]+\.)+[a-z0-9.\-]+$`, "is not the name of an endpoint service")),
			Create: func(o *sandbox.Operation) error {
				o.Outputs["state"] = "available"
				return made("vpce-", "ec2", "vpc-endpoint/")(o)
			},
		},
		"aws:ec2/flowLog:FlowLog": {
			Args: shape(ec2.FlowLogArgs{}), Outputs: []string{"arn", "tagsAll", "logGroupName"},
			Replace: []string{
				"deliverCrossAccountRole", "destinationOptions", "eniId", "iamRoleArn", "logDestination", "logDestinationType", "logFormat",
				"logGroupName", "maxAggregationInterval", "subnetId", "trafficType", "transitGatewayAttachmentId", "transitGatewayId", "vpcId",
			},
			Computed: []string{"logDestination", "logFormat", "logGroupName"},
			Defaults: map[string]any{"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600.0},
			// It is sent and read without the suffix, and compared as it is written
			// (terraform-provider-aws, internal/service/ec2/vpc_flow_log.go).
			ReadBack: []string{"logDestination"},
			Read: func(o *sandbox.Operation) error {
				if destination, given := o.Inputs.Text("logDestination"); given {
					o.Outputs["logDestination"] = strings.TrimSuffix(destination, ":*")
				}
				return nil
			},
			References: []sandbox.Reference{
				rule.Reference("vpcId", vpcType, noVpc),
				rule.By("iamRoleArn", roleType, "arn", "Invalid IAM role: %s does not exist"),
				rule.Unless(isNoLogGroup, rule.By("logDestination", logGroupType, "arn", "LogDestination: %s does not exist")),
			},
			Check:  rule.All(rule.OneOf("trafficType", "ACCEPT", "REJECT", "ALL"), checkInterval),
			Create: made("fl-", "ec2", "vpc-flow-log/"),
		},
	}
}

// checkInterval checks how often flow logs are gathered.
func checkInterval(in sandbox.Inputs) []sandbox.Problem {
	if seconds, given := in.Number("maxAggregationInterval"); given && seconds != 60 && seconds != 600 {
		return rule.One("maxAggregationInterval", "expected maxAggregationInterval to be one of [60 600], got %v", seconds)
	}
	return nil
}
