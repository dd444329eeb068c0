package awsworkload

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/aws"
	"github.com/ptd-go/ptd/components/componenttest"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
)

const (
	secondRelease = "20250401"
	grafanaSecret = "kubernetes:core/v1:Secret"
)

// issuerOf is the issuer of a release's cluster.
func issuerOf(release string) string { return "https://oidc.eks.us-east-2.amazonaws.com/id/" + release }

// clustersIn is what the stack gets of a target of testdata, after the test's changes.
func clustersIn(t *testing.T, name string, change ...func(*config.AWSWorkload)) ClustersIn {
	t.Helper()
	target := loadTarget(t, name, change...)
	workload := target.AWSWorkload
	in := ClustersIn{
		Config: workload, TargetName: name, CustomResources: target.CustomResources,
		Persistent: &PersistentOutputs{
			ChronicleBucket: constant("chronicle-bucket"), PackageManagerBucket: constant("ppm-bucket"),
			DBAddress: constant("db.example"), EFSID: constant("fs-made"),
			TeamOperatorPolicyARN: constant("arn:aws:iam::111122223333:policy/team-operator"),
		},
		Postgres: &PostgresConfigOutputs{
			GrafanaDatabase: constant("grafana-" + name),
			GrafanaPassword: pulumi.ToSecret(pulumi.String("p@ss/word?")).(pulumi.StringOutput),
		},
		EKS: eksOutputs(workload),
	}
	return in
}

// eksOutputs are those of the eks stack of a workload.
func eksOutputs(workload *config.AWSWorkload) *EKSOutputs {
	outputs := &EKSOutputs{Clusters: output.Releases[ClusterOutputs]{}}
	for release := range workload.Clusters {
		of := func(what string) pulumi.StringOutput { return constant(what + "-of-" + release) }
		outputs.Clusters[release] = ClusterOutputs{
			Name: constant(workload.ClusterName(release)), Endpoint: constant("https://endpoint." + release), CertificateAuthority: constant("Q0E="),
			OIDCIssuer: constant(issuerOf(release)), OIDCProviderARN: of("provider"), ClusterSecurityGroupID: of("sg-cluster"), NodeRoleARN: of("node-role"),
			NodeSecurityGroupIDs: pulumi.StringArray{pulumi.String("sg-fsx"), pulumi.String("sg-efs"), of("sg-cluster")}.ToStringArrayOutput(),
			NodeGroupNames:       pulumi.ToStringArray([]string{"default", "gpu"}).ToStringArrayOutput(),
		}
	}
	return outputs
}

func runClusters(r *componenttest.Recorder, in ClustersIn) (*ClustersOutputs, error) {
	var outputs *ClustersOutputs
	err := r.Exec(func(ctx *pulumi.Context) (err error) {
		outputs, err = Clusters(ctx, in)
		return err
	})
	return outputs, err
}

func mustRunClusters(t *testing.T, in ClustersIn) (*componenttest.Recorder, *ClustersOutputs) {
	t.Helper()
	r := newRecorder()
	outputs, err := runClusters(r, in)
	if err != nil {
		t.Fatal(err)
	}
	return r, outputs
}

func twoReleases(w *config.AWSWorkload) {
	cluster := w.Clusters["20250115"]
	cluster.CustomK8sResources = nil
	w.Clusters[secondRelease] = cluster
}

func trusting(trust config.NetworkTrust) func(*config.AWSWorkload) {
	return func(w *config.AWSWorkload) { w.NetworkTrust = trust }
}

func withoutAutoscaling(w *config.AWSWorkload) { w.AutoscalingEnabled = false }

