package awsworkload

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/efs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/fsx"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/aws"
)

// makeFileSystems makes the FSx for OpenZFS file system of the products, the groups
// that let NFS through, and EFS where it is used (facts: aws-workload-base 4.9).
func (p *persistent) makeFileSystems() error {
	vpc := pulumi.StringArray{pulumi.String(p.network.CIDR)}
	server, err := p.nfsGroup("fsx-nfs."+p.name+".posit.team", "Allow FSx NFS traffic for "+p.name,
		nfsIngress(vpc), ec2.SecurityGroupEgressArray{})
	if err != nil {
		return err
	}
	nodes, err := p.nfsGroup("eks-nodes-fsx-nfs.posit.team", "Allow NFS traffic for "+p.name, nfsIngress(vpc),
		ec2.SecurityGroupEgressArray{ec2.SecurityGroupEgressArgs{
			Description: pulumi.String("Allow all TCP and UDP egress"),
			Protocol:    pulumi.String("-1"), FromPort: pulumi.Int(0), ToPort: pulumi.Int(0), CidrBlocks: vpc,
		}})
	if err != nil {
		return err
	}
	p.outputs.NodesFSxSecurityGroupID = nodes.ID().ToStringOutput()
	if err := p.fsxFileSystem(server); err != nil {
		return err
	}
	if endpoints := p.config.VpcEndpoints; endpoints.Enabled && !slices.Contains(endpoints.ExcludedServices, aws.FSxEndpointService) {
		_, err := aws.NewInterfaceEndpoint(p.ctx, p.name+"-"+aws.FSxEndpointService, &aws.InterfaceEndpointArgs{
			Network: p.network, Region: pulumi.String(p.config.Region), Service: aws.FSxEndpointService,
			SecurityGroupIDs: pulumi.StringArray{nodes.ID()}, Tags: p.tags,
		}, p.child)
		if err != nil {
			return err
		}
	}
	return p.elasticFileSystem(vpc)
}

func (p *persistent) nfsGroup(
	name, description string, ingress ec2.SecurityGroupIngressArray, egress ec2.SecurityGroupEgressArray,
) (*ec2.SecurityGroup, error) {
	return ec2.NewSecurityGroup(p.ctx, name, &ec2.SecurityGroupArgs{
		NamePrefix: pulumi.String(name + "-"), Description: pulumi.String(description), VpcId: p.network.ID,
		Ingress: ingress, Egress: egress, Tags: p.tagsNamed(name),
	}, p.child)
}

// nfsIngress lets in the port mapper, NFS, and the mount, status and lock services.
func nfsIngress(from pulumi.StringArray) ec2.SecurityGroupIngressArray {
	var rules ec2.SecurityGroupIngressArray
	for _, ports := range [][2]int{{111, 111}, {2049, 2049}, {20001, 20003}} {
		for _, protocol := range []string{"tcp", "udp"} {
			rules = append(rules, ec2.SecurityGroupIngressArgs{
				Description: pulumi.Sprintf("Allow %s on ports %d-%d", strings.ToUpper(protocol), ports[0], ports[1]),
				Protocol:    pulumi.String(protocol), FromPort: pulumi.Int(ports[0]), ToPort: pulumi.Int(ports[1]), CidrBlocks: from,
			})
		}
	}
	return rules
}

