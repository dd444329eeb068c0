package kubernetes

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const exampleRole = "arn:aws:iam::123456789012:role/example"

func session() map[string]any {
	return map[string]any{"key": "workload-type", "operator": "Equal", "value": "session", "effect": "NoSchedule"}
}

func account(name string) map[string]any {
	return map[string]any{"create": true, "name": name, "annotations": map[string]any{"eks.amazonaws.com/role-arn": exampleRole}}
}

func TestLoadBalancerController(t *testing.T) {
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		controller, err := NewLoadBalancerController(ctx, "demo", &LoadBalancerControllerArgs{
			Installation: controlled("1.6.0"), ClusterName: "demo01-staging-20250115", RoleARN: pulumi.String(exampleRole),
		})
		if err != nil {
			return err
		}
		_, err = NewObject(ctx, "after", "v1", "ConfigMap", pulumi.Map{"metadata": metadata("default", "after", nil)}, pulumi.DependsOnInputs(controller.Installed))
		return err
	})
	wantChart(t, r.Find(t, helmChartType, "demo"), map[string]any{
		"chart": "aws-load-balancer-controller", "repo": "https://aws.github.io/eks-charts", "version": "1.6.0", "targetNamespace": "kube-system",
	}, map[string]any{
		"clusterName": "demo01-staging-20250115", "hostNetwork": true, "enableWaf": false, "enableWafv2": false, "enableShield": false,
		"serviceAccount": account("aws-load-balancer-controller.posit.team"),
	})
	// Its webhooks are there when its Deployment is.
	r.Find(t, "kubernetes:apps/v1:DeploymentPatch", "demo-ready").Want(t, map[string]any{"metadata": map[string]any{
		"namespace": "kube-system", "name": "aws-load-balancer-controller",
		"annotations": map[string]any{
			"pulumi.com/waitFor": "condition=Available", "pulumi.com/timeoutSeconds": "900", "pulumi.com/patchForce": "true",
		},
	}})
	assert.Contains(t, r.Find(t, "kubernetes:core/v1:ConfigMap", "after").DependsOn, "kubernetes:apps/v1:DeploymentPatch demo-ready")
	componenttest.Fails(t, func(ctx *pulumi.Context) error {
		_, err := NewLoadBalancerController(ctx, "demo", &LoadBalancerControllerArgs{})
		return err
	}, "load balancer controller demo: cluster name and role are required")
}

func TestStorageDrivers(t *testing.T) {
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		driver, provider := controlled("1.3.4"), controlled("0.3.5")
		_, err := NewOpenZFSDriver(ctx, "fsx", &OpenZFSDriverArgs{Installation: controlled("v1.0.0"), RoleARN: pulumi.String(exampleRole)})
		if err != nil {
			return err
		}
		if _, err = NewSecretsStoreDriver(ctx, "driver", &driver); err != nil {
			return err
		}
		_, err = NewSecretsStoreAWSProvider(ctx, "provider", &provider)
		return err
	})
	evicted := map[string]any{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300.0}
	wantChart(t, r.Find(t, helmChartType, "fsx"), map[string]any{
		"chart": "aws-fsx-openzfs-csi-driver", "repo": "https://kubernetes-sigs.github.io/aws-fsx-openzfs-csi-driver",
		"version": "v1.0.0", "targetNamespace": "kube-system",
	}, map[string]any{
		"controller": map[string]any{
			"serviceAccount": account("controller.aws-fsx-openzfs-csi-driver.posit.team"),
			"tolerations":    []any{map[string]any{"key": "CriticalAddonsOnly", "operator": "Exists"}, evicted, session()},
		},
		"node": map[string]any{
			"serviceAccount": account("nodes.aws-fsx-openzfs-csi-driver.posit.team"),
		},
	})
	wantChart(t, r.Find(t, helmChartType, "driver"), map[string]any{
		"chart": "secrets-store-csi-driver", "repo": "https://kubernetes-sigs.github.io/secrets-store-csi-driver/charts",
		"version": "1.3.4", "targetNamespace": "kube-system",
	}, map[string]any{
		"enableSecretRotation": true, "rotationPollInterval": "2m", "syncSecret": map[string]any{"enabled": true},
	})
	wantChart(t, r.Find(t, helmChartType, "provider"), map[string]any{
		"chart": "secrets-store-csi-driver-provider-aws", "repo": "https://aws.github.io/secrets-store-csi-driver-provider-aws",
		"version": "0.3.5", "targetNamespace": "kube-system",
	}, map[string]any{"tolerations": []any{session()}})
}

