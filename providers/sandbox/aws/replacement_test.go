package aws

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// replacing are the properties of each type whose change replaces a resource.
var replacing = map[string]string{
	vpcType:               "cidrBlock instanceTenancy",
	subnetType:            "availabilityZone availabilityZoneId cidrBlock vpcId",
	gatewayType:           "",
	eipType:               "domain networkBorderGroup publicIpv4Pool",
	natType:               "allocationId connectivityType subnetId",
	routeTableType:        "vpcId",
	routeType:             "destinationCidrBlock routeTableId",
	associationType:       "gatewayId subnetId",
	aclType:               "vpcId",
	aclRuleType:           "cidrBlock egress fromPort networkAclId protocol ruleAction ruleNumber toPort",
	securityGroupType:     "description name namePrefix vpcId",
	defaultGroupType:      "vpcId",
	defaultACLType:        "defaultNetworkAclId",
	endpointType:          "serviceName vpcEndpointType vpcId",
	flowLogType:           "iamRoleArn logDestination logDestinationType logFormat maxAggregationInterval trafficType vpcId",
	groupRuleType:         "cidrBlocks fromPort ipv6CidrBlocks prefixListIds protocol securityGroupId self sourceSecurityGroupId toPort type",
	ingressRuleType:       "securityGroupId",
	egressRuleType:        "securityGroupId",
	instanceType:          "ami availabilityZone keyName subnetId userDataBase64",
	clusterType:           "name",
	taskDefinitionType:    "containerDefinitions cpu executionRoleArn family memory networkMode requiresCompatibilities runtimePlatform taskRoleArn volumes",
	serviceType:           "cluster launchType name",
	roleType:              "name namePrefix path",
	rolePolicyType:        "name role",
	policyType:            "description name namePrefix path",
	attachmentType:        "policyArn role",
	profileType:           "name namePrefix path",
	providerType:          "url",
	subnetGroupType:       "name namePrefix",
	parameterGroupType:    "description family name namePrefix",
	databaseType:          "availabilityZone characterSetName dbName engine identifier identifierPrefix kmsKeyId snapshotIdentifier storageEncrypted timezone username",
	bucketType:            "bucket bucketPrefix",
	publicAccessType:      "bucket",
	bucketPolicyType:      "bucket",
	versioningType:        "bucket",
	lifecycleType:         "bucket",
	openZFSType:           "backupId deploymentType endpointIpAddressRange kmsKeyId preferredSubnetId securityGroupIds storageType subnetIds",
	elasticType:           "availabilityZoneName creationToken encrypted kmsKeyId performanceMode",
	mountTargetType:       "fileSystemId ipAddress subnetId",
	backupPolicyType:      "fileSystemId",
	accessPointType:       "fileSystemId posixUser rootDirectory",
	zoneType:              "delegationSetId name",
	recordType:            "name setIdentifier type zoneId",
	certificateType:       "certificateBody domainName keyAlgorithm privateKey subjectAlternativeNames validationMethod",
	certificateProvedType: "certificateArn validationRecordFqdns",
	logGroupType:          "logGroupClass name namePrefix",
	secretType:            "name namePrefix",
	secretVersionType:     "secretId secretString",
	keyType:               "customerMasterKeySpec keyUsage multiRegion",
	aliasType:             "name",
	controlPlaneType: "accessConfig.bootstrapClusterCreatorAdminPermissions bootstrapSelfManagedAddons kubernetesNetworkConfig.ipFamily " +
		"kubernetesNetworkConfig.serviceIpv4Cidr name outpostConfig roleArn",
	accessEntryType:       "clusterName principalArn type",
	accessAssociationType: "accessScope clusterName policyArn principalArn",
	podIdentityType:       "clusterName namespace serviceAccount",
	launchTemplateType:    "name namePrefix",
	nodeGroupType: "amiType capacityType clusterName diskSize instanceTypes launchTemplate.id launchTemplate.name nodeGroupName " +
		"nodeGroupNamePrefix nodeRoleArn remoteAccess subnetIds",
	addonType:       "addonName clusterName",
	queueType:       "fifoQueue name namePrefix",
	queuePolicyType: "queueUrl",
	eventRuleType:   "eventBusName name namePrefix",
	eventTargetType: "eventBusName rule targetId",
}

// TestReplacement changes every property that a type has, and some below them.
func TestReplacement(t *testing.T) {
	t.Parallel()
	cloud, _ := newAWS(t)
	provider := New(cloud)
	replaces := func(typ string, old, new fields) bool {
		answer, err := provider.Diff(context.Background(), plugin.DiffRequest{
			URN:       resource.NewURN("trial", "trial", "", tokens.Type(typ), "main"),
			OldInputs: sandbox.Properties(old), NewInputs: sandbox.Properties(new),
		})
		require.NoError(t, err)
		require.Equal(t, plugin.DiffSome, answer.Changes)
		return len(answer.ReplaceKeys) > 0
	}
	assert.Equal(t, slices.Sorted(maps.Keys(Package().Types)), slices.Sorted(maps.Keys(replacing)))
	for typ, paths := range replacing {
		want := strings.Fields(paths)
		have := []string{}
		args := Package().Types[typ].Args
		for i := range args.NumField() {
			property := args.Field(i).Tag.Get("pulumi")
			if replaces(typ, fields{}, fields{property: "given"}) {
				have = append(have, property)
			}
			for field := range below(args.Field(i).Type) {
				if !slices.Contains(have, property) && replaces(typ, fields{property: fields{field: "a"}}, fields{property: fields{field: "b"}}) {
					have = append(have, property+"."+field)
				}
			}
		}
		slices.Sort(have)
		assert.Equal(t, want, have, typ)
	}
}

