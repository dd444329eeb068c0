package kubernetes

import (
	"context"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
)

type fields = map[string]any

// release is the inputs of a Helm release of a chart in the catalogue.
func releaseInputs(chart, namespace string, more fields) fields {
	inputs := fields{"name": chart, "namespace": namespace, "version": versionOf(chart)}
	for _, known := range charts {
		if known.name != chart {
			continue
		}
		if known.versionsWithV {
			inputs["version"] = "v" + versionOf(chart)
		}
		if address := known.repositories[0]; strings.HasPrefix(address, "oci://") {
			inputs["chart"] = address
		} else {
			inputs["chart"], inputs["repositoryOpts"] = chart, fields{"repo": address}
		}
	}
	for name, value := range more {
		inputs[name] = value
	}
	return inputs
}

// versionOf is the newest version of a chart whose templates the sandbox knows.
func versionOf(chart string) string {
	catalogue, err := valuesOfCharts()
	if err != nil {
		panic(err)
	}
	return catalogue[chart].to.String()
}

// install creates a Helm release and returns its id, or what is wrong with it.
func (c *fixture) install(inputs fields) (plugin.CreateResponse, string) {
	c.t.Helper()
	urn := resource.NewURN("stack", "project", "", releaseType, inputs["name"].(string))
	checked, err := c.provider.Check(context.Background(), plugin.CheckRequest{URN: urn, News: sandbox.Properties(inputs)})
	require.NoError(c.t, err)
	for _, failure := range checked.Failures {
		return plugin.CreateResponse{}, string(failure.Property) + ": " + failure.Reason
	}
	created, err := c.provider.Create(context.Background(), plugin.CreateRequest{URN: urn, Properties: checked.Properties})
	if err != nil {
		return created, err.Error()
	}
	return created, ""
}

func (c *fixture) mustInstall(inputs fields) plugin.CreateResponse {
	c.t.Helper()
	created, problem := c.install(inputs)
	require.Empty(c.t, problem)
	return created
}

func (c *fixture) uninstall(id string) {
	c.t.Helper()
	require.NoError(c.t, c.tryUninstall(id))
}

func (c *fixture) tryUninstall(id string) error {
	_, name, _ := strings.Cut(id, "/")
	urn := resource.NewURN("stack", "project", "", releaseType, name)
	_, err := c.provider.Delete(context.Background(), plugin.DeleteRequest{URN: urn, ID: resource.ID(id)})
	return err
}

// notInstalled makes sure that Helm has no release, which a read and a delete say.
func (c *fixture) notInstalled(id string) {
	c.t.Helper()
	_, name, _ := strings.Cut(id, "/")
	assert.EqualError(c.t, c.tryUninstall(id), "uninstall: Release not loaded: "+name+": release: not found")
	answer, err := c.provider.Read(context.Background(), plugin.ReadRequest{URN: resource.NewURN("stack", "project", "", releaseType, name), ID: resource.ID(id)})
	require.NoError(c.t, err)
	assert.Empty(c.t, answer.ID)
}

// Helm's record is what there is of a release.
func TestReleaseIsItsRecord(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.mustCreate(namespaceType, "traefik", nil)
	c.mustInstall(releaseInputs("traefik", "traefik", nil))
	require.NoError(t, c.cloud.Do(func() error { return c.cloud.Remove(recordKey(endpoint, "traefik", "traefik")) }))
	c.notInstalled("traefik/traefik")
}

func (c *fixture) remove(token, where string) error {
	c.t.Helper()
	urn, inputs := object(token, where, nil)
	_, err := c.provider.Delete(context.Background(), plugin.DeleteRequest{URN: urn, ID: resource.ID(where), Inputs: inputs})
	return err
}

func openCluster(t *testing.T) *fixture {
	t.Helper()
	return newCluster(t, fields{"kubeconfig": testKubeconfig})
}

func TestReleaseOutputs(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	created := c.mustInstall(releaseInputs("external-dns", "kube-system", fields{
		"values": fields{"serviceAccount": fields{"create": true, "name": "external-dns.posit.team", "annotations": fields{"a": "b"}}},
	}))
	assert.Equal(t, "kube-system/external-dns", string(created.ID))
	assert.Equal(t, fields{
		"status": "deployed", "name": "external-dns", "namespace": "kube-system", "revision": 1.0, "chart": "external-dns", "version": versionOf("external-dns"),
	}, sandbox.Plain(created.Properties["status"]))
	assert.Equal(t, fields{"ServiceAccount/v1": []any{"kube-system/external-dns.posit.team"}}, sandbox.Plain(created.Properties["resourceNames"]))
	assert.Equal(t, []string{"Secret kube-system/sh.helm.release.v1.external-dns", "ServiceAccount kube-system/external-dns.posit.team", "Release kube-system/external-dns"}, c.objects())
	c.uninstall("kube-system/external-dns")
	assert.Empty(t, c.objects())
}

