package aws

import (
	"fmt"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

// domainOf is the name of a record or zone as Route 53 keeps it.
func domainOf(name any) string { return strings.ToLower(strings.TrimSuffix(text(name), ".")) }

func createRecord(o *sandbox.Operation) error {
	name := domainOf(o.Inputs["name"])
	zone := ""
	for _, candidate := range o.Cloud.OfType(zoneType) {
		if candidate.String("zoneId") == o.Inputs["zoneId"] {
			zone = domainOf(candidate.Name())
		}
	}
	if name != zone && !strings.HasSuffix(name, "."+zone) {
		return fmt.Errorf("InvalidChangeBatch: [RRSet with DNS name %s is not permitted in zone %s]", name, zone)
	}
	if err := admitRecord(o, ""); err != nil {
		return err
	}
	o.ID = fmt.Sprintf("%v_%s_%v", o.Inputs["zoneId"], name, o.Inputs["type"])
	if identifier, ok := o.Inputs.Text("setIdentifier"); ok {
		o.ID += "_" + identifier
	}
	o.Outputs["fqdn"] = name
	return nil
}

// overwritesRecord tells that a record takes the place of the one that is there: the provider
// then does not create but upserts.
func overwritesRecord(in sandbox.Inputs) bool { return in.Flag("allowOverwrite") }

// admitRecord refuses a record beside others of its name and type, but for itself: only records
// that share them by weight, place or the like may be, each with an identifier.
func admitRecord(o *sandbox.Operation, self string) error {
	name := domainOf(o.Inputs["name"])
	identifier, shared := o.Inputs.Text("setIdentifier")
	for _, other := range o.Cloud.OfType(recordType) {
		if other.Key() == self || other.Account != o.Account || other.Get("zoneId") != o.Inputs["zoneId"] || domainOf(other.Get("name")) != name {
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
		if identifier != theirs {
			continue
		}
		if self == "" && overwritesRecord(o.Inputs) {
			if err := o.Cloud.Remove(other.Key()); err != nil {
				return err
			}
			continue
		}
		set := ""
		if shared {
			set = fmt.Sprintf(", set-identifier='%s'", identifier)
		}
		return fmt.Errorf("InvalidChangeBatch: [Tried to create resource record set [name='%s.', type='%v'%s] but it already exists]", name, kind, set)
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
