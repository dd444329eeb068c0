package aws

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

// ec2Network is the recorder's answer to look-ups of somebody else's VPC: the
// subnets by id, and the route tables with the subnets each is associated with.
type ec2Network struct {
	subnets []ec2Subnet
	tables  map[string][]string
}

type ec2Subnet struct{ id, name, zone string }

var otherVpc = ec2Network{
	subnets: []ec2Subnet{
		{"subnet-3", "apps-c", "use2-az3"},
		{"subnet-1", "apps-a", "use2-az1"},
		{"subnet-9", "dmz", "use2-az1"},
		{"subnet-2", "apps-a", "use2-az1"}, // the same name again, in the same zone
	},
	tables: map[string][]string{
		"rtb-a": {"", "subnet-1", "subnet-2"}, "rtb-c": {"subnet-3"}, "rtb-dmz": {"subnet-9"}, "rtb-main": {""},
	},
}

func (n ec2Network) answer(r *componenttest.Recorder) {
	r.Calls["aws:ec2/getSubnets:getSubnets"] = func(args resource.PropertyMap) (resource.PropertyMap, error) {
		filters := componenttest.Plain(args["filters"]).([]any)
		vpc, names := filters[0].(map[string]any), filters[1].(map[string]any)
		if !assert.ObjectsAreEqual(map[string]any{"name": "vpc-id", "values": []any{"vpc-0123456789abcdef0"}}, vpc) {
			return nil, fmt.Errorf("first filter %v, want the VPC's id", vpc)
		}
		if names["name"] != "tag:Name" {
			return nil, fmt.Errorf("second filter %v, want tag:Name", names)
		}
		ids := []any{}
		for _, subnet := range n.subnets {
			if slices.Contains(names["values"].([]any), any(subnet.name)) {
				ids = append(ids, subnet.id)
			}
		}
		return resource.NewPropertyMapFromMap(map[string]any{"id": "mock", "ids": ids}), nil
	}
	r.Calls["aws:ec2/getSubnet:getSubnet"] = func(args resource.PropertyMap) (resource.PropertyMap, error) {
		for _, subnet := range n.subnets {
			if subnet.id == args["id"].StringValue() {
				return resource.NewPropertyMapFromMap(map[string]any{
					"id": subnet.id, "availabilityZoneId": subnet.zone, "tags": map[string]any{"Name": subnet.name},
				}), nil
			}
		}
		return nil, errors.New("no such subnet")
	}
	r.Calls["aws:ec2/getRouteTables:getRouteTables"] = func(resource.PropertyMap) (resource.PropertyMap, error) {
		ids := []any{}
		for id := range n.tables {
			ids = append(ids, id)
		}
		slices.SortFunc(ids, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		return resource.NewPropertyMapFromMap(map[string]any{"id": "mock", "ids": ids}), nil
	}
	r.Calls["aws:ec2/getRouteTable:getRouteTable"] = func(args resource.PropertyMap) (resource.PropertyMap, error) {
		associations := []any{}
		for _, subnet := range n.tables[args["routeTableId"].StringValue()] {
			associations = append(associations, map[string]any{"subnetId": subnet, "main": subnet == ""})
		}
		return resource.NewPropertyMapFromMap(map[string]any{"id": "mock", "associations": associations}), nil
	}
}

// adoptVpc is a program that adopts otherVpc, gives it the FSx endpoint, and hands
// the network to check.
func adoptVpc(names []string, check func(*pulumi.Context, Network)) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		vpc, err := NewExistingVpc(ctx, "demo01-staging", &ExistingVpcArgs{
			VpcID: "vpc-0123456789abcdef0", CIDR: "10.20.0.0/16", PrivateSubnetNames: names,
			Tags: map[string]string{"posit.team/managed-by": "test"},
		})
		if err != nil {
			return err
		}
		check(ctx, vpc.Network())
		_, err = NewInterfaceEndpoint(ctx, "demo01-staging-fsx", &InterfaceEndpointArgs{
			Network: vpc.Network(), Region: pulumi.String(componenttest.Region), Service: FSxEndpointService,
		}, pulumi.Parent(vpc))
		return err
	}
}

