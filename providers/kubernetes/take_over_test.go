package kubernetes

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
)

func TestTakesOver(t *testing.T) {
	t.Parallel()
	for typ, want := range map[string]bool{
		"kubernetes:core/v1:ConfigMap": true, "kubernetes:core/v1:ConfigMapPatch": false, "kubernetes:helm.sh/v3:Release": false,
		"kubernetes:helm.cattle.io/v1:HelmChart": true, "aws:s3/bucket:Bucket": false,
	} {
		assert.Equal(t, want, TakesOver(typ), typ)
	}
	assert.True(t, IsPatch("kubernetes:core/v1:ConfigMapPatch"))
	assert.False(t, IsPatch("aws:ssm/patch:Patch"))
}

// Who made an object is told by Helm's marks and by the managers of its fields.
func TestMadeBy(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	managers := func(names ...string) object {
		var list []any
		for _, name := range names {
			list = append(list, object{"manager": name})
		}
		return object{"managedFields": list}
	}
	for _, test := range []struct {
		metadata object
		who      string
		pulumi   bool
	}{
		{managers("kubectl-create", "kube-controller-manager"), "kubectl-create, kube-controller-manager", false},
		{managers("kubectl-edit", "pulumi-kubernetes-1f2e3d4c"), "a Pulumi program (pulumi-kubernetes-1f2e3d4c)", true},
		{object{"labels": object{"app.kubernetes.io/managed-by": "pulumi"}}, "a Pulumi program", true},
		{object{
			"labels": object{"app.kubernetes.io/managed-by": "Helm"}, "annotations": object{"meta.helm.sh/release-name": "loki"},
		}, "the Helm release loki", false},
		{object{}, "somebody", false},
	} {
		who, pulumi := MadeBy(resource.NewPropertyMapFromMap(object{"metadata": test.metadata}))
		assert.Equal(t, test.who, who)
		assert.Equal(t, test.pulumi, pulumi, test.who)
	}
	who, pulumi := MadeBy(nil)
	assert.Equal(t, "somebody", who)
	assert.False(t, pulumi)
}

func TestForce(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	inputs := resource.NewPropertyMapFromMap(object{"metadata": object{"name": "main", "annotations": object{"a": "b"}}, "data": object{"c": "d"}})
	assert.Equal(t, object{
		"metadata": object{"name": "main", "annotations": object{"a": "b", "pulumi.com/patchForce": "true"}}, "data": object{"c": "d"},
	}, Force(inputs).Mappable())
	assert.Equal(t, object{"a": "b"}, inputs.Mappable()["metadata"].(object)["annotations"], "the inputs stay as they were")
}
