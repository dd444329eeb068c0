package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func warnings(target *Target) string {
	return Errors(target.Warnings).Error() + "\n"
}

// Keys without effect are accepted, and each is named.
func TestKeysWithoutEffect(t *testing.T) {
	t.Parallel()
	t.Run("aws", func(t *testing.T) {
		t.Parallel()
		target := parse(t, "demo01-staging", "metadata: {name: x}\n"+awsSpec(
			"control_room_role_name: x", "control_room_state_bucket: x", "domain: a.example.com", "hosted_zone_id: Z1",
			"external_id: 01234567-89ab-cdef-0123-456789abcdef", "role_arn: arn:aws:iam::123456789012:role/x",
			"trusted_principals: [a]", "domain_source: ANNOTATION_JSON",
			"custom_role: {role_arn: \"arn:aws:iam::123456789012:role/x\", external_id: x}",
			"tailscale_enabled: true", "customer_managed_bastion_id: i-0123456789abcdef0",
			"sites:", "  main: {domain: a.example.com, spec: {domain: a.example.com, domain_type: x, use_traefik_forward_auth: true, zone_id: Z1}}",
			"  before: {spec: {domain: a.example.com}}",
			"clusters:", "  20250115:", "    cluster_name: x", "    vpc_id: x", "    cluster_oidc_client_secret: x",
			"    spec: {cert: 01234567-89ab-cdef-0123-456789abcdef, flavor: x, public_endpoint_access: false, subnets: [x], vpc_id: x, ptd_controller_image: x, components: {aws_ebs_csi_driver_version: 1.0.0}, karpenter_config: {}, mp_instance_type: t3.medium}",
		))
		golden(t, "testdata/warnings/aws-workload.golden", warnings(target))
	})
	t.Run("azure", func(t *testing.T) {
		t.Parallel()
		target := parse(t, "azure01-staging", azureSpec("network: {provisioned_vnet_id: x, provisioned_vnet_name: x, vnet_cidr: 10.0.0.0/16, private_subnet_cidr: 10.9.0.0/18, db_subnet_cidr: 10.0.64.0/24, netapp_subnet_cidr: 10.0.65.0/24, app_gateway_subnet_cidr: 10.0.66.0/24, bastion_subnet_cidr: 10.0.67.0/26}",
			"domain: a.example.com", "hosted_zone_id: x",
			"sites: {main: {spec: {domain: a.example.com, domain_type: x, use-traefik-forward-auth: true}}}",
			"clusters:", "  20250115:", "    user-node-pools: [{name: a, vm-size: A, min-count: 0, max-count: 1}]",
			"    public_endpoint_access: true", "    user_node_pool_instance_type: x", "    use_legacy_user_pool: null", "    ptd_controller_image: x",
			"    eks_access_entries: {enabled: false}", "    components: {traefik_version: 1.0.0, loki_replicas: 3}"))
		golden(t, "testdata/warnings/azure-workload.golden", warnings(target))
	})
	t.Run("control room", func(t *testing.T) {
		t.Parallel()
		target := parse(t, "main01-staging", controlRoomSpec("true_name: x", "environment: staging", "trusted_principals: [a]",
			"traefik_version: 1.0.0", "manage_ecr_repositories: true", "eks_node_instance_type: m6a.medium"))
		golden(t, "testdata/warnings/control-room.golden", warnings(target))
	})
}

func TestScalars(t *testing.T) {
	t.Parallel()
	w := parse(t, "demo01-staging", awsSpec(
		"db_engine_version: 16.10", "network_trust: samesite", "tailscale_enabled: Yes", "external_dns_enabled: off", "db_max_allocated_storage: ~",
		"vpc_cidr: ''", "fsx_openzfs_daily_automatic_backup_start_time: 03:30", "tenant_name: !!str 007", "resource_tags: {a: 1.50, b: \"no\", 3: x}",
		"profile: |-", "  literal", "clusters:", "  20250115: {spec: {cluster_version: 1.30, team_operator_image: '  ABC ', routing-weight: 0, ami_type: '', components: {alloy_version: null, tigera_operator_version: ''}}}",
		"  20250116:", "    spec:",
	)).AWSWorkload
	assert.Equal(t, "16.10", w.DBEngineVersion, "a number is the text it was written as")
	assert.Equal(t, "postgres16", w.ParameterGroupFamily())
	assert.Equal(t, NetworkTrust("SAMESITE"), w.NetworkTrust)
	assert.Equal(t, 50, w.NetworkTrust.Level())
	assert.True(t, w.TailscaleEnabled)
	assert.False(t, w.ExternalDNSEnabled)
	assert.Zero(t, w.DBMaxAllocatedStorage)
	assert.Equal(t, "03:30", w.FSxOpenZFSDailyAutomaticBackupStartTime)
	assert.Equal(t, "007", w.TenantName)
	assert.Equal(t, map[string]string{"a": "1.50", "b": "no", "3": "x"}, w.ResourceTags)
	assert.Equal(t, "literal", w.Profile)
	c := w.Clusters["20250115"]
	assert.Equal(t, "1.30", c.ClusterVersion)
	assert.Equal(t, "ABC", c.TeamOperatorImage, "tags are case-sensitive")
	assert.Equal(t, "ABC", c.OperatorImage())
	assert.Equal(t, "0", c.RoutingWeight)
	assert.Equal(t, "AL2023_x86_64_STANDARD", c.AMIType)
	assert.Empty(t, c.Components.AlloyVersion, "null installs none")
	assert.Equal(t, "3.31.4", c.Components.TigeraOperatorVersion)
	assert.Equal(t, 4, w.Clusters["20250116"].MPMinSize, "an empty spec is all defaults")
	assert.Equal(t, "0.12.6", w.Clusters["20250116"].Components.AlloyVersion)
}

