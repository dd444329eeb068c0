package awsworkload

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/aws"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
	"github.com/ptd-go/ptd/stacks/workload"
)

// The names that EKS has for the add-ons.
const (
	ebsDriverAddon    = "aws-ebs-csi-driver"
	efsDriverAddon    = "aws-efs-csi-driver"
	secretsStoreAddon = "aws-secrets-store-csi-driver-provider"
)

// The versions of add-ons that ptd was tested with, for keys without a default.
const (
	efsCSIAddonVersion       = "v2.1.8-eksbuild.1"
	secretsStoreAddonVersion = "v2.2.2-eksbuild.1"
)

// keep is the configuration of a release's cluster with what is live in place of defaults
// that are for new clusters; notes say where these have moved on.
func (existing ExistingCluster) keep(release string, cluster config.AWSCluster) (kept config.AWSCluster, notes []string) {
	kept = cluster
	for _, setting := range []struct {
		what, key, live, form, fallback string
		value                           *string
	}{
		{what: "Kubernetes", key: "cluster_version", live: existing.Version, value: &kept.ClusterVersion},
		{what: "Calico", key: "components.tigera_operator_version", live: existing.CalicoVersion, value: &kept.Components.TigeraOperatorVersion},
		{what: "add-on " + ebsDriverAddon, key: "ebs_csi_addon_version", live: existing.Addons[ebsDriverAddon], value: &kept.EBSCSIAddonVersion},
		{
			what: "add-on " + efsDriverAddon, key: "efs_csi_addon_version", live: existing.Addons[efsDriverAddon], value: &kept.EFSCSIAddonVersion,
			fallback: efsCSIAddonVersion,
		},
		{
			what: "add-on " + secretsStoreAddon, key: "secrets_store_addon_version", live: existing.Addons[secretsStoreAddon],
			value: &kept.SecretsStoreAddonVersion, fallback: secretsStoreAddonVersion,
		},
		{
			what: "the role of the EBS driver", key: "ebs_csi_driver_policy", live: existing.EBSDriverPolicy, value: &kept.EBSCSIDriverPolicy,
			form: "the policy %v",
		},
	} {
		value, note := workload.Kept[string]{
			What: setting.what + " of release " + release, Key: "clusters." + release + ".spec." + setting.key,
			Configured: cmp.Or(*setting.value, setting.fallback), Given: cluster.Gives(setting.key), Live: setting.live, Form: setting.form,
		}.Value()
		if *setting.value = value; note != "" {
			notes = append(notes, note)
		}
	}
	return kept, notes
}

// keep gives a node group the version of Kubernetes that it has, until the configuration
// names one: the group's own, should somebody have moved the control plane on alone.
func (r *eksRelease) keepVersion(args *aws.EKSNodeGroupArgs, group ExistingNodeGroup) {
	if group.Version != "" && !r.cluster.Gives("cluster_version") {
		args.Version = group.Version
	}
}

// subnets are those of the cluster and its node groups. One that is there keeps its own as
// long as they are in the network: EKS never lets a cluster into another availability zone, and
// a node group with other subnets is another node group. In a preview of a network that
// changes the list is not known, and what is live is.
func (r *eksRelease) subnets() (pulumi.StringArrayInput, error) {
	ids, known, err := output.Await[[]string](r.ctx.Context(), r.in.Persistent.PrivateSubnetIDs)
	if err != nil {
		return nil, fmt.Errorf("subnets of release %s: %w", r.release, err)
	}
	missing := func(id string) bool { return known && !slices.Contains(ids, id) }
	if len(r.existing.Subnets) == 0 || slices.ContainsFunc(r.existing.Subnets, missing) {
		return r.in.Persistent.PrivateSubnetIDs, nil
	}
	return pulumi.ToStringArray(r.existing.Subnets), nil
}

// CheckNetwork refuses to take availability zones away that clusters are in, which EKS would
// refuse after the rest of the zone is gone. subnets are those that state has.
func CheckNetwork(w *config.AWSWorkload, existing map[string]ExistingCluster, subnets []StateResource) error {
	if w.ProvisionedVpc != nil {
		return nil
	}
	for release := range w.SortedClusters() {
		for _, subnet := range subnets {
			zone, found := strings.CutPrefix(subnet.Name, w.CompoundName()+"-private-az")
			number, err := strconv.Atoi(zone)
			_, id, _ := strings.Cut(workload.TextAt(subnet.Outputs, "arn"), ":subnet/")
			if found && err == nil && number > w.VpcAZCount && slices.Contains(existing[release].Subnets, id) {
				return fmt.Errorf("release %s: its cluster is in subnet %s (%s): EKS does not let a cluster out of an availability zone: "+
					"set vpc_az_count: %d, or remove the release first", release, subnet.Name, id, number)
			}
		}
	}
	return nil
}

// CheckClusters refuses what EKS would refuse of the clusters of a workload that are there,
// and what would break them.
func CheckClusters(w *config.AWSWorkload, existing map[string]ExistingCluster) error {
	for release, cluster := range w.SortedClusters() {
		if found, exists := existing[release]; exists {
			kept, _ := found.keep(release, cluster)
			if err := found.check(kept); err != nil {
				return fmt.Errorf("release %s: %w", release, err)
			}
		}
	}
	return nil
}
