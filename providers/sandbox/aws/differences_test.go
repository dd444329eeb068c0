package aws

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/providers/sandbox/sandboxtest"
)

// difference is a change of an example, and what it does: which properties differ, and which
// of them replace the resource. was is what the example had besides.
type difference struct {
	what              string
	example           string
	was, is           fields
	changed, replaced string
}

const (
	policyA  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}]}`
	policyA2 = `{"Statement": [{"Action": ["s3:PutObject", "s3:GetObject"], "Effect": "Allow", "Resource": ["*"]}], "Version": "2012-10-17"}`
	trustA2  = `{"Statement":[{"Principal":{"Service":["eks.amazonaws.com"]},"Action":["sts:AssumeRole"],"Effect":"Allow"}],"Version":"2012-10-17"}`
)

// differences are the rows of docs/reference/aws-replacement.md, part 1, that a comparison
// can show.
func differences(w *world) []difference {
	a, b := w.id("subnet a"), w.id("subnet b")
	group, other := w.id("group"), w.id("other group")
	inline := func(protocol string, blocks ...any) fields {
		return fields{"protocol": protocol, "fromPort": 1.0, "toPort": 1.0, "cidrBlocks": blocks}
	}
	taint := func(key string) fields { return fields{"key": key, "effect": "NO_SCHEDULE"} }
	return []difference{
		// Sets.
		{what: "subnets of nodes, reordered", example: "node group", is: fields{"subnetIds": several(b, a)}},
		{what: "taints, reordered", example: "node group", was: fields{"taints": several(taint("a"), taint("b"))}, is: fields{"taints": several(taint("b"), taint("a"))}},
		{what: "namespaces, reordered", example: "access",
			was: fields{"accessScope": fields{"type": "namespace", "namespaces": several("a", "b")}},
			is:  fields{"accessScope": fields{"type": "namespace", "namespaces": several("b", "a")}}},
		{what: "other namespaces", example: "access",
			was: fields{"accessScope": fields{"type": "namespace", "namespaces": several("a", "b")}},
			is:  fields{"accessScope": fields{"type": "namespace", "namespaces": several("a", "c")}}, changed: "accessScope", replaced: "accessScope"},
		{what: "compatibilities, reordered", example: "task", was: fields{"requiresCompatibilities": several("EC2", "FARGATE")}, is: fields{"requiresCompatibilities": several("FARGATE", "EC2")}},
		{what: "groups of an endpoint, reordered", example: "endpoint", was: fields{"securityGroupIds": several(group, other)}, is: fields{"securityGroupIds": several(other, group)}},
		{what: "groups of an instance, reordered", example: "instance", was: fields{"vpcSecurityGroupIds": several(group, other)}, is: fields{"vpcSecurityGroupIds": several(other, group)}},
		{what: "groups of a template, reordered", example: "template", was: fields{"vpcSecurityGroupIds": several(group, other)}, is: fields{"vpcSecurityGroupIds": several(other, group)}},
		{what: "route tables, reordered", example: "endpoint", was: fields{"routeTableIds": several("a", "b")}, is: fields{"routeTableIds": several("b", "a")}},
		{what: "rules, reordered", example: "group", was: fields{"ingress": several(inline("tcp", "10.0.0.0/8"), inline("udp"))}, is: fields{"ingress": several(inline("udp"), inline("tcp", "10.0.0.0/8"))}},
		{what: "blocks of a rule, reordered", example: "group", was: fields{"egress": several(inline("tcp", "10.0.0.0/8", "172.16.0.0/12"))}, is: fields{"egress": several(inline("tcp", "172.16.0.0/12", "10.0.0.0/8"))}},
		{what: "protocol of a rule by number", example: "group", was: fields{"egress": several(inline("tcp"))}, is: fields{"egress": several(inline("6"))}},
		{what: "another rule", example: "group", was: fields{"egress": several(inline("tcp"))}, is: fields{"egress": several(inline("udp"))}, changed: "egress"},
		{what: "log types, reordered", example: "cluster", was: fields{"enabledClusterLogTypes": several("api", "audit")}, is: fields{"enabledClusterLogTypes": several("audit", "api")}},
		{what: "groups of an entry, reordered", example: "access entry", was: fields{"kubernetesGroups": several("a", "b")}, is: fields{"kubernetesGroups": several("b", "a")}},
		{what: "attached policies, reordered", example: "node role", was: fields{"managedPolicyArns": several("a", "b")}, is: fields{"managedPolicyArns": several("b", "a")}},
		{what: "clients, reordered", example: "provider", was: fields{"clientIdLists": several("a", "b")}, is: fields{"clientIdLists": several("b", "a")}},
		{what: "blocks of a rule of its own, reordered", example: "group rule",
			was: fields{"sourceSecurityGroupId": nil, "cidrBlocks": several("10.0.0.0/8", "172.16.0.0/12")},
			is:  fields{"cidrBlocks": several("172.16.0.0/12", "10.0.0.0/8")}, changed: "cidrBlocks", replaced: "cidrBlocks"},

		// What is kept when it is dropped.
		{what: "zone", example: "subnet a", is: fields{"availabilityZone": nil}},
		{what: "zone, another", example: "subnet a", is: fields{"availabilityZone": "us-east-2b"}, changed: "availabilityZone", replaced: "availabilityZone"},
		{what: "domain", example: "address", is: fields{"domain": nil}},
		{what: "network of a group", example: "group", is: fields{"vpcId": nil}},
		{what: "source", example: "group rule", is: fields{"sourceSecurityGroupId": nil, "prefixListIds": several("pl-1")}, changed: "prefixListIds", replaced: "prefixListIds"},
		{what: "destination", example: "flow log", is: fields{"logDestination": nil}},
		{what: "format", example: "flow log", was: fields{"logFormat": "${version}"}, is: fields{"logFormat": nil}},
		{what: "class of logs", example: "log group", was: fields{"logGroupClass": "STANDARD"}, is: fields{"logGroupClass": nil}},
		{what: "cluster of a service", example: "service", is: fields{"cluster": nil}},
		{what: "launch type", example: "service", was: fields{"launchType": "FARGATE"}, is: fields{"launchType": nil}},
		{what: "network mode", example: "task", was: fields{"networkMode": "awsvpc"}, is: fields{"networkMode": nil}},
		{what: "subnet of an instance", example: "instance", is: fields{"subnetId": nil, "vpcSecurityGroupIds": nil, "iamInstanceProfile": nil}},
		{what: "rules", example: "group", is: fields{"ingress": nil, "egress": nil}},
		{what: "rules, emptied", example: "group", is: fields{"ingress": several()}, changed: "ingress"},
		{what: "subnets of an ACL", example: "acl", is: fields{"subnetIds": nil}},
		{what: "subnets of an ACL, emptied", example: "acl", is: fields{"subnetIds": several()}, changed: "subnetIds"},
		{what: "what an endpoint is for", example: "endpoint", was: fields{"policy": policyA, "privateDnsEnabled": true},
			is: fields{"subnetIds": nil, "securityGroupIds": nil, "routeTableIds": nil, "privateDnsEnabled": nil, "policy": nil}},
		{what: "policies of a role", example: "node role", was: fields{"inlinePolicies": several(fields{"name": "a", "policy": policyA})}, is: fields{"managedPolicyArns": nil, "inlinePolicies": nil}},
		{what: "policies of a role, emptied", example: "node role", is: fields{"managedPolicyArns": several()}, changed: "managedPolicyArns"},
		{what: "inline policies, a list of none", example: "node role", was: fields{"inlinePolicies": several(fields{"name": "a", "policy": policyA})}, is: fields{"inlinePolicies": several()}},
		{what: "inline policies, an empty one", example: "node role", was: fields{"inlinePolicies": several(fields{"name": "a", "policy": policyA})}, is: fields{"inlinePolicies": several(fields{})}, changed: "inlinePolicies"},
		{what: "thumbprints", example: "provider", was: fields{"thumbprintLists": several("a")}, is: fields{"thumbprintLists": nil}},
		{what: "thumbprints, emptied", example: "provider", was: fields{"thumbprintLists": several("a")}, is: fields{"thumbprintLists": several()}},
		{what: "metadata options", example: "template", was: fields{"metadataOptions": fields{"httpTokens": "required"}}, is: fields{"metadataOptions": nil}},
		{what: "public blocks", example: "cluster",
			was: fields{"vpcConfig": fields{"subnetIds": several(a, b), "publicAccessCidrs": several("10.0.0.0/8")}},
			is:  fields{"vpcConfig": fields{"subnetIds": several(b, a)}}},
		{what: "routes of a table", example: "table", was: fields{"routes": several(fields{"cidrBlock": "10.0.0.0/8"})}, is: fields{"routes": nil}},
		{what: "routes of a table, emptied", example: "table", was: fields{"routes": several(fields{"cidrBlock": "10.0.0.0/8"})}, is: fields{"routes": several()}, changed: "routes"},
		{what: "network of a gateway", example: "gateway", is: fields{"vpcId": nil}},
		{what: "values of an add-on", example: "addon", was: fields{"configurationValues": "{}"}, is: fields{"configurationValues": nil}},

		// What is replaced under a condition.
		{what: "to dedicated hardware", example: "vpc", is: fields{"instanceTenancy": "dedicated"}, changed: "instanceTenancy", replaced: "instanceTenancy"},
		{what: "from dedicated hardware", example: "vpc", was: fields{"instanceTenancy": "dedicated"}, is: fields{"instanceTenancy": "default"}, changed: "instanceTenancy"},
		{what: "another peer of the kind", example: "ingress rule", is: fields{"referencedSecurityGroupId": group}, changed: "referencedSecurityGroupId"},
		{what: "another kind of peer", example: "ingress rule", is: fields{"referencedSecurityGroupId": nil, "cidrIpv4": "10.0.0.0/8"},
			changed: "cidrIpv4 referencedSecurityGroupId", replaced: "cidrIpv4 referencedSecurityGroupId"},
		{what: "private names of interfaces", example: "endpoint", was: fields{"vpcEndpointType": "Interface", "privateDnsEnabled": true}, is: fields{"privateDnsEnabled": false}, changed: "privateDnsEnabled"},
		{what: "private names of a gateway", example: "endpoint", was: fields{"privateDnsEnabled": true}, is: fields{"privateDnsEnabled": false}, changed: "privateDnsEnabled", replaced: "privateDnsEnabled"},
		{what: "user data", example: "instance", was: fields{"userData": "a"}, is: fields{"userData": "b"}, changed: "userData"},
		{what: "user data that replaces", example: "instance", was: fields{"userDataBase64": "YQ==", "userDataReplaceOnChange": true}, is: fields{"userDataBase64": "Yg=="}, changed: "userDataBase64", replaced: "userDataBase64"},
		{what: "encryption of a disk", example: "instance", was: fields{"rootBlockDevice": fields{"encrypted": false}}, is: fields{"rootBlockDevice": fields{"encrypted": true}}, changed: "rootBlockDevice", replaced: "rootBlockDevice"},
		{what: "size of a disk", example: "instance", was: fields{"rootBlockDevice": fields{"encrypted": true, "volumeSize": 8.0}}, is: fields{"rootBlockDevice": fields{"volumeSize": 16.0}}, changed: "rootBlockDevice"},
		{what: "role of nodes that EKS makes", example: "cluster", was: fields{"computeConfig": fields{"nodeRoleArn": "a"}}, is: fields{"computeConfig": fields{"nodeRoleArn": "b"}}, changed: "computeConfig", replaced: "computeConfig"},
		{what: "a first role of nodes that EKS makes", example: "cluster", was: fields{"computeConfig": fields{"enabled": false}}, is: fields{"computeConfig": fields{"enabled": true, "nodeRoleArn": "b"}}, changed: "computeConfig"},

		// What means the same.
		{what: "rule of an ACL by number", example: "acl rule", is: fields{"protocol": "6"}},
		{what: "all of an ACL by number", example: "acl rule", was: fields{"protocol": "all"}, is: fields{"protocol": "-1"}},
		{what: "another protocol of an ACL", example: "acl rule", is: fields{"protocol": "17"}, changed: "protocol", replaced: "protocol"},
		{what: "rule of a group by number", example: "group rule", is: fields{"protocol": "6"}},
		{what: "rule of a group in capitals", example: "group rule", is: fields{"protocol": "TCP"}},
		{what: "ports of all protocols", example: "group rule", was: fields{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0}, is: fields{"protocol": "all"}},
		{what: "role", example: "role", is: fields{"assumeRolePolicy": trustA2}},
		{what: "inline policy of a role", example: "node role", was: fields{"inlinePolicies": several(fields{"name": "a", "policy": policyA})}, is: fields{"inlinePolicies": several(fields{"name": "a", "policy": policyA2})}},
		{what: "policy", example: "policy", was: fields{"policy": policyA}, is: fields{"policy": policyA2}},
		{what: "another policy", example: "policy", was: fields{"policy": policyA}, is: fields{"policy": allow}, changed: "policy"},
		{what: "inline policy", example: "role policy", was: fields{"policy": policyA}, is: fields{"policy": policyA2}},
		{what: "policy of an endpoint", example: "endpoint", was: fields{"policy": policyA}, is: fields{"policy": policyA2}},
		{what: "containers", example: "task",
			was: fields{"containerDefinitions": `[{"name":"app","image":"i","environment":[{"name":"A","value":"1"},{"name":"B","value":"2"}]}]`},
			is:  fields{"containerDefinitions": `[{"image": "i", "essential": true, "cpu": 0, "environment": [{"name":"B","value":"2"},{"value":"1","name":"A"}], "name": "app", "user": null}]`}},
		{what: "other containers", example: "task",
			was: fields{"containerDefinitions": `[{"name":"app","image":"i"}]`}, is: fields{"containerDefinitions": `[{"name":"app","image":"j"}]`},
			changed: "containerDefinitions", replaced: "containerDefinitions"},
		{what: "no containers", example: "task", was: fields{"containerDefinitions": `[`}, is: fields{"containerDefinitions": `[{"name":"app","image":"j"}]`}, changed: "containerDefinitions", replaced: "containerDefinitions"},

		// In place.
		{what: "table of an association", example: "association", is: fields{"routeTableId": "rtb-1"}, changed: "routeTableId"},
		{what: "another outpost", example: "cluster",
			was: fields{"outpostConfig": fields{"outpostArns": several("a"), "controlPlaneInstanceType": "m5.large"}},
			is:  fields{"outpostConfig": fields{"outpostArns": several("b"), "controlPlaneInstanceType": "m5.large"}}, changed: "outpostConfig"},
		{what: "instances on an outpost", example: "cluster",
			was: fields{"outpostConfig": fields{"outpostArns": several("a"), "controlPlaneInstanceType": "m5.large"}},
			is:  fields{"outpostConfig": fields{"outpostArns": several("a"), "controlPlaneInstanceType": "m6.large"}}, changed: "outpostConfig", replaced: "outpostConfig"},
	}
}

// TestDifferences compares changed inputs of the examples with what they were made from.
func TestDifferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, test := range differences(w) {
		made := before(w.made[test.example], test.was)
		changed, replaced := made.Diff(test.is)
		assert.Equal(t, test.changed, strings.Join(changed, " "), "%s: what differs", test.what)
		assert.Equal(t, test.replaced, strings.Join(replaced, " "), "%s: what replaces", test.what)
	}
}

// before is a resource that had other inputs.
func before(made *sandboxtest.Resource, was fields) *sandboxtest.Resource {
	copied := *made
	copied.Inputs, copied.State = made.Changed(was), maps.Clone(made.State)
	for property, value := range was {
		if copied.State[property] = value; value == nil {
			delete(copied.State, property)
		}
	}
	return &copied
}

// TestGivenNamesGoFirst makes sure that what has a name that the program gave is deleted
// before it is replaced, and what has a generated name after.
func TestGivenNamesGoFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	assert.True(t, w.made["group"].DeletesFirst(fields{"description": "other"}))
	assert.True(t, w.made["group"].DeletesFirst(fields{"name": "another"}))
	generated := w.MustCreate(securityGroupType, "generated", fields{"vpcId": w.id("vpc")})
	assert.False(t, generated.DeletesFirst(fields{"description": "other"}))
	prefixed := w.MustCreate(securityGroupType, "prefixed", fields{"vpcId": w.id("vpc"), "namePrefix": "prefixed-"})
	assert.False(t, prefixed.DeletesFirst(fields{"description": "other"}))
	assert.True(t, w.made["group rule"].DeletesFirst(fields{"toPort": 81.0}))
	assert.True(t, w.made["attachment"].DeletesFirst(fields{"policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}))
	assert.False(t, w.made["subnet a"].DeletesFirst(fields{"cidrBlock": "10.10.9.0/24"}))
}

// TestRulesNameProperties makes sure that what the rules name is there.
func TestRulesNameProperties(t *testing.T) {
	t.Parallel()
	for token, typ := range Package().Types {
		if typ.Args == nil {
			continue
		}
		paths := [][]string{typ.Replace, typ.Sets, typ.Computed, typ.ReadBack, typ.Shared}
		for path := range typ.Equal {
			paths = append(paths, []string{path})
		}
		for name := range typ.Defaults {
			paths = append(paths, []string{name})
		}
		for _, list := range paths {
			for _, path := range list {
				assert.True(t, hasPath(typ.Args, path), "%s has no %s", token, path)
			}
		}
	}
}
