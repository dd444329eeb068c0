package aws

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRecords(t *testing.T) {
	t.Parallel()
	_, provider := newAWS(t)
	zone := provider.MustCreate(zoneType, "main", fields{"name": "example.com"})
	record := func(changes fields) fields {
		all := fields{"zoneId": zone.ID, "name": "www.example.com", "type": "A", "ttl": 60.0, "records": several("192.0.2.1")}
		for property, value := range changes {
			all[property] = value
		}
		return all
	}
	weighted := func(identifier string, weight float64) fields {
		return record(fields{"setIdentifier": identifier, "weightedRoutingPolicies": several(fields{"weight": weight})})
	}
	provider.Refuses(recordType, "foreign", record(fields{"name": "www.example.org"}),
		"InvalidChangeBatch: [RRSet with DNS name www.example.org is not permitted in zone example.com]")
	provider.MustCreate(recordType, "blue", weighted("blue", 100))
	provider.Refuses(recordType, "simple", record(nil),
		"InvalidChangeBatch: [RRSet with DNS name www.example.com., type A, SetIdentifier  cannot be created because an RRSet with the same name and type and another routing policy exists]")
	provider.Refuses(recordType, "failover", record(fields{"setIdentifier": "green", "failoverRoutingPolicies": several(fields{"type": "PRIMARY"})}),
		"InvalidChangeBatch: [RRSet with DNS name www.example.com., type A, SetIdentifier green cannot be created because an RRSet with the same name and type and another routing policy exists]")
	provider.Refuses(recordType, "alias", record(fields{"type": "CNAME"}),
		"InvalidChangeBatch: [RRSet of type CNAME with DNS name www.example.com. is not permitted because a conflicting RRSet of type A with the same DNS name already exists in zone]")
	provider.Refuses(recordType, "same", weighted("blue", 1),
		"InvalidChangeBatch: [Tried to create resource record set [name='www.example.com.', type='A', set-identifier='blue'] but it already exists]")
	provider.MustCreate(recordType, "six", record(fields{"type": "AAAA", "records": several("2001:db8::1")}))
	provider.MustCreate(recordType, "mail", record(fields{"name": "mail.example.com"}))
	provider.Refuses(recordType, "mail again", record(fields{"name": "mail.example.com."}),
		"InvalidChangeBatch: [Tried to create resource record set [name='mail.example.com.', type='A'] but it already exists]")
	provider.MustCreate(recordType, "apex", record(fields{"name": "example.com"}))
}

func TestCertificatesWaitForTheirRecords(t *testing.T) {
	t.Parallel()
	_, provider := newAWS(t)
	certificate := provider.MustCreate(certificateType, "main", fields{
		"domainName": "example.com", "subjectAlternativeNames": several("*.example.com", "example.com", "other.example.com"), "validationMethod": "DNS",
	})
	options := certificate.State["domainValidationOptions"].([]any)
	if len(options) != 3 {
		t.Fatalf("%d options", len(options))
	}
	validation := fields{"certificateArn": certificate.ID}
	const missing = "certificate example.com is not validated: the record _9cfe02cf0a0e2aa6c54465685612c667.example.com. (CNAME) is in no public zone; ACM would wait for it until a time-out"
	provider.Refuses(certificateProvedType, "main", validation, missing)
	zone := provider.MustCreate(zoneType, "main", fields{"name": "example.com"})
	add := func(name string, option, changes fields) {
		all := fields{
			"zoneId": zone.ID, "name": option["resourceRecordName"], "type": "CNAME", "ttl": 60.0, "records": several(option["resourceRecordValue"]),
		}
		for property, value := range changes {
			all[property] = value
		}
		provider.MustCreate(recordType, name, all)
	}
	first, wildcard, other := options[0].(fields), options[1].(fields), options[2].(fields)
	if first["resourceRecordName"] != wildcard["resourceRecordName"] {
		t.Error("apex and wildcard share a record")
	}
	add("first", first, nil)
	add("other", other, fields{"records": several("wrong.example.com")})
	provider.Refuses(certificateProvedType, "main", validation,
		"certificate example.com is not validated: the record "+other["resourceRecordName"].(string)+" (CNAME) is in no public zone; ACM would wait for it until a time-out")
	if err := provider.Known(recordType, "other", zone.ID+"_"+trimDot(other["resourceRecordName"].(string))+"_CNAME").Delete(); err != nil {
		t.Fatal(err)
	}
	add("other", other, nil)
	provider.MustCreate(certificateProvedType, "main", validation)
}

