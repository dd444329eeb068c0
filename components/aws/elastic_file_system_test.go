package aws

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

const (
	elasticType     = "aws:efs/fileSystem:FileSystem"
	mountTargetType = "aws:efs/mountTarget:MountTarget"
)

func elasticArgs() *ElasticFileSystemArgs {
	return &ElasticFileSystemArgs{
		SubnetIDs: pulumi.ToStringArray([]string{"subnet-a", "subnet-b", "subnet-c"}), MountTargets: 2,
		SecurityGroupIDs: pulumi.ToStringArray([]string{"sg-nfs"}), Protect: true,
		Tags: map[string]string{"posit.team/managed-by": "test"},
	}
}

func makeElastic(args *ElasticFileSystemArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewElasticFileSystem(ctx, "demo01-staging", args)
		return err
	}
}

func TestElasticFileSystem(t *testing.T) {
	t.Parallel()
	const id = "filesystem/demo01-staging-efs"
	r := componenttest.New()
	r.Outputs[elasticType] = resource.NewPropertyMapFromMap(map[string]any{"dnsName": "fs-1.efs.example"})
	err := r.Exec(func(ctx *pulumi.Context) error {
		args := elasticArgs()
		args.TransitionToIA, args.Backup = "AFTER_30_DAYS", true
		fileSystem, err := NewElasticFileSystem(ctx, "demo01-staging", args)
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{
			"id": id, "dns": "fs-1.efs.example", "point": "accesspoint/demo01-staging-efs-access-point",
			"arn": "arn:aws:efs:us-east-2:123456789012:" + id,
		}, map[string]pulumi.Output{
			"id": fileSystem.ID, "dns": fileSystem.DNSName, "point": fileSystem.AccessPointID, "arn": fileSystem.ARN,
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Golden(t, "elastic-file-system")
	tags := map[string]any{"posit.team/managed-by": "test", "Name": "demo01-staging-efs"}
	r.Find(t, elasticType, "demo01-staging-efs").Exactly(t, map[string]any{
		"encrypted": true, "throughputMode": "elastic", "tags": tags,
		"lifecyclePolicies": []any{
			map[string]any{"transitionToIa": "AFTER_30_DAYS"}, map[string]any{"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
		},
	})
	for i, subnet := range []string{"subnet-a", "subnet-b"} {
		r.Find(t, mountTargetType, fmt.Sprintf("demo01-staging-efs-mount-target-%d", i)).Exactly(t, map[string]any{
			"fileSystemId": id, "subnetId": subnet, "securityGroups": []any{"sg-nfs"},
		})
	}
	r.Find(t, "aws:efs/accessPoint:AccessPoint", "demo01-staging-efs-access-point").Exactly(t, map[string]any{
		"fileSystemId": id, "rootDirectory": map[string]any{"path": "/"}, "tags": tags,
	})
	r.Find(t, backupType, "demo01-staging-efs-backup").Exactly(t, map[string]any{
		"fileSystemId": id, "backupPolicy": map[string]any{"status": "ENABLED"},
	})
}

const backupType = "aws:efs/backupPolicy:BackupPolicy"

func TestElasticFileSystemOptions(t *testing.T) {
	t.Parallel()
	args := elasticArgs()
	args.ThroughputMode, args.Protect = "bursting", false
	r := componenttest.Run(t, makeElastic(args))
	fileSystem := r.Find(t, elasticType, "demo01-staging-efs")
	fileSystem.Want(t, map[string]any{"throughputMode": "bursting", "lifecyclePolicies": nil})
	if fileSystem.Protect || len(r.All(backupType)) > 0 {
		t.Errorf("protect %v, backups %d", fileSystem.Protect, len(r.All(backupType)))
	}
}

func TestElasticFileSystemPreview(t *testing.T) {
	t.Parallel()
	componenttest.SamePreview(t, func(ctx *pulumi.Context) error {
		vpc, err := NewVpc(ctx, "demo01-staging", &VpcArgs{
			CIDR: "10.37.0.0/16", AvailabilityZoneIDs: pulumi.ToStringArray([]string{"use2-az1", "use2-az2"}), ZoneCount: 2,
		})
		if err != nil {
			return err
		}
		args := elasticArgs()
		args.SubnetIDs, args.SecurityGroupIDs = vpc.Network().PrivateSubnetIDs, pulumi.StringArray{vpc.EndpointSecurityGroupID}
		_, err = NewElasticFileSystem(ctx, "demo01-staging", args)
		return err
	})
}

func TestElasticFileSystemErrors(t *testing.T) {
	t.Parallel()
	const required = "file system demo01-staging: subnets, at least one mount target and security groups are required"
	componenttest.Fails(t, makeElastic(nil), required)
	for _, change := range []func(*ElasticFileSystemArgs){
		func(a *ElasticFileSystemArgs) { a.SubnetIDs = nil },
		func(a *ElasticFileSystemArgs) { a.MountTargets = 0 },
		func(a *ElasticFileSystemArgs) { a.SecurityGroupIDs = nil },
	} {
		args := elasticArgs()
		change(args)
		componenttest.Fails(t, makeElastic(args), required)
	}
	args := elasticArgs()
	args.MountTargets = 4
	componenttest.Fails(t, makeElastic(args), "there are 3 subnets for 4 mount targets")
}

func ExampleNewElasticFileSystem() {
	program := func(ctx *pulumi.Context) error {
		vpc, err := NewVpc(ctx, "demo01-staging", &VpcArgs{
			CIDR:                "10.37.0.0/16",
			AvailabilityZoneIDs: pulumi.ToStringArray([]string{"use2-az1", "use2-az2"}),
			ZoneCount:           2,
		})
		if err != nil {
			return err
		}
		group, err := NewNFSSecurityGroup(ctx, "eks-nodes-efs-nfs.posit.team", &NFSSecurityGroupArgs{
			Use: EFSNodes, Owner: "demo01-staging", Network: vpc.Network(),
		})
		if err != nil {
			return err
		}
		fileSystem, err := NewElasticFileSystem(ctx, "demo01-staging", &ElasticFileSystemArgs{
			SubnetIDs:        vpc.Network().PrivateSubnetIDs,
			MountTargets:     2, // the VPC's zones
			SecurityGroupIDs: pulumi.StringArray{group.ID},
			Backup:           true,
			Protect:          true,
		})
		if err != nil {
			return err
		}
		ctx.Export("efs_id", fileSystem.ID)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, target := range mocks.All(mountTargetType) {
		fmt.Println(target.Name, "in", target.Args()["subnetId"])
	}
	// Output:
	// demo01-staging-efs-mount-target-0 in subnet/demo01-staging-private-az1
	// demo01-staging-efs-mount-target-1 in subnet/demo01-staging-private-az2
}
