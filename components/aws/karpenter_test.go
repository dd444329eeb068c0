package aws

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const karpenterCluster = "demo01-staging-20250115"

func karpenterArgs() *KarpenterArgs {
	return &KarpenterArgs{
		Cluster: karpenterCluster, Region: componenttest.Region, AccountID: componenttest.Account, Suffix: "-20250115",
		Issuers: pulumi.ToStringArray([]string{mockIssuer}), PermissionsBoundary: pulumi.String("boundary"),
		Tags: map[string]string{"posit.team/managed-by": "test"}, Protect: true, AccessEntry: true,
	}
}

func makeKarpenter(args *KarpenterArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewKarpenter(ctx, karpenterCluster+"-karpenter", args)
		return err
	}
}

func TestKarpenter(t *testing.T) {
	t.Parallel()
	const (
		node       = "KarpenterNodeRole-" + karpenterCluster + ".posit.team"
		controller = "KarpenterControllerRole-" + karpenterCluster + ".posit.team"
		profile    = "KarpenterNodeInstanceProfile-" + karpenterCluster + ".posit.team"
		queueARN   = "arn:aws:sqs:us-east-2:123456789012:queue/" + karpenterCluster + "-interruption-queue"
	)
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		made, err := NewKarpenter(ctx, karpenterCluster+"-karpenter", karpenterArgs())
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{
			"controller": "arn:aws:iam::123456789012:role/" + controller, "controllerName": controller,
			"node": KarpenterNodeRoleARN(componenttest.Account, karpenterCluster), "nodeName": node, "profile": profile, "queue": karpenterCluster,
		}, map[string]pulumi.Output{
			"controller": made.ControllerRoleARN, "controllerName": made.ControllerRoleName,
			"node": made.NodeRoleARN, "nodeName": made.NodeRoleName, "profile": made.InstanceProfile, "queue": made.Queue,
		})
		return nil
	})
	r.Golden(t, "karpenter")
	componenttest.SamePreview(t, makeKarpenter(karpenterArgs()))

	tagged := map[string]any{"posit.team/managed-by": "test"}
	r.Find(t, roleType, node+"-20250115").Exactly(t, map[string]any{
		"name": node, "permissionsBoundary": "boundary", "tags": tagged, "assumeRolePolicy": string(trustService("ec2.amazonaws.com")),
	})
	for i, policy := range []string{
		"AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly", "AmazonSSMManagedInstanceCore",
	} {
		r.Find(t, attachmentType, fmt.Sprintf("%s-policy-%d", node, i)).Exactly(t, map[string]any{
			"role": node, "policyArn": "arn:aws:iam::aws:policy/" + policy,
		})
	}
	r.Find(t, "aws:iam/instanceProfile:InstanceProfile", profile+"-20250115").Exactly(t, map[string]any{
		"name": profile, "role": node, "tags": map[string]any{
			"posit.team/managed-by": "test", "kubernetes.io/cluster/" + karpenterCluster: "owned",
			"topology.kubernetes.io/region": "us-east-2", "karpenter.k8s.aws/ec2nodeclass": karpenterCluster,
		},
	})
	r.Find(t, roleType, controller).Want(t, map[string]any{
		"assumeRolePolicy": ServiceAccountTrust(componenttest.Account, []string{mockIssuer}, "kube-system", []string{"karpenter"}).JSON(),
	})
	document := r.Find(t, inlineType, controller+"-role-policy-0").Args()["policy"].(string)
	goldenPolicy(t, "karpenter-controller-policy", document)
	if len(document) > 10240 {
		t.Errorf("the policy has %d characters, and IAM takes 10240", len(document))
	}

	queue := r.Find(t, "aws:sqs/queue:Queue", karpenterCluster+"-interruption-queue")
	queue.Exactly(t, map[string]any{
		"name": karpenterCluster, "messageRetentionSeconds": 300.0, "sqsManagedSseEnabled": true,
		"tags": map[string]any{"posit.team/managed-by": "test", "Name": karpenterCluster},
	})
	policy := r.Find(t, "aws:sqs/queuePolicy:QueuePolicy", karpenterCluster+"-interruption-queue-policy")
	policy.Want(t, map[string]any{"policy": `{"Version":"2012-10-17","Statement":[` +
		`{"Effect":"Allow","Principal":{"Service":["events.amazonaws.com","sqs.amazonaws.com"]},"Action":["sqs:SendMessage"],"Resource":["` + queueARN + `"]},` +
		`{"Sid":"DenyHTTP","Effect":"Deny","Principal":{"AWS":["*"]},"Action":["sqs:*"],"Resource":["` + queueARN + `"],"Condition":{"Bool":{"aws:SecureTransport":["false"]}}}]}`})
	if !queue.Protect || !policy.Protect {
		t.Error("queue and its policy are not protected")
	}
	for stem, pattern := range map[string]string{
		"scheduled-change":      `{"detail-type":["AWS Health Event"],"source":["aws.health"]}`,
		"spot-interruption":     `{"detail-type":["EC2 Spot Instance Interruption Warning"],"source":["aws.ec2"]}`,
		"rebalance":             `{"detail-type":["EC2 Instance Rebalance Recommendation"],"source":["aws.ec2"]}`,
		"instance-state-change": `{"detail-type":["EC2 Instance State-change Notification"],"source":["aws.ec2"]}`,
	} {
		r.Find(t, "aws:cloudwatch/eventRule:EventRule", karpenterCluster+"-"+stem+"-rule").Exactly(t, map[string]any{
			"eventPattern": pattern, "tags": tagged,
		})
		r.Find(t, "aws:cloudwatch/eventTarget:EventTarget", karpenterCluster+"-"+stem+"-target").Want(t, map[string]any{
			"targetId": "KarpenterInterruptionQueueTarget", "arn": queueARN,
		})
	}
	r.Find(t, "aws:eks/accessEntry:AccessEntry", karpenterCluster+"-karpenter-node-access-entry").Exactly(t, map[string]any{
		"clusterName": karpenterCluster, "principalArn": "arn:aws:iam::123456789012:role/" + node, "type": "EC2_LINUX",
		"tags": tagged,
	})
}

