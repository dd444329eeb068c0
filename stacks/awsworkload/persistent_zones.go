package awsworkload

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/stacks/config"
)

// makeZones makes, for each domain of the sites, a hosted zone (or reads the one
// that is given) and a certificate of the domain and its subdomains (facts:
// aws-workload-base 4.10). The first site of a domain by name decides about both.
func (p *persistent) makeZones() error {
	names, zoneIDs := pulumi.StringArrayMap{}, pulumi.StringMap{}
	records, sites := pulumi.StringMapArrayMap{}, pulumi.MapMap{}
	certificates := pulumi.StringArray{}
	p.outputs.HostedZoneInfo = constant("")
	if !p.config.HostedZoneManagementEnabled {
		p.outputs.HostedZoneInfo = constant("Hosted zones are externally managed")
		for _, site := range p.config.SortedSites() {
			certificates = append(certificates, pulumi.String(site.CertificateARN))
		}
	} else {
		for _, domain := range p.config.Domains() {
			zone, err := p.zone(domain)
			if err != nil {
				return err
			}
			p.zoneARNs = append(p.zoneARNs, zone.Arn)
			names[domain.Name], zoneIDs[domain.Name] = zone.NameServers, zone.ZoneId
			for _, site := range domain.Sites {
				sites[site] = pulumi.Map{
					"domain": pulumi.String(domain.Name), "name_servers": zone.NameServers, "zone_id": zone.ZoneId,
				}
			}
			given := p.config.Sites[domain.Primary].CertificateARN
			if given != "" {
				certificates = append(certificates, pulumi.String(given))
				continue
			}
			certificate, err := p.certificate(domain, zone)
			if err != nil {
				return err
			}
			certificates = append(certificates, certificate.Arn)
			records[domain.Name] = certificate.DomainValidationOptions.ApplyT(validationRecords).(pulumi.StringMapArrayOutput)
		}
	}
	p.outputs.CertARNs = certificates.ToStringArrayOutput()
	p.outputs.DomainNSMap = names.ToStringArrayMapOutput()
	p.outputs.ZoneIDs = zoneIDs.ToStringMapOutput()
	p.outputs.HostedZoneNameServers = sites.ToMapMapOutput()
	p.outputs.CertificateValidationRecords = records.ToStringMapArrayMapOutput()
	return nil
}

func (p *persistent) zone(domain config.Domain) (*route53.Zone, error) {
	site := p.config.Sites[domain.Primary]
	logical := domain.Name + "-zone"
	if site.ZoneID != "" {
		return route53.GetZone(p.ctx, logical, pulumi.ID(site.ZoneID), nil, p.child)
	}
	access := "Publicly accessible"
	vpcs := route53.ZoneVpcArray{}
	if site.PrivateZone {
		access = "Private"
		var ids []pulumi.StringInput
		adopted := ""
		if p.config.ProvisionedVpc != nil {
			adopted = p.config.ProvisionedVpc.VpcID
		}
		if site.AutoAssociateProvisionedVpc {
			ids = append(ids, p.network.ID)
		}
		for _, id := range site.VpcAssociations {
			if id != adopted || !site.AutoAssociateProvisionedVpc {
				ids = append(ids, pulumi.String(id))
			}
		}
		for _, id := range ids {
			vpcs = append(vpcs, route53.ZoneVpcArgs{VpcId: id, VpcRegion: pulumi.String(p.config.Region)})
		}
	}
	args := &route53.ZoneArgs{
		Name:    pulumi.String(domain.Name),
		Comment: pulumi.Sprintf("Hosted Zone for the Posit Team Dedicated service in %s. %s", p.name, access),
		Tags:    pulumi.ToStringMap(p.tags),
	}
	if len(vpcs) > 0 {
		args.Vpcs = vpcs
	}
	return route53.NewZone(p.ctx, logical, args, p.child, p.protect(), pulumi.IgnoreChanges([]string{"comment"}))
}

// certificate makes a domain's certificate and the record that validates it, and
// waits for it unless the site says not to. The domain and its wildcard are
// validated by one and the same record.
func (p *persistent) certificate(domain config.Domain, zone *route53.Zone) (*acm.Certificate, error) {
	dashed := strings.ReplaceAll(domain.Name, ".", "-")
	certificate, err := acm.NewCertificate(p.ctx, p.name+"-domain-cert-"+dashed, &acm.CertificateArgs{
		DomainName:              pulumi.String(domain.Name),
		SubjectAlternativeNames: pulumi.StringArray{pulumi.String("*." + domain.Name)},
		ValidationMethod:        pulumi.String("DNS"),
		Tags:                    pulumi.ToStringMap(p.tags),
	}, p.child)
	if err != nil {
		return nil, err
	}
	option := certificate.DomainValidationOptions.Index(pulumi.Int(0))
	record, err := route53.NewRecord(p.ctx, p.name+"-cert-validation-record-"+dashed+"-0", &route53.RecordArgs{
		ZoneId:  zone.ZoneId,
		Name:    option.ResourceRecordName().Elem(),
		Type:    option.ResourceRecordType().Elem(),
		Records: pulumi.StringArray{option.ResourceRecordValue().Elem()},
		Ttl:     pulumi.Int(60), // seconds
	}, p.child, pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return nil, err
	}
	if p.config.Sites[domain.Primary].CertificateValidationEnabled {
		_, err = acm.NewCertificateValidation(p.ctx, p.name+"-cert-validation-"+dashed, &acm.CertificateValidationArgs{
			CertificateArn: certificate.Arn, ValidationRecordFqdns: pulumi.StringArray{record.Fqdn},
		}, p.child)
	}
	return certificate, err
}

// validationRecords lists the distinct records that validate a certificate.
func validationRecords(options []acm.CertificateDomainValidationOption) []map[string]string {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	var records []map[string]string
	seen := map[string]bool{}
	for _, option := range options {
		value := text(option.ResourceRecordValue)
		if !seen[value] {
			seen[value] = true
			records = append(records, map[string]string{
				"name": text(option.ResourceRecordName), "type": text(option.ResourceRecordType), "value": value,
			})
		}
	}
	return records
}
