package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const (
	vpcType      = "aws:ec2/vpc:Vpc"
	subnetType   = "aws:ec2/subnet:Subnet"
	aclRuleType  = "aws:ec2/networkAclRule:NetworkAclRule"
	endpointType = "aws:ec2/vpcEndpoint:VpcEndpoint"
	groupType    = "aws:ec2/securityGroup:SecurityGroup"
	flowLogType  = "aws:ec2/flowLog:FlowLog"
)

// workloadVpcArgs are those of a workload's VPC.
func workloadVpcArgs() *VpcArgs {
	return &VpcArgs{
		CIDR:                "10.10.0.0/16",
		AvailabilityZoneIDs: pulumi.ToStringArray([]string{"use2-az1", "use2-az2", "use2-az3"}),
		ZoneCount:           3,
		Region:              pulumi.String(componenttest.Region),
		Tags:                map[string]string{"posit.team/managed-by": "test"},
		PublicTags:          map[string]string{"kubernetes.io/role/elb": "1", "posit.team/network-access": "public"},
		PrivateTags:         map[string]string{"kubernetes.io/role/internal-elb": "1", "posit.team/network-access": "private"},
		NATGateways:         true,
		NetworkACLRules:     WorkloadNetworkACLRules(),
		Endpoints:           VpcEndpointsArgs{Enabled: true},
		FlowLogs:            &FlowLogsArgs{PermissionsBoundary: pulumi.String("arn:aws:iam::" + componenttest.Account + ":policy/boundary")},
	}
}

// makeVpc is a program that makes a VPC and the FSx endpoint as a workload does.
func makeVpc(args *VpcArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		vpc, err := NewVpc(ctx, "demo01-staging", args)
		if err != nil {
			return err
		}
		_, err = NewInterfaceEndpoint(ctx, "demo01-staging-fsx", &InterfaceEndpointArgs{
			Network: vpc.Network(), Region: args.Region, Service: FSxEndpointService, Tags: args.Tags,
			SecurityGroupIDs: pulumi.StringArray{pulumi.String("sg-nfs")},
		}, pulumi.Parent(vpc))
		return err
	}
}

// want compares some inputs of a resource.

func TestVpcOfWorkload(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeVpc(workloadVpcArgs()))
	r.Golden(t, "vpc")
	for typ, want := range map[string]int{
		vpcType:    1,
		subnetType: 6,
		"aws:ec2/internetGateway:InternetGateway": 1,
		"aws:ec2/routeTable:RouteTable":           4,
		"aws:ec2/route:Route":                     4,
		"aws:ec2/natGateway:NatGateway":           3,
		"aws:ec2/eip:Eip":                         3,
		"aws:ec2/networkAcl:NetworkAcl":           2,
		aclRuleType:                               11 + 18 + 2,
		endpointType:                              7,
		flowLogType:                               1,
	} {
		if got := len(r.All(typ)); got != want {
			t.Errorf("%d of %s, want %d", got, typ, want)
		}
	}
	if len(r.Invoked) > 0 {
		t.Errorf("looked up %v, want nothing looked up", r.Invoked)
	}
}

