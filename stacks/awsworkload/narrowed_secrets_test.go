package awsworkload

import (
	"errors"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/components/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

// Policies of older programs, which read every secret, are told with what is left to them;
// those of this program are not, nor is what has nothing to do with secrets.
func TestNarrowedSecrets(t *testing.T) {
	t.Parallel()
	const extra = "arn:aws:secretsmanager:us-east-2:111122223333:secret:git-??????"
	w := load(t, "demo01-staging", func(w *config.AWSWorkload) {
		main := w.Sites["main"]
		main.ExtraSecretARNs = []string{extra}
		w.Sites["main"] = main
	})
	policy := func(name, document string) StateResource {
		return StateResource{Name: name, Inputs: resource.NewPropertyMapFromMap(map[string]any{"name": name, "policy": document})}
	}
	const wide = `{"Statement": [{"Effect": "Allow", "Action": ["secretsmanager:Get*", "secretsmanager:Describe*", "secretsmanager:ListSecrets"], "Resource": "*"}]}`
	state := map[string][]StateResource{
		stateRolePolicy: {
			policy("pkg.20250115.main.demo01-staging.posit.team-role-policy-0", wide),
			policy("home.20250115.demo01-staging.posit.team-role-policy-0", wide),
			policy("dev.20250115.demo01-staging.posit.team-role-policy-0", aws.ReadSecretsPolicy("r", "a", "name").JSON()),
			policy("dev-ses.20250115.main.demo01-staging.posit.team-role-policy-0", aws.BedrockPolicy().JSON()),
			policy("somebody-role-policy-0", wide),
		},
		statePolicy: {policy("team-operator.demo01-staging.posit.team", `{"Statement": [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}`)},
	}
	narrowed, err := NarrowedSecrets(w, func(typ string) ([]StateResource, error) { return state[typ], nil })
	require.NoError(t, err)
	const others = ": if a product reads others, name them in extra_secret_arns of its site"
	require.Len(t, narrowed, 3)
	assert.Equal(t, "policy home.20250115.demo01-staging.posit.team-role-policy-0 allows secretsmanager:Get*, secretsmanager:Describe* "+
		"on every secret of the account, and is narrowed to demo01-staging.posit.team, demo01-staging-*.posit.team, "+extra+others, narrowed[0])
	assert.Contains(t, narrowed[1], "policy pkg.20250115.main.")
	assert.Contains(t, narrowed[1], "narrowed to demo01-staging-main.posit.team, ")
	assert.Contains(t, narrowed[1], extra)
	assert.Contains(t, narrowed[2], "policy team-operator.demo01-staging.posit.team allows secretsmanager:GetSecretValue on every secret")

	_, err = NarrowedSecrets(w, func(string) ([]StateResource, error) { return nil, errors.New("no state") })
	require.ErrorContains(t, err, "no state")
}

// What ptd.yaml names is read by the site's own roles and by those that all sites share.
func TestExtraSecrets(t *testing.T) {
	t.Parallel()
	const extra = "arn:aws:secretsmanager:us-east-2:111122223333:secret:git-??????"
	w := load(t, "demo01-staging", func(w *config.AWSWorkload) {
		main := w.Sites["main"]
		main.ExtraSecretARNs = []string{extra}
		w.Sites["main"] = main
	})
	assert.Contains(t, siteSecrets(w, "main"), extra)
	assert.NotContains(t, siteSecrets(w, "analytics"), extra)
	assert.Contains(t, releaseSecrets(w), extra)
	assert.Contains(t, aws.ReadSecretsPolicy("r", "a", releaseSecrets(w)...).Statement[0].Resource, extra)
}
