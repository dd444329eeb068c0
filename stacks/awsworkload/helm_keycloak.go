package awsworkload

import "github.com/ptd-go/ptd/components/kubernetes"

// makeKeycloakOperator makes the operator of Keycloak. It has no IAM role: the one of the
// sites' Keycloaks trusts these, and the operator calls nothing in AWS.
// (docs/reference/aws-workload-apps.md 7.6, 15 point 20)
func (r *helmRelease) makeKeycloakOperator() error {
	if !r.config.KeycloakEnabled {
		return nil
	}
	_, err := kubernetes.NewKeycloakOperator(r.ctx, r.name, &kubernetes.KeycloakOperatorArgs{
		Labels: r.config.Labels("ptd.pulumi_resources.keycloak_operator"),
	}, r.after())
	return err
}