// TestDomainNamesDiffer makes sure that the case of a name, or a last dot, replaces nothing, and
// neither does another type or set identifier of a record.
func TestDomainNamesDiffer(t *testing.T) {
	t.Parallel()
	_, provider := newAWS(t)
	zone := provider.MustCreate(zoneType, "main", fields{"name": "example.com"})
	changed, _ := zone.Diff(fields{"name": "Example.com."})
	assert.Empty(t, changed)
	record := provider.MustCreate(recordType, "main", fields{
		"zoneId": zone.ID, "name": "WWW.example.com.", "type": "A", "ttl": 60.0, "records": several("192.0.2.1", "192.0.2.2"),
	})
	assert.Equal(t, zone.ID+"_www.example.com_A", record.ID)
	changed, _ = record.Diff(fields{"name": "www.example.com", "records": several("192.0.2.2", "192.0.2.1"), "allowOverwrite": nil})
	assert.Empty(t, changed)
	for _, change := range []fields{{"type": "AAAA"}, {"setIdentifier": "blue", "weightedRoutingPolicies": several(fields{"weight": 1.0})}} {
		_, replacing := record.Diff(change)
		assert.Empty(t, replacing)
	}
	id := record.ID
	record.MustUpdate(fields{"type": "AAAA", "records": several("2001:db8::1")})
	assert.Equal(t, id, record.ID)
	provider.MustCreate(recordType, "other", fields{"zoneId": zone.ID, "name": "www.example.com", "type": "TXT", "ttl": 60.0, "records": several("x")})
	assert.ErrorContains(t, record.Update(fields{"type": "CNAME", "records": several("a.example.com")}), "conflicting RRSet of type TXT")
	alias := provider.MustCreate(recordType, "alias", fields{
		"zoneId": zone.ID, "name": "a.example.com", "type": "A",
		"aliases": several(fields{"name": "lb.example.org", "zoneId": "Z1", "evaluateTargetHealth": true}),
	})
	changed, _ = alias.Diff(fields{"aliases": several(fields{"name": "LB.example.org.", "zoneId": "Z1", "evaluateTargetHealth": true})})
	assert.Empty(t, changed)
}

// TestRecordsAreTakenOver makes sure that a record which says so takes the place of the one that
// ExternalDNS, say, has made; of another routing policy not even then.
func TestRecordsAreTakenOver(t *testing.T) {
	t.Parallel()
	cloud, provider := newAWS(t)
	zone := provider.MustCreate(zoneType, "main", fields{"name": "example.com"})
	weighted := func(allow bool, value string) fields {
		return fields{
			"zoneId": zone.ID, "name": "www.example.com", "type": "A", "ttl": 60.0, "records": several(value), "setIdentifier": "blue",
			"weightedRoutingPolicies": several(fields{"weight": 1.0}), "allowOverwrite": allow,
		}
	}
	provider.MustCreate(recordType, "theirs", weighted(false, "192.0.2.1"))
	_, err := provider.Create(recordType, "ours", weighted(false, "192.0.2.2"))
	assert.ErrorContains(t, err, "but it already exists")
	ours := provider.MustCreate(recordType, "ours", weighted(true, "192.0.2.2"))
	assert.Len(t, cloud.OfType(recordType), 1)
	_, state, err := ours.Read()
	assert.NoError(t, err)
	assert.Equal(t, several("192.0.2.2"), state["records"])
	_, err = provider.Create(recordType, "simple", fields{
		"zoneId": zone.ID, "name": "www.example.com", "type": "A", "ttl": 60.0, "records": several("192.0.2.3"), "allowOverwrite": true,
	})
	assert.ErrorContains(t, err, "another routing policy exists")
}

// TestPrivateZonesProveNothing makes sure that ACM does not find a record in a private zone.
func TestPrivateZonesProveNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	certificate := w.MustCreate(certificateType, "other", fields{"domainName": "internal.example.com", "validationMethod": "DNS"})
	option := certificate.State["domainValidationOptions"].([]any)[0].(fields)
	record := fields{"name": option["resourceRecordName"], "type": "CNAME", "ttl": 60.0, "records": several(option["resourceRecordValue"])}
	record["zoneId"] = w.id("private zone")
	private := w.MustCreate(recordType, "private", record)
	validation := fields{"certificateArn": certificate.ID, "validationRecordFqdns": several(private.Text("fqdn"))}
	_, err := w.Create(certificateProvedType, "other", validation)
	assert.ErrorContains(t, err, "is in no public zone; ACM would wait for it until a time-out")
	record["zoneId"] = w.id("zone")
	w.MustCreate(recordType, "public", record)
	_, err = w.Create(certificateProvedType, "other", fields{"certificateArn": certificate.ID, "validationRecordFqdns": several("a.example.com")})
	assert.ErrorContains(t, err, "was passed to validation_record_fqdns")
	made := w.MustCreate(certificateProvedType, "other", validation)

	// It is made, and waited for, anew when the certificate is not issued any more.
	w.change(t, certificate, fields{"status": "EXPIRED"})
	_, state, err := made.Read()
	assert.NoError(t, err)
	assert.Nil(t, state)
}

func TestCertificateNamesDiffer(t *testing.T) {
	t.Parallel()
	_, provider := newAWS(t)
	certificate := provider.MustCreate(certificateType, "main", fields{
		"domainName": "example.com", "subjectAlternativeNames": several("*.example.com", "other.example.com"), "validationMethod": "DNS",
	})
	for _, names := range [][]any{{"other.example.com", "*.example.com"}, {"*.example.com", "example.com", "other.example.com"}} {
		changed, _ := certificate.Diff(fields{"subjectAlternativeNames": names})
		assert.Empty(t, changed)
	}
	_, replacing := certificate.Diff(fields{"subjectAlternativeNames": several("*.example.com")})
	assert.Equal(t, []string{"subjectAlternativeNames"}, replacing)
	_, replacing = certificate.Diff(fields{"privateKey": "x"})
	assert.Empty(t, replacing)
}
