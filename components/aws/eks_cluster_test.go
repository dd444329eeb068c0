package aws

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const remoteClusterType = "eks:index:Cluster"

func eksClusterArgs() *EKSClusterArgs {
	return &EKSClusterArgs{
		Version:             "1.33",
		VpcID:               pulumi.String("vpc"),
		SubnetIDs:           pulumi.ToStringArray([]string{"subnet-a", "subnet-b"}),
		PermissionsBoundary: pulumi.String("boundary"),
		WithoutVpcCNI:       true,
		Access: []AccessEntry{{
			Name: "admin-access-entry", PrincipalARN: pulumi.String("arn:aws:iam::123456789012:role/admin.posit.team"),
			Policies: []AccessPolicy{{Name: "admin", ARN: ClusterAccessPolicy("AmazonEKSClusterAdminPolicy")}},
		}},
		Encrypt:          true,
		LogRetentionDays: 90,
		Ingress:          []EKSIngress{{Name: "demo-bastion", SecurityGroupID: pulumi.String("sg-bastion")}},
		Protect:          true,
		Tags:             map[string]string{"posit.team/managed-by": "test"},
	}
}

func makeEKSCluster(change func(*EKSClusterArgs)) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		args := eksClusterArgs()
		change(args)
		_, err := NewEKSCluster(ctx, "demo01-staging-1", args)
		return err
	}
}

func TestEKSCluster(t *testing.T) {
	t.Parallel()
	const name, issuer = "demo01-staging-1", "oidc.eks.us-east-2.amazonaws.com/id/demo01-staging-1"
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		cluster, err := NewEKSCluster(ctx, name, eksClusterArgs())
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{
			"name": name, "endpoint": "https://" + name + ".eks.example", "ca": "Y2E=", "group": "sg/" + name,
			"issuer": "https://" + issuer, "provider": "arn:aws:iam::123456789012:oidc-provider/" + issuer,
			"role": "arn:aws:iam::123456789012:role/" + name + "-eks-node.posit.team",
		}, map[string]pulumi.Output{
			"name": cluster.Name, "endpoint": cluster.Endpoint, "ca": cluster.CertificateAuthority, "group": cluster.SecurityGroupID,
			"issuer": cluster.OIDCIssuer, "provider": cluster.OIDCProviderARN, "role": cluster.NodeRoleARN,
		})
		return nil
	})
	r.Golden(t, "eks-cluster")
	tagged := map[string]any{"posit.team/managed-by": "test"}
	made := r.Find(t, remoteClusterType, name)
	inputs := made.Args()
	role, _ := inputs["serviceRole"].(map[string]any)
	delete(inputs, "serviceRole") // a reference to the role
	if role == nil && made.Inputs["serviceRole"].IsNull() {
		t.Error("the cluster has no role")
	}
	assert.Equal(t, map[string]any{
		"name": name, "version": "1.33", "vpcId": "vpc", "subnetIds": []any{"subnet-a", "subnet-b"},
		"endpointPrivateAccess": true, "endpointPublicAccess": false,
		"enabledClusterLogTypes": []any{"api", "audit", "authenticator", "controllerManager", "scheduler"},
		"clusterTags":            map[string]any{"Name": name, "posit.team/managed-by": "test"},
		"authenticationMode":     "API", "createOidcProvider": false, "createInstanceRole": false,
		"skipDefaultNodeGroup": true, "skipDefaultSecurityGroups": true, "useDefaultVpcCni": true,
		"kubeProxyAddonOptions":  map[string]any{"enabled": false, "resolveConflictsOnCreate": "OVERWRITE", "resolveConflictsOnUpdate": "OVERWRITE"},
		"corednsAddonOptions":    map[string]any{"enabled": false, "resolveConflictsOnCreate": "OVERWRITE", "resolveConflictsOnUpdate": "OVERWRITE"},
		"defaultAddonsToRemove":  []any{"vpc-cni"},
		"providerCredentialOpts": map[string]any{},
		"encryptionConfigKeyArn": "arn:aws:kms:us-east-2:123456789012:key/" + name + "-secrets",
		"accessEntries": map[string]any{
			"admin-access-entry": map[string]any{
				"principalArn": "arn:aws:iam::123456789012:role/admin.posit.team", "type": "STANDARD", "tags": tagged,
				"accessPolicies": map[string]any{"admin": map[string]any{
					"policyArn":   "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
					"accessScope": map[string]any{"type": "cluster"},
				}},
			},
			"node-access-entry": map[string]any{
				"principalArn": "arn:aws:iam::123456789012:role/" + name + "-eks-node.posit.team", "type": "EC2_LINUX", "tags": tagged,
			},
		},
	}, inputs, "inputs of the cluster")
	// The thumbprint is AWS' affair: nothing but its API is asked.
	r.Find(t, "aws:iam/openIdConnectProvider:OpenIdConnectProvider", name+"-oidcProvider").Exactly(t, map[string]any{
		"url": "https://" + issuer, "clientIdLists": []any{"sts.amazonaws.com"}, "tags": tagged,
	})
	r.Find(t, roleType, name+"-eks").Exactly(t, map[string]any{
		"name": name + "-eks.posit.team", "permissionsBoundary": "boundary", "tags": tagged,
		"assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
	})
	r.Find(t, roleType, name+"-eks-node").Want(t, map[string]any{
		"name": name + "-eks-node.posit.team", "permissionsBoundary": "boundary",
		"assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
	})
	r.Find(t, "aws:ec2/securityGroupRule:SecurityGroupRule", "demo-bastion").Exactly(t, map[string]any{
		"type": "ingress", "protocol": "tcp", "fromPort": 443.0, "toPort": 443.0,
		"securityGroupId": "sg/" + name, "sourceSecurityGroupId": "sg-bastion",
	})
	r.Find(t, "aws:cloudwatch/logGroup:LogGroup", name+"-logs").Exactly(t, map[string]any{
		"name": "/aws/eks/" + name + "/cluster", "retentionInDays": 90.0, "tags": tagged,
	})
	r.Find(t, "aws:kms/key:Key", name+"-secrets").Want(t, map[string]any{"enableKeyRotation": true, "deletionWindowInDays": 30.0})
	for _, before := range []string{
		"aws:iam/rolePolicyAttachment:RolePolicyAttachment " + name + "-eks", "aws:cloudwatch/logGroup:LogGroup " + name + "-logs",
	} {
		if !strings.Contains(fmt.Sprint(made.DependsOn), before) {
			t.Errorf("the cluster does not wait for %s, only for %v", before, made.DependsOn)
		}
	}
}

