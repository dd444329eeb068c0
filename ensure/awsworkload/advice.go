package awsworkload

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/stacks/output"
)

const zoneType = "aws:route53/zone:Zone"

// quotas are AWS' codes of failures for which somebody has to raise a quota: the service and
// the quota's name in the console of Service Quotas. The codes are those of the services' API
// references; one that is the start of another comes after it.
var quotas = []struct{ code, service, quota string }{
	{"AddressLimitExceeded", "Amazon EC2", "EC2-VPC Elastic IPs"},
	{"VpcLimitExceeded", "Amazon VPC", "VPCs per Region"},
	{"NatGatewayLimitExceeded", "Amazon VPC", "NAT gateways per Availability Zone"},
	{"InternetGatewayLimitExceeded", "Amazon VPC", "Internet gateways per Region"},
	{"VpcEndpointLimitExceeded", "Amazon VPC", "Interface VPC endpoints per VPC"},
	{"RulesPerSecurityGroupLimitExceeded", "Amazon VPC", "Inbound or outbound rules per security group"},
	{"SecurityGroupLimitExceeded", "Amazon VPC", "VPC security groups per Region"},
	{"VcpuLimitExceeded", "Amazon EC2", "Running On-Demand instances of the instance type's class"},
	{"InstanceQuotaExceeded", "Amazon RDS", "DB instances"},
	{"StorageQuotaExceeded", "Amazon RDS", "Total storage for all DB instances"},
	{"TooManyBuckets", "Amazon S3", "General purpose buckets"},
	{"TooManyHostedZones", "Amazon Route 53", "Hosted zones"},
	{"TooManyLoadBalancers", "Elastic Load Balancing", "Application Load Balancers per Region"},
	{"TooManyCertificates", "Elastic Load Balancing", "Certificates per Application Load Balancer"},
	{"FileSystemLimitExceeded", "Amazon EFS", "File systems per account"},
	{"ServiceLimitExceeded", "Amazon FSx", "the one that the message names"},
	{"ResourceLimitExceeded", "Amazon EKS", "Clusters, or managed node groups per cluster"},
	{"ServiceQuotaExceeded", "the service", "the one that the message names"},
	{"LimitExceeded", "the service", "the one that the message names"},
}

// outside are other failures that nobody can mend here, and what to do about them.
var outside = []struct{ code, advice string }{
	{"InsufficientInstanceCapacity", "AWS has no such instances left there: wait, or choose another instance type"},
	{"InsufficientDBInstanceCapacity", "AWS has no such database servers left there: wait, or choose another db_instance_class"},
	{"InsufficientFreeAddressesInSubnet", "the subnet has no addresses left: the network needs more, or fewer nodes in it"},
	{"OptInRequired", "the account is not subscribed to the service, or to the region: an owner of the account has to subscribe it"},
	{"PendingVerification", "AWS is still verifying the account: wait for its mail, usually some hours"},
	{"UnauthorizedOperation", "the credentials may not do that: whoever gave them out has to allow the action that the message names"},
	{"AccessDenied", "the credentials may not do that: whoever gave them out has to allow the action that the message names"},
	{"ExpiredToken", "the credentials have expired: get new ones"},
}

// advise implements step.Pipeline.Advise: what failed operations need of people.
func (w *workload) advise(ctx context.Context, r *step.Run, failures []step.Failure) ([]string, error) {
	var advice []string
	say := func(line string) {
		if !slices.Contains(advice, line) {
			advice = append(advice, line)
		}
	}
	var waiting []string // logical names of validations
	for _, failure := range failures {
		if _, name, found := strings.Cut(failure.URN, "$aws:acm/certificateValidation:CertificateValidation::"); found {
			waiting = append(waiting, name)
		}
		say(w.adviceOn(failure.Message))
	}
	advice = slices.DeleteFunc(advice, func(line string) bool { return line == "" })
	if len(waiting) == 0 {
		return advice, nil
	}
	delegations, err := w.delegations(ctx, r, waiting)
	return append(advice, delegations...), err
}

// adviceOn is what to do about an error of AWS, "" for nothing.
func (w *workload) adviceOn(message string) string {
	for _, known := range outside {
		if strings.Contains(message, known.code) {
			return fmt.Sprintf("%s (account %s, region %s)", known.advice, w.config.AccountID, w.config.Region)
		}
	}
	for _, known := range quotas {
		if strings.Contains(message, known.code) {
			return fmt.Sprintf("a quota of account %s in %s is used up: have it raised in Service Quotas (%s: %s), and run again",
				w.config.AccountID, w.config.Region, known.service, known.quota)
		}
	}
	return ""
}

// delegations says for the domains whose certificates are waited for in vain what the parents of
// their zones need: ACM sees a validation record only when the world finds the zone.
func (w *workload) delegations(ctx context.Context, r *step.Run, validations []string) ([]string, error) {
	state, err := r.State("persistent")
	if err != nil {
		return nil, err
	}
	servers, err := nameServers(ctx, state)
	if err != nil {
		return nil, err
	}
	of, _ := servers[domainNameServers].(map[string]any)
	var advice []string
	for _, domain := range w.config.Domains() {
		waits := slices.ContainsFunc(validations, func(name string) bool {
			return strings.HasSuffix(name, "-"+strings.ReplaceAll(domain.Name, ".", "-"))
		})
		names, made := of[domain.Name].([]string)
		_, parent, _ := strings.Cut(domain.Name, ".")
		switch {
		case waits && made:
			advice = append(advice, fmt.Sprintf("the certificate of %[1]s waits for a record that nobody finds before %[2]s delegates %[1]s: have whoever runs %[2]s "+
				"add to it the NS records of %[1]s: %[3]s; `dig NS %[1]s` shows when they are there, `ptd outputs %[4]s persistent` has them again",
				domain.Name, parent, strings.Join(names, ", "), w.target.Name))
		case waits:
			advice = append(advice, fmt.Sprintf("the certificate of %s waits for its record in zone %s: look whether that zone is the one which the world asks (dig NS %s)",
				domain.Name, w.config.Sites[domain.Primary].ZoneID, domain.Name))
		}
	}
	return advice, nil
}

// domainNameServers is the output of name servers by domain.
const domainNameServers = "domain_ns_map"

// nameServers are those of the zones in a state, as the output that a program which does not
// come to its end gives none of: its parent zones have to delegate to them first.
func nameServers(ctx context.Context, state step.State) (map[string]any, error) {
	zones, err := state.Resources(ctx, zoneType)
	if err != nil {
		return nil, fmt.Errorf("read the hosted zones from state: %w", err)
	}
	servers := map[string]any{}
	for _, zone := range zones {
		domain, err := output.Known[string](zone.Inputs["name"])
		if err != nil {
			return nil, fmt.Errorf("read the name of zone %s from state: %w", zone.Name, err)
		}
		names, err := output.Known[[]string](zone.Outputs["nameServers"])
		if err != nil {
			return nil, fmt.Errorf("read the name servers of zone %s from state: %w", zone.Name, err)
		}
		if domain != "" && len(names) > 0 && zone.Inputs["vpcs"].IsNull() { // a private zone is found in its VPC
			servers[domain] = names
		}
	}
	if len(servers) == 0 {
		return nil, nil
	}
	return map[string]any{domainNameServers: servers}, nil
}
