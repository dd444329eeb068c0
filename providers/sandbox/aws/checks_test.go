package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wrong is a change that makes an example wrong, and what is said of it.
type wrong struct {
	changes fields
	want    string
}

// refuse makes examples wrong, each by one change.
func refuse(t *testing.T, checks map[string][]wrong) {
	t.Helper()
	w := newWorld(t)
	for typ, list := range checks {
		example := w.of(typ)
		for _, wrong := range list {
			_, err := w.Check(typ, "wrong", example.Changed(wrong.changes))
			assert.EqualError(t, err, wrong.want, "%s with %v", typ, wrong.changes)
		}
	}
}

// oneOf is what is said of a value that is none of some.
func oneOf(property, got string, allowed ...string) string {
	return fmt.Sprintf("expected %s to be one of %q, got %s", property, allowed, got)
}

func TestShapes(t *testing.T) {
	t.Parallel()
	refuse(t, map[string][]wrong{
		vpcType: {
			{fields{"enableDnsSuport": true}, `enableDnsSuport: is not a property of this resource (did you mean "enableDnsSupport"?)`},
			{fields{"enableDnsSupport": "perhaps"}, "enableDnsSupport: is a string, want a bool"},
		},
		bucketType: {{fields{"bucket": several("a", "b")}, "bucket: is a list, want a string"}},
		subnetType: {{fields{"vpcId": nil}, "vpcId: is required"}},
	})
	_, provider := newAWS(t)
	provider.Refuses("aws:sns/topic:Topic", "main", nil, "the sandbox does not simulate aws:sns/topic:Topic")
}

func TestTags(t *testing.T) {
	t.Parallel()
	many := fields{}
	for i := range 51 {
		many[fmt.Sprint(i)] = ""
	}
	refuse(t, map[string][]wrong{
		vpcType: {
			{fields{"tags": many}, "tags: 51 tags are more than 50"},
			{fields{"cidrBlock": "169.254.0.0/16"}, "cidrBlock: InvalidVpc.Range: The CIDR '169.254.0.0/16' is invalid: it overlaps 169.254.0.0/16"},
			{fields{"tags": fields{"aws:name": "x"}}, "tags.aws:name: the prefix aws: is reserved"},
			{fields{"tags": fields{strings.Repeat("a", 129): "x"}}, "tags." + strings.Repeat("a", 129) + ": a tag's key has 1 to 128 characters"},
			{fields{"tags": fields{"a": strings.Repeat("x", 257)}}, "tags.a: a tag's value has at most 256 characters"},
		},
		securityGroupType: {{fields{"tags": fields{"aws:name": "x"}}, "tags.aws:name: the prefix aws: is reserved"}},
	})
	_, provider := newAWS(t)
	vpc := provider.MustCreate(vpcType, "main", fields{"cidrBlock": "10.0.0.0/16", "tags": fields{"a": "b"}})
	assert.Equal(t, fields{"a": "b"}, vpc.State["tagsAll"])
	vpc.MustUpdate(fields{"tags": fields{"a": "c"}})
	assert.Equal(t, fields{"a": "c"}, vpc.State["tagsAll"])
	vpc.MustUpdate(fields{"tags": nil})
	assert.NotContains(t, vpc.State, "tagsAll")
}