// An adopted cluster keeps what older programs made, one without Calico its own network.
func TestEKSClusterOptions(t *testing.T) {
	t.Parallel()
	const name = "demo01-staging-1"
	attachments := func(r *componenttest.Recorder) []string {
		var found []string
		for _, made := range r.All(attachmentType) {
			found = append(found, strings.TrimPrefix(made.Name, name))
		}
		return found
	}
	adopted := componenttest.Run(t, makeEKSCluster(func(a *EKSClusterArgs) {
		a.Encrypt, a.LogRetentionDays, a.NodesKeepCNIPolicy, a.Protect = false, 0, true, false
		a.Ingress[0].AllTraffic = true
	}))
	adopted.Golden(t, "eks-cluster-adopted")
	assert.Equal(t, []string{"-eks", "-eks-node-cni", "-eks-node-registry", "-eks-node-ssm", "-eks-node-worker"}, attachments(adopted))
	adopted.Find(t, remoteClusterType, name).Want(t, map[string]any{"encryptionConfigKeyArn": nil})
	adopted.Find(t, "aws:ec2/securityGroupRule:SecurityGroupRule", "demo-bastion").Want(t, map[string]any{
		"protocol": "-1", "fromPort": 0.0, "toPort": 0.0,
	})

	own := componenttest.Run(t, makeEKSCluster(func(a *EKSClusterArgs) {
		a.WithoutVpcCNI, a.ConfigMapAccess, a.Access = false, true, nil
	}))
	own.Find(t, remoteClusterType, name).Want(t, map[string]any{"defaultAddonsToRemove": nil, "accessEntries": nil, "authenticationMode": "API"})
	assert.Equal(t, []string{"-eks", "-eks-node-cni", "-eks-node-registry", "-eks-node-ssm", "-eks-node-worker"}, attachments(own))
	componenttest.SamePreview(t, makeEKSCluster(func(*EKSClusterArgs) {}))
}

