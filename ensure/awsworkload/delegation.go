package awsworkload

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
)

// zone is a hosted zone of the workload as state has it.
type zone struct {
	domain, id string
	servers    []string
	private    bool
}

// zones are the hosted zones in the state of persistent, also those that others manage, by
// domain.
func (w *workload) zones(ctx context.Context, state step.State) (map[string]zone, error) {
	resources, err := state.Resources(ctx, "aws:route53/zone:Zone")
	if err != nil {
		return nil, err
	}
	found := map[string]zone{}
	for _, resource := range resources {
		made := zone{domain: strings.TrimSuffix(resource.Name, "-zone")} // see HostedZone
		if made.id, err = output.Known[string](resource.Outputs["zoneId"]); err == nil {
			made.servers, err = output.Known[[]string](resource.Outputs["nameServers"])
		}
		if err != nil {
			return nil, fmt.Errorf("read zone %s: %w", resource.Name, err)
		}
		vpcs := resource.Outputs["vpcs"]
		made.private = vpcs.IsArray() && len(vpcs.ArrayValue()) > 0
		found[made.domain] = made
	}
	return found, nil
}

// tellNameServers adds the name servers of zones that are made to the outputs: until somebody
// delegates to them the step that would write them cannot end.
func (w *workload) tellNameServers(ctx context.Context, state step.State, values resource.PropertyMap) (resource.PropertyMap, error) {
	zones, err := w.zones(ctx, state)
	if err != nil || len(zones) == 0 {
		return values, err
	}
	told, servers, ids := maps.Clone(values), resource.PropertyMap{}, resource.PropertyMap{}
	if told == nil {
		told = resource.PropertyMap{}
	}
	for key, all := range map[resource.PropertyKey]resource.PropertyMap{"domain_ns_map": servers, "zone_ids": ids} {
		if told[key].IsObject() {
			maps.Copy(all, told[key].ObjectValue())
		}
	}
	for domain, zone := range zones {
		list := make([]resource.PropertyValue, len(zone.servers))
		for i, server := range zone.servers {
			list[i] = resource.NewProperty(server)
		}
		servers[resource.PropertyKey(domain)], ids[resource.PropertyKey(domain)] = resource.NewProperty(list), resource.NewProperty(zone.id)
	}
	told["domain_ns_map"], told["zone_ids"] = resource.NewProperty(servers), resource.NewProperty(ids)
	return told, nil
}

// adviseDelegation says which records make ACM see the ones that validate a certificate: it
// looks for them from the root of DNS.
func (w *workload) adviseDelegation(ctx context.Context, state step.State, validation string) (string, error) {
	zones, err := w.zones(ctx, state)
	if err != nil {
		return "", err
	}
	for _, domain := range w.config.Domains() {
		if !strings.HasSuffix(validation, "-cert-validation-"+strings.ReplaceAll(domain.Name, ".", "-")) {
			continue
		}
		return w.describeDelegation(domain, zones), nil
	}
	return "", nil
}

func (w *workload) describeDelegation(domain config.Domain, zones map[string]zone) string {
	found, made := zones[domain.Name]
	without := fmt.Sprintf("to go on without waiting, give site %s its certificate_arn, or certificate_validation_enabled: false until the domain is delegated", domain.Primary)
	if !made || len(found.servers) == 0 {
		return fmt.Sprintf("the certificate of %s is issued when the world finds its validation records: see that they are in the public zone which answers for %s\n%s",
			domain.Name, domain.Name, without)
	}
	if found.private {
		return fmt.Sprintf("zone %s of %s is private: ACM sees no record in it\n%s", found.id, domain.Name, without)
	}
	parent, keeper := nearest(domain.Name, zones)
	lines := []string{
		fmt.Sprintf("the certificate of %s is issued when the zone above delegates to zone %s: %s has to have these NS records of %s:",
			domain.Name, found.id, keeper, domain.Name),
	}
	for _, server := range found.servers { // all of them, the primary one too
		lines = append(lines, fmt.Sprintf("  %s. 300 IN NS %s.", domain.Name, strings.TrimSuffix(server, ".")))
	}
	lines = append(lines,
		fmt.Sprintf("to look whether it has: dig +short NS %s (it prints these %d; %s asks for them in %s)", domain.Name, len(found.servers), "`dig +trace`", parent),
		fmt.Sprintf("`ptd outputs %s persistent` has them, too: domain_ns_map; then run again with the command below", w.target.Name),
		without)
	return strings.Join(lines, "\n")
}

// nearest is the domain above another, and whose zone that is: perhaps one of our own.
func nearest(domain string, zones map[string]zone) (parent, keeper string) {
	_, parent, _ = strings.Cut(domain, ".")
	for above := parent; above != ""; _, above, _ = strings.Cut(above, ".") {
		if own, ours := zones[above]; ours && !own.private {
			return above, fmt.Sprintf("zone %s of this workload (%s)", own.id, above)
		}
	}
	return parent, fmt.Sprintf("%s (whoever keeps that zone, or the nearest one above it)", parent)
}
