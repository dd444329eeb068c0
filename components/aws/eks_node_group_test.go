package aws

import (
	"context"
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const (
	remoteNodeGroupType = "eks:index:ManagedNodeGroup"
	remoteAddonType     = "eks:index:Addon"
	templateType        = "aws:ec2/launchTemplate:LaunchTemplate"
)

// onCluster runs a program that gets a cluster.
func onCluster(program func(*pulumi.Context, *EKSCluster) error) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		cluster, err := NewEKSCluster(ctx, "demo", eksClusterArgs())
		if err != nil {
			return err
		}
		return program(ctx, cluster)
	}
}

func nodeGroupArgs(cluster *EKSCluster) *EKSNodeGroupArgs {
	return &EKSNodeGroupArgs{
		Cluster: cluster, Version: "1.33", InstanceType: "g5.xlarge", AMIType: "AL2023_x86_64_NVIDIA",
		MinSize: 1, MaxSize: 3, DesiredSize: 2, DiskGiB: 200,
		SecurityGroupIDs: pulumi.StringArray{pulumi.String("sg-nfs"), cluster.SecurityGroupID},
		Labels:           map[string]string{"posit.team/node-role": "system"},
		Taints:           []NodeTaint{{Key: "gpu", Value: "true", Effect: "NO_SCHEDULE"}},
		Protect:          true,
		Tags:             map[string]string{"posit.team/managed-by": "test"},
		GroupTags:        map[string]string{"team": "data"},
	}
}

func makeNodeGroup(change func(*EKSNodeGroupArgs)) pulumi.RunFunc {
	return onCluster(func(ctx *pulumi.Context, cluster *EKSCluster) error {
		args := nodeGroupArgs(cluster)
		change(args)
		_, err := NewEKSNodeGroup(ctx, "demo-gpu", args)
		return err
	})
}

func TestEKSNodeGroup(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, onCluster(func(ctx *pulumi.Context, cluster *EKSCluster) error {
		group, err := NewEKSNodeGroup(ctx, "demo-gpu", nodeGroupArgs(cluster))
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{"name": "demo-gpu-0123456", "template": "launchtemplate/demo-gpu"},
			map[string]pulumi.Output{"name": group.Name, "template": group.LaunchTemplateID})
		return nil
	}))
	r.Golden(t, "eks-node-group")
	tagged := map[string]any{"Name": "demo-gpu", "posit.team/managed-by": "test"}
	r.Find(t, templateType, "demo-gpu").Exactly(t, map[string]any{
		"instanceType": "g5.xlarge", "vpcSecurityGroupIds": []any{"sg-nfs", "sg/demo"}, "updateDefaultVersion": true,
		"metadataOptions": map[string]any{
			"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1.0, "instanceMetadataTags": "disabled",
		},
		"blockDeviceMappings": []any{map[string]any{"deviceName": "/dev/xvda", "ebs": map[string]any{
			"volumeSize": 200.0, "volumeType": "gp3", "deleteOnTermination": "true", "encrypted": "true",
		}}},
		"tags": tagged,
		"tagSpecifications": []any{
			map[string]any{"resourceType": "instance", "tags": tagged}, map[string]any{"resourceType": "volume", "tags": tagged},
		},
	})
	r.Find(t, remoteNodeGroupType, "demo-gpu").Want(t, map[string]any{
		"clusterName": "demo",
		"version":     "1.33", "amiType": "AL2023_x86_64_NVIDIA", "nodeRoleArn": "arn:aws:iam::123456789012:role/demo-eks-node.posit.team",
		"subnetIds":            []any{"subnet-a", "subnet-b"},
		"scalingConfig":        map[string]any{"minSize": 1.0, "maxSize": 3.0, "desiredSize": 2.0},
		"ignoreScalingChanges": true, "forceUpdateVersion": false,
		"labels": map[string]any{"posit.team/node-role": "system"},
		"taints": []any{map[string]any{"key": "gpu", "value": "true", "effect": "NO_SCHEDULE"}},
		"tags":   map[string]any{"posit.team/managed-by": "test", "team": "data"},
	})
}

