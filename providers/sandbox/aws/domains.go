package aws

import (
	"fmt"
	"slices"
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
)

// isZoneID tells whether a text has the form of a hosted zone's id.
var isZoneID = pattern(`^Z[A-Z0-9]{1,31}$`)

const noZone = "NoSuchHostedZone: No hosted zone found with ID: %s"

func domains() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		zoneType: {
			Args: shape(route53.ZoneArgs{}), Replace: []string{"name", "delegationSetId"}, Global: true,
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
			Args: shape(route53.RecordArgs{}), Replace: []string{"zoneId", "name", "type", "setIdentifier"}, Global: true,
			Outputs:    []string{"fqdn"},
			References: []sandbox.Reference{rule.By("zoneId", zoneType, "zoneId", noZone)},
			Unique:     rule.Unique("InvalidChangeBatch: [Tried to create resource record set %s but it already exists]", "zoneId", "name", "type", "setIdentifier"),
			Check: rule.All(checkRecord,
				rule.OneOf("type", "A", "AAAA", "CAA", "CNAME", "DS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "TXT")),
			Create: func(o *sandbox.Operation) error {
				name := strings.TrimSuffix(fmt.Sprint(o.Inputs["name"]), ".")
				zone := ""
				for _, candidate := range o.Cloud.OfType(zoneType) {
					if candidate.String("zoneId") == o.Inputs["zoneId"] {
						zone = strings.TrimSuffix(candidate.Name(), ".")
					}
				}
				if name != zone && !strings.HasSuffix(name, "."+zone) {
					return fmt.Errorf("InvalidChangeBatch: [RRSet with DNS name %s is not permitted in zone %s]", name, zone)
				}
				if err := admitRecord(o, name); err != nil {
					return err
				}
				o.ID = fmt.Sprintf("%v_%s_%v", o.Inputs["zoneId"], name, o.Inputs["type"])
				if identifier, ok := o.Inputs.Text("setIdentifier"); ok {
					o.ID += "_" + identifier
				}
				o.Outputs["fqdn"] = name
				return nil
			},
		},
		certificateType: {
			Args:    shape(acm.CertificateArgs{}),
			Replace: []string{"domainName", "subjectAlternativeNames", "validationMethod", "keyAlgorithm", "privateKey", "certificateBody"},
			Outputs: []string{"arn", "domainValidationOptions", "status", "notAfter", "notBefore", "type", "renewalEligibility", "tagsAll"},
			Check: rule.All(rule.OneOf("validationMethod", "DNS", "EMAIL", "NONE"),
				rule.Matches("domainName", `^(\*\.)?([a-zA-Z0-9]([a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,63}$`, "is not a domain name")),
			Create: createCertificate,
		},
		"aws:acm/certificateValidation:CertificateValidation": {
			Args: shape(acm.CertificateValidationArgs{}), Replace: []string{"certificateArn", "validationRecordFqdns"},
			References: []sandbox.Reference{rule.By("certificateArn", certificateType, "arn", "ResourceNotFoundException: Could not find certificate %s.")},
			Create:     validateCertificate,
		},
	}
}

// admitRecord refuses a record beside others of its name and type: only records that
// share them by weight, place or the like may, each with an identifier.
func admitRecord(o *sandbox.Operation, name string) error {
	identifier, shared := o.Inputs.Text("setIdentifier")
	for _, other := range o.Cloud.OfType(recordType) {
		if other.Account != o.Account || other.Get("zoneId") != o.Inputs["zoneId"] ||
			strings.TrimSuffix(other.String("name"), ".") != name {
			continue
		}
		kind, theirs := o.Inputs["type"], other.String("setIdentifier")
		if other.Get("type") != kind {
			if kind == "CNAME" || other.Get("type") == "CNAME" {
				return fmt.Errorf("InvalidChangeBatch: [RRSet of type %v with DNS name %s. is not permitted because a conflicting RRSet of type %v with the same DNS name already exists in zone]", kind, name, other.Get("type"))
			}
			continue
		}
		if shared != (theirs != "") || policyOf(o.Inputs) != policyOf(other.Inputs) {
			return fmt.Errorf("InvalidChangeBatch: [RRSet with DNS name %s., type %v, SetIdentifier %s cannot be created because an RRSet with the same name and type and another routing policy exists]", name, kind, identifier)
		}
		if identifier == theirs {
			return fmt.Errorf("InvalidChangeBatch: [Tried to create resource record set [name='%s.', type='%v'] but it already exists]", name, kind)
		}
	}
	return nil
}

