package aws

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/efs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/fsx"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const (
	openZFSType     = "aws:fsx/openZfsFileSystem:OpenZfsFileSystem"
	elasticType     = "aws:efs/fileSystem:FileSystem"
	mountTargetType = "aws:efs/mountTarget:MountTarget"
	accessPointType = "aws:efs/accessPoint:AccessPoint"
)

const noElastic = "FileSystemNotFound: File system '%s' does not exist."

func fileSystems() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		openZFSType: {
			Args: shape(fsx.OpenZfsFileSystemArgs{}),
			Replace: []string{
				"deploymentType", "subnetIds", "preferredSubnetId", "kmsKeyId", "storageType", "securityGroupIds", "backupId",
				"endpointIpAddressRange", "rootVolumeConfiguration.copyTagsToSnapshots",
			},
			Sets: []string{
				"securityGroupIds", "routeTableIds", "rootVolumeConfiguration.nfsExports.clientConfigurations",
				"rootVolumeConfiguration.userAndGroupQuotas",
			},
			Computed: []string{
				"dailyAutomaticBackupStartTime", "diskIopsConfiguration", "endpointIpAddressRange", "kmsKeyId", "rootVolumeConfiguration",
				"routeTableIds", "weeklyMaintenanceStartTime",
			},
			Unread: []string{"securityGroupIds", "skipFinalBackup", "backupId"},
			Defaults: map[string]any{
				"storageType": "SSD", "automaticBackupRetentionDays": 0.0, "copyTagsToBackups": false, "copyTagsToVolumes": false,
				"skipFinalBackup": false,
			},
			Outputs: []string{
				"arn", "dnsName", "rootVolumeId", "vpcId", "ownerId", "networkInterfaceIds", "endpointIpAddress", "tagsAll",
			},
			References: []sandbox.Reference{
				rule.Reference("subnetIds[]", subnetType, noSubnet), rule.Reference("preferredSubnetId", subnetType, noSubnet),
				rule.Reference("securityGroupIds[]", securityGroupType, noSecurityGroup), rule.Reference("routeTableIds[]", routeTableType, noRouteTable),
			},
			Check: rule.All(checkOpenZFS,
				rule.OneOf("deploymentType", "SINGLE_AZ_1", "SINGLE_AZ_2", "SINGLE_AZ_HA_1", "SINGLE_AZ_HA_2", "MULTI_AZ_1"),
				rule.Between("storageCapacity", 64, 524288), rule.Between("automaticBackupRetentionDays", 0, 90),
				rule.Matches("dailyAutomaticBackupStartTime", `^([01]\d|2[0-3]):[0-5]\d$`, "is not a time of day, HH:MM")),
			Create: func(o *sandbox.Operation) error {
				o.ID = o.NewID("fs-", 17)
				o.Outputs["arn"] = arn(o, "fsx", "file-system/"+o.ID)
				o.Outputs["dnsName"] = fmt.Sprintf("%s.fsx.%s.amazonaws.com", o.ID, o.Region)
				o.Outputs["rootVolumeId"] = "fsvol-" + sandbox.Digest(17, o.ID)
				o.Outputs["ownerId"] = o.Account
				return nil
			},
			Update: growOpenZFS,
		},
		elasticType: {
			Args:     shape(efs.FileSystemArgs{}),
			Computed: []string{"availabilityZoneName", "creationToken", "encrypted", "kmsKeyId", "performanceMode", "protection"},
			Defaults: map[string]any{"throughputMode": "bursting"},
			Replace:  []string{"availabilityZoneName", "creationToken", "encrypted", "kmsKeyId", "performanceMode"},
			Outputs:  []string{"arn", "dnsName", "ownerId", "name", "creationToken", "numberOfMountTargets", "tagsAll"},
			Unique:   rule.Unique("FileSystemAlreadyExists: creation token %s is in use", "creationToken"),
			Check: rule.All(rule.OneOf("throughputMode", "bursting", "provisioned", "elastic"),
				rule.OneOf("performanceMode", "generalPurpose", "maxIO")),
			Create: func(o *sandbox.Operation) error {
				o.ID = o.NewID("fs-", 17)
				o.Outputs["arn"] = arn(o, "elasticfilesystem", "file-system/"+o.ID)
				o.Outputs["dnsName"] = fmt.Sprintf("%s.efs.%s.amazonaws.com", o.ID, o.Region)
				return nil
			},
		},
		mountTargetType: {
			Args: shape(efs.MountTargetArgs{}), Replace: []string{"fileSystemId", "subnetId", "ipAddress"},
			Sets: []string{"securityGroups"}, Computed: []string{"ipAddress", "securityGroups"},
			Outputs: []string{"dnsName", "availabilityZoneName", "networkInterfaceId", "ownerId", "ipAddress"},
			References: []sandbox.Reference{
				rule.Reference("fileSystemId", elasticType, noElastic), rule.Reference("subnetId", subnetType, noSubnet),
				rule.Reference("securityGroups[]", securityGroupType, noSecurityGroup),
			},
			Create: createMountTarget,
		},
		"aws:efs/backupPolicy:BackupPolicy": {
			Args: shape(efs.BackupPolicyArgs{}), Replace: []string{"fileSystemId"},
			References: []sandbox.Reference{rule.Reference("fileSystemId", elasticType, noElastic)},
			Check:      rule.Within("backupPolicy", rule.OneOf("status", "ENABLED", "DISABLED")),
			Create:     named("fileSystemId", "", ""),
		},
		accessPointType: {
			Args: shape(efs.AccessPointArgs{}), Replace: []string{"fileSystemId", "posixUser", "rootDirectory"},
			Outputs:    []string{"arn", "ownerId", "fileSystemArn", "tagsAll"},
			References: []sandbox.Reference{rule.Reference("fileSystemId", elasticType, noElastic)},
			Create:     made("fsap-", "elasticfilesystem", "access-point/"),
		},
	}
}

