package kubernetes

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const (
	nodePoolType  = "kubernetes:karpenter.sh/v1:NodePool"
	nodeClassType = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
)

func karpenterArgs(pools ...KarpenterPool) *KarpenterArgs {
	return &KarpenterArgs{
		Definitions: controlled("1.6.0"), Controller: controlled("1.6.0"),
		ClusterName: "demo01-staging-20250115", Region: "us-east-2",
		RoleARN: pulumi.String(exampleRole), InterruptionQueue: pulumi.String("demo01-staging-20250115"),
		NodeGroups:       pulumi.ToStringArray([]string{"default", "gpu"}),
		InstanceProfile:  pulumi.String("KarpenterNodeInstanceProfile-demo01-staging-20250115.posit.team"),
		SubnetIDs:        pulumi.ToStringArray([]string{"subnet-1", "subnet-2"}),
		SecurityGroupIDs: pulumi.ToStringArray([]string{"sg-cluster", "sg-fsx"}),
		Labels:           map[string]string{"owner": "demo"},
		Tags:             map[string]string{"CostCenter": "80-4410"},
		Pools:            pools,
	}
}

func sessionsPool() KarpenterPool {
	return KarpenterPool{
		Name: "sessions",
		Requirements: []NodeRequirement{
			{"karpenter.k8s.aws/instance-category", "In", []string{"c", "m"}}, {"karpenter.k8s.aws/instance-gpu-count", "DoesNotExist", nil},
		},
		CPU: "100", Memory: "400Gi", GPU: "2", ExpireAfter: "720h", Weight: 100, RootVolumeSize: "50Gi", AMIAlias: "al2023@v20250403",
		Taints:              []Taint{{"workload-type", "session", "NoSchedule"}, {"empty", "", "NoExecute"}},
		NodeLabels:          map[string]string{"posit.team/node-role": "system"},
		ConsolidationPolicy: "WhenEmpty", ConsolidateAfter: "10m",
		Overprovisioning: Overprovisioning{Replicas: 2, CPU: "2", Memory: "4Gi", GPU: "1"},
	}
}

func TestKarpenterCharts(t *testing.T) {
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewKarpenter(ctx, "demo01-staging-20250115-karpenter", karpenterArgs())
		return err
	})
	wantChart(t, r.Find(t, helmChartType, "demo01-staging-20250115-karpenter-crd-helm-release"), map[string]any{
		"chart": "oci://public.ecr.aws/karpenter/karpenter-crd", "version": "1.6.0", "targetNamespace": "kube-system",
	}, map[string]any{"additionalAnnotations": map[string]any{"helm.sh/resource-policy": "keep"}})
	enough := map[string]any{"cpu": "1", "memory": "1Gi"}
	wantChart(t, r.Find(t, helmChartType, "demo01-staging-20250115-karpenter-helm-release"), map[string]any{
		"chart": "oci://public.ecr.aws/karpenter/karpenter", "version": "1.6.0", "targetNamespace": "kube-system",
	}, map[string]any{
		"controller": map[string]any{
			"resources": map[string]any{"requests": enough, "limits": enough},
			"env":       []any{map[string]any{"name": "AWS_REGION", "value": "us-east-2"}},
		},
		"affinity": map[string]any{
			"nodeAffinity": map[string]any{"requiredDuringSchedulingIgnoredDuringExecution": map[string]any{
				"nodeSelectorTerms": []any{map[string]any{"matchExpressions": []any{
					map[string]any{"key": "karpenter.sh/nodepool", "operator": "DoesNotExist"},
					map[string]any{"key": "eks.amazonaws.com/nodegroup", "operator": "In", "values": []any{"default", "gpu"}},
				}}},
			}},
			"podAntiAffinity": map[string]any{"requiredDuringSchedulingIgnoredDuringExecution": []any{map[string]any{
				"topologyKey":   "kubernetes.io/hostname",
				"labelSelector": map[string]any{"matchLabels": map[string]any{"app.kubernetes.io/name": "karpenter"}},
			}}},
		},
		"serviceAccount": map[string]any{"annotations": map[string]any{"eks.amazonaws.com/role-arn": exampleRole}},
		"settings":       map[string]any{"clusterName": "demo01-staging-20250115", "interruptionQueue": "demo01-staging-20250115"},
	})
	controller := r.Find(t, "ptd:kubernetes:Chart", "demo01-staging-20250115-karpenter-helm-release")
	if want := helmChartType + " demo01-staging-20250115-karpenter-crd-helm-release"; !slices.Contains(controller.DependsOn, want) {
		t.Errorf("the controller depends on %v, want %s", controller.DependsOn, want)
	}
}

