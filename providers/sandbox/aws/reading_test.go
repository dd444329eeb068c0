package aws

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox/sandboxtest"
)

// differsAfter are the properties of a resource that the same program would change again,
// after a refresh.
func differsAfter(made *sandboxtest.Resource) string {
	return differsFrom(made, made.Changed(nil))
}

// differsFrom are the properties of a resource that a program would change after a refresh.
func differsFrom(made *sandboxtest.Resource, program fields) string {
	made.Refresh()
	changed, _ := made.Diff(program)
	return strings.Join(changed, " ")
}

// TestDefaultACLTakesSubnets makes sure that subnets without an ACL of their own, and rules of
// others, are a difference of the default one.
func TestDefaultACLTakesSubnets(t *testing.T) {
	t.Parallel()
	_, provider := newAWS(t)
	vpc := provider.MustCreate(vpcType, "main", fields{"cidrBlock": "10.0.0.0/16"})
	subnet := provider.MustCreate(subnetType, "main", fields{"vpcId": vpc.ID, "cidrBlock": "10.0.0.0/24"})
	acl := provider.MustCreate(defaultACLType, "main", fields{"defaultNetworkAclId": vpc.Text("defaultNetworkAclId")})
	changed, _ := acl.Diff(nil)
	assert.Equal(t, []string{"subnetIds"}, changed, "it was made before the subnet had another")
	acl.MustUpdate(nil)
	changed, _ = acl.Diff(nil)
	assert.Equal(t, []string{"subnetIds"}, changed, "a subnet always has an ACL: every run again")

	provider.MustCreate(aclType, "main", fields{"vpcId": vpc.ID, "subnetIds": several(subnet.ID)})
	assert.Empty(t, differsAfter(acl))
	provider.MustCreate(subnetType, "outside", fields{"vpcId": vpc.ID, "cidrBlock": "10.0.1.0/24"})
	changed, _ = acl.Diff(nil)
	assert.Empty(t, changed, "nobody has looked")
	assert.Equal(t, "subnetIds", differsAfter(acl))
}

func TestRulesInTheDefaultACL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acl := w.made["default acl"]
	rule := fields{"protocol": "6", "ruleNo": 1.0, "action": "allow", "fromPort": 22.0, "toPort": 22.0, "cidrBlock": "0.0.0.0/0"}
	w.change(t, acl, fields{"ingress": several(rule)})
	changed, _ := acl.Diff(nil)
	assert.Empty(t, changed)
	assert.Equal(t, "ingress", differsAfter(acl))
	given := fields{"ingress": several(fields{"protocol": "tcp", "ruleNo": 1.0, "action": "ALLOW", "fromPort": 22.0, "toPort": 22.0, "cidrBlock": "0.0.0.0/0"})}
	changed, _ = acl.Diff(given)
	assert.Empty(t, changed, "protocols by name and number are the same")
}

// TestFlowLogDestinations makes sure that the suffix of a log group replaces its flow log on
// every run.
func TestFlowLogDestinations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	log := w.MustCreate(flowLogType, "main", w.made["flow log"].Changed(fields{"logDestination": "arn:aws:s3:::bucket:*"}))
	assert.Equal(t, "arn:aws:s3:::bucket", log.Text("logDestination"))
	_, replaced := log.Diff(nil)
	assert.Equal(t, []string{"logDestination"}, replaced)
	changed, _ := log.Diff(fields{"logDestination": "arn:aws:s3:::bucket"})
	assert.Empty(t, changed, "what was made with it may be named without")
}

