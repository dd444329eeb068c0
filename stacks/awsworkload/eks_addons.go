package awsworkload

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/aws"
	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

func (r *eksRelease) makeCalico() error {
	if !r.cluster.CalicoEnabled {
		return nil
	}
	args := &kubernetes.CalicoArgs{
		Installation: kubernetes.Installation{
			Version: r.cluster.Components.TigeraOperatorVersion, Overrides: r.cluster.ChartValues[kubernetes.TigeraOperator],
		},
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
	role, err := r.driverRole("ebs", aws.EBSDriverPolicyARN(r.cluster.EBSCSIDriverPolicy))
	if err != nil {
		return err
	}
	if err := r.addon("ebs-csi", &aws.EKSAddonArgs{
		Addon: ebsDriverAddon, Version: r.cluster.EBSCSIAddonVersion, ServiceAccountRoleARN: role,
		Configuration: r.ebsDriverConfiguration(),
	}); err != nil {
		return err
	}
	if r.cluster.EnableEFSCSIDriver {
		role, err := r.driverRole("efs", "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy")
		if err != nil {
			return err
		}
		if err := r.pinned("efs-csi", "efs_csi_addon_version", &aws.EKSAddonArgs{
			Addon: efsDriverAddon, Version: cmp.Or(r.cluster.EFSCSIAddonVersion, efsCSIAddonVersion), ServiceAccountRoleARN: role,
		}); err != nil {
			return err
		}
	}
	if secretsStoreByAddon(r.ctx.Log, r.config, r.release, r.existing, r.in.ExistingCharts[r.release]) {
		if err := r.pinned(secretsStoreAddon, "secrets_store_addon_version", &aws.EKSAddonArgs{
			Addon: secretsStoreAddon, Version: cmp.Or(r.cluster.SecretsStoreAddonVersion, secretsStoreAddonVersion),
			Configuration: secretsStoreConfiguration(),
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

// ebsDriverConfiguration leaves the default class to ptd's own, because the add-on's does not
// encrypt, and has the tags of resource_tags put on the volumes that the driver makes. A live
// add-on keeps what it has, and so do the volumes that are there
// (docs/reference/aws-workload-eks.md 12).
func (r *eksRelease) ebsDriverConfiguration() map[string]any {
	configuration := map[string]any{"defaultStorageClass": map[string]any{"enabled": r.existing.Adopted}}
	if tags := volumeTags(r.config.ResourceTags); len(tags) > 0 {
		configuration["controller"] = map[string]any{"extraVolumeTags": tags}
	}
	return configuration
}

// volumeTags are the tags that the driver can be told on its command line, as key=value, and
// that are not its own or ptd's.
func volumeTags(given map[string]string) map[string]any {
	tags := map[string]any{}
	for key, value := range given {
		ours := slices.Contains([]string{config.TagTrueName, config.TagEnvironment, "Name"}, key)
		if !ours && value != "" && !strings.ContainsAny(key, "=") && !strings.HasPrefix(key, "kubernetes.io/") && !strings.HasPrefix(key, "ebs.csi.aws.com/") {
			tags[key] = value
		}
	}
	return tags
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

// pinned makes an add-on that older programs made without a version, which then stays
// without.
func (r *eksRelease) pinned(suffix, key string, args *aws.EKSAddonArgs) error {
	args.KeepVersion = !r.cluster.Gives(key)
	return r.addon(suffix, args)
}

// driverRole makes the role of a storage driver's controller.
func (r *eksRelease) driverRole(driver, policyARN string) (pulumi.StringOutput, error) {
	role, err := aws.NewServiceAccountRole(r.ctx, r.config.CSIDriverRoleName(r.release, driver), &aws.ServiceAccountRoleArgs{
		Namespace:           "kube-system",
		ServiceAccounts:     []string{driver + "-csi-controller-sa"},
		Issuers:             pulumi.StringArray{r.made.OIDCIssuer},
		AccountID:           pulumi.String(r.config.AccountID),
		PermissionsBoundary: pulumi.String(r.config.BoundaryARN()),
		Tags:                r.tags,
		ManagedPolicies: []aws.ManagedPolicy{{
			Name: r.name + "-" + driver + "-csi-driver", ARN: pulumi.String(policyARN),
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
