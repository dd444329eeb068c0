package kubernetes

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const (
	configMapType = "kubernetes:core/v1:ConfigMap"
	secretType    = "kubernetes:core/v1:Secret"
)

func alloyArgs(change ...func(*AlloyArgs)) *AlloyArgs {
	args := &AlloyArgs{
		Installation: controlled("0.12.6"), Config: alloyConfig(),
		Identity: IAMRole(pulumi.String("arn:aws:iam::123456789012:role/alloy.demo01-staging.posit.team")),
		Password: pulumi.String("a-password"), Labels: map[string]string{"posit.team/managed-by": "test"},
	}
	for _, change := range change {
		change(args)
	}
	return args
}

func makeAlloy(args *AlloyArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewAlloy(ctx, "demo", args)
		return err
	}
}

// alloyValues are those of the sheet, with tolerations where the chart has them.
// (docs/reference/aws-workload-apps.md 8.2)
func alloyValues() map[string]any {
	return map[string]any{
		"serviceAccount": serviceAccount("alloy.posit.team", "alloy.demo01-staging.posit.team"),
		"controller": map[string]any{
			"tolerations": []any{map[string]any{"key": "workload-type", "operator": "Equal", "value": "session", "effect": "NoSchedule"}},
			"volumes": map[string]any{"extra": []any{
				map[string]any{"name": "host-proc", "hostPath": map[string]any{"path": "/proc"}},
				map[string]any{"name": "host-sys", "hostPath": map[string]any{"path": "/sys"}},
				map[string]any{"name": "host-root", "hostPath": map[string]any{"path": "/"}},
				map[string]any{"name": "storage", "hostPath": map[string]any{"path": "/var/lib/alloy", "type": "DirectoryOrCreate"}},
				map[string]any{
					"name": "mimir-auth",
					"secret": map[string]any{
						"secretName": "mimir-auth", "items": []any{map[string]any{"key": "password", "path": "password"}},
					},
				},
			}},
		},
		"alloy": map[string]any{
			"clustering": map[string]any{"enabled": true},
			"extraPorts": []any{map[string]any{"name": "faro", "port": 12347.0, "targetPort": 12347.0, "protocol": "TCP"}},
			"mounts": map[string]any{
				"extra": []any{
					map[string]any{"name": "host-proc", "mountPath": "/host/proc", "readOnly": true},
					map[string]any{"name": "host-sys", "mountPath": "/host/sys", "readOnly": true},
					map[string]any{"name": "host-root", "mountPath": "/host/root", "readOnly": true, "mountPropagation": "HostToContainer"},
					map[string]any{"name": "storage", "mountPath": "/var/lib/alloy"},
					map[string]any{"name": "mimir-auth", "mountPath": "/etc/mimir/", "readOnly": true},
				},
				"varlog": false,
			},
			"securityContext": map[string]any{"privileged": false},
			"storagePath":     "/var/lib/alloy",
			"resources":       map[string]any{"requests": map[string]any{"cpu": "100m", "memory": "256Mi"}},
			"configMap":       map[string]any{"create": false, "name": "demo-alloy-config", "key": "config.alloy"},
		},
		"ingress": map[string]any{"enabled": true, "faroPort": 12347.0, "hosts": []any{"faro.demo.example.com"}},
	}
}

func TestAlloy(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeAlloy(alloyArgs()))
	r.Golden(t, "alloy")
	text, err := alloyConfig().Text()
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]any{"posit.team/managed-by": "test"}
	r.Find(t, configMapType, "demo-alloy-config-configmap").Want(t, map[string]any{
		"metadata": map[string]any{"namespace": "alloy", "name": "demo-alloy-config", "labels": labels},
		"data":     map[string]any{"config.alloy": text},
	})
	secret := r.Find(t, secretType, "demo-alloy-mimir-auth")
	secret.Want(t, map[string]any{
		"metadata":   map[string]any{"namespace": "alloy", "name": "mimir-auth", "labels": labels},
		"stringData": map[string]any{"password": "a-password"},
	})
	if !slices.Contains(secret.Secrets, "stringData") {
		t.Errorf("the password is no secret: secrets are %v", secret.Secrets)
	}
	made := r.Find(t, helmChartType, "demo-grafana-alloy-release")
	wantChart(t, made, inGrafanaCharts("alloy", "alloy", "0.12.6"), alloyValues())
	// What the pods mount is there before they are.
	chart := r.Find(t, "ptd:kubernetes:Chart", "demo-grafana-alloy-release")
	assert.Equal(t, []string{configMapType + " demo-alloy-config-configmap", secretType + " demo-alloy-mimir-auth"}, chart.DependsOn, "the chart depends on")
	componenttest.SamePreview(t, makeAlloy(alloyArgs()))
}