// TestRolesReadAllPolicies makes sure that what others attach to a role is a difference where
// the program lists policies, and none where it does not.
func TestRolesReadAllPolicies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	assert.Empty(t, differsAfter(w.made["role"]), "its policies are attached")
	assert.Equal(t, several(w.id("policy")), w.made["role"].State["managedPolicyArns"])

	listing := w.made["node role"]
	program := listing.Changed(fields{"inlinePolicies": several(fields{"name": "own", "policy": policyA})})
	listing.MustUpdate(program)
	assert.Empty(t, differsFrom(listing, program))
	others := []*sandboxtest.Resource{
		w.MustCreate(attachmentType, "other", fields{"role": listing.ID, "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
		w.MustCreate(rolePolicyType, "other", fields{"name": "other", "role": listing.ID, "policy": allow}),
	}
	changed, _ := listing.Diff(program)
	assert.Empty(t, changed, "nobody has looked")
	assert.Equal(t, "inlinePolicies managedPolicyArns", differsFrom(listing, program))
	listing.MustUpdate(program)
	changed, _ = listing.Diff(program)
	assert.Empty(t, changed)
	for _, other := range others {
		_, state, err := other.Read()
		require.NoError(t, err)
		assert.Nil(t, state, "it is taken away, and its own program makes it again")
	}
}

// TestInlinePoliciesInAll makes sure that the limit of inline policies holds for a role, and
// that white space does not count.
func TestInlinePoliciesInAll(t *testing.T) {
	t.Parallel()
	_, provider := newAWS(t)
	long := func(length int) string {
		return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "` + strings.Repeat("x", length) + `"}]}`
	}
	inline := func(length int) []any { return several(fields{"name": "first", "policy": long(length)}) }
	role := provider.MustCreate(roleType, "main", fields{"name": "main", "assumeRolePolicy": trust("ec2.amazonaws.com"), "inlinePolicies": inline(5000)})
	policy := provider.MustCreate(rolePolicyType, "main", fields{"name": "main", "role": "main", "policy": long(5000)})
	const limit = "LimitExceeded: Maximum policy size of 10240 bytes exceeded for role main"
	provider.Refuses(rolePolicyType, "other", fields{"name": "other", "role": "main", "policy": long(200)}, limit)
	require.EqualError(t, policy.Update(fields{"policy": long(5200)}), limit)
	require.EqualError(t, role.Update(fields{"inlinePolicies": inline(5200)}), limit)
	policy.MustUpdate(fields{"policy": long(5010) + strings.Repeat("\n\t", 9000)})
}

// TestTagsOfATemplate makes sure that tags alone make no version, although a preview does not
// know that.
func TestTagsOfATemplate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	template := w.made["template"]
	foreseen, err := template.PreviewUpdate(fields{"tags": fields{"a": "b"}})
	require.NoError(t, err)
	assert.NotEqual(t, 1.0, foreseen["latestVersion"])
	assert.Equal(t, 1.0, foreseen["defaultVersion"])
	template.MustUpdate(fields{"tags": fields{"a": "b"}})
	assert.Equal(t, 1.0, template.State["latestVersion"])

	foreseen, err = template.PreviewUpdate(fields{"description": "main", "updateDefaultVersion": true})
	require.NoError(t, err)
	assert.Equal(t, 1.0, foreseen["latestVersion"], "the description makes one that no preview announces")
	template.MustUpdate(fields{"description": "main"})
	assert.Equal(t, 2.0, template.State["latestVersion"])
}

// TestVersionAliases makes sure that an alias of a template's version differs on every run.
func TestVersionAliases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.made["node group"]
	group.MustUpdate(fields{"launchTemplate": fields{"id": w.id("template"), "version": "$Latest"}})
	assert.Equal(t, "1", group.State["launchTemplate"].(fields)["version"])
	changed, replaced := group.Diff(nil)
	assert.Equal(t, []string{"launchTemplate"}, changed)
	assert.Empty(t, replaced)
	changed, _ = group.Diff(fields{"launchTemplate": fields{"id": w.id("template"), "version": "1"}})
	assert.Empty(t, changed)
}

// TestClustersKeepTheirKey makes sure that another key is a difference that never goes.
func TestClustersKeepTheirKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cluster := w.made["cluster"]
	other := w.MustCreate(keyType, "other", fields{"description": "other"})
	encryption := fields{"encryptionConfig": fields{"provider": fields{"keyArn": other.Text("arn")}, "resources": several("secrets")}}
	changed, replaced := cluster.Diff(encryption)
	assert.Equal(t, []string{"encryptionConfig"}, changed)
	assert.Empty(t, replaced)
	cluster.MustUpdate(encryption)
	changed, _ = cluster.Diff(nil)
	assert.Equal(t, []string{"encryptionConfig"}, changed)
	assert.Equal(t, w.arn("key"), cluster.State["encryptionConfig"].(fields)["provider"].(fields)["keyArn"])
}

// TestConfigMapNeedsItsCreator makes sure that a cluster without access entries admits whoever
// makes it.
func TestConfigMapNeedsItsCreator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cluster := func(access fields) fields {
		return w.made["cluster"].Changed(fields{"name": "other", "accessConfig": access})
	}
	const refused = "InvalidParameterException: bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode is set to CONFIG_MAP"
	w.Refuses(controlPlaneType, "other", cluster(fields{"authenticationMode": "CONFIG_MAP"}), refused)
	w.Refuses(controlPlaneType, "other", cluster(fields{"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": false}), refused)
	w.MustCreate(controlPlaneType, "other", cluster(fields{"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": true}))
}

// TestWhatIsDroppedIsThere makes sure that rules and policies which a program says no more of
// are still in force, and still keep what they name.
func TestWhatIsDroppedIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.made["group"]
	rules := group.Inputs["ingress"]
	group.MustUpdate(fields{"ingress": nil, "tags": fields{"a": "b"}})
	assert.Equal(t, rules, group.State["ingress"])
	group.MustUpdate(fields{"ingress": several()})
	assert.Empty(t, group.State["ingress"])

	role := w.made["node role"]
	role.MustUpdate(fields{"managedPolicyArns": nil, "permissionsBoundary": nil, "description": "nodes"})
	assert.ErrorContains(t, w.made["policy"].Delete(), "Role nodes", "the role has the policy yet")
	assert.Len(t, role.State["managedPolicyArns"], 2)
}

// TestAnotherTableIsAnotherAssociation makes sure that an association whose table changed is
// not found again under the id that the engine has.
func TestAnotherTableIsAnotherAssociation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	association := w.made["association"]
	other := w.MustCreate(routeTableType, "other", fields{"vpcId": w.id("vpc")})
	association.MustUpdate(fields{"routeTableId": other.ID})
	_, state, err := association.Read()
	require.NoError(t, err)
	assert.Nil(t, state)
	w.Refuses(associationType, "again", association.Inputs, "Resource.AlreadyAssociated: subnet "+w.id("subnet a")+" already has a route table")
}
