package awsworkload

import "strings"

// Condition operands of the load-balancer controller's policy: it owns what carries
// its cluster tag, and may set that tag only on what it creates.
var (
	clusterTagRequested    = map[string]any{"aws:RequestTag/elbv2.k8s.aws/cluster": "false"}
	clusterTagOwned        = map[string]any{"aws:ResourceTag/elbv2.k8s.aws/cluster": "false"}
	clusterTagOwnedAndKept = map[string]any{
		"aws:RequestTag/elbv2.k8s.aws/cluster": "true", "aws:ResourceTag/elbv2.k8s.aws/cluster": "false",
	}
)

// loadBalancerControllerStatements are what the AWS Load Balancer Controller needs
// (facts: aws-workload-base 5.4).
func loadBalancerControllerStatements() []statement {
	const (
		elb            = "arn:aws:elasticloadbalancing:*:*:"
		securityGroups = "arn:aws:ec2:*:*:security-group/*"
	)
	balancers := []string{elb + "targetgroup/*/*", elb + "loadbalancer/net/*/*", elb + "loadbalancer/app/*/*"}
	listeners := []string{
		elb + "listener/net/*/*/*", elb + "listener/app/*/*/*", elb + "listener-rule/net/*/*/*", elb + "listener-rule/app/*/*/*",
	}
	null := func(operands map[string]any) map[string]map[string]any {
		return map[string]map[string]any{"Null": operands}
	}
	return []statement{
		{
			Action:    []string{"iam:CreateServiceLinkedRole"},
			Condition: map[string]map[string]any{"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
		},
		{Action: of("ec2", `DescribeAccountAttributes DescribeAddresses DescribeAvailabilityZones DescribeInternetGateways
			DescribeVpcs DescribeVpcPeeringConnections DescribeSubnets DescribeSecurityGroups DescribeInstances
			DescribeNetworkInterfaces DescribeTags GetCoipPoolUsage DescribeCoipPools`,
			"elasticloadbalancing", `DescribeLoadBalancers DescribeLoadBalancerAttributes DescribeListeners
			DescribeListenerCertificates DescribeSSLPolicies DescribeRules DescribeTargetGroups
			DescribeTargetGroupAttributes DescribeTargetHealth DescribeTags`)},
		{Action: of("cognito-idp", "DescribeUserPoolClient", "acm", "ListCertificates DescribeCertificate",
			"iam", "ListServerCertificates GetServerCertificate",
			"waf-regional", "GetWebACL GetWebACLForResource AssociateWebACL DisassociateWebACL",
			"wafv2", "GetWebACL GetWebACLForResource AssociateWebACL DisassociateWebACL",
			"shield", "GetSubscriptionState DescribeProtection CreateProtection DeleteProtection")},
		{Action: of("ec2", "AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress")},
		{Action: of("ec2", "CreateSecurityGroup")},
		{
			Action: of("ec2", "CreateTags"), Resource: []string{securityGroups},
			Condition: map[string]map[string]any{
				"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup"}, "Null": clusterTagRequested,
			},
		},
		{Action: of("ec2", "CreateTags DeleteTags"), Resource: []string{securityGroups}, Condition: null(clusterTagOwnedAndKept)},
		{
			Action:    of("ec2", "AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress DeleteSecurityGroup"),
			Condition: null(clusterTagOwned),
		},
		{Action: of("elasticloadbalancing", "CreateLoadBalancer CreateTargetGroup"), Condition: null(clusterTagRequested)},
		{Action: of("elasticloadbalancing", "CreateListener DeleteListener CreateRule DeleteRule")},
		{Action: of("elasticloadbalancing", "AddTags RemoveTags"), Resource: balancers, Condition: null(clusterTagOwnedAndKept)},
		{Action: of("elasticloadbalancing", "AddTags RemoveTags"), Resource: listeners},
		{
			Action: of("elasticloadbalancing", `ModifyLoadBalancerAttributes SetIpAddressType SetSecurityGroups SetSubnets
				DeleteLoadBalancer ModifyTargetGroup ModifyTargetGroupAttributes DeleteTargetGroup`),
			Condition: null(clusterTagOwned),
		},
		{
			Action: of("elasticloadbalancing", "AddTags"), Resource: balancers,
			Condition: map[string]map[string]any{
				"StringEquals": {"elasticloadbalancing:CreateAction": []string{"CreateTargetGroup", "CreateLoadBalancer"}},
				"Null":         clusterTagRequested,
			},
		},
		{Action: of("elasticloadbalancing", "RegisterTargets DeregisterTargets"), Resource: []string{elb + "targetgroup/*/*"}},
		{Action: of("elasticloadbalancing", "SetWebAcl ModifyListener AddListenerCertificates RemoveListenerCertificates ModifyRule")},
	}
}

// of lists actions from pairs of a service and the names of its actions.
func of(pairs ...string) []string {
	var actions []string
	for i := 0; i < len(pairs); i += 2 {
		for _, name := range strings.Fields(pairs[i+1]) {
			actions = append(actions, pairs[i]+":"+name)
		}
	}
	return actions
}