func TestEKSNodeGroupOptions(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeNodeGroup(func(a *EKSNodeGroupArgs) {
		a.AMIType, a.MetadataHopLimit, a.Labels, a.Taints, a.ForceUpdate = "BOTTLEROCKET_x86_64", 2, nil, nil, true
	}))
	template := r.Find(t, templateType, "demo-gpu")
	template.Want(t, map[string]any{
		"metadataOptions": map[string]any{
			"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 2.0, "instanceMetadataTags": "disabled",
		},
		"blockDeviceMappings": []any{map[string]any{"deviceName": "/dev/xvdb", "ebs": map[string]any{
			"volumeSize": 200.0, "volumeType": "gp3", "deleteOnTermination": "true", "encrypted": "true",
		}}},
	})
	assert.Equal(t, []string{"blockDeviceMappings[0].ebs.encrypted"}, template.Ignore, "ignored")
	r.Find(t, remoteNodeGroupType, "demo-gpu").Want(t, map[string]any{
		"labels": nil, "taints": nil, "forceUpdateVersion": true, "releaseVersion": nil,
	})
	scaled := componenttest.Run(t, makeNodeGroup(func(a *EKSNodeGroupArgs) { a.Scale, a.ReleaseVersion = true, "1.33.4-20250920" }))
	scaled.Find(t, remoteNodeGroupType, "demo-gpu").Want(t, map[string]any{
		"ignoreScalingChanges": false, "releaseVersion": "1.33.4-20250920",
	})
	componenttest.SamePreview(t, makeNodeGroup(func(*EKSNodeGroupArgs) {}))
}

func TestEKSNodeGroupTransform(t *testing.T) {
	t.Parallel()
	args := &EKSNodeGroupArgs{Protect: true}
	result := args.transform(context.Background(), &pulumi.ResourceTransformArgs{
		Type: nodeGroupType, Props: pulumi.Map{}, Opts: pulumi.ResourceOptions{IgnoreChanges: []string{"scalingConfig.desiredSize"}},
	})
	assert.Equal(t, pulumi.Map{"updateConfig": pulumi.Map{"maxUnavailable": pulumi.Int(1)}}, result.Props)
	assert.Equal(t, []string{"scalingConfig.desiredSize"}, result.Opts.IgnoreChanges)
	assert.True(t, result.Opts.Protect)
	args.Scale = true
	result = args.transform(context.Background(), &pulumi.ResourceTransformArgs{Type: nodeGroupType, Props: pulumi.Map{}})
	if len(result.Opts.IgnoreChanges) > 0 {
		t.Errorf("a group that is scaled ignores %v", result.Opts.IgnoreChanges)
	}
	if args.transform(context.Background(), &pulumi.ResourceTransformArgs{Type: templateType}) != nil {
		t.Error("a template is changed")
	}
}

func TestEKSNodeGroupErrors(t *testing.T) {
	t.Parallel()
	const required = "EKS node group demo-gpu: a cluster, a version"
	for _, test := range []struct {
		change func(*EKSNodeGroupArgs)
		want   string
	}{
		{func(a *EKSNodeGroupArgs) { a.Cluster = nil }, required},
		{func(a *EKSNodeGroupArgs) { a.InstanceType = "" }, required},
		{func(a *EKSNodeGroupArgs) { a.MaxSize = 0 }, required},
		{func(a *EKSNodeGroupArgs) { a.SecurityGroupIDs = nil }, required},
		{func(a *EKSNodeGroupArgs) { a.Taints[0].Effect = "NoSchedule" }, `taint gpu: "NoSchedule" is no effect that EKS knows`},
	} {
		componenttest.Fails(t, makeNodeGroup(test.change), test.want)
	}
}

