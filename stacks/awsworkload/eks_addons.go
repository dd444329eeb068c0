package awsworkload

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/aws"
	"github.com/ptd-go/ptd/components/kubernetes"
)

// The versions of add-ons that ptd was tested with, for keys without a default.
const (
	efsCSIAddonVersion       = "v2.1.8-eksbuild.1"
	secretsStoreAddonVersion = "v2.2.2-eksbuild.1"
)

func (r *eksRelease) makeCalico() error {
	if !r.cluster.CalicoEnabled {
		return nil
	}
	version := r.cluster.Components.TigeraOperatorVersion
	if installed := r.existing.CalicoVersion; installed != "" && installed != version && !r.cluster.Gives("components.tigera_operator_version") {
		if err := r.ctx.Log.Warn(fmt.Sprintf("Calico of release %s stays at version %s, with which it was installed; the default is %s: "+
			"set components.tigera_operator_version to keep the one or to move to the other", r.release, installed, version), nil); err != nil {
			return err
		}
		version = installed
	}
	args := &kubernetes.CalicoArgs{
		Installation:        kubernetes.Installation{Version: version, Overrides: r.cluster.ChartValues[kubernetes.TigeraOperator]},
		PodCIDR:             r.cluster.PodCIDR,
		WithoutUsageReports: !r.config.ThirdPartyTelemetryEnabled,
		NamespaceName:       r.name + "-tigera-ns",
	}
	args.Marked, args.MarksName = r.existing.CalicoMarks, r.name
	if r.existing.Adopted {
		args.TakeOverFrom = r.name + "-installation-cni-patch"
	}
	_, err := kubernetes.NewCalico(r.ctx, r.name+"-tigera-operator", args, r.inCluster)
	return err
}

func (r *eksRelease) makeStorageClasses() error {
	_, err := kubernetes.NewStorageClasses(r.ctx, r.name, &kubernetes.StorageClassesArgs{AddonClass: r.existing.Adopted}, r.inCluster)
	return err
}

// makeAddons makes the add-ons. They are only ready on ready nodes, so they wait for them.
// What EKS installs itself, coredns and kube-proxy, becomes an add-on only with a version
// that the configuration gives: EKS moves an add-on without one no more than its own, no
// version fits all of Kubernetes', and taking over overwrites a Corefile that was changed.
// (docs/reference/aws-workload-eks.md 6.8, 12)
func (r *eksRelease) makeAddons() error {
	role, err := r.driverRole("ebs", "AmazonEBSCSIDriverPolicy")
	if err != nil {
		return err
	}
	if err := r.addon("ebs-csi", &aws.EKSAddonArgs{
		Addon: "aws-ebs-csi-driver", Version: r.cluster.EBSCSIAddonVersion, ServiceAccountRoleARN: role,
		// ptd's own classes are there instead: the add-on's does not encrypt.
		Configuration: map[string]any{"defaultStorageClass": map[string]any{"enabled": r.existing.Adopted}},
	}); err != nil {
		return err
	}
	if r.cluster.EnableEFSCSIDriver {
		role, err := r.driverRole("efs", "AmazonEFSCSIDriverPolicy")
		if err != nil {
			return err
		}
		version, keep := pinned(r.cluster.EFSCSIAddonVersion, efsCSIAddonVersion)
		if err := r.addon("efs-csi", &aws.EKSAddonArgs{
			Addon: "aws-efs-csi-driver", Version: version, KeepVersion: keep, ServiceAccountRoleARN: role,
		}); err != nil {
			return err
		}
	}
	if r.config.SecretsStoreAddonEnabled {
		version, keep := pinned(r.cluster.SecretsStoreAddonVersion, secretsStoreAddonVersion)
		const addon = "aws-secrets-store-csi-driver-provider"
		if err := r.addon(addon, &aws.EKSAddonArgs{
			Addon: addon, Version: version, KeepVersion: keep, Configuration: secretsStoreConfiguration(),
		}); err != nil {
			return err
		}
	}
	for _, own := range []struct{ addon, version string }{
		{"coredns", r.cluster.CorednsAddonVersion}, {"kube-proxy", r.cluster.KubeProxyAddonVersion},
	} {
		if own.version == "" {
			continue
		}
		if err := r.addon(own.addon, &aws.EKSAddonArgs{Addon: own.addon, Version: own.version, TakeOver: true}); err != nil {
			return err
		}
	}
	return nil
}

func (r *eksRelease) addon(suffix string, args *aws.EKSAddonArgs) error {
	args.Cluster, args.Tags = r.made, map[string]string{"Name": r.name}
	for key, value := range r.tags {
		args.Tags[key] = value
	}
	if _, err := aws.NewEKSAddon(r.ctx, r.name+"-"+suffix, args, r.child, pulumi.DependsOn(r.nodes)); err != nil {
		return fmt.Errorf("%s: %w", args.Addon, err)
	}
	return nil
}

// pinned is the version to install, and whether one that is installed stays.
func pinned(configured, tested string) (version string, keep bool) {
	if configured != "" {
		return configured, false
	}
	return tested, true
}

// driverRole makes the role of a storage driver's controller.
func (r *eksRelease) driverRole(driver, policy string) (pulumi.StringOutput, error) {
	role, err := aws.NewServiceAccountRole(r.ctx, r.config.CSIDriverRoleName(r.release, driver), &aws.ServiceAccountRoleArgs{
		Namespace:           "kube-system",
		ServiceAccounts:     []string{driver + "-csi-controller-sa"},
		Issuers:             pulumi.StringArray{r.made.OIDCIssuer},
		AccountID:           pulumi.String(r.config.AccountID),
		PermissionsBoundary: pulumi.String(r.config.BoundaryARN()),
		Tags:                r.tags,
		ManagedPolicies: []aws.ManagedPolicy{{
			Name: r.name + "-" + driver + "-csi-driver", ARN: pulumi.String("arn:aws:iam::aws:policy/service-role/" + policy),
		}},
	}, r.child)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return role.ARN, nil
}

// secretsStoreConfiguration lets the driver run beside sessions, and keep secrets fresh,
// as often as the chart does.
func secretsStoreConfiguration() map[string]any {
	return map[string]any{
		"tolerations": []any{map[string]any{"key": "workload-type", "operator": "Equal", "value": "session", "effect": "NoSchedule"}},
		"secrets-store-csi-driver": map[string]any{
			"enableSecretRotation": true, "rotationPollInterval": "2m", "syncSecret": map[string]any{"enabled": true},
		},
	}
}
