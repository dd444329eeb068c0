package awsworkload

import "github.com/ptd-go/ptd/components/kubernetes"

// makeCertManager installs cert-manager for those who ask for it: the certificates of the
// sites come from ACM.
func (r *helmRelease) makeCertManager() error {
	if !r.config.CertManagerEnabled {
		return nil
	}
	installation := r.charts.Direct("cert-manager", "components.cert_manager_version", r.cluster.Components.CertManagerVersion)
	_, err := kubernetes.NewCertManager(r.ctx, r.name+"-cert-manager", &installation, r.after())
	return err
}