func TestNetworkChecks(t *testing.T) {
	t.Parallel()
	const noBlock = `"10.10.0.0" is not a valid CIDR block`
	refuse(t, map[string][]wrong{
		vpcType: {
			{fields{"cidrBlock": nil}, "cidrBlock: is required"},
			{fields{"cidrBlock": "10.10.0.0"}, "cidrBlock: " + noBlock},
			{fields{"cidrBlock": "10.10.0.1/16"}, `cidrBlock: "10.10.0.1/16" is not a valid CIDR block: it has host bits; did you mean 10.10.0.0/16?`},
			{fields{"cidrBlock": "10.0.0.0/8"}, `cidrBlock: "10.0.0.0/8" must be between /16 and /28`},
			{fields{"cidrBlock": "10.0.0.0/29"}, `cidrBlock: "10.0.0.0/29" must be between /16 and /28`},
		},
		subnetType: {
			{fields{"cidrBlock": nil}, "cidrBlock: is required"},
			{fields{"cidrBlock": "10.10.0.0"}, "cidrBlock: " + noBlock},
			{fields{"cidrBlock": "10.10.0.0/29"}, `cidrBlock: "10.10.0.0/29" must be between /16 and /28`},
			{fields{"availabilityZoneId": "use2-az1"}, "availabilityZoneId: conflicts with availabilityZone"},
		},
		eipType: {{fields{"domain": "vps"}, "domain: " + oneOf("domain", "vps", "vpc", "standard")}},
		routeType: {
			{fields{"destinationCidrBlock": "10.10.0.0"}, "destinationCidrBlock: " + noBlock},
			{fields{"destinationCidrBlock": nil}, "destinationCidrBlock: exactly one of destinationCidrBlock, destinationIpv6CidrBlock, destinationPrefixListId must be specified, 0 are"},
			{fields{"destinationPrefixListId": "pl-1"}, "destinationCidrBlock: exactly one of destinationCidrBlock, destinationIpv6CidrBlock, destinationPrefixListId must be specified, 2 are"},
			{fields{"gatewayId": nil}, "carrierGatewayId: exactly one of " + strings.Join(routeTargets, ", ") + " must be specified, 0 are"},
			{fields{"natGatewayId": "nat-1"}, "gatewayId: exactly one of " + strings.Join(routeTargets, ", ") + " must be specified, 2 are"},
		},
		aclRuleType: {
			{fields{"ruleNumber": 0.0}, "ruleNumber: 0 is not between 1 and 32766"},
			{fields{"protocol": "tpc"}, `protocol: "tpc" is not a protocol`},
			{fields{"cidrBlock": nil}, "cidrBlock: exactly one of cidrBlock, ipv6CidrBlock must be specified, 0 are"},
			{fields{"ipv6CidrBlock": "::/0"}, "cidrBlock: exactly one of cidrBlock, ipv6CidrBlock must be specified, 2 are"},
			{fields{"ruleAction": "permit"}, "ruleAction: " + oneOf("ruleAction", "permit", "allow", "deny")},
			{fields{"cidrBlock": "10.10.0.0"}, "cidrBlock: " + noBlock},
			{fields{"fromPort": 3.0}, "fromPort: InvalidPortRange: 3 to 2 is not a range of ports"},
		},
		endpointType: {
			{fields{"serviceName": nil}, "serviceName: is required"},
			{fields{"serviceName": "s3"}, `serviceName: "s3" is not the name of an endpoint service`},
			{fields{"vpcEndpointType": "gateway"}, "vpcEndpointType: " + oneOf("vpcEndpointType", "gateway", "Gateway", "Interface", "GatewayLoadBalancer")},
		},
		flowLogType: {
			{fields{"trafficType": "SOME"}, "trafficType: " + oneOf("trafficType", "SOME", "ACCEPT", "REJECT", "ALL")},
			{fields{"maxAggregationInterval": 30.0}, "maxAggregationInterval: expected maxAggregationInterval to be one of [60 600], got 30"},
		},
		instanceType: {
			{fields{"ami": nil}, "ami: is required"},
			{fields{"instanceType": nil}, "instanceType: is required"},
			{fields{"ami": "ami-latest"}, `ami: "ami-latest" is not an image id (InvalidAMIID.Malformed)`},
			{fields{"instanceType": "large"}, `instanceType: "large" is not an instance type`},
		},
	})
}

