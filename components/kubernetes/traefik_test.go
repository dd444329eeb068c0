package kubernetes

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/components/componenttest"
)

const ingressType = "kubernetes:networking.k8s.io/v1:Ingress"

func TestTraefik(t *testing.T) {
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		installation := controlled("37.1.2")
		installation.Overrides = map[string]any{"ingressRoute": map[string]any{"dashboard": map[string]any{"enabled": true}}}
		_, err := NewTraefik(ctx, "changed", &TraefikArgs{
			Installation: installation, Replicas: 5, NoTelemetry: true, Labels: map[string]string{"owner": "demo"},
			TrustedProxies: pulumi.ToStringArray([]string{"10.0.0.0/16"}),
		})
		if err != nil {
			return err
		}
		if _, err = NewTraefik(ctx, "older", &TraefikArgs{Installation: controlled("33.2.1"), NoTelemetry: true}); err != nil {
			return err
		}
		_, err = NewTraefik(ctx, "demo", &TraefikArgs{Installation: controlled("37.1.2")})
		return err
	})
	r.Find(t, "kubernetes:scheduling.k8s.io/v1:PriorityClass", "changed-critical-priority").Exactly(t, map[string]any{
		"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
		"metadata": map[string]any{"name": "traefik-critical", "labels": map[string]any{"owner": "demo"}},
		"value":    1e9, "globalDefault": false, "preemptionPolicy": "PreemptLowerPriority", "description": "Traefik: all sites are behind it",
	})
	values := map[string]any{
		"image":             map[string]any{"registry": "ghcr.io/traefik"},
		"deployment":        map[string]any{"kind": "Deployment", "replicas": 3.0},
		"priorityClassName": "traefik-critical",
		"resources": map[string]any{
			"requests": map[string]any{"cpu": "200m", "memory": "256Mi"}, "limits": map[string]any{"cpu": "1000m", "memory": "512Mi"},
		},
		"topologySpreadConstraints": []any{map[string]any{
			"maxSkew": 1.0, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway",
			"labelSelector": map[string]any{"matchLabels": map[string]any{"app.kubernetes.io/name": "traefik"}},
		}},
		"podDisruptionBudget": map[string]any{"enabled": true, "maxUnavailable": 1.0},
		"logs":                map[string]any{"access": map[string]any{"enabled": true}, "general": map[string]any{"level": "INFO"}},
		"ingressClass":        map[string]any{"enabled": true, "isDefaultClass": true},
		"ingressRoute":        map[string]any{"dashboard": map[string]any{"enabled": false}},
		"providers": map[string]any{
			"kubernetesCRD":     map[string]any{"enabled": true, "allowCrossNamespace": true},
			"kubernetesIngress": map[string]any{"enabled": true},
		},
		"ports":   map[string]any{"traefik": map[string]any{"expose": map[string]any{"default": true}, "nodePort": 32090.0}},
		"service": map[string]any{"type": "NodePort"},
	}
	fields := map[string]any{
		"chart": "traefik", "repo": "https://traefik.github.io/charts", "version": "37.1.2", "targetNamespace": "traefik", "helmVersion": "v3",
	}
	made := r.Find(t, helmChartType, "demo-helm-release")
	wantChart(t, made, fields, values)
	if parent := "ptd:kubernetes:Chart demo-helm-release"; made.Parent != parent {
		t.Errorf("parent %s, want %s", made.Parent, parent)
	}
	chart := r.Find(t, "ptd:kubernetes:Chart", "demo-helm-release")
	if want := "kubernetes:scheduling.k8s.io/v1:PriorityClass demo-critical-priority"; !slices.Contains(chart.DependsOn, want) {
		t.Errorf("the chart depends on %v, want %s", chart.DependsOn, want)
	}

	// The chart reads the arguments up to 35, and the values from 36 on.
	older := maps.Clone(fields)
	older["version"] = "33.2.1"
	values["globalArguments"] = []any{"--global.checknewversion=false", "--global.sendanonymoususage=false"}
	wantChart(t, r.Find(t, helmChartType, "older-helm-release"), older, values)
	delete(values, "globalArguments")

	values["deployment"].(map[string]any)["replicas"] = 5.0
	values["ingressRoute"] = map[string]any{"dashboard": map[string]any{"enabled": true}}
	values["global"] = map[string]any{"checkNewVersion": false, "sendAnonymousUsage": false}
	values["ports"].(map[string]any)["web"] = map[string]any{"forwardedHeaders": map[string]any{"trustedIPs": []any{"10.0.0.0/16"}}}
	wantChart(t, r.Find(t, helmChartType, "changed-helm-release"), fields, values)
}

