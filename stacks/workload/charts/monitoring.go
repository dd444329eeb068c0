package charts

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/kubernetes"
)

// MonitoringArgs says what differs between clouds in what collects, keeps and shows metrics
// and logs. All but the last three are required.
type MonitoringArgs struct {
	Logs, Metrics                              kubernetes.ObjectStore
	LokiIdentity, MimirIdentity, AlloyIdentity kubernetes.Identity
	LokiReplicas, MimirReplicas                int
	// Nodes are how many there are at least that Karpenter does not take away.
	Nodes int
	// Label is what the metrics and logs of clusters are told apart by.
	Label string
	// Account is whose metrics the control room gets: the account's or tenant's id.
	Account string
	// MimirPassword is the workload's at the control room, a secret.
	MimirPassword pulumi.StringInput
	// CloudWatch collects the metrics of AWS, nil none; SystemLogs the journals of nodes.
	CloudWatch *kubernetes.AlloyCloudWatch
	SystemLogs bool
	// LokiRetentionDays and MimirRetentionDays are after how long logs and metrics are
	// deleted; 0 is never.
	LokiRetentionDays, MimirRetentionDays int
	// Login is that of Grafana before which there is one, nil for Grafana's own.
	Login *kubernetes.GrafanaForwardAuth
}

// NewMonitoring installs what collects, keeps and shows metrics and logs: before are the
// options of all of it, ingress those of what is reached from outside. Alloy is not
// installed when its version is "". (docs/reference/aws-workload-apps.md 8.1, 8.2;
// docs/reference/azure-workload.md 10.2)
func (c *Cluster) NewMonitoring(args MonitoringArgs, before, ingress pulumi.ResourceOption) error {
	for _, part := range []struct {
		what string
		make func() error
	}{
		{"kube-state-metrics", func() error {
			installation := c.Controlled("kube-state-metrics", "components.kube_state_metrics_version", c.Components.KubeStateMetricsVersion)
			_, err := kubernetes.NewKubeStateMetrics(c.Ctx, c.Name+"-kube-state-metrics-helm-release", &installation, before)
			return err
		}},
		{"Loki", func() error {
			replicas, factor := c.ring("loki", "components.loki_replicas", args.LokiReplicas, []string{"write", "replicas"}, lokiFactor)
			_, err := kubernetes.NewLoki(c.Ctx, c.Name+"-loki-helm-release", &kubernetes.LokiArgs{
				Installation: c.Controlled("loki", "components.loki_version", c.Components.LokiVersion),
				Store:        args.Logs, Identity: args.LokiIdentity,
				Replicas: replicas, ReplicationFactor: factor, RetentionDays: args.LokiRetentionDays, NoTelemetry: c.noTelemetry(),
			}, before)
			return err
		}},
		{"Mimir", func() error {
			replicas, factor := c.ring("mimir", "components.mimir_replicas", args.MimirReplicas, []string{"ingester", "replicas"}, mimirFactor)
			c.warnOfMimir(replicas, args.Nodes)
			_, err := kubernetes.NewMimir(c.Ctx, c.Name+"-mimir-helm-release", &kubernetes.MimirArgs{
				Installation: c.Controlled("mimir", "components.mimir_version", c.Components.MimirVersion),
				Store:        args.Metrics, Identity: args.MimirIdentity,
				Replicas: replicas, ReplicationFactor: factor, RetentionDays: args.MimirRetentionDays, NoTelemetry: c.noTelemetry(),
			}, before)
			return err
		}},
		{"Grafana", func() error {
			_, err := kubernetes.NewGrafana(c.Ctx, c.Name+"-grafana", &kubernetes.GrafanaArgs{
				Installation: c.Controlled("grafana", "components.grafana_version", c.Components.GrafanaVersion),
				Domain:       c.mainDomain(), LokiURL: kubernetes.LokiURL, MimirURL: kubernetes.MimirURL,
				ForwardAuth: args.Login, NoTelemetry: c.noTelemetry(), Labels: c.Labels,
			}, ingress)
			return err
		}},
		{"Alloy", func() error {
			if c.Components.AlloyVersion == "" {
				return nil
			}
			_, err := kubernetes.NewAlloy(c.Ctx, c.Name, &kubernetes.AlloyArgs{
				Installation: c.Controlled("alloy", "components.alloy_version", c.Components.AlloyVersion),
				Config:       c.alloyConfig(args), Identity: args.AlloyIdentity, Password: args.MimirPassword,
				NoTelemetry: c.noTelemetry(), Labels: c.Labels,
			}, ingress)
			return err
		}},
	} {
		if err := part.make(); err != nil {
			return fmt.Errorf("%s: %w", part.what, err)
		}
	}
	return nil
}

func (c *Cluster) noTelemetry() bool { return !c.Workload.ThirdPartyTelemetryEnabled }

// alloyConfig is what Alloy collects and where it sends it.
// (docs/reference/aws-workload-apps.md 8.4 to 8.6; docs/reference/azure-workload.md 10.3)
func (c *Cluster) alloyConfig(args MonitoringArgs) kubernetes.AlloyConfig {
	made := kubernetes.AlloyConfig{
		Cluster: args.Label, Tenant: c.Workload.Tenant(), Domain: c.mainDomain(),
		LokiURL: kubernetes.LokiURL, MimirURL: kubernetes.MimirURL,
		CloudWatch: args.CloudWatch, SystemLogs: args.SystemLogs,
	}
	if c.Workload.ControlRoomDomain != "" {
		made.ControlRoom = &kubernetes.AlloyControlRoom{
			Domain: c.Workload.ControlRoomDomain, User: c.Workload.MimirUser(), TenantID: args.Account,
		}
		if c.Workload.FilterControlRoomMetrics {
			made.ControlRoom.Metrics = kubernetes.ControlRoomMetrics()
		}
	}
	for _, site := range c.Sites {
		file := site.Settings()
		made.Sites = append(made.Sites, kubernetes.AlloySite{
			Name: site.Name, FQDN: file.FQDNHealthChecks(), Hosts: file.Hosts(site.Domain),
		})
	}
	return made
}
