package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Images fit the processors of the nodes that a pool or a group may get, or it is said.
func TestProcessors(t *testing.T) {
	t.Parallel()
	const (
		arch     = "{key: kubernetes.io/arch, operator: In, values: [amd64]}"
		category = "{key: karpenter.k8s.aws/instance-category, operator: In, values: [c, m]}"
		advice   = "where images for amd64 alone do not run: add {key: kubernetes.io/arch, operator: In, values: [amd64]}, or [amd64, arm64] where all images have both"
		none     = "no instance fits: the requirements on kubernetes.io/arch and on instances have no processor in common"
	)
	family := func(key, values string) string { return "{key: " + key + ", operator: In, values: [" + values + "]}" }
	const types, families = "node.kubernetes.io/instance-type", "karpenter.k8s.aws/instance-family"
	for name, test := range map[string]struct{ requirements, problem, warning string }{
		"none":                  {"", "", "pool p has no requirement on kubernetes.io/arch, so its nodes may be arm64 (Graviton, often the cheapest), " + advice},
		"category":              {category, "", "pool p has no requirement on kubernetes.io/arch, so its nodes may be arm64 (Graviton, often the cheapest), " + advice},
		"decided":               {category + ", " + arch, "", ""},
		"both, on purpose":      {strings.ReplaceAll(arch, "amd64", "amd64, arm64"), "", ""},
		"not arm64":             {"{key: kubernetes.io/arch, operator: NotIn, values: [arm64]}", "", ""},
		"types for amd64":       {family(types, "m6a.large, c7i.xlarge"), "", ""},
		"families, one of arm":  {family(families, "m6a, m7gd"), "", "pool p has no requirement on kubernetes.io/arch, and m7gd is arm64, " + advice},
		"types of the other":    {family(types, "m7g.large") + ", " + arch, none, ""},
		"families of the other": {strings.ReplaceAll(arch, "amd64", "arm64") + ", " + family(families, "m6a"), none, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("demo01-staging", "ptd.yaml", []byte(awsSpec("autoscaling_enabled: true",
				`clusters: {"20250115": {spec: {karpenter_config: {node_pools: [{name: p, requirements: [`+test.requirements+`]}]}}}}`)))
			if test.problem != "" {
				require.ErrorContains(t, err, "node_pools[0].requirements")
				assert.ErrorContains(t, err, test.problem)
				return
			}
			target := parse(t, "demo01-staging", awsSpec("autoscaling_enabled: true",
				`clusters: {"20250115": {spec: {karpenter_config: {node_pools: [{name: p, requirements: [`+test.requirements+`]}]}}}}`))
			if test.warning == "" {
				assert.Empty(t, strings.TrimSpace(warnings(target)))
				return
			}
			assert.Contains(t, warnings(target), "karpenter_config.node_pools[0].name: "+test.warning)
		})
	}
	got := warnings(parse(t, "demo01-staging", awsSpec(`clusters: {"20250115": {spec: {additional_node_groups: {gpu: {instance_type: g5.xlarge}, drivers: {instance_type: g5.xlarge, ami_type: AL2023_x86_64_NVIDIA}}}}}`)))
	assert.Contains(t, got, "additional_node_groups.gpu.instance_type: g5.xlarge has NVIDIA processors, and image AL2023_x86_64_STANDARD has no drivers for them")
	assert.NotContains(t, got, "drivers.instance_type")
}

