package awsworkload

import "github.com/ptd-go/ptd/components/kubernetes"

// makeExternalDNS installs what makes the records of the sites. Its policy stays sync: with
// upsert-only, the weighted records of a release that is gone would go on getting their
// share of the requests. (docs/reference/aws-workload-apps.md 7.7)
func (r *helmRelease) makeExternalDNS() error {
	if !r.config.ExternalDNSEnabled {
		return nil
	}
	var domains []string
	for _, domain := range r.config.Domains() {
		domains = append(domains, domain.Name)
	}
	_, err := kubernetes.NewExternalDNS(r.ctx, r.name+"-external-dns", &kubernetes.ExternalDNSArgs{
		Installation: r.charts.Direct("external-dns", "components.external_dns_version", r.cluster.Components.ExternalDNSVersion),
		RoleARN:      r.roleARN("external-dns"), Region: r.config.Region, Domains: domains, OwnerID: r.config.RecordOwner(r.release),
	}, r.after())
	return err
}
