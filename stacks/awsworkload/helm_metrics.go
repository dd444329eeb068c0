package awsworkload

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
	"github.com/ptd-go/ptd/stacks/workload/charts"
)

// makeMonitoring installs what collects, keeps and shows metrics and logs, in buckets. The
// login before Grafana is that of the site called main, if it has one.
// (docs/reference/aws-workload-apps.md 8.1, 8.2)
func (r *helmRelease) makeMonitoring() error {
	versions := r.cluster.Components
	installation := r.charts.Controlled("metrics-server", "components.metrics_server_version", versions.MetricsServerVersion)
	if _, err := kubernetes.NewMetricsServer(r.ctx, r.name+"-metrics-server-helm-release", &installation, r.after()); err != nil {
		return fmt.Errorf("metrics-server: %w", err)
	}
	role := func(name string) kubernetes.Identity { return kubernetes.IAMRole(r.roleARN(name)) }
	args := charts.MonitoringArgs{
		Logs: kubernetes.S3{
			Bucket: output.MadeBy(r.ctx, "persistent", "bucket of Loki", r.in.Persistent.LokiBucket), Region: r.config.Region,
		},
		Metrics:      kubernetes.S3{Bucket: r.in.Persistent.MimirBucket, Region: r.config.Region},
		LokiIdentity: role("loki"), LokiReplicas: versions.LokiReplicas, LokiRetentionDays: versions.LokiRetentionDays,
		MimirIdentity: role("mimir"), MimirReplicas: versions.MimirReplicas, MimirRetentionDays: versions.MimirRetentionDays,
		AlloyIdentity: role("alloy"),
		Label:         r.config.RecordOwner(r.release), Account: r.config.AccountID, MimirPassword: r.in.Persistent.MimirPassword,
		CloudWatch: &kubernetes.AlloyCloudWatch{
			Region: r.config.Region, Name: r.config.CompoundName(), TrueName: r.config.TrueName(),
		},
		SystemLogs: r.config.GrafanaScrapeSystemLogs, Nodes: r.cluster.MPMinSize,
	}
	for _, group := range r.cluster.AdditionalNodeGroups {
		args.Nodes += group.MinSize
	}
	if versions.TraefikForwardAuthVersion != "" && r.config.Sites[config.MainSite].UseTraefikForwardAuth {
		args.Login = &kubernetes.GrafanaForwardAuth{
			Middlewares:    kubernetes.ForwardAuthMiddlewares(config.MainSite),
			ProxyNamespace: "traefik",
		}
		// Without Calico pods have addresses of the VPC, and no policy keeps others out.
		args.Login.TrustedProxies = pulumi.StringArray{r.in.Persistent.vpcCIDR(r.config)}
		if r.cluster.CalicoEnabled {
			args.Login.TrustedProxies = pulumi.ToStringArray([]string{r.cluster.PodCIDR})
		}
	}
	return r.charts.NewMonitoring(args, r.after(), r.after(r.traefik))
}
