package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// awsSpec is a valid AWS workload with the given lines in its spec. A line whose key the
// base has replaces it.
func awsSpec(lines ...string) string {
	base := []string{"account_id: \"123456789012\"", "region: us-east-2", "sites: {main: {spec: {domain: a.example.com}}}"}
	return specOf(KindAWSWorkload, base, lines)
}

func controlRoomSpec(lines ...string) string {
	return specOf(KindAWSControlRoom, []string{"account_id: \"123456789012\"", "domain: ctrl.example.com"}, lines)
}

func azureSpec(lines ...string) string {
	return specOf(KindAzureWorkload, []string{
		"subscription_id: 11111111-2222-3333-4444-555555555555",
		"tenant_id: 66666666-7777-8888-9999-000000000000",
		"region: eastus2",
		"network: {vnet_cidr: 10.0.0.0/16, private_subnet_cidr: 10.0.0.0/18, db_subnet_cidr: 10.0.64.0/24, netapp_subnet_cidr: 10.0.65.0/24, app_gateway_subnet_cidr: 10.0.66.0/24, bastion_subnet_cidr: 10.0.67.0/26}",
		"sites: {main: {spec: {domain: a.example.com}}}",
	}, lines)
}

func specOf(kind Kind, base, lines []string) string {
	text := "apiVersion: posit.team/v1\nkind: " + string(kind) + "\nspec:\n"
	for _, line := range base {
		key, _, _ := strings.Cut(line, ":")
		replaced := false
		for _, l := range lines {
			replaced = replaced || strings.HasPrefix(l, key+":")
		}
		if !replaced {
			text += "  " + line + "\n"
		}
	}
	for _, line := range lines {
		text += "  " + line + "\n"
	}
	return text
}

func trimQuotes(s string) string { return strings.Trim(s, `"'`) }

func parse(t *testing.T, name, text string) *Target {
	t.Helper()
	target, err := Parse(name, "ptd.yaml", []byte(text))
	require.NoError(t, err)
	return target
}

func TestVpcCIDRVectors(t *testing.T) {
	t.Parallel()
	for name, cidr := range map[string]string{
		"banana01-staging":      "10.225.0.0/16",
		"demo01-staging":        "10.37.0.0/16",
		"test-aws-staging":      "10.88.0.0/16",
		"workload01-production": "10.64.0.0/16",
	} {
		assert.Equal(t, cidr, parse(t, name, awsSpec()).AWSWorkload.ResolvedVpcCIDR(), name)
	}
	assert.Equal(t, "10.37.0.0/16", parse(t, "main01-staging", controlRoomSpec()).AWSControlRoom.VpcCIDR())
	assert.Equal(t, "10.10.0.0/20", parse(t, "a-staging", awsSpec("vpc_cidr: 10.10.0.0/20")).AWSWorkload.ResolvedVpcCIDR())
}