func TestKarpenterPool(t *testing.T) {
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewKarpenter(ctx, "demo01-staging-20250115-karpenter", karpenterArgs(sessionsPool(), KarpenterPool{Name: "least"}))
		return err
	})
	labels := map[string]any{"owner": "demo"}
	pool := r.Find(t, nodePoolType, "demo01-staging-20250115-karpenter-nodepool-sessions")
	pool.Exactly(t, map[string]any{
		"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": map[string]any{"name": "sessions", "labels": labels},
		"spec": map[string]any{
			"template": map[string]any{
				"metadata": map[string]any{"labels": map[string]any{"posit.team/node-role": "system"}},
				"spec": map[string]any{
					"requirements": []any{
						map[string]any{"key": "karpenter.k8s.aws/instance-category", "operator": "In", "values": []any{"c", "m"}},
						map[string]any{"key": "karpenter.k8s.aws/instance-gpu-count", "operator": "DoesNotExist"},
					},
					"nodeClassRef": map[string]any{"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "sessions"},
					"expireAfter":  "720h",
					"taints": []any{
						map[string]any{"key": "workload-type", "value": "session", "effect": "NoSchedule"},
						map[string]any{"key": "empty", "value": "", "effect": "NoExecute"},
					},
				},
			},
			"disruption": map[string]any{"consolidationPolicy": "WhenEmpty", "consolidateAfter": "10m"},
			"weight":     100.0,
			"limits":     map[string]any{"cpu": "100", "memory": "400Gi", "nvidia.com/gpu": "2"},
		},
	})
	for _, want := range []string{
		helmChartType + " demo01-staging-20250115-karpenter-crd-helm-release", helmChartType + " demo01-staging-20250115-karpenter-helm-release",
		nodeClassType + " demo01-staging-20250115-karpenter-ec2nodeclass-sessions",
	} {
		if !slices.Contains(pool.DependsOn, want) {
			t.Errorf("the pool depends on %v, want %s", pool.DependsOn, want)
		}
	}
	class := map[string]any{
		"instanceProfile":            "KarpenterNodeInstanceProfile-demo01-staging-20250115.posit.team",
		"amiSelectorTerms":           []any{map[string]any{"alias": "al2023@v20250403"}},
		"subnetSelectorTerms":        []any{map[string]any{"id": "subnet-1"}, map[string]any{"id": "subnet-2"}},
		"securityGroupSelectorTerms": []any{map[string]any{"id": "sg-cluster"}, map[string]any{"id": "sg-fsx"}},
		"metadataOptions": map[string]any{
			"httpEndpoint": "enabled", "httpProtocolIPv6": "disabled", "httpPutResponseHopLimit": 1.0, "httpTokens": "required",
		},
		"blockDeviceMappings": []any{map[string]any{
			"deviceName": "/dev/xvda", "ebs": map[string]any{"volumeSize": "50Gi", "volumeType": "gp3", "encrypted": true},
		}},
		"tags": map[string]any{"CostCenter": "80-4410"},
	}
	r.Find(t, nodeClassType, "demo01-staging-20250115-karpenter-ec2nodeclass-sessions").Exactly(t, map[string]any{
		"apiVersion": "karpenter.k8s.aws/v1", "kind": "EC2NodeClass", "metadata": map[string]any{"name": "sessions", "labels": labels}, "spec": class,
	})
	// Any change of an EC2NodeClass replaces its nodes.
	assert.Equal(t, []string{"spec.blockDeviceMappings[0].ebs.encrypted", "spec.metadataOptions", "spec.tags"},
		r.Find(t, nodeClassType, "demo01-staging-20250115-karpenter-ec2nodeclass-sessions").Ignore, "fields of existing classes")

	r.Find(t, nodePoolType, "demo01-staging-20250115-karpenter-nodepool-least").Want(t, map[string]any{"spec": map[string]any{
		"template": map[string]any{"spec": map[string]any{
			"requirements": []any{}, "nodeClassRef": map[string]any{"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "least"},
		}},
		"disruption": map[string]any{"consolidationPolicy": "WhenEmptyOrUnderutilized", "consolidateAfter": "5m"},
	}})
	class["amiSelectorTerms"] = []any{map[string]any{"alias": "al2023@latest"}}
	class["blockDeviceMappings"].([]any)[0].(map[string]any)["ebs"].(map[string]any)["volumeSize"] = "100Gi"
	r.Find(t, nodeClassType, "demo01-staging-20250115-karpenter-ec2nodeclass-least").Want(t, map[string]any{"spec": class})
}

func TestKarpenterOverprovisioning(t *testing.T) {
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewKarpenter(ctx, "demo01-staging-20250115-karpenter", karpenterArgs(sessionsPool(), KarpenterPool{Name: "least"}))
		return err
	})
	r.Find(t, "kubernetes:scheduling.k8s.io/v1:PriorityClass", "demo01-staging-20250115-karpenter-overprovisioning-pool-priority").Exactly(t, map[string]any{
		"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
		"metadata": map[string]any{"name": "karpenter-overprovisioning-pool-priority", "labels": map[string]any{"owner": "demo"}},
		"value":    -100.0, "globalDefault": false, "preemptionPolicy": "PreemptLowerPriority",
		"description": "Low priority for Karpenter overprovisioning pool pods that should be evicted first",
	})
	const deploymentType = "kubernetes:apps/v1:Deployment"
	if made := r.All(deploymentType); len(made) != 1 {
		t.Errorf("%d deployments, want one: a pool without replicas has none", len(made))
	}
	size := map[string]any{"cpu": "2", "memory": "4Gi", "nvidia.com/gpu": "1"}
	selector := map[string]any{"matchLabels": map[string]any{"app": "sessions-overprovisioning"}}
	r.Find(t, deploymentType, "demo01-staging-20250115-sessions-overprovisioning").Exactly(t, map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{
			"name": "sessions-overprovisioning", "namespace": "kube-system",
			"labels": map[string]any{"owner": "demo", "app": "sessions-overprovisioning", "nodepool": "sessions"},
		},
		"spec": map[string]any{
			"replicas": 2.0, "selector": selector,
			"template": map[string]any{
				"metadata": map[string]any{"labels": map[string]any{"app": "sessions-overprovisioning", "nodepool": "sessions"}},
				"spec": map[string]any{
					"priorityClassName": "karpenter-overprovisioning-pool-priority", "terminationGracePeriodSeconds": 0.0,
					"containers": []any{map[string]any{
						"name": "pause", "image": "registry.k8s.io/pause:3.9", "resources": map[string]any{"requests": size, "limits": size},
					}},
					"tolerations": []any{
						map[string]any{"key": "workload-type", "operator": "Equal", "value": "session", "effect": "NoSchedule"},
						map[string]any{"key": "empty", "operator": "Equal", "value": "", "effect": "NoExecute"},
					},
					"affinity": map[string]any{
						"nodeAffinity": map[string]any{"requiredDuringSchedulingIgnoredDuringExecution": map[string]any{
							"nodeSelectorTerms": []any{map[string]any{"matchExpressions": []any{
								map[string]any{"key": "karpenter.sh/nodepool", "operator": "In", "values": []any{"sessions"}},
							}}},
						}},
						"podAntiAffinity": map[string]any{"preferredDuringSchedulingIgnoredDuringExecution": []any{map[string]any{
							"weight":          100.0,
							"podAffinityTerm": map[string]any{"labelSelector": selector, "topologyKey": "kubernetes.io/hostname"},
						}}},
					},
				},
			},
		},
	})
}