// fsxFileSystem makes the file system in two zones or in one. The two have different
// names: AWS cannot turn one into the other.
func (p *persistent) fsxFileSystem(group *ec2.SecurityGroup) error {
	deployment := p.config.FSxDeploymentType()
	options := pulumi.ToStringArray([]string{"rw", "no_root_squash"})
	first := p.network.PrivateSubnetIDs.Index(pulumi.Int(0))
	args := &fsx.OpenZfsFileSystemArgs{
		DeploymentType:                pulumi.String(deployment),
		SubnetIds:                     pulumi.StringArray{first},
		AutomaticBackupRetentionDays:  pulumi.Int(30),
		DailyAutomaticBackupStartTime: pulumi.String(p.config.FSxOpenZFSDailyAutomaticBackupStartTime),
		SecurityGroupIds:              pulumi.StringArray{group.ID()},
		StorageCapacity:               pulumi.Int(p.config.FSxOpenZFSStorageCapacity),
		ThroughputCapacity:            pulumi.Int(p.config.FSxOpenZFSThroughputCapacity),
		CopyTagsToBackups:             pulumi.Bool(true),
		CopyTagsToVolumes:             pulumi.Bool(true),
		Tags:                          p.tagsNamed(p.name),
	}
	name := p.name
	if strings.HasPrefix(deployment, "MULTI") {
		name += "-filesystem"
		options = append(options, pulumi.String("crossmnt"))
		args.SubnetIds = pulumi.StringArray{first, p.network.PrivateSubnetIDs.Index(pulumi.Int(1))}
		args.PreferredSubnetId = first
		args.RouteTableIds = p.network.PrivateRouteTableIDs
		args.StorageType = pulumi.String("SSD")
	}
	args.RootVolumeConfiguration = fsx.OpenZfsFileSystemRootVolumeConfigurationArgs{
		CopyTagsToSnapshots: pulumi.Bool(true),
		DataCompressionType: pulumi.String("NONE"),
		NfsExports: fsx.OpenZfsFileSystemRootVolumeConfigurationNfsExportsArgs{
			ClientConfigurations: fsx.OpenZfsFileSystemRootVolumeConfigurationNfsExportsClientConfigurationArray{
				fsx.OpenZfsFileSystemRootVolumeConfigurationNfsExportsClientConfigurationArgs{
					Clients: pulumi.String("*"), Options: options,
				},
			},
		},
	}
	system, err := fsx.NewOpenZfsFileSystem(p.ctx, name, args, p.child, p.protect(),
		pulumi.IgnoreChanges([]string{"dailyAutomaticBackupStartTime"}))
	if err != nil {
		return err
	}
	p.outputs.FSID = system.ID().ToStringOutput()
	p.outputs.FSDNSName, p.outputs.FSRootVolumeID = system.DnsName, system.RootVolumeId
	return nil
}

// elasticFileSystem makes the group of the nodes when something uses EFS, and the
// file system, with an address in each private subnet, when ptd is to make one. The
// private subnets of an adopted VPC must then be in different zones.
func (p *persistent) elasticFileSystem(vpc pulumi.StringArray) error {
	p.outputs.NodesEFSSecurityGroupID, p.outputs.EFSID = constant(""), constant("")
	if !p.config.EFSNeeded() {
		return nil
	}
	const port = 2049
	group, err := p.nfsGroup("eks-nodes-efs-nfs.posit.team", "Allow EFS NFS traffic for "+p.name,
		ec2.SecurityGroupIngressArray{ec2.SecurityGroupIngressArgs{
			Description: pulumi.String("Allow NFS (TCP port 2049)"),
			Protocol:    pulumi.String("tcp"), FromPort: pulumi.Int(port), ToPort: pulumi.Int(port), CidrBlocks: vpc,
		}},
		ec2.SecurityGroupEgressArray{ec2.SecurityGroupEgressArgs{
			Description: pulumi.String("Allow NFS egress within VPC"),
			Protocol:    pulumi.String("tcp"), FromPort: pulumi.Int(port), ToPort: pulumi.Int(port), CidrBlocks: vpc,
		}})
	if err != nil {
		return err
	}
	p.outputs.NodesEFSSecurityGroupID = group.ID().ToStringOutput()
	if !p.config.EFS.Enabled {
		return nil
	}
	name := p.name + "-efs"
	args := &efs.FileSystemArgs{
		Encrypted: pulumi.Bool(true), ThroughputMode: pulumi.String(p.config.EFS.ThroughputMode), Tags: p.tagsNamed(name),
	}
	if after := p.config.EFS.TransitionToIA; after != "" {
		args.LifecyclePolicies = efs.FileSystemLifecyclePolicyArray{
			efs.FileSystemLifecyclePolicyArgs{TransitionToIa: pulumi.String(after)},
		}
	}
	system, err := efs.NewFileSystem(p.ctx, name, args, p.child, p.protect())
	if err != nil {
		return err
	}
	zones := p.config.VpcAZCount
	if p.config.ProvisionedVpc != nil {
		zones = len(p.config.ProvisionedVpc.PrivateSubnets)
	}
	for n := range zones {
		_, err := efs.NewMountTarget(p.ctx, fmt.Sprintf("%s-az%d", name, n+1), &efs.MountTargetArgs{
			FileSystemId:   system.ID(),
			SubnetId:       p.network.PrivateSubnetIDs.Index(pulumi.Int(n)),
			SecurityGroups: pulumi.StringArray{group.ID()},
		}, p.child)
		if err != nil {
			return err
		}
	}
	p.outputs.EFSID = system.ID().ToStringOutput()
	return nil
}