func TestEKSAddon(t *testing.T) {
	t.Parallel()
	program := onCluster(func(ctx *pulumi.Context, cluster *EKSCluster) error {
		for name, args := range map[string]*EKSAddonArgs{
			"demo-ebs-csi": {
				Addon: "aws-ebs-csi-driver", Version: "v1.41.0-eksbuild.1", ServiceAccountRoleARN: pulumi.String("arn:role"),
				Configuration: map[string]any{"defaultStorageClass": map[string]any{"enabled": false}},
			},
			"demo-coredns": {Addon: "coredns", Version: "v1.12.1-eksbuild.2", TakeOver: true},
		} {
			args.Cluster = cluster
			if _, err := NewEKSAddon(ctx, name, args); err != nil {
				return err
			}
		}
		return nil
	})
	r := componenttest.Run(t, program)
	r.Golden(t, "eks-addon")
	r.Find(t, remoteAddonType, "demo-ebs-csi").Want(t, map[string]any{
		"addonName": "aws-ebs-csi-driver", "addonVersion": "v1.41.0-eksbuild.1", "serviceAccountRoleArn": "arn:role",
		"configurationValues": map[string]any{"defaultStorageClass": map[string]any{"enabled": false}}, "preserve": nil, "tags": nil,
	})
	r.Find(t, remoteAddonType, "demo-coredns").Want(t, map[string]any{
		"addonVersion": "v1.12.1-eksbuild.2", "preserve": true, "configurationValues": nil, "serviceAccountRoleArn": nil,
		"resolveConflictsOnCreate": "OVERWRITE", "resolveConflictsOnUpdate": "OVERWRITE",
	})
	for _, args := range []*EKSAddonArgs{nil, {}, {Cluster: &EKSCluster{}, Addon: "coredns"}} {
		componenttest.Fails(t, func(ctx *pulumi.Context) error {
			_, err := NewEKSAddon(ctx, "demo", args)
			return err
		}, "EKS add-on demo: a cluster, an add-on and its version are required")
	}
	componenttest.Fails(t, onCluster(func(ctx *pulumi.Context, cluster *EKSCluster) error {
		_, err := NewEKSAddon(ctx, "demo", &EKSAddonArgs{
			Cluster: cluster, Addon: "coredns", Version: "v1.12.1-eksbuild.2",
			Configuration: map[string]any{"tolerations": []any{map[string]any{"value": cluster.Endpoint}}},
		})
		return err
	}), "EKS add-on demo: configuration.tolerations[0].value is a pulumi.StringOutput, but only plain values can be given")
}

func ExampleNewEKSNodeGroup() {
	program := func(ctx *pulumi.Context) error {
		cluster, err := NewEKSCluster(ctx, "demo", &EKSClusterArgs{
			Version:   "1.33",
			VpcID:     pulumi.String("vpc-0123456789abcdef0"),
			SubnetIDs: pulumi.ToStringArray([]string{"subnet-0123456789abcdef0", "subnet-0123456789abcdef1"}),
		})
		if err != nil {
			return err
		}
		group, err := NewEKSNodeGroup(ctx, "demo-gpu", &EKSNodeGroupArgs{
			Cluster:          cluster,
			Version:          "1.33",
			InstanceType:     "g5.xlarge",
			AMIType:          "AL2023_x86_64_NVIDIA",
			MaxSize:          2,
			DiskGiB:          200,
			SecurityGroupIDs: pulumi.StringArray{cluster.SecurityGroupID},
			Taints:           []NodeTaint{{Key: "nvidia.com/gpu", Value: "present", Effect: "NO_SCHEDULE"}},
		})
		if err != nil {
			return err
		}
		ctx.Export("gpu_nodes", group.Name)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, template := range mocks.All(templateType) {
		fmt.Println(template.Name, "are", template.Args()["instanceType"])
	}
	// Output: demo-gpu are g5.xlarge
}

func ExampleNewEKSAddon() {
	program := func(ctx *pulumi.Context) error {
		cluster, err := NewEKSCluster(ctx, "demo", &EKSClusterArgs{
			Version:   "1.33",
			VpcID:     pulumi.String("vpc-0123456789abcdef0"),
			SubnetIDs: pulumi.ToStringArray([]string{"subnet-0123456789abcdef0", "subnet-0123456789abcdef1"}),
		})
		if err != nil {
			return err
		}
		_, err = NewEKSAddon(ctx, "demo-coredns", &EKSAddonArgs{
			Cluster: cluster, Addon: "coredns", Version: "v1.12.1-eksbuild.2", TakeOver: true,
		})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, addon := range mocks.All(remoteAddonType) {
		fmt.Println(addon.Args()["addonName"], addon.Args()["addonVersion"])
	}
	// Output: coredns v1.12.1-eksbuild.2
}
