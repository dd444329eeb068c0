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

// patch applies a patch of a kind.
func (c *fixture) patch(target, where string, patch fields) (plugin.CreateResponse, error) {
	c.t.Helper()
	kind, _ := kindOf(target)
	all := fields{"kind": kind.Kind}
	for name, value := range patch {
		all[name] = value
	}
	urn, inputs := object(target+"Patch", where, all)
	checked, err := c.provider.Check(context.Background(), plugin.CheckRequest{URN: urn, News: inputs})
	require.NoError(c.t, err)
	if len(checked.Failures) > 0 {
		return plugin.CreateResponse{}, assert.AnError
	}
	return c.provider.Create(context.Background(), plugin.CreateRequest{URN: urn, Properties: checked.Properties})
}

// live is a field of an object as the cluster has it.
func (c *fixture) live(token, id, field string) any {
	c.t.Helper()
	list, err := c.cloud.List()
	require.NoError(c.t, err)
	for _, object := range list {
		if object.Type == token && object.ID == id {
			return object.Get(field)
		}
	}
	return nil
}

// taking is the metadata of a patch that takes fields by force.
func taking(where string) fields {
	metadata := fields{"name": where, "annotations": fields{patchForce: "true"}}
	if namespace, name, ok := strings.Cut(where, "/"); ok {
		metadata["name"], metadata["namespace"] = name, namespace
	}
	return metadata
}

// What only the patch has set goes with it, also what it took from others by force; what
// others have set too stays. (docs/reference/real-plugins.md 2, row 1)
func TestPatchIsRelinquished(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	const class = "kubernetes:storage.k8s.io/v1:StorageClass"
	require.NoError(t, c.cloud.DeclareExternal(sandbox.Object{
		Provider: name, Type: class, ID: "fast", Account: endpoint, Inputs: fields{
			"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "ebs.csi.aws.com",
			"metadata": fields{"name": "fast", "annotations": fields{"storageclass.kubernetes.io/is-default-class": "true", "kept": "yes"}},
		},
	}))
	annotations := func() fields { return c.live(class, "fast", "metadata").(fields)["annotations"].(fields) }
	set := func(value string) fields {
		return fields{"metadata": fields{"name": "fast", "annotations": fields{"storageclass.kubernetes.io/is-default-class": value, patchForce: "true"}}}
	}
	_, err := c.patch(class, "fast", set("true"))
	require.NoError(t, err)
	require.NoError(t, c.remove(class+"Patch", "fast"))
	assert.Equal(t, fields{"storageclass.kubernetes.io/is-default-class": "true", "kept": "yes"}, annotations(), "its maker has set the same")
	_, err = c.patch(class, "fast", set("false"))
	require.NoError(t, err)
	assert.Equal(t, fields{"storageclass.kubernetes.io/is-default-class": "false", "kept": "yes", patchForce: "true"}, annotations())
	require.NoError(t, c.remove(class+"Patch", "fast"))
	assert.Equal(t, fields{"kept": "yes"}, annotations(), "it does not come back")

	_, err = c.patch(class, "fast", fields{"unknown": "field"})
	assert.Equal(t, assert.AnError, err, "patches decode strictly, too")
	_, err = c.patch(class, "fast", set("false"))
	require.NoError(t, err)
	assert.Equal(t, []string{"StorageClass fast"}, c.objects(), "a patch is no object")
	c.delete(class, "fast")
	require.NoError(t, c.remove(class+"Patch", "fast"))

	c.mustCreate(configMapType, "default/main", fields{"data": fields{"roles": "a"}})
	_, err = c.patch(configMapType, "default/main", fields{"data": fields{"roles": "b"}, "metadata": taking("default/main")})
	require.NoError(t, err)
	require.NoError(t, c.remove(configMapType+"Patch", "default/main"))
	assert.Nil(t, c.live(configMapType, "default/main", "data"), "all of the data was taken by force")
}

