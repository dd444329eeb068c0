package kubernetes

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const networkPolicyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy"

func grafanaArgs(change ...func(*GrafanaArgs)) *GrafanaArgs {
	args := &GrafanaArgs{
		Installation: controlled("7.0.14"), Domain: "demo.example.com", LokiURL: LokiURL, MimirURL: MimirURL,
		ForwardAuth: &GrafanaForwardAuth{
			Middlewares: ForwardAuthMiddlewares("main"), ProxyNamespace: "traefik", TrustedProxies: pulumi.ToStringArray([]string{"172.16.0.0/16", "10.0.0.7"}),
		},
		Labels: map[string]string{"posit.team/managed-by": "test"},
	}
	for _, change := range change {
		change(args)
	}
	return args
}

func makeGrafana(args *GrafanaArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewGrafana(ctx, "demo-grafana", args)
		return err
	}
}

// grafanaValues are those of the sheet, and of a Grafana that believes only proxies.
// (docs/reference/aws-workload-apps.md 8.2)
func grafanaValues() map[string]any {
	return map[string]any{
		"envFromSecret": "grafana-db-url",
		"grafana.ini": map[string]any{
			"server":     map[string]any{"domain": "demo.example.com", "root_url": "https://grafana.demo.example.com", "serve_from_sub_path": false},
			"auth.proxy": map[string]any{"enabled": true, "header_name": "X-Forwarded-User", "header_property": "username", "auto_sign_up": true, "whitelist": "172.16.0.0/16, 10.0.0.7"},
			"auth":       map[string]any{"disable_signout_menu": true},
			"database":   map[string]any{"ssl_mode": "require", "url": `${{ "{" }}PTD_DATABASE_URL{{ "}" }}`},
			"users":      map[string]any{"auto_assign_org_role": "Editor"},
		},
		"ingress": map[string]any{
			"enabled": true, "hosts": []any{"grafana.demo.example.com"}, "path": "/",
			"annotations": map[string]any{
				"traefik.ingress.kubernetes.io/router.middlewares": "kube-system-traefik-forward-auth-add-forwarded-headers@kubernetescrd,kube-system-traefik-forward-auth-main@kubernetescrd",
			},
		},
		"datasources": map[string]any{"datasources.yaml": map[string]any{"apiVersion": 1.0, "datasources": []any{
			map[string]any{"name": "Loki", "type": "loki", "access": "proxy", "editable": false, "isDefault": true, "url": "http://loki-gateway.loki.svc.cluster.local"},
			map[string]any{"name": "Mimir", "type": "prometheus", "access": "proxy", "editable": false, "isDefault": false, "url": "http://mimir-gateway.mimir.svc.cluster.local/prometheus"},
		}}},
	}
}

func TestGrafana(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeGrafana(grafanaArgs()))
	r.Golden(t, "grafana")
	wantChart(t, r.Find(t, helmChartType, "demo-grafana-helm-release"), inGrafanaCharts("grafana", "grafana", "7.0.14"), grafanaValues())
	// Only Traefik reaches it: whoever else did could name any user.
	r.Find(t, networkPolicyType, "demo-grafana-from-proxy").Want(t, map[string]any{
		"metadata": map[string]any{
			"namespace": "grafana", "name": "grafana-from-proxy", "labels": map[string]any{"posit.team/managed-by": "test"},
		},
		"spec": map[string]any{
			"podSelector": map[string]any{"matchLabels": map[string]any{
				"app.kubernetes.io/name": "grafana", "app.kubernetes.io/instance": "grafana",
			}},
			"policyTypes": []any{"Ingress"},
			"ingress": []any{map[string]any{"from": []any{map[string]any{
				"namespaceSelector": map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": "traefik"}},
			}}}},
		},
	})
	componenttest.SamePreview(t, makeGrafana(grafanaArgs()))
}

// Without a login before it, Grafana believes no header, and has a login of its own.
func TestGrafanaWithoutForwardAuth(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeGrafana(grafanaArgs(func(args *GrafanaArgs) { args.ForwardAuth, args.NoTelemetry = nil, true })))
	want := grafanaValues()
	ini := want["grafana.ini"].(map[string]any)
	delete(ini, "auth.proxy")
	delete(ini, "auth")
	ini["analytics"] = map[string]any{"reporting_enabled": false, "check_for_updates": false}
	ini["plugins"] = map[string]any{"check_for_plugin_updates": false}
	delete(want["ingress"].(map[string]any), "annotations")
	wantChart(t, r.Find(t, helmChartType, "demo-grafana-helm-release"), inGrafanaCharts("grafana", "grafana", "7.0.14"), want)
	if n := len(r.All(networkPolicyType)); n != 0 {
		t.Errorf("%d network policies", n)
	}
}

func TestGrafanaThatTrustsAllProxies(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeGrafana(grafanaArgs(func(args *GrafanaArgs) {
		args.ForwardAuth.ProxyNamespace, args.ForwardAuth.TrustedProxies = "", nil
	})))
	want := grafanaValues()
	delete(want["grafana.ini"].(map[string]any)["auth.proxy"].(map[string]any), "whitelist")
	assert.Equal(t, want, valuesOf(t, r.Find(t, helmChartType, "demo-grafana-helm-release")), "values")
	if n := len(r.All(networkPolicyType)); n != 0 {
		t.Errorf("%d network policies", n)
	}
}

func TestGrafanaErrors(t *testing.T) {
	t.Parallel()
	const required = "Grafana demo-grafana: a domain and the URLs of Loki and Mimir are required"
	componenttest.Fails(t, makeGrafana(nil), required)
	for want, changes := range map[string][]func(*GrafanaArgs){
		required: {
			func(args *GrafanaArgs) { args.Domain = "" }, func(args *GrafanaArgs) { args.LokiURL = "" },
			func(args *GrafanaArgs) { args.MimirURL = "" },
		},
		`the domain "{{ .Values }}.example.com" is no host name`: {func(args *GrafanaArgs) { args.Domain = "{{ .Values }}.example.com" }},
		"would let everybody in":                                 {func(args *GrafanaArgs) { args.ForwardAuth.Middlewares = "" }},
	} {
		for _, change := range changes {
			componenttest.Fails(t, makeGrafana(grafanaArgs(change)), want)
		}
	}
}

func ExampleNewGrafana() {
	program := func(ctx *pulumi.Context) error {
		_, err := NewGrafana(ctx, "demo-grafana", &GrafanaArgs{
			Installation: Installation{Version: "7.0.14"},
			Domain:       "demo.example.com",
			LokiURL:      LokiURL,
			MimirURL:     MimirURL,
			ForwardAuth: &GrafanaForwardAuth{
				Middlewares:    ForwardAuthMiddlewares("main"),
				ProxyNamespace: "traefik",
			},
		})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, release := range mocks.All(releaseType) {
		values := release.Args()["values"].(map[string]any)
		fmt.Println(release.Args()["chart"], release.Args()["version"], "at", values["grafana.ini"].(map[string]any)["server"].(map[string]any)["root_url"])
	}
	// Output: grafana 7.0.14 at https://grafana.demo.example.com
}
