package awsworkload

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/kubernetes"
)

// makeForwardAuth puts a login before the sites that ask for one. It needs the definitions
// of Traefik and of the Secrets Store driver. (docs/reference/aws-workload-apps.md 7.10)
func (r *helmRelease) makeForwardAuth() error {
	version := r.cluster.Components.TraefikForwardAuthVersion
	if version == "" {
		return nil
	}
	args := &kubernetes.ForwardAuthArgs{RoleARN: r.roleARN("traefik-forward-auth"), Labels: r.labels}
	for name, site := range r.config.SortedSites() {
		if !site.UseTraefikForwardAuth {
			continue
		}
		args.Sites = append(args.Sites, kubernetes.ForwardAuthSite{
			Name: name, Domain: site.Domain, LogicalName: "traefik-forward-auth-" + r.release + "-" + name,
			Secret:       r.config.ForwardAuthSecretName(name),
			Issuer:       site.TraefikForwardAuthIssuer,
			Installation: r.charts.Direct("traefik-forward-auth-"+name, "components.traefik_forward_auth_version", version),
		})
	}
	after := []pulumi.ResourceOption{r.after(r.traefik)}
	if r.secretsStore != nil { // else it is an add-on, and there already
		after = append(after, pulumi.DependsOnInputs(r.secretsStore.Installed))
	}
	_, err := kubernetes.NewForwardAuth(r.ctx, r.name+"-traefik-forward-auth", args, after...)
	return err
}
