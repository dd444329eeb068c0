package aws

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components"
)

// DefaultValidationRecordTTL is the time to live of validation records, in seconds.
const DefaultValidationRecordTTL = 60

// CertificateArgs says what a Certificate is for. Domain and a zone for each of its
// domains are required.
type CertificateArgs struct {
	// Domain is the certificate's own. AlternativeNames are the others, in order; the
	// wildcard of Domain if nil.
	Domain           string
	AlternativeNames []string
	// ZoneID is the public zone that the validation records go in, unless Zones, whose
	// keys are domains without wildcard, has another.
	ZoneID pulumi.StringInput
	Zones  map[string]pulumi.StringInput
	// RecordName, with -0, -1, ... appended, and ValidationName are logical names;
	// by default the certificate's with -validation-record and -validation.
	RecordName, ValidationName string
	// RecordTTL is in seconds, DefaultValidationRecordTTL if 0.
	RecordTTL int
	// SkipValidation does not wait until the certificate is issued. The records are
	// made all the same. It is for a zone that nobody delegates to yet, where waiting
	// would fail after more than an hour.
	SkipValidation bool
	Tags           map[string]string
}

// Certificate is a TLS certificate of ACM, validated by DNS records, which are kept so
// that it is renewed.
type Certificate struct {
	pulumi.ResourceState

	// ARN is known when the certificate is issued, unless validation is skipped.
	ARN pulumi.StringOutput `pulumi:"arn"`
	// ValidationRecords have a name, a type and a value each.
	ValidationRecords pulumi.StringMapArrayOutput `pulumi:"validationRecords"`
}

// NewCertificate makes a Certificate with the logical name name. A domain and its
// wildcard are validated by one and the same record, so there is a record for each
// domain without its wildcard, numbered in the order of the names; all of them show in
// the first preview.
//
// It is an error if the domain or a zone is missing, or if ACM does not answer with a
// record for a domain.
//
// (docs/reference/aws-workload-base.md 4.10 rows 51 to 53;
// docs/reference/aws-control-room.md 9.4)
func NewCertificate(ctx *pulumi.Context, name string, args *CertificateArgs, opts ...pulumi.ResourceOption) (*Certificate, error) {
	if args == nil || args.Domain == "" {
		return nil, errors.New("certificate " + name + ": a domain is required")
	}
	alternatives := args.AlternativeNames
	if alternatives == nil {
		alternatives = []string{"*." + args.Domain}
	}
	domains := apexes(args.Domain, alternatives)
	zones := make([]pulumi.StringInput, len(domains))
	for i, domain := range domains {
		if zones[i] = args.Zones[domain]; zones[i] == nil {
			zones[i] = args.ZoneID
		}
		if zones[i] == nil {
			return nil, fmt.Errorf("certificate %s: no zone to validate %s in: give the id of its public zone", name, domain)
		}
	}

	made := &Certificate{}
	err := components.Register(ctx, "ptd:aws:Certificate", name, made, func(child pulumi.ResourceOption) error {
		certificate, err := acm.NewCertificate(ctx, name, &acm.CertificateArgs{
			DomainName:              pulumi.String(args.Domain),
			SubjectAlternativeNames: pulumi.ToStringArray(alternatives),
			ValidationMethod:        pulumi.String("DNS"),
			Tags:                    tags(args.Tags),
		}, child)
		if err != nil {
			return err
		}
		recordName := cmp.Or(args.RecordName, name+"-validation-record")
		validationName := cmp.Or(args.ValidationName, name+"-validation")
		var names pulumi.StringArray
		var records pulumi.StringMapArray
		for i, domain := range domains {
			option := validationOption(certificate, domain)
			values := pulumi.StringMap{
				"name":  option.ResourceRecordName().Elem(),
				"type":  option.ResourceRecordType().Elem(),
				"value": option.ResourceRecordValue().Elem(),
			}
			record, err := route53.NewRecord(ctx, fmt.Sprintf("%s-%d", recordName, i), &route53.RecordArgs{
				Name: values["name"], Type: values["type"], Records: pulumi.StringArray{values["value"]},
				Ttl: pulumi.Int(cmp.Or(args.RecordTTL, DefaultValidationRecordTTL)), ZoneId: zones[i],
			}, pulumi.Parent(certificate), pulumi.DeleteBeforeReplace(true))
			if err != nil {
				return err
			}
			names, records = append(names, record.Fqdn), append(records, values)
		}
		made.ARN, made.ValidationRecords = certificate.Arn, records.ToStringMapArrayOutput()
		if args.SkipValidation {
			return nil
		}
		validation, err := acm.NewCertificateValidation(ctx, validationName, &acm.CertificateValidationArgs{
			CertificateArn: certificate.Arn, ValidationRecordFqdns: names,
		}, pulumi.Parent(certificate))
		if err != nil {
			return err
		}
		made.ARN = validation.CertificateArn
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

// apexes are the names without wildcard, each once, in order.
func apexes(domain string, alternatives []string) []string {
	var found []string
	for _, name := range append([]string{domain}, alternatives...) {
		if name = strings.TrimPrefix(name, "*."); !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	return found
}

// validationOption is what ACM asks for to believe that the domain is ours. ACM answers
// in no particular order. A certificate that a run leaves out, before it was ever made, has
// neither an ARN nor options, and its record is left out with it.
func validationOption(certificate *acm.Certificate, domain string) acm.CertificateDomainValidationOptionOutput {
	return apply.To(pulumi.All(certificate.Arn, certificate.DomainValidationOptions),
		func(values []any) (acm.CertificateDomainValidationOption, error) {
			options, _ := values[1].([]acm.CertificateDomainValidationOption)
			for _, option := range options {
				if option.DomainName != nil && strings.TrimPrefix(*option.DomainName, "*.") == domain {
					return option, nil
				}
			}
			if values[0] == "" {
				return acm.CertificateDomainValidationOption{}, nil
			}
			return acm.CertificateDomainValidationOption{}, fmt.Errorf(
				"find the validation record of %s: the certificate asks for none; run again, with --refresh, "+
					"when it shows its records in ACM", domain)
		}).(acm.CertificateDomainValidationOptionOutput)
}
