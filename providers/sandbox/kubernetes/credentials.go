package kubernetes

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// roleAnnotation is what a service account names its role with.
const roleAnnotation = "eks.amazonaws.com/role-arn"

// credentialProblem is why the pods of a release cannot assume the role that their service
// account names, "" when they can, or when none is named.
func (c *cluster) credentialProblem(owner *sandbox.Object, release string) string {
	for _, account := range c.objects(func(object *sandbox.Object) bool { return object.Type == serviceAccountType }) {
		annotations := sandbox.Inputs(account.Inputs).Map("metadata").Map("annotations")
		arn, _ := annotations.Text(roleAnnotation)
		if of, _ := annotations.Text(releaseName); of != release || arn == "" {
			continue
		}
		subject := "system:serviceaccount:" + strings.Replace(account.ID, "/", ":", 1)
		if !c.trusts(owner, arn, subject) {
			return fmt.Sprintf("AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity on %s as %s", arn, subject)
		}
	}
	return ""
}

// trusts tells whether a role lets a service account of a cluster assume it.
func (c *cluster) trusts(owner *sandbox.Object, arn, subject string) bool {
	issuer := issuerOf(owner)
	at := slices.IndexFunc(c.cloud.OfType(roleType), func(role *sandbox.Object) bool { return role.String("arn") == arn })
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
	if json.Unmarshal([]byte(c.cloud.OfType(roleType)[at].String("assumeRolePolicy")), &trust) != nil {
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

// issuerOf is the OIDC issuer of an EKS cluster without its scheme.
func issuerOf(cluster *sandbox.Object) string {
	identities, _ := cluster.Get("identities").([]any)
	for _, identity := range identities {
		providers, _ := identity.(map[string]any)["oidcs"].([]any)
		for _, provider := range providers {
			issuer, _ := provider.(map[string]any)["issuer"].(string)
			return strings.TrimPrefix(issuer, "https://")
		}
	}
	return ""
}
