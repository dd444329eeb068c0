package kubernetes

import (
	"context"
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

func TestPatch(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	const class = "kubernetes:storage.k8s.io/v1:StorageClass"
	_, err := c.patch(class, "fast", fields{})
	assert.EqualError(t, err, `storageclasses.storage.k8s.io "fast" not found: a patch needs the object that it changes`)
	_, err = c.patch("kubernetes:operator.tigera.io/v1:Installation", "default", fields{})
	assert.EqualError(t, err, `no matches for kind "Installation" in version "operator.tigera.io/v1": its CustomResourceDefinition is not in the cluster`)

	require.NoError(t, c.cloud.DeclareExternal(sandbox.Object{
		Provider: name, Type: class, ID: "fast", Account: endpoint, Inputs: fields{
			"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "ebs.csi.aws.com",
			"metadata": fields{"name": "fast", "annotations": fields{"storageclass.kubernetes.io/is-default-class": "true", "kept": "yes"}},
		},
	}))
	annotations := func() fields {
		return c.live(class, "fast", "metadata").(fields)["annotations"].(fields)
	}
	off := fields{"metadata": fields{"name": "fast", "annotations": fields{"storageclass.kubernetes.io/is-default-class": "false"}}}
	_, err = c.patch(class, "fast", off)
	require.NoError(t, err)
	assert.Equal(t, fields{"storageclass.kubernetes.io/is-default-class": "false", "kept": "yes"}, annotations())
	require.NoError(t, c.remove(class+"Patch", "fast"))
	assert.Equal(t, fields{"storageclass.kubernetes.io/is-default-class": "true", "kept": "yes"}, annotations())

	_, err = c.patch(class, "fast", fields{"unknown": "field"})
	assert.Equal(t, assert.AnError, err, "patches decode strictly, too")
	_, err = c.patch(class, "fast", off)
	require.NoError(t, err)
	c.delete(class, "fast")
	assert.Empty(t, c.objects(), "a patch goes with its object")
	require.NoError(t, c.remove(class+"Patch", "fast"))
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

	urn, inputs = object(configMapType, "default/main", fields{"data": fields{"own": "d"}})
	_, err = c.provider.Update(context.Background(), plugin.UpdateRequest{URN: urn, ID: "default/main", NewInputs: inputs})
	require.NoError(t, err)
	assert.Equal(t, fields{"own": "d", "second": "c"}, c.live(configMapType, "default/main", "data"), "its owner's update leaves the patch")

	c.delete(configMapType+"Patch", "default/main")
	_, err = c.patch(configMapType, "default/main", fields{"data": fields{"own": "e"}})
	assert.EqualError(t, err, `server-side apply field conflict: apply failed with 1 conflict: conflict with "pulumi-kubernetes" using v1: .data.own; the annotation pulumi.com/patchForce lets the patch take the field`)
	_, err = c.patch(configMapType, "default/main", fields{"data": fields{"own": "e"}, "metadata": fields{
		"name": "main", "namespace": "default", "annotations": fields{patchForce: "true"}}})
	require.NoError(t, err)
	assert.Equal(t, fields{"own": "e"}, c.live(configMapType, "default/main", "data"))
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
