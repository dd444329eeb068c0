package aws

import (
	"errors"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// DefaultBastionInstanceType is the smallest that runs the image.
const DefaultBastionInstanceType = "t4g.nano"

// BastionArgs says where a Bastion stands. The network is required.
type BastionArgs struct {
	Network Network
	// InstanceType must suit the image; DefaultBastionInstanceType if "".
	InstanceType string
	// AMI is the image of a new instance; if nil, the newest Amazon Linux 2023 for
	// arm64. A later one does not replace the instance.
	AMI pulumi.StringPtrInput
	// EgressCIDRs are reachable on every port besides the network itself: the
	// address blocks of peers, say.
	EgressCIDRs []string
	// PermissionsBoundary of the instance's role, a policy ARN.
	PermissionsBoundary pulumi.StringPtrInput
	Tags                map[string]string
}

// Bastion is a small instance in the first private subnet, reached through Systems
// Manager only: it has no key pair, no address on the internet, and lets nothing
// in. Out it may talk to the network and, with HTTPS, to everybody.
type Bastion struct {
	pulumi.ResourceState

	InstanceID      pulumi.StringOutput `pulumi:"instanceId"`
	SecurityGroupID pulumi.StringOutput `pulumi:"securityGroupId"`
}

// NewBastion makes a Bastion. Its instance asks for IMDSv2, also where it exists
// already. The root volume of a new instance is encrypted; encryption and image
// cannot change without replacing the instance, so that one made without encryption
// stays so until somebody deletes it and has it made again.
//
// (docs/reference/aws-workload-base.md 4.6, rows 33 to 37)
func NewBastion(ctx *pulumi.Context, name string, args *BastionArgs, opts ...pulumi.ResourceOption) (*Bastion, error) {
	if args == nil || args.Network.ID.OutputState == nil {
		return nil, errors.New("bastion " + name + ": a network is required")
	}
	instanceType := args.InstanceType
	if instanceType == "" {
		instanceType = DefaultBastionInstanceType
	}
	bastion := &Bastion{}
	err := components.Register(ctx, "ptd:aws:Bastion", name, bastion, func(child pulumi.ResourceOption) error {
		logical := name + "-bastion"
		replaceFirst := pulumi.DeleteBeforeReplace(true)

		role, err := iam.NewRole(ctx, logical+".posit.team", &iam.RoleArgs{
			Name:                pulumi.String(logical + ".posit.team"),
			AssumeRolePolicy:    trustService("ec2.amazonaws.com"),
			PermissionsBoundary: args.PermissionsBoundary,
			Tags:                tags(args.Tags),
		}, child, replaceFirst)
		if err != nil {
			return err
		}
		attachment, err := iam.NewRolePolicyAttachment(ctx, logical+"-ssm", &iam.RolePolicyAttachmentArgs{
			Role:      role.Name,
			PolicyArn: pulumi.String("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"),
		}, pulumi.Parent(role), replaceFirst)
		if err != nil {
			return err
		}
		profile, err := iam.NewInstanceProfile(ctx, logical+"-profile", &iam.InstanceProfileArgs{
			Name: pulumi.String(logical + "-profile.posit.team"),
			Role: role.Name,
		}, child, replaceFirst)
		if err != nil {
			return err
		}

		inside := append([]string{args.Network.CIDR}, args.EgressCIDRs...)
		group, err := ec2.NewSecurityGroup(ctx, logical, &ec2.SecurityGroupArgs{
			// The SDK's default, spelt out: a change would replace the group.
			Description: pulumi.String("Managed by Pulumi"),
			VpcId:       args.Network.ID,
			Egress: ec2.SecurityGroupEgressArray{
				ec2.SecurityGroupEgressArgs{
					Description: pulumi.String("Everything within the network"),
					Protocol:    pulumi.String("-1"),
					FromPort:    pulumi.Int(0),
					ToPort:      pulumi.Int(0),
					CidrBlocks:  pulumi.ToStringArray(inside),
				},
				ec2.SecurityGroupEgressArgs{
					Description: pulumi.String("AWS APIs, packages, chart and image registries"),
					Protocol:    pulumi.String("tcp"),
					FromPort:    pulumi.Int(443),
					ToPort:      pulumi.Int(443),
					CidrBlocks:  pulumi.StringArray{pulumi.String(anywhere)},
				},
			},
			Tags: tags(args.Tags, nameTag(logical)),
		}, child)
		if err != nil {
			return err
		}

		image := args.AMI
		if image == nil {
			image = newestAmazonLinux(ctx, pulumi.Parent(bastion)).ToStringPtrOutput()
		}
		instance, err := ec2.NewInstance(ctx, logical, &ec2.InstanceArgs{
			InstanceType:        pulumi.String(instanceType),
			Ami:                 image,
			IamInstanceProfile:  profile.Name,
			SubnetId:            elementOf(args.Network.PrivateSubnetIDs, 0, "private subnets"),
			VpcSecurityGroupIds: pulumi.StringArray{group.ID()},
			MetadataOptions: ec2.InstanceMetadataOptionsArgs{
				HttpEndpoint: pulumi.String("enabled"),
				HttpTokens:   pulumi.String("required"),
			},
			RootBlockDevice: ec2.InstanceRootBlockDeviceArgs{Encrypted: pulumi.Bool(true)},
			Tags:            tags(args.Tags, nameTag(logical)),
		}, child,
			pulumi.DependsOn([]pulumi.Resource{profile, attachment}),
			pulumi.IgnoreChanges([]string{"ami", "rootBlockDevice"}))
		if err != nil {
			return err
		}
		bastion.InstanceID = instance.ID().ToStringOutput()
		bastion.SecurityGroupID = group.ID().ToStringOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return bastion, nil
}

// newestAmazonLinux is the id of the newest full image of Amazon Linux 2023 for arm64.
func newestAmazonLinux(ctx *pulumi.Context, opts ...pulumi.InvokeOption) pulumi.StringOutput {
	return ec2.LookupAmiOutput(ctx, ec2.LookupAmiOutputArgs{
		MostRecent: pulumi.Bool(true),
		Owners:     pulumi.ToStringArray([]string{"137112412989"}), // Amazon
		Filters: ec2.GetAmiFilterArray{
			ec2.GetAmiFilterArgs{Name: pulumi.String("name"), Values: pulumi.ToStringArray([]string{"al2023-ami-2023.*-arm64"})},
			ec2.GetAmiFilterArgs{Name: pulumi.String("architecture"), Values: pulumi.ToStringArray([]string{"arm64"})},
			ec2.GetAmiFilterArgs{Name: pulumi.String("state"), Values: pulumi.ToStringArray([]string{"available"})},
		},
	}, opts...).Id()
}
