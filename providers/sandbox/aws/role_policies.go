package aws

import (
	"fmt"
	"slices"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// inlineLimit is how many characters the inline policies of a role may have in all.
const inlineLimit = 10240

// trustLimit is how many characters a role's trust policy may have in an account whose quota AWS
// has raised as far as it does. The configuration holds a target to the quota of its account,
// which is 2048 unless aws_quotas says otherwise.
// (docs.aws.amazon.com: IAM/latest/UserGuide/reference_iam-quotas.html)
const trustLimit = 4096

// readPolicies reads all policies that a role has: its own lists, and what other resources
// attach to it or put into it.
func readPolicies(o *sandbox.Operation) error {
	attached := slices.Clone(o.Inputs.List("managedPolicyArns"))
	for _, attachment := range o.Cloud.OfType(attachmentType) {
		if arn := attachment.Get("policyArn"); attachment.Account == o.Account && attachment.Get("role") == o.ID && !slices.Contains(attached, arn) {
			attached = append(attached, arn)
		}
	}
	inline := slices.Clone(o.Inputs.List("inlinePolicies"))
	for _, policy := range policiesOf(o, o.ID) {
		inline = append(inline, map[string]any{"name": policy.String("name"), "policy": policy.String("policy")})
	}
	for property, list := range map[string][]any{"managedPolicyArns": attached, "inlinePolicies": inline} {
		if len(list) > 0 {
			o.Outputs[property] = list
		}
	}
	return nil
}

// ignoreNoInlinePolicies leaves a role's inline policies alone when a list of none is given:
// only an empty object in it would take them away (pulumi-aws, provider/resources.go).
func ignoreNoInlinePolicies(_, new sandbox.Inputs) []string {
	if list, given := new["inlinePolicies"].([]any); given && len(list) == 0 {
		return []string{"inlinePolicies"}
	}
	return nil
}

// takePolicies takes away from a role what was seen of it and is not listed, by whomever it was
// attached or put.
func takePolicies(o *sandbox.Operation) error {
	unlisted := func(property string, listed func(element any) bool) bool {
		return o.Inputs[property] != nil && !slices.ContainsFunc(o.Inputs.List(property), listed)
	}
	for _, attachment := range o.Cloud.OfType(attachmentType) {
		arn := attachment.Get("policyArn")
		if attachment.Account != o.Account || attachment.Get("role") != o.ID || !slices.Contains(o.Seen.List("managedPolicyArns"), arn) {
			continue
		}
		if unlisted("managedPolicyArns", func(element any) bool { return element == arn }) {
			if err := o.Cloud.Remove(attachment.Key()); err != nil {
				return err
			}
		}
	}
	for _, policy := range policiesOf(o, o.ID) {
		named := func(element any) bool {
			object, _ := element.(map[string]any)
			return object["name"] == policy.String("name")
		}
		if slices.ContainsFunc(o.Seen.List("inlinePolicies"), named) && unlisted("inlinePolicies", named) {
			if err := o.Cloud.Remove(policy.Key()); err != nil {
				return err
			}
		}
	}
	return nil
}

// policiesOf are the inline policies of a role that are resources of their own.
func policiesOf(o *sandbox.Operation, role string) []*sandbox.Object {
	return slices.DeleteFunc(o.Cloud.OfType(rolePolicyType), func(policy *sandbox.Object) bool {
		return policy.Account != o.Account || policy.Get("role") != role
	})
}

// admitInlinePolicies refuses more text in a role's inline policies than IAM takes: the limit
// holds for all of them together, white space aside (IAM and AWS STS quotas, IAM User Guide).
func admitInlinePolicies(o *sandbox.Operation, preview bool) error {
	name, _ := o.Inputs.Text("role")
	inline := o.Inputs.List("inlinePolicies")
	own, _ := o.Inputs.Text("name")
	if o.Type == roleType {
		name = own
	} else if role := o.Object(roleType, name); role != nil {
		inline, _ = role.Get("inlinePolicies").([]any)
	}
	size := 0
	for _, element := range inline {
		policy, _ := element.(map[string]any)
		size += policySize(text(policy["policy"]))
	}
	for _, policy := range policiesOf(o, name) {
		if o.Type == roleType || policy.String("name") != own {
			size += policySize(policy.String("policy"))
		}
	}
	if o.Type != roleType {
		size += policySize(text(o.Inputs["policy"]))
	}
	if size > inlineLimit && !preview {
		return fmt.Errorf("LimitExceeded: Maximum policy size of %d bytes exceeded for role %s", inlineLimit, name)
	}
	return nil
}