func TestKarpenterControllerPolicyStatements(t *testing.T) {
	t.Parallel()
	var sids []string
	for _, statement := range KarpenterControllerPolicy("r", "a", "c", "n").Statement {
		if statement.Effect != Allow {
			t.Errorf("effect of %s is %s", statement.Sid, statement.Effect)
		}
		sids = append(sids, fmt.Sprintf("%s %d %d", statement.Sid, len(statement.Action), len(statement.Resource)))
	}
	// Actions and resources of the rows of the sheet, and of its later additions.
	want := []string{
		"AllowScopedEC2InstanceAccessActions 2 6", "AllowScopedEC2LaunchTemplateAccessActions 2 1", "AllowScopedEC2InstanceActionsWithTags 3 7",
		"AllowScopedResourceCreationTagging 1 6", "AllowScopedResourceTagging 1 1", "AllowScopedDeletion 2 2", "AllowRegionalReadActions 10 1",
		"AllowSSMReadActions 1 1", "AllowPricingReadActions 1 1", "AllowInterruptionQueueActions 3 1", "AllowPassingInstanceRole 1 1",
		"AllowScopedInstanceProfileCreationActions 1 1", "AllowScopedInstanceProfileTagActions 1 1", "AllowScopedInstanceProfileActions 3 1",
		"AllowInstanceProfileReadActions 1 1", "AllowUnscopedInstanceProfileListAction 1 1", "AllowUnscopedEC2DescribeInstanceStatus 1 1",
		"AllowAPIServerEndpointDiscovery 1 1",
	}
	assert.Equal(t, want, sids, "statements")
}

func TestKarpenterOptions(t *testing.T) {
	t.Parallel()
	args := karpenterArgs()
	args.Protect, args.AccessEntry = false, false
	r := componenttest.Run(t, makeKarpenter(args))
	if r.Find(t, "aws:sqs/queue:Queue", karpenterCluster+"-interruption-queue").Protect {
		t.Error("the queue is protected")
	}
	if got := r.All("aws:eks/accessEntry:AccessEntry"); len(got) != 0 {
		t.Errorf("access entries are %v", got)
	}
	for _, change := range []func(*KarpenterArgs){
		func(a *KarpenterArgs) { a.Cluster = "" }, func(a *KarpenterArgs) { a.Region = "" },
		func(a *KarpenterArgs) { a.AccountID = "" }, func(a *KarpenterArgs) { a.Issuers = nil },
	} {
		args := karpenterArgs()
		change(args)
		componenttest.Fails(t, makeKarpenter(args), "karpenter "+karpenterCluster+"-karpenter: cluster, region, account id and issuers are required")
	}
}

func ExampleNewKarpenter() {
	program := func(ctx *pulumi.Context) error {
		karpenter, err := NewKarpenter(ctx, "demo-karpenter", &KarpenterArgs{
			Cluster: "demo", Region: "us-east-2", AccountID: "123456789012", AccessEntry: true,
			Issuers: pulumi.ToStringArray([]string{"https://oidc.eks.us-east-2.amazonaws.com/id/AAAA"}),
		})
		if err != nil {
			return err
		}
		ctx.Export("queue", karpenter.Queue)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, rule := range mocks.All("aws:cloudwatch/eventRule:EventRule") {
		fmt.Println(rule.Args()["eventPattern"])
	}
	// Output:
	// {"detail-type":["EC2 Instance State-change Notification"],"source":["aws.ec2"]}
	// {"detail-type":["EC2 Instance Rebalance Recommendation"],"source":["aws.ec2"]}
	// {"detail-type":["AWS Health Event"],"source":["aws.health"]}
	// {"detail-type":["EC2 Spot Instance Interruption Warning"],"source":["aws.ec2"]}
}