func TestSecurityGroupChecks(t *testing.T) {
	t.Parallel()
	const noBlock = `"10.10.0.0" is not a valid CIDR block`
	inline := func(property string) []wrong {
		rules := func(rule fields) fields { return fields{property: several(rule)} }
		return []wrong{
			{rules(fields{"protocol": "tcp", "fromPort": 3.0, "toPort": 2.0}), property + "[0]: InvalidPortRange: 3 to 2 is not a range of ports"},
			{rules(fields{"protocol": "-1", "fromPort": 0.0, "toPort": 2.0}), property + "[0]: from and to port must be 0 for protocol -1"},
			{rules(fields{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "cidrBlocks": several("10.10.0.0")}), property + "[0].cidrBlocks: " + noBlock},
		}
	}
	peer := func(changes fields) fields {
		changes["referencedSecurityGroupId"] = nil
		return changes
	}
	vpcRules := []wrong{
		{peer(fields{"cidrIpv4": "10.10.0.0"}), "cidrIpv4: " + noBlock},
		{peer(fields{"cidrIpv6": "::"}), `cidrIpv6: "::" is not a valid CIDR block`},
		{peer(fields{}), "cidrIpv4: exactly one of cidrIpv4, cidrIpv6, prefixListId, referencedSecurityGroupId must be specified, 0 are"},
		{fields{"cidrIpv4": "10.0.0.0/8"}, "cidrIpv4: exactly one of cidrIpv4, cidrIpv6, prefixListId, referencedSecurityGroupId must be specified, 2 are"},
		{fields{"ipProtocol": "tcp", "fromPort": 3.0, "toPort": 2.0}, "fromPort: InvalidPortRange: 3 to 2 is not a range of ports"},
		{fields{"ipProtocol": "-1", "fromPort": 2.0, "toPort": 2.0}, "fromPort: ports cannot be specified for protocol -1"},
		{fields{"ipProtocol": "tcp", "fromPort": nil, "toPort": nil}, "fromPort: fromPort and toPort are required with this protocol"},
		{fields{"ipProtocol": "TCP"}, `ipProtocol: "TCP" is not a protocol`},
	}
	refuse(t, map[string][]wrong{
		securityGroupType: append(append(inline("ingress"), inline("egress")...),
			wrong{fields{"namePrefix": "a"}, "namePrefix: conflicts with name"},
			wrong{fields{"description": "it's"}, `description: "it's" is not a valid description: use letters, digits and . _-:/()#,@[]+=&;{}!$*`},
			wrong{fields{"name": "it's"}, `name: "it's" is not a valid group name`},
			wrong{fields{"name": "sg-main"}, "name: cannot begin with sg-"},
			wrong{fields{"name": nil, "namePrefix": "sg-main"}, "namePrefix: cannot begin with sg-"},
			wrong{fields{"name": nil, "namePrefix": strings.Repeat("x", 230)}, fmt.Sprintf("namePrefix: %q is longer than 229 characters, which leave room for what is generated", strings.Repeat("x", 230))}),
		groupRuleType: {
			{fields{"type": "in"}, "type: " + oneOf("type", "in", "ingress", "egress")},
			{fields{"fromPort": 81.0}, "fromPort: InvalidPortRange: 81 to 80 is not a range of ports"},
			{fields{"sourceSecurityGroupId": nil}, "cidrBlocks: one of cidrBlocks, ipv6CidrBlocks, prefixListIds, self, sourceSecurityGroupId must be specified"},
			{fields{"self": true}, "sourceSecurityGroupId: conflicts with self"},
			{fields{"self": true, "sourceSecurityGroupId": nil, "cidrBlocks": several("10.0.0.0/8")}, "self: conflicts with cidrBlocks"},
			{fields{"cidrBlocks": several("10.0.0.0/8"), "prefixListIds": several("pl-1")}, "sourceSecurityGroupId: conflicts with cidrBlocks"},
			{fields{"protocol": "ALL"}, "fromPort: from and to port must be 0 for protocol -1"},
			{fields{"sourceSecurityGroupId": nil, "cidrBlocks": several("10.10.0.0")}, "cidrBlocks[0]: " + noBlock},
			{fields{"sourceSecurityGroupId": nil, "ipv6CidrBlocks": several("::")}, `ipv6CidrBlocks[0]: "::" is not a valid CIDR block`},
			{fields{"protocol": "-1"}, "fromPort: from and to port must be 0 for protocol -1"},
		},
		ingressRuleType: vpcRules,
		egressRuleType:  vpcRules,
	})
}

