package aws

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

const zoneType = "aws:route53/zone:Zone"

func makeHostedZone(args *HostedZoneArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewHostedZone(ctx, "demo.example.com-zone", args)
		return err
	}
}

func TestHostedZone(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		zone, err := NewHostedZone(ctx, "demo.example.com-zone", &HostedZoneArgs{
			Domain: "demo.example.com", Owner: "demo01-staging", Protect: true,
			Tags: map[string]string{"posit.team/managed-by": "test"},
		})
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{
			"id": "zone/demo.example.com-zone", "arn": "arn:aws:route53:::hostedzone/zone/demo.example.com-zone",
			"servers": []string{"ns-1.example", "ns-2.example"},
		}, map[string]pulumi.Output{"id": zone.ID, "arn": zone.ARN, "servers": zone.NameServers})
		return nil
	})
	r.Golden(t, "hosted-zone")
	r.Find(t, zoneType, "demo.example.com-zone").Exactly(t, map[string]any{
		"name": "demo.example.com", "tags": map[string]any{"posit.team/managed-by": "test"},
		"comment": "Hosted Zone for the Posit Team Dedicated service in demo01-staging. Publicly accessible",
	})
}

func TestPrivateHostedZone(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeHostedZone(&HostedZoneArgs{
		Domain: "demo.example.com", Owner: "demo01-staging", Private: true,
		VPCs: []ZoneVPC{{ID: pulumi.String("vpc-1"), Region: pulumi.String("us-east-2")}, {ID: pulumi.String("vpc-2")}},
	}))
	zone := r.Find(t, zoneType, "demo.example.com-zone")
	zone.Want(t, map[string]any{
		"comment": "Hosted Zone for the Posit Team Dedicated service in demo01-staging. Private",
		"vpcs":    []any{map[string]any{"vpcId": "vpc-1", "vpcRegion": "us-east-2"}, map[string]any{"vpcId": "vpc-2"}},
	})
	if zone.Protect {
		t.Error("zone is protected")
	}
}

func TestExistingHostedZone(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		zone, err := NewHostedZone(ctx, "demo.example.com-zone", &HostedZoneArgs{ZoneID: "Z0123456789", Protect: true})
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{"id": "Z0123456789", "arn": "arn:aws:route53:::hostedzone/Z0123456789"},
			map[string]pulumi.Output{"id": zone.ID, "arn": zone.ARN})
		return nil
	})
	r.Golden(t, "hosted-zone-existing")
	if zone := r.Find(t, zoneType, "demo.example.com-zone"); !zone.Read || zone.Protect {
		t.Errorf("zone of others: read %v, protected %v", zone.Read, zone.Protect)
	}
}

func TestHostedZonePreview(t *testing.T) {
	t.Parallel()
	componenttest.SamePreview(t, makeHostedZone(&HostedZoneArgs{Domain: "demo.example.com", Owner: "demo01-staging"}))
	componenttest.SamePreview(t, makeHostedZone(&HostedZoneArgs{ZoneID: "Z0123456789"}))
}

func TestHostedZoneErrors(t *testing.T) {
	t.Parallel()
	const required = "hosted zone demo.example.com-zone: a domain, or the id of a zone, is required"
	componenttest.Fails(t, makeHostedZone(nil), required)
	componenttest.Fails(t, makeHostedZone(&HostedZoneArgs{}), required)
	componenttest.Fails(t, makeHostedZone(&HostedZoneArgs{Domain: "demo.example.com", Private: true}), "a private zone needs a VPC")
	componenttest.Fails(t, makeHostedZone(&HostedZoneArgs{Domain: "demo.example.com", VPCs: []ZoneVPC{{ID: pulumi.String("vpc-1")}}}),
		"a public zone cannot have VPCs")
}

func ExampleNewHostedZone() {
	program := func(ctx *pulumi.Context) error {
		zone, err := NewHostedZone(ctx, "demo.example.com-zone", &HostedZoneArgs{
			Domain: "demo.example.com", Owner: "demo01-staging", Protect: true,
		})
		if err != nil {
			return err
		}
		certificate, err := NewCertificate(ctx, "demo01-staging-domain-cert", &CertificateArgs{
			Domain: "demo.example.com", ZoneID: zone.ID,
		})
		if err != nil {
			return err
		}
		ctx.Export("name_servers", zone.NameServers) // for the parent domain to delegate to
		ctx.Export("cert_arn", certificate.ARN)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, record := range mocks.All(recordType) {
		fmt.Println(record.Name, record.Args()["name"])
	}
	// Output: demo01-staging-domain-cert-validation-record-0 _validate.demo.example.com.
}
