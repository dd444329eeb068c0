package awsworkload

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
)

const (
	siteObject   = "kubernetes:core.posit.team/v1beta1:Site"
	ingressType  = "kubernetes:networking.k8s.io/v1:Ingress"
	recordType   = "aws:route53/record:Record"
	balancerName = "k8s-traefik.us-east-2.elb.amazonaws.com"
)

// sitesIn is what the stack gets of a target of testdata, after the test's changes.
func sitesIn(t *testing.T, name string, change ...func(*config.AWSWorkload)) SitesIn {
	t.Helper()
	target := loadTarget(t, name, change...)
	workload := target.AWSWorkload
	in := SitesIn{
		Config: workload, TargetName: name, SiteFiles: target.SiteFiles,
		Persistent: &PersistentOutputs{
			ChronicleBucket: constant("chronicle-bucket"), PackageManagerBucket: constant("packagemanager-bucket"),
			FSDNSName: constant("fs.example"), DBSecretARN: constant("arn:db-secret"),
			CertARNs:        pulumi.ToStringArray([]string{"arn:first", "arn:second"}).ToStringArrayOutput(),
			CertificateARNs: certificatesByDomain(workload), VpcCIDR: constant(workload.ResolvedVpcCIDR()),
		},
		CustomResources: target.CustomResources,
		EKS:             eksOutputs(workload),
		Helm:            &HelmOutputs{Clusters: output.Releases[ClusterChartsOutputs]{}},
	}
	zones := pulumi.StringMap{}
	for _, domain := range workload.Domains() {
		zones[domain.Name] = pulumi.String("zone-of-" + domain.Name)
	}
	in.Persistent.ZoneIDs = zones.ToStringMapOutput()
	for release := range workload.Clusters {
		in.Helm.Clusters[release] = ClusterChartsOutputs{IngressHostname: constant(release + "." + balancerName)}
	}
	return in
}

func sitesRecorder() *componenttest.Recorder {
	r := newRecorder()
	r.Calls["aws:lb/getHostedZoneId:getHostedZoneId"] = componenttest.Answer(map[string]any{"id": "Z3AADJGX6KTTL2"})
	r.Outputs[ingressType] = resource.NewPropertyMapFromMap(map[string]any{
		"status": map[string]any{"loadBalancer": map[string]any{"ingress": []any{map[string]any{"hostname": balancerName}}}},
	})
	return r
}

func runSites(r *componenttest.Recorder, in SitesIn) (*SitesOutputs, error) {
	var outputs *SitesOutputs
	err := r.Exec(func(ctx *pulumi.Context) (err error) {
		outputs, err = Sites(ctx, in)
		return err
	})
	return outputs, err
}

func mustRunSites(t *testing.T, in SitesIn) *componenttest.Recorder {
	t.Helper()
	r := sitesRecorder()
	if _, err := runSites(r, in); err != nil {
		t.Fatal(err)
	}
	return r
}

// addRelease puts a second release beside the first.
func addRelease(w *config.AWSWorkload) {
	for _, cluster := range maps.Clone(w.Clusters) {
		cluster.RoutingWeight, cluster.EnableEFSCSIDriver, cluster.KarpenterConfig = "5", false, &config.KarpenterConfig{}
		w.Clusters["20260401"] = cluster
	}
}

func addSite(w *config.AWSWorkload) {
	w.Sites["lab"] = config.AWSSite{Domain: "lab.staging.example.com", CertificateValidationEnabled: true}
}

func withoutExternalDNS(w *config.AWSWorkload) { w.ExternalDNSEnabled = false }

func balancerPerSite(w *config.AWSWorkload) { w.LoadBalancerPerSite = true }