// Definitions of an older Karpenter are marked before the chart that takes them over, for
// good; a new cluster has none.
func TestKarpenterTakesDefinitionsOver(t *testing.T) {
	const patchType = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinitionPatch"
	make := func(adopted []string) *componenttest.Recorder {
		return componenttest.Run(t, func(ctx *pulumi.Context) error {
			args := karpenterArgs()
			args.AdoptedDefinitions = adopted
			_, err := NewKarpenter(ctx, "demo", args)
			return err
		})
	}
	if patches := make(nil).All(patchType); len(patches) > 0 {
		t.Errorf("a new cluster has %d patches", len(patches))
	}
	r := make(KarpenterDefinitions())
	chart := r.Find(t, "ptd:kubernetes:Chart", "demo-crd-helm-release")
	for _, definition := range []string{"ec2nodeclasses.karpenter.k8s.aws", "nodeclaims.karpenter.sh", "nodepools.karpenter.sh"} {
		patch := r.Find(t, patchType, "demo-crd-"+definition)
		patch.Exactly(t, map[string]any{
			"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
			"metadata": map[string]any{
				"name": definition, "labels": map[string]any{"app.kubernetes.io/managed-by": "Helm"},
				"annotations": map[string]any{
					"meta.helm.sh/release-name": "karpenter-crd", "meta.helm.sh/release-namespace": "kube-system", "pulumi.com/patchForce": "true",
				},
			},
		})
		if !patch.Retain {
			t.Errorf("the mark of %s goes with its patch", definition)
		}
		if !slices.Contains(chart.DependsOn, patchType+" demo-crd-"+definition) {
			t.Errorf("the chart waits for %v", chart.DependsOn)
		}
	}
}

