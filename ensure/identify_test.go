package ensure

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/stacks/config"
)

// objectsOf converges a target and lists what is in its clouds.
func objectsOf(t *testing.T, target *config.Target) []sandbox.Object {
	t.Helper()
	directory := t.TempDir()
	converge(t, directory, target)
	cloud, err := sandbox.Open(directory)
	require.NoError(t, err)
	defer cloud.Close()
	objects, err := cloud.List()
	require.NoError(t, err)
	return objects
}

// The identifiers of what a workload makes are the ids that it gets, and the rest is known
// by name: what ptd would have to warn of if its creation were cut off.
func TestIdentifiers(t *testing.T) {
	t.Parallel()
	objects := objectsOf(t, loadTarget(t, "demo01-staging"))
	// Other shapes have ids of other forms: weighted records, an adopted network, a router.
	ownRecords := loadTarget(t, "demo01-staging")
	ownRecords.AWSWorkload.ExternalDNSEnabled = false
	objects = append(objects, objectsOf(t, ownRecords)...)
	for _, other := range []string{"adopted01-production", "tailscale01-staging"} {
		objects = append(objects, objectsOf(t, loadTarget(t, other))...)
	}

	// The import of these takes another id than the one that they then have.
	imported := map[string]string{
		"aws:cloudwatch/eventRule:EventRule":                "bus/name",
		"aws:cloudwatch/eventTarget:EventTarget":            "bus/rule/target",
		"aws:ec2/networkAclRule:NetworkAclRule":             "acl:number:protocol:egress",
		"aws:ec2/route:Route":                               "table_destination",
		"aws:ecs/cluster:Cluster":                           "name",
		"aws:iam/rolePolicyAttachment:RolePolicyAttachment": "role/policy",
	}
	chosen, checked := map[string]bool{}, map[string]bool{}
	for _, object := range objects {
		if object.External || object.URN == "" {
			continue
		}
		id, ok := identify(object.Type, resource.NewPropertyMapFromMap(object.Inputs), resource.NewPropertyMapFromMap(map[string]any{
			"region": cmp.Or(object.Region, "us-east-2"), "allowedAccountIds": []any{object.Account},
		}))
		switch {
		case !ok:
			chosen[object.Type] = true
		case id != "":
			checked[object.Type] = true
			if imported[object.Type] == "" && id != object.ID {
				t.Errorf("%s %s is identified as %s", object.Type, object.ID, id)
			}
		}
	}
	if len(checked) < 30 {
		t.Errorf("only %v are identified", slices.Sorted(maps.Keys(checked)))
	}
	assert.Equal(t, []string{
		"aws:acm/certificate:Certificate",
		"aws:ec2/eip:Eip",
		"aws:ec2/flowLog:FlowLog",
		"aws:ec2/instance:Instance",
		"aws:ec2/internetGateway:InternetGateway",
		"aws:ec2/launchTemplate:LaunchTemplate",
		"aws:ec2/natGateway:NatGateway",
		"aws:ec2/networkAcl:NetworkAcl",
		"aws:ec2/routeTable:RouteTable",
		"aws:ec2/routeTableAssociation:RouteTableAssociation",
		"aws:ec2/securityGroup:SecurityGroup",
		"aws:ec2/securityGroupRule:SecurityGroupRule",
		"aws:ec2/subnet:Subnet",
		"aws:ec2/vpc:Vpc",
		"aws:ec2/vpcEndpoint:VpcEndpoint",
		"aws:ecs/service:Service",
		"aws:ecs/taskDefinition:TaskDefinition",
		"aws:efs/accessPoint:AccessPoint",
		"aws:efs/fileSystem:FileSystem",
		"aws:efs/mountTarget:MountTarget",
		"aws:fsx/openZfsFileSystem:OpenZfsFileSystem",
		"aws:rds/instance:Instance", // with a prefix
		"aws:route53/zone:Zone",
		"aws:s3/bucket:Bucket", // with a prefix
		"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
	}, slices.Sorted(maps.Keys(chosen)), "types of which the cloud chooses the ids")
}