func TestAlloyWithoutControlRoom(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeAlloy(alloyArgs(func(args *AlloyArgs) {
		args.Config.ControlRoom, args.Password, args.NoTelemetry = nil, nil, true
	})))
	if n := len(r.All(secretType)); n != 0 {
		t.Errorf("%d Secrets", n)
	}
	want := alloyValues()
	withoutLast := func(of map[string]any) { extra := of["extra"].([]any); of["extra"] = extra[:len(extra)-1] }
	withoutLast(want["controller"].(map[string]any)["volumes"].(map[string]any))
	alloy := want["alloy"].(map[string]any)
	withoutLast(alloy["mounts"].(map[string]any))
	alloy["enableReporting"] = false
	wantChart(t, r.Find(t, helmChartType, "demo-grafana-alloy-release"), inGrafanaCharts("alloy", "alloy", "0.12.6"), want)
}

func TestAlloySystemLogs(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeAlloy(alloyArgs(func(args *AlloyArgs) { args.Config.SystemLogs = true })))
	want := alloyValues()
	alloy := want["alloy"].(map[string]any)
	alloy["mounts"].(map[string]any)["varlog"] = true
	alloy["securityContext"] = map[string]any{"privileged": true, "runAsUser": 0.0}
	wantChart(t, r.Find(t, helmChartType, "demo-grafana-alloy-release"), inGrafanaCharts("alloy", "alloy", "0.12.6"), want)
}

func TestAlloyErrors(t *testing.T) {
	t.Parallel()
	const required = "Alloy demo: a role is required, and with a control room a password"
	componenttest.Fails(t, makeAlloy(nil), required)
	for want, change := range map[string]func(*AlloyArgs){
		required:                         func(args *AlloyArgs) { args.Identity = Identity{} },
		"with a control room a password": func(args *AlloyArgs) { args.Password = nil },
		"Alloy demo: configuration of Alloy: tenant is required":     func(args *AlloyArgs) { args.Config.Tenant = "" },
		`Alloy demo: configuration of Alloy: CloudWatch: "a b" must`: func(args *AlloyArgs) { args.Config.CloudWatch.Name = "a b" },
	} {
		componenttest.Fails(t, makeAlloy(alloyArgs(change)), want)
	}
	// Nothing is made before the configuration is known to be good.
	r := componenttest.New()
	if err := r.Exec(makeAlloy(alloyArgs(func(args *AlloyArgs) { args.Config.CloudWatch.TrueName = "*" }))); err == nil {
		t.Error("no error")
	}
	if n := len(r.All("")); n > 1 { // the stack itself
		t.Errorf("%d resources were registered", n)
	}
}

func ExampleNewAlloy() {
	program := func(ctx *pulumi.Context) error {
		_, err := NewAlloy(ctx, "demo", &AlloyArgs{
			Installation: Installation{Version: "0.12.6"},
			Config: AlloyConfig{
				Cluster: "demo", Tenant: `Data "Science"`, Domain: "demo.example.com", LokiURL: LokiURL, MimirURL: MimirURL,
				Sites: []AlloySite{{
					Name: "main", FQDN: true, Hosts: map[string]string{"connect": "pub.demo.example.com"},
				}},
			},
			Identity: IAMRole(pulumi.String("arn:aws:iam::123456789012:role/alloy")),
		})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, made := range mocks.All(configMapType) {
		config := made.Args()["data"].(map[string]any)["config.alloy"].(string)
		for _, line := range strings.Split(config[strings.LastIndex(config, "loki.write"):], "\n")[:5] {
			fmt.Println(line)
		}
	}
	// Output:
	// loki.write "local" {
	// 	external_labels = {
	// 		"data" = "true",
	// 		"tenant_name" = "Data \"Science\"",
	// 	}
}