func TestClustersRegistrations(t *testing.T) {
	t.Parallel()
	type changes = []func(*config.AWSWorkload)
	for _, test := range []struct {
		golden, target string
		change         changes
	}{
		{"clusters-demo01-staging", "demo01-staging", nil},
		{"clusters-minimal01-staging", "minimal01-staging", nil},
		{"clusters-adopted01-production", "adopted01-production", nil},
		{"clusters-three-sites", "demo01-staging", changes{func(w *config.AWSWorkload) {
			w.Sites["research"] = config.AWSSite{Domain: "research.example.com"}
		}}},
		{"clusters-two-releases", "demo01-staging", changes{twoReleases}},
		{"clusters-no-autoscaling", "demo01-staging", changes{withoutAutoscaling}},
		{"clusters-zero", "demo01-staging", changes{trusting("ZERO"), withoutAutoscaling}},
		{"clusters-full", "demo01-staging", changes{trusting("FULL"), withoutAutoscaling}},
	} {
		t.Run(test.golden, func(t *testing.T) {
			t.Parallel()
			in := clustersIn(t, test.target, test.change...)
			r, _ := mustRunClusters(t, in)
			r.Golden(t, test.golden)
			for _, made := range r.All("") {
				if made.Type != "ptd:awsworkload:Clusters" && !strings.HasPrefix(made.Type, "pulumi:providers:") && made.Parent == "stack" {
					t.Errorf("%s %s is not below the stack's component", made.Type, made.Name)
				}
				if (strings.HasPrefix(made.Type, "aws:") || strings.HasPrefix(made.Type, "kubernetes:")) && made.Provider == "" {
					t.Errorf("%s %s has no explicit provider", made.Type, made.Name)
				}
			}
			componenttest.SamePreview(t, func(ctx *pulumi.Context) error {
				_, err := Clusters(ctx, in)
				return err
			})
		})
	}
}

// What lives in a namespace waits for it, in the same cluster.
func TestClustersNamespacesComeFirst(t *testing.T) {
	t.Parallel()
	r, _ := mustRunClusters(t, clustersIn(t, "demo01-staging", twoReleases))
	for _, release := range []string{"20250115", secondRelease} {
		name := "demo01-staging-" + release
		secret := r.Find(t, grafanaSecret, name+"-grafana-db-url")
		if want := "kubernetes:core/v1:Namespace " + name + "-grafana-ns"; !slices.Contains(secret.DependsOn, want) {
			t.Errorf("%s depends on %v, want %s among them", secret.Name, secret.DependsOn, want)
		}
		policies := r.Find(t, "ptd:kubernetes:NetworkPolicies", name+"-network-policies")
		for _, want := range []string{
			"kubernetes:core/v1:Namespace " + name + "-posit-team", "kubernetes:operator.tigera.io/v1:APIServerPatch " + name + "-calico-api",
		} {
			if !slices.Contains(policies.DependsOn, want) {
				t.Errorf("%s depends on %v, want %s among them", policies.Name, policies.DependsOn, want)
			}
		}
		if namespace := r.Find(t, "kubernetes:core/v1:Namespace", name+"-posit-team"); !namespace.Retain {
			t.Error("posit-team is not retained")
		}
	}
	custom := r.Find(t, "ptd:kubernetes:Manifests", "20250115-custom")
	for _, want := range []string{
		"kubernetes:core/v1:Namespace demo01-staging-20250115-traefik-ns",
		"kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition demo01-staging-20250115-helmcharts-crd",
		"kubernetes:operator.tigera.io/v1:APIServerPatch demo01-staging-20250115-calico-api",
	} {
		if !slices.Contains(custom.DependsOn, want) {
			t.Errorf("custom resources depend on %v, want %s among them", custom.DependsOn, want)
		}
	}
}

// Alloy and the device plugin have a namespace when they are installed.
func TestClustersNamespaces(t *testing.T) {
	t.Parallel()
	common := []string{"grafana", "helm-controller", "loki", "mimir", "posit-team", "posit-team-system", "traefik"}
	for _, test := range []struct {
		alloy string
		gpu   bool
		more  []string
	}{
		{"", false, nil}, {"0.12.6", false, []string{"alloy"}}, {"0.12.6", true, []string{"alloy", "nvidia-device-plugin"}},
	} {
		_, outputs := mustRunClusters(t, clustersIn(t, "adopted01-production", func(w *config.AWSWorkload) {
			cluster := w.Clusters["20250301"]
			cluster.Components.AlloyVersion = test.alloy
			w.Clusters["20250301"], w.NvidiaGPUEnabled = cluster, test.gpu
		}))
		want := slices.Sorted(slices.Values(append(slices.Clone(common), test.more...)))
		assert.Equal(t, want, resolve(t, outputs)["20250301_namespaces"].value, "namespaces with Alloy %q, GPU %v", test.alloy, test.gpu)
	}
}

