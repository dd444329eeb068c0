package aws

import (
	"fmt"
	"maps"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const openZfsType = "aws:fsx/openZfsFileSystem:OpenZfsFileSystem"

// zfsNetwork is the network of the tests with route tables.
func zfsNetwork() Network {
	network := testNetwork()
	network.PrivateSubnetIDs = pulumi.ToStringArray([]string{"subnet-a", "subnet-b", "subnet-c"})
	network.PrivateRouteTableIDs = pulumi.ToStringArray([]string{"rtb-a", "rtb-b", "rtb-c"}).ToStringArrayOutput()
	return network
}

func makeOpenZfs(change func(*OpenZfsFileSystemArgs)) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		args := &OpenZfsFileSystemArgs{
			Network: zfsNetwork(), SecurityGroupIDs: pulumi.ToStringArray([]string{"sg-nfs"}), Protect: true,
			Tags: map[string]string{"posit.team/managed-by": "test"},
		}
		change(args)
		_, err := NewOpenZfsFileSystem(ctx, "demo01-staging", args)
		return err
	}
}

// openZfsInputs are those that all deployment types have, with others added.
func openZfsInputs(clients string, options []any, others map[string]any) map[string]any {
	inputs := map[string]any{
		"storageCapacity": 100.0, "throughputCapacity": 320.0, "automaticBackupRetentionDays": 30.0,
		"dailyAutomaticBackupStartTime": "02:00", "copyTagsToBackups": true, "copyTagsToVolumes": true,
		"securityGroupIds": []any{"sg-nfs"},
		"rootVolumeConfiguration": map[string]any{
			"copyTagsToSnapshots": true, "dataCompressionType": "NONE",
			"nfsExports": map[string]any{"clientConfigurations": []any{map[string]any{"clients": clients, "options": options}}},
		},
		"tags": map[string]any{"posit.team/managed-by": "test", "Name": "demo01-staging"},
	}
	maps.Copy(inputs, others)
	return inputs
}

func TestOpenZfsFileSystem(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		fileSystem, err := NewOpenZfsFileSystem(ctx, "demo01-staging", &OpenZfsFileSystemArgs{
			Network: zfsNetwork(), SecurityGroupIDs: pulumi.ToStringArray([]string{"sg-nfs"}), Protect: true,
			Tags: map[string]string{"posit.team/managed-by": "test"},
		})
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{
			"id": "openzfsfilesystem/demo01-staging-filesystem", "dns": "demo01-staging-filesystem.fsx.example",
			"root": "fsvol/demo01-staging-filesystem",
			"arn":  "arn:aws:fsx:us-east-2:123456789012:openzfsfilesystem/demo01-staging-filesystem",
		}, map[string]pulumi.Output{
			"id": fileSystem.ID, "dns": fileSystem.DNSName, "root": fileSystem.RootVolumeID, "arn": fileSystem.ARN,
		})
		return nil
	})
	r.Golden(t, "open-zfs-file-system")
	r.Find(t, openZfsType, "demo01-staging-filesystem").Exactly(t,
		openZfsInputs("*", []any{"rw", "no_root_squash", "crossmnt"}, map[string]any{
			"deploymentType": "MULTI_AZ_1", "subnetIds": []any{"subnet-a", "subnet-b"}, "preferredSubnetId": "subnet-a",
			"routeTableIds": []any{"rtb-a", "rtb-b", "rtb-c"}, "storageType": "SSD",
		}))
}

// Of the subnets of an adopted VPC two may be in one zone; a file system takes one each.
func TestOpenZfsFileSystemInAnAdoptedVpc(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeOpenZfs(func(a *OpenZfsFileSystemArgs) {
		a.Network.PrivateSubnetIDs = pulumi.ToStringArray([]string{"subnet-a", "subnet-a2", "subnet-b"})
		a.Network.EndpointSubnetIDs = pulumi.ToStringArray([]string{"subnet-a", "subnet-b"})
		a.Network.adopted = true
	}))
	r.Find(t, openZfsType, "demo01-staging-filesystem").Want(t, map[string]any{
		"subnetIds": []any{"subnet-a", "subnet-b"}, "preferredSubnetId": "subnet-a",
	})
}

