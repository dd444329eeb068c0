package awsworkload

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/kubernetes"
)

// makeTraefik installs Traefik and, unless each site has one of its own (which the sites
// step makes), the load balancer in front of it.
// (docs/reference/aws-workload-apps.md 8.2, 8.3)
func (r *helmRelease) makeTraefik() error {
	// By way of other nodes, requests come from their addresses in the network of pods.
	proxies := pulumi.StringArray{r.in.Persistent.vpcCIDR(r.config)}
	if r.cluster.CalicoEnabled {
		proxies = append(proxies, pulumi.String(r.cluster.PodCIDR))
	}
	traefik, err := kubernetes.NewTraefik(r.ctx, r.name+"-traefik", &kubernetes.TraefikArgs{
		Installation: r.charts.Controlled("traefik", "components.traefik_version", r.cluster.Components.TraefikVersion),
		Replicas: r.charts.Replicas("Traefik", "components.traefik_deployment_replicas",
			r.cluster.Components.TraefikDeploymentReplicas, r.charts.Existing.TraefikReplicas),
		NoTelemetry: !r.config.ThirdPartyTelemetryEnabled,
		Labels:      r.labels, TrustedProxies: proxies,
	}, r.after())
	if err != nil {
		return err
	}
	r.traefik = traefik.Chart
	warnOfUnreachable(r.ctx, r.config)
	if r.config.LoadBalancerPerSite && !r.in.KeepSharedIngress {
		return nil
	}
	var domains []string
	for _, domain := range r.config.Domains() {
		domains = append(domains, domain.Name)
	}
	certificates := certificatesOf(r.ctx, r.config, r.in.Persistent, domains...)
	args := loadBalancer(r.config, r.cluster, "traefik", r.name, certificates, domains...)
	ingress, err := kubernetes.NewALBIngress(r.ctx, r.name+"-traefik-ingress", args, r.after(r.traefik))
	if err != nil {
		return err
	}
	r.hostname = ingress.Hostname
	return nil
}
