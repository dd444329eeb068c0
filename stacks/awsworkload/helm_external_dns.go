package awsworkload

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components/kubernetes"
)

// makeExternalDNS installs what makes the records of the sites. Its policy stays sync: with
// upsert-only, the weighted records of a release that is gone would go on getting their
// share of the requests. (docs/reference/aws-workload-apps.md 7.7)
func (r *helmRelease) makeExternalDNS() error {
	if !r.config.ExternalDNSEnabled {
		return nil
	}
	var domains []string
	private := 0
	for _, domain := range r.config.Domains() {
		domains = append(domains, domain.Name)
		if r.config.Sites[domain.Primary].PrivateZone {
			private++
		}
	}
	args := &kubernetes.ExternalDNSArgs{
		Installation: r.charts.Direct("external-dns", "components.external_dns_version", r.cluster.Components.ExternalDNSVersion),
		RoleARN:      r.roleARN("external-dns"), Region: r.config.Region, Domains: domains, OwnerID: r.config.RecordOwner(r.release),
		PrivateZones: private > 0 && private == len(domains),
	}
	// The account may have a public zone of the name of a private one, which would be picked too.
	if private > 0 && !args.PrivateZones && r.config.HostedZoneManagementEnabled {
		args.ZoneIDs = apply.To(r.in.Persistent.ZoneIDs, func(ids map[string]string) []string {
			return slices.Compact(slices.Sorted(maps.Values(ids)))
		}).(pulumi.StringArrayOutput)
	}
	_, err := kubernetes.NewExternalDNS(r.ctx, r.name+"-external-dns", args, r.after())
	return err
}
