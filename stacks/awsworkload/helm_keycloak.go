package awsworkload

import (
	"maps"
	"regexp"
	"strings"

	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

// makeKeycloakOperator makes the operator of Keycloak. It has no IAM role: the one of the
// sites' Keycloaks trusts these, and the operator calls nothing in AWS. (facts:
// aws-workload-apps 7.6, 15 point 20)
func (r *helmRelease) makeKeycloakOperator() error {
	if !r.config.KeycloakEnabled {
		return nil
	}
	labels := labelsOf(r.config.ResourceTags)
	maps.Copy(labels, map[string]string{
		config.TagTrueName:    r.config.TrueName(),
		config.TagEnvironment: r.config.Environment(),
		config.TagManagedBy:   "ptd.pulumi_resources.keycloak_operator",
	})
	_, err := kubernetes.NewKeycloakOperator(r.ctx, r.name, &kubernetes.KeycloakOperatorArgs{Labels: labels}, r.after())
	return err
}

var (
	labelPart   = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$`)
	labelPrefix = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)
)

// labelsOf are those of the tags that can be labels of Kubernetes.
func labelsOf(tags map[string]string) map[string]string {
	labels := map[string]string{}
	for key, value := range tags {
		prefix, name, prefixed := strings.Cut(key, "/")
		if !prefixed {
			prefix, name = "none", key
		}
		if labelPrefix.MatchString(prefix) && labelPart.MatchString(name) && (value == "" || labelPart.MatchString(value)) {
			labels[key] = value
		}
	}
	return labels
}
