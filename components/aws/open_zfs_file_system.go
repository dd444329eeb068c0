package aws

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/fsx"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// What an OpenZfsFileSystem is like unless its OpenZfsFileSystemArgs say otherwise.
const (
	DefaultOpenZfsDeploymentType    = "MULTI_AZ_1"
	DefaultOpenZfsStorageCapacity   = 100 // GiB
	DefaultOpenZfsThroughput        = 320 // MB/s
	DefaultOpenZfsBackupStartTime   = "02:00"
	DefaultOpenZfsClients           = "*"
	openZfsBackupRetentionDays      = 30
	deploymentTypeWithPreferredZone = "MULTI_AZ_1"
)

// OpenZfsFileSystemArgs says what an OpenZfsFileSystem is like. Network and
// SecurityGroupIDs are required.
type OpenZfsFileSystemArgs struct {
	Network          Network
	SecurityGroupIDs pulumi.StringArrayInput
	// DeploymentType is MULTI_AZ_1, in the first two private subnets, or one of the
	// SINGLE_AZ types, in the first; DefaultOpenZfsDeploymentType if "". It cannot
	// change: the other kind is another file system, without the data of this one.
	DeploymentType string
	// StorageCapacity is in GiB, DefaultOpenZfsStorageCapacity if 0. ThroughputCapacity
	// is in MB/s, DefaultOpenZfsThroughput if 0; what is possible depends on
	// DeploymentType.
	StorageCapacity, ThroughputCapacity int
	// BackupStartTime is when daily backups of a new file system begin, HH:MM in UTC;
	// DefaultOpenZfsBackupStartTime if "". A later one does not change it. Backups
	// stay for 30 days.
	BackupStartTime string
	// Clients may mount the root volume: a CIDR or "*", DefaultOpenZfsClients if "".
	// Root on a client is root on the volume, so that the security groups are what
	// keeps others out.
	Clients string
	// Protect makes Pulumi refuse to delete the file system.
	Protect bool
	Tags    map[string]string
}

// OpenZfsFileSystem is an FSx for OpenZFS file system, exported over NFS.
type OpenZfsFileSystem struct {
	pulumi.ResourceState

	ID           pulumi.StringOutput `pulumi:"fileSystemId"`
	ARN          pulumi.StringOutput `pulumi:"arn"`
	DNSName      pulumi.StringOutput `pulumi:"dnsName"`
	RootVolumeID pulumi.StringOutput `pulumi:"rootVolumeId"`
}

// NewOpenZfsFileSystem makes an OpenZfsFileSystem named after name, {cn} in the sheets.
//
// It is an error if a required argument is missing or the network has not enough
// private subnets.
//
// (docs/reference/aws-workload-base.md 4.9 rows 49a and 49b)
func NewOpenZfsFileSystem(ctx *pulumi.Context, name string, args *OpenZfsFileSystemArgs, opts ...pulumi.ResourceOption) (*OpenZfsFileSystem, error) {
	if args == nil || args.Network.ID.OutputState == nil || args.SecurityGroupIDs == nil {
		return nil, fmt.Errorf("file system %s: a network and security groups are required", name)
	}
	made := &OpenZfsFileSystem{}
	err := components.Register(ctx, "ptd:aws:OpenZfsFileSystem", name, made, func(child pulumi.ResourceOption) error {
		logical, fileSystemArgs, err := openZfs(name, args)
		if err != nil {
			return err
		}
		fileSystem, err := fsx.NewOpenZfsFileSystem(ctx, logical, fileSystemArgs, child,
			pulumi.Protect(args.Protect), pulumi.IgnoreChanges([]string{"dailyAutomaticBackupStartTime"}))
		if err != nil {
			return err
		}
		made.ID = fileSystem.ID().ToStringOutput()
		made.ARN = fileSystem.Arn
		made.DNSName = fileSystem.DnsName
		made.RootVolumeID = fileSystem.RootVolumeId
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

// openZfs gives the logical name and the arguments. Those that several zones need are
// not given where there is one: storageType is the default then, but giving it would
// be a change. Several subnets are of different zones: in a VPC that ptd made each is in one
// of its own.
func openZfs(name string, args *OpenZfsFileSystemArgs) (logical string, _ *fsx.OpenZfsFileSystemArgs, err error) {
	deploymentType := cmp.Or(args.DeploymentType, DefaultOpenZfsDeploymentType)
	fileSystem := &fsx.OpenZfsFileSystemArgs{
		DeploymentType:                pulumi.String(deploymentType),
		StorageCapacity:               pulumi.Int(cmp.Or(args.StorageCapacity, DefaultOpenZfsStorageCapacity)),
		ThroughputCapacity:            pulumi.Int(cmp.Or(args.ThroughputCapacity, DefaultOpenZfsThroughput)),
		AutomaticBackupRetentionDays:  pulumi.Int(openZfsBackupRetentionDays),
		DailyAutomaticBackupStartTime: pulumi.String(cmp.Or(args.BackupStartTime, DefaultOpenZfsBackupStartTime)),
		CopyTagsToBackups:             pulumi.Bool(true),
		CopyTagsToVolumes:             pulumi.Bool(true),
		SecurityGroupIds:              args.SecurityGroupIDs,
		Tags:                          tags(args.Tags, nameTag(name)),
	}
	var count int
	var options []string
	logical, count, options = name, 1, []string{"rw", "no_root_squash"}
	if strings.HasPrefix(deploymentType, "MULTI") {
		logical, count, options = name+"-filesystem", 2, append(options, "crossmnt")
		fileSystem.RouteTableIds = args.Network.PrivateRouteTableIDs
		fileSystem.StorageType = pulumi.String("SSD")
	}
	subnets := args.Network.PrivateSubnetIDs
	if count > 1 && args.Network.adopted {
		subnets = args.Network.EndpointSubnetIDs
	}
	if len(subnets) < count {
		return "", nil, fmt.Errorf("choose subnets of the file system: the network has %d private subnets in different zones, at least %d are needed",
			len(subnets), count)
	}
	subnets = firstOf(subnets, count, "private subnets")
	fileSystem.SubnetIds = subnets
	if deploymentType == deploymentTypeWithPreferredZone {
		fileSystem.PreferredSubnetId = subnets[0]
	}
	fileSystem.RootVolumeConfiguration = fsx.OpenZfsFileSystemRootVolumeConfigurationArgs{
		CopyTagsToSnapshots: pulumi.Bool(true),
		DataCompressionType: pulumi.String("NONE"),
		NfsExports: fsx.OpenZfsFileSystemRootVolumeConfigurationNfsExportsArgs{
			ClientConfigurations: fsx.OpenZfsFileSystemRootVolumeConfigurationNfsExportsClientConfigurationArray{
				fsx.OpenZfsFileSystemRootVolumeConfigurationNfsExportsClientConfigurationArgs{
					Clients: pulumi.String(cmp.Or(args.Clients, DefaultOpenZfsClients)), Options: pulumi.ToStringArray(options),
				},
			},
		},
	}
	return logical, fileSystem, nil
}