func TestExistingVpc(t *testing.T) {
	t.Parallel()
	r := componenttest.New()
	otherVpc.answer(r)
	got := make(chan []any, 1)
	err := r.Exec(adoptVpc([]string{"apps-a", "apps-c"}, func(_ *pulumi.Context, n Network) {
		if n.Zones != 2 {
			t.Errorf("%d zones, want 2", n.Zones)
		}
		pulumi.All(n.ID, n.PrivateSubnetIDs, n.PublicSubnetIDs, n.PrivateRouteTableIDs, n.EndpointSubnetIDs,
			n.EndpointSecurityGroupID, n.CIDR).ApplyT(func(v []any) int { got <- v; return 0 })
	}))
	if err != nil {
		t.Fatal(err)
	}
	r.Golden(t, "vpc-adopted")
	want := []any{
		"vpc-0123456789abcdef0",
		[]string{"subnet-3", "subnet-1", "subnet-2"}, // as the API has them
		[]string{},
		[]string{"rtb-a", "rtb-c"},
		[]string{"subnet-3", "subnet-1"}, // one a zone
		"securitygroup/demo01-staging-vpc-endpoint",
		"10.20.0.0/16",
	}
	assert.Equal(t, want, <-got, "network")
	r.Find(t, groupType, "demo01-staging-vpc-endpoint").Want(t, map[string]any{
		"vpcId": "vpc-0123456789abcdef0", "description": "demo01-staging VPC endpoint",
		"namePrefix": "demo01-staging-vpc-endpoint-",
		"ingress": []any{map[string]any{
			"protocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "cidrBlocks": []any{"10.20.0.0/16"},
		}},
		"tags": map[string]any{"Name": "demo01-staging-vpc-endpoint", "posit.team/managed-by": "test"},
	})
	endpoint := r.Find(t, endpointType, "demo01-staging-fsx")
	endpoint.Want(t, map[string]any{"subnetIds": []any{"subnet-3", "subnet-1"}})
	if len(endpoint.Ignore) > 0 {
		t.Errorf("changes of %v are ignored in an adopted VPC", endpoint.Ignore)
	}
}

func TestExistingVpcErrors(t *testing.T) {
	t.Parallel()
	none := func(*pulumi.Context, Network) {}
	for _, test := range []struct {
		name    string
		program pulumi.RunFunc
		change  func(*componenttest.Recorder)
		want    string
	}{
		{"unresolved", adoptVpc([]string{"apps-a", "apps-b", "apps-d"}, none), func(*componenttest.Recorder) {},
			`VPC vpc-0123456789abcdef0 has no subnets with the Name tags ["apps-b" "apps-d"]`},
		{"no names", adoptVpc(nil, none), func(*componenttest.Recorder) {}, "names of private subnets are required"},
		{"failed to list", adoptVpc([]string{"apps-a"}, none), func(r *componenttest.Recorder) {
			delete(r.Calls, "aws:ec2/getSubnets:getSubnets")
		}, `list subnets ["apps-a"] of VPC vpc-0123456789abcdef0`},
		{"failed to look", adoptVpc([]string{"apps-a"}, none), func(r *componenttest.Recorder) {
			delete(r.Calls, "aws:ec2/getSubnet:getSubnet")
		}, "look up subnet subnet-1 of VPC"},
		{"failed to list tables", adoptVpc([]string{"apps-a"}, none), func(r *componenttest.Recorder) {
			delete(r.Calls, "aws:ec2/getRouteTables:getRouteTables")
		}, "list route tables of VPC"},
		{"failed to look at table", adoptVpc([]string{"apps-a"}, none), func(r *componenttest.Recorder) {
			delete(r.Calls, "aws:ec2/getRouteTable:getRouteTable")
		}, "look up route table rtb-a of VPC"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := componenttest.New()
			otherVpc.answer(r)
			test.change(r)
			if err := r.Exec(test.program); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}

func ExampleNewExistingVpc() {
	program := func(ctx *pulumi.Context) error {
		vpc, err := NewExistingVpc(ctx, "demo01-staging", &ExistingVpcArgs{
			VpcID:              "vpc-0123456789abcdef0",
			CIDR:               "10.20.0.0/16",
			PrivateSubnetNames: []string{"apps-a", "apps-c"},
		})
		if err != nil {
			return err
		}
		_, err = NewBastion(ctx, "demo01-staging", &BastionArgs{Network: vpc.Network()})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	otherVpc.answer(mocks)
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, instance := range mocks.All(instanceType) {
		fmt.Println(instance.Name, "in", instance.Args()["subnetId"])
	}
	// Output: demo01-staging-bastion in subnet-3
}
