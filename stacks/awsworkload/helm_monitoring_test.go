package awsworkload

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

const alloyRelease = "20250115"

// monitoringOf is the program of a release of a target of testdata, with what monitoring
// takes from other steps and charts.
func monitoringOf(t *testing.T, name, release string, change ...func(*config.AWSWorkload)) func(*pulumi.Context) (*helmRelease, error) {
	t.Helper()
	target := loadTarget(t, name, change...)
	workload := target.AWSWorkload
	return func(ctx *pulumi.Context) (*helmRelease, error) {
		roles := pulumi.StringMap{}
		for _, role := range []string{"loki", "mimir", "alloy"} {
			roles[role] = pulumi.String("arn:aws:iam::" + workload.AccountID + ":role/" + role + "." + workload.CompoundName() + ".posit.team")
		}
		r := newHelmRelease(ctx, HelmIn{
			Config: workload, TargetName: workload.Name, SiteFiles: target.SiteFiles,
			Persistent: &PersistentOutputs{
				VpcCIDR:       constant(""), // older state
				LokiBucket:    pulumi.String("ptd-" + name + "-loki").ToStringOutput(),
				MimirBucket:   pulumi.String("ptd-" + name + "-mimir").ToStringOutput(),
				MimirPassword: pulumi.ToSecret(pulumi.String(secretValue)).(pulumi.StringOutput),
				RoleARNs:      roles.ToStringMapOutput(),
			},
		}, release, "test")
		r.child = pulumi.Composite()
		for name, chart := range map[string]**kubernetes.Chart{"webhook": &r.webhook, "traefik": &r.traefik} {
			made, err := kubernetes.NewChart(ctx, name, &kubernetes.ChartArgs{
				Chart: name, Namespace: name, Installation: kubernetes.Installation{Version: "1"},
			})
			if err != nil {
				return nil, err
			}
			*chart = made
		}
		return r, nil
	}
}

// runMonitoring makes the monitoring of a release.
func runMonitoring(t *testing.T, r *componenttest.Recorder, name, release string, change ...func(*config.AWSWorkload)) {
	t.Helper()
	program := monitoringOf(t, name, release, change...)
	if err := r.Exec(func(ctx *pulumi.Context) error {
		helm, err := program(ctx)
		if err != nil {
			return err
		}
		return helm.makeMonitoring()
	}); err != nil {
		t.Fatal(err)
	}
}

// monitoringValues are the values of a chart of monitoring.
func monitoringValues(t *testing.T, r *componenttest.Recorder, name string) map[string]any {
	t.Helper()
	spec := r.Find(t, "kubernetes:helm.cattle.io/v1:HelmChart", name).Args()["spec"].(map[string]any)
	var values map[string]any
	if err := yaml.Unmarshal([]byte(spec["valuesContent"].(string)), &values); err != nil {
		t.Fatal(err)
	}
	return values
}

