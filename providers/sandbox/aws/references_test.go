package aws

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// naming is an input that names another object, and the cloud's answer when there is none.
type naming struct{ path, value, want string }

const absentRole = "arn:aws:iam::000000000000:role/absent"

func vpcNaming(path string) naming {
	return naming{path, "vpc-0", "InvalidVpcID.NotFound: The vpc ID 'vpc-0' does not exist"}
}

func subnetNaming(path string) naming {
	return naming{path, "subnet-0", "InvalidSubnetID.NotFound: The subnet ID 'subnet-0' does not exist"}
}

func groupNaming(path string) naming {
	return naming{path, "sg-0", "InvalidGroup.NotFound: The security group 'sg-0' does not exist"}
}

func tableNaming(path string) naming {
	return naming{path, "rtb-0", "InvalidRouteTableID.NotFound: The routeTable ID 'rtb-0' does not exist"}
}

func roleNaming(path string) naming {
	return naming{path, "absent", "NoSuchEntity: The role with name absent cannot be found."}
}

func clusterNaming() naming {
	return naming{"clusterName", "absent", "ResourceNotFoundException: No cluster found for name: absent"}
}

func filesNaming() naming {
	return naming{"fileSystemId", "fs-0", "FileSystemNotFound: File system 'fs-0' does not exist."}
}

func bucketNaming() []naming {
	return []naming{{"bucket", "absent", "NoSuchBucket: The specified bucket does not exist: absent"}}
}

