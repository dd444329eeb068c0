package awsworkload

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
)

// certificatesOf are the certificates of domains: those that persistent made or was given,
// or where others manage the zones those that the sites bring. State of before persistent
// told them by domain has them in the order of the workload's domains only; where their
// number does not tell which is which, all serve.
func certificatesOf(
	ctx *pulumi.Context, workload *config.AWSWorkload, persistent *PersistentOutputs, domains ...string,
) pulumi.StringArrayOutput {
	if !workload.HostedZoneManagementEnabled {
		brought := pulumi.StringArray{}
		for _, site := range workload.SortedSites() {
			if slices.Contains(domains, site.Domain) {
				brought = append(brought, pulumi.String(site.CertificateARN))
			}
		}
		return brought.ToStringArrayOutput()
	}
	return apply.To(pulumi.All(persistent.CertificateARNs, persistent.CertARNs), func(values []any) pulumi.StringArrayOutput {
		byDomain, ordered := values[0].(map[string]string), values[1].([]string)
		if len(byDomain) == 0 {
			all := workload.Domains()
			if len(all) != len(ordered) {
				return pulumi.ToStringArray(ordered).ToStringArrayOutput()
			}
			byDomain = map[string]string{}
			for i, domain := range all {
				byDomain[domain.Name] = ordered[i]
			}
		}
		arns := pulumi.StringArray{}
		for _, domain := range domains {
			arns = append(arns, output.MadeBy(ctx, "persistent", "certificate of "+domain, constant(byDomain[domain])))
		}
		return arns.ToStringArrayOutput()
	}).(pulumi.StringArrayOutput)
}
