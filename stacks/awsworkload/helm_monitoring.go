package awsworkload

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
)

// makeMonitoring installs what collects, keeps and shows metrics and logs.
// (facts: aws-workload-apps 8.1, 8.2)
func (r *helmRelease) makeMonitoring() error {
	for _, part := range []struct {
		what string
		make func() error
	}{
		{"metrics-server", r.makeMetricsServer},
		{"kube-state-metrics", r.makeKubeStateMetrics},
		{"Loki", r.makeLoki},
		{"Mimir", r.makeMimir},
		{"Grafana", r.makeGrafana},
		{"Alloy", r.makeAlloy},
	} {
		if err := part.make(); err != nil {
			return fmt.Errorf("%s: %w", part.what, err)
		}
	}
	return nil
}

func (r *helmRelease) makeMetricsServer() error {
	installation := r.controlled("metrics-server", "components.metrics_server_version", r.cluster.Components.MetricsServerVersion)
	_, err := kubernetes.NewMetricsServer(r.ctx, r.name+"-metrics-server-helm-release", &installation, r.after())
	return err
}

func (r *helmRelease) makeKubeStateMetrics() error {
	installation := r.controlled("kube-state-metrics", "components.kube_state_metrics_version", r.cluster.Components.KubeStateMetricsVersion)
	_, err := kubernetes.NewKubeStateMetrics(r.ctx, r.name+"-kube-state-metrics-helm-release", &installation, r.after())
	return err
}

func (r *helmRelease) makeLoki() error {
	_, err := kubernetes.NewLoki(r.ctx, r.name+"-loki-helm-release", &kubernetes.LokiArgs{
		Installation:  r.controlled("loki", "components.loki_version", r.cluster.Components.LokiVersion),
		Bucket:        output.MadeBy(r.ctx, "persistent", "bucket of Loki", r.in.Persistent.LokiBucket),
		Region:        r.config.Region,
		RoleARN:       r.roleARN("loki"),
		Replicas:      r.cluster.Components.LokiReplicas,
		RetentionDays: r.cluster.Components.LokiRetentionDays,
		NoTelemetry:   !r.config.ThirdPartyTelemetryEnabled,
	}, r.after())
	return err
}

func (r *helmRelease) makeMimir() error {
	_, err := kubernetes.NewMimir(r.ctx, r.name+"-mimir-helm-release", &kubernetes.MimirArgs{
		Installation:  r.controlled("mimir", "components.mimir_version", r.cluster.Components.MimirVersion),
		Bucket:        r.in.Persistent.MimirBucket,
		Region:        r.config.Region,
		RoleARN:       r.roleARN("mimir"),
		Replicas:      r.cluster.Components.MimirReplicas,
		RetentionDays: r.cluster.Components.MimirRetentionDays,
		NoTelemetry:   !r.config.ThirdPartyTelemetryEnabled,
	}, r.after())
	return err
}

// makeGrafana installs Grafana behind the login of the site called main, if it has one.
func (r *helmRelease) makeGrafana() error {
	args := &kubernetes.GrafanaArgs{
		Installation: r.controlled("grafana", "components.grafana_version", r.cluster.Components.GrafanaVersion),
		Domain:       r.config.MainDomain(),
		LokiURL:      kubernetes.LokiURL,
		MimirURL:     kubernetes.MimirURL,
		NoTelemetry:  !r.config.ThirdPartyTelemetryEnabled,
		Labels:       r.labels,
	}
	if r.cluster.Components.TraefikForwardAuthVersion != "" && r.config.Sites[config.MainSite].UseTraefikForwardAuth {
		args.ForwardAuth = &kubernetes.GrafanaForwardAuth{
			Middlewares:    kubernetes.ForwardAuthMiddlewares(config.MainSite),
			ProxyNamespace: "traefik",
		}
		// Without Calico pods have addresses of the VPC, and no policy keeps others out.
		if r.cluster.CalicoEnabled {
			args.ForwardAuth.TrustedProxies = pulumi.ToStringArray([]string{r.cluster.PodCIDR})
		} else {
			args.ForwardAuth.TrustedProxies = pulumi.StringArray{r.in.Persistent.vpcCIDR(r.config)}
		}
	}
	_, err := kubernetes.NewGrafana(r.ctx, r.name+"-grafana", args, r.after(r.traefik))
	return err
}

// makeAlloy installs Alloy, unless its version is "".
func (r *helmRelease) makeAlloy() error {
	version := r.cluster.Components.AlloyVersion
	if version == "" {
		return nil
	}
	_, err := kubernetes.NewAlloy(r.ctx, r.name, &kubernetes.AlloyArgs{
		Installation: r.controlled("alloy", "components.alloy_version", version),
		Config:       r.alloyConfig(),
		RoleARN:      r.roleARN("alloy"),
		Password:     r.in.Persistent.MimirPassword,
		NoTelemetry:  !r.config.ThirdPartyTelemetryEnabled,
		Labels:       r.labels,
	}, r.after(r.traefik))
	return err
}

// alloyConfig is what Alloy collects and where it sends it. (facts: aws-workload-apps 8.4
// to 8.6)
func (r *helmRelease) alloyConfig() kubernetes.AlloyConfig {
	made := kubernetes.AlloyConfig{
		Cluster:  r.config.RecordOwner(r.release), // what the metrics of clusters are told apart by
		Tenant:   r.config.Tenant(),
		Domain:   r.config.MainDomain(),
		LokiURL:  kubernetes.LokiURL,
		MimirURL: kubernetes.MimirURL,
		CloudWatch: &kubernetes.AlloyCloudWatch{
			Region: r.config.Region, Name: r.config.CompoundName(), TrueName: r.config.TrueName(),
		},
		SystemLogs: r.config.GrafanaScrapeSystemLogs,
	}
	if r.config.ControlRoomDomain != "" {
		made.ControlRoom = &kubernetes.AlloyControlRoom{
			Domain: r.config.ControlRoomDomain, User: r.config.MimirUser(), TenantID: r.config.AccountID,
		}
		if r.config.FilterControlRoomMetrics {
			made.ControlRoom.Metrics = kubernetes.ControlRoomMetrics()
		}
	}
	for name, site := range r.config.SortedSites() {
		file := r.in.SiteFiles[name]
		made.Sites = append(made.Sites, kubernetes.AlloySite{
			Name: name, Domain: site.Domain, FQDN: file.FQDNHealthChecks(), Prefixes: file.DomainPrefixes(),
		})
	}
	return made
}
