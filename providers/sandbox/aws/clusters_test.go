package aws

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	awsedge "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/sandbox"
)

const invalid = "InvalidParameterException: "

// object returns the object of a type that has an id, nil when there is none.
func (w *world) object(t *testing.T, typ, id string) *sandbox.Object {
	t.Helper()
	var found *sandbox.Object
	require.NoError(t, w.cloud.Do(func() error {
		for key := range w.cloudKeys(typ, id) {
			if object := w.cloud.Object(key); object != nil {
				found = object
			}
		}
		return nil
	}))
	return found
}

func TestClusterNeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cluster := func(changes fields) fields {
		changes["name"] = "other"
		return w.of(controlPlaneType).Changed(changes)
	}
	w.Refuses(controlPlaneType, "other", cluster(fields{"roleArn": w.arn("node role")}), invalid+"Role with arn: "+w.arn("node role")+
		", could not be assumed because it does not exist or the trusted entity is not correct")
	near := w.MustCreate(subnetType, "near", fields{"vpcId": w.id("vpc"), "cidrBlock": "10.10.2.0/24", "availabilityZone": "us-east-2a"})
	w.Refuses(controlPlaneType, "other", cluster(fields{"vpcConfig": fields{"subnetIds": several(w.id("subnet a"), near.ID)}}),
		invalid+"Subnets specified must be in at least two different AZs")
	vpc := w.MustCreate(vpcType, "other", fields{"cidrBlock": "10.11.0.0/16"})
	far := w.MustCreate(subnetType, "far", fields{"vpcId": vpc.ID, "cidrBlock": "10.11.0.0/24", "availabilityZone": "us-east-2b"})
	w.Refuses(controlPlaneType, "other", cluster(fields{"vpcConfig": fields{"subnetIds": several(w.id("subnet a"), far.ID)}}),
		invalid+"Subnets specified must belong to the same VPC")
	other := w.MustCreate(controlPlaneType, "other", cluster(fields{"version": nil, "enabledClusterLogTypes": several("api")}))
	assert.Equal(t, "1.34", other.State["version"])
	assert.NotNil(t, w.object(t, logGroupType, "/aws/eks/other/cluster"))
}

func TestClusterChanges(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		changes func(w *world) fields
		want    string
	}{
		"next version":     {func(*world) fields { return fields{"version": "1.33"} }, ""},
		"two versions":     {func(*world) fields { return fields{"version": "1.34"} }, invalid + "Unsupported Kubernetes minor version update from 1.32 to 1.34"},
		"an older version": {func(*world) fields { return fields{"version": "1.31"} }, invalid + "Unsupported Kubernetes minor version update from 1.32 to 1.31"},
		"no version":       {func(*world) fields { return fields{"version": nil} }, ""},
		"next mode":        {func(*world) fields { return fields{"accessConfig": fields{"authenticationMode": "API"}} }, ""},
		"a mode that is gone": {func(*world) fields { return fields{"accessConfig": fields{"authenticationMode": "CONFIG_MAP"}} },
			invalid + "Unsupported authentication mode update from API_AND_CONFIG_MAP to CONFIG_MAP"},
		"another VPC": {func(w *world) fields {
			vpc := w.MustCreate(vpcType, "other", fields{"cidrBlock": "10.11.0.0/16"})
			a := w.MustCreate(subnetType, "other a", fields{"vpcId": vpc.ID, "cidrBlock": "10.11.0.0/24", "availabilityZone": "us-east-2a"})
			b := w.MustCreate(subnetType, "other b", fields{"vpcId": vpc.ID, "cidrBlock": "10.11.1.0/24", "availabilityZone": "us-east-2b"})
			return fields{"vpcConfig": fields{"subnetIds": several(a.ID, b.ID)}}
		}, invalid + "Subnets specified must belong to the cluster's VPC VPC"},
		"fewer zones": {func(w *world) fields {
			near := w.MustCreate(subnetType, "near", fields{"vpcId": w.id("vpc"), "cidrBlock": "10.10.2.0/24", "availabilityZone": "us-east-2a"})
			return fields{"vpcConfig": fields{"subnetIds": several(w.id("subnet a"), near.ID)}}
		}, invalid + "Subnets specified must be in at least two different AZs"},
		"other subnets of its zones": {func(w *world) fields {
			near := w.MustCreate(subnetType, "near", fields{"vpcId": w.id("vpc"), "cidrBlock": "10.10.2.0/24", "availabilityZone": "us-east-2a"})
			return fields{"vpcConfig": fields{"subnetIds": several(near.ID, w.id("subnet b"))}}
		}, ""},
		"another zone": {func(w *world) fields {
			far := w.MustCreate(subnetType, "far", fields{"vpcId": w.id("vpc"), "cidrBlock": "10.10.2.0/24", "availabilityZone": "us-east-2c"})
			return fields{"vpcConfig": fields{"subnetIds": several(w.id("subnet a"), w.id("subnet b"), far.ID)}}
		}, invalid + "Provided subnets belong to the AZs 'us-east-2a,us-east-2b,us-east-2c', but the cluster was created in the AZs 'us-east-2a,us-east-2b'"},
	} {
		w := newWorld(t)
		cluster := w.of(controlPlaneType)
		err := cluster.Update(test.changes(w))
		if test.want == "" {
			require.NoError(t, err, name)
			continue
		}
		text := strings.NewReplacer(w.arn("key"), "KEY", w.id("vpc"), "VPC").Replace(err.Error())
		assert.Equal(t, test.want, text, name)
	}
}

func TestNodesMayBeThreeVersionsBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cluster := w.of(controlPlaneType)
	for _, version := range []string{"1.33", "1.34", "1.35"} {
		cluster.MustUpdate(fields{"version": version})
	}
	group := w.of(nodeGroupType)
	assert.EqualError(t, group.Update(fields{"version": "1.34"}), invalid+"Unsupported Kubernetes minor version update from 1.32 to 1.34 for node group nodes")
	assert.EqualError(t, group.Update(fields{"version": "1.31"}), invalid+"Unsupported Kubernetes minor version update from 1.32 to 1.31 for node group nodes")
	group.MustUpdate(fields{"version": "1.33"})
	w.Refuses(nodeGroupType, "old", group.Changed(fields{"nodeGroupName": "old", "version": "1.31"}),
		invalid+"Requested Nodegroup version 1.31 is too old for the cluster's version 1.35")

	w = newWorld(t)
	w.Refuses(nodeGroupType, "new", w.of(nodeGroupType).Changed(fields{"nodeGroupName": "new", "version": "1.33"}),
		invalid+"Requested Nodegroup version 1.33 is newer than the cluster's version 1.32")
	w.change(t, w.of(nodeGroupType), fields{"version": "1.29"}) // an output is looked at before the input
	assert.EqualError(t, w.of(controlPlaneType).Update(fields{"version": "1.33"}),
		"InvalidRequestException: node group nodes runs Kubernetes 1.29, which is too old for a control plane of version 1.33; update it first")
}

func TestClusterDeletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cluster := w.of(controlPlaneType)
	cluster.Stays("ResourceInUseException: Cluster has nodegroups attached: nodes")
	w.of(nodeGroupType).MustDelete()
	group := cluster.State["vpcConfig"].(fields)["clusterSecurityGroupId"].(string)
	user := w.MustCreate(launchTemplateType, "user", fields{"vpcSecurityGroupIds": several(group)})
	cluster.Stays("DependencyViolation: resource " + group + " has a dependent object: aws:ec2/launchTemplate:LaunchTemplate " + user.ID)
	user.MustDelete()
	require.NoError(t, w.cloud.Do(func() error {
		return w.cloud.Put(&sandbox.Object{
			Provider: "kubernetes", Type: configMapType, ID: "default/main", Account: w.arn("cluster"), Inputs: fields{},
		})
	}))
	cluster.MustUpdate(fields{"enabledClusterLogTypes": several("api")})
	require.NotNil(t, w.object(t, logGroupType, "/aws/eks/cluster/cluster"))
	cluster.MustDelete()
	assert.Nil(t, w.object(t, securityGroupType, group), "its security group")
	assert.Nil(t, w.object(t, logGroupType, "/aws/eks/cluster/cluster"), "its logs")
	for _, part := range []string{accessEntryType, accessAssociationType, podIdentityType, addonType, configMapType} {
		require.NoError(t, w.cloud.Do(func() error {
			assert.Empty(t, w.cloud.OfType(part), part)
			return nil
		}))
	}
}

func TestAccessEntries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	entry, access := w.of(accessEntryType), w.of(accessAssociationType)
	w.Refuses(accessEntryType, "again", entry.Inputs,
		"ResourceInUseException: The specified access entry resource is already in use on this cluster. ("+w.arn("role")+")")
	w.Refuses(accessAssociationType, "again", access.Inputs,
		"ResourceInUseException: the policy "+clusterAdminPolicy+" is associated with "+w.arn("role")+" already")
	other := w.MustCreate(roleType, "other", fields{"name": "other", "assumeRolePolicy": trust("ec2.amazonaws.com")})
	w.Refuses(accessAssociationType, "other", access.Changed(fields{"principalArn": other.Text("arn")}),
		"ResourceNotFoundException: The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'. ("+other.Text("arn")+")")
	w.MustCreate(accessEntryType, "other", entry.Changed(fields{"principalArn": other.Text("arn"), "type": "EC2_LINUX"}))
	w.Refuses(accessAssociationType, "other", access.Changed(fields{"principalArn": other.Text("arn")}),
		invalid+"The access entry of "+other.Text("arn")+" has the type EC2_LINUX, with which no policy can be associated")
	entry.MustDelete()
	assert.Nil(t, w.object(t, accessAssociationType, access.ID), "policies go with their entry")

	old := w.MustCreate(controlPlaneType, "old", w.of(controlPlaneType).Changed(fields{"name": "old", "accessConfig": fields{"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": true}}))
	const noEntries = "InvalidRequestException: The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation"
	w.Refuses(accessEntryType, "old", entry.Changed(fields{"clusterName": old.ID}), noEntries)
	w.Refuses(accessAssociationType, "old", access.Changed(fields{"clusterName": old.ID}), noEntries)
	creator := w.MustCreate(controlPlaneType, "creator", w.of(controlPlaneType).Changed(fields{"name": "creator", "accessConfig": fields{
		"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": true,
	}}))
	assert.NotNil(t, w.object(t, accessEntryType, creator.ID+":arn:aws:iam::000000000000:role/admin.posit.team"))
}