// A patch makes what is not there, if that can be. (docs/reference/real-plugins.md 2, row 2)
func TestPatchMakesItsObject(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	_, err := c.patch("kubernetes:storage.k8s.io/v1:StorageClass", "fast", fields{})
	assert.EqualError(t, err, `StorageClass.storage.k8s.io "fast" is invalid: provisioner: Required value`)
	_, err = c.patch(definitionType, "nodepools.karpenter.sh", fields{})
	assert.ErrorContains(t, err, "is invalid")
	_, err = c.patch("kubernetes:operator.tigera.io/v1:Installation", "default", fields{})
	assert.EqualError(t, err, `no matches for kind "Installation" in version "operator.tigera.io/v1": its CustomResourceDefinition is not in the cluster`)
	_, err = c.patch(configMapType, "absent/main", fields{})
	assert.EqualError(t, err, `namespaces "absent" not found`)
	_, err = c.patch(configMapType, "default/main", fields{"data": fields{"a": "b"}})
	require.NoError(t, err)
	assert.Equal(t, fields{"a": "b"}, c.live(configMapType, "default/main", "data"))
	require.NoError(t, c.remove(configMapType+"Patch", "default/main"))
	assert.Equal(t, []string{"ConfigMap default/main"}, c.objects(), "it stays, without the fields")
	assert.Nil(t, c.live(configMapType, "default/main", "data"))

	const class = "kubernetes:storage.k8s.io/v1:StorageClass"
	c.mustCreate(class, "fast", fields{"provisioner": "ebs.csi.aws.com"})
	_, err = c.patch(class, "fast", fields{"provisioner": "ebs.csi.aws.com"})
	require.NoError(t, err)
	c.delete(class, "fast")
	_, err = c.patch(class, "fast", fields{"provisioner": "ebs.csi.aws.com"})
	require.NoError(t, err)
	assert.ErrorContains(t, c.remove(class+"Patch", "fast"), "this Patch resource is currently managing a required field, so it can't be deleted directly")
}

func TestPatchIsUpdated(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.mustCreate(configMapType, "default/main", fields{"data": fields{"own": "a"}})
	_, err := c.patch(configMapType, "default/main", fields{"data": fields{"first": "b"}})
	require.NoError(t, err)
	assert.Equal(t, fields{"own": "a", "first": "b"}, c.live(configMapType, "default/main", "data"))
	urn, inputs := object(configMapType+"Patch", "default/main", fields{"kind": "ConfigMap", "data": fields{"second": "c"}})
	_, err = c.provider.Update(context.Background(), plugin.UpdateRequest{URN: urn, ID: "default/main", NewInputs: inputs})
	require.NoError(t, err)
	assert.Equal(t, fields{"own": "a", "second": "c"}, c.live(configMapType, "default/main", "data"))

	owner, next := object(configMapType, "default/main", fields{"data": fields{"own": "d"}})
	_, err = c.provider.Update(context.Background(), plugin.UpdateRequest{URN: owner, ID: "default/main", NewInputs: next})
	require.NoError(t, err)
	assert.Equal(t, fields{"own": "d", "second": "c"}, c.live(configMapType, "default/main", "data"), "its owner's update leaves the patch")

	c.delete(configMapType+"Patch", "default/main")
	_, err = c.patch(configMapType, "default/main", fields{"data": fields{"own": "e"}})
	assert.EqualError(t, err, `server-side apply field conflict: apply failed with 1 conflict: conflict with "`+fieldManager(string(owner))+
		`" using v1: .data.own; the annotation pulumi.com/patchForce lets the patch take the field`)
	_, err = c.patch(configMapType, "default/main", fields{"data": fields{"own": "e"}, "metadata": taking("default/main")})
	require.NoError(t, err)
	assert.Equal(t, fields{"own": "e"}, c.live(configMapType, "default/main", "data"))
	_, err = c.provider.Update(context.Background(), plugin.UpdateRequest{URN: owner, ID: "default/main", NewInputs: next})
	assert.ErrorContains(t, err, "conflict with", "what was taken is not its owner's any more")
}