// namings are all inputs that name other objects.
var namings = map[string][]naming{
	subnetType:      {vpcNaming("vpcId")},
	gatewayType:     {vpcNaming("vpcId")},
	natType:         {subnetNaming("subnetId"), {"allocationId", "eipalloc-0", "InvalidAllocationID.NotFound: The allocation ID 'eipalloc-0' does not exist"}},
	routeTableType:  {vpcNaming("vpcId")},
	associationType: {tableNaming("routeTableId"), subnetNaming("subnetId")},
	routeType: {
		tableNaming("routeTableId"),
		{"gatewayId", "igw-0", "InvalidInternetGatewayID.NotFound: The internetGateway ID 'igw-0' does not exist"},
		{"natGatewayId", "nat-0", "NatGatewayNotFound: The Nat Gateway nat-0 was not found"},
		{"vpcEndpointId", "vpce-0", "InvalidVpcEndpointId.NotFound: The Vpc Endpoint Id 'vpce-0' does not exist"},
	},
	aclType:           {vpcNaming("vpcId"), subnetNaming("subnetIds[]")},
	aclRuleType:       {{"networkAclId", "acl-0", "InvalidNetworkAclID.NotFound: The networkAcl ID 'acl-0' does not exist"}},
	securityGroupType: {vpcNaming("vpcId"), groupNaming("ingress[].securityGroups[]"), groupNaming("egress[].securityGroups[]")},
	defaultGroupType:  {vpcNaming("vpcId")},
	defaultACLType:    {{"defaultNetworkAclId", "acl-0", "InvalidNetworkAclID.NotFound: The networkAcl ID 'acl-0' does not exist"}},
	endpointType:      {vpcNaming("vpcId"), subnetNaming("subnetIds[]"), tableNaming("routeTableIds[]"), groupNaming("securityGroupIds[]")},
	flowLogType: {
		vpcNaming("vpcId"), {"iamRoleArn", absentRole, "Invalid IAM role: " + absentRole + " does not exist"},
		{"logDestination", "arn:aws:logs:us-east-2:000000000000:log-group:absent", "LogDestination: arn:aws:logs:us-east-2:000000000000:log-group:absent does not exist"},
	},
	groupRuleType:   {groupNaming("securityGroupId"), groupNaming("sourceSecurityGroupId")},
	ingressRuleType: {groupNaming("securityGroupId"), groupNaming("referencedSecurityGroupId")},
	egressRuleType:  {groupNaming("securityGroupId"), groupNaming("referencedSecurityGroupId")},
	instanceType: {
		subnetNaming("subnetId"), groupNaming("vpcSecurityGroupIds[]"),
		{"iamInstanceProfile", "absent", "Invalid IAM Instance Profile name: absent"},
	},
	taskDefinitionType: {
		{"executionRoleArn", absentRole, "ClientException: Role " + absentRole + " is not valid"},
		{"taskRoleArn", absentRole, "ClientException: Role " + absentRole + " is not valid"},
	},
	serviceType: {
		{"cluster", "absent", "ClusterNotFoundException: Cluster absent not found"},
		{"taskDefinition", "absent", "ClientException: TaskDefinition absent not found"},
		subnetNaming("networkConfiguration.subnets[]"), groupNaming("networkConfiguration.securityGroups[]"),
	},
	roleType: {
		{"permissionsBoundary", "absent", "NoSuchEntity: Scope ARN: absent does not exist or is not attachable."},
		{"managedPolicyArns[]", "absent", "NoSuchEntity: Policy absent does not exist or is not attachable."},
	},
	rolePolicyType:     {roleNaming("role")},
	attachmentType:     {roleNaming("role"), {"policyArn", "absent", "NoSuchEntity: Policy absent does not exist or is not attachable."}},
	profileType:        {roleNaming("role")},
	subnetGroupType:    {{"subnetIds[]", "subnet-0", "InvalidSubnet: subnet subnet-0 does not exist"}},
	parameterGroupType: nil,
	databaseType: {
		{"dbSubnetGroupName", "absent", "DBSubnetGroupNotFoundFault: DB subnet group 'absent' does not exist."},
		{"parameterGroupName", "absent", "DBParameterGroupNotFound: DBParameterGroup not found: absent"},
		{"vpcSecurityGroupIds[]", "sg-0", "InvalidParameterValue: Invalid security group , groupId= sg-0"},
	},
	publicAccessType: bucketNaming(),
	bucketPolicyType: bucketNaming(),
	versioningType:   bucketNaming(),
	lifecycleType:    bucketNaming(),
	openZFSType: {
		subnetNaming("subnetIds[]"), subnetNaming("preferredSubnetId"), groupNaming("securityGroupIds[]"), tableNaming("routeTableIds[]"),
	},
	mountTargetType:       {filesNaming(), subnetNaming("subnetId"), groupNaming("securityGroups[]")},
	backupPolicyType:      {filesNaming()},
	accessPointType:       {filesNaming()},
	zoneType:              {{"vpcs[].vpcId", "vpc-0", "InvalidVPCId: The VPC vpc-0 in region is not valid"}},
	recordType:            {{"zoneId", "Z0", "NoSuchHostedZone: No hosted zone found with ID: Z0"}},
	certificateProvedType: {{"certificateArn", "absent", "ResourceNotFoundException: Could not find certificate absent."}},
	secretVersionType:     {{"secretId", "absent", "ResourceNotFoundException: Secrets Manager can't find the specified secret absent"}},
	aliasType:             {{"targetKeyId", "absent", "NotFoundException: Key absent does not exist"}},
	controlPlaneType: {
		{"roleArn", absentRole, "InvalidParameterException: Role with arn: " + absentRole + ", could not be assumed because it does not exist or the trusted entity is not correct"},
		{"vpcConfig.subnetIds[]", "subnet-0", "InvalidParameterException: The subnet ID 'subnet-0' does not exist"},
		{"vpcConfig.securityGroupIds[]", "sg-0", "InvalidParameterException: The security group 'sg-0' does not exist"},
		{"encryptionConfig.provider.keyArn", "absent", "InvalidParameterException: The keyArn in encryptionConfig provider absent is invalid"},
	},
	accessEntryType: {
		clusterNaming(), {"principalArn", absentRole, "InvalidParameterException: The specified principalArn is invalid: invalid principal. (" + absentRole + ")"},
	},
	accessAssociationType: {clusterNaming()},
	podIdentityType:       {clusterNaming(), {"roleArn", absentRole, "InvalidParameterException: Role provided in the request does not exist. (" + absentRole + ")"}},
	launchTemplateType: {
		groupNaming("vpcSecurityGroupIds[]"), groupNaming("networkInterfaces[].securityGroups[]"), subnetNaming("networkInterfaces[].subnetId"),
		{"iamInstanceProfile.name", "absent", "Invalid IAM Instance Profile name: absent"},
	},
	nodeGroupType: {
		clusterNaming(),
		{"nodeRoleArn", absentRole, "InvalidParameterException: Following required service role doesn't exist: " + absentRole},
		{"subnetIds[]", "subnet-0", "InvalidParameterException: The subnet ID 'subnet-0' does not exist"},
		{"launchTemplate.id", "lt-0", "InvalidParameterException: The specified launch template, with template ID lt-0, does not exist."},
	},
	addonType:       {clusterNaming(), {"serviceAccountRoleArn", absentRole, "InvalidParameterException: The role " + absentRole + " does not exist"}},
	queuePolicyType: {{"queueUrl", "absent", "AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist: absent"}},
	eventTargetType: {
		{"rule", "absent", "ResourceNotFoundException: Rule absent does not exist on EventBus default."},
		{"arn", "arn:aws:sqs:us-east-2:000000000000:absent", "ValidationException: the queue arn:aws:sqs:us-east-2:000000000000:absent does not exist"},
	},
}

// placed puts a value at a path.
func placed(path string, value any) fields {
	head, rest, below := strings.Cut(path, ".")
	name, list := strings.CutSuffix(head, "[]")
	if below {
		value = placed(rest, value)
	}
	if list {
		value = several(value)
	}
	return fields{name: value}
}