func TestNvidiaDevicePlugin(t *testing.T) {
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		installation := controlled("0.17.1")
		_, err := NewNvidiaDevicePlugin(ctx, "demo", &installation)
		return err
	})
	gpu := func(operator, value string) map[string]any {
		made := map[string]any{"key": "nvidia.com/gpu", "operator": operator, "effect": "NoSchedule"}
		if value != "" {
			made["value"] = value
		}
		return made
	}
	wantChart(t, r.Find(t, helmChartType, "demo"), map[string]any{
		"chart": "nvidia-device-plugin", "repo": "https://nvidia.github.io/k8s-device-plugin",
		"version": "0.17.1", "targetNamespace": "nvidia-device-plugin",
	}, map[string]any{
		"nfd": map[string]any{"enabled": true, "worker": map[string]any{"tolerations": []any{
			session(), gpu("Exists", ""),
			map[string]any{"key": "node-role.kubernetes.io/master", "operator": "Equal", "value": "", "effect": "NoSchedule"},
		}}},
		"migStrategy": "none", "failOnInitError": true, "nvidiaDriverRoot": "/",
		"deviceListStrategy": "envvar", "deviceIDStrategy": "uuid",
		"tolerations": []any{session(), gpu("Exists", ""), map[string]any{"key": "CriticalAddonsOnly", "operator": "Exists"}},
	})
}

func TestCertManager(t *testing.T) {
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewCertManager(ctx, "demo", &Installation{Version: "v1.18.1"})
		return err
	})
	wantChart(t, r.Find(t, releaseType, "demo"), map[string]any{
		"name": "cert-manager", "chart": "cert-manager", "version": "v1.18.1", "namespace": "cert-manager",
		"repositoryOpts": map[string]any{"repo": "https://charts.jetstack.io"}, "createNamespace": true, "atomic": true, "compat": "true",
	}, map[string]any{"crds": map[string]any{"enabled": true, "keep": true}})
}

// Each chart needs a version, also those without other arguments.
func TestSystemChartsNeedAVersion(t *testing.T) {
	for name, make := range map[string]func(*pulumi.Context, string, *Installation, ...pulumi.ResourceOption) (*Chart, error){
		"driver": NewSecretsStoreDriver, "provider": NewSecretsStoreAWSProvider, "nvidia": NewNvidiaDevicePlugin, "cert-manager": NewCertManager,
	} {
		componenttest.Fails(t, func(ctx *pulumi.Context) error {
			_, err := make(ctx, name, nil)
			return err
		}, "chart "+name+": a chart, its version and a namespace are required")
	}
}

func TestExternalDNS(t *testing.T) {
	args := func(version string) *ExternalDNSArgs {
		return &ExternalDNSArgs{
			Installation: Installation{Version: version}, RoleARN: pulumi.String(exampleRole), Region: "us-east-2",
			Domains: []string{"b.example.com", "a.example.com", "b.example.com"}, OwnerID: "default_demo01-staging-20250115-control-plane",
		}
	}
	extra := map[string][]any{"1.14.4": {"--aws-zone-match-parent"}, "1.13.9": {}, "2": {"--aws-zone-match-parent"}, "1.14": {"--aws-zone-match-parent"}}
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		for version := range extra {
			if _, err := NewExternalDNS(ctx, version, args(version)); err != nil {
				return err
			}
		}
		return nil
	})
	for version, extra := range extra {
		wantChart(t, r.Find(t, releaseType, version), map[string]any{
			"name": "external-dns", "chart": "external-dns", "version": version, "namespace": "kube-system", "atomic": true, "compat": "true",
			"repositoryOpts": map[string]any{"repo": "https://kubernetes-sigs.github.io/external-dns/"},
		}, map[string]any{
			"provider": "aws", "serviceAccount": account("external-dns.posit.team"),
			"domainFilters": []any{"a.example.com", "b.example.com"},
			"env": []any{
				map[string]any{"name": "AWS_DEFAULT_REGION", "value": "us-east-2"}, map[string]any{"name": "AWS_REGION", "value": "us-east-2"},
			},
			"extraArgs": extra, "policy": "sync", "txtOwnerId": "default_demo01-staging-20250115-control-plane", "txtPrefix": "_d",
		})
	}
	componenttest.Fails(t, func(ctx *pulumi.Context) error {
		_, err := NewExternalDNS(ctx, "demo", args("v1.14.4"))
		return err
	}, `ExternalDNS demo: version "v1.14.4" is not made of integers and dots`)
}

