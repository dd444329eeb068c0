package ensure

import (
	"regexp"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-eks/sdk/v3/go/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure/engine"
)

// TestClusterStrictness runs wrong programs with clusters: each is refused, with a
// message that says what is wrong.
func TestClusterStrictness(t *testing.T) {
	fine := platform{version: "1.32", nodeVersion: "1.32"}
	cluster := func(change func(*eks.ClusterArgs)) platform {
		wrong := fine
		wrong.cluster = change
		return wrong
	}
	nodes := func(change func(*eks.ManagedNodeGroupArgs)) platform {
		wrong := fine
		wrong.nodes = change
		return wrong
	}
	template := func(change func(*ec2.LaunchTemplateArgs)) platform {
		wrong := fine
		wrong.template = change
		return wrong
	}
	addon := func(change func(*eks.AddonArgs)) platform {
		wrong := fine
		wrong.addon = change
		return wrong
	}
	entry := func(key string, entry eks.AccessEntryArgs) platform {
		return cluster(func(args *eks.ClusterArgs) { args.AccessEntries[key] = entry })
	}
	const admin = "arn:aws:iam::000000000000:role/admin.posit.team"
	type clusterArgs = eks.ClusterArgs
	yes := true
	for name, test := range map[string]struct {
		before []platform // which are right
		wrong  platform
		want   string
	}{
		// The component.
		"explicit provider without a credential": {
			wrong: platform{version: "1.32", explicit: true},
			want:  "eks:index:Cluster resource 'main' has a problem: It looks like you're using an explicit AWS provider. Please specify this provider in providerCredentialOpts.",
		},
		"entries without a mode": {
			wrong: cluster(func(args *clusterArgs) { args.AuthenticationMode = nil }),
			want:  "eks:index:Cluster resource 'main' has a problem: The 'accessEntries' property is not supported when 'authenticationMode' is not set.",
		},
		"default node group": {
			wrong: cluster(func(args *clusterArgs) { args.SkipDefaultNodeGroup = nil }),
			want:  "eks:index:Cluster resource 'main' has a problem: the sandbox does not simulate the default node group, which is self-managed: set skipDefaultNodeGroup and make managed node groups",
		},
		"default VPC": {
			wrong: cluster(func(args *clusterArgs) { args.VpcId = nil }),
			want:  "eks:index:Cluster resource 'main' has a problem: no matching EC2 VPC found: without vpcId the default VPC is used, and the sandbox has none; pass vpcId and subnetIds",
		},
		"role mappings without a ConfigMap": {
			wrong: cluster(func(args *clusterArgs) {
				args.RoleMappings = eks.RoleMappingArray{eks.RoleMappingArgs{
					RoleArn: pulumi.String(admin), Username: pulumi.String("admin"), Groups: pulumi.ToStringArray([]string{"system:masters"}),
				}}
			}),
			want: "eks:index:Cluster resource 'main' has a problem: The 'roleMappings' property does not support non-empty values when 'authenticationMode' is set to 'API'.",
		},
		"two roles of nodes": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) { args.NodeRoleArn = pulumi.String(admin) }),
			want:  "eks:index:ManagedNodeGroup resource 'nodes' has a problem: You cannot specify both nodeRole and nodeRoleArn when creating a managed node group.",
		},
		"no role of nodes": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) { args.NodeRole = nil }),
			want:  "eks:index:ManagedNodeGroup resource 'nodes' has a problem: An IAM role, or role ARN must be provided to create a managed node group",
		},
		"launch template twice": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) { args.EnableIMDSv2 = &yes }),
			want:  "eks:index:ManagedNodeGroup resource 'nodes' has a problem: If you provide a custom launch template, you cannot provide enableIMDSv2. Please include these in the launch template that you are providing.",
		},

		// Control planes.
		"version with a patch": {
			wrong: cluster(func(args *clusterArgs) { args.Version = pulumi.String("1.33.0") }),
			want:  `aws:eks/cluster:Cluster resource 'main-eksCluster': property version value {1.33.0} has a problem: InvalidParameterException: unsupported Kubernetes version "1.33.0"; EKS offers 1.29 to 1.35`,
		},
		"version that is gone": {
			wrong: cluster(func(args *clusterArgs) { args.Version = pulumi.String("1.21") }),
			want:  `aws:eks/cluster:Cluster resource 'main-eksCluster': property version value {1.21} has a problem: InvalidParameterException: unsupported Kubernetes version "1.21"; EKS offers 1.29 to 1.35`,
		},
		"two versions at once": {
			before: []platform{fine}, wrong: platform{version: "1.34", nodeVersion: "1.32"},
			want: "InvalidParameterException: Unsupported Kubernetes minor version update from 1.32 to 1.34",
		},
		"an older version": {
			before: []platform{fine}, wrong: platform{version: "1.31", nodeVersion: "1.31"},
			want: "InvalidParameterException: Unsupported Kubernetes minor version update from 1.32 to 1.31",
		},
		"an endpoint for nobody": {
			wrong: cluster(func(args *clusterArgs) { args.EndpointPrivateAccess = pulumi.Bool(false) }),
			want:  "aws:eks/cluster:Cluster resource 'main-eksCluster': property vpcConfig value {map[endpointPrivateAccess:{false} endpointPublicAccess:{false} subnetIds:{[{subnet-x} {subnet-x}]}]} has a problem: InvalidParameterException: Private and public endpoint access cannot both be false",
		},
		"logs that there are not": {
			wrong: cluster(func(args *clusterArgs) { args.EnabledClusterLogTypes = pulumi.ToStringArray([]string{"apis"}) }),
			want:  `aws:eks/cluster:Cluster resource 'main-eksCluster': property enabledClusterLogTypes[0] value {<nil>} has a problem: expected it to be one of ["api" "audit" "authenticator" "controllerManager" "scheduler"], got apis`,
		},
		"a key that there is not": {
			wrong: cluster(func(args *clusterArgs) {
				args.EncryptionConfigKeyArn = pulumi.String("arn:aws:kms:us-east-2:000000000000:key/none")
			}),
			want: "encryptionConfig.provider.keyArn: InvalidParameterException: The keyArn in encryptionConfig provider arn:aws:kms:us-east-2:000000000000:key/none is invalid",
		},
		"a mode that is gone": {
			before: []platform{fine}, wrong: platform{version: "1.32", nodeVersion: "1.32", awsCluster: func(properties pulumi.Map) {
				properties["accessConfig"] = pulumi.Map{"authenticationMode": pulumi.String("API_AND_CONFIG_MAP")}
			}},
			want: "InvalidParameterException: Unsupported authentication mode update from API to API_AND_CONFIG_MAP",
		},

		// Access.
		"a principal that there is not": {
			wrong: entry("other", eks.AccessEntryArgs{PrincipalArn: pulumi.String("arn:aws:iam::000000000000:role/other")}),
			want:  "principalArn: InvalidParameterException: The specified principalArn is invalid: invalid principal. (arn:aws:iam::000000000000:role/other)",
		},
		"the entry of who makes the cluster": {
			wrong: entry("admin", eks.AccessEntryArgs{PrincipalArn: pulumi.String(admin)}),
			want:  "ResourceInUseException: The specified access entry resource is already in use on this cluster. (" + admin + ")",
		},
		"groups of nodes": {
			wrong: entry("nodes", eks.AccessEntryArgs{
				PrincipalArn: pulumi.String(admin), Type: entryType("EC2_LINUX"), KubernetesGroups: pulumi.ToStringArray([]string{"viewers"}),
			}),
			want: "aws:eks/accessEntry:AccessEntry resource 'main-nodes': property kubernetesGroups value {[{viewers}]} has a problem: InvalidParameterException: kubernetesGroups cannot be specified for an access entry of type EC2_LINUX",
		},
		"policies of nodes": {
			wrong: cluster(func(args *clusterArgs) {
				people := args.AccessEntries["people"]
				people.Type = entryType("EC2_LINUX")
				args.AccessEntries["people"] = people
			}),
			want: "InvalidParameterException: The access entry of arn:aws:iam::000000000000:role/cluster has the type EC2_LINUX, with which no policy can be associated",
		},

		// Nodes.
		"nodes newer than the cluster": {
			wrong: platform{version: "1.32", nodeVersion: "1.33"},
			want:  "InvalidParameterException: Requested Nodegroup version 1.33 is newer than the cluster's version 1.32",
		},
		"more nodes than there may be": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) {
				args.ScalingConfig = awseks.NodeGroupScalingConfigArgs{MinSize: pulumi.Int(1), DesiredSize: pulumi.Int(4), MaxSize: pulumi.Int(3)}
			}),
			want: "aws:eks/nodeGroup:NodeGroup resource 'nodes': property scalingConfig value {map[desiredSize:{4} maxSize:{3} minSize:{1}]} has a problem: InvalidParameterException: desired capacity 4 can't be greater than max size 3",
		},
		"a taint as Kubernetes spells it": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) {
				args.Taints = awseks.NodeGroupTaintArray{awseks.NodeGroupTaintArgs{Key: pulumi.String("gpu"), Effect: pulumi.String("NoSchedule")}}
			}),
			want: `aws:eks/nodeGroup:NodeGroup resource 'nodes': property taints[0].effect value {<nil>} has a problem: expected effect to be one of ["NO_SCHEDULE" "NO_EXECUTE" "PREFER_NO_SCHEDULE"], got NoSchedule`,
		},
		"a label that is none": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) { args.Labels = pulumi.StringMap{"a b": pulumi.String("c")} }),
			want:  `aws:eks/nodeGroup:NodeGroup resource 'nodes': property labels.a b value {<nil>} has a problem: InvalidParameterException: Label key "a b" is invalid`,
		},
		"an instance that cannot run the image": {
			wrong: template(func(args *ec2.LaunchTemplateArgs) { args.InstanceType = pulumi.String("m6g.large") }),
			want:  "InvalidParameterException: [m6g.large] is not a valid instance type for requested amiType AL2023_x86_64_STANDARD",
		},
		"an instance profile": {
			wrong: template(func(args *ec2.LaunchTemplateArgs) {
				args.IamInstanceProfile = ec2.LaunchTemplateIamInstanceProfileArgs{Arn: pulumi.String("arn:aws:iam::000000000000:instance-profile/nodes")}
			}),
			want: "InvalidParameterException: Launch template should not specify an instance profile. The noderole in your request will be used to construct an instance profile.",
		},
		"a disk beside a launch template": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) { args.DiskSize = pulumi.Int(50) }),
			want:  "aws:eks/nodeGroup:NodeGroup resource 'nodes': property diskSize value {50} has a problem: InvalidParameterException: Disk size must be specified within the launch template.",
		},
		"a role that is not the nodes'": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) {
				args.NodeRole, args.NodeRoleArn = nil, pulumi.String("arn:aws:iam::000000000000:role/cluster")
			}),
			want: "InvalidParameterException: The role with name arn:aws:iam::000000000000:role/cluster cannot be assumed by EC2: its trusted entity must be ec2.amazonaws.com",
		},

		// Add-ons.
		"an add-on that there is not": {
			wrong: addon(func(args *eks.AddonArgs) { args.AddonName = pulumi.String("ebs-csi-driver") }),
			want:  "aws:eks/addon:Addon resource 'ebs': property addonName value {ebs-csi-driver} has a problem: InvalidParameterException: Addon ebs-csi-driver specified is not supported",
		},
		"a version of another form": {
			wrong: addon(func(args *eks.AddonArgs) { args.AddonVersion = pulumi.String("1.41.0") }),
			want:  `aws:eks/addon:Addon resource 'ebs': property addonVersion value {1.41.0} has a problem: "1.41.0" is not the version of an add-on: InvalidParameterException: Addon version specified is not supported`,
		},
		"an add-on's role that there is not": {
			wrong: addon(func(args *eks.AddonArgs) {
				args.ServiceAccountRoleArn = pulumi.String("arn:aws:iam::000000000000:role/none")
			}),
			want: "serviceAccountRoleArn: InvalidParameterException: The role arn:aws:iam::000000000000:role/none does not exist",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trial := newTrial(t)
			for _, right := range test.before {
				_, err := trial.operate(right, up)
				require.NoError(t, err)
			}
			_, err := trial.operate(test.wrong, up)
			var failed *engine.OperationError
			require.ErrorAs(t, err, &failed)
			var messages []string
			for _, failure := range failed.Failures {
				if failure.URN != "" { // the rest says that the stack failed
					messages = append(messages, subnetID.ReplaceAllString(failure.Message, "subnet-x"))
				}
			}
			assert.Equal(t, []string{test.want}, messages)
		})
	}
}

var subnetID = regexp.MustCompile(`subnet-[0-9a-f]{17}`)

func entryType(name string) *eks.AccessEntryType {
	typ := eks.AccessEntryType(name)
	return &typ
}