func TestSitesRegistrations(t *testing.T) {
	t.Parallel()
	for golden, in := range map[string]SitesIn{
		"demo01-staging":       sitesIn(t, "demo01-staging"),
		"minimal01-staging":    sitesIn(t, "minimal01-staging"),
		"tailscale01-staging":  sitesIn(t, "tailscale01-staging"), // a load balancer for each site
		"adopted01-production": sitesIn(t, "adopted01-production"),
		"three-sites":          sitesIn(t, "demo01-staging", addSite),
		"two-releases":         sitesIn(t, "demo01-staging", addRelease),
		"own-records":          sitesIn(t, "demo01-staging", addSite, addRelease, withoutExternalDNS),
		"own-records-per-site": sitesIn(t, "demo01-staging", withoutExternalDNS, balancerPerSite),
	} {
		t.Run(golden, func(t *testing.T) {
			t.Parallel()
			r := mustRunSites(t, in)
			r.Golden(t, "sites-"+golden)
			for _, made := range r.All("") {
				if made.Custom && !strings.HasPrefix(made.Type, "pulumi:providers:") && made.Provider == "" {
					t.Errorf("%s %s has no explicit provider", made.Type, made.Name)
				}
			}
		})
	}
}

// The whole object, step by step of the sheet: workload, site, release, toleration, file.
func TestSiteObject(t *testing.T) {
	t.Parallel()
	r := mustRunSites(t, sitesIn(t, "demo01-staging"))
	sso := func() map[string]any {
		return map[string]any{
			"type": "oidc", "issuer": "https://login.example.com", "clientId": "0oa1demo", "groups": true, "groupsClaim": "groups",
			"scopes": []any{"openid", "profile", "groups"}, "administratorRoleMapping": []any{"posit-admins"},
		}
	}
	made := r.Find(t, siteObject, "demo01-staging-20250115-main")
	made.Exactly(t, map[string]any{
		"apiVersion": "core.posit.team/v1beta1", "kind": "Site",
		"metadata": map[string]any{"name": "main", "namespace": "posit-team", "labels": map[string]any{
			"app.kubernetes.io/name": "site", "app.kubernetes.io/instance": "main", "app.kubernetes.io/part-of": "team-operator",
			"app.kubernetes.io/managed-by": "kustomize", "app.kubernetes.io/created-by": "team-operator",
			"posit.team/true-name": "demo01", "posit.team/environment": "staging",
			"posit.team/managed-by": "ptd.pulumi_resources.team_site", "posit.team/site-name": "main",
			"Owner": "data-science", "CostCenter": "4711",
		}},
		"spec": map[string]any{
			"awsAccountId": "111122223333",
			"chronicle":    map[string]any{"s3Bucket": "chronicle-bucket"},
			"clusterDate":  "20250115", "domain": "demo.staging.example.com",
			"dropDatabaseOnTearDown": false, "volumeSubdirJobOff": false,
			"efsEnabled": true, "vpcCIDR": "10.37.0.0/16",
			"mainDatabaseCredentialSecret": map[string]any{"type": "aws", "vaultName": "arn:db-secret"},
			"networkTrust":                 50.0, "secretType": "aws", "logFormat": "json", "sharedDirectory": "shared",
			"secret":         map[string]any{"type": "aws", "vaultName": "demo01-staging-main.posit.team"},
			"workloadSecret": map[string]any{"type": "aws", "vaultName": "demo01-staging.posit.team"}, "workloadCompoundName": "demo01-staging",
			"volumeSource":       map[string]any{"type": "nfs", "dnsName": "fs.example"},
			"imagePullSecrets":   []any{"registry-credentials"},
			"ingressAnnotations": map[string]any{"traefik.ingress.kubernetes.io/router.priority": "10"},
			"extraSiteServiceAccounts": []any{map[string]any{"nameSuffix": "etl", "annotations": map[string]any{
				"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/etl.demo01-staging.posit.team",
			}}},
			"flightdeck": map[string]any{
				"replicas": 1.0, "logLevel": "debug", "featureEnabler": map[string]any{"showAcademy": true, "showConfig": false},
			},
			"connect": map[string]any{
				"replicas": 2.0, "domainPrefix": "pub", "scheduleConcurrency": 0.0, "loggedInWarning": "Internal data: do not share",
				"addEnv": map[string]any{"HTTP_PROXY": "http://proxy.example.com:3128"}, "auth": sso(),
				"volume": map[string]any{
					"create": true, "size": "100Gi", "accessModes": []any{"ReadWriteMany"}, "storageClassName": "",
				},
				"gpuSettings": map[string]any{"nvidiaGPULimit": 0.0, "maxNvidiaGPULimit": 1.0},
				"experimentalFeatures": map[string]any{"mailSender": "connect@example.com", "sessionEnvVars": []any{
					map[string]any{"name": "WAREHOUSE", "value": "analytics"},
					map[string]any{"name": "TOKEN", "valueFrom": map[string]any{
						"secretKeyRef": map[string]any{"name": "warehouse", "key": "token"},
					}},
				}},
			},
			"workbench": map[string]any{
				"replicas": 2.0, "createUsersAutomatically": true, "adminGroups": []any{"posit-admins"}, "auth": sso(),
				"sessionTolerations": []any{ // ptd's, which the file has too, and then the file's
					map[string]any{"key": "workload-type", "operator": "Equal", "value": "session", "effect": "NoSchedule"},
					map[string]any{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
				},
				"vsCodeConfig":       map[string]any{"enabled": 1.0, "args": "--host=0.0.0.0", "sessionTimeoutKillHours": 0.0},
				"vsCodeUserSettings": map[string]any{"editor.fontSize": 13.0, "telemetry.telemetryLevel": "off"},
				"positronConfig":     map[string]any{"enabled": 1.0, "sessionTimeoutKillHours": 12.0},
				"jupyterConfig":      map[string]any{"labs-enabled": 1.0, "notebooks-enabled": 0.0},
				"extraSessionImages": []any{"ghcr.io/example/session-geo:2026.1"},
				"databricks":         map[string]any{"main": map[string]any{"name": "Main", "url": "https://dbc.example.com", "clientId": "dbc-1"}},
				"experimentalFeatures": map[string]any{"cpuRequestRatio": "0.5", "resourceProfiles": map[string]any{
					"default": map[string]any{"name": "Small", "cpus": "1", "mem-mb": "4096"},
					"large":   map[string]any{"name": "Large", "cpus": "8", "mem-mb": "65536", "nvidia-gpus": "1"},
				}},
			},
			"packageManager": map[string]any{"s3Bucket": "packagemanager-bucket", "replicas": 1.0, "gitSSHKeys": []any{map[string]any{
				"name": "github", "host": "github.com", "secretRef": map[string]any{
					"source": "aws-secrets-manager", "name": "demo01-staging-main-ssh-ppm-keys.posit.team", "key": "github",
				},
			}}},
		},
	})
}

// spec is that of a site's object.
func spec(t *testing.T, r *componenttest.Recorder, name string) map[string]any {
	t.Helper()
	return r.Find(t, siteObject, name).Args()["spec"].(map[string]any)
}

// What only one release has does not leak into the other's sites.
func TestSiteObjectsOfTwoReleases(t *testing.T) {
	t.Parallel()
	r := mustRunSites(t, sitesIn(t, "demo01-staging", addRelease))
	if got := len(r.All(siteObject)); got != 4 {
		t.Fatalf("%d sites, want two in each of two releases", got)
	}
	for release, hasEFS := range map[string]bool{"20250115": true, "20260401": false} {
		spec := spec(t, r, "demo01-staging-"+release+"-analytics")
		_, efs := spec["efsEnabled"]
		_, cidr := spec["vpcCIDR"]
		_, tolerations := spec["workbench"].(map[string]any)["sessionTolerations"]
		if efs != hasEFS || cidr != hasEFS || tolerations != hasEFS || spec["clusterDate"] != release {
			t.Errorf("release %s: %v", release, spec)
		}
	}
	providers := map[string]bool{}
	for _, made := range r.All(siteObject) {
		providers[made.Provider] = true
	}
	if len(providers) != 2 {
		t.Errorf("providers %v, want one a release", providers)
	}
}

func TestSiteObjectInAnAdoptedVpc(t *testing.T) {
	t.Parallel()
	r := mustRunSites(t, sitesIn(t, "adopted01-production"))
	got := spec(t, r, "adopted01-production-20250301-main")
	if got["vpcCIDR"] != "10.42.0.0/16" || got["efsEnabled"] != true || got["networkTrust"] != 100.0 {
		t.Errorf("spec %v", got)
	}
}

func TestSiteLabels(t *testing.T) {
	t.Parallel()
	labels := load(t, "minimal01-staging", func(w *config.AWSWorkload) {
		w.ResourceTags = map[string]string{
			"rs:owner": "x", "Cost Center": "x", "Contact": "a@example.com", "Empty": "", "team/a/b": "x", "Long": strings.Repeat("x", 64),
			"example.com/team": "Data_1", "UPPER.example.com/team": "x",
		}
	}).Labels("ptd.pulumi_resources.team_site")
	want := map[string]string{
		"posit.team/true-name": "minimal01", "posit.team/environment": "staging", "posit.team/managed-by": "ptd.pulumi_resources.team_site",
		"example.com/team": "Data_1", "Empty": "",
	}
	assert.Equal(t, want, labels, "labels")
}

// What does not fit the definition is an error before anything of the site is sent.
func TestSiteObjectThatDoesNotFit(t *testing.T) {
	t.Parallel()
	in := sitesIn(t, "demo01-staging")
	in.SiteFiles["main"] = &config.SiteFile{Site: "main", Spec: map[string]any{"connect": map[string]any{"replica": 2}}}
	_, err := runSites(sitesRecorder(), in)
	if err == nil || !strings.Contains(err.Error(), "site main: spec.connect.replica: unknown key (did you mean \"replicas\"?)") {
		t.Errorf("error %v", err)
	}
	in.Config.AllowUnknownSiteFields = true
	r := sitesRecorder()
	if _, err := runSites(r, in); err != nil {
		t.Fatal(err)
	}
	if got := spec(t, r, "demo01-staging-20250115-main")["connect"]; !assert.ObjectsAreEqual(got, map[string]any{"replica": 2.0}) {
		t.Errorf("connect %v", got)
	}
	in.SiteFiles["main"].Spec["networkTrust"] = "FULL"
	if _, err := runSites(sitesRecorder(), in); err == nil || !strings.Contains(err.Error(), "spec.networkTrust: must be an integer") {
		t.Errorf("error %v", err)
	}
}

func TestSitesOutputs(t *testing.T) {
	t.Parallel()
	outputs, err := runSites(sitesRecorder(), sitesIn(t, "demo01-staging", balancerPerSite))
	if err != nil {
		t.Fatal(err)
	}
	got := resolve(t, outputs)
	delete(got, "dns_info")
	want := map[string]resolved{
		"20250115_site_urls": {map[string]map[string]string{
			"main": {
				"site": "https://demo.staging.example.com", "connect": "https://pub.demo.staging.example.com",
				"workbench": "https://workbench.demo.staging.example.com", "packageManager": "https://packagemanager.demo.staging.example.com",
			},
			"analytics": {
				"site": "https://analytics.staging.example.com", "connect": "https://connect.analytics.staging.example.com",
				"workbench": "https://lab.analytics.staging.example.com",
			},
		}, true, false},
		"20250115_site_namespaces":        {map[string]string{"main": "posit-team", "analytics": "posit-team"}, true, false},
		"20250115_site_ingress_hostnames": {map[string]string{"main": balancerName, "analytics": balancerName}, true, false},
	}
	assert.Equal(t, want, got, "outputs")
}

// In the first plan of all steps neither clusters nor load balancers are there.
func TestSitesOfUnknownClusters(t *testing.T) {
	t.Parallel()
	in := sitesIn(t, "demo01-staging", withoutExternalDNS)
	in.EKS, in.Helm = &EKSOutputs{}, &HelmOutputs{}
	r := sitesRecorder()
	r.Preview = true
	if _, err := runSites(r, in); err != nil {
		t.Fatal(err)
	}
	names := func(r *componenttest.Recorder) []string {
		var names []string
		for _, made := range r.All("") {
			names = append(names, made.Type+" "+made.Name)
		}
		return names
	}
	run := mustRunSites(t, sitesIn(t, "demo01-staging", withoutExternalDNS))
	if !slices.Equal(names(r), names(run)) {
		t.Errorf("preview %v, run %v", names(r), names(run))
	}
	if _, err := runSites(sitesRecorder(), in); err == nil || !strings.Contains(err.Error(), "step eks has not made the cluster of release 20250115 yet") {
		t.Errorf("error %v", err)
	}
	in.EKS = sitesIn(t, "demo01-staging").EKS
	if _, err := runSites(sitesRecorder(), in); err == nil || !strings.Contains(err.Error(), "step helm has not made the load balancer of release 20250115 yet") {
		t.Errorf("error %v", err)
	}
	in.Helm = sitesIn(t, "demo01-staging").Helm
	in.Persistent.ZoneIDs = pulumi.StringMap{}.ToStringMapOutput()
	if _, err := runSites(sitesRecorder(), in); err == nil || !strings.Contains(err.Error(), "step persistent has no zone for") {
		t.Errorf("error %v", err)
	}
}

// Kinds that charts define are not there before step helm; the others are of step
// clusters.
func TestSitesCustomResources(t *testing.T) {
	t.Parallel()
	resources := []config.CustomResource{}
	for _, kind := range [][3]string{{"v1", "ConfigMap", "settings"}, {"traefik.io/v1alpha1", "Middleware", "headers"}} {
		resources = append(resources, config.CustomResource{
			APIVersion: kind[0], Kind: kind[1], Namespace: "traefik", Name: kind[2], Object: map[string]any{
				"apiVersion": kind[0], "kind": kind[1], "metadata": map[string]any{"name": kind[2], "namespace": "traefik"},
			},
		})
	}
	files := []config.CustomResourceFile{{Folder: "priority-classes", Stem: "more", Objects: resources}}
	const settings, headers = "20250115-custom-priority-classes/more/traefik/settings", "20250115-custom-priority-classes/more/traefik/headers"

	in := sitesIn(t, "demo01-staging")
	in.CustomResources["priority-classes"] = files
	r := mustRunSites(t, in)
	r.Find(t, "ptd:kubernetes:Manifests", "20250115-custom")
	r.Find(t, "kubernetes:traefik.io/v1alpha1:Middleware", headers).Want(t, map[string]any{"metadata": map[string]any{
		"name": "headers", "namespace": "traefik", "labels": map[string]any{"posit.team/managed-by": "ptd-clusters"},
	}})
	if made := r.All("kubernetes:core/v1:ConfigMap"); len(made) > 0 {
		t.Errorf("step sites makes %v", made)
	}

	early := clustersIn(t, "demo01-staging")
	early.CustomResources["priority-classes"] = files
	r, _ = mustRunClusters(t, early)
	r.Find(t, "kubernetes:core/v1:ConfigMap", settings)
	if made := r.All("kubernetes:traefik.io/v1alpha1:Middleware"); len(made) > 0 {
		t.Errorf("step clusters makes %v", made)
	}

	in.CustomResources = nil
	if _, err := runSites(sitesRecorder(), in); err == nil || !strings.Contains(err.Error(), "custom Kubernetes resources: folder priority-classes was not read") {
		t.Errorf("error %v", err)
	}
}
