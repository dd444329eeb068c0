package awsworkload

import (
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
)

const (
	helmChartType = "kubernetes:helm.cattle.io/v1:HelmChart"
	releaseType   = "kubernetes:helm.sh/v3:Release"
	nodeClassType = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
	workloadRoles = "aws-fsx-openzfs-csi-driver aws-load-balancer-controller traefik-forward-auth mimir loki alloy external-dns"
)

// helmIn is what the stack gets of a target of testdata, after the test's changes.
func helmIn(t *testing.T, name string, change ...func(*config.AWSWorkload)) HelmIn {
	t.Helper()
	target := loadTarget(t, name, change...)
	workload := target.AWSWorkload
	roles := pulumi.StringMap{}
	for _, role := range strings.Fields(workloadRoles) {
		roles[role] = pulumi.String("arn:role/" + role)
	}
	in := HelmIn{
		Config: workload, TargetName: name, SiteFiles: target.SiteFiles,
		Persistent: &PersistentOutputs{
			CertARNs:         pulumi.ToStringArray([]string{"arn:first", "arn:second", "arn:first"}).ToStringArrayOutput(),
			CertificateARNs:  certificatesByDomain(workload),
			VpcCIDR:          constant(workload.ResolvedVpcCIDR()),
			PrivateSubnetIDs: pulumi.ToStringArray([]string{"subnet-1", "subnet-2"}).ToStringArrayOutput(),
			LokiBucket:       constant("ptd-" + name + "-loki"), MimirBucket: constant("ptd-" + name + "-mimir"),
			MimirPassword: pulumi.ToSecret(constant(secretValue)).(pulumi.StringOutput),
			RoleARNs:      roles.ToStringMapOutput(),
		},
		Postgres: &PostgresConfigOutputs{},
		EKS:      eksOutputs(workload),
		Clusters: &ClustersOutputs{Clusters: output.Releases[ClusterSetupOutputs]{}},
	}
	for release := range workload.Clusters {
		of := func(what string) pulumi.StringOutput { return constant(what + "-of-" + release) }
		in.Clusters.Clusters[release] = ClusterSetupOutputs{
			Namespaces:          pulumi.ToStringArray([]string{"traefik"}).ToStringArrayOutput(),
			RoleARNs:            pulumi.StringMap{}.ToStringMapOutput(),
			TeamOperatorRoleARN: of("team-operator-role"), KeycloakRoleARN: of("keycloak-role"),
			KarpenterControllerRoleARN: of("karpenter-role"), KarpenterNodeRoleName: of("karpenter-node-role"),
			KarpenterInstanceProfile: of("karpenter-profile"), KarpenterQueue: of("karpenter-queue"),
		}
	}
	return in
}

func helmRecorder() *componenttest.Recorder {
	r := newRecorder()
	r.Outputs[ingressType] = resource.NewPropertyMapFromMap(map[string]any{
		"status": map[string]any{"loadBalancer": map[string]any{"ingress": []any{map[string]any{"hostname": balancerName}}}},
	})
	return r
}

// runHelm runs the program; what it warns of is in the log.
func runHelm(r *componenttest.Recorder, in HelmIn) (outputs *HelmOutputs, log *warnings, err error) {
	log = &warnings{}
	err = r.Exec(func(ctx *pulumi.Context) (err error) {
		log.Log, ctx.Log = ctx.Log, log
		outputs, err = Helm(ctx, in)
		return err
	})
	return outputs, log, err
}

func mustRunHelm(t *testing.T, in HelmIn) *componenttest.Recorder {
	t.Helper()
	r := helmRecorder()
	if _, _, err := runHelm(r, in); err != nil {
		t.Fatal(err)
	}
	return r
}

// warnings keeps the warnings of a program.
type warnings struct {
	pulumi.Log
	mu   sync.Mutex
	said []string
}

func (w *warnings) Warn(text string, _ *pulumi.LogArgs) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, text)
	return nil
}

