package aws

import "slices"

// LoadBalancerControllerPolicy is what the AWS Load Balancer Controller needs, up to its
// version 2.13. It owns what carries the tag of its cluster, and may set that tag only on
// what it creates.
//
// Statement 14 tests the tag in the request, as the controller's own documentation
// does, not that on the resource, which does not have it yet.
//
// (docs/reference/aws-workload-base.md 5.4; docs/reference/aws-control-room.md 12.5)
func LoadBalancerControllerPolicy() PolicyDocument {
	const (
		everything     = "*"
		securityGroups = "arn:aws:ec2:*:*:security-group/*"
		elb            = "arn:aws:elasticloadbalancing:*:*:"
		targetGroups   = elb + "targetgroup/*/*"

		requestTag  = "aws:RequestTag/elbv2.k8s.aws/cluster"
		resourceTag = "aws:ResourceTag/elbv2.k8s.aws/cluster"
	)
	var (
		all          = []string{everything}
		taggable     = []string{targetGroups, elb + "loadbalancer/net/*/*", elb + "loadbalancer/app/*/*"}
		webACL       = []string{"GetWebACL", "GetWebACLForResource", "AssociateWebACL", "DisassociateWebACL"}
		tagRequested = map[string][]string{requestTag: {"false"}} // Null false: the tag is there
		owned        = map[string][]string{resourceTag: {"false"}}
		ownedAndKept = map[string][]string{requestTag: {"true"}, resourceTag: {"false"}}
	)
	return NewPolicyDocument(
		PolicyStatement{
			Action: Actions("iam", "CreateServiceLinkedRole"), Resource: all,
			Condition: map[string]map[string][]string{
				"StringEquals": {"iam:AWSServiceName": {"elasticloadbalancing.amazonaws.com"}},
			},
		},
		PolicyStatement{
			Action: slices.Concat(
				Actions("ec2",
					"DescribeAccountAttributes", "DescribeAddresses", "DescribeAvailabilityZones", "DescribeInternetGateways",
					"DescribeVpcs", "DescribeVpcPeeringConnections", "DescribeSubnets", "DescribeSecurityGroups",
					"DescribeInstances", "DescribeNetworkInterfaces", "DescribeTags", "GetCoipPoolUsage", "DescribeCoipPools",
					"GetSecurityGroupsForVpc", "DescribeIpamPools", "DescribeRouteTables"),
				Actions("elasticloadbalancing",
					"DescribeLoadBalancers", "DescribeLoadBalancerAttributes", "DescribeListeners",
					"DescribeListenerCertificates", "DescribeSSLPolicies", "DescribeRules", "DescribeTargetGroups",
					"DescribeTargetGroupAttributes", "DescribeTargetHealth", "DescribeTags",
					"DescribeTrustStores", "DescribeListenerAttributes", "DescribeCapacityReservation"),
			),
			Resource: all,
		},
		PolicyStatement{
			Action: slices.Concat(
				Actions("cognito-idp", "DescribeUserPoolClient"),
				Actions("acm", "ListCertificates", "DescribeCertificate"),
				Actions("iam", "ListServerCertificates", "GetServerCertificate"),
				Actions("waf-regional", webACL...),
				Actions("wafv2", webACL...),
				Actions("shield", "GetSubscriptionState", "DescribeProtection", "CreateProtection", "DeleteProtection"),
			),
			Resource: all,
		},
		PolicyStatement{
			Action:   Actions("ec2", "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"),
			Resource: all,
		},
		PolicyStatement{Action: Actions("ec2", "CreateSecurityGroup"), Resource: all},
		PolicyStatement{
			Action: Actions("ec2", "CreateTags"), Resource: []string{securityGroups},
			Condition: map[string]map[string][]string{
				"StringEquals": {"ec2:CreateAction": {"CreateSecurityGroup"}}, "Null": tagRequested,
			},
		},
		PolicyStatement{
			Action: Actions("ec2", "CreateTags", "DeleteTags"), Resource: []string{securityGroups},
			Condition: map[string]map[string][]string{"Null": ownedAndKept},
		},
		PolicyStatement{
			Action:   Actions("ec2", "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress", "DeleteSecurityGroup"),
			Resource: all, Condition: map[string]map[string][]string{"Null": owned},
		},
		PolicyStatement{
			Action:   Actions("elasticloadbalancing", "CreateLoadBalancer", "CreateTargetGroup"),
			Resource: all, Condition: map[string]map[string][]string{"Null": tagRequested},
		},
		PolicyStatement{
			Action:   Actions("elasticloadbalancing", "CreateListener", "DeleteListener", "CreateRule", "DeleteRule"),
			Resource: all,
		},
		PolicyStatement{
			Action: Actions("elasticloadbalancing", "AddTags", "RemoveTags"), Resource: taggable,
			Condition: map[string]map[string][]string{"Null": ownedAndKept},
		},
		PolicyStatement{
			Action: Actions("elasticloadbalancing", "AddTags", "RemoveTags"),
			Resource: []string{
				elb + "listener/net/*/*/*", elb + "listener/app/*/*/*",
				elb + "listener-rule/net/*/*/*", elb + "listener-rule/app/*/*/*",
			},
		},
		PolicyStatement{
			Action: Actions("elasticloadbalancing",
				"ModifyLoadBalancerAttributes", "SetIpAddressType", "SetSecurityGroups", "SetSubnets", "DeleteLoadBalancer",
				"ModifyTargetGroup", "ModifyTargetGroupAttributes", "DeleteTargetGroup",
				"ModifyListenerAttributes", "ModifyCapacityReservation", "ModifyIpPools"),
			Resource: all, Condition: map[string]map[string][]string{"Null": owned},
		},
		PolicyStatement{
			Action: Actions("elasticloadbalancing", "AddTags"), Resource: taggable,
			Condition: map[string]map[string][]string{
				"StringEquals": {"elasticloadbalancing:CreateAction": {"CreateTargetGroup", "CreateLoadBalancer"}},
				"Null":         tagRequested,
			},
		},
		PolicyStatement{
			Action: Actions("elasticloadbalancing", "RegisterTargets", "DeregisterTargets"), Resource: []string{targetGroups},
		},
		PolicyStatement{
			Action: Actions("elasticloadbalancing",
				"SetWebAcl", "ModifyListener", "AddListenerCertificates", "RemoveListenerCertificates", "ModifyRule",
				"SetRulePriorities"),
			Resource: all,
		},
	)
}