// TestReferences names what there is not, by every input that names something. In a preview
// it may still come.
func TestReferences(t *testing.T) {
	t.Parallel()
	_, provider := newAWS(t)
	for typ, described := range Package().Types {
		var have, want []string
		for _, reference := range described.References {
			have = append(have, reference.Path)
		}
		for _, naming := range namings[typ] {
			want = append(want, naming.path)
			_, err := provider.CreateUnchecked(typ, "main", placed(naming.path, naming.value))
			assert.EqualError(t, err, strings.ReplaceAll(naming.path, "[]", "[0]")+": "+naming.want, typ)
		}
		assert.ElementsMatch(t, want, have, typ)
	}
}

// TestForeignNames are names of what the sandbox knows nothing of, which it lets pass.
func TestForeignNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for typ, changes := range map[string]fields{
		roleType: {
			"name": "other", "permissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
			"managedPolicyArns": several("arn:aws:iam::aws:policy/ReadOnlyAccess"),
		},
		attachmentType:  {"policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
		flowLogType:     {"logDestination": "arn:aws:s3:::bucket-of-others"},
		accessEntryType: {"principalArn": "arn:aws:iam::000000000000:user/somebody"},
		eventTargetType: {"targetId": "other", "arn": "arn:aws:lambda:us-east-2:000000000000:function:absent"},
	} {
		_, err := w.Create(typ, "other", w.of(typ).Changed(changes))
		assert.NoError(t, err, typ)
	}
}

// users are the examples that must be deleted before another.
var users = map[string]string{
	"acl":             "acl rule",
	"address":         "nat",
	"bucket":          "bucket policy, lifecycle, public access, versioning",
	"certificate":     "certificate validation",
	"elastic files":   "access point, backup policy, mount target",
	"endpoint":        "route to endpoint",
	"gateway":         "route",
	"group":           "cluster, database, egress rule, endpoint, files, group rule, ingress rule, instance, mount target, other template, service, template",
	"key":             "alias",
	"log group":       "flow log",
	"nat":             "route to nat",
	"node role":       "node group, profile",
	"other group":     "egress rule, group, group rule, ingress rule",
	"parameter group": "database",
	"policy":          "attachment, node role",
	"profile":         "instance, other template",
	"queue":           "event target, queue policy",
	"role":            "addon, attachment, cluster, flow log, pod identity, role policy, task",
	"secret":          "secret version",
	"subnet a":        "acl, association, cluster, endpoint, files, instance, mount target, nat, node group, other template, service, subnet group",
	"subnet b":        "acl, cluster, files, node group, subnet group",
	"subnet group":    "database",
	"table":           "association, endpoint, files, route, route to endpoint, route to nat",
	"task":            "service",
	"tasks":           "service",
	"template":        "node group",
	"vpc":             "acl, default acl, default group, eks-cluster-sg-cluster-e2e0c4d74, endpoint, flow log, gateway, group, other group, private zone, subnet a, subnet b, table",
	"zone":            "record",
}

// TestDeletionOrder finds for every example those that use it, and tries to delete it
// before them.
func TestDeletionOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, made := range w.made {
		var have []string
		require.NoError(t, w.cloud.Do(func() error {
			for key := range w.cloudKeys(made.Type, made.ID) {
				for _, user := range w.cloud.Dependents(key) {
					have = append(have, w.nameOf(user))
				}
			}
			return nil
		}))
		slices.Sort(have)
		assert.Equal(t, users[name], strings.Join(have, ", "), name)
		if len(have) > 0 {
			assert.ErrorContains(t, made.Delete(), "DependencyViolation: ", name)
		}
	}
}

// nameOf is the name of an example, or of what came with it.
func (w *world) nameOf(object *sandbox.Object) string {
	for name, made := range w.made {
		if made.Type == object.Type && made.ID == object.ID {
			return name
		}
	}
	return object.Name()
}

// cloudKeys are the keys of an object, which belongs to an account and perhaps to a region.
func (w *world) cloudKeys(typ, id string) map[string]bool {
	return map[string]bool{sandbox.Key(typ, anyAccount, "us-east-2", id): true, sandbox.Key(typ, anyAccount, "", id): true}
}

// TestExamplesNameAllThatTheyCan makes sure that the examples hold every reference.
func TestExamplesNameAllThatTheyCan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	named := map[string]bool{}
	for _, example := range examples {
		for _, reference := range Package().Types[example.typ].References {
			if leads(map[string]any(w.made[example.name].Inputs), reference.Path) {
				named[example.typ+" "+reference.Path] = true
			}
		}
	}
	for typ, described := range Package().Types {
		for _, reference := range described.References {
			assert.True(t, named[typ+" "+reference.Path], "no example of %s has %s", typ, reference.Path)
		}
	}
}

// leads tells whether a path leads to something.
func leads(value any, path string) bool {
	if path == "" {
		return value != nil
	}
	head, rest, _ := strings.Cut(path, ".")
	name, list := strings.CutSuffix(head, "[]")
	object, _ := value.(map[string]any)
	if !list {
		return leads(object[name], rest)
	}
	elements, _ := object[name].([]any)
	return slices.ContainsFunc(elements, func(element any) bool { return leads(element, rest) })
}
