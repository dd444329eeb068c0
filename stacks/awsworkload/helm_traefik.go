package awsworkload

import (
	"maps"

	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

// makeTraefik installs Traefik and, unless each site has one of its own (which the sites
// step makes), the load balancer in front of it. (facts: aws-workload-apps 8.2, 8.3)
func (r *helmRelease) makeTraefik() error {
	traefik, err := kubernetes.NewTraefik(r.ctx, r.name+"-traefik", &kubernetes.TraefikArgs{
		Installation: r.controlled("traefik", "components.traefik_version", r.cluster.Components.TraefikVersion),
		Replicas:     r.cluster.Components.TraefikDeploymentReplicas,
		NoTelemetry:  !r.config.ThirdPartyTelemetryEnabled,
		Labels:       r.labels,
	}, r.after())
	if err != nil {
		return err
	}
	r.traefik = traefik.Chart
	if r.config.LoadBalancerPerSite {
		return nil
	}
	args := &kubernetes.ALBIngressArgs{
		ObjectName: "traefik", Namespace: "traefik", Service: "traefik",
		HealthCheckPort: kubernetes.TraefikPort, HealthCheckPath: kubernetes.TraefikPing,
		CertificateARNs: r.in.Persistent.CertARNs,
		Public:          r.config.PublicLoadBalancer,
		Tags: []kubernetes.Tag{
			{Key: config.TagTrueName, Value: r.config.TrueName()},
			{Key: config.TagEnvironment, Value: r.config.Environment()},
			{Key: "Name", Value: r.config.CompoundName()},
		},
		Labels: maps.Clone(r.labels),
	}
	args.Labels["app"] = "traefik"
	if r.config.ProvisionedVpc != nil {
		args.SubnetNames = r.config.ProvisionedVpc.PrivateSubnets
	}
	if r.config.ExternalDNSEnabled {
		args.DNS = &kubernetes.IngressDNS{SetIdentifier: r.name, Weight: r.cluster.RoutingWeight}
		for _, domain := range r.config.Domains() {
			args.DNS.Hosts = append(args.DNS.Hosts, domain.Name, "*."+domain.Name)
		}
	}
	ingress, err := kubernetes.NewALBIngress(r.ctx, r.name+"-traefik-ingress", args, r.after(r.traefik))
	if err != nil {
		return err
	}
	r.hostname = ingress.Hostname
	return nil
}
