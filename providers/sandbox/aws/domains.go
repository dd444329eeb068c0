package aws

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const (
	zoneType        = "aws:route53/zone:Zone"
	recordType      = "aws:route53/record:Record"
	certificateType = "aws:acm/certificate:Certificate"
	validationType  = "aws:acm/certificateValidation:CertificateValidation"
)

// isZoneID tells whether a text has the form of a hosted zone's id.
var isZoneID = pattern(`^Z[A-Z0-9]{1,31}$`)

const noZone = "NoSuchHostedZone: No hosted zone found with ID: %s"

func domains() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		zoneType: {
			Args: shape(route53.ZoneArgs{}), Replace: []string{"name", "delegationSetId"}, Global: true,
			Sets: []string{"vpcs"}, Equal: meanings(sameDomain, "name"), Computed: []string{"vpcs[].vpcRegion"},
			Unread:   []string{"forceDestroy"},
			Defaults: map[string]any{"comment": "Managed by Pulumi", "forceDestroy": false},
			Outputs:  []string{"arn", "zoneId", "nameServers", "primaryNameServer", "tagsAll"},
			References: []sandbox.Reference{
				rule.Reference("vpcs[].vpcId", vpcType, "InvalidVPCId: The VPC %s in region is not valid"),
			},
			Check: rule.All(rule.Required("name"),
				rule.Matches("name", `^([a-zA-Z0-9_]([a-zA-Z0-9\-_]{0,61}[a-zA-Z0-9_])?\.)+[a-zA-Z]{2,63}\.?$`, "is not a domain name")),
			Create: func(o *sandbox.Operation) error {
				o.ID = o.NewID("Z", 20)
				o.ID = strings.ToUpper(o.ID)
				o.Outputs["arn"], o.Outputs["zoneId"] = "arn:aws:route53:::hostedzone/"+o.ID, o.ID
				servers := make([]any, 4)
				for i := range servers {
					servers[i] = fmt.Sprintf("ns-%d.awsdns-%02d.%s", 100+i*256, i*8, []string{"com", "net", "org", "co.uk"}[i])
				}
				o.Outputs["nameServers"], o.Outputs["primaryNameServer"] = servers, servers[0]
				return nil
			},
		},
		recordType: {
			Args: shape(route53.RecordArgs{}), Replace: []string{"zoneId", "name"}, Global: true,
			Sets: []string{"records"}, Equal: meanings(sameDomain, "name", "aliases[].name"),
			Computed: []string{"allowOverwrite"}, Unread: []string{"allowOverwrite"},
			Outputs: []string{"fqdn"}, Overwrites: overwritesRecord,
			References: []sandbox.Reference{rule.By("zoneId", zoneType, "zoneId", noZone)},
			Check: rule.All(checkRecord,
				rule.OneOf("type", "A", "AAAA", "CAA", "CNAME", "DS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "TXT")),
			Create: createRecord,
			// Another type or set identifier deletes and creates in one batch: no gap, and in
			// Pulumi's state the id stays (terraform-provider-aws, internal/service/route53/record.go).
			Update: func(o *sandbox.Operation) error { return admitRecord(o, o.Old.Key()) },
		},
		certificateType: {
			Args: shape(acm.CertificateArgs{}),
			Replace: []string{
				"domainName", "subjectAlternativeNames", "validationMethod", "keyAlgorithm", "certificateAuthorityArn", "validationOptions",
			},
			Sets: []string{"subjectAlternativeNames", "validationOptions"}, Ignore: ignoredNames,
			Computed: []string{"domainName", "keyAlgorithm", "subjectAlternativeNames", "validationMethod", "options"},
			Outputs:  []string{"arn", "domainValidationOptions", "status", "notAfter", "notBefore", "type", "renewalEligibility", "tagsAll"},
			Check: rule.All(rule.OneOf("validationMethod", "DNS", "EMAIL", "NONE"),
				rule.Matches("domainName", `^(\*\.)?([a-zA-Z0-9]([a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,63}$`, "is not a domain name")),
			Create: createCertificate, Delete: deleteCertificate,
		},
		validationType: {
			Args: shape(acm.CertificateValidationArgs{}), Replace: []string{"certificateArn", "validationRecordFqdns"},
			Sets:       []string{"validationRecordFqdns"},
			References: []sandbox.Reference{rule.By("certificateArn", certificateType, "arn", "ResourceNotFoundException: Could not find certificate %s.")},
			Create:     validateCertificate, Read: readValidation,
		},
	}
}