func TestKarpenterRefuses(t *testing.T) {
	componenttest.Fails(t, func(ctx *pulumi.Context) error {
		args := karpenterArgs()
		args.InterruptionQueue = nil
		_, err := NewKarpenter(ctx, "demo", args)
		return err
	}, "karpenter demo: cluster name, region, role, queue")
	componenttest.Fails(t, func(ctx *pulumi.Context) error {
		_, err := NewKarpenter(ctx, "demo", karpenterArgs(KarpenterPool{}))
		return err
	}, `node pool "": a name is required`)
	componenttest.SamePreview(t, func(ctx *pulumi.Context) error {
		_, err := NewKarpenter(ctx, "demo", karpenterArgs(sessionsPool()))
		return err
	})
}

func ExampleNewKarpenter() {
	program := func(ctx *pulumi.Context) error {
		installation := Installation{Version: "1.6.0", Controller: &ChartController{Namespace: "helm-controller"}}
		_, err := NewKarpenter(ctx, "demo01-staging-20250115-karpenter", &KarpenterArgs{
			Definitions: installation, Controller: installation,
			ClusterName: "demo01-staging-20250115", Region: "us-east-2",
			RoleARN:           pulumi.String("arn:aws:iam::123456789012:role/KarpenterControllerRole"),
			InterruptionQueue: pulumi.String("demo01-staging-20250115"),
			NodeGroups:        pulumi.ToStringArray([]string{"default"}),
			InstanceProfile:   pulumi.String("KarpenterNodeInstanceProfile"),
			SubnetIDs:         pulumi.ToStringArray([]string{"subnet-0123456789abcdef0"}),
			SecurityGroupIDs:  pulumi.ToStringArray([]string{"sg-0123456789abcdef0"}),
			Pools: []KarpenterPool{{
				Name: "sessions", CPU: "100", AMIAlias: "al2023@v20250403",
				Requirements: []NodeRequirement{{Key: "karpenter.k8s.aws/instance-category", Operator: "In", Values: []string{"m"}}},
			}},
		})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, pool := range mocks.All(nodePoolType) {
		fmt.Println(pool.Physical(), pool.Args()["spec"].(map[string]any)["limits"])
	}
	// Output: sessions map[cpu:100]
}

// The size is that of the disk with the images and containers. (Karpenter's own defaults, by
// family of images.)
func TestRootDevice(t *testing.T) {
	for alias, want := range map[string]string{
		"": "/dev/xvda", "al2@latest": "/dev/xvda", "al2023@v20250403": "/dev/xvda", "bottlerocket@v1.40.0": "/dev/xvdb", "windows2022@latest": "/dev/sda1",
	} {
		assert.Equal(t, want, RootDevice(alias), alias)
	}
}