func TestPolicyChecks(t *testing.T) {
	t.Parallel()
	statement := func(elements string) string { return `{"Version":"2012-10-17","Statement":[` + elements + `]}` }
	long := func(length int) string {
		return statement(`{"Sid":"` + strings.Repeat("x", length) + `","Effect":"Allow","Action":"*","Principal":"*","Resource":"*"}`)
	}
	malformed := func(property, text string) string { return property + ": MalformedPolicyDocument: " + text }
	refuse(t, map[string][]wrong{
		policyType: {
			{fields{"policy": nil}, "policy: is required"},
			{fields{"policy": "{"}, malformed("policy", "unexpected EOF")},
			{fields{"policy": `{"Version":"2012-10-17","Statements":[]}`}, malformed("policy", `json: unknown field "Statements"`)},
			{fields{"policy": `{"Version":"2008-10-17","Statement":[]}`}, malformed("policy", `version "2008-10-17" is not 2012-10-17`)},
			{fields{"policy": statement("")}, malformed("policy", "it has no statements")},
			{fields{"policy": statement(`{"Effekt":"Allow"}`)}, malformed("policy", `statement 1: "Effekt" is not an element of a statement`)},
			{fields{"policy": statement(`{"Effect":"allow"}`)}, malformed("policy", "statement 1: effect is allow, not Allow or Deny")},
			{fields{"policy": statement(`{"Effect":"Allow","Action":[],"Resource":"*"}`)}, malformed("policy", "statement 1: Action must not be empty")},
			{fields{"policy": trust("ec2.amazonaws.com")}, malformed("policy", "statement 1: Resource must not be empty")},
			{fields{"policy": long(6200)}, "policy: LimitExceeded: a policy of " + fmt.Sprint(len(long(6200))) + " characters is longer than 6144"},
			{fields{"name": "a b"}, `name: "a b" is not a valid policy name of at most 128 characters`},
		},
		roleType: {
			{fields{"assumeRolePolicy": nil}, "assumeRolePolicy: is required"},
			{fields{"assumeRolePolicy": "{"}, malformed("assumeRolePolicy", "unexpected EOF")},
			{fields{"assumeRolePolicy": allow}, malformed("assumeRolePolicy", "statement 1: Principal must not be empty")},
			{fields{"name": strings.Repeat("a", 65)}, `name: "` + strings.Repeat("a", 65) + `" is not a valid role name of at most 64 characters`},
		},
		rolePolicyType:   {{fields{"policy": "{"}, malformed("policy", "unexpected EOF")}},
		bucketPolicyType: {{fields{"policy": "{"}, malformed("policy", "unexpected EOF")}},
		keyType: {
			{fields{"policy": allow}, malformed("policy", "statement 1: Principal must not be empty")},
			{fields{"deletionWindowInDays": 5.0}, "deletionWindowInDays: 5 is not between 7 and 30"},
			{fields{"rotationPeriodInDays": 5.0}, "rotationPeriodInDays: 5 is not between 90 and 2560"},
			{fields{"keyUsage": "ENCRYPT"}, "keyUsage: " + oneOf("keyUsage", "ENCRYPT", "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT")},
		},
		aliasType:       {{fields{"name": "main"}, `name: "main" does not begin with alias/`}},
		providerType:    {{fields{"url": "http://example.com"}, `url: "http://example.com" is not an https address`}},
		queuePolicyType: {{fields{"policy": allow}, malformed("policy", "statement 1: Principal must not be empty")}},
		queueType: {
			{fields{"policy": "{"}, malformed("policy", "unexpected EOF")},
			{fields{"name": "main queue"}, `name: "main queue" is not a queue name of at most 80 letters, digits, - and _`},
			{fields{"messageRetentionSeconds": 59.0}, "messageRetentionSeconds: 59 is not between 60 and 1.2096e+06"},
			{fields{"visibilityTimeoutSeconds": -1.0}, "visibilityTimeoutSeconds: -1 is not between 0 and 43200"},
			{fields{"delaySeconds": 901.0}, "delaySeconds: 901 is not between 0 and 900"},
			{fields{"receiveWaitTimeSeconds": 21.0}, "receiveWaitTimeSeconds: 21 is not between 0 and 20"},
			{fields{"kmsMasterKeyId": "a", "sqsManagedSseEnabled": true}, "sqsManagedSseEnabled: conflicts with kmsMasterKeyId"},
		},
		eventRuleType: {
			{fields{"eventPattern": nil}, "eventPattern: one of eventPattern, scheduleExpression is required"},
			{fields{"eventPattern": "{"}, "eventPattern: InvalidEventPatternException: Event pattern is not valid. Reason: unexpected end of JSON input"},
			{fields{"eventPattern": `{"source":"aws.ec2"}`}, `eventPattern: InvalidEventPatternException: Event pattern is not valid. Reason: "source" must be an object or an array`},
			{fields{"eventPattern": `{"detail":{"state":"x"}}`}, `eventPattern: InvalidEventPatternException: Event pattern is not valid. Reason: "detail.state" must be an object or an array`},
			{fields{"isEnabled": true}, "state: conflicts with isEnabled"},
			{fields{"name": "a b"}, `name: "a b" is not a rule name of at most 64 letters, digits and _.-`},
			{fields{"state": "ON"}, "state: " + oneOf("state", "ON", "ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")},
		},
	})
}