// helmValues are the values of the chart with this logical name.
func helmValues(t *testing.T, r *componenttest.Recorder, name string) map[string]any {
	t.Helper()
	for _, release := range r.All(releaseType) {
		if release.Name == name {
			return release.Args()["values"].(map[string]any)
		}
	}
	text := r.Find(t, helmChartType, name).Args()["spec"].(map[string]any)["valuesContent"].(string)
	var values map[string]any
	if err := yaml.Unmarshal([]byte(text), &values); err != nil {
		t.Fatal(err)
	}
	return values
}

// helmCases are targets and changes of them that differ in what the stack registers.
func helmCases() map[string]func(*testing.T) HelmIn {
	return map[string]func(*testing.T) HelmIn{
		"demo01-staging":       func(t *testing.T) HelmIn { return helmIn(t, "demo01-staging") },
		"adopted01-production": func(t *testing.T) HelmIn { return helmIn(t, "adopted01-production") },
		"tailscale01-staging":  func(t *testing.T) HelmIn { return helmIn(t, "tailscale01-staging") },
		"minimal01-staging":    func(t *testing.T) HelmIn { return helmIn(t, "minimal01-staging") },
		"two-releases":         func(t *testing.T) HelmIn { return helmIn(t, "demo01-staging", addRelease) },
		"three-sites": func(t *testing.T) HelmIn {
			return helmIn(t, "demo01-staging", addSite, func(w *config.AWSWorkload) { w.CertManagerEnabled = true })
		},
	}
}

func TestHelmRegistrations(t *testing.T) {
	t.Parallel()
	for name, in := range helmCases() {
		mustRunHelm(t, in(t)).Golden(t, "helm-"+name)
	}
}

func TestHelmPreviewRegistersTheSame(t *testing.T) {
	t.Parallel()
	for name, in := range helmCases() {
		t.Run(name, func(t *testing.T) {
			componenttest.SamePreview(t, func(ctx *pulumi.Context) error {
				_, err := Helm(ctx, in(t))
				return err
			})
		})
	}
}

// Before any step has run, a preview shows the same, and knows less.
func TestHelmPreviewOfNothing(t *testing.T) {
	t.Parallel()
	in := helmIn(t, "demo01-staging")
	want := helmRecorder()
	if _, _, err := runHelm(want, in); err != nil {
		t.Fatal(err)
	}
	unknown := pulumi.UnsafeUnknownOutput(nil)
	in.EKS, in.Clusters = &EKSOutputs{}, &ClustersOutputs{}
	in.Persistent = &PersistentOutputs{
		CertARNs:         unknown.ApplyT(func(any) []string { return nil }).(pulumi.StringArrayOutput),
		CertificateARNs:  unknown.ApplyT(func(any) map[string]string { return nil }).(pulumi.StringMapOutput),
		VpcCIDR:          unknown.ApplyT(func(any) string { return "" }).(pulumi.StringOutput),
		PrivateSubnetIDs: unknown.ApplyT(func(any) []string { return nil }).(pulumi.StringArrayOutput),
		LokiBucket:       unknown.ApplyT(func(any) string { return "" }).(pulumi.StringOutput),
		MimirBucket:      unknown.ApplyT(func(any) string { return "" }).(pulumi.StringOutput),
		MimirPassword:    in.Persistent.MimirPassword, // mocks take no unknown secrets
		RoleARNs:         unknown.ApplyT(func(any) map[string]string { return nil }).(pulumi.StringMapOutput),
	}
	r := helmRecorder()
	r.Preview = true
	if _, _, err := runHelm(r, in); err != nil {
		t.Fatal(err)
	}
	names := func(r *componenttest.Recorder) (names []string) {
		for _, made := range r.All("") {
			names = append(names, made.Type+" "+made.Name)
		}
		return names
	}
	assert.Equal(t, names(want), names(r), "resources")
}