func TestPulumiIdentity(t *testing.T) {
	t.Parallel()
	aws := parse(t, "testing01-staging", awsSpec())
	assert.Equal(t, "8536cb", aws.HashName())
	assert.Equal(t, "aws", aws.Cloud())
	assert.Equal(t, "workload", aws.Type())
	assert.Equal(t, "ptd-aws-workload-postgres-config", aws.Project("postgres_config"))
	assert.Equal(t, "ptd-aws-workload-persistent", aws.Project("persistent_reprise"))
	assert.Equal(t, "ptd-aws-workload-eks", aws.Project("kubernetes"))
	assert.Equal(t, "organization/ptd-aws-workload-eks/testing01-staging", aws.Stack("eks"))
	assert.Equal(t, "s3://ptd-testing01-staging?region=us-east-2", aws.BackendURL())
	assert.Equal(t, "awskms://alias/posit-team-dedicated?region=us-east-2", aws.SecretsProviderURL())

	room := parse(t, "main01-staging", controlRoomSpec())
	assert.Equal(t, "ptd-aws-control-room-postgres-config", room.Project("postgres_config"))
	assert.Equal(t, "organization/ptd-aws-control-room-cluster/main01-staging", room.Stack("cluster"))
	assert.Equal(t, "s3://ptd-main01-staging?region=us-east-2", room.BackendURL())
	assert.Equal(t, "us-east-2", room.Region())
	assert.Empty(t, room.SiteNames())

	azure := parse(t, "azure01-staging", azureSpec())
	assert.Equal(t, "azure", azure.Cloud())
	assert.Equal(t, "ptd-azure-workload-aks", azure.Project("kubernetes"))
	assert.Equal(t, "azblob://blob-ptd-azure01-staging?storage_account=stptdazure01staging", azure.BackendURL())
	assert.Equal(t, "azurekeyvault://kv-ptd-azure01-staging.vault.azure.net/keys/posit-team-dedicated", azure.SecretsProviderURL())
	assert.Equal(t, "11111111-2222-3333-4444-555555555555", azure.AccountID())
	assert.Equal(t, "eastus2", azure.Region())
}

func TestNameSplit(t *testing.T) {
	t.Parallel()
	w := parse(t, "test-aws-staging", awsSpec()).AWSWorkload
	assert.Equal(t, []string{"test-aws", "staging"}, []string{w.TrueName(), w.Environment()}, "a workload at the last hyphen")
	c := parse(t, "main01-us-staging", controlRoomSpec()).AWSControlRoom
	assert.Equal(t, []string{"main01", "us-staging"}, []string{c.TrueName(), c.Environment()}, "a control room at the first")

	w = parse(t, "old01-staging", awsSpec("true_name: new01", "environment: production")).AWSWorkload
	assert.Equal(t, "new01-production", w.CompoundName())
	assert.Equal(t, "ptd-old01-staging", w.StateBucket(), "the bucket follows the directory")
	assert.Equal(t, "old01-staging-main.posit.team", w.SiteSecretName("main"))
	assert.Equal(t, "new01-production-20250115", w.ClusterName("20250115"))
	assert.Equal(t, "new01-production", w.MimirUser(), "who its Alloy logs in as")
	assert.Equal(t, "grafana-old01-staging", w.GrafanaPostgresName())
	assert.Equal(t, "ptd-new01-production-mimir", w.MimirBucket())
	assert.Equal(t, []string{
		"new01-production.posit.team-*", "new01-production-*.posit.team-*", "old01-staging.posit.team-*", "old01-staging-*.posit.team-*",
	}, w.SecretPatterns())

	c = parse(t, "main01-staging", controlRoomSpec("true_name: other", "environment: production")).AWSControlRoom
	assert.Equal(t, "main01-staging", c.CompoundName(), "a control room's keys are ignored")
}

