package aws

// KarpenterControllerPolicy is what Karpenter's controller may do for one cluster: run,
// tag and end instances that are the cluster's, and read what it chooses them by. It
// has what Karpenter 1.7 to 1.12 need besides.
//
// (docs/reference/aws-workload-apps.md 7.13; docs/reference/aws-workload-eks.md 18.1)
func KarpenterControllerPolicy(region, accountID, cluster, nodeRoleARN string) PolicyDocument {
	const (
		resourceTag, requestTag = "aws:ResourceTag/", "aws:RequestTag/"
		nodePool, nodeClass     = "karpenter.sh/nodepool", "karpenter.k8s.aws/ec2nodeclass"
		name, topology          = "eks:eks-cluster-name", "topology.kubernetes.io/region"
		equals, like            = "StringEquals", "StringLike"
	)
	owner := "kubernetes.io/cluster/" + cluster
	type keys = map[string][]string
	type conditions = map[string]map[string][]string
	ec2 := func(types ...string) []string {
		arns := make([]string, len(types))
		for i, typ := range types {
			arns[i] = "arn:aws:ec2:" + region + ":*:" + typ + "/*"
		}
		return arns
	}
	all := []string{"*"}
	run := Actions("ec2", "RunInstances", "CreateFleet")
	profiles := []string{"arn:aws:iam::" + accountID + ":instance-profile/*"}
	ownPool := conditions{
		equals: {resourceTag + owner: {"owned"}},
		like:   {resourceTag + nodePool: all},
	}
	return NewPolicyDocument(
		PolicyStatement{
			Sid: "AllowScopedEC2InstanceAccessActions", Action: run,
			Resource: append([]string{"arn:aws:ec2:" + region + "::image/*", "arn:aws:ec2:" + region + "::snapshot/*"},
				ec2("security-group", "subnet", "capacity-reservation", "placement-group")...),
		},
		PolicyStatement{
			Sid: "AllowScopedEC2LaunchTemplateAccessActions", Action: run, Resource: ec2("launch-template"), Condition: ownPool,
		},
		PolicyStatement{
			Sid:    "AllowScopedEC2InstanceActionsWithTags",
			Action: Actions("ec2", "RunInstances", "CreateFleet", "CreateLaunchTemplate"),
			Resource: ec2("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request",
				"capacity-reservation"),
			Condition: conditions{
				equals: {requestTag + owner: {"owned"}, requestTag + name: {cluster}},
				like:   {requestTag + nodePool: all},
			},
		},
		PolicyStatement{
			Sid: "AllowScopedResourceCreationTagging", Action: Actions("ec2", "CreateTags"),
			Resource: ec2("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request"),
			Condition: conditions{
				equals: {
					requestTag + owner: {"owned"}, requestTag + name: {cluster},
					"ec2:CreateAction": {"RunInstances", "CreateFleet", "CreateLaunchTemplate"},
				},
				like: {requestTag + nodePool: all},
			},
		},
		PolicyStatement{
			Sid: "AllowScopedResourceTagging", Action: Actions("ec2", "CreateTags"), Resource: ec2("instance"),
			Condition: conditions{
				equals:                      {resourceTag + owner: {"owned"}},
				like:                        {resourceTag + nodePool: all},
				"StringEqualsIfExists":      {requestTag + name: {cluster}},
				"ForAllValues:StringEquals": keys{"aws:TagKeys": {name, "karpenter.sh/nodeclaim", "Name"}},
			},
		},
		PolicyStatement{
			Sid: "AllowScopedDeletion", Action: Actions("ec2", "TerminateInstances", "DeleteLaunchTemplate"),
			Resource: ec2("instance", "launch-template"), Condition: ownPool,
		},
		PolicyStatement{
			Sid: "AllowRegionalReadActions",
			Action: Actions("ec2", "DescribeCapacityReservations", "DescribeImages", "DescribeInstances", "DescribeInstanceTypeOfferings",
				"DescribeInstanceTypes", "DescribeLaunchTemplates", "DescribePlacementGroups", "DescribeSecurityGroups",
				"DescribeSpotPriceHistory", "DescribeSubnets"),
			Resource: all, Condition: conditions{equals: {"aws:RequestedRegion": {region}}},
		},
		PolicyStatement{
			Sid: "AllowSSMReadActions", Action: Actions("ssm", "GetParameter"),
			Resource: []string{"arn:aws:ssm:" + region + "::parameter/aws/service/*"},
		},
		PolicyStatement{Sid: "AllowPricingReadActions", Action: Actions("pricing", "GetProducts"), Resource: all},
		PolicyStatement{
			Sid: "AllowInterruptionQueueActions", Action: Actions("sqs", "DeleteMessage", "GetQueueUrl", "ReceiveMessage"),
			Resource: []string{"arn:aws:sqs:" + region + ":" + accountID + ":" + cluster},
		},
		PolicyStatement{
			Sid: "AllowPassingInstanceRole", Action: Actions("iam", "PassRole"), Resource: []string{nodeRoleARN},
			Condition: conditions{equals: {"iam:PassedToService": {"ec2.amazonaws.com", "ec2.amazonaws.com.cn"}}},
		},
		PolicyStatement{
			Sid: "AllowScopedInstanceProfileCreationActions", Action: Actions("iam", "CreateInstanceProfile"), Resource: profiles,
			Condition: conditions{
				equals: {requestTag + owner: {"owned"}, requestTag + name: {cluster}, requestTag + topology: {region}},
				like:   {requestTag + nodeClass: all},
			},
		},
		PolicyStatement{
			Sid: "AllowScopedInstanceProfileTagActions", Action: Actions("iam", "TagInstanceProfile"), Resource: profiles,
			Condition: conditions{
				equals: {
					resourceTag + owner: {"owned"}, resourceTag + topology: {region},
					requestTag + owner: {"owned"}, requestTag + name: {cluster}, requestTag + topology: {region},
				},
				like: {resourceTag + nodeClass: all, requestTag + nodeClass: all},
			},
		},
		PolicyStatement{
			Sid:      "AllowScopedInstanceProfileActions",
			Action:   Actions("iam", "AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile", "DeleteInstanceProfile"),
			Resource: profiles,
			Condition: conditions{
				equals: {resourceTag + owner: {"owned"}, resourceTag + topology: {region}},
				like:   {resourceTag + nodeClass: all},
			},
		},
		PolicyStatement{Sid: "AllowInstanceProfileReadActions", Action: Actions("iam", "GetInstanceProfile"), Resource: profiles},
		PolicyStatement{Sid: "AllowUnscopedInstanceProfileListAction", Action: Actions("iam", "ListInstanceProfiles"), Resource: all},
		PolicyStatement{Sid: "AllowUnscopedEC2DescribeInstanceStatus", Action: Actions("ec2", "DescribeInstanceStatus"), Resource: all},
		PolicyStatement{
			Sid: "AllowAPIServerEndpointDiscovery", Action: Actions("eks", "DescribeCluster"),
			Resource: []string{"arn:aws:eks:" + region + ":" + accountID + ":cluster/" + cluster},
		},
	)
}
