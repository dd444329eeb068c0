package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

const (
	certificateType = "aws:acm/certificate:Certificate"
	recordType      = "aws:route53/record:Record"
	validationType  = "aws:acm/certificateValidation:CertificateValidation"
)

func TestCertificate(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		certificate, err := NewCertificate(ctx, "demo01-staging-domain-cert-demo-example-com", &CertificateArgs{
			Domain:         "demo.example.com",
			ZoneID:         pulumi.String("Z1"),
			RecordName:     "demo01-staging-cert-validation-record-demo-example-com",
			ValidationName: "demo01-staging-cert-validation-demo-example-com",
			Tags:           map[string]string{"posit.team/managed-by": "test"},
		})
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{
			"arn": "arn:aws:acm:us-east-2:123456789012:certificate/demo01-staging-domain-cert-demo-example-com",
			"records": []map[string]string{
				{"name": "_validate.demo.example.com.", "type": "CNAME", "value": "_answer.demo.example.com.acm.example."},
			},
		}, map[string]pulumi.Output{"arn": certificate.ARN, "records": certificate.ValidationRecords})
		return nil
	})
	r.Golden(t, "certificate")
	r.Find(t, certificateType, "demo01-staging-domain-cert-demo-example-com").Exactly(t, map[string]any{
		"domainName": "demo.example.com", "subjectAlternativeNames": []any{"*.demo.example.com"}, "validationMethod": "DNS",
		"tags": map[string]any{"posit.team/managed-by": "test"},
	})
	r.Find(t, recordType, "demo01-staging-cert-validation-record-demo-example-com-0").Exactly(t, map[string]any{
		"name": "_validate.demo.example.com.", "type": "CNAME", "records": []any{"_answer.demo.example.com.acm.example."},
		"ttl": 60.0, "zoneId": "Z1",
	})
	r.Find(t, validationType, "demo01-staging-cert-validation-demo-example-com").Exactly(t, map[string]any{
		"certificateArn":        "arn:aws:acm:us-east-2:123456789012:certificate/demo01-staging-domain-cert-demo-example-com",
		"validationRecordFqdns": []any{"_validate.demo.example.com."},
	})
}

// frontDoorArgs are those of a certificate as control rooms have it.
func frontDoorArgs() *CertificateArgs {
	return &CertificateArgs{
		Domain: "main.example.com", AlternativeNames: []string{"*.main.example.com", "door.example.org", "*.door.example.org"},
		ZoneID: pulumi.String("Z1"), Zones: map[string]pulumi.StringInput{"door.example.org": pulumi.String("Z2")},
		RecordTTL: 300, SkipValidation: true,
	}
}

func makeCertificate(args *CertificateArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewCertificate(ctx, "cert", args)
		return err
	}
}

func TestCertificateOfSeveralDomains(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeCertificate(frontDoorArgs()))
	r.Golden(t, "certificate-several-domains")
	for name, want := range map[string]map[string]any{
		"cert-validation-record-0": {"name": "_validate.main.example.com.", "ttl": 300.0, "zoneId": "Z1"},
		"cert-validation-record-1": {"name": "_validate.door.example.org.", "ttl": 300.0, "zoneId": "Z2"},
	} {
		r.Find(t, recordType, name).Want(t, want)
	}
	if found := r.All(validationType); len(found) > 0 {
		t.Error("validation is waited for although it is skipped")
	}
}

// TestCertificatePreview sees to it that a preview shows the same resources as the
// run, although ACM has not said yet what the records are.
func TestCertificatePreview(t *testing.T) {
	t.Parallel()
	args := frontDoorArgs()
	args.SkipValidation = false
	componenttest.SamePreview(t, makeCertificate(args))
}

func TestCertificateErrors(t *testing.T) {
	t.Parallel()
	componenttest.Fails(t, makeCertificate(nil), "certificate cert: a domain is required")
	componenttest.Fails(t, makeCertificate(&CertificateArgs{ZoneID: pulumi.String("Z1")}), "certificate cert: a domain is required")
	componenttest.Fails(t, makeCertificate(&CertificateArgs{Domain: "demo.example.com"}), "certificate cert: no zone to validate demo.example.com in")

	r := componenttest.New()
	r.Outputs[certificateType] = resource.NewPropertyMapFromMap(map[string]any{"domainValidationOptions": []any{}})
	err := r.Exec(makeCertificate(&CertificateArgs{Domain: "demo.example.com", ZoneID: pulumi.String("Z1")}))
	if err == nil || !strings.Contains(err.Error(), "find the validation record of demo.example.com") {
		t.Errorf("no error although ACM asks for no record: %v", err)
	}
}

func ExampleNewCertificate() {
	program := func(ctx *pulumi.Context) error {
		certificate, err := NewCertificate(ctx, "main01-staging-cert", &CertificateArgs{
			Domain:           "main.example.com",
			AlternativeNames: []string{"*.main.example.com", "door.example.com"},
			ZoneID:           pulumi.String("Z0123456789"),
		})
		if err != nil {
			return err
		}
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
	// Output:
	// main01-staging-cert-validation-record-0 _validate.main.example.com.
	// main01-staging-cert-validation-record-1 _validate.door.example.com.
}