func TestAWSNames(t *testing.T) {
	t.Parallel()
	w := parse(t, "demo01-staging", awsSpec("resource_tags: {Owner: me, posit.team/environment: mine}", "db_engine_version: 16.4")).AWSWorkload
	assert.Equal(t, "arn:aws:iam::123456789012:policy/PositTeamDedicatedAdmin", w.BoundaryARN())
	assert.Equal(t, "demo01-staging.posit.team", w.WorkloadSecretName())
	assert.Equal(t, "demo01-staging-main.sessions.posit.team", w.SiteSessionSecretName("main"))
	assert.Equal(t, "demo01-staging-main-ssh-ppm-keys.posit.team", w.SSHVaultName("main"))
	assert.Equal(t, "", w.MimirAuthSecretName())
	for got, want := range map[string]string{
		w.AdminRoleARN():                       "arn:aws:iam::123456789012:role/admin.posit.team",
		w.ScopedName("loki"):                   "loki.demo01-staging.posit.team",
		w.CSIDriverRoleName("20250115", "ebs"): "demo01-staging-20250115-ebs-csi-driver.posit.team",
		w.PackageManagerBucketPrefix():         "ptd-demo01-staging-ppm-",
		w.ChronicleBucketPrefix():              "ptd-demo01-staging-chronicle-",
		w.LokiBucket():                         "ptd-demo01-staging-loki",
		w.RecordOwner("20250115"):              "default_demo01-staging-20250115-control-plane",
		w.RecordOwner("0"):                     "default_demo01-staging-control-plane",
		w.ForwardAuthSecretName("main"):        "okta-oidc-client-creds.demo01-staging-main.posit.team",
		w.SiteSecretName("*"):                  "demo01-staging-*.posit.team",
		ServiceAccount("loki"):                 "loki.posit.team",
	} {
		assert.Equal(t, want, got)
	}
	assert.Equal(t, []string{"demo01-staging.posit.team-*", "demo01-staging-*.posit.team-*"}, w.SecretPatterns())
	assert.Equal(t, "postgres16", w.ParameterGroupFamily())
	assert.Equal(t, "demo01-staging", w.Tenant())
	assert.Equal(t, map[string]string{
		"Owner": "me", "posit.team/true-name": "demo01", "posit.team/environment": "staging", "posit.team/managed-by": "x",
	}, w.RequiredTags("x"))
	assert.NotContains(t, w.RequiredTags(""), "posit.team/managed-by")
	assert.Equal(t, map[string]string{"Owner": "me", "posit.team/environment": "mine"}, w.ResourceTags, "tags are copied")
	for text, deployment := range map[string]string{
		"fsx_openzfs_multi_az: true":                        "MULTI_AZ_1",
		"fsx_openzfs_multi_az: false":                       "SINGLE_AZ_HA_2",
		"fsx_openzfs_override_deployment_type: SINGLE_AZ_2": "SINGLE_AZ_2",
	} {
		assert.Equal(t, deployment, parse(t, "a-staging", awsSpec(text)).AWSWorkload.FSxDeploymentType())
	}
}

func TestDomains(t *testing.T) {
	t.Parallel()
	w := parse(t, "a-staging", awsSpec("sites: {main: {spec: {domain: m.example.com}}, zoo: {spec: {domain: b.example.com}}, beta: {spec: {domain: b.example.com}}}")).AWSWorkload
	assert.Equal(t, []Domain{
		{Name: "b.example.com", Primary: "beta", Sites: []string{"beta", "zoo"}},
		{Name: "m.example.com", Primary: "main", Sites: []string{"main"}},
	}, w.Domains())
	assert.Equal(t, "m.example.com", w.MainDomain())
}