func TestEKSClusterTransform(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		args   EKSClusterArgs
		typ    string
		child  string
		props  pulumi.Map
		ignore []string
	}{
		{
			name: "cluster", typ: clusterType,
			props: pulumi.Map{"kept": pulumi.Bool(true), "accessConfig": pulumi.Map{
				"authenticationMode": pulumi.String("API_AND_CONFIG_MAP"), "bootstrapClusterCreatorAdminPermissions": pulumi.Bool(false),
			}},
			ignore: []string{"bootstrapSelfManagedAddons", "accessConfig.bootstrapClusterCreatorAdminPermissions", "defaultAddonsToRemoves", "encryptionConfig"},
		},
		{
			name: "maintenance, by ConfigMap", typ: clusterType, args: EKSClusterArgs{ForceUpdate: true, ConfigMapAccess: true},
			props: pulumi.Map{"kept": pulumi.Bool(true), "forceUpdateVersion": pulumi.Bool(true), "accessConfig": pulumi.Map{
				"authenticationMode": pulumi.String("API_AND_CONFIG_MAP"), "bootstrapClusterCreatorAdminPermissions": pulumi.Bool(true),
			}},
			ignore: []string{"bootstrapSelfManagedAddons", "accessConfig.bootstrapClusterCreatorAdminPermissions", "defaultAddonsToRemoves", "encryptionConfig"},
		},
		{
			name: "one that is there", typ: clusterType, args: EKSClusterArgs{KeepAuthentication: true},
			props:  pulumi.Map{"kept": pulumi.Bool(true)},
			ignore: []string{"bootstrapSelfManagedAddons", "defaultAddonsToRemoves", "encryptionConfig"},
		},
		{
			name: "add-on", typ: addonType, child: "demo-ebs-csi",
			props:  pulumi.Map{"kept": pulumi.Bool(true), "tags": pulumi.StringMap{"Name": pulumi.String("demo")}},
			ignore: []string{"bootstrapSelfManagedAddons", "configurationValues", "serviceAccountRoleArn", "addonVersion"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.args.Protect = true
			cluster := &EKSCluster{}
			cluster.addons.Store("demo-ebs-csi", &EKSAddonArgs{KeepVersion: true, Tags: map[string]string{"Name": "demo"}})
			props := pulumi.Map{"kept": pulumi.Bool(true)}
			if test.typ == clusterType { // as the component gives it
				props["accessConfig"] = pulumi.Map{"authenticationMode": pulumi.String("API")}
			}
			result := cluster.transform("demo", &test.args)(context.Background(), &pulumi.ResourceTransformArgs{
				Type: test.typ, Name: test.child, Props: props,
				Opts: pulumi.ResourceOptions{Version: "6.79.1", IgnoreChanges: []string{"bootstrapSelfManagedAddons"}},
			})
			assert.Equal(t, test.props, result.Props, "inputs")
			assert.Equal(t, test.ignore, result.Opts.IgnoreChanges, "ignored")
			if protected := test.typ != addonType; result.Opts.Protect != protected || result.Opts.Version != "6.79.1" {
				t.Errorf("options %+v", result.Opts)
			}
		})
	}
	entries := (&EKSCluster{}).transform("demo", &EKSClusterArgs{Protect: true, Access: []AccessEntry{
		{Name: "admin-access-entry", Stays: true}, {Name: "node-access-entry"},
	}})
	for name, protected := range map[string]bool{
		"demo-admin-access-entry": true, "demo-admin-access-entry-admin": true, "demo-node-access-entry": false,
	} {
		result := entries(context.Background(), &pulumi.ResourceTransformArgs{Type: accessEntryType, Name: name})
		if got := result != nil && result.Opts.Protect; got != protected {
			t.Errorf("%s: protect is %t", name, got)
		}
	}
	transform := (&EKSCluster{}).transform("demo", &EKSClusterArgs{})
	for _, typ := range []string{roleType, addonType} {
		if transform(context.Background(), &pulumi.ResourceTransformArgs{Type: typ, Name: "other"}) != nil {
			t.Errorf("%s is changed", typ)
		}
	}
}

