package awsworkload

import (
	"encoding/json"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// statement is one statement of an IAM policy. It allows, on every resource, unless
// it says otherwise.
type statement struct {
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string]any `json:",omitempty"`
}

// policyDocument encodes a policy.
func policyDocument(statements ...statement) (string, error) {
	for i := range statements {
		if statements[i].Effect == "" {
			statements[i].Effect = "Allow"
		}
		if statements[i].Resource == nil {
			statements[i].Resource = []string{"*"}
		}
	}
	encoded, err := json.Marshal(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", statements})
	return string(encoded), err
}

// allow is a policy that allows actions on resources that are not all known yet.
func allow(actions []string, resources ...pulumi.StringInput) pulumi.StringOutput {
	list := make(pulumi.StringArray, len(resources))
	copy(list, resources)
	return list.ToStringArrayOutput().ApplyT(func(resources []string) (string, error) {
		return policyDocument(statement{Action: actions, Resource: resources})
	}).(pulumi.StringOutput)
}

// dnsUpdatePolicy lets ExternalDNS change the records of the zones, each named once.
// Without zones it may only look: a statement without resources would be refused.
func dnsUpdatePolicy(zoneARNs []string) (string, error) {
	look := statement{Action: of("route53", "ListHostedZones ListResourceRecordSets ListTagsForResource")}
	zones := slices.Compact(slices.Sorted(slices.Values(zoneARNs)))
	if len(zones) == 0 {
		return policyDocument(look)
	}
	return policyDocument(statement{Action: of("route53", "ChangeResourceRecordSets"), Resource: zones}, look)
}