// EKS makes entries by itself when a cluster leaves the mode CONFIG_MAP, for its creator and
// for the nodes of managed groups, and the look-up finds them.
func TestAccessEntriesOfEKS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const admin = "arn:aws:iam::000000000000:role/admin.posit.team"
	old := w.MustCreate(controlPlaneType, "old", w.of(controlPlaneType).Changed(fields{"name": "old", "accessConfig": nil}))
	w.MustCreate(nodeGroupType, "old", w.of(nodeGroupType).Changed(fields{"clusterName": old.ID, "nodeGroupName": "old"}))
	find := func(cluster string) ([]awsedge.AccessEntry, error) {
		account, err := Accounts(w.cloud).Account(context.Background(), "000000000000", "us-east-2")
		require.NoError(t, err)
		return account.Clusters().AccessEntries(context.Background(), cluster)
	}
	entries, err := find(old.ID)
	require.NoError(t, err)
	assert.Empty(t, entries, "the mode CONFIG_MAP knows none")

	old.MustUpdate(old.Changed(fields{"accessConfig": fields{"authenticationMode": "API_AND_CONFIG_MAP"}}))
	entries, err = find(old.ID)
	require.NoError(t, err)
	assert.ElementsMatch(t, []awsedge.AccessEntry{
		{PrincipalARN: admin, Type: "STANDARD", Policies: []awsedge.AccessPolicy{{ARN: clusterAdminPolicy}}},
		{PrincipalARN: w.arn("node role"), Type: "EC2_LINUX"},
	}, entries)
	_, err = find("none")
	require.ErrorIs(t, err, awsedge.ErrNotFound)
}

func TestAddons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	proxy := fields{"clusterName": "cluster", "addonName": "kube-proxy", "addonVersion": "v1.33.0-eksbuild.1"}
	w.Refuses(addonType, "proxy", proxy, invalid+"Addon version specified is not supported: kube-proxy v1.33.0-eksbuild.1 does not run on Kubernetes 1.32")
	proxy["addonVersion"] = "v1.28.0-eksbuild.1"
	w.Refuses(addonType, "proxy", proxy, invalid+"Addon version specified is not supported: kube-proxy v1.28.0-eksbuild.1 does not run on Kubernetes 1.32")
	delete(proxy, "addonVersion")
	installed := w.MustCreate(addonType, "proxy", proxy)
	assert.Equal(t, "v1.32.0-eksbuild.2", installed.State["addonVersion"])
	installed.MustUpdate(fields{"addonVersion": "v1.31.0-eksbuild.1"})
	installed.MustUpdate(fields{"addonVersion": nil})
	assert.Equal(t, "v1.31.0-eksbuild.1", installed.State["addonVersion"], "what was chosen stays")

	class := func() *sandbox.Object {
		var found *sandbox.Object
		require.NoError(t, w.cloud.Do(func() error { found = w.cloud.Object(storageClassKey(w.arn("cluster"))); return nil }))
		return found
	}
	driver := fields{"clusterName": "cluster", "addonName": "aws-ebs-csi-driver", "configurationValues": `{"defaultStorageClass":{"enabled":true}}`}
	addon := w.MustCreate(addonType, "driver", driver)
	assert.NotNil(t, class())
	addon.MustUpdate(fields{"configurationValues": nil, "resolveConflictsOnUpdate": "OVERWRITE"})
	assert.NotNil(t, class(), "values that are no longer given are not sent: they stay")
	addon.MustUpdate(fields{"configurationValues": "{}"})
	assert.Nil(t, class(), "it is asked for no more")
	addon.MustUpdate(fields{"configurationValues": driver["configurationValues"], "preserve": true})
	addon.MustDelete()
	assert.NotNil(t, class(), "it is preserved")
	w.MustCreate(addonType, "driver", driver).MustDelete()
	assert.Nil(t, class())
}