// checkOpenZFS checks what a deployment type needs.
func checkOpenZFS(in sandbox.Inputs) []sandbox.Problem {
	deployment, _ := in.Text("deploymentType")
	subnets := in.List("subnetIds")
	multi := strings.HasPrefix(deployment, "MULTI")
	_, preferred := in["preferredSubnetId"]
	switch {
	case subnets == nil:
		return nil
	case multi && len(subnets) != 2:
		return rule.One("subnetIds", "%s needs exactly 2 subnets, has %d", deployment, len(subnets))
	case multi && !preferred:
		return rule.One("preferredSubnetId", "is required for %s", deployment)
	case !multi && len(subnets) != 1:
		return rule.One("subnetIds", "%s needs exactly 1 subnet, has %d", deployment, len(subnets))
	case !multi && preferred:
		return rule.One("preferredSubnetId", "is only for MULTI_AZ_1")
	}
	return checkZfsThroughput(in)
}

// throughputs are what the provider's plan accepts, by deployment type; of the others AWS
// decides (terraform-provider-aws, internal/service/fsx/openzfs_file_system.go).
var throughputs = map[string][]float64{
	"SINGLE_AZ_1": {64, 128, 256, 512, 1024, 2048, 3072, 4096},
	"SINGLE_AZ_2": {160, 320, 640, 1280, 2560, 3840, 5120, 7680, 10240},
	"MULTI_AZ_1":  {160, 320, 640, 1280, 2560, 3840, 5120, 7680, 10240},
}

func checkZfsThroughput(in sandbox.Inputs) []sandbox.Problem {
	deployment, _ := in.Text("deploymentType")
	throughput, given := in.Number("throughputCapacity")
	possible, limited := throughputs[deployment]
	if !given || !limited || slices.Contains(possible, throughput) {
		return nil
	}
	return rule.One("throughputCapacity", "expected it to be one of %v for %s, got %v", possible, deployment, throughput)
}

// growOpenZFS refuses what an update cannot do: a smaller file system, or one that grows
// by less than a tenth.
func growOpenZFS(o *sandbox.Operation) error {
	before, _ := sandbox.Inputs(o.Old.Inputs).Number("storageCapacity")
	after, _ := o.Inputs.Number("storageCapacity")
	switch {
	case after < before:
		return fmt.Errorf("BadRequest: The target storage capacity of %v GiB is less than the current storage capacity of %v GiB of %s: storage capacity cannot be decreased", after, before, o.ID)
	case after > before && after*10 < before*11:
		return fmt.Errorf("BadRequest: The target storage capacity of %v GiB must be at least 10 percent greater than the current storage capacity of %v GiB of %s", after, before, o.ID)
	}
	return nil
}

// createMountTarget makes the one mount target that a file system may have in a zone, in
// the one VPC that it has mount targets in.
func createMountTarget(o *sandbox.Operation) error {
	subnet := func(id any) *sandbox.Object {
		return o.Object(subnetType, fmt.Sprint(id))
	}
	own := subnet(o.Inputs["subnetId"])
	for _, other := range o.Cloud.OfType(mountTargetType) {
		theirs := subnet(other.Inputs["subnetId"])
		if other.Account != o.Account || other.Inputs["fileSystemId"] != o.Inputs["fileSystemId"] || theirs == nil {
			continue
		}
		if theirs.String("vpcId") != own.String("vpcId") {
			return fmt.Errorf("MountTargetConflict: requested subnet for new mount target is not in the same VPC as existing mount targets (%s)", other.ID)
		}
		if theirs.String("availabilityZone") == own.String("availabilityZone") {
			return fmt.Errorf("MountTargetConflict: mount target already exists in this AZ (%s has %s in %s)",
				o.Inputs["fileSystemId"], other.ID, own.String("availabilityZone"))
		}
	}
	o.Outputs["availabilityZoneName"] = own.String("availabilityZone")
	return made("fsmt-", "", "")(o)
}