func TestStorageChecks(t *testing.T) {
	t.Parallel()
	deployments := []string{"SINGLE_AZ_1", "SINGLE_AZ_2", "SINGLE_AZ_HA_1", "SINGLE_AZ_HA_2", "MULTI_AZ_1"}
	lower := "only lowercase alphanumeric characters, hyphens, underscores, periods, and spaces allowed"
	refuse(t, map[string][]wrong{
		bucketType: {
			{fields{"bucketPrefix": "ptd"}, "bucketPrefix: conflicts with bucket"},
			{fields{"bucket": "PTD-Main"}, `bucket: "PTD-Main" is not a valid bucket name (3 to 63 lowercase letters, digits, dots and hyphens)`},
			{fields{"bucket": nil, "bucketPrefix": "PTD"}, `bucketPrefix: "PTD" is not a valid bucket prefix of at most 37 characters`},
			{fields{"acl": "secret"}, "acl: " + oneOf("acl", "secret", "private", "public-read", "public-read-write", "aws-exec-read", "authenticated-read", "log-delivery-write")},
		},
		openZFSType: {
			{fields{"deploymentType": "MULTI_AZ_2"}, "deploymentType: " + oneOf("deploymentType", "MULTI_AZ_2", deployments...)},
			{fields{"throughputCapacity": 128.0}, "throughputCapacity: expected it to be one of [160 320 640 1280 2560 3840 5120 7680 10240] for MULTI_AZ_1, got 128"},
			{fields{"storageCapacity": 63.0}, "storageCapacity: 63 is not between 64 and 524288"},
			{fields{"automaticBackupRetentionDays": 91.0}, "automaticBackupRetentionDays: 91 is not between 0 and 90"},
			{fields{"dailyAutomaticBackupStartTime": "24:00"}, `dailyAutomaticBackupStartTime: "24:00" is not a time of day, HH:MM`},
			{fields{"subnetIds": several("a")}, "subnetIds: MULTI_AZ_1 needs exactly 2 subnets, has 1"},
			{fields{"preferredSubnetId": nil}, "preferredSubnetId: is required for MULTI_AZ_1"},
			{fields{"deploymentType": "SINGLE_AZ_1", "preferredSubnetId": nil}, "subnetIds: SINGLE_AZ_1 needs exactly 1 subnet, has 2"},
			{fields{"deploymentType": "SINGLE_AZ_1", "subnetIds": several("a")}, "preferredSubnetId: is only for MULTI_AZ_1"},
		},
		elasticType: {
			{fields{"throughputMode": "fast"}, "throughputMode: " + oneOf("throughputMode", "fast", "bursting", "provisioned", "elastic")},
			{fields{"performanceMode": "fast"}, "performanceMode: " + oneOf("performanceMode", "fast", "generalPurpose", "maxIO")},
		},
		backupPolicyType: {{fields{"backupPolicy": fields{"status": "ON"}}, "backupPolicy.status: " + oneOf("status", "ON", "ENABLED", "DISABLED")}},
		subnetGroupType:  {{fields{"name": "Main"}, `name: "Main" ` + lower}},
		parameterGroupType: {
			{fields{"name": "Main"}, `name: "Main" only lowercase alphanumeric characters, periods, and hyphens allowed`},
			{fields{"name": "under_score"}, `name: "under_score" only lowercase alphanumeric characters, periods, and hyphens allowed`},
			{fields{"name": "1main"}, `name: "1main": first character must be a letter`},
			{fields{"name": "main-"}, `name: "main-" cannot end in a hyphen`},
			{fields{"name": "main--group"}, `name: "main--group" cannot contain two consecutive hyphens`},
			{fields{"family": "mysql8.0"}, `family: "mysql8.0" is not a parameter group family the sandbox knows (postgres12 to postgres19)`},
		},
		databaseType: {
			{fields{"instanceClass": nil}, "instanceClass: is required"},
			{fields{"engine": nil}, "engine: is required"},
			{fields{"allocatedStorage": nil}, "allocatedStorage: is required"},
			{fields{"username": nil}, "username: is required"},
			{fields{"manageMasterUserPassword": nil}, "password: one of password, manageMasterUserPassword is required"},
			{fields{"password": "x"}, "manageMasterUserPassword: conflicts with password"},
			{fields{"maxAllocatedStorage": 99.0}, "maxAllocatedStorage: 99 is not more than the allocated storage of 100 GiB"},
			{fields{"backupRetentionPeriod": 36.0}, "backupRetentionPeriod: 36 is not between 0 and 35"},
			{fields{"identifier": "a--b"}, `identifier: "a--b" cannot contain two consecutive hyphens`},
			{fields{"identifier": nil, "identifierPrefix": "a_"}, `identifierPrefix: "a_" only lowercase alphanumeric characters and hyphens allowed`},
			{fields{"identifier": nil, "identifierPrefix": "a--"}, `identifierPrefix: "a--" cannot contain two consecutive hyphens`},
			{fields{"finalSnapshotIdentifier": "a.b"}, `finalSnapshotIdentifier: "a.b" must only contain alphanumeric characters and hyphens`},
			{fields{"finalSnapshotIdentifier": "a--b"}, `finalSnapshotIdentifier: "a--b" cannot contain two consecutive hyphens`},
			{fields{"finalSnapshotIdentifier": "a-"}, `finalSnapshotIdentifier: "a-" cannot end in a hyphen`},
			{fields{"storageType": "gp3", "allocatedStorage": 10.0}, "allocatedStorage: InvalidParameterCombination: Invalid storage size for engine name postgres and storage type gp3: 10"},
			{fields{"identifierPrefix": "x"}, "identifierPrefix: conflicts with identifier"},
			{fields{"instanceClass": "m5.large"}, `instanceClass: "m5.large" is not an instance class`},
		},
		logGroupType: {{fields{"retentionInDays": 31.0}, "retentionInDays: is not a number of days that CloudWatch Logs offers"}},
		taskDefinitionType: {
			{fields{"family": "a b"}, `family: "a b" must only include alphanumeric, underscore, or hyphen characters`},
			{fields{"family": strings.Repeat("a", 256)}, `family: "` + strings.Repeat("a", 256) + `" must only include alphanumeric, underscore, or hyphen characters`},
			{fields{"containerDefinitions": "{}"}, "containerDefinitions: is not a JSON list of containers: json: cannot unmarshal object into Go value of type []map[string]interface {}"},
			{fields{"containerDefinitions": `[{"image":"a"}]`}, "containerDefinitions: a container has no name"},
			{fields{"containerDefinitions": `[{"name":"a"}]`}, "containerDefinitions: a container has no image"},
			{fields{"containerDefinitions": `[{"name":"a","image":"b","ports":[]}]`}, `containerDefinitions: container a: unknown key "ports"`},
			{fields{"containerDefinitions": `[{"name":"a","image":"b","healthCheck":{"command":["true"]}}]`}, "containerDefinitions: container a: a health check's command begins with CMD, CMD-SHELL or NONE"},
		},
	})
}