// The provider takes custom kinds that it patches for namespaced, and writes the namespace
// into the inputs: no change, and dropped where there is none. (docs/reference/real-plugins.md
// 2, row 9)
func TestPatchOfWhatHasNoNamespace(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	const installation = "kubernetes:operator.tigera.io/v1:Installation"
	c.mustInstall(releaseInputs("tigera-operator", "default", nil))
	urn, inputs := object(installation+"Patch", "default", fields{"kind": "Installation", "spec": fields{"registry": "docker.io"}, "metadata": taking("default")})
	checked, err := c.provider.Check(context.Background(), plugin.CheckRequest{URN: urn, News: inputs})
	require.NoError(t, err)
	metadata := sandbox.PlainMap(checked.Properties)["metadata"].(fields)
	assert.Equal(t, "default", metadata["namespace"])
	made, err := c.provider.Create(context.Background(), plugin.CreateRequest{URN: urn, Properties: checked.Properties})
	require.NoError(t, err)
	assert.Equal(t, "default", string(made.ID))
	for _, pair := range [][2]resource.PropertyMap{{inputs, checked.Properties}, {checked.Properties, inputs}} {
		answer, err := c.provider.Diff(context.Background(), plugin.DiffRequest{URN: urn, ID: made.ID, OldInputs: pair[0], NewInputs: pair[1]})
		require.NoError(t, err)
		assert.Equal(t, plugin.DiffNone, answer.Changes)
	}
	checked, err = c.provider.Check(context.Background(), plugin.CheckRequest{URN: urn.Rename("class"), News: sandbox.Properties(fields{
		"apiVersion": "operator.tigera.io/v1", "kind": "Installation", "metadata": fields{"name": "default", "namespace": "other"},
	})})
	require.NoError(t, err)
	assert.Equal(t, "other", sandbox.PlainMap(checked.Properties)["metadata"].(fields)["namespace"])
}

func TestPatchOfCalico(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	const installation = "kubernetes:operator.tigera.io/v1:Installation"
	calico := fields{"spec": fields{"cni": fields{"type": "Calico", "ipam": fields{"type": "Calico"}}}}
	c.mustInstall(releaseInputs("tigera-operator", "default", fields{"values": fields{"installation": fields{"registry": "quay.io"}}}))
	_, err := c.patch(installation, "default", calico)
	require.NoError(t, err)
	assert.Equal(t, fields{"registry": "quay.io", "cni": fields{"type": "Calico", "ipam": fields{"type": "Calico"}}}, c.live(installation, "default", "spec"))
	c.delete(installation+"Patch", "default")
	_, err = c.patch(installation, "default", fields{"spec": fields{"registry": "docker.io"}})
	assert.ErrorContains(t, err, `conflict with "helm" using operator.tigera.io/v1: .spec.registry`)
	_, err = c.patch(installation, "default", fields{"spec": fields{"cni": fields{"type": "None"}}})
	assert.EqualError(t, err, `Installation.operator.tigera.io "default" is invalid: spec.cni.type in body should be one of [Calico GKE AmazonVPC AzureVNET]`)
}

// A patch waits for what a controller tells, as the provider does.
func TestPatchWaits(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	const server = "kubernetes:operator.tigera.io/v1:APIServer"
	wait := func(what string) error {
		_, err := c.patch(server, "default", fields{"metadata": fields{"name": "default", "annotations": fields{waitFor: what}}})
		return err
	}
	assert.ErrorContains(t, wait("jsonpath={.status.state}=Ready"), `no matches for kind "APIServer"`)
	c.mustInstall(releaseInputs("tigera-operator", "default", nil))
	require.NoError(t, wait("jsonpath={.status.state}=Ready"))
	c.delete(server+"Patch", "default")
	assert.EqualError(t, wait("jsonpath={.status.state}=Degraded"), "timed out waiting for APIServer default: .status.state is Ready, want Degraded")
	assert.EqualError(t, wait("condition=Ready"), "the sandbox does not simulate the annotation pulumi.com/waitFor: condition=Ready")
}

// Calico's operator makes a FelixConfiguration itself, which its chart takes over only
// when it bears Helm's marks. (docs/reference/aws-workload-eks.md 6.11)
func TestFelixConfigurationIsAdopted(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	const felix = "kubernetes:crd.projectcalico.org/v1:FelixConfiguration"
	inputs := releaseInputs("tigera-operator", "default", nil)
	c.mustInstall(inputs)
	urn := resource.NewURN("stack", "project", "", releaseType, "tigera-operator")
	inputs["values"] = fields{"defaultFelixConfiguration": fields{"enabled": true}}
	upgrade := func() error {
		_, err := c.provider.Update(context.Background(), plugin.UpdateRequest{URN: urn, ID: "default/tigera-operator", NewInputs: sandbox.Properties(inputs)})
		return err
	}
	assert.ErrorContains(t, upgrade(), `FelixConfiguration "default" in namespace "" exists and cannot be imported into the current release`)
	_, err := c.patch(felix, "default", fields{"metadata": fields{
		"name": "default", "labels": fields{managedBy: "Helm"},
		"annotations": fields{releaseName: "tigera-operator", releaseNamespace: "default"},
	}})
	require.NoError(t, err)
	assert.NoError(t, upgrade())
}
