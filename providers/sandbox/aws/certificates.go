package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

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

// deleteCertificate refuses while a load balancer serves with the certificate. The provider tries
// for 20 minutes, and then fails so (internal/service/acm/certificate.go).
func deleteCertificate(o *sandbox.Operation) error {
	for _, ingress := range o.Cloud.OfType("kubernetes:networking.k8s.io/v1:Ingress") {
		metadata, _ := ingress.Get("metadata").(map[string]any)
		annotations := sandbox.Inputs(metadata).Map("annotations")
		if slices.Contains(elements(annotations, "alb.ingress.kubernetes.io/certificate-arn"), o.ID) {
			return fmt.Errorf("ResourceInUseException: Certificate %s is in use: the load balancer of ingress %v has it", o.ID, metadata["name"])
		}
	}
	return nil
}

// ignoredNames leaves a difference of names alone that is none: the provider adds the
// certificate's own name before it compares (internal/service/acm/certificate.go).
func ignoredNames(old, new sandbox.Inputs) []string {
	if _, given := new["subjectAlternativeNames"].([]any); !given || old["domainName"] != new["domainName"] {
		return nil
	}
	names := func(in sandbox.Inputs) map[string]bool {
		all := map[string]bool{text(in["domainName"]): true}
		for _, name := range in.List("subjectAlternativeNames") {
			all[text(name)] = true
		}
		return all
	}
	if !maps.Equal(names(old), names(new)) {
		return nil
	}
	return []string{"subjectAlternativeNames"}
}

// validateCertificate waits, in the cloud, for the records that prove the names. Here
// they are there, or never will be.
func validateCertificate(o *sandbox.Operation) error {
	certificate := certificateOf(o)
	if certificate == nil {
		//lint:ignore ST1005 the provider's words
		return fmt.Errorf("ResourceNotFoundException: Could not find certificate %v.", o.Inputs["certificateArn"])
	}
	options, _ := certificate.Get("domainValidationOptions").([]any)
	listed, limited := o.Inputs["validationRecordFqdns"].([]any)
	for _, option := range options {
		described, _ := option.(map[string]any)
		name := domainOf(described["resourceRecordName"])
		if limited && !slices.ContainsFunc(listed, func(listed any) bool { return domainOf(listed) == name }) {
			//lint:ignore ST1005 the provider's words
			return fmt.Errorf("Certificate needs [%s] to be set but only %v was passed to validation_record_fqdns", name, listed)
		}
		if !recordExists(o, described) {
			return fmt.Errorf("certificate %s is not validated: the record %v (%v) is in no public zone; ACM would wait for it until a time-out",
				certificate.Name(), described["resourceRecordName"], described["resourceRecordType"])
		}
	}
	o.ID = o.NewID("", 32)
	return o.Cloud.Put(withOutput(certificate, "status", "ISSUED"))
}

// certificateOf is the certificate of a validation, nil when there is none.
func certificateOf(o *sandbox.Operation) *sandbox.Object {
	for _, certificate := range o.Cloud.OfType(certificateType) {
		if certificate.ID == o.Inputs["certificateArn"] {
			return certificate
		}
	}
	return nil
}

// readValidation counts a validation as gone when its certificate is not issued any more: the
// provider then makes it, and waits, again (internal/service/acm/certificate_validation.go).
func readValidation(o *sandbox.Operation) error {
	if certificate := certificateOf(o); certificate == nil || certificate.String("status") != "ISSUED" {
		return sandbox.ErrGone
	}
	return nil
}

// recordExists tells whether a record is where ACM looks for it: in a public zone.
func recordExists(o *sandbox.Operation, option map[string]any) bool {
	for _, record := range o.Cloud.OfType(recordType) {
		values, _ := record.Get("records").([]any)
		if domainOf(record.Get("name")) == domainOf(option["resourceRecordName"]) && record.Get("type") == option["resourceRecordType"] &&
			slices.ContainsFunc(values, func(value any) bool { return sameDomain(value, option["resourceRecordValue"]) }) &&
			!isPrivate(o, record.Get("zoneId")) {
			return true
		}
	}
	return false
}

// isPrivate tells whether a zone answers only within VPCs.
func isPrivate(o *sandbox.Operation, id any) bool {
	return slices.ContainsFunc(o.Cloud.OfType(zoneType), func(zone *sandbox.Object) bool {
		vpcs, _ := zone.Get("vpcs").([]any)
		return zone.String("zoneId") == id && len(vpcs) > 0
	})
}
