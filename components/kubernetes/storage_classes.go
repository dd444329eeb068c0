package kubernetes

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// The storage classes that StorageClasses makes.
const (
	EncryptedStorageClass = "ebs-csi-default-sc-encrypted" // the default
	GP3StorageClass       = "gp3"
	// addonStorageClass is the one that the EBS add-on makes unless told not to; its volumes
	// are not encrypted.
	addonStorageClass = "ebs-csi-default-sc"
)

const defaultClass = "storageclass.kubernetes.io/is-default-class"

// StorageClassesArgs are the options of StorageClasses.
type StorageClassesArgs struct {
	// AddonClass says that the EBS add-on made a default class of its own, which is no
	// longer the default then.
	AddonClass bool
}

// StorageClasses are the storage classes of an EKS cluster with the EBS CSI driver. All
// encrypt volumes, make them where the pod runs, and let them grow.
type StorageClasses struct {
	pulumi.ResourceState

	// Default is the name of the default class.
	Default pulumi.StringOutput `pulumi:"default"`
}

// NewStorageClasses makes StorageClasses. Logical names are {name}-gp3 and
// {name}-ebs-csi-default-sc-encrypted.
//
// A class cannot change: one with the driver's retired name keeps it, which the driver
// serves too. (docs/reference/aws-workload-eks.md 13, 21.16)
func NewStorageClasses(ctx *pulumi.Context, name string, args *StorageClassesArgs, opts ...pulumi.ResourceOption) (*StorageClasses, error) {
	if args == nil {
		args = &StorageClassesArgs{}
	}
	made := &StorageClasses{}
	err := components.Register(ctx, "ptd:kubernetes:StorageClasses", name, made, func(child pulumi.ResourceOption) error {
		encrypted, err := storageClass(ctx, name, EncryptedStorageClass, "true", pulumi.Map{
			"parameters": pulumi.StringMap{"encrypted": pulumi.String("true")}, "reclaimPolicy": pulumi.String("Delete"),
		}, child)
		if err != nil {
			return err
		}
		if _, err := storageClass(ctx, name, GP3StorageClass, "false", pulumi.Map{
			"parameters": pulumi.StringMap{"type": pulumi.String("gp3"), "encrypted": pulumi.String("true")},
		}, child, pulumi.IgnoreChanges([]string{"provisioner"})); err != nil {
			return err
		}
		if args.AddonClass {
			// After the new default, so that there is one at any time.
			if _, err := NewPatch(ctx, name+"-ebs-csi-default-sc-patch", "storage.k8s.io/v1", "StorageClass",
				pulumi.Map{"metadata": classMetadata(addonStorageClass, "false")},
				child, pulumi.DependsOn([]pulumi.Resource{encrypted})); err != nil {
				return err
			}
		}
		made.Default = pulumi.String(EncryptedStorageClass).ToStringOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

func classMetadata(name, isDefault string) pulumi.Map {
	made := metadata("", name, nil)
	made["annotations"] = pulumi.StringMap{defaultClass: pulumi.String(isDefault)}
	return made
}

func storageClass(
	ctx *pulumi.Context, name, class, isDefault string, fields pulumi.Map, opts ...pulumi.ResourceOption,
) (*Object, error) {
	fields["metadata"] = classMetadata(class, isDefault)
	fields["provisioner"] = pulumi.String("ebs.csi.aws.com")
	fields["volumeBindingMode"] = pulumi.String("WaitForFirstConsumer")
	fields["allowVolumeExpansion"] = pulumi.Bool(true)
	return NewObject(ctx, name+"-"+class, "storage.k8s.io/v1", "StorageClass", fields, opts...)
}