func TestDomainChecks(t *testing.T) {
	t.Parallel()
	types := []string{"A", "AAAA", "CAA", "CNAME", "DS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "TXT"}
	alias := func(zone, kind string) fields {
		return fields{"records": nil, "ttl": nil, "type": kind, "aliases": several(fields{"zoneId": zone, "name": "a.example.com", "evaluateTargetHealth": true})}
	}
	refuse(t, map[string][]wrong{
		zoneType: {
			{fields{"name": nil}, "name: is required"},
			{fields{"name": "example"}, `name: "example" is not a domain name`},
		},
		certificateType: {
			{fields{"domainName": "example"}, `domainName: "example" is not a domain name`},
			{fields{"validationMethod": "HTTP"}, "validationMethod: " + oneOf("validationMethod", "HTTP", "DNS", "EMAIL", "NONE")},
		},
		recordType: {
			{fields{"type": "B"}, "type: " + oneOf("type", "B", types...)},
			{fields{"aliases": several()}, "records: conflicts with aliases"},
			{fields{"records": nil}, "records: one of aliases, records is required"},
			{fields{"ttl": nil}, "ttl: is required with records"},
			{fields{"records": nil, "aliases": several()}, "ttl: conflicts with aliases"},
			{fields{"setIdentifier": "blue"}, "setIdentifier: a routing policy and setIdentifier are required together"},
			{fields{"weightedRoutingPolicies": several(fields{"weight": 1.0})}, "setIdentifier: a routing policy and setIdentifier are required together"},
			{fields{"setIdentifier": "blue", "weightedRoutingPolicies": several(fields{"weight": 256.0})}, "weightedRoutingPolicies[0].weight: 256 is not between 0 and 255"},
			{alias("here", "A"), `aliases[0]: InvalidChangeBatch: an alias of type A to the zone "here" is not permitted`},
			{alias("Z1", "TXT"), `aliases[0]: InvalidChangeBatch: an alias of type TXT to the zone "Z1" is not permitted`},
		},
	})
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		inputs          fields
		account, region string
		want            string
	}{
		{fields{"region": "us-east-2"}, anyAccount, "us-east-2", ""},
		{fields{"region": "us-gov-west-1", "allowedAccountIds": several("111122223333")}, "111122223333", "us-gov-west-1", ""},
		{fields{"region": "us-east-2", "allowedAccountIds": `["111122223333"]`}, "111122223333", "us-east-2", ""},
		{fields{}, "", "", "invalid AWS Region: no region is configured"},
		{fields{"region": "ohio"}, "", "", "invalid AWS Region: ohio"},
		{fields{"region": "us-east-2", "allowedAccountIds": "["}, "", "", "allowedAccountIds: unexpected end of JSON input"},
	} {
		account, region, err := configure(test.inputs)
		if test.want != "" {
			assert.EqualError(t, err, test.want)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, []string{test.account, test.region}, []string{account, region})
	}
}