func ExampleNewExternalDNS() {
	program := func(ctx *pulumi.Context) error {
		_, err := NewExternalDNS(ctx, "demo01-staging-20250115-external-dns", &ExternalDNSArgs{
			Installation: Installation{Version: "1.14.4"},
			RoleARN:      pulumi.String("arn:aws:iam::123456789012:role/external-dns.demo01-staging.posit.team"),
			Region:       "us-east-2",
			Domains:      []string{"demo.example.com"},
			OwnerID:      "demo01-staging-20250115",
		})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, release := range mocks.All(releaseType) {
		fmt.Println(release.Args()["name"], release.Args()["values"].(map[string]any)["domainFilters"])
	}
	// Output: external-dns [demo.example.com]
}

func ExampleNewLoadBalancerController() {
	program := func(ctx *pulumi.Context) error {
		controller, err := NewLoadBalancerController(ctx, "demo01-staging-20250115-aws-lbc", &LoadBalancerControllerArgs{
			Installation: Installation{Version: "1.6.0", Controller: &ChartController{Namespace: "helm-controller"}},
			ClusterName:  "demo01-staging-20250115",
			RoleARN:      pulumi.String("arn:aws:iam::123456789012:role/aws-load-balancer-controller.demo01-staging.posit.team"),
		})
		if err != nil {
			return err
		}
		_, err = NewSecretsStoreDriver(ctx, "demo01-staging-20250115-secret-store-csi",
			&Installation{Version: "1.3.4", Controller: &ChartController{Namespace: "helm-controller"}},
			pulumi.DependsOnInputs(controller.Installed))
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, chart := range mocks.All(helmChartType) {
		fmt.Println(chart.Physical(), chart.Args()["spec"].(map[string]any)["version"])
	}
	// Output:
	// helm-controller/aws-load-balancer-controller 1.6.0
	// helm-controller/secret-store-csi 1.3.4
}

func ExampleNewOpenZFSDriver() {
	program := func(ctx *pulumi.Context) error {
		_, err := NewOpenZFSDriver(ctx, "demo01-staging-20250115-aws-fsx-openzfs-csi", &OpenZFSDriverArgs{
			Installation: Installation{Version: "v1.0.0"},
			RoleARN:      pulumi.String("arn:aws:iam::123456789012:role/aws-fsx-openzfs-csi-driver.demo01-staging.posit.team"),
		})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	show(program)
	// Output: aws-fsx-openzfs-csi v1.0.0 in kube-system
}

func ExampleNewSecretsStoreAWSProvider() {
	program := func(ctx *pulumi.Context) error {
		driver, err := NewSecretsStoreDriver(ctx, "demo-secret-store-csi", &Installation{Version: "1.3.4"})
		if err != nil {
			return err
		}
		_, err = NewSecretsStoreAWSProvider(ctx, "demo-secret-store-csi-provider-aws", &Installation{Version: "0.3.5"},
			pulumi.DependsOnInputs(driver.Installed))
		return err
	}
	// In a program of your own: pulumi.Run(program).
	show(program)
	// Output:
	// secret-store-csi 1.3.4 in kube-system
	// secrets-store-csi-driver-provider-aws 0.3.5 in kube-system
}

func ExampleNewNvidiaDevicePlugin() {
	program := func(ctx *pulumi.Context) error {
		_, err := NewNvidiaDevicePlugin(ctx, "demo-nvidia-device-plugin", &Installation{
			Version: "0.17.1", Overrides: map[string]any{"migStrategy": "single"},
		})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	show(program)
	// Output: nvidia-device-plugin 0.17.1 in nvidia-device-plugin
}

func ExampleNewCertManager() {
	program := func(ctx *pulumi.Context) error {
		_, err := NewCertManager(ctx, "demo-cert-manager", &Installation{Version: "v1.18.1"})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	show(program)
	// Output: cert-manager v1.18.1 in cert-manager
}

// show runs a program with mocks and prints the releases that it makes.
func show(program pulumi.RunFunc) {
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, release := range mocks.All(releaseType) {
		fmt.Println(release.Args()["name"], release.Args()["version"], "in", release.Args()["namespace"])
	}
}