func TestVpcInputs(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeVpc(workloadVpcArgs()))
	public := map[string]any{
		"posit.team/managed-by": "test", "kubernetes.io/role/elb": "1", "posit.team/network-access": "public",
	}
	named := func(base map[string]any, name string) map[string]any {
		tags := map[string]any{"Name": name}
		for key, value := range base {
			tags[key] = value
		}
		return tags
	}
	plainTags := map[string]any{"posit.team/managed-by": "test"}
	private := map[string]any{
		"posit.team/managed-by": "test", "kubernetes.io/role/internal-elb": "1", "posit.team/network-access": "private",
	}
	const cn, vpcID = "demo01-staging", "vpc/demo01-staging"
	privateSubnets := []any{"subnet/" + cn + "-private-az1", "subnet/" + cn + "-private-az2", "subnet/" + cn + "-private-az3"}

	r.Find(t, vpcType, cn).Want(t, map[string]any{
		"cidrBlock": "10.10.0.0/16", "enableDnsHostnames": true, "enableDnsSupport": true, "tags": named(plainTags, cn),
	})
	for n, want := range []struct{ private, public string }{
		{"10.10.0.0/18", "10.10.192.0/20"}, {"10.10.64.0/18", "10.10.208.0/20"}, {"10.10.128.0/18", "10.10.224.0/20"},
	} {
		for access, kind := range map[string]struct {
			cidr string
			tags map[string]any
		}{"private": {want.private, private}, "public": {want.public, public}} {
			name := fmt.Sprintf("%s-%s-az%d", cn, access, n+1)
			subnet := r.Find(t, subnetType, name)
			subnet.Want(t, map[string]any{
				"vpcId": vpcID, "cidrBlock": kind.cidr, "availabilityZoneId": fmt.Sprintf("use2-az%d", n+1),
				"mapPublicIpOnLaunch": false, "tags": named(kind.tags, name),
			})
			assert.Equal(t, []string{"availabilityZoneId"}, subnet.Ignore, "%s: ignored changes", name)
		}
	}
	r.Find(t, "aws:ec2/route:Route", cn+"-public").Want(t, map[string]any{
		"routeTableId": "routetable/" + cn + "-public", "destinationCidrBlock": "0.0.0.0/0",
		"gatewayId": "internetgateway/" + cn, "natGatewayId": nil,
	})
	r.Find(t, "aws:ec2/route:Route", cn+"-nat-az2").Want(t, map[string]any{
		"routeTableId": "routetable/" + cn + "-private-az2", "destinationCidrBlock": "0.0.0.0/0",
		"natGatewayId": "natgateway/" + cn + "-az2", "gatewayId": nil,
	})
	r.Find(t, "aws:ec2/natGateway:NatGateway", cn+"-az3").Want(t, map[string]any{
		"subnetId": "subnet/" + cn + "-public-az3", "allocationId": "eip/" + cn + "-az3", "tags": named(plainTags, cn+"-az3"),
	})
	r.Find(t, "aws:ec2/eip:Eip", cn+"-az3").Want(t, map[string]any{"domain": "vpc", "tags": named(plainTags, cn+"-az3")})
	r.Find(t, "aws:ec2/routeTableAssociation:RouteTableAssociation", cn+"-private-az2").Want(t, map[string]any{
		"subnetId": privateSubnets[1], "routeTableId": "routetable/" + cn + "-private-az2",
	})
	r.Find(t, "aws:ec2/routeTableAssociation:RouteTableAssociation", cn+"-public-az2").Want(t, map[string]any{
		"subnetId": "subnet/" + cn + "-public-az2", "routeTableId": "routetable/" + cn + "-public",
	})
	r.Find(t, "aws:ec2/networkAcl:NetworkAcl", cn+"-private").Want(t, map[string]any{
		"vpcId": vpcID, "subnetIds": privateSubnets, "tags": named(private, cn+"-private"),
	})
	r.Find(t, groupType, cn+"-vpc-endpoint").Want(t, map[string]any{
		"namePrefix": cn + "-vpc-endpoint-", "description": cn + " VPC endpoint", "vpcId": vpcID, "egress": nil, "name": nil,
		"ingress": []any{map[string]any{
			"protocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "cidrBlocks": []any{"10.10.0.0/16"},
		}},
		"tags": named(plainTags, cn+"-vpc-endpoint"),
	})
	r.Find(t, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", cn+"-default").Want(t, map[string]any{
		"vpcId": vpcID, "ingress": nil, "egress": nil, "tags": nil,
	})
	r.Find(t, "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl", cn+"-default").Want(t, map[string]any{
		"defaultNetworkAclId": "acl/default", "ingress": nil, "egress": nil, "subnetIds": nil, "tags": nil,
	})
	r.Find(t, endpointType, cn+"-s3").Want(t, map[string]any{
		"serviceName": "com.amazonaws.us-east-2.s3", "vpcEndpointType": "Gateway", "vpcId": vpcID,
		"routeTableIds": []any{
			"routetable/" + cn + "-private-az1", "routetable/" + cn + "-private-az2", "routetable/" + cn + "-private-az3",
			"routetable/" + cn + "-public",
		},
		"subnetIds": nil, "securityGroupIds": nil, "privateDnsEnabled": nil, "tags": named(plainTags, cn+"-s3"),
	})
	for service, groups := range map[string][]any{
		"kms": {"securitygroup/" + cn + "-vpc-endpoint"},
		"fsx": {"sg-nfs", "securitygroup/" + cn + "-vpc-endpoint"},
	} {
		endpoint := r.Find(t, endpointType, cn+"-"+service)
		endpoint.Want(t, map[string]any{
			"serviceName": "com.amazonaws.us-east-2." + service, "vpcEndpointType": "Interface", "vpcId": vpcID,
			"privateDnsEnabled": true, "subnetIds": privateSubnets, "securityGroupIds": groups, "routeTableIds": nil,
			"tags": named(plainTags, cn+"-"+service),
		})
		assert.Equal(t, []string{"subnetIds"}, endpoint.Ignore, "%s: ignored changes", service)
	}
}

func TestVpcOptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*VpcArgs)
		want   map[string]int // number of resources by type
	}{
		{"vpc-two-zones", func(a *VpcArgs) { a.ZoneCount = 2 }, map[string]int{
			subnetType: 4, "aws:ec2/natGateway:NatGateway": 2, "aws:ec2/routeTable:RouteTable": 3,
		}},
		{"vpc-endpoints-excluded", func(a *VpcArgs) {
			a.Endpoints.ExcludedServices = []string{"ec2", "ec2messages", "fsx", "kms", "s3", "ssm"}
		}, map[string]int{endpointType: 1 + 1}}, // ssmmessages; and fsx, which is the caller's
		{"vpc-endpoints-disabled", func(a *VpcArgs) { a.Endpoints.Enabled = false }, map[string]int{
			endpointType: 1, groupType: 1,
		}},
		{"vpc-workspaces", func(a *VpcArgs) {
			a.CIDR, a.ZoneCount, a.NATGateways, a.FlowLogs = "172.16.0.0/20", 2, false, nil
			a.NetworkACLRules = WorkspacesNetworkACLRules()
			a.Endpoints = VpcEndpointsArgs{Enabled: true, Services: []string{"sts"}, InPublicSubnets: true}
		}, map[string]int{
			"aws:ec2/natGateway:NatGateway": 0, "aws:ec2/eip:Eip": 0, flowLogType: 0, "aws:iam/role:Role": 0, aclRuleType: 11 + 4,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			args := workloadVpcArgs()
			test.change(args)
			r := componenttest.Run(t, makeVpc(args))
			r.Golden(t, test.name)
			for typ, want := range test.want {
				if got := len(r.All(typ)); got != want {
					t.Errorf("%d of %s, want %d", got, typ, want)
				}
			}
			if args.Endpoints.InPublicSubnets {
				r.Find(t, endpointType, "demo01-staging-sts").Want(t, map[string]any{
					"subnetIds": []any{"subnet/demo01-staging-public-az1", "subnet/demo01-staging-public-az2"},
				})
			}
		})
	}
}

// In a dry run nothing is known of resources that are not there yet, and all of
// them must still be registered.
func TestVpcPreview(t *testing.T) {
	t.Parallel()
	applied := componenttest.Run(t, makeVpc(workloadVpcArgs()))
	dry := componenttest.New()
	dry.Preview = true
	if err := dry.Exec(makeVpc(workloadVpcArgs())); err != nil {
		t.Fatal(err)
	}
	if got, want := len(dry.All("")), len(applied.All("")); got != want {
		t.Errorf("a dry run registers %d resources, a real one %d", got, want)
	}
	// The mocks leave out what is unknown.
	dry.Find(t, subnetType, "demo01-staging-private-az1").Want(t, map[string]any{"vpcId": nil, "cidrBlock": "10.10.0.0/18"})
}