var routingPolicies = []string{
	"cidrRoutingPolicy", "failoverRoutingPolicies", "geolocationRoutingPolicies", "geoproximityRoutingPolicy", "latencyRoutingPolicies",
	"multivalueAnswerRoutingPolicy", "weightedRoutingPolicies",
}

// policyOf names the routing policy of a record, "" for a simple one.
func policyOf(in sandbox.Inputs) string {
	for _, policy := range routingPolicies {
		if _, ok := in[policy]; ok {
			return policy
		}
	}
	return ""
}

func checkRecord(in sandbox.Inputs) []sandbox.Problem {
	_, alias := in["aliases"]
	_, records := in["records"]
	_, ttl := in["ttl"]
	switch {
	case alias && records:
		return rule.One("records", "conflicts with aliases")
	case !alias && !records:
		return rule.One("records", "one of aliases, records is required")
	case records && !ttl:
		return rule.One("ttl", "is required with records")
	case alias && ttl:
		return rule.One("ttl", "conflicts with aliases")
	}
	_, identified := in["setIdentifier"]
	if policy := policyOf(in); (policy != "") != identified {
		return rule.One("setIdentifier", "a routing policy and setIdentifier are required together")
	}
	if problems := rule.Each("weightedRoutingPolicies", rule.Between("weight", 0, 255))(in); len(problems) > 0 {
		return problems[:1]
	}
	kind, _ := in.Text("type")
	return rule.Each("aliases", func(target sandbox.Inputs) []sandbox.Problem {
		if zone, ok := target.Text("zoneId"); ok && (!isZoneID(zone) || kind != "A" && kind != "AAAA" && kind != "CNAME") {
			return rule.One("", "InvalidChangeBatch: an alias of type %s to the zone %q is not permitted", kind, zone)
		}
		return nil
	})(in)
}

// createCertificate makes a certificate with one validation option a name. Apex and
// wildcard share a record, as at ACM.
func createCertificate(o *sandbox.Operation) error {
	o.ID = arn(o, "acm", "certificate/"+o.NewID("", 32))
	domain, _ := o.Inputs.Text("domainName")
	names := []string{domain}
	for _, name := range o.Inputs.List("subjectAlternativeNames") {
		if text, ok := name.(string); ok && !slices.Contains(names, text) {
			names = append(names, text)
		}
	}
	options := []any{}
	for _, name := range names {
		apex := strings.TrimPrefix(name, "*.")
		options = append(options, map[string]any{
			"domainName":          name,
			"resourceRecordName":  "_" + sandbox.Digest(32, o.Account, apex) + "." + apex + ".",
			"resourceRecordType":  "CNAME",
			"resourceRecordValue": "_" + sandbox.Digest(32, o.Account, apex, "value") + ".acm-validations.aws.",
		})
	}
	o.Outputs["arn"], o.Outputs["domainValidationOptions"] = o.ID, options
	o.Outputs["status"], o.Outputs["type"] = "PENDING_VALIDATION", "AMAZON_ISSUED"
	return nil
}

// validateCertificate waits, in the cloud, for the records that prove the names. Here
// they are there, or never will be.
func validateCertificate(o *sandbox.Operation) error {
	for _, certificate := range o.Cloud.OfType(certificateType) {
		if certificate.ID != o.Inputs["certificateArn"] {
			continue
		}
		options, _ := certificate.Get("domainValidationOptions").([]any)
		for _, option := range options {
			described, _ := option.(map[string]any)
			if !recordExists(o, described) {
				return fmt.Errorf("certificate %s is not validated: the record %v (%v) is in no public zone; ACM would wait for it until a time-out",
					certificate.Name(), described["resourceRecordName"], described["resourceRecordType"])
			}
		}
	}
	o.ID = o.NewID("", 32)
	return nil
}

func recordExists(o *sandbox.Operation, option map[string]any) bool {
	trim := func(name any) string { return strings.TrimSuffix(fmt.Sprint(name), ".") }
	for _, record := range o.Cloud.OfType(recordType) {
		values, _ := record.Get("records").([]any)
		if trim(record.Get("name")) == trim(option["resourceRecordName"]) && record.Get("type") == option["resourceRecordType"] &&
			slices.ContainsFunc(values, func(value any) bool { return trim(value) == trim(option["resourceRecordValue"]) }) {
			return true
		}
	}
	return false
}