// A release's roles trust its own cluster, and what the configuration adds.
func TestClustersTrust(t *testing.T) {
	t.Parallel()
	const extra = "https://issuer.example.com"
	r, _ := mustRunClusters(t, clustersIn(t, "demo01-staging", twoReleases, func(w *config.AWSWorkload) {
		w.ExtraClusterOIDCURLs = []string{extra}
	}))
	for _, release := range []string{"20250115", secondRelease} {
		trusted := []string{issuerOf(release), extra}
		for role, want := range map[string]string{
			"pkg." + release + ".main.demo01-staging.posit.team": aws.ServiceAccountTrust(
				"111122223333", trusted, "posit-team", []string{"main-packagemanager"}).JSON(),
			"home." + release + ".demo01-staging.posit.team": aws.ServiceAccountTrust(
				"111122223333", trusted, "posit-team", []string{"analytics-home", "main-home"}).JSON(),
			"team-operator." + release + ".demo01-staging.posit.team": aws.ServiceAccountTrust(
				"111122223333", trusted, "posit-team-system", []string{"team-operator-controller-manager"}).JSON(),
			"KarpenterControllerRole-demo01-staging-" + release + ".posit.team": aws.ServiceAccountTrust(
				"111122223333", trusted, "kube-system", []string{"karpenter"}).JSON(),
		} {
			made := r.Find(t, "aws:iam/role:Role", role)
			made.Want(t, map[string]any{
				"assumeRolePolicy": want, "permissionsBoundary": "arn:aws:iam::111122223333:policy/PositTeamDedicatedAdmin",
				"tags": map[string]any{
					"Owner": "data-science", "CostCenter": "4711", "posit.team/true-name": "demo01", "posit.team/environment": "staging",
					"posit.team/managed-by": "ptd.pulumi_resources.aws_workload_clusters",
				},
			})
		}
	}
}

// A site's roles read its own secrets and the workload's, those of the release all of
// the workload's; nobody reads the database's or another workload's.
func TestClustersSecretsAreScoped(t *testing.T) {
	t.Parallel()
	r, _ := mustRunClusters(t, clustersIn(t, "demo01-staging", func(w *config.AWSWorkload) { w.TrueNameOverride = "renamed" }))
	read := func(names ...string) string {
		return aws.ReadSecretsPolicy("us-east-2", "111122223333", names...).JSON()
	}
	const tail = ".renamed-staging.posit.team-role-policy-0"
	for name, want := range map[string]string{
		"home.20250115" + tail:     read("demo01-staging.posit.team", "demo01-staging-*.posit.team"),
		"keycloak.20250115" + tail: read("demo01-staging.posit.team", "demo01-staging-*.posit.team"),
		"chr.20250115.main" + tail: read("demo01-staging-main.posit.team", "demo01-staging-main.sessions.posit.team",
			"demo01-staging-main-ssh-ppm-keys.posit.team", "demo01-staging.posit.team"),
		"pkg.20250115.analytics" + tail: read("demo01-staging-analytics.posit.team", "demo01-staging-analytics.sessions.posit.team",
			"demo01-staging-analytics-ssh-ppm-keys.posit.team", "demo01-staging.posit.team"),
	} {
		r.Find(t, "aws:iam/rolePolicy:RolePolicy", name).Want(t, map[string]any{"policy": want})
	}
}

// The file system is the one that the configuration names, or the one that ptd made.
func TestClustersFileSystem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		target, role, want string
		change             func(*config.AWSWorkload)
	}{
		{"demo01-staging", "dev.20250115.demo01-staging.posit.team-role-policy-1",
			aws.ElasticFileSystemPolicy("us-east-2", "111122223333", "fs-made", "").JSON(), func(*config.AWSWorkload) {}},
		{"adopted01-production", "dev-ses.20250301.main.adopted01-production.posit.team-role-policy-1",
			aws.ElasticFileSystemPolicy("eu-central-1", "012345678901", "fs-0fedcba9876543210", "fsap-0fedcba9876543210").JSON(),
			func(*config.AWSWorkload) {}},
		// Without Bedrock the file system comes first.
		{"adopted01-production", "dev-ses.20250301.main.adopted01-production.posit.team-role-policy-0",
			aws.ElasticFileSystemPolicy("eu-central-1", "012345678901", "fs-0fedcba9876543210", "fsap-0fedcba9876543210").JSON(),
			func(w *config.AWSWorkload) { w.BedrockEnabled = false }},
	} {
		r, _ := mustRunClusters(t, clustersIn(t, test.target, test.change))
		r.Find(t, "aws:iam/rolePolicy:RolePolicy", test.role).Want(t, map[string]any{"policy": test.want})
	}
	r, _ := mustRunClusters(t, clustersIn(t, "demo01-staging", func(w *config.AWSWorkload) { w.EFS.Enabled = false }))
	for _, made := range r.All("aws:iam/rolePolicy:RolePolicy") {
		if strings.Contains(made.Args()["policy"].(string), "elasticfilesystem") {
			t.Errorf("%s allows a file system, and there is none", made.Name)
		}
	}
}

