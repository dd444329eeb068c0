package aws

import "testing"

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
