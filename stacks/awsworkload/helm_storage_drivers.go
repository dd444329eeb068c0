package awsworkload

import (
	"strings"

	"github.com/ptd-go/ptd/components/kubernetes"
)

// The ends of the logical names of the secrets store's charts.
const (
	secretsStoreChart         = "-secret-store-csi-helm-release"
	secretsStoreProviderChart = "-secret-store-csi-provider-aws-helm-release"
)

// IsSecretsStoreChart tells whether a resource of the helm stack's state is a chart that the
// secrets store's add-on stands for.
func IsSecretsStoreChart(of StateResource) bool {
	return strings.HasSuffix(of.Name, secretsStoreChart) || strings.HasSuffix(of.Name, secretsStoreProviderChart)
}

// makeStorageDrivers installs the drivers that are no add-ons of EKS.
func (r *helmRelease) makeStorageDrivers() error {
	versions := r.cluster.Components
	_, err := kubernetes.NewOpenZFSDriver(r.ctx, r.name+"-aws-fsx-openzfs-csi-helm-release", &kubernetes.OpenZFSDriverArgs{
		Installation: r.charts.Controlled("aws-fsx-openzfs-csi", "components.aws_fsx_openzfs_csi_driver_version", versions.AWSFSxOpenZFSCSIDriverVersion),
		RoleARN:      r.roleARN("aws-fsx-openzfs-csi-driver"),
	}, r.after())
	if err != nil || r.config.SecretsStoreAddonEnabled {
		return err
	}
	driver := r.charts.Controlled("secret-store-csi", "components.secret_store_csi_driver_version", versions.SecretStoreCSIDriverVersion)
	r.secretsStore, err = kubernetes.NewSecretsStoreDriver(r.ctx, r.name+secretsStoreChart, &driver, r.after())
	if err != nil {
		return err
	}
	provider := r.charts.Controlled("secrets-store-csi-driver-provider-aws", "components.secret_store_csi_driver_aws_provider_version",
		versions.SecretStoreCSIDriverAWSProviderVersion)
	_, err = kubernetes.NewSecretsStoreAWSProvider(r.ctx, r.name+secretsStoreProviderChart, &provider, r.after())
	return err
}
