package aws

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// NFSUse is what an NFSSecurityGroup is for.
type NFSUse int

const (
	// FSxServer is for an FSx for OpenZFS file system.
	FSxServer NFSUse = iota + 1
	// FSxNodes is for cluster nodes that mount FSx for OpenZFS.
	FSxNodes
	// EFSNodes is for cluster nodes that mount EFS, and for the mount targets of EFS.
	EFSNodes
)

// NFSSecurityGroupArgs says what an NFSSecurityGroup is for. All but Tags is required.
type NFSSecurityGroupArgs struct {
	Use NFSUse
	// Owner is what the description says the group is for, {cn} in the sheets. It
	// cannot change.
	Owner   string
	Network Network
	Tags    map[string]string
}

// NFSSecurityGroup lets NFS in from the network.
type NFSSecurityGroup struct {
	pulumi.ResourceState

	ID pulumi.StringOutput `pulumi:"securityGroupId"`
}

type portRange struct{ from, to int }

// nfsPorts are those of the port mapper, NFS, and the mount, status and lock daemons of
// FSx for OpenZFS.
var nfsPorts = []portRange{{111, 111}, {2049, 2049}, {20001, 20003}}

// NewNFSSecurityGroup makes an NFSSecurityGroup. name is its logical name and, with a
// hyphen, the prefix of its physical one, which clusters made by other programs find
// it by.
//
// It is an error if a required argument is missing.
//
// (docs/reference/aws-workload-base.md 4.9 rows 46i, 47 and 48)
func NewNFSSecurityGroup(ctx *pulumi.Context, name string, args *NFSSecurityGroupArgs, opts ...pulumi.ResourceOption) (*NFSSecurityGroup, error) {
	if args == nil || args.Use < FSxServer || args.Use > EFSNodes || args.Owner == "" || args.Network.ID.OutputState == nil {
		return nil, fmt.Errorf("nfs security group %s: use, owner and network are required", name)
	}
	made := &NFSSecurityGroup{}
	err := components.Register(ctx, "ptd:aws:NFSSecurityGroup", name, made, func(child pulumi.ResourceOption) error {
		description, ingress, egress := nfsRules(args)
		group, err := ec2.NewSecurityGroup(ctx, name, &ec2.SecurityGroupArgs{
			NamePrefix:  pulumi.String(name + "-"),
			Description: pulumi.String(description),
			VpcId:       args.Network.ID,
			Ingress:     ingress,
			Egress:      egress,
			Tags:        tags(args.Tags, nameTag(name)),
		}, child)
		if err != nil {
			return err
		}
		made.ID = group.ID().ToStringOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

func nfsRules(args *NFSSecurityGroupArgs) (string, ec2.SecurityGroupIngressArray, ec2.SecurityGroupEgressArray) {
	inside := pulumi.StringArray{pulumi.String(args.Network.CIDR)}
	if args.Use == EFSNodes {
		ingress := ec2.SecurityGroupIngressArray{ec2.SecurityGroupIngressArgs{
			Description: pulumi.String("Allow NFS (TCP port 2049)"),
			Protocol:    pulumi.String("tcp"), FromPort: pulumi.Int(2049), ToPort: pulumi.Int(2049), CidrBlocks: inside,
		}}
		egress := ec2.SecurityGroupEgressArray{ec2.SecurityGroupEgressArgs{
			Description: pulumi.String("Allow NFS egress within VPC"),
			Protocol:    pulumi.String("tcp"), FromPort: pulumi.Int(2049), ToPort: pulumi.Int(2049), CidrBlocks: inside,
		}}
		return "Allow EFS NFS traffic for " + args.Owner, ingress, egress
	}

	var ingress ec2.SecurityGroupIngressArray
	for _, ports := range nfsPorts {
		for _, protocol := range []string{"tcp", "udp"} {
			ingress = append(ingress, ec2.SecurityGroupIngressArgs{
				Description: pulumi.String(fmt.Sprintf("Allow %s on ports %d-%d", strings.ToUpper(protocol), ports.from, ports.to)),
				Protocol:    pulumi.String(protocol), FromPort: pulumi.Int(ports.from), ToPort: pulumi.Int(ports.to), CidrBlocks: inside,
			})
		}
	}
	if args.Use == FSxServer {
		return "Allow FSx NFS traffic for " + args.Owner, ingress, ec2.SecurityGroupEgressArray{}
	}
	return "Allow NFS traffic for " + args.Owner, ingress, ec2.SecurityGroupEgressArray{ec2.SecurityGroupEgressArgs{
		Description: pulumi.String("Allow all TCP and UDP egress"),
		Protocol:    pulumi.String("-1"), FromPort: pulumi.Int(0), ToPort: pulumi.Int(0), CidrBlocks: inside,
	}}
}