func albArgs(certificates ...string) *ALBIngressArgs {
	return &ALBIngressArgs{
		ObjectName: "traefik", Namespace: "traefik", Service: "traefik", HealthCheckPort: TraefikPort, HealthCheckPath: TraefikPing,
		CertificateARNs: pulumi.ToStringArray(certificates),
		Tags:            []Tag{{"posit.team/true-name", "demo01"}, {"posit.team/environment", "staging"}, {"Name", "demo01-staging"}},
		Labels:          map[string]string{"app": "traefik"},
	}
}

func TestALBIngress(t *testing.T) {
	r := componenttest.New()
	r.Outputs[ingressType] = resource.NewPropertyMapFromMap(map[string]any{
		"status": map[string]any{"loadBalancer": map[string]any{"ingress": []any{map[string]any{"hostname": "k8s-traefik.elb.example"}}}},
	})
	err := r.Exec(func(ctx *pulumi.Context) error {
		args := albArgs("arn:b", "arn:a", "arn:b")
		args.Public, args.SubnetNames = true, []string{"corp-a", "corp-b"}
		args.DNS = &IngressDNS{
			Hosts:         []string{"demo.example.com", "*.demo.example.com", "demo.example.com", "a.example.com"},
			SetIdentifier: "demo01-staging-20250115", Weight: "50",
		}
		public, err := NewALBIngress(ctx, "public", args)
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{"hostname": "k8s-traefik.elb.example"}, map[string]pulumi.Output{"hostname": public.Hostname})
		_, err = NewALBIngress(ctx, "private", albArgs("arn:a"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	annotations := map[string]any{
		"alb.ingress.kubernetes.io/ssl-redirect":             "443",
		"alb.ingress.kubernetes.io/listen-ports":             `[{"HTTP": 80}, {"HTTPS": 443}]`,
		"alb.ingress.kubernetes.io/backend-protocol":         "HTTP",
		"alb.ingress.kubernetes.io/healthcheck-protocol":     "HTTP",
		"alb.ingress.kubernetes.io/healthcheck-path":         "/ping",
		"alb.ingress.kubernetes.io/healthcheck-port":         "32090",
		"alb.ingress.kubernetes.io/certificate-arn":          "arn:a",
		"alb.ingress.kubernetes.io/ssl-policy":               "ELBSecurityPolicy-TLS13-1-2-2021-06",
		"alb.ingress.kubernetes.io/load-balancer-attributes": "routing.http.drop_invalid_header_fields.enabled=true,idle_timeout.timeout_seconds=300",
		"alb.ingress.kubernetes.io/tags":                     "posit.team/true-name=demo01,posit.team/environment=staging,Name=demo01-staging",
		"alb.ingress.kubernetes.io/scheme":                   "internal",
	}
	ingress := map[string]any{
		"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
		"metadata": map[string]any{
			"name": "traefik", "namespace": "traefik", "labels": map[string]any{"app": "traefik"}, "annotations": annotations,
		},
		"spec": map[string]any{"ingressClassName": "alb", "rules": []any{map[string]any{"http": map[string]any{"paths": []any{map[string]any{
			"path": "/*", "pathType": "ImplementationSpecific",
			"backend": map[string]any{"service": map[string]any{"name": "traefik", "port": map[string]any{"number": 80.0}}},
		}}}}}},
	}
	r.Find(t, ingressType, "private").Exactly(t, ingress)
	annotations["alb.ingress.kubernetes.io/certificate-arn"] = "arn:b,arn:a"
	annotations["alb.ingress.kubernetes.io/scheme"] = "internet-facing"
	annotations["alb.ingress.kubernetes.io/subnets"] = "corp-a,corp-b"
	annotations["external-dns.alpha.kubernetes.io/hostname"] = "*.demo.example.com,a.example.com,demo.example.com"
	annotations["external-dns.alpha.kubernetes.io/set-identifier"] = "demo01-staging-20250115"
	annotations["external-dns.alpha.kubernetes.io/aws-weight"] = "50"
	r.Find(t, ingressType, "public").Exactly(t, ingress)
}

func TestALBIngressWithTooManyCertificates(t *testing.T) {
	var certificates []string
	for i := range 26 {
		certificates = append(certificates, fmt.Sprint("arn:", i))
	}
	for _, test := range []struct {
		number, most int
		refused      bool
	}{{25, 0, false}, {26, 0, true}, {26, 25, true}, {26, 26, false}} {
		err := componenttest.New().Exec(func(ctx *pulumi.Context) error {
			args := albArgs(certificates[:test.number]...)
			args.MaxCertificates = test.most
			_, err := NewALBIngress(ctx, "demo", args)
			return err
		})
		if (err != nil) != test.refused {
			t.Errorf("%d certificates of %d: error %v", test.number, test.most, err)
		}
	}
}

func TestTagsAnnotation(t *testing.T) {
	for _, tag := range []Tag{
		{"", "x"}, {"x", ""}, {"a,b", "x"}, {"x", "a=b"}, {"x", "a b"}, {"x", "a\tb"}, {"aws:x", "y"}, {"AWS:x", "y"},
		{strings.Repeat("k", 129), "x"}, {"x", strings.Repeat("v", 257)},
	} {
		if text, err := TagsAnnotation([]Tag{{"ok", "ok"}, tag}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("tag %q", tag.Key)) {
			t.Errorf("tag %v: text %q, error %v", tag, text, err)
		}
	}
	_, err := TagsAnnotation([]Tag{{"umlauts", strings.Repeat("ü", 256)}})
	require.NoError(t, err, "AWS counts characters")
	text, err := TagsAnnotation([]Tag{{"b", "1"}, {strings.Repeat("k", 128), strings.Repeat("v", 256)}, {"a", "2"}})
	require.NoError(t, err)
	assert.Equal(t, "b=1,"+strings.Repeat("k", 128)+"="+strings.Repeat("v", 256)+",a=2", text)
}

func ExampleNewTraefik() {
	program := func(ctx *pulumi.Context) error {
		controller := &ChartController{Namespace: "helm-controller"}
		traefik, err := NewTraefik(ctx, "demo01-staging-20250115-traefik", &TraefikArgs{
			Installation: Installation{Version: "37.1.2", Controller: controller},
		})
		if err != nil {
			return err
		}
		ingress, err := NewALBIngress(ctx, "demo01-staging-20250115-traefik-ingress", &ALBIngressArgs{
			ObjectName: "traefik", Namespace: "traefik", Service: "traefik",
			HealthCheckPort: TraefikPort, HealthCheckPath: TraefikPing,
			CertificateARNs: pulumi.ToStringArray([]string{"arn:aws:acm:us-east-2:123456789012:certificate/1"}),
			Public:          true,
			DNS:             &IngressDNS{Hosts: []string{"demo.example.com", "*.demo.example.com"}, SetIdentifier: "blue", Weight: "100"},
		}, pulumi.DependsOnInputs(traefik.Chart.Installed))
		if err != nil {
			return err
		}
		ctx.Export("load balancer", ingress.Hostname)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, ingress := range mocks.All(ingressType) {
		fmt.Println(ingress.Physical(), "is", ingress.Args()["spec"].(map[string]any)["ingressClassName"])
	}
	// Output: traefik/traefik is alb
}
