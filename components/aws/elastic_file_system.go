package aws

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/efs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// DefaultElasticThroughputMode is the mode of a file system whose
// ElasticFileSystemArgs name none.
const DefaultElasticThroughputMode = "elastic"

// ElasticFileSystemArgs says what an ElasticFileSystem is like. SubnetIDs, MountTargets
// and SecurityGroupIDs are required.
type ElasticFileSystemArgs struct {
	// SubnetIDs are those that get a mount target, at most one a zone. MountTargets is
	// how many of them there are, which must be known before they are.
	SubnetIDs    pulumi.StringArray
	MountTargets int
	// SecurityGroupIDs are those of the mount targets.
	SecurityGroupIDs pulumi.StringArrayInput
	// ThroughputMode is "elastic" or "bursting"; DefaultElasticThroughputMode if "".
	ThroughputMode string
	// TransitionToIA is after how long files that nobody touches move to infrequent
	// access ("AFTER_30_DAYS"), from where the first access brings them back; never if "".
	TransitionToIA string
	// Backup has AWS Backup back the file system up daily, for 35 days.
	Backup bool
	// Protect makes Pulumi refuse to delete the file system.
	Protect bool
	Tags    map[string]string
}

// ElasticFileSystem is an encrypted EFS file system with mount targets and an access
// point to its root.
type ElasticFileSystem struct {
	pulumi.ResourceState

	ID            pulumi.StringOutput `pulumi:"fileSystemId"`
	ARN           pulumi.StringOutput `pulumi:"arn"`
	DNSName       pulumi.StringOutput `pulumi:"dnsName"`
	AccessPointID pulumi.StringOutput `pulumi:"accessPointId"`
}

// NewElasticFileSystem makes an ElasticFileSystem named after name. The access point
// does not change who a client is: ownership is that of its users.
//
// It is an error if a required argument is missing or there are fewer subnets than
// mount targets. (docs/reference/aws-workload-base.md 9)
func NewElasticFileSystem(ctx *pulumi.Context, name string, args *ElasticFileSystemArgs, opts ...pulumi.ResourceOption) (*ElasticFileSystem, error) {
	if args == nil || args.SubnetIDs == nil || args.MountTargets < 1 || args.SecurityGroupIDs == nil {
		return nil, fmt.Errorf("file system %s: subnets, at least one mount target and security groups are required", name)
	}
	made := &ElasticFileSystem{}
	err := components.Register(ctx, "ptd:aws:ElasticFileSystem", name, made, func(child pulumi.ResourceOption) error {
		logical := name + "-efs"
		fileSystemArgs := &efs.FileSystemArgs{
			Encrypted:      pulumi.Bool(true),
			ThroughputMode: pulumi.String(cmp.Or(args.ThroughputMode, DefaultElasticThroughputMode)),
			Tags:           tags(args.Tags, nameTag(logical)),
		}
		if args.TransitionToIA != "" {
			fileSystemArgs.LifecyclePolicies = efs.FileSystemLifecyclePolicyArray{ // one transition each
				efs.FileSystemLifecyclePolicyArgs{TransitionToIa: pulumi.String(args.TransitionToIA)},
				efs.FileSystemLifecyclePolicyArgs{TransitionToPrimaryStorageClass: pulumi.String("AFTER_1_ACCESS")},
			}
		}
		fileSystem, err := efs.NewFileSystem(ctx, logical, fileSystemArgs, child, pulumi.Protect(args.Protect))
		if err != nil {
			return err
		}
		below := pulumi.Parent(fileSystem)
		if args.Backup {
			if _, err := efs.NewBackupPolicy(ctx, logical+"-backup", &efs.BackupPolicyArgs{
				FileSystemId: fileSystem.ID(),
				BackupPolicy: efs.BackupPolicyBackupPolicyArgs{Status: pulumi.String("ENABLED")},
			}, below); err != nil {
				return err
			}
		}
		if len(args.SubnetIDs) < args.MountTargets {
			return fmt.Errorf("choose subnets of the mount targets: there are %d subnets for %d mount targets",
				len(args.SubnetIDs), args.MountTargets)
		}
		subnets := firstOf(args.SubnetIDs, args.MountTargets, "subnets")
		for i := range args.MountTargets {
			if _, err := efs.NewMountTarget(ctx, fmt.Sprintf("%s-mount-target-%d", logical, i), &efs.MountTargetArgs{
				FileSystemId:   fileSystem.ID(),
				SubnetId:       subnets[i],
				SecurityGroups: args.SecurityGroupIDs,
			}, below); err != nil {
				return err
			}
		}
		accessPoint, err := efs.NewAccessPoint(ctx, logical+"-access-point", &efs.AccessPointArgs{
			FileSystemId:  fileSystem.ID(),
			RootDirectory: efs.AccessPointRootDirectoryArgs{Path: pulumi.String("/")},
			Tags:          tags(args.Tags, nameTag(logical)),
		}, below)
		if err != nil {
			return err
		}
		made.ID = fileSystem.ID().ToStringOutput()
		made.ARN = fileSystem.Arn
		made.DNSName = fileSystem.DnsName
		made.AccessPointID = accessPoint.ID().ToStringOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}
