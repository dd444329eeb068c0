package aws

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// KarpenterArgs says which cluster Karpenter works for. Cluster, Region, AccountID and
// Issuers are required.
type KarpenterArgs struct {
	// Cluster is the name of the cluster in EKS, and part of every physical name.
	Cluster           string
	Region, AccountID string
	// Suffix ends the logical names of the node role and its profile: "-{release}".
	Suffix string
	// Issuers are the URLs of the cluster's OIDC issuers.
	Issuers             pulumi.StringArrayInput
	PermissionsBoundary pulumi.StringPtrInput // policy ARN
	Tags                map[string]string
	// Protect protects the queue.
	Protect bool
	// AccessEntry lets the nodes into the cluster. Without it the aws-auth ConfigMap has
	// to (see KarpenterNodeRoleARN).
	AccessEntry bool
	// AccessEntryExists says that somebody has let them in already: the entry is taken over.
	AccessEntryExists bool
}

// Karpenter is the AWS side of the autoscaler of one cluster: the role and profile of
// the nodes that it starts, the role of its controller, and the queue that tells it of
// interruptions. The chart and the node pools are the cluster's side.
type Karpenter struct {
	pulumi.ResourceState

	ControllerRoleARN  pulumi.StringOutput `pulumi:"controllerRoleArn"`
	ControllerRoleName pulumi.StringOutput `pulumi:"controllerRoleName"`
	NodeRoleARN        pulumi.StringOutput `pulumi:"nodeRoleArn"`
	NodeRoleName       pulumi.StringOutput `pulumi:"nodeRoleName"`
	InstanceProfile    pulumi.StringOutput `pulumi:"instanceProfile"` // name
	Queue              pulumi.StringOutput `pulumi:"queue"`           // name
}

// KarpenterNodeRoleARN is the ARN that the role of the nodes of a cluster has.
func KarpenterNodeRoleARN(accountID, cluster string) string {
	return "arn:aws:iam::" + accountID + ":role/" + karpenterNodeRole(cluster)
}

func karpenterNodeRole(cluster string) string { return "KarpenterNodeRole-" + cluster + ".posit.team" }

// karpenterEvents are what Karpenter drains a node for.
var karpenterEvents = []struct{ name, source, detail string }{
	{"scheduled-change", "aws.health", "AWS Health Event"},
	{"spot-interruption", "aws.ec2", "EC2 Spot Instance Interruption Warning"},
	{"rebalance", "aws.ec2", "EC2 Instance Rebalance Recommendation"},
	{"instance-state-change", "aws.ec2", "EC2 Instance State-change Notification"},
}