// What is given beside something that makes it idle is said.
func TestUnusedKeys(t *testing.T) {
	t.Parallel()
	for key, test := range map[string]struct{ idle, used string }{
		"vpc_cidr":                    {"vpc_cidr: 10.99.0.0/16, provisioned_vpc: {vpc_id: vpc-0a1b2c3d4e5f60718, cidr: 10.0.0.0/16, private_subnets: [a, b]}", "vpc_cidr: 10.99.0.0/16"},
		"bastion_ami":                 {"bastion_ami: ami-0a1b2c3d4e5f60718, tailscale_enabled: true", "bastion_ami: ami-0a1b2c3d4e5f60718"},
		"efs.transition_to_ia":        {"efs: {transition_to_ia: AFTER_1_DAY}", "efs: {enabled: true, transition_to_ia: AFTER_1_DAY}"},
		"filter_control_room_metrics": {"filter_control_room_metrics: true", "filter_control_room_metrics: false"},
		"sites.main.spec.traefik_forward_auth_issuer":                                        {"sites: {main: {spec: {domain: a.example, traefik_forward_auth_issuer: 'https://a.example'}}}", "sites: {main: {spec: {domain: a.example, use_traefik_forward_auth: true, traefik_forward_auth_issuer: 'https://a.example'}}}"},
		"clusters.20250115.spec.pod_cidr":                                                    {`clusters: {"20250115": {spec: {calico_enabled: false, pod_cidr: 10.0.0.0/16}}}`, `clusters: {"20250115": {spec: {pod_cidr: 10.0.0.0/16}}}`},
		"clusters.20250115.spec.components.karpenter_version":                                {`clusters: {"20250115": {spec: {components: {karpenter_version: 1.6.0}}}}`, `autoscaling_enabled: true, clusters: {"20250115": {spec: {karpenter_config: {}, components: {karpenter_version: 1.6.0}}}}`},
		"clusters.20250115.spec.components.secret_store_csi_driver_version":                  {`secrets_store_addon_enabled: true, clusters: {"20250115": {spec: {components: {secret_store_csi_driver_version: 1.3.4}}}}`, `clusters: {"20250115": {spec: {components: {secret_store_csi_driver_version: 1.3.4}}}}`},
		"clusters.20250115.spec.eks_access_entries.poweruser_policy":                         {`clusters: {"20250115": {spec: {eks_access_entries: {poweruser_policy: AmazonEKSViewPolicy}}}}`, `clusters: {"20250115": {spec: {eks_access_entries: {include_same_account_poweruser: true, poweruser_policy: AmazonEKSViewPolicy}}}}`},
		"clusters.20250115.spec.eks_access_entries.additional_entries":                       {`clusters: {"20250115": {spec: {eks_access_entries: {enabled: false, additional_entries: []}}}}`, `clusters: {"20250115": {spec: {eks_access_entries: {additional_entries: []}}}}`},
		"clusters.20250115.spec.components.traefik_forward_auth_version":                     {`clusters: {"20250115": {spec: {components: {traefik_forward_auth_version: 0.0.14}}}}`, `sites: {main: {spec: {domain: a.example, use_traefik_forward_auth: true}}}, clusters: {"20250115": {spec: {components: {traefik_forward_auth_version: 0.0.14}}}}`},
		"clusters.20250115.spec.karpenter_config.node_pools[0].overprovisioning_cpu_request": {`autoscaling_enabled: true, clusters: {"20250115": {spec: {karpenter_config: {node_pools: [{name: p, overprovisioning_cpu_request: "1"}]}}}}`, `autoscaling_enabled: true, clusters: {"20250115": {spec: {karpenter_config: {node_pools: [{name: p, overprovisioning_replicas: 1, overprovisioning_cpu_request: "1"}]}}}}`},
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			document := func(keys string) string {
				if !strings.Contains(keys, "sites:") {
					keys += ", sites: {main: {spec: {domain: a.example.com}}}"
				}
				return "apiVersion: posit.team/v1\nkind: AWSWorkloadConfig\nspec: {account_id: \"123456789012\", region: us-east-2, " + keys + "}\n"
			}
			assert.Contains(t, warnings(parse(t, "demo01-staging", document(test.idle))), "spec."+key+": has no effect: ")
			assert.NotContains(t, warnings(parse(t, "demo01-staging", document(test.used))), "has no effect: ")
		})
	}
}