func TestVersionsAreStoredAsTheCloudsSpellThem(t *testing.T) {
	t.Parallel()
	w := parse(t, "demo01-staging", awsSpec("clusters: {20250115: {spec: {cluster_version: 1.33.0}}}")).AWSWorkload
	assert.Equal(t, "1.33", w.Clusters["20250115"].ClusterVersion)
	a := parse(t, "demo01-staging", azureSpec("clusters: {20250115: {kubernetes_version: v1.31.1, user_node_pools: [{name: a, vm_size: A, min_count: 1, max_count: 1}]}}")).AzureWorkload
	assert.Equal(t, "1.31.1", a.Clusters["20250115"].KubernetesVersion)
}

func TestAnchorsAndMergeKeys(t *testing.T) {
	t.Parallel()
	w := parse(t, "demo01-staging", awsSpec(
		"clusters:",
		"  20250115:",
		"    spec: &base {mp_min_size: 2, mp_max_size: 5, components: {loki_version: 6.0.0}}",
		"  20250201:",
		"    spec: {mp_max_size: 7, <<: *base}",
		"  20250301:",
		"    spec: *base",
	)).AWSWorkload
	for release, most := range map[string]int{"20250115": 5, "20250201": 7, "20250301": 5} {
		c := w.Clusters[release]
		assert.Equal(t, []any{2, most, "6.0.0"}, []any{c.MPMinSize, c.MPMaxSize, c.Components.LokiVersion}, release)
	}
}

func TestByteOrderMarkAndCarriageReturns(t *testing.T) {
	t.Parallel()
	text := "\ufeff" + strings.ReplaceAll(awsSpec("vpc_az_count: 9"), "\n", "\r\n")
	_, err := Parse("demo01-staging", "ptd.yaml", []byte(text))
	assert.EqualError(t, err, "ptd.yaml:7:17: spec.vpc_az_count: 9 must be at most 3")
}

func TestFileTooLarge(t *testing.T) {
	t.Parallel()
	_, err := Parse("demo01-staging", "ptd.yaml", make([]byte, maxDocumentSize+1))
	assert.ErrorContains(t, err, "more than the 262144")
}

// Any bytes are a value or an error.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{
		"testdata/invalid/*.yaml", "testdata/invalid-sites/*.yaml", targetsDir + "/*/*/ptd.yaml", targetsDir + "/*/*/*/*.yaml",
	} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		require.NotEmpty(f, files)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(data)
		}
	}
	f.Add([]byte("? a\n: !!str b\n? [c]\n: *d\n<<: [{x: 1}, &e {y: 2}]\n"))
	f.Add([]byte("%YAML 1.2\n---\na: |\n  b\n...\n---\nc"))
	f.Add([]byte("---\n---\nkind: List\nitems:\n- {apiVersion: v1, kind: A, metadata: {name: b, labels: {c: d}}}\n--- # e\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		target, err := Parse("demo01-staging", "ptd.yaml", data)
		if (err == nil) == (target == nil) {
			t.Fatalf("target %v, error %v", target, err)
		}
		if target != nil {
			_, _ = target.Stack("persistent"), target.BackendURL()
			_, _, _, _ = target.SecretsProviderURL(), target.CompoundName(), target.AccountID(), target.SiteNames()
		}
		_, site := parseSiteFile("main", "site.yaml", data, len(data)%2 == 0)
		_, manifest := parseManifest(KindAWSWorkload, "testdata/manifest.yaml", data)
		objects, custom := parseCustomResources("a.yaml", data)
		for _, object := range objects {
			if object.APIVersion == "" || object.Kind == "" || object.Name == "" || object.Line < 1 || object.Column < 1 {
				t.Fatalf("incomplete object %#v", object)
			}
		}
		problems, _ := err.(Errors)
		for _, p := range slices.Concat(problems, site.problems, manifest.problems, custom.problems) {
			if p.File == "" || p.Text == "" || p.Line < 0 || p.Column < 0 {
				t.Fatalf("incomplete problem %#v", p)
			}
			_, _ = p.String(), p.Snippet()
		}
	})
}

// The largest file that is read takes seconds at worst, whatever is in it.
func TestHostileInputEnds(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"[", "]", "a,", "*a ", "? ", "- ", "!a ", "&a ", "{a: ", "a: [\n", "\t"} {
		_, err := Parse("demo01-staging", "ptd.yaml", []byte(strings.Repeat(part, maxDocumentSize/len(part))))
		require.Error(t, err, part)
	}
}
