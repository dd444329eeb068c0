package kubernetes

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const clusterType = "example:index:Cluster"

// clouds is a package with clusters, which say themselves what they decide.
var clouds = &sandbox.Package{Name: "example", Types: map[string]sandbox.Type{clusterType: {
	Serves: &sandbox.Serves{Cluster: func(_ *sandbox.Cloud, object *sandbox.Object) sandbox.Cluster { return exampleCluster{object} }},
}}}

type exampleCluster struct{ *sandbox.Object }

func (c exampleCluster) Endpoint() string { return c.String("endpoint") }

func (c exampleCluster) Is(identifier string) bool {
	return identifier == c.ID || identifier == c.Endpoint()
}

func (c exampleCluster) Enter(identifier string, credential *sandbox.Credential) error {
	if want := c.String("lets"); want != "" && (credential == nil || credential.Command != want || identifier != c.ID) {
		return fmt.Errorf("it lets only %s into %s", want, c.ID)
	}
	return nil
}

func (c exampleCluster) Provides(typ, id string) map[string]any {
	if typ != configMapType || id != "kube-system/cloud" {
		return nil
	}
	return fields{"apiVersion": "v1", "kind": "ConfigMap", "metadata": fields{"name": "cloud", "namespace": "kube-system"}, "data": fields{"by": "cloud"}}
}

func (c exampleCluster) ShutsOut(typ, id string, given map[string]any) []string {
	if data, _ := given["data"].(map[string]any); typ == configMapType && id == "kube-system/cloud" && data["by"] != "cloud" {
		return []string{"nodes"}
	}
	return nil
}

func (c exampleCluster) Defines(group string) bool { return group == c.String("defines") }

func (c exampleCluster) Assume(annotations sandbox.Inputs, subject string) string {
	if identity, ok := annotations.Text("example.com/identity"); ok {
		return subject + " is not " + identity
	}
	return ""
}

func (c exampleCluster) Balance(annotations sandbox.Inputs) string {
	if size, ok := annotations.Text("example.com/size"); ok {
		return "there is no load balancer of size " + size
	}
	return ""
}

func (c exampleCluster) Address(string) map[string]any { return fields{"ip": "192.0.2.1"} }

// set gives the cluster of a test a property.
func (c *fixture) set(property string, value any) {
	c.t.Helper()
	require.NoError(c.t, c.cloud.Do(func() error {
		changed := *c.cloud.Object(sandbox.Key(clusterType, "", "", "main"))
		changed.Inputs = fields{"endpoint": endpoint, property: value}
		return c.cloud.Put(&changed)
	}))
}

func TestClusterDecidesWhoEnters(t *testing.T) {
	t.Parallel()
	c := newCluster(t, fields{"kubeconfig": testKubeconfig, "clusterIdentifier": "main"})
	c.set("lets", "credential")
	_, err := c.create(configMapType, "default/main", nil)
	assert.EqualError(t, err, "configured Kubernetes cluster is unreachable: unable to load schema information from the API server: it lets only credential into main")
	kubeconfig := `{"current-context": "main", "contexts": [{"name": "main", "context": {"cluster": "main", "user": "ptd"}}],
		"clusters": [{"name": "main", "cluster": {"server": "` + endpoint + `"}}],
		"users": [{"name": "ptd", "user": {"exec": {"command": "credential", "args": ["a"]}}}]}`
	inside := &fixture{t, c.cloud, New(c.cloud)}
	inside.configure(fields{"kubeconfig": kubeconfig, "clusterIdentifier": "main"})
	inside.mustCreate(configMapType, "default/main", nil)
	outside := &fixture{t, c.cloud, New(c.cloud)}
	outside.configure(fields{"kubeconfig": kubeconfig, "clusterIdentifier": "other"})
	_, err = outside.create(configMapType, "default/second", nil)
	assert.EqualError(t, err, "configured Kubernetes cluster is unreachable: unable to load schema information from the API server: it lets only credential into main")
}

func TestCloudProvidesObjects(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	_, err := c.create(configMapType, "kube-system/cloud", fields{"data": fields{"by": "others"}})
	assert.ErrorContains(t, err, `conflict with "eks" using v1: .data.by`)
	_, err = c.patch(configMapType, "kube-system/cloud", fields{"data": fields{"more": "x"}})
	require.NoError(t, err)
	assert.Equal(t, fields{"by": "cloud", "more": "x"}, c.live(configMapType, "kube-system/cloud", "data"))

	_, err = c.patch(configMapType, "kube-system/cloud", fields{"data": fields{"by": "others"}, "metadata": taking("kube-system/cloud")})
	assert.EqualError(t, err, `the sandbox refuses this change of ConfigMap "kube-system/cloud": the nodes of nodes would be shut out of the cluster, as neither it nor an access entry lets them in`)
}

func TestCloudBringsDefinitions(t *testing.T) {
	t.Parallel()
	const class = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"
	c := openCluster(t)
	_, err := c.create(class, "default/main", nil)
	assert.ErrorContains(t, err, `no matches for kind "SecretProviderClass"`)
	c.set("defines", "secrets-store.csi.x-k8s.io")
	c.mustCreate(class, "default/main", fields{"spec": fields{"provider": "aws"}})
	_, err = c.create(class, "default/second", fields{"spec": fields{"providr": "aws"}})
	assert.EqualError(t, err, `SecretProviderClass.secrets-store.csi.x-k8s.io "second" is invalid: unknown field "spec.providr"`)
}

func TestClustersOfTheSandbox(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	clusters := Clusters(c.cloud, Options{})
	_, err := clusters.Cluster(context.Background(), "second")
	assert.EqualError(t, err, "reach cluster second: not found")
	cluster, err := clusters.Cluster(context.Background(), "main")
	require.NoError(t, err)
	_, err = cluster.Chart(context.Background(), "helm-controller", "loki")
	assert.EqualError(t, err, "chart helm-controller/loki: not found")
}