// at is what is at a path of values; nil when nothing is.
func at(values map[string]any, path ...string) any {
	var value any = values
	for _, key := range path {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

func TestMonitoringRegistrations(t *testing.T) {
	t.Parallel()
	for name, release := range map[string]string{"demo01-staging": alloyRelease, "adopted01-production": "20250301"} {
		r := componenttest.New()
		runMonitoring(t, r, name, release)
		r.Golden(t, "helm-monitoring-"+name)
	}
}

func TestMonitoringPreviewsTheSame(t *testing.T) {
	t.Parallel()
	program := monitoringOf(t, "demo01-staging", alloyRelease)
	componenttest.SamePreview(t, func(ctx *pulumi.Context) error {
		helm, err := program(ctx)
		if err != nil {
			return err
		}
		return helm.makeMonitoring()
	})
}

// What the charts have from the configuration and other steps.
// (docs/reference/aws-workload-apps.md 8.1, 8.2)
func TestMonitoringValues(t *testing.T) {
	t.Parallel()
	r := componenttest.New()
	runMonitoring(t, r, "demo01-staging", alloyRelease, func(w *config.AWSWorkload) {
		cluster := w.Clusters[alloyRelease]
		cluster.Components.LokiReplicas, cluster.Components.MimirReplicas = 3, 4
		w.Clusters[alloyRelease] = cluster
		w.ThirdPartyTelemetryEnabled = false
	})
	kept := componenttest.New()
	runMonitoring(t, kept, "demo01-staging", alloyRelease, func(w *config.AWSWorkload) {
		cluster := w.Clusters[alloyRelease]
		cluster.Components.LokiRetentionDays, cluster.Components.MimirRetentionDays = 30, 90
		w.Clusters[alloyRelease] = cluster
	})
	for chart, want := range map[string][]string{
		"loki":  {"720h", "loki", "limits_config", "retention_period"},
		"mimir": {"90d", "mimir", "structuredConfig", "limits", "compactor_blocks_retention_period"},
	} {
		if got := at(monitoringValues(t, kept, "demo01-staging-20250115-"+chart+"-helm-release"), want[1:]...); got != want[0] {
			t.Errorf("retention of %s: got %v, want %s", chart, got, want[0])
		}
	}
	const cluster = "demo01-staging-20250115"
	role := func(name string) string {
		return "arn:aws:iam::111122223333:role/" + name + ".demo01-staging.posit.team"
	}
	annotation := []string{"serviceAccount", "annotations", "eks.amazonaws.com/role-arn"}
	for _, want := range []struct {
		chart string
		value any
		path  []string
	}{
		{"loki-helm-release", role("loki"), annotation},
		{"loki-helm-release", "ptd-demo01-staging-loki", []string{"loki", "storage", "bucketNames", "chunks"}},
		{"loki-helm-release", "us-east-2", []string{"loki", "storage", "s3", "region"}},
		{"loki-helm-release", uint64(3), []string{"write", "replicas"}},
		{"loki-helm-release", false, []string{"loki", "analytics", "reporting_enabled"}},
		{"loki-helm-release", nil, []string{"loki", "compactor"}},
		{"mimir-helm-release", role("mimir"), annotation},
		{"mimir-helm-release", "ptd-demo01-staging-mimir", []string{"mimir", "structuredConfig", "blocks_storage", "s3", "bucket_name"}},
		{"mimir-helm-release", uint64(4), []string{"ingester", "replicas"}},
		{"mimir-helm-release", false, []string{"mimir", "structuredConfig", "usage_stats", "enabled"}},
		{"grafana-helm-release", "https://grafana.demo.staging.example.com", []string{"grafana.ini", "server", "root_url"}},
		{"grafana-helm-release", "172.16.0.0/16", []string{"grafana.ini", "auth.proxy", "whitelist"}},
		{"grafana-helm-release", false, []string{"grafana.ini", "analytics", "reporting_enabled"}},
		{"grafana-helm-release",
			"kube-system-traefik-forward-auth-add-forwarded-headers@kubernetescrd,kube-system-traefik-forward-auth-main@kubernetescrd",
			[]string{"ingress", "annotations", "traefik.ingress.kubernetes.io/router.middlewares"}},
		{"grafana-alloy-release", role("alloy"), annotation},
		{"grafana-alloy-release", cluster + "-alloy-config", []string{"alloy", "configMap", "name"}},
		{"grafana-alloy-release", false, []string{"alloy", "enableReporting"}},
		{"grafana-alloy-release", false, []string{"alloy", "securityContext", "privileged"}},
	} {
		got := at(monitoringValues(t, r, cluster+"-"+want.chart), want.path...)
		assert.Equal(t, want.value, got, "%s: %s", want.chart, strings.Join(want.path, "."))
	}
	secret := r.Find(t, "kubernetes:core/v1:Secret", cluster+"-alloy-mimir-auth")
	secret.Want(t, map[string]any{"stringData": map[string]any{"password": secretValue}})
	for _, made := range r.All("") {
		for key, value := range made.Inputs {
			if !value.ContainsSecrets() && strings.Contains(value.String(), secretValue) {
				t.Errorf("the password is in %s of %s %s, and no secret", key, made.Type, made.Name)
			}
		}
	}
}

// Grafana believes a header only when the main site's login is there to set it.
func TestMonitoringForwardAuth(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*config.AWSWorkload, *config.AWSCluster){
		"no version": func(_ *config.AWSWorkload, c *config.AWSCluster) { c.Components.TraefikForwardAuthVersion = "" },
		"not main": func(w *config.AWSWorkload, _ *config.AWSCluster) {
			site := w.Sites[config.MainSite]
			site.UseTraefikForwardAuth = false
			w.Sites[config.MainSite] = site
		},
	} {
		r := componenttest.New()
		runMonitoring(t, r, "demo01-staging", alloyRelease, func(w *config.AWSWorkload) {
			cluster := w.Clusters[alloyRelease]
			change(w, &cluster)
			w.Clusters[alloyRelease] = cluster
		})
		values := monitoringValues(t, r, "demo01-staging-20250115-grafana-helm-release")
		for _, path := range [][]string{{"grafana.ini", "auth.proxy"}, {"grafana.ini", "auth"}, {"ingress", "annotations"}} {
			if got := at(values, path...); got != nil {
				t.Errorf("%s: %s is %v", name, strings.Join(path, "."), got)
			}
		}
	}
	// Without Calico, pods have addresses of the VPC.
	r := componenttest.New()
	runMonitoring(t, r, "demo01-staging", alloyRelease, func(w *config.AWSWorkload) {
		w.VpcCIDR = "10.7.0.0/16"
		cluster := w.Clusters[alloyRelease]
		cluster.CalicoEnabled = false
		w.Clusters[alloyRelease] = cluster
	})
	proxy := at(monitoringValues(t, r, "demo01-staging-20250115-grafana-helm-release"), "grafana.ini", "auth.proxy").(map[string]any)
	if proxy["enabled"] != true || proxy["whitelist"] != "10.7.0.0/16" {
		t.Errorf("without Calico: %v", proxy)
	}
}

func TestMonitoringWithoutAlloy(t *testing.T) {
	t.Parallel()
	r := componenttest.New()
	runMonitoring(t, r, "demo01-staging", alloyRelease, func(w *config.AWSWorkload) {
		cluster := w.Clusters[alloyRelease]
		cluster.Components.AlloyVersion = ""
		w.Clusters[alloyRelease] = cluster
	})
	for _, made := range r.All("") {
		if strings.Contains(made.Name, "alloy") {
			t.Errorf("%s %s was registered", made.Type, made.Name)
		}
	}
}

// A bucket that state does not tell of is no guess: unknown in a preview, an error in a run.
func TestMonitoringOfOlderState(t *testing.T) {
	t.Parallel()
	for _, preview := range []bool{true, false} {
		r := componenttest.New()
		r.Preview = preview
		program := monitoringOf(t, "demo01-staging", alloyRelease)
		err := r.Exec(func(ctx *pulumi.Context) error {
			helm, err := program(ctx)
			if err != nil {
				return err
			}
			helm.in.Persistent.LokiBucket = pulumi.String("").ToStringOutput()
			return helm.makeMonitoring()
		})
		if preview && err != nil || !preview && (err == nil || !strings.Contains(err.Error(), "run it first")) {
			t.Errorf("preview %v: got error %v", preview, err)
		}
	}
}

// alloyText is the configuration of Alloy that a release of a target gets.
func alloyText(t *testing.T, name, release string, change ...func(*config.AWSWorkload)) string {
	t.Helper()
	r := componenttest.New()
	runMonitoring(t, r, name, release, change...)
	for _, made := range r.All("kubernetes:core/v1:ConfigMap") {
		data := made.Inputs["data"].ObjectValue()
		return data[resource.PropertyKey("config.alloy")].StringValue()
	}
	t.Fatal("there is no ConfigMap")
	return ""
}

func TestAlloyOfTargets(t *testing.T) {
	t.Parallel()
	componenttest.GoldenText(t, "alloy-demo01-staging.golden", alloyText(t, "demo01-staging", alloyRelease))
	componenttest.GoldenText(t, "alloy-adopted01-production.golden", alloyText(t, "adopted01-production", "20250301"))
}

// What of the configuration of a target shows in that of Alloy.
// (docs/reference/aws-workload-apps.md 8.4, 8.5)
func TestAlloyOfConfigurations(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		change   func(*config.AWSWorkload)
		has, not []string
	}{
		{"demo", func(*config.AWSWorkload) {}, []string{
			`"tenant_name" = "Demo"`, `url     = "https://mimir.team.staging.example.com/api/v1/push"`, `"X-Scope-OrgID" = "111122223333"`,
			`username      = "demo01-staging"`, `replacement  = "default_demo01-staging-20250115-control-plane"`,
			`cors_allowed_origins = ["https://demo.staging.example.com"]`, `"https://pub.demo.staging.example.com/__ping__"`,
			`"http://analytics-connect.posit-team.svc.cluster.local/__ping__"`, `"posit.team/true-name" = "^demo01$"`,
		}, []string{"control_room_filter", "journal", "analytics-packagemanager", "connect.analytics.staging.example.com"}},
		{"no control room", func(w *config.AWSWorkload) { w.ControlRoomDomain = "" }, nil, []string{"control_room", "/etc/mimir", "X-Scope-OrgID"}},
		{"no tenant", func(w *config.AWSWorkload) { w.TenantName = "" }, []string{`"tenant_name" = "demo01-staging"`}, []string{`"Demo"`}},
		{"filter", func(w *config.AWSWorkload) { w.FilterControlRoomMetrics = true },
			[]string{`prometheus.relabel "control_room_filter"`, "|probe_http_status_code|"}, nil},
		{"filter without control room", func(w *config.AWSWorkload) { w.FilterControlRoomMetrics, w.ControlRoomDomain = true, "" }, nil,
			[]string{"control_room"}},
		{"system logs", func(w *config.AWSWorkload) { w.GrafanaScrapeSystemLogs = true }, []string{`loki.source.journal "journal"`}, nil},
		{"hostile tenant", func(w *config.AWSWorkload) { w.TenantName = "\"\n}\nlogging { }" },
			[]string{`"tenant_name" = "\"\n}\nlogging { }"`}, []string{"\nlogging { }"}},
	} {
		text := alloyText(t, "demo01-staging", alloyRelease, test.change)
		for _, part := range test.has {
			if !strings.Contains(text, part) {
				t.Errorf("%s: the configuration does not have %s", test.name, part)
			}
		}
		for _, part := range test.not {
			if strings.Contains(text, part) {
				t.Errorf("%s: the configuration has %s", test.name, part)
			}
		}
	}
}