func TestAzureNames(t *testing.T) {
	t.Parallel()
	w := parse(t, "Contoso-data-team-production", azureSpec("resource_tags: {a/b: c}")).AzureWorkload
	assert.Equal(t, "rsg-ptd-contoso-data-team-production", w.ResourceGroup())
	assert.Equal(t, "kv-ptd-contoso-data-team", w.KeyVault())
	assert.Equal(t, "stptdcontosodatateamprod", w.StateStorageAccount())
	assert.Equal(t, "blob-ptd-contoso-data-team-production", w.StateContainer())
	assert.Equal(t, "stptdfilescontosodatatea", w.FilesStorageAccount())
	assert.Equal(t, "crptdContosodatateamproduction", w.ContainerRegistry())
	assert.Equal(t, "vnet-ptd-Contoso-data-team-production", w.Vnet())
	assert.Equal(t, "MC_rsg-ptd-contoso-data-team-production_Contoso-data-team-production-20250115_eastus2", w.NodeResourceGroup("20250115"))
	assert.Equal(t, map[string]string{
		"a/b": "c", "posit.team:true-name": "Contoso-data-team", "posit.team:environment": "production", "posit.team:managed-by": "x",
	}, w.RequiredTags("x"))

	w = parse(t, "azure01-staging", azureSpec()).AzureWorkload
	for got, want := range map[string]string{
		w.Subnet("netapp"):                           "snet-ptd-azure01-staging-netapp",
		w.NetworkSecurityGroup("app-gateway"):        "nsg-ptd-azure01-staging-app-gateway",
		w.NetAppAccount():                            "naa-ptd-azure01-staging",
		w.NetAppPool():                               "nap-ptd-azure01-staging",
		w.PostgresServer():                           "psql-ptd-azure01-staging",
		w.GrafanaPostgresServer():                    "psql-ptd-azure01-staging-grafana",
		w.GrafanaPostgresName("20250115"):            "grafana-azure01-staging-20250115",
		w.Bastion():                                  "bas-ptd-azure01-staging-bastion",
		w.FilesStorageClass():                        "azure01-staging-azure-files-csi",
		w.DNSPrefix("20250115"):                      "azure01-staging-20250115-dns",
		w.Identity("20250115", "loki"):               "id-azure01-staging-20250115-loki",
		w.FederatedCredential("20250115", "loki"):    "fedid-azure01-staging-20250115-loki",
		w.WorkloadSecretName():                       "azure01-staging-posit-team",
		w.SiteSecretName("main"):                     "azure01-staging-main-posit-team",
		w.SiteFieldSecretName("main", "pkg-license"): "main-pkg-license",
		w.PostgresAdminSecretName():                  "azure01-staging-postgres-admin-secret",
		w.GrafanaPostgresAdminSecretName():           "azure01-staging-grafana-postgres-admin-secret",
		w.GrafanaPostgresUserSecretName("20250115"):  "azure01-staging-20250115-postgres-grafana-user",
		w.MimirPasswordSecretName():                  "azure01-staging-mimir-auth",
		w.VnetResourceGroup():                        "rsg-ptd-azure01-staging",
		w.MainDomain():                               "a.example.com",
		w.Tenant():                                   "azure01-staging",
	} {
		assert.Equal(t, want, got)
	}
}

func TestControlRoomNames(t *testing.T) {
	t.Parallel()
	c := parse(t, "main01-staging", controlRoomSpec()).AWSControlRoom
	assert.Equal(t, "mimir.ctrl.example.com", c.MimirHost())
	assert.Equal(t, "example.com.", c.ParentZoneName())
	assert.Equal(t, "main01-staging", c.ClusterName())
	assert.Equal(t, "main01-staging-releases", c.ReleasesBucket())
	assert.Equal(t, "main01-staging.ctrl.posit.team", c.SecretName())
	assert.Equal(t, "main01-staging.mimir-auth.posit.team", c.MimirAuthSecretName())
	assert.Equal(t, "postgres16", c.ParameterGroupFamily())
	assert.Equal(t, "ptd-main01-staging", c.StateBucket())
	assert.Equal(t, "arn:aws:iam::123456789012:policy/PositTeamDedicatedAdmin", c.BoundaryARN())
	assert.Equal(t, "main01", c.RequiredTags("x")[TagTrueName])

	c = parse(t, "main01-staging", controlRoomSpec("front_door: team.example.com")).AWSControlRoom
	assert.Equal(t, "https://team.example.com/grafana", c.GrafanaURL())
	assert.Equal(t, "sso.team.example.com", c.SSOHost())
}

func TestMergeLists(t *testing.T) {
	t.Parallel()
	base := map[string]any{"a": map[string]any{"x": 1, "l": []any{1}}, "s": "old", "m": map[string]any{}}
	over := map[string]any{"a": map[string]any{"y": 2, "l": []any{2}}, "s": "new", "m": 3}
	for lists, merged := range map[Lists][]any{ReplaceLists: {2}, AppendLists: {1, 2}} {
		assert.Equal(t, map[string]any{"a": map[string]any{"x": 1, "y": 2, "l": merged}, "s": "new", "m": 3}, lists.Merge(base, over))
	}
	assert.Equal(t, []any{1}, base["a"].(map[string]any)["l"], "layers are left alone")
}