func TestClustersGrafanaSecret(t *testing.T) {
	t.Parallel()
	r, _ := mustRunClusters(t, clustersIn(t, "demo01-staging"))
	made := r.Find(t, grafanaSecret, "demo01-staging-20250115-grafana-db-url")
	address := "postgres://grafana-demo01-staging:p%40ss%2Fword%3F@db.example/grafana-demo01-staging"
	made.Exactly(t, map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "grafana-db-url", "namespace": "grafana"},
		"data": map[string]any{"PTD_DATABASE_URL": base64.StdEncoding.EncodeToString([]byte(address))},
	})
	if !slices.Contains(made.Secrets, "data") {
		t.Errorf("secret are %v, want data among them", made.Secrets)
	}
}

// Without Calico nothing in the cluster knows its policies.
func TestClustersNetworkPolicies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		trust  config.NetworkTrust
		calico bool
		want   int
	}{{"ZERO", true, 16}, {"SAMESITE", true, 6}, {"FULL", true, 6}, {"FULL", false, 0}} {
		r, _ := mustRunClusters(t, clustersIn(t, "demo01-staging", trusting(test.trust),
			eachCluster(func(c *config.AWSCluster) { c.CalicoEnabled = test.calico })))
		got := 0
		for _, made := range r.All("") {
			if strings.HasPrefix(made.Type, "kubernetes:projectcalico.org/v3:") {
				got++
				if !strings.HasSuffix(made.Physical(), "-20250115") {
					t.Errorf("%s has no release", made.Physical())
				}
			}
		}
		if got != test.want {
			t.Errorf("trust %s, Calico %v: %d policies, want %d", test.trust, test.calico, got, test.want)
		}
	}
}

func TestClustersKarpenter(t *testing.T) {
	t.Parallel()
	const queue = "aws:sqs/queue:Queue"
	r, _ := mustRunClusters(t, clustersIn(t, "demo01-staging", func(w *config.AWSWorkload) { w.ProtectPersistentResources = false }))
	if r.Find(t, queue, "demo01-staging-20250115-interruption-queue").Protect {
		t.Error("the queue is protected")
	}
	// aws-auth is one text, which the eks step writes.
	r, _ = mustRunClusters(t, clustersIn(t, "demo01-staging", eachCluster(func(c *config.AWSCluster) { c.EKSAccessEntries.Enabled = false })))
	if entries := r.All("aws:eks/accessEntry:AccessEntry"); len(entries) > 0 {
		t.Errorf("access entries are %v", entries)
	}
	if !r.Find(t, queue, "demo01-staging-20250115-interruption-queue").Protect {
		t.Error("the queue is not protected")
	}
	// So it is while a cluster knows no entries, whatever the configuration wants.
	in := clustersIn(t, "demo01-staging")
	in.Existing = map[string]ExistingCluster{"20250115": {AuthenticationMode: "CONFIG_MAP"}}
	r, _ = mustRunClusters(t, in)
	if entries := r.All("aws:eks/accessEntry:AccessEntry"); len(entries) > 0 {
		t.Errorf("access entries of a cluster that knows none are %v", entries)
	}
	in.Existing["20250115"] = ExistingCluster{AuthenticationMode: "API_AND_CONFIG_MAP"}
	r, _ = mustRunClusters(t, in)
	r.Find(t, "aws:eks/accessEntry:AccessEntry", "demo01-staging-20250115-karpenter-node-access-entry")
}

func TestClustersCustomResources(t *testing.T) {
	t.Parallel()
	in := clustersIn(t, "demo01-staging")
	in.CustomResources["priority-classes"] = append(in.CustomResources["priority-classes"], config.CustomResourceFile{
		Folder: "priority-classes", Stem: "more", Objects: []config.CustomResource{{
			APIVersion: "v1", Kind: "ConfigMap", Namespace: "traefik", Name: "settings",
			Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "settings", "namespace": "traefik"}},
		}},
	})
	r, _ := mustRunClusters(t, in)
	labels := map[string]any{"posit.team/managed-by": "ptd-clusters"}
	r.Find(t, "kubernetes:scheduling.k8s.io/v1:PriorityClass", "20250115-custom-priority-classes/sessions/sessions").Exactly(t, map[string]any{
		"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": map[string]any{"name": "sessions", "labels": labels},
		"value": 1000.0, "globalDefault": false, "description": "Interactive sessions.",
	})
	r.Find(t, "kubernetes:core/v1:ConfigMap", "20250115-custom-priority-classes/more/traefik/settings").Want(t, map[string]any{
		"metadata": map[string]any{"name": "settings", "namespace": "traefik", "labels": labels},
	})

	in = clustersIn(t, "demo01-staging")
	in.CustomResources = nil
	if _, err := runClusters(newRecorder(), in); err == nil || !strings.Contains(err.Error(),
		"clusters stack of demo01-staging") || !strings.Contains(err.Error(), "folder priority-classes was not read") {
		t.Errorf("got error %v", err)
	}
}

