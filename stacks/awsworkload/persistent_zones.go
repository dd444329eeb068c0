package awsworkload

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

// makeZones makes, for each domain of the sites, a hosted zone (or reads the one
// that is given) and a certificate of the domain and its subdomains
// (docs/reference/aws-workload-base.md 4.10). The first site of a domain by name decides about
// both.
func (p *persistent) makeZones() error {
	names, zoneIDs := pulumi.StringArrayMap{}, pulumi.StringMap{}
	records, sites := pulumi.StringMapArrayMap{}, pulumi.MapMap{}
	certificates, byDomain := pulumi.StringArray{}, pulumi.StringMap{}
	p.outputs.HostedZoneInfo = constant("")
	if p.config.HostedZoneManagementEnabled {
		for _, domain := range p.config.Domains() {
			zone, err := p.zone(domain)
			if err != nil {
				return err
			}
			p.zoneARNs = append(p.zoneARNs, zone.ARN)
			names[domain.Name], zoneIDs[domain.Name] = zone.NameServers, zone.ID
			for _, site := range domain.Sites {
				sites[site] = pulumi.Map{
					"domain": pulumi.String(domain.Name), "name_servers": zone.NameServers, "zone_id": zone.ID,
				}
			}
			if given := p.config.Sites[domain.Primary].CertificateARN; given != "" {
				byDomain[domain.Name] = pulumi.String(given)
			} else {
				certificate, err := p.certificate(domain, zone)
				if err != nil {
					return err
				}
				byDomain[domain.Name], records[domain.Name] = certificate.ARN, certificate.ValidationRecords
			}
			certificates = append(certificates, byDomain[domain.Name])
		}
	} else {
		p.outputs.HostedZoneInfo = constant("Hosted zones are externally managed")
		for _, site := range p.config.SortedSites() {
			certificates = append(certificates, pulumi.String(site.CertificateARN))
		}
		for _, domain := range p.config.Domains() {
			byDomain[domain.Name] = pulumi.String(p.config.Sites[domain.Primary].CertificateARN)
		}
	}
	p.outputs.CertARNs, p.outputs.CertificateARNs = certificates.ToStringArrayOutput(), byDomain.ToStringMapOutput()
	p.outputs.DomainNSMap = names.ToStringArrayMapOutput()
	p.outputs.ZoneIDs = zoneIDs.ToStringMapOutput()
	p.outputs.HostedZoneNameServers = sites.ToMapMapOutput()
	p.outputs.CertificateValidationRecords = records.ToStringMapArrayMapOutput()
	return nil
}

func (p *persistent) zone(domain config.Domain) (*aws.HostedZone, error) {
	site := p.config.Sites[domain.Primary]
	args := &aws.HostedZoneArgs{
		Domain: domain.Name, ZoneID: site.ZoneID, Owner: p.name, Private: site.PrivateZone,
		Protect: p.config.ProtectPersistentResources, Tags: p.tags,
	}
	if site.PrivateZone {
		associated := slices.Clone(site.VpcAssociations)
		if site.AutoAssociateProvisionedVpc { // the workload's own VPC, made or adopted
			args.VPCs = append(args.VPCs, p.zoneVPC(p.network.ID))
			if adopted := p.config.ProvisionedVpc; adopted != nil {
				associated = slices.DeleteFunc(associated, func(id string) bool { return id == adopted.VpcID })
			}
		}
		for _, id := range associated {
			args.VPCs = append(args.VPCs, p.zoneVPC(pulumi.String(id)))
		}
	}
	return aws.NewHostedZone(p.ctx, domain.Name+"-zone", args, p.child)
}

func (p *persistent) zoneVPC(id pulumi.StringInput) aws.ZoneVPC {
	return aws.ZoneVPC{ID: id, Region: pulumi.String(p.config.Region)}
}

func (p *persistent) certificate(domain config.Domain, zone *aws.HostedZone) (*aws.Certificate, error) {
	dashed := strings.ReplaceAll(domain.Name, ".", "-")
	site := p.config.Sites[domain.Primary]
	if site.ZoneID != "" && site.CertificateValidationEnabled {
		if err := p.checkPublic(site.ZoneID); err != nil {
			return nil, fmt.Errorf("certificate of %s: %w", domain.Name, err)
		}
	}
	return aws.NewCertificate(p.ctx, p.name+"-domain-cert-"+dashed, &aws.CertificateArgs{
		Domain:         domain.Name,
		ZoneID:         zone.ID,
		RecordName:     p.name + "-cert-validation-record-" + dashed,
		ValidationName: p.name + "-cert-validation-" + dashed,
		SkipValidation: !site.CertificateValidationEnabled,
		Tags:           p.tags,
	}, p.child)
}

// checkPublic refuses to validate a certificate in a zone of others that is private: ACM sees
// no record in it, and would wait for more than an hour.
func (p *persistent) checkPublic(id string) error {
	zone, err := route53.LookupZone(p.ctx, &route53.LookupZoneArgs{ZoneId: pulumi.StringRef(id)}, pulumi.Parent(p))
	if err != nil {
		return fmt.Errorf("look up zone %s: %w", id, err)
	}
	if zone.PrivateZone != nil && *zone.PrivateZone {
		return fmt.Errorf("zone %s is private, and ACM sees no record in it: give certificate_arn, or set certificate_validation_enabled to false", id)
	}
	return nil
}