func TestHelmNeedsEarlierSteps(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*HelmIn){
		"release 20250115: step eks has not made the cluster of release 20250115 yet: run it first":        func(in *HelmIn) { in.EKS = &EKSOutputs{} },
		"release 20250115: step clusters has not set up the cluster of release 20250115 yet: run it first": func(in *HelmIn) { in.Clusters = &ClustersOutputs{} },
		"step persistent has not made the role of ": func(in *HelmIn) {
			in.Persistent.RoleARNs = pulumi.StringMap{}.ToStringMapOutput()
		},
		"step clusters has not made the queue of Karpenter yet: run it first": func(in *HelmIn) {
			setup := in.Clusters.Clusters["20250115"]
			setup.KarpenterQueue = constant("")
			in.Clusters.Clusters["20250115"] = setup
		},
	} {
		in := helmIn(t, "demo01-staging")
		change(&in)
		if _, _, err := runHelm(helmRecorder(), in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one that says %q", err, want)
		}
	}
}

// Nothing of two releases has the same name, and each is in its own cluster.
func TestHelmReleasesSideBySide(t *testing.T) {
	t.Parallel()
	r := mustRunHelm(t, helmIn(t, "demo01-staging", addRelease))
	seen := map[string]bool{}
	for _, made := range r.All("") {
		if seen[made.Type+made.Name] {
			t.Errorf("%s %s twice", made.Type, made.Name)
		}
		seen[made.Type+made.Name] = true
		if !made.Custom || strings.HasPrefix(made.Type, "pulumi:providers:") {
			continue
		}
		if !strings.Contains(made.Provider, "-k8s") {
			t.Errorf("%s %s has the provider %q", made.Type, made.Name, made.Provider)
		}
		for _, release := range []string{"20250115", "20260401"} {
			if strings.Contains(made.Name, release) && !strings.Contains(made.Provider, release) {
				t.Errorf("%s %s is in the cluster of %s", made.Type, made.Name, made.Provider)
			}
		}
	}
	for _, release := range []string{"20250115", "20260401"} {
		annotations := r.Find(t, ingressType, "demo01-staging-"+release+"-traefik-ingress").Args()["metadata"].(map[string]any)["annotations"].(map[string]any)
		if got := annotations["external-dns.alpha.kubernetes.io/set-identifier"]; got != "demo01-staging-"+release {
			t.Errorf("records of release %s are %v's", release, got)
		}
		if got := helmValues(t, r, "demo01-staging-"+release+"-external-dns")["txtOwnerId"]; got != "default_demo01-staging-"+release+"-control-plane" {
			t.Errorf("records of release %s are owned by %v", release, got)
		}
	}
}