// below are the fields of an object that a property is.
func below(typ reflect.Type) map[string]bool {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	found := map[string]bool{}
	if typ.Kind() == reflect.Struct {
		for i := range typ.NumField() {
			if name, ok := typ.Field(i).Tag.Lookup("pulumi"); ok {
				found[name] = true
			}
		}
	}
	return found
}

// TestEncryptionStaysOn makes sure that taking the encryption of a cluster away replaces it,
// which adding does not.
func TestEncryptionStaysOn(t *testing.T) {
	t.Parallel()
	cluster := newWorld(t).of(controlPlaneType)
	_, replacing := cluster.Diff(fields{"encryptionConfig": nil})
	assert.Equal(t, []string{"encryptionConfig"}, replacing)
	encrypted := cluster.Inputs["encryptionConfig"]
	delete(cluster.Inputs, "encryptionConfig")
	delete(cluster.State, "encryptionConfig")
	changed, replacing := cluster.Diff(fields{"encryptionConfig": encrypted})
	assert.Equal(t, []string{"encryptionConfig"}, changed)
	assert.Empty(t, replacing)
}

// TestComputed makes sure that what a cloud has chosen stays when a program says no more
// of it.
func TestComputed(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		accessEntryType:  "kubernetesGroups userName",
		addonType:        "addonVersion configurationValues",
		providerType:     "thumbprintLists",
		controlPlaneType: "accessConfig kubernetesNetworkConfig upgradePolicy version",
		nodeGroupType:    "amiType capacityType diskSize instanceTypes nodeRepairConfig releaseVersion updateConfig version",
		queueType:        "kmsDataKeyReusePeriodSeconds policy sqsManagedSseEnabled",
	}
	cloud, _ := newAWS(t)
	provider := New(cloud)
	for typ := range Package().Types {
		args := Package().Types[typ].Args
		have := []string{}
		for i := range args.NumField() {
			property := args.Field(i).Tag.Get("pulumi")
			answer, err := provider.Diff(context.Background(), plugin.DiffRequest{
				URN:       resource.NewURN("trial", "trial", "", tokens.Type(typ), "main"),
				OldInputs: sandbox.Properties(fields{property: "given"}), NewInputs: sandbox.Properties(fields{}),
			})
			require.NoError(t, err)
			if answer.Changes == plugin.DiffNone && !strings.HasSuffix(property, "Prefix") {
				have = append(have, property)
			}
		}
		slices.Sort(have)
		assert.Equal(t, strings.Fields(want[typ]), have, typ)
	}
}

// TestDefaults makes sure that what a program leaves out is filled in.
func TestDefaults(t *testing.T) {
	t.Parallel()
	want := map[string]fields{
		aclRuleType:        {"egress": false},
		accessEntryType:    {"type": "STANDARD"},
		bucketType:         {"forceDestroy": false},
		endpointType:       {"vpcEndpointType": "Gateway"},
		eventRuleType:      {"eventBusName": "default", "forceDestroy": false, "state": "ENABLED"},
		eventTargetType:    {"eventBusName": "default", "forceDestroy": false},
		groupRuleType:      {"self": false},
		openZFSType:        {"storageType": "SSD"},
		parameterGroupType: {"description": "Managed by Pulumi"},
		policyType:         {"path": "/"},
		profileType:        {"path": "/"},
		queueType: {
			"delaySeconds": 0.0, "fifoQueue": false, "contentBasedDeduplication": false, "maxMessageSize": 262144.0,
			"messageRetentionSeconds": 345600.0, "receiveWaitTimeSeconds": 0.0, "visibilityTimeoutSeconds": 30.0,
		},
		roleType:          {"maxSessionDuration": 3600.0, "path": "/", "forceDetachPolicies": false},
		securityGroupType: {"description": "Managed by Pulumi"},
		subnetGroupType:   {"description": "Managed by Pulumi"},
		zoneType:          {"comment": "Managed by Pulumi", "forceDestroy": false},
	}
	w := newWorld(t)
	for _, example := range examples {
		given := maps.Clone(w.made[example.name].Inputs)
		maps.DeleteFunc(given, func(property string, _ any) bool { return want[example.typ][property] != nil })
		checked, err := w.Check(example.typ, "other", given)
		require.NoError(t, err)
		maps.DeleteFunc(checked, func(property string, _ any) bool { return given[property] != nil })
		if len(checked) > 0 || want[example.typ] != nil {
			assert.Equal(t, want[example.typ], checked, example.typ)
		}
	}
}
