package aws

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

func makeNFSSecurityGroup(name string, args *NFSSecurityGroupArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewNFSSecurityGroup(ctx, name, args)
		return err
	}
}

// nfsRule is a rule from or to the network.
func nfsRule(description, protocol string, from, to float64) map[string]any {
	return map[string]any{
		"description": description, "protocol": protocol, "fromPort": from, "toPort": to, "cidrBlocks": []any{"10.10.0.0/16"},
	}
}

func TestNFSSecurityGroups(t *testing.T) {
	t.Parallel()
	fsxIngress := []any{
		nfsRule("Allow TCP on ports 111-111", "tcp", 111, 111), nfsRule("Allow UDP on ports 111-111", "udp", 111, 111),
		nfsRule("Allow TCP on ports 2049-2049", "tcp", 2049, 2049), nfsRule("Allow UDP on ports 2049-2049", "udp", 2049, 2049),
		nfsRule("Allow TCP on ports 20001-20003", "tcp", 20001, 20003), nfsRule("Allow UDP on ports 20001-20003", "udp", 20001, 20003),
	}
	for name, test := range map[string]struct {
		use             NFSUse
		description     string
		ingress, egress []any
	}{
		"fsx-nfs.demo01-staging.posit.team": {FSxServer, "Allow FSx NFS traffic for demo01-staging", fsxIngress, []any{}},
		"eks-nodes-fsx-nfs.posit.team": {
			FSxNodes, "Allow NFS traffic for demo01-staging", fsxIngress,
			[]any{nfsRule("Allow all TCP and UDP egress", "-1", 0, 0)},
		},
		"eks-nodes-efs-nfs.posit.team": {
			EFSNodes, "Allow EFS NFS traffic for demo01-staging",
			[]any{nfsRule("Allow NFS (TCP port 2049)", "tcp", 2049, 2049)},
			[]any{nfsRule("Allow NFS egress within VPC", "tcp", 2049, 2049)},
		},
	} {
		r := componenttest.Run(t, func(ctx *pulumi.Context) error {
			group, err := NewNFSSecurityGroup(ctx, name, &NFSSecurityGroupArgs{
				Use: test.use, Owner: "demo01-staging", Network: testNetwork(),
				Tags: map[string]string{"posit.team/managed-by": "test", "Name": "overridden"},
			})
			if err != nil {
				return err
			}
			componenttest.WantOutputs(ctx, t, map[string]any{"id": "securitygroup/" + name}, map[string]pulumi.Output{"id": group.ID})
			return nil
		})
		r.Golden(t, "nfs-security-group-"+name)
		r.Find(t, groupType, name).Exactly(t, map[string]any{
			"namePrefix": name + "-", "description": test.description, "vpcId": "vpc-1",
			"ingress": test.ingress, "egress": test.egress,
			"tags": map[string]any{"posit.team/managed-by": "test", "Name": name},
		})
	}
}

func TestNFSSecurityGroupErrors(t *testing.T) {
	t.Parallel()
	for _, args := range []*NFSSecurityGroupArgs{
		nil,
		{Owner: "demo01-staging", Network: testNetwork()},
		{Use: EFSNodes + 1, Owner: "demo01-staging", Network: testNetwork()},
		{Use: FSxNodes, Network: testNetwork()},
		{Use: FSxNodes, Owner: "demo01-staging"},
	} {
		componenttest.Fails(t, makeNFSSecurityGroup("g", args), "nfs security group g: use, owner and network are required")
	}
}

func ExampleNewNFSSecurityGroup() {
	program := func(ctx *pulumi.Context) error {
		vpc, err := NewVpc(ctx, "demo01-staging", &VpcArgs{
			CIDR:                "10.37.0.0/16",
			AvailabilityZoneIDs: pulumi.ToStringArray([]string{"use2-az1", "use2-az2"}),
			ZoneCount:           2,
		})
		if err != nil {
			return err
		}
		group, err := NewNFSSecurityGroup(ctx, "fsx-nfs.demo01-staging.posit.team", &NFSSecurityGroupArgs{
			Use: FSxServer, Owner: "demo01-staging", Network: vpc.Network(),
		})
		if err != nil {
			return err
		}
		_, err = NewOpenZfsFileSystem(ctx, "demo01-staging", &OpenZfsFileSystemArgs{
			Network: vpc.Network(), SecurityGroupIDs: pulumi.StringArray{group.ID}, Protect: true,
		})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, fileSystem := range mocks.All(openZfsType) {
		fmt.Println(fileSystem.Name, "behind", fileSystem.Args()["securityGroupIds"])
	}
	// Output: demo01-staging-filesystem behind [securitygroup/fsx-nfs.demo01-staging.posit.team]
}