func TestClustersOutputs(t *testing.T) {
	t.Parallel()
	_, outputs := mustRunClusters(t, clustersIn(t, "demo01-staging"))
	resolved := resolve(t, outputs)
	arns := resolved["20250115_role_arns"].value.(map[string]string)
	delete(resolved, "20250115_role_arns")
	delete(resolved, "20250115_namespaces")
	got := map[string]any{}
	for name, output := range resolved {
		if got[name] = output.value; output.secret || !output.known {
			t.Errorf("output %s is secret or not known", name)
		}
	}
	const role, cluster = "arn:aws:iam::123456789012:role/", "demo01-staging-20250115"
	assert.Equal(t, map[string]any{
		"20250115_team_operator_role_arn":        role + "team-operator.20250115.demo01-staging.posit.team",
		"20250115_keycloak_role_arn":             role + "keycloak.20250115.demo01-staging.posit.team",
		"20250115_karpenter_controller_role_arn": role + "KarpenterControllerRole-" + cluster + ".posit.team",
		"20250115_karpenter_node_role_name":      "KarpenterNodeRole-" + cluster + ".posit.team",
		"20250115_karpenter_instance_profile":    "KarpenterNodeInstanceProfile-" + cluster + ".posit.team",
		"20250115_karpenter_queue":               cluster,
	}, got, "outputs")
	if keys := slices.Sorted(maps.Keys(arns)); len(keys) != 15 || keys[0] != "chr-ro/analytics" {
		t.Errorf("roles are %v", keys)
	}

	_, outputs = mustRunClusters(t, clustersIn(t, "adopted01-production"))
	for name, output := range resolve(t, outputs) {
		if off := strings.Contains(name, "karpenter") || strings.Contains(name, "keycloak"); off && output.value != "" {
			t.Errorf("output %s is %v, want nothing", name, output.value)
		}
	}
}

// Later steps are previewed before this one ever ran, but do not run then.
func TestClustersOutputsOfAMissingRelease(t *testing.T) {
	t.Parallel()
	for _, preview := range []bool{true, false} {
		r := componenttest.New()
		r.Preview = preview
		err := r.Exec(func(ctx *pulumi.Context) error {
			setup, err := (&ClustersOutputs{}).Clusters.Get(ctx, "clusters", "set up the cluster", "20250115")
			if err != nil {
				return err
			}
			for _, output := range []pulumi.Output{
				setup.Namespaces, setup.RoleARNs, setup.TeamOperatorRoleARN, setup.KeycloakRoleARN, setup.KarpenterControllerRoleARN,
				setup.KarpenterNodeRoleName, setup.KarpenterInstanceProfile, setup.KarpenterQueue,
			} {
				if componenttest.Await(ctx, output).Known {
					t.Errorf("%T is known", output)
				}
			}
			return nil
		})
		if want := "step clusters has not set up the cluster of release 20250115 yet: run it first"; preview && err != nil ||
			!preview && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("preview %v: got error %v", preview, err)
		}
	}
	in := clustersIn(t, "demo01-staging")
	in.EKS = &EKSOutputs{}
	if _, err := runClusters(newRecorder(), in); err == nil || !strings.Contains(fmt.Sprint(err), "release 20250115: step eks has not made") {
		t.Errorf("got error %v", err)
	}
}

// State of the Python programs does not have the policy's ARN.
func TestClustersTeamOperatorPolicy(t *testing.T) {
	t.Parallel()
	const attachment = "team-operator.demo01-staging.posit.team-20250115-att"
	for arn, want := range map[string]string{
		"":        "arn:aws:iam::111122223333:policy/team-operator.demo01-staging.posit.team",
		"arn:own": "arn:own",
	} {
		in := clustersIn(t, "demo01-staging")
		in.Persistent.TeamOperatorPolicyARN = constant(arn)
		r, _ := mustRunClusters(t, in)
		r.Find(t, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", attachment).Want(t, map[string]any{"policyArn": want})
	}
}
