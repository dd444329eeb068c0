package aws

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/sandboxtest"
)

const (
	aclRuleType           = "aws:ec2/networkAclRule:NetworkAclRule"
	routeType             = "aws:ec2/route:Route"
	defaultGroupType      = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	defaultACLType        = "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"
	flowLogType           = "aws:ec2/flowLog:FlowLog"
	serviceType           = "aws:ecs/service:Service"
	publicAccessType      = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	backupPolicyType      = "aws:efs/backupPolicy:BackupPolicy"
	certificateProvedType = "aws:acm/certificateValidation:CertificateValidation"
	queuePolicyType       = "aws:sqs/queuePolicy:QueuePolicy"

	allow = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
)

// trust is the policy of a role that a service may assume.
func trust(service string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"` + service + `"}}]}`
}

// newAWS is an empty cloud with a provider of one account in us-east-2.
func newAWS(t *testing.T) (*sandbox.Cloud, *sandboxtest.Provider) {
	t.Helper()
	cloud := sandboxtest.Open(t, Package())
	return cloud, newProvider(t, cloud, fields{"region": "us-east-2"})
}

func newProvider(t *testing.T, cloud *sandbox.Cloud, configuration fields) *sandboxtest.Provider {
	t.Helper()
	return sandboxtest.New(t, New(cloud), configuration)
}

// example is a resource that is right.
type example struct {
	typ, name string
	inputs    func(w *world) fields
}

// world has an example of every type, which names all that it can name.
type world struct {
	*sandboxtest.Provider
	cloud *sandbox.Cloud
	made  map[string]*sandboxtest.Resource
}

func (w *world) id(name string) string { return w.made[name].ID }

func (w *world) arn(name string) string { return w.made[name].Text("arn") }

// of returns the example of a type.
func (w *world) of(typ string) *sandboxtest.Resource {
	at := slices.IndexFunc(examples, func(e example) bool { return e.typ == typ })
	return w.made[examples[at].name]
}

// newWorld makes all examples.
func newWorld(t *testing.T) *world {
	t.Helper()
	cloud, provider := newAWS(t)
	w := &world{provider, cloud, map[string]*sandboxtest.Resource{}}
	for _, example := range examples {
		w.made[example.name] = w.MustCreate(example.typ, example.name, example.inputs(w))
	}
	return w
}

// change changes what the cloud has of a resource by hand.
func (w *world) change(t *testing.T, made *sandboxtest.Resource, outputs fields) {
	t.Helper()
	require.NoError(t, w.cloud.Do(func() error {
		changed := *w.cloud.Object(sandbox.Key(made.Type, anyAccount, "us-east-2", made.ID))
		changed.Outputs = maps.Clone(changed.Outputs)
		maps.Copy(changed.Outputs, outputs)
		return w.cloud.Put(&changed)
	}))
}

func several(elements ...any) []any { return elements }

var examples = []example{
	{vpcType, "vpc", func(*world) fields { return fields{"cidrBlock": "10.10.0.0/16"} }},
	{gatewayType, "gateway", func(w *world) fields { return fields{"vpcId": w.id("vpc")} }},
	{subnetType, "subnet a", func(w *world) fields {
		return fields{"vpcId": w.id("vpc"), "cidrBlock": "10.10.0.0/24", "availabilityZone": "us-east-2a"}
	}},
	{subnetType, "subnet b", func(w *world) fields {
		return fields{"vpcId": w.id("vpc"), "cidrBlock": "10.10.1.0/24", "availabilityZone": "us-east-2b"}
	}},
	{eipType, "address", func(*world) fields { return fields{"domain": "vpc"} }},
	{natType, "nat", func(w *world) fields { return fields{"subnetId": w.id("subnet a"), "allocationId": w.id("address")} }},
	{routeTableType, "table", func(w *world) fields { return fields{"vpcId": w.id("vpc")} }},
	{securityGroupType, "other group", func(w *world) fields { return fields{"vpcId": w.id("vpc"), "name": "other"} }},
	{securityGroupType, "group", func(w *world) fields {
		return fields{
			"vpcId": w.id("vpc"), "name": "group", "description": "main",
			"ingress": several(fields{"protocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "securityGroups": several(w.id("other group"))}),
			"egress":  several(fields{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "securityGroups": several(w.id("other group"))}),
		}
	}},
	{endpointType, "endpoint", func(w *world) fields {
		return fields{
			"vpcId": w.id("vpc"), "serviceName": "com.amazonaws.us-east-2.s3", "subnetIds": several(w.id("subnet a")),
			"routeTableIds": several(w.id("table")), "securityGroupIds": several(w.id("group")),
		}
	}},
	{routeType, "route", func(w *world) fields {
		return fields{"routeTableId": w.id("table"), "destinationCidrBlock": "0.0.0.0/0", "gatewayId": w.id("gateway")}
	}},
	{routeType, "route to nat", func(w *world) fields {
		return fields{"routeTableId": w.id("table"), "destinationCidrBlock": "198.51.100.0/24", "natGatewayId": w.id("nat")}
	}},
	{routeType, "route to endpoint", func(w *world) fields {
		return fields{"routeTableId": w.id("table"), "destinationCidrBlock": "203.0.113.0/24", "vpcEndpointId": w.id("endpoint")}
	}},
	{associationType, "association", func(w *world) fields { return fields{"routeTableId": w.id("table"), "subnetId": w.id("subnet a")} }},
	{aclType, "acl", func(w *world) fields {
		return fields{"vpcId": w.id("vpc"), "subnetIds": several(w.id("subnet a"), w.id("subnet b"))}
	}},
	{aclRuleType, "acl rule", func(w *world) fields {
		return fields{"networkAclId": w.id("acl"), "ruleNumber": 100.0, "protocol": "tcp", "ruleAction": "allow", "cidrBlock": "10.0.0.0/8", "fromPort": 1.0, "toPort": 2.0}
	}},
	{defaultGroupType, "default group", func(w *world) fields { return fields{"vpcId": w.id("vpc")} }},
	{defaultACLType, "default acl", func(w *world) fields {
		return fields{"defaultNetworkAclId": w.made["vpc"].Text("defaultNetworkAclId")}
	}},
	{groupRuleType, "group rule", func(w *world) fields {
		return fields{"securityGroupId": w.id("group"), "type": "ingress", "protocol": "tcp", "fromPort": 80.0, "toPort": 80.0, "sourceSecurityGroupId": w.id("other group")}
	}},
	{ingressRuleType, "ingress rule", func(w *world) fields {
		return fields{"securityGroupId": w.id("group"), "ipProtocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "referencedSecurityGroupId": w.id("other group")}
	}},
	{egressRuleType, "egress rule", func(w *world) fields {
		return fields{"securityGroupId": w.id("group"), "ipProtocol": "-1", "referencedSecurityGroupId": w.id("other group")}
	}},

	{policyType, "policy", func(*world) fields { return fields{"name": "policy", "policy": allow} }},
	{roleType, "node role", func(w *world) fields {
		return fields{
			"name": "nodes", "assumeRolePolicy": trust("ec2.amazonaws.com"), "permissionsBoundary": w.id("policy"),
			"managedPolicyArns": several("arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy", w.id("policy")),
		}
	}},
	{roleType, "role", func(*world) fields { return fields{"name": "role", "assumeRolePolicy": trust("eks.amazonaws.com")} }},
	{rolePolicyType, "role policy", func(w *world) fields { return fields{"name": "inline", "role": w.id("role"), "policy": allow} }},
	{attachmentType, "attachment", func(w *world) fields { return fields{"role": w.id("role"), "policyArn": w.id("policy")} }},
	{profileType, "profile", func(w *world) fields { return fields{"name": "profile", "role": w.id("node role")} }},
	{providerType, "provider", func(*world) fields {
		return fields{"url": "https://oidc.example.com/id/MAIN", "clientIdLists": several("sts.amazonaws.com"), "thumbprintLists": several()}
	}},
	{instanceType, "instance", func(w *world) fields {
		return fields{
			"ami": "ami-0123456789abcdef0", "instanceType": "t3.micro", "subnetId": w.id("subnet a"),
			"vpcSecurityGroupIds": several(w.id("group")), "iamInstanceProfile": "profile",
		}
	}},

	{logGroupType, "log group", func(*world) fields { return fields{"name": "logs", "retentionInDays": 30.0} }},
	{flowLogType, "flow log", func(w *world) fields {
		return fields{"vpcId": w.id("vpc"), "iamRoleArn": w.arn("role"), "logDestination": w.arn("log group"), "trafficType": "ALL"}
	}},
	{clusterType, "tasks", func(*world) fields { return fields{"name": "tasks"} }},
	{taskDefinitionType, "task", func(w *world) fields {
		return fields{
			"family": "task", "executionRoleArn": w.arn("role"), "taskRoleArn": w.arn("role"),
			"containerDefinitions": `[{"name":"app","image":"example.com/app:1","healthCheck":{"command":["CMD","true"]}}]`,
		}
	}},
	{serviceType, "service", func(w *world) fields {
		return fields{"name": "service", "cluster": w.arn("tasks"), "taskDefinition": w.arn("task"), "networkConfiguration": fields{
			"subnets": several(w.id("subnet a")), "securityGroups": several(w.id("group")),
		}}
	}},

	{subnetGroupType, "subnet group", func(w *world) fields {
		return fields{"name": "databases", "subnetIds": several(w.id("subnet a"), w.id("subnet b"))}
	}},
	{parameterGroupType, "parameter group", func(*world) fields { return fields{"name": "parameters", "family": "postgres15"} }},
	{databaseType, "database", func(w *world) fields {
		return fields{
			"identifier": "database", "engine": "postgres", "engineVersion": "15.8", "username": "postgres", "instanceClass": "db.m5.large",
			"allocatedStorage": 100.0, "skipFinalSnapshot": true, "manageMasterUserPassword": true,
			"dbSubnetGroupName": "databases", "parameterGroupName": "parameters", "vpcSecurityGroupIds": several(w.id("group")),
		}
	}},

	{bucketType, "bucket", func(*world) fields { return fields{"bucket": "ptd-examples"} }},
	{publicAccessType, "public access", func(w *world) fields { return fields{"bucket": w.id("bucket"), "blockPublicAcls": true} }},
	{bucketPolicyType, "bucket policy", func(w *world) fields { return fields{"bucket": w.id("bucket"), "policy": allow} }},
	{versioningType, "versioning", func(w *world) fields {
		return fields{"bucket": w.id("bucket"), "versioningConfiguration": fields{"status": "Enabled"}}
	}},
	{lifecycleType, "lifecycle", func(w *world) fields { return fields{"bucket": w.id("bucket"), "rules": several()} }},

	{openZFSType, "files", func(w *world) fields {
		return fields{
			"deploymentType": "MULTI_AZ_1", "subnetIds": several(w.id("subnet a"), w.id("subnet b")), "preferredSubnetId": w.id("subnet a"),
			"throughputCapacity": 160.0, "storageCapacity": 128.0, "securityGroupIds": several(w.id("group")), "routeTableIds": several(w.id("table")),
		}
	}},
	{elasticType, "elastic files", func(*world) fields { return fields{"creationToken": "files"} }},
	{mountTargetType, "mount target", func(w *world) fields {
		return fields{"fileSystemId": w.id("elastic files"), "subnetId": w.id("subnet a"), "securityGroups": several(w.id("group"))}
	}},
	{backupPolicyType, "backup policy", func(w *world) fields {
		return fields{"fileSystemId": w.id("elastic files"), "backupPolicy": fields{"status": "ENABLED"}}
	}},
	{accessPointType, "access point", func(w *world) fields { return fields{"fileSystemId": w.id("elastic files")} }},

	{zoneType, "private zone", func(w *world) fields {
		return fields{"name": "internal.example.com", "vpcs": several(fields{"vpcId": w.id("vpc")})}
	}},
	{zoneType, "zone", func(*world) fields { return fields{"name": "example.com"} }},
	{certificateType, "certificate", func(*world) fields { return fields{"domainName": "example.com", "validationMethod": "DNS"} }},
	{recordType, "record", func(w *world) fields {
		option := w.made["certificate"].State["domainValidationOptions"].([]any)[0].(fields)
		return fields{
			"zoneId": w.id("zone"), "name": option["resourceRecordName"], "type": "CNAME", "ttl": 60.0, "records": several(option["resourceRecordValue"]),
		}
	}},
	{certificateProvedType, "certificate validation", func(w *world) fields { return fields{"certificateArn": w.arn("certificate")} }},

	{secretType, "secret", func(*world) fields { return fields{"name": "secret", "recoveryWindowInDays": 0.0} }},
	{secretVersionType, "secret version", func(w *world) fields { return fields{"secretId": w.id("secret"), "secretString": "x"} }},
	{keyType, "key", func(*world) fields { return fields{"description": "main"} }},
	{aliasType, "alias", func(w *world) fields { return fields{"name": "alias/main", "targetKeyId": w.id("key")} }},

	{controlPlaneType, "cluster", func(w *world) fields {
		return fields{
			"name": "cluster", "roleArn": w.arn("role"), "version": "1.32",
			"vpcConfig":        fields{"subnetIds": several(w.id("subnet a"), w.id("subnet b")), "securityGroupIds": several(w.id("group"))},
			"accessConfig":     fields{"authenticationMode": "API_AND_CONFIG_MAP"},
			"encryptionConfig": fields{"provider": fields{"keyArn": w.arn("key")}, "resources": several("secrets")},
		}
	}},
	{accessEntryType, "access entry", func(w *world) fields { return fields{"clusterName": "cluster", "principalArn": w.arn("role")} }},
	{accessAssociationType, "access", func(w *world) fields {
		return fields{"clusterName": "cluster", "principalArn": w.arn("role"), "policyArn": clusterAdminPolicy, "accessScope": fields{"type": "cluster"}}
	}},
	{podIdentityType, "pod identity", func(w *world) fields {
		return fields{"clusterName": "cluster", "namespace": "default", "serviceAccount": "main", "roleArn": w.arn("role")}
	}},
	{launchTemplateType, "template", func(w *world) fields {
		return fields{"name": "template", "vpcSecurityGroupIds": several(w.id("group"))}
	}},
	{launchTemplateType, "other template", func(w *world) fields {
		return fields{
			"name": "other-template", "iamInstanceProfile": fields{"name": "profile"},
			"networkInterfaces": several(fields{"subnetId": w.id("subnet a"), "securityGroups": several(w.id("group"))}),
		}
	}},
	{nodeGroupType, "node group", func(w *world) fields {
		return fields{
			"clusterName": "cluster", "nodeGroupName": "nodes", "nodeRoleArn": w.arn("node role"), "version": "1.32",
			"subnetIds": several(w.id("subnet a"), w.id("subnet b")), "launchTemplate": fields{"id": w.id("template"), "version": "1"},
			"scalingConfig": fields{"minSize": 1.0, "desiredSize": 1.0, "maxSize": 2.0},
		}
	}},
	{addonType, "addon", func(w *world) fields {
		return fields{"clusterName": "cluster", "addonName": "coredns", "serviceAccountRoleArn": w.arn("role")}
	}},

	{queueType, "queue", func(*world) fields { return fields{"name": "queue"} }},
	{queuePolicyType, "queue policy", func(w *world) fields {
		return fields{"queueUrl": w.id("queue"), "policy": trust("events.amazonaws.com")}
	}},
	{eventRuleType, "event rule", func(*world) fields { return fields{"name": "rule", "eventPattern": `{"source":["aws.ec2"]}`} }},
	{eventTargetType, "event target", func(w *world) fields {
		return fields{"rule": "rule", "targetId": "target", "arn": w.arn("queue")}
	}},
}

// TestExamples makes an example of every type, changes nothing, and takes all away again.
func TestExamples(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	have := map[string]bool{}
	for _, example := range examples {
		have[example.typ] = true
		made := w.made[example.name]
		changed, _ := made.Diff(nil)
		assert.Empty(t, changed, example.name)
		require.NoError(t, made.Update(nil), example.name)
		_, state, err := made.Read()
		require.NoError(t, err)
		assert.Equal(t, made.State, state, example.name)
	}
	assert.Equal(t, slices.Sorted(maps.Keys(Package().Types)), slices.Sorted(maps.Keys(have)), "every type has an example")

	for _, example := range slices.Backward(examples) {
		w.made[example.name].MustDelete()
	}
	objects, err := w.cloud.List()
	require.NoError(t, err)
	assert.Empty(t, objects)
}

// TestOutputsAreForeseen makes sure that a preview of every type promises each output that
// it has.
func TestOutputsAreForeseen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, example := range examples {
		made := w.made[example.name]
		foreseen, err := w.Preview(example.typ, "new "+example.name, made.Inputs)
		require.NoError(t, err, example.name)
		for output := range made.State {
			assert.Contains(t, foreseen, output, "%s: a program that uses the output in a preview would find nothing", example.name)
		}
	}
}

func TestSecretOutputs(t *testing.T) {
	t.Parallel()
	secret := map[string][]string{}
	for typ, described := range Package().Types {
		if described.Secret != nil {
			secret[typ] = described.Secret
		}
	}
	assert.Equal(t, map[string][]string{secretVersionType: {"secretString"}}, secret)
}