func TestHelmOutputs(t *testing.T) {
	t.Parallel()
	var got map[string]pulumi.Output
	err := helmRecorder().Exec(func(ctx *pulumi.Context) error {
		outputs, err := Helm(ctx, helmIn(t, "demo01-staging"))
		if err != nil {
			return err
		}
		gives := outputs.Clusters["20250115"]
		got = map[string]pulumi.Output{"versions": gives.Versions, "charts": gives.Charts, "hostname": gives.IngressHostname}
		componenttest.WantOutputs(ctx, t, map[string]any{
			"hostname": balancerName,
			"versions": map[string]string{
				"alloy": "0.12.6", "aws-fsx-openzfs-csi": "v1.0.0", "aws-load-balancer-controller": "1.6.0", "external-dns": "1.14.4",
				"grafana": "7.0.14", "karpenter": "1.6.0", "karpenter-crd": "1.6.0", "kube-state-metrics": "5.30.1", "loki": "5.42.0",
				"metrics-server": "3.11.0", "mimir": "5.2.1", "nvidia-device-plugin": "0.17.1", "secret-store-csi": "1.3.4",
				"secrets-store-csi-driver-provider-aws": "0.3.5", "team-operator": "v1.29.1", "traefik": "37.1.2", "traefik-forward-auth-main": "0.0.14",
			},
			"charts": []string{
				"helm-controller/alloy", "helm-controller/aws-fsx-openzfs-csi", "helm-controller/aws-load-balancer-controller",
				"helm-controller/grafana", "helm-controller/karpenter", "helm-controller/karpenter-crd", "helm-controller/kube-state-metrics",
				"helm-controller/loki", "helm-controller/metrics-server", "helm-controller/mimir", "helm-controller/nvidia-device-plugin",
				"helm-controller/secret-store-csi", "helm-controller/secrets-store-csi-driver-provider-aws", "helm-controller/traefik",
			},
		}, got)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// With a load balancer a site, the sites step makes them.
func TestHelmWithoutASharedLoadBalancer(t *testing.T) {
	t.Parallel()
	r := helmRecorder()
	outputs, _, err := runHelm(r, helmIn(t, "tailscale01-staging"))
	if err != nil {
		t.Fatal(err)
	}
	if made := r.All(ingressType); len(made) != 0 {
		t.Errorf("ingresses %v", made)
	}
	for name := range resolve(t, outputs) {
		if strings.HasSuffix(name, "_ingress_hostname") {
			t.Errorf("output %s, although there is none", name)
		}
	}
}

func TestHelmIngress(t *testing.T) {
	t.Parallel()
	annotations := func(name, ingress string) map[string]any {
		return mustRunHelm(t, helmIn(t, name)).Find(t, ingressType, ingress).Args()["metadata"].(map[string]any)["annotations"].(map[string]any)
	}
	const alb, dns = "alb.ingress.kubernetes.io/", "external-dns.alpha.kubernetes.io/"
	demo := annotations("demo01-staging", "demo01-staging-20250115-traefik-ingress")
	for annotation, want := range map[string]any{
		alb + "certificate-arn": "arn:first,arn:second", alb + "scheme": "internet-facing", alb + "subnets": nil,
		alb + "tags":       "CostCenter=4711,Owner=data-science,posit.team/true-name=demo01,posit.team/environment=staging,Name=demo01-staging",
		dns + "hostname":   "*.analytics.staging.example.com,*.demo.staging.example.com,analytics.staging.example.com,demo.staging.example.com",
		dns + "aws-weight": "100",
	} {
		if demo[annotation] != want {
			t.Errorf("%s is %v, want %v", annotation, demo[annotation], want)
		}
	}
	adopted := annotations("adopted01-production", "adopted01-production-20250301-traefik-ingress")
	for annotation, want := range map[string]any{
		alb + "scheme": "internal", alb + "subnets": "corp-private-a,corp-private-b,corp-private-c",
		// Without ExternalDNS, the records are others'.
		dns + "hostname": nil, dns + "set-identifier": nil, dns + "aws-weight": nil,
	} {
		if adopted[annotation] != want {
			t.Errorf("%s is %v, want %v", annotation, adopted[annotation], want)
		}
	}
}

func TestHelmTagThatNoAnnotationTakes(t *testing.T) {
	t.Parallel()
	in := helmIn(t, "demo01-staging", func(w *config.AWSWorkload) { w.TrueNameOverride = "a,b" })
	_, _, err := runHelm(helmRecorder(), in)
	if want := `tag "posit.team/true-name" with the value "a,b"`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one that says %q", err, want)
	}
}

func TestHelmKarpenter(t *testing.T) {
	t.Parallel()
	r := mustRunHelm(t, helmIn(t, "demo01-staging"))
	spec := r.Find(t, nodeClassType, "demo01-staging-20250115-karpenter-ec2nodeclass-sessions").Args()["spec"].(map[string]any)
	id := func(id string) map[string]any { return map[string]any{"id": id} }
	for field, want := range map[string]any{
		"instanceProfile":            "karpenter-profile-of-20250115",
		"subnetSelectorTerms":        []any{id("subnet-1"), id("subnet-2")},
		"securityGroupSelectorTerms": []any{id("sg-cluster-of-20250115"), id("sg-fsx"), id("sg-efs")},
		"amiSelectorTerms":           []any{map[string]any{"alias": "al2023@latest"}},
	} {
		assert.Equal(t, want, spec[field], "%s", field)
	}
	pool := r.Find(t, "kubernetes:karpenter.sh/v1:NodePool", "demo01-staging-20250115-karpenter-nodepool-sessions").Args()["spec"].(map[string]any)
	want := map[string]any{
		"template": map[string]any{"spec": map[string]any{
			"requirements": []any{
				map[string]any{"key": "karpenter.k8s.aws/instance-category", "operator": "In", "values": []any{"c", "m", "r"}},
				map[string]any{"key": "karpenter.k8s.aws/instance-generation", "operator": "Gt", "values": []any{"5"}},
				map[string]any{"key": "kubernetes.io/arch", "operator": "In", "values": []any{"amd64"}},
			},
			"nodeClassRef": map[string]any{"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "sessions"},
			"expireAfter":  "720h",
			"taints":       []any{map[string]any{"key": "workload-type", "value": "session", "effect": "NoSchedule"}},
		}},
		"disruption": map[string]any{"consolidationPolicy": "WhenEmptyOrUnderutilized", "consolidateAfter": "5m"},
		"weight":     100.0, "limits": map[string]any{"cpu": "100", "memory": "400Gi"},
	}
	assert.Equal(t, want, pool, "pool")
	settings := helmValues(t, r, "demo01-staging-20250115-karpenter-helm-release")["settings"]
	assert.Equal(t, map[string]any{"clusterName": "demo01-staging-20250115", "interruptionQueue": "karpenter-queue-of-20250115"}, settings, "settings")
}

func TestHelmTeamOperator(t *testing.T) {
	t.Parallel()
	r := mustRunHelm(t, helmIn(t, "demo01-staging"))
	assert.Equal(t, map[string]any{
		"controllerManager": map[string]any{
			"replicas":       1.0,
			"container":      map[string]any{"env": map[string]any{"WATCH_NAMESPACES": "posit-team", "AWS_REGION": "us-east-2"}},
			"serviceAccount": map[string]any{"annotations": map[string]any{"eks.amazonaws.com/role-arn": "team-operator-role-of-20250115"}},
			"tolerations":    []any{map[string]any{"key": "CriticalAddonsOnly", "operator": "Exists", "effect": "NoSchedule"}},
		},
		"crd": map[string]any{"enable": true, "keep": true},
	}, helmValues(t, r, "demo01-staging-20250115-team-operator"), "values")
	image := mustRunHelm(t, helmIn(t, "tailscale01-staging")).Find(t, releaseType, "tailscale01-staging-20250201-team-operator").
		Args()["values"].(map[string]any)["controllerManager"].(map[string]any)["container"].(map[string]any)["image"]
	assert.Equal(t, map[string]any{"repository": "docker.io/posit/ptd-team-operator", "tag": "v1.20.0"}, image, "image")
}

func TestHelmForwardAuth(t *testing.T) {
	t.Parallel()
	r := mustRunHelm(t, helmIn(t, "demo01-staging", func(w *config.AWSWorkload) {
		site := w.Sites["analytics"]
		site.UseTraefikForwardAuth, site.TraefikForwardAuthIssuer = true, "https://login.example.com"
		w.Sites["analytics"] = site
	}))
	for site, want := range map[string][2]string{
		"main":      {"sso.demo.staging.example.com", "https://posit.okta.com"},
		"analytics": {"sso.analytics.staging.example.com", "https://login.example.com"},
	} {
		values := helmValues(t, r, "demo01-staging-20250115-traefik-forward-auth-"+site)
		settings := values["config"].(map[string]any)
		if got := [2]string{settings["auth-host"].(string), settings["providers.oidc.issuer-url"].(string)}; got != want {
			t.Errorf("site %s: %v, want %v", site, got, want)
		}
		objects := values["extraObjects"].([]any)[0].(map[string]any)["spec"].(map[string]any)["parameters"].(map[string]any)["objects"].(string)
		if secret := `"okta-oidc-client-creds.demo01-staging-` + site + `.posit.team"`; !strings.Contains(objects, secret) {
			t.Errorf("site %s reads %s, not %s", site, objects, secret)
		}
	}
}

func TestHelmRecordOwnerOfReleaseZero(t *testing.T) {
	t.Parallel()
	r := mustRunHelm(t, helmIn(t, "demo01-staging", func(w *config.AWSWorkload) {
		w.Clusters["0"] = w.Clusters["20250115"]
		delete(w.Clusters, "20250115")
	}))
	if got := helmValues(t, r, "demo01-staging-0-external-dns")["txtOwnerId"]; got != "default_demo01-staging-control-plane" {
		t.Errorf("owner %v", got)
	}
}
