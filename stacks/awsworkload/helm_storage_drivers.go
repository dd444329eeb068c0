package awsworkload

import (
	"github.com/ptd-go/ptd/components/kubernetes"
)

// The ends of the logical names of the secrets store's charts.
const (
	secretsStoreDriver   = "-secret-store-csi-helm-release"
	secretsStoreProvider = "-secret-store-csi-provider-aws-helm-release"
)

// makeStorageDrivers installs the drivers that are no add-ons of EKS.
func (r *helmRelease) makeStorageDrivers() error {
	versions := r.cluster.Components
	_, err := kubernetes.NewOpenZFSDriver(r.ctx, r.name+"-aws-fsx-openzfs-csi-helm-release", &kubernetes.OpenZFSDriverArgs{
		Installation: r.charts.Controlled("aws-fsx-openzfs-csi", "components.aws_fsx_openzfs_csi_driver_version", versions.AWSFSxOpenZFSCSIDriverVersion),
		RoleARN:      r.roleARN("aws-fsx-openzfs-csi-driver"),
	}, r.after())
	if err != nil || secretsStoreByAddon(r.ctx.Log, r.config, r.release, r.in.ExistingClusters[r.release], r.in.Existing[r.release]) {
		return err
	}
	driver := r.charts.Controlled(secretsStoreChart, "components.secret_store_csi_driver_version", versions.SecretStoreCSIDriverVersion)
	r.secretsStore, err = kubernetes.NewSecretsStoreDriver(r.ctx, r.name+secretsStoreDriver, &driver, r.after())
	if err != nil {
		return err
	}
	provider := r.charts.Controlled("secrets-store-csi-driver-provider-aws", "components.secret_store_csi_driver_aws_provider_version",
		versions.SecretStoreCSIDriverAWSProviderVersion)
	_, err = kubernetes.NewSecretsStoreAWSProvider(r.ctx, r.name+secretsStoreProvider, &provider, r.after())
	return err
}