func TestOpenZfsFileSystemInOneZone(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeOpenZfs(func(a *OpenZfsFileSystemArgs) {
		a.DeploymentType, a.StorageCapacity, a.ThroughputCapacity = "SINGLE_AZ_HA_2", 512, 640
		a.BackupStartTime, a.Clients = "04:30", "10.10.0.0/16"
		a.Network.PrivateSubnetIDs = pulumi.ToStringArray([]string{"subnet-a"})
	}))
	r.Golden(t, "open-zfs-file-system-one-zone")
	fileSystem := r.Find(t, openZfsType, "demo01-staging")
	fileSystem.Exactly(t, openZfsInputs("10.10.0.0/16", []any{"rw", "no_root_squash"}, map[string]any{
		"deploymentType": "SINGLE_AZ_HA_2", "subnetIds": []any{"subnet-a"},
		"storageCapacity": 512.0, "throughputCapacity": 640.0, "dailyAutomaticBackupStartTime": "04:30",
	}))
	assert.Equal(t, []string{"dailyAutomaticBackupStartTime"}, fileSystem.Ignore, "ignored changes")
}

func TestOpenZfsFileSystemPreview(t *testing.T) {
	t.Parallel()
	for _, deploymentType := range []string{"MULTI_AZ_1", "SINGLE_AZ_2"} {
		componenttest.SamePreview(t, func(ctx *pulumi.Context) error {
			vpc, err := NewVpc(ctx, "demo01-staging", &VpcArgs{
				CIDR: "10.37.0.0/16", AvailabilityZoneIDs: pulumi.ToStringArray([]string{"use2-az1", "use2-az2"}), ZoneCount: 2,
			})
			if err != nil {
				return err
			}
			_, err = NewOpenZfsFileSystem(ctx, "demo01-staging", &OpenZfsFileSystemArgs{
				Network: vpc.Network(), SecurityGroupIDs: pulumi.StringArray{vpc.EndpointSecurityGroupID}, DeploymentType: deploymentType,
			})
			return err
		})
	}
}

func TestOpenZfsFileSystemErrors(t *testing.T) {
	t.Parallel()
	const required = "file system demo01-staging: a network and security groups are required"
	componenttest.Fails(t, makeOpenZfs(func(a *OpenZfsFileSystemArgs) { a.Network = Network{} }), required)
	componenttest.Fails(t, makeOpenZfs(func(a *OpenZfsFileSystemArgs) { a.SecurityGroupIDs = nil }), required)
	componenttest.Fails(t, makeOpenZfs(func(a *OpenZfsFileSystemArgs) {
		a.Network.PrivateSubnetIDs = pulumi.ToStringArray([]string{"subnet-a"})
	}), "the network has 1 private subnets in different zones, at least 2 are needed")
}

func ExampleNewOpenZfsFileSystem() {
	program := func(ctx *pulumi.Context) error {
		vpc, err := NewVpc(ctx, "demo01-staging", &VpcArgs{
			CIDR:                "10.37.0.0/16",
			AvailabilityZoneIDs: pulumi.ToStringArray([]string{"use2-az1", "use2-az2"}),
			ZoneCount:           2,
		})
		if err != nil {
			return err
		}
		fileSystem, err := NewOpenZfsFileSystem(ctx, "demo01-staging", &OpenZfsFileSystemArgs{
			Network:            vpc.Network(),
			SecurityGroupIDs:   pulumi.StringArray{vpc.EndpointSecurityGroupID},
			DeploymentType:     "SINGLE_AZ_HA_2",
			StorageCapacity:    512,
			ThroughputCapacity: 320,
			Protect:            true,
		})
		if err != nil {
			return err
		}
		ctx.Export("fs_dns_name", fileSystem.DNSName)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, fileSystem := range mocks.All(openZfsType) {
		fmt.Println(fileSystem.Name, fileSystem.Args()["subnetIds"])
	}
	// Output: demo01-staging [subnet/demo01-staging-private-az1]
}