func TestEKSClusterErrors(t *testing.T) {
	t.Parallel()
	const required = "EKS cluster demo01-staging-1: a version, a VPC and subnets are required"
	for _, test := range []struct {
		change func(*EKSClusterArgs)
		want   string
	}{
		{func(a *EKSClusterArgs) { a.Version = "" }, required},
		{func(a *EKSClusterArgs) { a.VpcID = nil }, required},
		{func(a *EKSClusterArgs) { a.SubnetIDs = nil }, required},
		{func(a *EKSClusterArgs) { a.ConfigMapAccess = true }, "access entries are not used with access by ConfigMap"},
		{func(a *EKSClusterArgs) { a.Ingress[0].SecurityGroupID = nil }, `ingress "demo-bastion": a name and a security group are required`},
		{func(a *EKSClusterArgs) { a.Access = append(a.Access, a.Access[0]) }, `"admin-access-entry": a principal and a name of its own`},
		{func(a *EKSClusterArgs) { a.Access[0].PrincipalARN = nil }, `"admin-access-entry": a principal and a name of its own`},
		{func(a *EKSClusterArgs) { a.Access[0].Policies[0].ARN = "" }, `policy "admin": an ARN and a name of its own are required`},
		{func(a *EKSClusterArgs) { a.Access[0].Type = LinuxNodeAccess }, "one of type EC2_LINUX has neither groups nor policies"},
	} {
		componenttest.Fails(t, makeEKSCluster(test.change), test.want)
	}
}

func TestAccessEntries(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeEKSCluster(func(a *EKSClusterArgs) {
		a.Tags = nil
		a.Access = []AccessEntry{{
			Name: "readers", PrincipalARN: pulumi.String("arn:reader"), Groups: []string{"readers"},
			Policies: []AccessPolicy{{Name: "0", ARN: "arn:view", Namespaces: []string{"posit-team"}}},
		}}
	}))
	entries := r.Find(t, remoteClusterType, "demo01-staging-1").Args()["accessEntries"].(map[string]any)
	assert.Equal(t, map[string]any{
		"principalArn": "arn:reader", "type": "STANDARD", "tags": map[string]any{}, "kubernetesGroups": []any{"readers"},
		"accessPolicies": map[string]any{"0": map[string]any{
			"policyArn": "arn:view", "accessScope": map[string]any{"type": "namespace", "namespaces": []any{"posit-team"}},
		}},
	}, entries["readers"])
}

func ExampleNewEKSCluster() {
	program := func(ctx *pulumi.Context) error {
		cluster, err := NewEKSCluster(ctx, "demo01-staging-20250115", &EKSClusterArgs{
			Version:   "1.33",
			VpcID:     pulumi.String("vpc-0123456789abcdef0"),
			SubnetIDs: pulumi.ToStringArray([]string{"subnet-0123456789abcdef0", "subnet-0123456789abcdef1"}),
			Access: []AccessEntry{{
				Name:         "admins",
				PrincipalARN: pulumi.String("arn:aws:iam::123456789012:role/admins"),
				Policies:     []AccessPolicy{{Name: "admin", ARN: ClusterAccessPolicy("AmazonEKSClusterAdminPolicy")}},
			}},
			Encrypt: true,
			Protect: true,
		})
		if err != nil {
			return err
		}
		ctx.Export("issuer", cluster.OIDCIssuer)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, cluster := range mocks.All(remoteClusterType) {
		fmt.Println(cluster.Args()["name"], "runs", cluster.Args()["version"])
	}
	// Output: demo01-staging-20250115 runs 1.33
}
