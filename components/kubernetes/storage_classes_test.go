package kubernetes

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

const storageClassType = "kubernetes:storage.k8s.io/v1:StorageClass"

func makeStorageClasses(args *StorageClassesArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewStorageClasses(ctx, "demo", args)
		return err
	}
}

func TestStorageClasses(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeStorageClasses(nil))
	r.Golden(t, "storage-classes")
	class := func(name, isDefault string, parameters map[string]any) map[string]any {
		return map[string]any{
			"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "ebs.csi.aws.com",
			"metadata":          map[string]any{"name": name, "annotations": map[string]any{"storageclass.kubernetes.io/is-default-class": isDefault}},
			"volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": true, "parameters": parameters,
		}
	}
	encrypted := class("ebs-csi-default-sc-encrypted", "true", map[string]any{"encrypted": "true"})
	encrypted["reclaimPolicy"] = "Delete"
	r.Find(t, storageClassType, "demo-ebs-csi-default-sc-encrypted").Exactly(t, encrypted)
	r.Find(t, storageClassType, "demo-gp3").Exactly(t, class("gp3", "false", map[string]any{"type": "gp3", "encrypted": "true"}))
}

// The add-on's class stops being the default after the new one is.
func TestStorageClassesBesideTheAddons(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeStorageClasses(&StorageClassesArgs{AddonClass: true}))
	r.Golden(t, "storage-classes-addon")
	patch := r.Find(t, storageClassType+"Patch", "demo-ebs-csi-default-sc-patch")
	patch.Exactly(t, map[string]any{
		"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
		"metadata": map[string]any{
			"name": "ebs-csi-default-sc", "annotations": map[string]any{
				"storageclass.kubernetes.io/is-default-class": "false", "pulumi.com/patchForce": "true",
			},
		},
	})
	if !slices.Contains(patch.DependsOn, storageClassType+" demo-ebs-csi-default-sc-encrypted") {
		t.Errorf("the patch waits for %v", patch.DependsOn)
	}
	componenttest.SamePreview(t, makeStorageClasses(&StorageClassesArgs{AddonClass: true}))
}

func ExampleNewStorageClasses() {
	program := func(ctx *pulumi.Context) error {
		classes, err := NewStorageClasses(ctx, "demo", nil)
		if err != nil {
			return err
		}
		ctx.Export("default_class", classes.Default)
		return nil
	}
	// In a program of your own: pulumi.Run(program), with a Kubernetes provider as an option.
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, class := range mocks.All(storageClassType) {
		fmt.Println(class.Physical())
	}
	// Output:
	// ebs-csi-default-sc-encrypted
	// gp3
}
