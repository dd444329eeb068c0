package ensure

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/stacks/config"
)

// declaring is a program of raw resources, which, unlike one that uses the SDKs, can
// be wrong in any way.
type declaring func(add adder)

type adder func(typ, name string, properties pulumi.Map, options ...pulumi.ResourceOption) *anyResource

// anyResource has the outputs that the programs here pass on.
type anyResource struct {
	pulumi.CustomResourceState
	ARN  pulumi.StringOutput `pulumi:"arn"`
	Name pulumi.StringOutput `pulumi:"name"`
}

// anyProvider is a provider with raw inputs.
type anyProvider struct{ pulumi.ProviderResourceState }

// TestStrictness runs wrong programs on the real engine in the sandbox: each is
// refused, with a message that says what is wrong.
func TestStrictness(t *testing.T) {
	text := func(value string) pulumi.Input { return pulumi.String(value) }
	list := func(values ...string) pulumi.Input { return pulumi.ToStringArray(values) }
	after := func(resource pulumi.Resource) pulumi.ResourceOption {
		return pulumi.DependsOn([]pulumi.Resource{resource})
	}
	const (
		vpcType     = "aws:ec2/vpc:Vpc"
		subnetType  = "aws:ec2/subnet:Subnet"
		groupType   = "aws:ec2/securityGroup:SecurityGroup"
		roleType    = "aws:iam/role:Role"
		bucketType  = "aws:s3/bucket:Bucket"
		zoneType    = "aws:route53/zone:Zone"
		sqlRole     = "postgresql:index/role:Role"
		sqlDatabase = "postgresql:index/database:Database"
		sqlGrant    = "postgresql:index/grant:Grant"

		trust  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}]}`
		policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`
	)
	vpc := pulumi.Map{"cidrBlock": text("10.10.0.0/16")}
	server := pulumi.Map{
		"identifier": text("second"), "engine": text("postgres"), "engineVersion": text("15"), "username": text("postgres"),
		"instanceClass": text("db.m5.large"), "allocatedStorage": pulumi.Int(100), "skipFinalSnapshot": pulumi.Bool(true),
	}
	with := func(properties pulumi.Map, more pulumi.Map) pulumi.Map {
		properties = maps.Clone(properties)
		maps.Copy(properties, more)
		return properties
	}
	database := with(server, pulumi.Map{"manageMasterUserPassword": pulumi.Bool(true)})
	object := func(name string, fields pulumi.Map) pulumi.Map {
		return with(fields, pulumi.Map{"metadata": pulumi.Map{"name": text(name), "namespace": text("default")}})
	}
	containers := pulumi.Array{pulumi.Map{"name": text("app"), "image": text("example.com/app:1")}}
	deployment := func(selector, label string, containers pulumi.Array) pulumi.Map {
		return object("app", pulumi.Map{"spec": pulumi.Map{
			"selector": pulumi.Map{"matchLabels": pulumi.Map{"app": text(selector)}},
			"template": pulumi.Map{
				"metadata": pulumi.Map{"labels": pulumi.Map{"app": text(label)}},
				"spec":     pulumi.Map{"containers": containers},
			},
		}})
	}
	definition := pulumi.Map{"metadata": pulumi.Map{"name": text("sites.core.posit.team")}, "spec": pulumi.Map{
		"group": text("core.posit.team"), "scope": text("Namespaced"),
		"names": pulumi.Map{"kind": text("Site"), "plural": text("sites"), "singular": text("site"), "listKind": text("SiteList")},
		"versions": pulumi.Array{pulumi.Map{
			"name": text("v1beta1"), "served": pulumi.Bool(true), "storage": pulumi.Bool(true),
			"schema": pulumi.Map{"openAPIV3Schema": pulumi.Map{"type": text("object"), "properties": pulumi.Map{
				"spec": pulumi.Map{"type": text("object"), "required": list("domain"), "properties": pulumi.Map{
					"domain":   pulumi.Map{"type": text("string")},
					"replicas": pulumi.Map{"type": text("integer"), "maximum": pulumi.Int(5)},
				}},
			}}},
		}},
	}}
	site := func(spec pulumi.Map) declaring {
		return func(add adder) {
			defined := add("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "sites", definition)
			add("kubernetes:core.posit.team/v1beta1:Site", "main", object("main", pulumi.Map{"spec": spec}), after(defined))
		}
	}
	one := func(typ, name string, properties pulumi.Map) []declaring {
		return []declaring{func(add adder) { add(typ, name, properties) }}
	}
	fileSystem := func(capacity int) declaring {
		return func(add adder) {
			subnet := add(subnetType, "main", pulumi.Map{"vpcId": add(vpcType, "main", vpc).ID(), "cidrBlock": text("10.10.0.0/24")})
			add("aws:fsx/openZfsFileSystem:OpenZfsFileSystem", "main", pulumi.Map{"deploymentType": text("SINGLE_AZ_HA_2"), "subnetIds": pulumi.Array{subnet.ID()},
				"throughputCapacity": pulumi.Int(160), "storageCapacity": pulumi.Int(capacity)})
		}
	}
	var saved string // an id from the first program for the second
	remember := func(resource *anyResource) {
		resource.ID().ApplyT(func(id pulumi.ID) string { saved = string(id); return saved })
	}
	for name, test := range map[string]struct {
		programs []declaring // all but the last are right
		want     string
	}{
		// Shapes.
		"unknown property": {
			one(vpcType, "main", with(vpc, pulumi.Map{"enableDnsSuport": pulumi.Bool(true)})),
			`aws:ec2/vpc:Vpc resource 'main': property enableDnsSuport value {true} has a problem: is not a property of this resource (did you mean "enableDnsSupport"?)`,
		},
		"wrong type": {
			one(vpcType, "main", with(vpc, pulumi.Map{"enableDnsSupport": text("perhaps")})),
			"aws:ec2/vpc:Vpc resource 'main': property enableDnsSupport value {perhaps} has a problem: is a string, want a bool",
		},
		"list instead of string": {
			one(bucketType, "main", pulumi.Map{"bucket": list("a", "b")}),
			"aws:s3/bucket:Bucket resource 'main': property bucket value {[{a} {b}]} has a problem: is a list, want a string",
		},
		"required by the SDK": {
			one(subnetType, "main", pulumi.Map{"cidrBlock": text("10.0.0.0/24")}),
			"aws:ec2/subnet:Subnet resource 'main': property vpcId value {<nil>} has a problem: is required",
		},
		"required by the cloud": {
			one(roleType, "main", pulumi.Map{"name": text("main")}),
			"aws:iam/role:Role resource 'main': property assumeRolePolicy value {<nil>} has a problem: is required",
		},

		// Networks.
		"subnet of no VPC": {
			one(subnetType, "main", pulumi.Map{"vpcId": text("vpc-0123456789abcdef0"), "cidrBlock": text("10.0.0.0/24")}),
			"vpcId: InvalidVpcID.NotFound: The vpc ID 'vpc-0123456789abcdef0' does not exist",
		},
		"block that is no block": {
			one(vpcType, "main", pulumi.Map{"cidrBlock": text("10.10.0.0")}),
			`aws:ec2/vpc:Vpc resource 'main': property cidrBlock value {10.10.0.0} has a problem: "10.10.0.0" is not a valid CIDR block`,
		},
		"block with host bits": {
			one(vpcType, "main", pulumi.Map{"cidrBlock": text("10.10.0.1/16")}),
			`aws:ec2/vpc:Vpc resource 'main': property cidrBlock value {10.10.0.1/16} has a problem: "10.10.0.1/16" is not a valid CIDR block: it has host bits; did you mean 10.10.0.0/16?`,
		},
		"block that is too large": {
			one(vpcType, "main", pulumi.Map{"cidrBlock": text("10.0.0.0/8")}),
			`aws:ec2/vpc:Vpc resource 'main': property cidrBlock value {10.0.0.0/8} has a problem: "10.0.0.0/8" must be between /16 and /28`,
		},
		"reserved tag": {
			one(vpcType, "main", with(vpc, pulumi.Map{"tags": pulumi.Map{"aws:name": text("x")}})),
			"aws:ec2/vpc:Vpc resource 'main': property tags.aws:name value {<nil>} has a problem: the prefix aws: is reserved",
		},
		"security group of no VPC": {
			one(groupType, "main", pulumi.Map{"vpcId": text("vpc-1"), "description": text("main")}),
			"vpcId: InvalidVpcID.NotFound: The vpc ID 'vpc-1' does not exist",
		},
		"subnet outside its VPC": {[]declaring{func(add adder) {
			add(subnetType, "main", pulumi.Map{"vpcId": add(vpcType, "main", vpc).ID(), "cidrBlock": text("10.11.0.0/24")})
		}}, "InvalidSubnet.Range: The CIDR '10.11.0.0/24' is invalid: it is not in the block 10.10.0.0/16 of vpc-3b92cbac46f4922df"},
		"overlapping subnets": {[]declaring{func(add adder) {
			id := add(vpcType, "main", vpc).ID()
			first := add(subnetType, "first", pulumi.Map{"vpcId": id, "cidrBlock": text("10.10.0.0/20")})
			add(subnetType, "second", pulumi.Map{"vpcId": id, "cidrBlock": text("10.10.8.0/24")}, after(first))
		}}, "InvalidSubnet.Conflict: The CIDR '10.10.8.0/24' conflicts with another subnet (subnet-b5a8ec5b5fa3fb92a)"},
		"zone of another region": {[]declaring{func(add adder) {
			add(subnetType, "main", pulumi.Map{"vpcId": add(vpcType, "main", vpc).ID(), "cidrBlock": text("10.10.0.0/24"), "availabilityZone": text("eu-west-1a")})
		}}, "InvalidParameterValue: Value (eu-west-1a) for parameter availabilityZone is invalid in us-east-2"},
		"second internet gateway": {[]declaring{func(add adder) {
			id := add(vpcType, "main", vpc).ID()
			first := add("aws:ec2/internetGateway:InternetGateway", "first", pulumi.Map{"vpcId": id})
			add("aws:ec2/internetGateway:InternetGateway", "second", pulumi.Map{"vpcId": id}, after(first))
		}}, "Resource.AlreadyAssociated: vpc vpc-3b92cbac46f4922df already has an internet gateway attached"},
		"VPC deleted before its subnet": {[]declaring{
			func(add adder) {
				main := add(vpcType, "main", vpc)
				remember(main)
				add(subnetType, "main", pulumi.Map{"vpcId": main.ID(), "cidrBlock": text("10.10.0.0/24")})
			},
			func(add adder) {
				add(subnetType, "main", pulumi.Map{"vpcId": text(saved), "cidrBlock": text("10.10.0.0/24")})
			},
		}, "DependencyViolation: Vpc vpc-3b92cbac46f4922df cannot be deleted: Subnet subnet-11ee32924275c1f00 still uses it"},
		"policy deleted while attached": {[]declaring{
			func(add adder) {
				role := add(roleType, "main", pulumi.Map{"name": text("main"), "assumeRolePolicy": text(trust)})
				made := add("aws:iam/policy:Policy", "main", pulumi.Map{"name": text("main"), "policy": text(policy)})
				remember(made)
				add("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "main", pulumi.Map{"role": role.Name, "policyArn": made.ARN})
			},
			func(add adder) {
				add(roleType, "main", pulumi.Map{"name": text("main"), "assumeRolePolicy": text(trust)})
				add("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "main", pulumi.Map{"role": text("main"), "policyArn": text(saved)})
			},
		}, "DependencyViolation: Policy main (arn:aws:iam::000000000000:policy/main) cannot be deleted: RolePolicyAttachment main-e859c5ddeffdf407378f43d78e still uses it"},

		// Identity.
		"policy that is no JSON": {
			one(roleType, "main", pulumi.Map{"name": text("main"), "assumeRolePolicy": text("{")}),
			"aws:iam/role:Role resource 'main': property assumeRolePolicy value {{} has a problem: MalformedPolicyDocument: unexpected EOF",
		},
		"policy without principal": {
			one(roleType, "main", pulumi.Map{"name": text("main"), "assumeRolePolicy": text(policy)}),
			`aws:iam/role:Role resource 'main': property assumeRolePolicy value {{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}} has a problem: MalformedPolicyDocument: statement 1: Principal must not be empty`,
		},
		"policy without resource": {
			one("aws:iam/policy:Policy", "main", pulumi.Map{"name": text("main"), "policy": text(trust)}),
			`aws:iam/policy:Policy resource 'main': property policy value {{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}]}} has a problem: MalformedPolicyDocument: statement 1: Resource must not be empty`,
		},
		"attachment to no role": {
			one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "main", pulumi.Map{"role": text("nobody"), "policyArn": text("arn:aws:iam::aws:policy/ReadOnlyAccess")}),
			"role: NoSuchEntity: The role with name nobody cannot be found.",
		},
		"policy name that is taken": {[]declaring{func(add adder) {
			first := add("aws:iam/policy:Policy", "first", pulumi.Map{"name": text("main"), "policy": text(policy)})
			add("aws:iam/policy:Policy", "second", pulumi.Map{"name": text("main"), "policy": text(policy)}, after(first))
		}}, "EntityAlreadyExists: A policy called main already exists. Duplicate names are not allowed."},

		// Storage, secrets, databases, domains.
		"bucket name that is taken": {[]declaring{func(add adder) {
			first := add(bucketType, "first", pulumi.Map{"bucket": text("ptd-main")})
			add(bucketType, "second", pulumi.Map{"bucket": text("ptd-main")}, after(first))
		}}, "BucketAlreadyExists: The requested bucket name ptd-main is not available: the bucket namespace is shared by all users of the system"},
		"bucket name with capitals": {
			one(bucketType, "main", pulumi.Map{"bucket": text("PTD-Main")}),
			`aws:s3/bucket:Bucket resource 'main': property bucket value {PTD-Main} has a problem: "PTD-Main" is not a valid bucket name (3 to 63 lowercase letters, digits, dots and hyphens)`,
		},
		"settings of no bucket": {one("aws:s3/bucketVersioningV2:BucketVersioningV2", "main", pulumi.Map{
			"bucket": text("ptd-absent"), "versioningConfiguration": pulumi.Map{"status": text("Enabled")}}), "bucket: NoSuchBucket: The specified bucket does not exist: ptd-absent"},
		"version of no secret": {
			one("aws:secretsmanager/secretVersion:SecretVersion", "main", pulumi.Map{"secretId": text("absent"), "secretString": text("x")}),
			"secretId: ResourceNotFoundException: Secrets Manager can't find the specified secret absent",
		},
		"database in one zone": {[]declaring{func(add adder) {
			subnet := add(subnetType, "main", pulumi.Map{"vpcId": add(vpcType, "main", vpc).ID(), "cidrBlock": text("10.10.0.0/24")})
			add("aws:rds/subnetGroup:SubnetGroup", "main", pulumi.Map{"name": text("main"), "subnetIds": pulumi.Array{subnet.ID()}})
		}}, "DBSubnetGroupDoesNotCoverEnoughAZs: The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement: its subnets cover 1, at least 2 are needed"},
		"database without password": {
			one("aws:rds/instance:Instance", "main", server),
			"aws:rds/instance:Instance resource 'main': property password value {<nil>} has a problem: one of password, manageMasterUserPassword is required",
		},
		"database of no parameter group": {
			one("aws:rds/instance:Instance", "main", with(database, pulumi.Map{"parameterGroupName": text("absent")})),
			"parameterGroupName: DBParameterGroupNotFound: DBParameterGroup not found: absent",
		},
		"protected database deleted": {[]declaring{
			one("aws:rds/instance:Instance", "main", with(database, pulumi.Map{"deletionProtection": pulumi.Bool(true)}))[0],
			func(adder) {},
		}, "InvalidParameterCombination: Cannot delete protected DB Instance second, please disable deletion protection and try again"},
		"database with less storage": {[]declaring{
			one("aws:rds/instance:Instance", "main", database)[0],
			one("aws:rds/instance:Instance", "main", with(database, pulumi.Map{"allocatedStorage": pulumi.Int(50)}))[0],
		}, "InvalidParameterCombination: The allocated storage size can't be less than the current size: 50 GiB is less than 100 GiB of second"},
		"database with an older engine": {[]declaring{
			one("aws:rds/instance:Instance", "main", with(database, pulumi.Map{"engineVersion": text("15.8")}))[0],
			one("aws:rds/instance:Instance", "main", with(database, pulumi.Map{"engineVersion": text("15.4")}))[0],
		}, "InvalidParameterCombination: Cannot upgrade postgres from 15.8 to 15.4"},
		"database with a new major version": {[]declaring{
			one("aws:rds/instance:Instance", "main", database)[0],
			one("aws:rds/instance:Instance", "main", with(database, pulumi.Map{"engineVersion": text("16")}))[0],
		}, "InvalidParameterCombination: The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version (from 15 to 16)"},
		"smaller file system": {[]declaring{fileSystem(128), fileSystem(64)},
			"BadRequest: The target storage capacity of 64 GiB is less than the current storage capacity of 128 GiB of fs-fb94dacc33d91c065: storage capacity cannot be decreased"},
		"two mount targets in a zone": {[]declaring{func(add adder) {
			id := add(vpcType, "main", vpc).ID()
			files := add("aws:efs/fileSystem:FileSystem", "main", pulumi.Map{})
			var before pulumi.ResourceOption = pulumi.Protect(false)
			for i, name := range []string{"first", "second"} {
				subnet := add(subnetType, name, pulumi.Map{"vpcId": id, "cidrBlock": pulumi.Sprintf("10.10.%d.0/24", i), "availabilityZone": text("us-east-2a")})
				before = after(add("aws:efs/mountTarget:MountTarget", name, pulumi.Map{"fileSystemId": files.ID(), "subnetId": subnet.ID()}, before))
			}
		}}, "MountTargetConflict: mount target already exists in this AZ (fs-18e3566cac5644fa1 has fsmt-9b4c50a3965928281 in us-east-2a)"},
		"queue of no name": {
			one("aws:sqs/queue:Queue", "main", pulumi.Map{"name": text("main queue")}),
			`aws:sqs/queue:Queue resource 'main': property name value {main queue} has a problem: "main queue" is not a queue name of at most 80 letters, digits, - and _`,
		},
		"event pattern without lists": {
			one("aws:cloudwatch/eventRule:EventRule", "main", pulumi.Map{"eventPattern": text(`{"source":"aws.ec2"}`)}),
			`aws:cloudwatch/eventRule:EventRule resource 'main': property eventPattern value {{"source":"aws.ec2"}} has a problem: InvalidEventPatternException: Event pattern is not valid. Reason: "source" must be an object or an array`,
		},
		"target of no queue": {[]declaring{func(add adder) {
			rule := add("aws:cloudwatch/eventRule:EventRule", "main", pulumi.Map{"eventPattern": text(`{"source":["aws.ec2"]}`)})
			add("aws:cloudwatch/eventTarget:EventTarget", "main", pulumi.Map{"rule": rule.Name, "arn": text("arn:aws:sqs:us-east-2:000000000000:absent")})
		}}, "arn: ValidationException: the queue arn:aws:sqs:us-east-2:000000000000:absent does not exist"},
		"rule that is there": {[]declaring{func(add adder) {
			group := add(groupType, "main", pulumi.Map{"vpcId": add(vpcType, "main", vpc).ID()}).ID()
			rule := pulumi.Map{"securityGroupId": group, "ipProtocol": text("tcp"), "fromPort": pulumi.Int(443), "toPort": pulumi.Int(443), "cidrIpv4": text("10.0.0.0/8")}
			first := add("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "first", rule)
			add("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "second", rule, after(first))
		}}, "InvalidPermission.Duplicate: the specified rule already exists (sgr-7ba35fca7193d196c)"},
		"group of a launch template": {[]declaring{
			func(add adder) {
				group := add(groupType, "main", pulumi.Map{"vpcId": add(vpcType, "main", vpc).ID()})
				remember(group)
				add("aws:ec2/launchTemplate:LaunchTemplate", "main", pulumi.Map{"vpcSecurityGroupIds": pulumi.Array{group.ID()}})
			},
			func(add adder) {
				add(vpcType, "main", vpc)
				add("aws:ec2/launchTemplate:LaunchTemplate", "main", pulumi.Map{"vpcSecurityGroupIds": list(saved)})
			},
		}, "DependencyViolation: SecurityGroup main-1699a3d (sg-246935e7915df9490) cannot be deleted: LaunchTemplate main-b0af88e (lt-e79a82b8fd9cbe9ae) still uses it"},
		"record beside weighted ones": {[]declaring{func(add adder) {
			zone := add(zoneType, "main", pulumi.Map{"name": text("example.com")})
			record := pulumi.Map{"zoneId": zone.ID(), "name": text("www.example.com"), "type": text("A"), "ttl": pulumi.Int(60), "records": list("192.0.2.1")}
			first := add("aws:route53/record:Record", "first", with(record, pulumi.Map{
				"setIdentifier": text("blue"), "weightedRoutingPolicies": pulumi.Array{pulumi.Map{"weight": pulumi.Int(100)}}}))
			add("aws:route53/record:Record", "second", record, after(first))
		}}, "InvalidChangeBatch: [RRSet with DNS name www.example.com., type A, SetIdentifier  cannot be created because an RRSet with the same name and type and another routing policy exists]"},
		"record with too much weight": {
			one("aws:route53/record:Record", "main", pulumi.Map{"zoneId": text("Z1"), "name": text("www.example.com"), "type": text("A"), "ttl": pulumi.Int(60),
				"records": list("192.0.2.1"), "setIdentifier": text("blue"), "weightedRoutingPolicies": pulumi.Array{pulumi.Map{"weight": pulumi.Int(256)}}}),
			"aws:route53/record:Record resource 'main': property weightedRoutingPolicies[0].weight value {<nil>} has a problem: 256 is not between 0 and 255",
		},
		"record of another zone": {[]declaring{func(add adder) {
			zone := add(zoneType, "main", pulumi.Map{"name": text("example.com")})
			add("aws:route53/record:Record", "main", pulumi.Map{"zoneId": zone.ID(), "name": text("www.example.org"), "type": text("A"), "ttl": pulumi.Int(60), "records": list("192.0.2.1")})
		}}, "InvalidChangeBatch: [RRSet with DNS name www.example.org is not permitted in zone example.com]"},
		"certificate that nobody validates": {[]declaring{func(add adder) {
			certificate := add("aws:acm/certificate:Certificate", "main", pulumi.Map{"domainName": text("example.com"), "validationMethod": text("DNS")})
			add("aws:acm/certificateValidation:CertificateValidation", "main", pulumi.Map{"certificateArn": certificate.ARN})
		}}, "certificate example.com is not validated: the record _9cfe02cf0a0e2aa6c54465685612c667.example.com. (CNAME) is in no public zone; ACM would wait for it until a time-out"},
		"type that is not simulated": {
			one("aws:sns/topic:Topic", "main", pulumi.Map{"name": text("main")}),
			"the sandbox does not simulate aws:sns/topic:Topic",
		},

		// PostgreSQL.
		"database of no role": {
			one(sqlDatabase, "main", pulumi.Map{"name": text("main"), "owner": text("nobody")}),
			`owner: pq: role "nobody" does not exist`,
		},
		"grant to no role": {
			one(sqlGrant, "main", pulumi.Map{"database": text("postgres"), "role": text("nobody"), "objectType": text("database"), "privileges": list("CONNECT")}),
			`role: pq: role "nobody" does not exist`,
		},
		"privilege of a table": {
			one(sqlGrant, "main", pulumi.Map{"database": text("postgres"), "role": text("postgres"), "objectType": text("database"), "privileges": list("SELECT")}),
			"postgresql:index/grant:Grant resource 'main': property privileges[0] value {<nil>} has a problem: SELECT is not an allowed privilege for object type database",
		},
		"extension that is absent": {
			one("postgresql:index/extension:Extension", "main", pulumi.Map{"name": text("ptd")}),
			`postgresql:index/extension:Extension resource 'main': property name value {ptd} has a problem: extension "ptd" is not available: could not open extension control file`,
		},
		"role that exists": {[]declaring{func(add adder) {
			first := add(sqlRole, "first", pulumi.Map{"name": text("main"), "login": pulumi.Bool(true)})
			add(sqlRole, "second", pulumi.Map{"name": text("main"), "login": pulumi.Bool(true)}, after(first))
		}}, `pq: role "main" already exists`},
		"role deleted while it owns a database": {[]declaring{
			func(add adder) {
				role := add(sqlRole, "main", pulumi.Map{"name": text("main")})
				add(sqlDatabase, "main", pulumi.Map{"name": text("main"), "owner": role.Name})
			},
			func(add adder) {
				add(sqlDatabase, "main", pulumi.Map{"name": text("main"), "owner": text("main")})
			},
		}, "DependencyViolation: Role main cannot be deleted: Database main still uses it"},

		// Random and TLS.
		"password of nothing": {one("random:index/randomPassword:RandomPassword", "main", pulumi.Map{"length": pulumi.Int(8),
			"lower": pulumi.Bool(false), "upper": pulumi.Bool(false), "numeric": pulumi.Bool(false), "special": pulumi.Bool(false)}), "no kind of character is allowed in the result"},
		"password without length": {
			one("random:index/randomPassword:RandomPassword", "main", pulumi.Map{}),
			"random:index/randomPassword:RandomPassword resource 'main': property length value {<nil>} has a problem: is required",
		},
		"key of no algorithm": {
			one("tls:index/privateKey:PrivateKey", "main", pulumi.Map{"algorithm": text("DSA")}),
			`tls:index/privateKey:PrivateKey resource 'main': property algorithm value {DSA} has a problem: expected algorithm to be one of ["RSA" "ECDSA" "ED25519"], got DSA`,
		},

		// Kubernetes.
		"object in no namespace": {
			one("kubernetes:core/v1:ConfigMap", "main", pulumi.Map{"metadata": pulumi.Map{"name": text("main"), "namespace": text("absent")}}),
			`metadata.namespace: namespaces "absent" not found`,
		},
		"unknown field": {
			one("kubernetes:apps/v1:Deployment", "app", with(deployment("app", "app", containers), pulumi.Map{"replica": pulumi.Int(2)})),
			`kubernetes:apps/v1:Deployment resource 'app' has a problem: strict decoding error: unknown field "replica"`,
		},
		"unknown field below": {one("kubernetes:apps/v1:Deployment", "app", deployment("app", "app",
			pulumi.Array{pulumi.Map{"name": text("app"), "image": text("example.com/app:1"), "imagePullpolicy": text("Always")}})), `kubernetes:apps/v1:Deployment resource 'app' has a problem: strict decoding error: unknown field "spec.template.spec.containers[0].imagePullpolicy"`},
		"wrong type of a field": {
			one("kubernetes:core/v1:ConfigMap", "main", object("main", pulumi.Map{"data": pulumi.Map{"a": pulumi.Int(1)}})),
			"kubernetes:core/v1:ConfigMap resource 'main' has a problem: json: cannot unmarshal number into Go struct field ConfigMap.data of type string",
		},
		"selector without pods": {
			one("kubernetes:apps/v1:Deployment", "app", deployment("app", "other", containers)),
			"kubernetes:apps/v1:Deployment resource 'app': property spec.template.metadata.labels value {<nil>} has a problem: Invalid value: map[string]string{\"app\":\"other\"}: `selector` does not match template `labels`",
		},
		"deployment of nothing": {
			one("kubernetes:apps/v1:Deployment", "app", deployment("app", "app", pulumi.Array{})),
			"kubernetes:apps/v1:Deployment resource 'app': property spec.template.spec.containers value {<nil>} has a problem: Required value",
		},
		"name with capitals": {
			one("kubernetes:core/v1:ConfigMap", "main", object("Main", pulumi.Map{})),
			`kubernetes:core/v1:ConfigMap resource 'main': property metadata.name value {<nil>} has a problem: Invalid value: "Main": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
		},
		"label that is no label": {
			one("kubernetes:core/v1:Namespace", "main", pulumi.Map{"metadata": pulumi.Map{"name": text("main"), "labels": pulumi.Map{"a b": text("c")}}}),
			`kubernetes:core/v1:Namespace resource 'main': property metadata.labels value {<nil>} has a problem: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
		},
		"binding to no role": {
			one("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "main", object("main", pulumi.Map{"roleRef": pulumi.Map{"apiGroup": text("rbac.authorization.k8s.io"), "kind": text("role"), "name": text("main")}})),
			`kubernetes:rbac.authorization.k8s.io/v1:RoleBinding resource 'main': property roleRef.kind value {<nil>} has a problem: Unsupported value: "role": supported values: "ClusterRole", "Role"`,
		},
		"namespace that exists": {[]declaring{
			one("kubernetes:core/v1:Namespace", "main", pulumi.Map{"metadata": pulumi.Map{"name": text("main")}})[0],
			func(add adder) {
				first := add("kubernetes:core/v1:Namespace", "main", pulumi.Map{"metadata": pulumi.Map{"name": text("main")}})
				add("kubernetes:core/v1:Namespace", "second", pulumi.Map{"metadata": pulumi.Map{"name": text("main")}}, after(first))
			},
		}, `Namespace "main" already exists`},
		"custom resource without definition": {one("kubernetes:core.posit.team/v1beta1:Site", "main", object("main", pulumi.Map{
			"spec": pulumi.Map{}})), `no matches for kind "Site" in version "core.posit.team/v1beta1": its CustomResourceDefinition is not in the cluster`},
		"custom resource against its schema": {
			[]declaring{site(pulumi.Map{"domain": pulumi.Int(7)})},
			`Site.core.posit.team "main" is invalid: spec.domain in body must be of type string: "number"`,
		},
		"custom resource without what it needs": {
			[]declaring{site(pulumi.Map{"replicas": pulumi.Int(3)})},
			`Site.core.posit.team "main" is invalid: spec.domain in body is required`,
		},
		"custom resource beyond a limit": {
			[]declaring{site(pulumi.Map{"domain": text("example.com"), "replicas": pulumi.Int(6)})},
			`Site.core.posit.team "main" is invalid: spec.replicas in body should be less than or equal to 5`,
		},
		"custom resource with another field": {
			[]declaring{site(pulumi.Map{"domain": text("example.com"), "replica": pulumi.Int(2)})},
			`Site.core.posit.team "main" is invalid: unknown field "spec.replica"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			trial := newTrial(t)
			for i, program := range test.programs {
				err := trial.up(program)
				if i < len(test.programs)-1 {
					require.NoError(t, err)
					continue
				}
				var failed *engine.OperationError
				require.ErrorAs(t, err, &failed)
				var messages []string
				for _, failure := range failed.Failures {
					if failure.URN != "" { // the rest says that the stack failed
						messages = append(messages, failure.Message)
					}
				}
				assert.Equal(t, []string{test.want}, messages)
			}
		})
	}
}

// trial is a stack in a sandbox of its own, which has a database server and a cluster.
type trial struct {
	environment *Sandbox
	stack       *engine.Stack
}

func newTrial(t *testing.T) *trial {
	directory := t.TempDir()
	cloud, err := sandbox.Open(directory)
	require.NoError(t, err)
	for _, external := range []sandbox.Object{
		{Provider: "aws", Type: "aws:rds/instance:Instance", ID: "main", Region: "us-east-2",
			Inputs: map[string]any{"identifier": "main", "username": "postgres", "password": "secret", "address": "main.example.com"}},
		{Provider: "aws", Type: "aws:iam/role:Role", ID: "admin.posit.team", Account: "000000000000",
			Inputs: map[string]any{"name": "admin.posit.team", "arn": "arn:aws:iam::000000000000:role/admin.posit.team"}},
		{Provider: "aws", Type: "aws:eks/cluster:Cluster", ID: "main", Region: "us-east-2",
			Inputs: map[string]any{"name": "main"}, Outputs: map[string]any{"endpoint": "https://main.example.com"}},
	} {
		external.External = true
		require.NoError(t, cloud.DeclareExternal(external))
	}
	require.NoError(t, cloud.Close())
	environment, err := OpenSandbox(directory)
	require.NoError(t, err)
	backend := engine.NewBackend(engine.BackendOptions{
		URL: "file://" + filepath.ToSlash(filepath.Join(directory, "state", "trial")), SecretsProvider: engine.KeyFileScheme + "://default",
	})
	t.Cleanup(func() { require.NoError(t, errors.Join(backend.Close(), environment.Close())) })
	return &trial{environment, backend.Stack("trial", "trial")}
}

// up applies a program.
func (t *trial) up(program declaring) error {
	ctx := context.Background()
	if err := t.stack.Lock(ctx); err != nil {
		return err
	}
	defer t.stack.Unlock(ctx)
	_, err := t.stack.Up(ctx, engine.Operation{
		Plugins: t.environment.Plugins(&config.Target{}), Config: map[string]string{"aws:region": "us-east-2"},
		Program: func(ctx *pulumi.Context) error {
			providers := map[string]pulumi.ProviderResource{}
			for name, inputs := range map[string]pulumi.Map{
				"postgresql": {"host": pulumi.String("main.example.com"), "username": pulumi.String("postgres"), "password": pulumi.String("secret")},
				"kubernetes": {"kubeconfig": pulumi.String(trialKubeconfig)},
			} {
				provider := &anyProvider{}
				if err := ctx.RegisterResource("pulumi:providers:"+name, name, inputs, provider); err != nil {
					return err
				}
				providers[name] = provider
			}
			var failures []error
			program(func(typ, name string, properties pulumi.Map, options ...pulumi.ResourceOption) *anyResource {
				resource := &anyResource{}
				parts := strings.Split(typ, ":")
				if provider, ok := providers[parts[0]]; ok {
					options = append(options, pulumi.Provider(provider))
				}
				if parts[0] == "kubernetes" { // the SDK gives these
					properties = maps.Clone(properties)
					properties["apiVersion"], properties["kind"] = pulumi.String(strings.TrimPrefix(parts[1], "core/")), pulumi.String(parts[2])
				}
				failures = append(failures, ctx.RegisterResource(typ, name, properties, resource, options...))
				return resource
			})
			return errors.Join(failures...)
		},
	}, nil)
	return err
}

const trialKubeconfig = `
current-context: main
contexts: [{name: main, context: {cluster: main, user: main}}]
clusters: [{name: main, cluster: {server: "https://main.example.com"}}]
users: [{name: main}]
`