func TestReleaseIsUpgraded(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	inputs := releaseInputs("external-dns", "kube-system", nil)
	c.mustInstall(inputs)
	urn := resource.NewURN("stack", "project", "", releaseType, "external-dns")
	inputs["values"] = fields{"serviceAccount": fields{"name": "other"}}
	updated, err := c.provider.Update(context.Background(), plugin.UpdateRequest{URN: urn, ID: "kube-system/external-dns", NewInputs: sandbox.Properties(inputs)})
	require.NoError(t, err)
	assert.Equal(t, 2.0, sandbox.Plain(updated.Properties["status"]).(fields)["revision"])
	assert.Contains(t, c.objects(), "ServiceAccount kube-system/other")
	assert.NotContains(t, c.objects(), "ServiceAccount kube-system/external-dns")
}

func TestReleaseOfADeadRun(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	inputs := releaseInputs("metrics-server", "kube-system", nil)
	c.mustInstall(inputs)
	_, problem := c.install(inputs)
	assert.Contains(t, problem, "cannot re-use a name that is still in use")
	require.NoError(t, c.cloud.Do(func() error {
		return c.cloud.Remove(sandbox.Key(releaseType, endpoint, "", "kube-system/metrics-server"))
	}))
	c.mustInstall(inputs)
}

func TestReleaseReplacement(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	urn := resource.NewURN("stack", "project", "", releaseType, "loki")
	for field, replaced := range map[string]bool{"name": true, "namespace": true, "version": false, "chart": false, "values": false} {
		next := releaseInputs("loki", "loki", fields{field: "changed"})
		answer, err := c.provider.Diff(context.Background(), plugin.DiffRequest{
			URN: urn, OldInputs: sandbox.Properties(releaseInputs("loki", "loki", nil)), NewInputs: sandbox.Properties(next),
		})
		require.NoError(t, err)
		assert.Equal(t, replaced, len(answer.ReplaceKeys) > 0, field)
		assert.False(t, answer.DeleteBeforeReplace, field)
	}
}

