package aws

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFunctions asks data sources for what there is, and for what there is not.
func TestFunctions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const getVpc, getSubnets, getImage = "aws:ec2/getVpc:getVpc", "aws:ec2/getSubnets:getSubnets", "aws:ec2/getAmi:getAmi"
	filter := func(name string, values ...any) fields {
		return fields{"filters": several(fields{"name": name, "values": values})}
	}
	for _, test := range []struct {
		function  string
		arguments fields
		output    string
		want      any
	}{
		{"aws:index/getCallerIdentity:getCallerIdentity", nil, "accountId", anyAccount},
		{"aws:index/getRegion:getRegion", nil, "name", "us-east-2"},
		{"aws:index/getAvailabilityZones:getAvailabilityZones", nil, "zoneIds", several("use2-az1", "use2-az2", "use2-az3")},
		{getVpc, fields{"id": w.id("vpc")}, "cidrBlock", "10.10.0.0/16"},
		{getSubnets, filter("vpc-id", w.id("vpc")), "ids", sorted(w.id("subnet a"), w.id("subnet b"))},
		{getSubnets, filter("availability-zone", "us-east-2b"), "ids", several(w.id("subnet b"))},
		{getSubnets, filter("tag:Name", "*"), "ids", []any{}},
		{getSubnets, filter("tag-key", "Name"), "ids", []any{}},
		{"aws:ec2/getRouteTable:getRouteTable", fields{"routeTableId": w.id("table")}, "routeTableId", w.id("table")},
		{"aws:ec2/getSecurityGroup:getSecurityGroup", fields{"name": "group"}, "id", w.id("group")},
		{"aws:eks/getCluster:getCluster", fields{"name": "cluster"}, "arn", w.arn("cluster")},
		{"aws:eks/getAddonVersion:getAddonVersion", fields{"addonName": "kube-proxy", "kubernetesVersion": "1.33"}, "version", "v1.33.0-eksbuild.2"},
		{"aws:iam/getRole:getRole", fields{"name": "role"}, "arn", w.arn("role")},
		{"aws:iam/getRoles:getRoles", fields{"nameRegex": "^no"}, "names", several("nodes")},
		{"aws:iam/getRoles:getRoles", fields{"nameRegex": "^no", "pathPrefix": "/other/"}, "names", []any{}},
		{"aws:route53/getZone:getZone", fields{"name": "example.com."}, "zoneId", w.id("zone")},
		{"aws:route53/getZone:getZone", fields{"zoneId": w.id("zone")}, "name", "example.com"},
		{"aws:route53/getZone:getZone", fields{"zoneId": w.id("zone")}, "privateZone", false},
		{"aws:route53/getZone:getZone", fields{"zoneId": w.id("private zone")}, "privateZone", true},
		{"aws:acm/getCertificate:getCertificate", fields{"domain": "example.com"}, "arn", w.arn("certificate")},
		{"aws:secretsmanager/getSecret:getSecret", fields{"name": "secret"}, "arn", w.arn("secret")},
		{"aws:secretsmanager/getSecretVersion:getSecretVersion", fields{"secretId": w.arn("secret")}, "secretId", w.arn("secret")},
	} {
		answer, err := w.Invoke(test.function, test.arguments)
		require.NoError(t, err, test.function)
		assert.Equal(t, test.want, answer[test.output], "%s %v", test.function, test.arguments)
	}
	for _, test := range []struct {
		function  string
		arguments fields
		want      string
	}{
		{"aws:sns/getTopic:getTopic", nil, "the sandbox does not simulate the function aws:sns/getTopic:getTopic"},
		{getVpc, fields{"id": "vpc-0"}, "no matching VPC (0 match) found"},
		{"aws:ec2/getSubnet:getSubnet", filter("vpc-id", w.id("vpc")), "no matching EC2 subnet (2 match) found"},
		{getSubnets, filter("owner-id", "me"), "InvalidParameterValue: The filter 'owner-id' is invalid (in the sandbox)"},
		{getImage, filter("name", "windows*"), "no matching EC2 image found"},
		{getImage, filter("name"), "InvalidParameterValue: filter name has no values"},
		{"aws:ec2/getRouteTable:getRouteTable", fields{"routeTableId": "rtb-0"}, "no matching EC2 route table found"},
		{"aws:eks/getCluster:getCluster", fields{"name": "absent"}, "ResourceNotFoundException: No cluster found for name: absent"},
		{"aws:eks/getAddonVersion:getAddonVersion", fields{"addonName": "coredns", "kubernetesVersion": "1.21"}, "no matching version of the add-on coredns for Kubernetes 1.21 found"},
		{"aws:iam/getRole:getRole", fields{"name": "absent"}, "no matching IAM role absent found"},
		{"aws:iam/getRoles:getRoles", fields{"nameRegex": "("}, "nameRegex: error parsing regexp: missing closing ): `(`"},
		{"aws:route53/getZone:getZone", fields{"name": "example.org"}, "no matching Route 53 hosted zone (0 match) found"},
		{"aws:acm/getCertificate:getCertificate", fields{"domain": "example.org"}, "no matching ACM certificate found"},
		{"aws:secretsmanager/getSecret:getSecret", fields{"name": "absent"}, "no matching Secrets Manager secret absent found"},
	} {
		_, err := w.Invoke(test.function, test.arguments)
		assert.EqualError(t, err, test.want, test.function)
	}
}

// sorted are two texts in the order of the alphabet.
func sorted(a, b string) []any {
	if a > b {
		a, b = b, a
	}
	return several(a, b)
}
