package awsworkload

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload"
)

// The types of policies that NarrowedSecrets reads.
const (
	stateRolePolicy = "aws:iam/rolePolicy:RolePolicy"
	statePolicy     = "aws:iam/policy:Policy"
)

// NarrowedSecrets lists the policies in a stack's state that let a product, or the Team
// Operator, read every secret of the account, as older programs made them, and what is left
// to each. resources lists what state has of a type.
// (docs/reference/aws-workload-apps.md 7.4, docs/reference/aws-workload-base.md 5.2)
func NarrowedSecrets(w *config.AWSWorkload, resources func(typ string) ([]StateResource, error)) ([]string, error) {
	var narrowed []string
	for _, typ := range []string{stateRolePolicy, statePolicy} {
		policies, err := resources(typ)
		if err != nil {
			return nil, fmt.Errorf("read the policies of %s from state: %w", w.CompoundName(), err)
		}
		for _, policy := range policies {
			actions, err := onEverySecret(workload.TextAt(policy.Inputs, "policy"))
			if err != nil {
				return nil, fmt.Errorf("read policy %s in state: %w", policy.Name, err)
			}
			if secrets := readableSecrets(w, policy.Name); len(actions) > 0 && len(secrets) > 0 {
				narrowed = append(narrowed, fmt.Sprintf("policy %s allows %s on every secret of the account, and is narrowed to %s: if a product reads "+
					"others, name them in extra_secret_arns of its site", policy.Name, strings.Join(actions, ", "), strings.Join(secrets, ", ")))
			}
		}
	}
	slices.Sort(narrowed)
	return narrowed, nil
}

// onEverySecret are the actions of Secrets Manager that a policy allows on everything, but for
// the list of names, which cannot be narrowed.
func onEverySecret(document string) ([]string, error) {
	if document == "" {
		return nil, nil
	}
	var policy struct{ Statement []policyStatement }
	if err := json.Unmarshal([]byte(document), &policy); err != nil {
		return nil, fmt.Errorf("it is no policy document: %w", err)
	}
	var found []string
	for _, statement := range policy.Statement {
		if statement.Effect != "Allow" || !slices.Contains(statement.Resource, "*") {
			continue
		}
		for _, action := range statement.Action {
			if action == "*" || strings.HasPrefix(action, "secretsmanager:") && action != "secretsmanager:ListSecrets" {
				found = append(found, action)
			}
		}
	}
	return found, nil
}

// policyStatement is a statement as IAM takes it: a list of one may be a text.
type policyStatement struct {
	Effect           string
	Action, Resource oneOrMore
}

type oneOrMore []string

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(o))
}

// readableSecrets are the names, or ARNs, of the secrets that a policy is for; none for one
// that is for something else.
func readableSecrets(w *config.AWSWorkload, policy string) []string {
	if policy == w.ScopedName("team-operator") {
		return append(w.SecretPatterns(), append([]string{"the secret of the database's master user"}, extraSecrets(w)...)...)
	}
	of := func(use, rest string) bool { // {role}-role-policy-{i}
		return strings.HasPrefix(policy, use+"."+rest+w.CompoundName()+".posit.team-role-policy-")
	}
	for release := range w.Clusters {
		for _, use := range []string{"home", "pub", "dev", "keycloak"} {
			if of(use, release+".") {
				return releaseSecrets(w)
			}
		}
		for site := range w.SortedSites() {
			for _, use := range []string{"chr", "chr-ro", "pkg"} {
				if of(use, release+"."+site+".") {
					return siteSecrets(w, site)
				}
			}
		}
	}
	return nil
}
