package awsworkload

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
	"github.com/ptd-go/ptd/stacks/config"
)

type trustPolicy struct {
	Statement []struct {
		Effect    string
		Action    any
		Principal map[string][]string
		Condition map[string]map[string]any
	}
}

func trustOf(t *testing.T, role componenttest.Registration) trustPolicy {
	t.Helper()
	var trust trustPolicy
	if err := json.Unmarshal([]byte(input(role, "assumeRolePolicy").(string)), &trust); err != nil {
		t.Fatal(err)
	}
	return trust
}

// Without an issuer nobody may assume the roles, also not who runs ptd: an operator's
// session would differ from run to run.
func TestPersistentTrustWithoutIssuers(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	runPersistent(t, r, load(t, "minimal01-staging"))
	trust := trustOf(t, r.Find(t, "aws:iam/role:Role", "loki.minimal01-staging.posit.team"))
	if len(trust.Statement) != 1 || trust.Statement[0].Effect != "Deny" || trust.Statement[0].Principal["AWS"] == nil {
		t.Errorf("trust %+v, want one that denies", trust)
	}
}

func TestPersistentTrustOfIssuers(t *testing.T) {
	t.Parallel()
	const second = "https://oidc.eks.us-east-2.amazonaws.com/id/ANOTHER"
	var documents []string
	for _, issuers := range [][]string{{clusterIssuer, second}, {second, clusterIssuer, second}} {
		r := newRecorder()
		runPersistent(t, r, load(t, "demo01-staging"), issuers...)
		role := r.Find(t, "aws:iam/role:Role", "aws-fsx-openzfs-csi-driver.posit.team")
		documents = append(documents, input(role, "assumeRolePolicy").(string))
		if role.Physical() != "aws-fsx-openzfs-csi-driver.demo01-staging.posit.team" ||
			input(role, "permissionsBoundary") != "arn:aws:iam::111122223333:policy/PositTeamDedicatedAdmin" {
			t.Errorf("role %s with boundary %v", role.Physical(), input(role, "permissionsBoundary"))
		}
		trust := trustOf(t, role)
		var federated []string
		for _, statement := range trust.Statement {
			provider := strings.Join(statement.Principal["Federated"], " ")
			federated = append(federated, provider)
			tail := strings.SplitN(provider, "/", 2)[1]
			want := map[string]map[string]any{"StringEquals": {
				tail + ":aud": []any{"sts.amazonaws.com"},
				tail + ":sub": []any{
					"system:serviceaccount:kube-system:controller.aws-fsx-openzfs-csi-driver.posit.team",
					"system:serviceaccount:kube-system:nodes.aws-fsx-openzfs-csi-driver.posit.team",
				},
			}}
			assert.Equal(t, want, statement.Condition)
			assert.Equal(t, "Allow", statement.Effect)
		}
		want := []string{
			"arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-2.amazonaws.com/id/ANOTHER",
			"arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-2.amazonaws.com/id/CLUSTER",
		}
		assert.Equal(t, want, federated, "issuers")
	}
	if documents[0] != documents[1] {
		t.Error("the order of the issuers changes the trust")
	}
}

func TestPersistentPolicies(t *testing.T) {
	t.Parallel()
	const policyType = "aws:iam/policy:Policy"
	r := newRecorder()
	runPersistent(t, r, load(t, "demo01-staging"))
	resources := func(name string) string {
		return fmt.Sprint(input(r.Find(t, policyType, name), "policy"))
	}
	operator := resources("team-operator.demo01-staging.posit.team")
	if strings.Contains(operator, `"*"`) || !strings.Contains(operator, "secret:rds!demo01-staging-0123456") ||
		!strings.Contains(operator, "secret:demo01-staging-*") {
		t.Errorf("the Team Operator's policy is %s", operator)
	}
	var lbc struct{ Statement []json.RawMessage }
	if err := json.Unmarshal([]byte(resources("lbc.demo01-staging.posit.team")), &lbc); err != nil || len(lbc.Statement) != 16 {
		t.Errorf("load-balancer policy has %d statements (%v), want 16", len(lbc.Statement), err)
	}
	if dns := resources("dns-update.demo01-staging.posit.team"); strings.Count(dns, "hostedzone/") != 2 {
		t.Errorf("DNS policy is %s, want each of two zones once", dns)
	}

	shared := newRecorder()
	runPersistent(t, shared, load(t, "minimal01-staging", func(w *config.AWSWorkload) { w.Sites["twin"] = w.Sites["main"] }))
	dns := fmt.Sprint(input(shared.Find(t, policyType, "dns-update.minimal01-staging.posit.team"), "policy"))
	if strings.Count(dns, "hostedzone/") != 1 {
		t.Errorf("DNS policy of sites that share a zone is %s", dns)
	}

	// ExternalDNS on, zones managed by others: no statement may have an empty resource list.
	foreign, adopted := newRecorder(), load(t, "adopted01-production", func(w *config.AWSWorkload) { w.ExternalDNSEnabled = true })
	lookUps(foreign, adopted)
	runPersistent(t, foreign, adopted)
	if dns := fmt.Sprint(input(foreign.Find(t, policyType, "dns-update.adopted01-production.posit.team"), "policy")); strings.Contains(dns, "[]") ||
		strings.Contains(dns, "ChangeResourceRecordSets") {
		t.Errorf("DNS policy without zones is %s", dns)
	}
}
