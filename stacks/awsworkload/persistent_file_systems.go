package awsworkload

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

// makeFileSystems makes the FSx for OpenZFS file system of the products, the groups
// that let NFS through, and EFS where it is used (docs/reference/aws-workload-base.md 4.9).
func (p *persistent) makeFileSystems() error {
	server, err := p.nfsGroup(p.config.ScopedName("fsx-nfs"), aws.FSxServer)
	if err != nil {
		return err
	}
	nodes, err := p.nfsGroup(config.NodesFSxSecurityGroup, aws.FSxNodes)
	if err != nil {
		return err
	}
	p.outputs.NodesFSxSecurityGroupID = nodes
	system, err := aws.NewOpenZfsFileSystem(p.ctx, p.name, &aws.OpenZfsFileSystemArgs{
		Network:            p.network,
		SecurityGroupIDs:   pulumi.StringArray{server},
		DeploymentType:     p.config.FSxDeploymentType(),
		StorageCapacity:    p.config.FSxOpenZFSStorageCapacity,
		ThroughputCapacity: p.config.FSxOpenZFSThroughputCapacity,
		BackupStartTime:    p.config.FSxOpenZFSDailyAutomaticBackupStartTime,
		Protect:            p.config.ProtectPersistentResources,
		Tags:               p.tags,
	}, p.child)
	if err != nil {
		return err
	}
	p.outputs.FSID, p.outputs.FSDNSName, p.outputs.FSRootVolumeID = system.ID, system.DNSName, system.RootVolumeID

	endpoints := p.config.VpcEndpoints
	if endpoints.Enabled && !slices.Contains(endpoints.ExcludedServices, aws.FSxEndpointService) {
		_, err := aws.NewInterfaceEndpoint(p.ctx, p.name+"-"+aws.FSxEndpointService, &aws.InterfaceEndpointArgs{
			Network: p.network, Region: pulumi.String(p.config.Region), Service: aws.FSxEndpointService,
			SecurityGroupIDs: pulumi.StringArray{nodes}, Tags: p.tags,
		}, p.child)
		if err != nil {
			return err
		}
	}
	return p.elasticFileSystem()
}

func (p *persistent) nfsGroup(name string, use aws.NFSUse) (pulumi.StringOutput, error) {
	group, err := aws.NewNFSSecurityGroup(p.ctx, name, &aws.NFSSecurityGroupArgs{
		Use: use, Owner: p.name, Network: p.network, Tags: p.tags,
	}, p.child)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return group.ID, nil
}

// CheckFileSystem refuses to make the FSx file system that state has smaller, which FSx only
// refuses when it is asked.
func CheckFileSystem(w *config.AWSWorkload, fileSystems []StateResource) error {
	for _, system := range fileSystems {
		capacity := system.Inputs["storageCapacity"]
		if capacity.IsNumber() && int(capacity.NumberValue()) > w.FSxOpenZFSStorageCapacity {
			return fmt.Errorf("fsx_openzfs_storage_capacity: %d is less than the %.0f GiB that file system %s has, and FSx does not shrink one: set %.0f",
				w.FSxOpenZFSStorageCapacity, capacity.NumberValue(), system.Name, capacity.NumberValue())
		}
	}
	return nil
}

// elasticFileSystem makes the group of the nodes when something uses EFS, and the file
// system when ptd is to make one.
func (p *persistent) elasticFileSystem() error {
	p.outputs.NodesEFSSecurityGroupID = constant("")
	p.outputs.EFSID, p.outputs.EFSAccessPointID = constant(""), constant("")
	if !p.config.EFSNeeded() {
		return nil
	}
	group, err := p.nfsGroup(config.NodesEFSSecurityGroup, aws.EFSNodes)
	if err != nil {
		return err
	}
	p.outputs.NodesEFSSecurityGroupID = group
	if !p.config.EFS.Enabled {
		return nil
	}
	system, err := aws.NewElasticFileSystem(p.ctx, p.name, &aws.ElasticFileSystemArgs{
		SubnetIDs:        p.network.EndpointSubnetIDs,
		MountTargets:     p.network.Zones,
		SecurityGroupIDs: pulumi.StringArray{group},
		ThroughputMode:   p.config.EFS.ThroughputMode,
		TransitionToIA:   p.config.EFS.TransitionToIA,
		Backup:           true,
		Protect:          p.config.ProtectPersistentResources,
		Tags:             p.tags,
	}, p.child)
	if err != nil {
		return err
	}
	p.outputs.EFSID, p.outputs.EFSAccessPointID = system.ID, system.AccessPointID
	return nil
}