// NewKarpenter makes a Karpenter. Its controller runs as the service account karpenter
// in kube-system. The event rules have names that the engine makes up.
//
// It is an error if a required argument is missing.
// (docs/reference/aws-workload-apps.md 7.13; docs/reference/aws-workload-eks.md 18.1)
func NewKarpenter(ctx *pulumi.Context, name string, args *KarpenterArgs, opts ...pulumi.ResourceOption) (*Karpenter, error) {
	if args == nil || args.Cluster == "" || args.Region == "" || args.AccountID == "" || args.Issuers == nil {
		return nil, fmt.Errorf("karpenter %s: cluster, region, account id and issuers are required", name)
	}
	made := &Karpenter{}
	err := components.Register(ctx, "ptd:aws:Karpenter", name, made, func(child pulumi.ResourceOption) error {
		if err := made.makeNodeRole(ctx, args, child); err != nil {
			return fmt.Errorf("node role: %w", err)
		}
		if err := made.makeControllerRole(ctx, args, child); err != nil {
			return fmt.Errorf("controller role: %w", err)
		}
		if err := made.makeQueue(ctx, args, child); err != nil {
			return fmt.Errorf("interruption queue: %w", err)
		}
		if !args.AccessEntry {
			return nil
		}
		options := []pulumi.ResourceOption{child}
		if args.AccessEntryExists {
			options = append(options, pulumi.Import(pulumi.ID(args.Cluster+":"+KarpenterNodeRoleARN(args.AccountID, args.Cluster))))
		}
		_, err := eks.NewAccessEntry(ctx, args.Cluster+"-karpenter-node-access-entry", &eks.AccessEntryArgs{
			ClusterName: pulumi.String(args.Cluster), PrincipalArn: made.NodeRoleARN, Type: pulumi.String("EC2_LINUX"),
			Tags: tags(args.Tags),
		}, options...)
		return err
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

func (k *Karpenter) makeNodeRole(ctx *pulumi.Context, args *KarpenterArgs, child pulumi.ResourceOption) error {
	replaceFirst := pulumi.DeleteBeforeReplace(true)
	name := karpenterNodeRole(args.Cluster)
	role, err := iam.NewRole(ctx, name+args.Suffix, &iam.RoleArgs{
		Name:                pulumi.String(name),
		AssumeRolePolicy:    trustService("ec2.amazonaws.com"),
		PermissionsBoundary: args.PermissionsBoundary,
		Tags:                tags(args.Tags),
	}, child, replaceFirst)
	if err != nil {
		return err
	}
	below := pulumi.Parent(role)
	for i, policy := range []string{
		"AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly", "AmazonSSMManagedInstanceCore",
	} {
		if _, err := iam.NewRolePolicyAttachment(ctx, fmt.Sprintf("%s-policy-%d", name, i), &iam.RolePolicyAttachmentArgs{
			Role: role.Name, PolicyArn: pulumi.String("arn:aws:iam::aws:policy/" + policy),
		}, below, replaceFirst); err != nil {
			return err
		}
	}
	profileName := "KarpenterNodeInstanceProfile-" + args.Cluster + ".posit.team"
	profile, err := iam.NewInstanceProfile(ctx, profileName+args.Suffix, &iam.InstanceProfileArgs{
		Name: pulumi.String(profileName),
		Role: role.Name,
		Tags: tags(args.Tags, map[string]string{
			"kubernetes.io/cluster/" + args.Cluster: "owned",
			"topology.kubernetes.io/region":         args.Region,
			"karpenter.k8s.aws/ec2nodeclass":        args.Cluster,
		}),
	}, below, replaceFirst)
	if err != nil {
		return err
	}
	k.NodeRoleARN, k.NodeRoleName, k.InstanceProfile = role.Arn, role.Name, profile.Name
	return nil
}

func (k *Karpenter) makeControllerRole(ctx *pulumi.Context, args *KarpenterArgs, child pulumi.ResourceOption) error {
	document := KarpenterControllerPolicy(args.Region, args.AccountID, args.Cluster, KarpenterNodeRoleARN(args.AccountID, args.Cluster))
	role, err := NewServiceAccountRole(ctx, "KarpenterControllerRole-"+args.Cluster+".posit.team", &ServiceAccountRoleArgs{
		Namespace: "kube-system", ServiceAccounts: []string{"karpenter"},
		Issuers: args.Issuers, AccountID: pulumi.String(args.AccountID), PermissionsBoundary: args.PermissionsBoundary,
		Tags: args.Tags, InlinePolicies: []pulumi.StringInput{pulumi.String(document.JSON())},
	}, child)
	if err != nil {
		return err
	}
	k.ControllerRoleARN, k.ControllerRoleName = role.ARN, role.Name
	return nil
}

// makeQueue makes the queue, and the rules that fill it.
func (k *Karpenter) makeQueue(ctx *pulumi.Context, args *KarpenterArgs, child pulumi.ResourceOption) error {
	protect := pulumi.Protect(args.Protect)
	name := args.Cluster + "-interruption-queue"
	queue, err := sqs.NewQueue(ctx, name, &sqs.QueueArgs{
		Name:                    pulumi.String(args.Cluster),
		MessageRetentionSeconds: pulumi.Int(300),
		SqsManagedSseEnabled:    pulumi.Bool(true),
		Tags:                    tags(args.Tags, nameTag(args.Cluster)),
	}, child, protect)
	if err != nil {
		return err
	}
	if _, err := sqs.NewQueuePolicy(ctx, name+"-policy", &sqs.QueuePolicyArgs{
		QueueUrl: queue.Url,
		Policy: PolicyOf(pulumi.StringArray{queue.Arn}, func(arns []string) PolicyDocument {
			return NewPolicyDocument(
				PolicyStatement{
					Principal: map[string][]string{"Service": {"events.amazonaws.com", "sqs.amazonaws.com"}},
					Action:    Actions("sqs", "SendMessage"), Resource: arns,
				},
				PolicyStatement{
					Sid: "DenyHTTP", Effect: Deny, Principal: map[string][]string{"AWS": {"*"}},
					Action: Actions("sqs", "*"), Resource: arns,
					Condition: map[string]map[string][]string{"Bool": {"aws:SecureTransport": {"false"}}},
				},
			)
		}),
	}, pulumi.Parent(queue), protect); err != nil {
		return err
	}
	for _, event := range karpenterEvents {
		pattern, err := json.Marshal(map[string][]string{"source": {event.source}, "detail-type": {event.detail}})
		if err != nil {
			return fmt.Errorf("pattern of %s: %w", event.name, err)
		}
		rule, err := cloudwatch.NewEventRule(ctx, args.Cluster+"-"+event.name+"-rule", &cloudwatch.EventRuleArgs{
			EventPattern: pulumi.String(string(pattern)), Tags: tags(args.Tags),
		}, child)
		if err != nil {
			return err
		}
		if _, err := cloudwatch.NewEventTarget(ctx, args.Cluster+"-"+event.name+"-target", &cloudwatch.EventTargetArgs{
			TargetId: pulumi.String("KarpenterInterruptionQueueTarget"), Arn: queue.Arn, Rule: rule.Name,
		}, pulumi.Parent(rule)); err != nil {
			return err
		}
	}
	k.Queue = queue.Name
	return nil
}