// The workspaces of a control room are in a region of their own: whatever is in a
// Vpc takes the provider it was given, the children of children too.
func TestVpcProvider(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		var provider struct{ pulumi.ProviderResourceState }
		if err := ctx.RegisterResource("pulumi:providers:aws", "use1", pulumi.Map{}, &provider); err != nil {
			return err
		}
		_, err := NewVpc(ctx, "demo01-staging", workloadVpcArgs(), pulumi.Provider(&provider))
		return err
	})
	for _, reg := range r.All("") {
		if strings.HasPrefix(reg.Type, "aws:") && !strings.Contains(reg.Provider, "pulumi:providers:aws use1") {
			t.Errorf("%s %s has the provider %q", reg.Type, reg.Name, reg.Provider)
		}
	}
}

func TestVpcErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*VpcArgs)
		want   string
	}{
		{"host bits", func(a *VpcArgs) { a.CIDR = "10.10.0.1/16" }, "did you mean 10.10.0.0/16?"},
		{"no zone", func(a *VpcArgs) { a.ZoneCount = 0 }, "want 1 to 3 availability zones"},
		{"four zones", func(a *VpcArgs) { a.ZoneCount = 4 }, "want 1 to 3 availability zones"},
		{"no zone ids", func(a *VpcArgs) { a.AvailabilityZoneIDs = nil }, "want 1 to 3 availability zones and their ids"},
		{"few zone ids", func(a *VpcArgs) { a.AvailabilityZoneIDs = pulumi.ToStringArray([]string{"use2-az1"}) },
			"wants 3 availability zones, the region offers 1 [use2-az1]"},
		{"no region", func(a *VpcArgs) { a.Region = nil }, "endpoint demo01-staging-ec2: network, region and service are required"},
		{"exclusion", func(a *VpcArgs) { a.Endpoints.ExcludedServices = []string{"s4"} }, `endpoint service "s4" is excluded but not one of`},
		{"protocol", func(a *VpcArgs) { a.NetworkACLRules = []NetworkACLRule{{Subnets: Public, Protocol: "icmp"}} },
			"protocol tcp, udp or all"},
		{"flow-log destination", func(a *VpcArgs) { a.FlowLogs.ExtraDestinations = []string{"arn:aws:sns:us-east-2:1:topic"} },
			`flow-log destination "arn:aws:sns:us-east-2:1:topic": want the ARN of`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			args := workloadVpcArgs()
			test.change(args)
			err := componenttest.New().Exec(makeVpc(args))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
	if err := componenttest.New().Exec(func(ctx *pulumi.Context) error {
		_, err := NewVpc(ctx, "demo01-staging", nil)
		return err
	}); err == nil || !strings.Contains(err.Error(), "vpc demo01-staging: split VPC CIDR") {
		t.Errorf("no arguments: got error %v", err)
	}
}

func ExampleNewVpc() {
	program := func(ctx *pulumi.Context) error {
		vpc, err := NewVpc(ctx, "demo01-staging", &VpcArgs{
			CIDR:                "10.37.0.0/16",
			AvailabilityZoneIDs: pulumi.ToStringArray([]string{"use2-az1", "use2-az2"}),
			ZoneCount:           2,
			Region:              pulumi.String("us-east-2"),
			NATGateways:         true,
			NetworkACLRules:     WorkloadNetworkACLRules(),
			Endpoints:           VpcEndpointsArgs{Enabled: true},
			FlowLogs:            &FlowLogsArgs{},
		})
		if err != nil {
			return err
		}
		ctx.Export("vpc_id", vpc.ID)
		ctx.Export("subnet_ids", vpc.Network().PrivateSubnetIDs)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, subnet := range mocks.All(subnetType) {
		fmt.Println(subnet.Name, subnet.Args()["cidrBlock"])
	}
	// Output:
	// demo01-staging-private-az1 10.37.0.0/18
	// demo01-staging-private-az2 10.37.64.0/18
	// demo01-staging-public-az1 10.37.192.0/20
	// demo01-staging-public-az2 10.37.208.0/20
}