func TestWrongReleases(t *testing.T) {
	t.Parallel()
	const check = "; check the chart name and repository configuration."
	for name, test := range map[string]struct {
		inputs fields
		want   string
	}{
		"unknown input":    {releaseInputs("loki", "default", fields{"valeus": fields{}}), `valeus: is not a property of this resource (did you mean "values"?)`},
		"wrong type":       {releaseInputs("loki", "default", fields{"skipCrds": "yes"}), "skipCrds: is a string, want a bool"},
		"no chart":         {fields{"name": "loki"}, "chart: is required"},
		"unknown chart":    {releaseInputs("loki", "default", fields{"chart": "lokii"}), `chart: chart "lokii" version "5.48.0" not found in https://grafana.github.io/helm-charts repository: the sandbox knows no such chart there` + check},
		"other repository": {releaseInputs("loki", "default", fields{"repositoryOpts": fields{"repo": "https://traefik.github.io/charts"}}), `chart: chart "loki" version "5.48.0" not found in https://traefik.github.io/charts repository: the sandbox knows no such chart there` + check},
		"no repository":    {fields{"name": "loki", "chart": "loki", "version": "1.2.3"}, `chart: failed to download "loki": no repository is given` + check},
		"unknown address":  {fields{"name": "a", "chart": "oci://ghcr.io/posit-dev/charts/operator", "version": "1.2.3"}, `chart: ghcr.io/posit-dev/charts/operator:1.2.3: not found: the sandbox knows no such chart` + check},
		"address and repo": {releaseInputs("karpenter", "default", fields{"repositoryOpts": fields{"repo": "https://a.example"}}), `chart: chart "oci://public.ecr.aws/karpenter/karpenter" is an address already, and cannot be in repository https://a.example` + check},
		"version":          {releaseInputs("loki", "default", fields{"version": "newest"}), `chart: improper constraint: "newest" is no version of chart "loki"` + check},
		"version in archive": {fields{"name": "a", "version": "0.0.14", "chart": "https://github.com/colearendt/helm/releases/download/traefik-forward-auth-0.0.14/traefik-forward-auth-0.0.15.tgz"},
			`chart: failed to fetch https://github.com/colearendt/helm/releases/download/traefik-forward-auth-0.0.14/traefik-forward-auth-0.0.15.tgz : 404 Not Found: the sandbox knows no such chart` + check},
		"value of no schema": {releaseInputs("loki", "default", fields{"values": fields{"gatway": fields{}}}),
			`chart: chart loki 5.48.0 reads no value gatway (did you mean "gateway"?); Helm would ignore it without a word` + check},
		"value below others": {releaseInputs("alloy", "default", fields{"version": "0.12.6", "values": fields{"alloy": fields{"reporting": fields{"enabled": false}}}}),
			`chart: chart alloy 0.12.6 reads no value alloy.reporting (did you mean "alloy.enableReporting"?); Helm would ignore it without a word` + check},
		"value of a schema": {releaseInputs("traefik", "default", fields{"values": fields{"deploymnt": fields{}}}),
			`chart: chart traefik 37.4.0 reads no value deploymnt (did you mean "deployment"?); Helm would ignore it without a word` + check},
		"value files": {releaseInputs("loki", "default", fields{"valueYamlFiles": []any{}}), "valueYamlFiles: is not simulated by the sandbox"},
		"namespace":   {releaseInputs("loki", "loki", nil), `install chart loki as loki in namespace loki: create: failed to create: namespaces "loki" not found`},
		"needed value": {releaseInputs("aws-load-balancer-controller", "kube-system", nil),
			"install chart aws-load-balancer-controller as aws-load-balancer-controller in namespace kube-system: execution error at (aws-load-balancer-controller/templates/deployment.yaml): Chart cannot be installed without a valid clusterName!"},
		"name in use": {releaseInputs("metrics-server", "kube-system", fields{"name": "taken"}), "install chart metrics-server as taken in namespace kube-system: cannot re-use a name that is still in use"},
		"object of others": {releaseInputs("metrics-server", "kube-system", fields{"values": fields{"serviceAccount": fields{"name": "mine"}}}),
			`install chart metrics-server as metrics-server in namespace kube-system: unable to continue with install: ServiceAccount "mine" in namespace "kube-system" exists and cannot be imported into the current release: invalid ownership metadata; ` +
				`label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"; annotation validation error: missing key "meta.helm.sh/release-name": must be set to "metrics-server"; annotation validation error: missing key "meta.helm.sh/release-namespace": must be set to "kube-system"`},
		"service account": {releaseInputs("metrics-server", "kube-system", fields{"values": fields{"serviceAccount": fields{"create": false, "name": "absent"}}}),
			`install chart metrics-server as metrics-server in namespace kube-system: pods of release "metrics-server" are forbidden: error looking up service account kube-system/absent: serviceaccount "absent" not found`},
		"priority": {releaseInputs("traefik", "default", fields{"values": fields{"priorityClassName": "absent"}}),
			`install chart traefik as traefik in namespace default: pods of release "traefik" are forbidden: no PriorityClass with name absent was found`},
		"extra object": {releaseInputs("loki", "default", fields{"values": fields{"extraObjects": []any{fields{
			"apiVersion": "secrets-store.csi.x-k8s.io/v1", "kind": "SecretProviderClass", "metadata": fields{"name": "a"}}}}}),
			`install chart loki as loki in namespace default: unable to build kubernetes objects from release manifest: no matches for kind "SecretProviderClass" in version "secrets-store.csi.x-k8s.io/v1": its CustomResourceDefinition is not in the cluster`},
		"wrong Calico": {releaseInputs("tigera-operator", "default", fields{"values": fields{"installation": fields{"cni": fields{"type": "VPC"}}}}),
			`install chart tigera-operator as tigera-operator in namespace default: unable to build kubernetes objects from release manifest: Installation.operator.tigera.io "default" is invalid: spec.cni.type in body should be one of [Calico GKE AmazonVPC AzureVNET]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := openCluster(t)
			c.mustCreate(serviceAccountType, "kube-system/mine", nil)
			c.mustInstall(releaseInputs("external-dns", "kube-system", fields{"name": "taken"}))
			before := c.objects()
			_, problem := c.install(test.inputs)
			assert.Equal(t, test.want, problem)
			assert.Equal(t, before, c.objects(), "a failed installation leaves nothing behind")
		})
	}
}

func TestReleaseMakesItsNamespace(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.mustInstall(releaseInputs("team-operator", "posit-team-system", fields{"createNamespace": true}))
	site := "kubernetes:core.posit.team/v1beta1:Site"
	c.mustCreate(site, "main", fields{"spec": fields{"anything": true}})
	c.uninstall("posit-team-system/team-operator")
	assert.Contains(t, c.objects(), "CustomResourceDefinition sites.core.posit.team", "crd.keep")
	assert.Contains(t, c.objects(), "Site default/main")
	assert.Contains(t, c.objects(), "Namespace posit-team-system")
	assert.NotContains(t, c.objects(), "ServiceAccount posit-team-system/team-operator-controller-manager")
	c.mustInstall(releaseInputs("team-operator", "posit-team-system", nil)) // takes the definitions over again
}

func TestDefinitionsThatAreNotKept(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.mustInstall(releaseInputs("team-operator", "kube-system", fields{"values": fields{"crd": fields{"keep": false}}}))
	c.mustCreate("kubernetes:core.posit.team/v1beta1:Site", "main", fields{})
	c.uninstall("kube-system/team-operator")
	assert.Empty(t, c.objects())
}

func TestDefinitionsOfTheChartsDirectoryStay(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.mustInstall(releaseInputs("traefik", "default", nil))
	c.uninstall("default/traefik")
	assert.Contains(t, c.objects(), "CustomResourceDefinition middlewares.traefik.io")
	assert.NotContains(t, c.objects(), "IngressClass traefik")
	c.mustInstall(releaseInputs("traefik", "default", fields{"skipCrds": true}))
}

func TestSkippedDefinitions(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.mustInstall(releaseInputs("traefik", "default", fields{"skipCrds": true}))
	_, err := c.create("kubernetes:traefik.io/v1alpha1:Middleware", "a", nil)
	assert.EqualError(t, err, `no matches for kind "Middleware" in version "traefik.io/v1alpha1": its CustomResourceDefinition is not in the cluster`)
}

func TestSchemaOfASite(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.provider = With(Options{SiteSchema: func(string) map[string]any {
		return fields{"type": "object", "properties": fields{
			"metadata": fields{"type": "object"},
			"spec":     fields{"type": "object", "required": []any{"domain"}, "properties": fields{"domain": fields{"type": "string"}}},
		}}
	}})(c.cloud)
	_, err := c.provider.Configure(context.Background(), plugin.ConfigureRequest{Inputs: sandbox.Properties(fields{"kubeconfig": testKubeconfig})})
	require.NoError(t, err)
	c.mustInstall(releaseInputs("team-operator", "default", nil))
	const site = "kubernetes:core.posit.team/v1beta1:Site"
	c.mustCreate(site, "main", fields{"spec": fields{"domain": "a.example"}})
	_, err = c.create(site, "second", fields{"spec": fields{"domian": "a.example"}})
	assert.EqualError(t, err, `Site.core.posit.team "second" is invalid: unknown field "spec.domian"; spec.domain in body is required`)
}

// The definition of a Site is that of the operator's version, unless its image is of another.
func TestSchemaOfASiteFollowsTheOperator(t *testing.T) {
	t.Parallel()
	const site = "kubernetes:core.posit.team/v1beta1:Site"
	install := func(values fields) *fixture {
		c := openCluster(t)
		c.provider = With(Options{SiteSchema: func(version string) map[string]any {
			spec := fields{"domain": fields{"type": "string"}}
			if version != "v1.16.2" {
				spec["later"] = fields{"type": "string"}
			}
			return fields{"type": "object", "properties": fields{"metadata": fields{"type": "object"}, "spec": fields{"type": "object", "properties": spec}}}
		}})(c.cloud)
		_, err := c.provider.Configure(context.Background(), plugin.ConfigureRequest{Inputs: sandbox.Properties(fields{"kubeconfig": testKubeconfig})})
		require.NoError(t, err)
		c.mustInstall(releaseInputs("team-operator", "default", fields{"version": "v1.16.2", "values": values}))
		return c
	}
	_, err := install(nil).create(site, "main", fields{"spec": fields{"later": "a"}})
	assert.EqualError(t, err, `Site.core.posit.team "main" is invalid: unknown field "spec.later"`)
	newer := fields{"controllerManager": fields{"container": fields{"image": fields{"repository": "registry.example/operator", "tag": "v1.29.1"}}}}
	install(newer).mustCreate(site, "main", fields{"spec": fields{"later": "a"}})
}

func TestKarpenterDefinitionsBelongToOneChart(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.mustInstall(releaseInputs("karpenter", "kube-system", nil))
	_, problem := c.install(releaseInputs("karpenter-crd", "kube-system", nil))
	assert.Contains(t, problem, `exists and cannot be imported into the current release: invalid ownership metadata`)

	c = openCluster(t)
	c.mustInstall(releaseInputs("karpenter-crd", "kube-system", fields{"values": fields{"additionalAnnotations": fields{"helm.sh/resource-policy": "keep"}}}))
	c.mustInstall(releaseInputs("karpenter", "kube-system", nil))
	c.uninstall("kube-system/karpenter-crd")
	assert.Contains(t, c.objects(), "CustomResourceDefinition nodepools.karpenter.sh")
}

func TestCalico(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	const policy = "kubernetes:projectcalico.org/v3:NetworkPolicy"
	_, err := c.create(policy, "a", nil)
	assert.EqualError(t, err, `no matches for kind "NetworkPolicy" in version "projectcalico.org/v3": its CustomResourceDefinition is not in the cluster`)
	c.mustInstall(releaseInputs("tigera-operator", "default", fields{"values": fields{
		"installation": fields{"enabled": true, "cni": fields{"type": "Calico", "ipam": fields{"type": "Calico"}}},
		"goldmane":     fields{"enabled": false}, "defaultFelixConfiguration": fields{"enabled": true},
	}}))
	assert.Subset(t, c.objects(), []string{"Installation default", "FelixConfiguration default", "APIServer default", "Whisker default"})
	assert.NotContains(t, c.objects(), "Goldmane default")
	c.mustCreate(policy, "a", fields{"spec": fields{"selector": "all()", "types": []any{"Egress"}, "egress": []any{
		fields{"action": "Allow", "protocol": "UDP", "destination": fields{"ports": []any{53.0, "9000:9010"}}},
	}}})
	c.mustCreate("kubernetes:projectcalico.org/v3:NetworkSet", "imds", fields{"spec": fields{"nets": []any{"169.254.169.254/32", "fd00:ec2::254/128"}}})
	c.mustCreate("kubernetes:projectcalico.org/v3:GlobalNetworkPolicy", "all", fields{"spec": fields{"order": 1.0, "namespaceSelector": "all()"}})
	for name, test := range map[string]struct {
		rule fields
		want string
	}{
		"families": {fields{"action": "Deny", "destination": fields{"nets": []any{"169.254.169.254/32", "fd00:ec2::254/128"}}}, "spec.egress[0].destination.nets: rule contains both IPv4 and IPv6 CIDRs"},
		"ports":    {fields{"action": "Deny", "destination": fields{"ports": []any{53.0}}}, "spec.egress[0].destination.ports: rules that specify ports must set protocol to TCP or UDP or SCTP"},
		"address":  {fields{"action": "Deny", "source": fields{"notNets": []any{"10.0.0.0/40"}}}, "spec.egress[0].source.notNets[0]: invalid CIDR address: 10.0.0.0/40"},
		"action":   {fields{"action": "Reject"}, "spec.egress[0].action in body should be one of [Allow Deny Log Pass]"},
		"field":    {fields{"action": "Deny", "to": fields{}}, `unknown field "spec.egress[0].to"`},
	} {
		_, err := c.create(policy, name, fields{"spec": fields{"egress": []any{test.rule}}})
		assert.EqualError(t, err, `NetworkPolicy.projectcalico.org "`+name+`" is invalid: `+test.want)
	}
}

func TestNamespaceTakesAReleaseWithIt(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.mustCreate(namespaceType, "traefik", nil)
	inputs := releaseInputs("traefik", "traefik", nil)
	c.mustInstall(inputs)
	c.delete(namespaceType, "traefik")
	assert.Contains(t, c.objects(), "IngressClass traefik", "it is in no namespace")
	assert.NotContains(t, strings.Join(c.objects(), "\n"), " traefik/")
	c.notInstalled("traefik/traefik")
	c.mustCreate(namespaceType, "traefik", nil)
	c.mustInstall(inputs) // its own IngressClass is no stranger
}

func TestEveryChartInstalls(t *testing.T) {
	t.Parallel()
	for _, chart := range charts {
		t.Run(chart.name, func(t *testing.T) {
			t.Parallel()
			c := openCluster(t)
			inputs := releaseInputs(chart.name, "default", fields{"values": fields{"clusterName": "main", "crds": fields{"enabled": true}}})
			if chart.name != "aws-load-balancer-controller" {
				delete(inputs["values"].(fields), "clusterName")
			}
			if chart.name != "cert-manager" {
				delete(inputs["values"].(fields), "crds")
			}
			if inputs["chart"] == "traefik-forward-auth" {
				delete(inputs, "repositoryOpts")
				inputs["chart"] = strings.ReplaceAll(chart.repositories[0], versionPlace, versionOf(chart.name))
			}
			c.mustInstall(inputs)
			c.uninstall("default/" + chart.name)
		})
	}
	for _, group := range definitions() {
		for _, kind := range group.all() {
			definition, err := decodeDefinition(group.definition(kind))
			require.NoError(t, err, kind)
			assert.Empty(t, validate(definition), kind)
		}
	}
}
