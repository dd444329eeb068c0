package aws

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// roleAnnotation is what a service account names its role with.
const roleAnnotation = "eks.amazonaws.com/role-arn"

// Assume implements sandbox.Cluster: a role must trust the cluster's OIDC provider and the
// service account.
func (c *eksCluster) Assume(annotations sandbox.Inputs, subject string) string {
	arn, _ := annotations.Text(roleAnnotation)
	if arn == "" || c.trusted(arn, subject) {
		return ""
	}
	return fmt.Sprintf("AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity on %s as %s", arn, subject)
}

// trusted tells whether a role lets a service account of the cluster assume it.
func (c *eksCluster) trusted(arn, subject string) bool {
	issuer := c.issuer()
	roles := c.cloud.OfType(roleType)
	at := slices.IndexFunc(roles, func(role *sandbox.Object) bool { return role.String("arn") == arn })
	if at < 0 {
		return false
	}
	var trust struct {
		Statement []struct {
			Effect    string
			Action    any
			Principal map[string]any
			Condition map[string]map[string]any
		}
	}
	if json.Unmarshal([]byte(roles[at].String("assumeRolePolicy")), &trust) != nil {
		return false
	}
	for _, statement := range trust.Statement {
		federated := fmt.Sprint(statement.Principal["Federated"])
		subjects := fmt.Sprint(statement.Condition["StringEquals"][issuer+":sub"])
		if statement.Effect == "Allow" && strings.Contains(federated, ":oidc-provider/"+issuer) && slices.Contains(strings.Fields(strings.Trim(subjects, "[]")), subject) {
			return true
		}
	}
	return false
}

// issuer is the cluster's OIDC issuer without its scheme.
func (c *eksCluster) issuer() string {
	identities, _ := c.object.Get("identities").([]any)
	for _, identity := range identities {
		providers, _ := identity.(map[string]any)["oidcs"].([]any)
		for _, provider := range providers {
			issuer, _ := provider.(map[string]any)["issuer"].(string)
			return strings.TrimPrefix(issuer, "https://")
		}
	}
	return ""
}
