package aws

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestUniqueNames makes every example a second time, under another logical name: what must
// be unique is refused.
func TestUniqueNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := map[string]string{
		gatewayType:     "Resource.AlreadyAssociated: vpc " + w.id("vpc") + " already has an internet gateway attached",
		natType:         "Resource.AlreadyAssociated: address " + w.id("address") + " is already associated",
		routeType:       "RouteAlreadyExists: route table and destination " + w.id("table") + " 0.0.0.0/0 are taken",
		associationType: "Resource.AlreadyAssociated: subnet " + w.id("subnet a") + " already has a route table",
		aclRuleType:     "NetworkAclEntryAlreadyExists: The network acl entry identified by " + w.id("acl") + " false 100 already exists",
		securityGroupType: "InvalidGroup.Duplicate: The security group " + w.id("vpc") + " " +
			"group already exists for the VPC",
		endpointType:       "RouteAlreadyExists: an endpoint for " + w.id("vpc") + " com.amazonaws.us-east-2.s3 exists already",
		clusterType:        "ClusterAlreadyExists: tasks",
		serviceType:        "InvalidParameterException: Creation of service " + w.arn("tasks") + " service was not idempotent",
		roleType:           "EntityAlreadyExists: Role with name role already exists.",
		policyType:         "EntityAlreadyExists: A policy called policy already exists. Duplicate names are not allowed.",
		profileType:        "EntityAlreadyExists: Instance Profile profile already exists.",
		providerType:       "EntityAlreadyExists: Provider with url https://oidc.example.com/id/MAIN already exists.",
		subnetGroupType:    "DBSubnetGroupAlreadyExists: The DB subnet group 'databases' already exists.",
		parameterGroupType: "DBParameterGroupAlreadyExists: Parameter group parameters already exists",
		databaseType:       "DBInstanceAlreadyExists: DB instance database already exists",
		bucketType: "BucketAlreadyExists: The requested bucket name ptd-examples is not available: " +
			"the bucket namespace is shared by all users of the system",
		elasticType:        "FileSystemAlreadyExists: creation token files is in use",
		logGroupType:       "ResourceAlreadyExistsException: The specified log group logs already exists",
		secretType:         "ResourceExistsException: The operation failed because the secret secret already exists.",
		aliasType:          "AlreadyExistsException: An alias with the name alias/main already exists",
		controlPlaneType:   "ResourceInUseException: Cluster already exists with name: cluster",
		podIdentityType:    "ResourceInUseException: Association already exists: cluster default main",
		launchTemplateType: "InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use. (template)",
		nodeGroupType:      "ResourceInUseException: NodeGroup already exists with name: cluster nodes",
		addonType:          "ResourceInUseException: Addon already exists: cluster coredns",
		queueType:          "QueueAlreadyExists: A queue already exists with the same name and a different value for attribute: queue",
		eventRuleType:      "ResourceAlreadyExistsException: Rule default rule already exists.",
		eventTargetType:    "the rule and target rule target exist already",
	}
	for typ, described := range Package().Types {
		message, ok := want[typ]
		assert.Equal(t, len(described.Unique) > 0, ok, typ)
		if message == "" {
			continue
		}
		example := w.of(typ)
		if typ == securityGroupType {
			example = w.made["group"]
		}
		if typ == roleType {
			example = w.made["role"]
		}
		_, err := w.CreateUnchecked(typ, "again", example.Inputs)
		assert.EqualError(t, err, message, typ)
	}

	// A record may be one of several of its name and type, each with an identifier.
	record := w.of(recordType)
	weighted := func(identifier string) fields {
		return record.Changed(fields{
			"name": "www.example.com", "setIdentifier": identifier, "weightedRoutingPolicies": several(fields{"weight": 1.0}),
		})
	}
	w.MustCreate(recordType, "blue", weighted("blue"))
	w.MustCreate(recordType, "green", weighted("green"))
	w.Refuses(recordType, "again", weighted("blue"),
		"InvalidChangeBatch: [Tried to create resource record set [name='www.example.com.', type='CNAME', set-identifier='blue'] but it already exists]")
}

// TestInlinePoliciesArePut makes sure that a second resource for an inline policy takes the
// place of the first, and that whichever goes takes the policy along.
func TestInlinePoliciesArePut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	renamed := w.MustCreate(rolePolicyType, "renamed", w.made["role policy"].Changed(fields{"policy": policyA}))
	assert.Equal(t, w.id("role policy"), renamed.ID)
	w.made["role policy"].MustDelete()
	_, state, err := renamed.Read()
	assert.NoError(t, err)
	assert.Nil(t, state, "the setting is lost")
}

// TestNamesAreFreeElsewhere makes sure that a name is taken in one account and region only,
// but that of a bucket everywhere.
func TestNamesAreFreeElsewhere(t *testing.T) {
	t.Parallel()
	cloud, here := newAWS(t)
	elsewhere := newProvider(t, cloud, fields{"region": "us-east-1", "allowedAccountIds": several("111122223333")})
	for _, typ := range []string{queueType, policyType, bucketType} {
		inputs := map[string]fields{queueType: {"name": "main"}, policyType: {"name": "main", "policy": allow}, bucketType: {"bucket": "main"}}[typ]
		here.MustCreate(typ, "main", inputs)
		_, err := elsewhere.Create(typ, "other", inputs)
		if typ == bucketType {
			assert.ErrorContains(t, err, "BucketAlreadyExists")
		} else {
			assert.NoError(t, err)
		}
	}
}

// TestGeneratedNames makes sure that what is given no name gets one that is free, and keeps
// it.
func TestGeneratedNames(t *testing.T) {
	t.Parallel()
	_, provider := newAWS(t)
	for typ, want := range map[string]struct {
		property string
		inputs   fields
	}{
		securityGroupType: {"name", nil}, clusterType: {"name", nil}, roleType: {"name", fields{"assumeRolePolicy": trust("ec2.amazonaws.com")}},
		policyType: {"name", fields{"policy": allow}}, profileType: {"name", nil}, parameterGroupType: {"name", fields{"family": "postgres15"}},
		bucketType: {"bucket", nil}, logGroupType: {"name", nil}, secretType: {"name", nil}, launchTemplateType: {"name", nil}, queueType: {"name", nil},
		eventRuleType: {"name", fields{"scheduleExpression": "rate(1 day)"}},
	} {
		made := provider.MustCreate(typ, "main", want.inputs)
		assert.Regexp(t, `^main-[0-9a-f]{7}$`, made.Text(want.property), typ)
		changed, _ := made.Diff(fields{want.property: nil})
		assert.Empty(t, changed, "%s keeps its name", typ)
		replacement := provider.MustCreate(typ, "main", want.inputs)
		assert.NotEqual(t, made.Text(want.property), replacement.Text(want.property), typ)
		if typ != clusterType {
			prefix := want.property + "Prefix"
			inputs := fields{prefix: "ptd-"}
			for property, value := range want.inputs {
				inputs[property] = value
			}
			prefixed := provider.MustCreate(typ, "prefixed", inputs)
			assert.Regexp(t, `^ptd-[0-9a-f]{26}$`, prefixed.Text(want.property), typ)
			changed, replacing := prefixed.Diff(fields{prefix: nil, want.property: prefixed.Text(want.property)})
			if typ == bucketType { // Pulumi's own resource does not compute the prefix
				assert.Equal(t, []string{"bucketPrefix"}, replacing)
				continue
			}
			assert.Empty(t, changed, "%s: naming what the cloud named changes nothing", typ)
		}
	}
}
