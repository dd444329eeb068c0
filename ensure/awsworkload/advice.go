package awsworkload

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/ensure/step"
)

// advise says what somebody outside has to do about a failure of AWS: they delegate a zone,
// raise a quota, allow an action, accept terms. The first that fits says it.
func (w *workload) advise(ctx context.Context, state step.State, failure step.Failure) (string, error) {
	typ, name := "", ""
	if failure.URN != "" {
		urn := resource.URN(failure.URN)
		typ, name = string(urn.Type()), urn.Name()
	}
	if typ == "aws:acm/certificateValidation:CertificateValidation" && unissued.MatchString(failure.Message) {
		return w.adviseDelegation(ctx, state, name)
	}
	if match := protectedDatabase.FindStringSubmatch(failure.Message); match != nil {
		return w.unprotectDatabase(match[1]), nil
	}
	if match := takenSnapshot.FindStringSubmatch(failure.Message); match != nil {
		return fmt.Sprintf("the last snapshot of an earlier database has that name: delete it, or keep it as a copy; then run again\n"+
			"  aws rds copy-db-snapshot --region %s --source-db-snapshot-identifier %s --target-db-snapshot-identifier NAME\n"+
			"  aws rds delete-db-snapshot --region %s --db-snapshot-identifier %s", w.config.Region, match[1], w.config.Region, match[1]), nil
	}
	for _, quota := range quotas {
		if quota.exceeded.MatchString(failure.Message) && (quota.types == "" || strings.HasPrefix(typ, quota.types)) {
			return w.adviseQuota(quota), nil
		}
	}
	for _, known := range advice {
		if match := known.message.FindStringSubmatch(failure.Message); match != nil {
			return known.text(w, match), nil
		}
	}
	return "", nil
}

// unissued is what the provider says of a certificate that waits for its records
// (internal/service/acm/certificate_validation.go), and what the sandbox does.
var unissued = regexp.MustCompile(`PENDING_VALIDATION|to become ISSUED|to become 'ISSUED'|is not validated`)

// protectedDatabase and takenSnapshot are what RDS says to a delete.
var (
	protectedDatabase = regexp.MustCompile(`Cannot delete protected DB Instance,? ([\w-]+)`)
	takenSnapshot     = regexp.MustCompile(`DBSnapshotAlreadyExists.*identifier ([\w-]+)`)
)

// quota is a limit of an account that AWS raises on request.
type quota struct {
	exceeded *regexp.Regexp
	types    string // the beginning of types of resources that are meant; "" for all
	// service and code name it at Service Quotas; code is "" where several fit.
	service, code, name string
}

// quotas are those that a workload can meet: the codes of errors are those of the API
// references of each service, the others those of Service Quotas.
var quotas = []quota{
	{over("VpcLimitExceeded"), "", "vpc", "L-F678F1CE", "VPCs per Region"},
	{over("AddressLimitExceeded"), "", "ec2", "L-0263D0A3", "EC2-VPC Elastic IPs"},
	{over("NatGatewayLimitExceeded"), "", "vpc", "L-FE5A380F", "NAT gateways per Availability Zone"},
	{over("InternetGatewayLimitExceeded"), "", "vpc", "L-A4707A72", "Internet gateways per Region"},
	{over("RulesPerSecurityGroupLimitExceeded"), "", "vpc", "L-0EA8095F", "Inbound or outbound rules per security group"},
	{over("SecurityGroupsPerInterfaceLimitExceeded"), "", "vpc", "L-2AFB9258", "Security groups per network interface"},
	{over("SecurityGroupLimitExceeded"), "", "vpc", "L-E79EC296", "VPC security groups per Region"},
	{over("VpcEndpointLimitExceeded"), "", "vpc", "L-29B6F2EB", "Interface VPC endpoints per VPC"},
	{over("VcpuLimitExceeded"), "", "ec2", "", "Running On-Demand instances of the family, in vCPUs (L-1216C47A Standard, L-DB2E81BA G and VT)"},
	{over("InstanceQuotaExceeded"), "", "rds", "L-7B6409FD", "DB instances"},
	{over("StorageQuotaExceeded"), "", "rds", "L-7ADDB58A", "Total storage for all DB instances"},
	{over("TooManyBuckets"), "", "s3", "L-DC2B2D3D", "General purpose buckets"},
	{over("TooManyHostedZones"), "", "route53", "L-4EA4796A", "Hosted zones"},
	{over("TooManyLoadBalancers"), "", "elasticloadbalancing", "L-53DA6B97", "Application Load Balancers per Region"},
	{over("FileSystemLimitExceeded"), "", "elasticfilesystem", "L-848C634D", "File systems per account"},
	{over("RolesPerAccount"), "", "iam", "L-FE177D64", "Roles per account"},
	{over("PoliciesPerAccount"), "", "iam", "L-E95E4862", "Customer managed policies per account"},
	{over("PoliciesPerRole"), "", "iam", "L-0DA4ABF3", "Managed policies per role"},
	{over("InstanceProfilesPerAccount"), "", "iam", "L-6E65F664", "Instance profiles per account"},
	{over("OpenIdConnectProvidersPerAccount"), "", "iam", "L-858F3967", "OpenId connect providers per account"},
	{over("ResourceLimitExceeded(Exception)?"), "aws:eks/cluster:", "eks", "L-1194D53C", "Clusters"},
	{over("ResourceLimitExceeded(Exception)?"), "aws:eks/", "eks", "", ""},
	{over("LimitExceeded(Exception)?"), "aws:acm/", "acm", "L-F141DD1D", "ACM certificates"},
	{over("ServiceLimitExceeded(Exception)?"), "aws:fsx/", "fsx", "", ""},
	{over("LimitExceeded(Exception)?"), "aws:iam/", "iam", "", ""},
	{over("LimitExceeded(Exception)?"), "aws:kms/", "kms", "", ""},
	{over("LimitExceeded(Exception)?"), "aws:secretsmanager/", "secretsmanager", "", ""},
	{over(`\w*(ServiceQuotaExceeded|QuotaExceeded|LimitExceeded)(Exception|Fault)?`), "", "", "", ""},
}

func over(code string) *regexp.Regexp { return regexp.MustCompile(`\b` + code + `\b`) }

// adviseQuota names a quota, and the commands that show it and ask for more.
func (w *workload) adviseQuota(exceeded quota) string {
	region := w.config.Region
	if exceeded.service == "iam" || exceeded.service == "route53" { // of all regions; asked for in one
		region = globalRegion(region)
	}
	at := fmt.Sprintf("account %s in %s", w.config.AccountID, region)
	request := "aws service-quotas request-service-quota-increase --region " + region
	switch {
	case exceeded.code != "":
		named := fmt.Sprintf("--region %s --service-code %s --quota-code %s", region, exceeded.service, exceeded.code)
		return fmt.Sprintf("the quota %q (%s) of %s is used up: have it raised, or delete what is not needed any more, then run again\n"+
			"  its value: aws service-quotas get-service-quota %s\n  to ask for more: aws service-quotas request-service-quota-increase %s --desired-value NUMBER",
			exceeded.name, exceeded.code, at, named, named)
	case exceeded.service != "":
		what := fmt.Sprintf("a quota of %s", exceeded.service)
		if exceeded.name != "" {
			what = fmt.Sprintf("the quota %q", exceeded.name)
		}
		return fmt.Sprintf("%s of %s is used up: have it raised, or delete what is not needed any more, then run again\n"+
			"  which there are: aws service-quotas list-service-quotas --region %s --service-code %s\n"+
			"  to ask for more: %s --service-code %s --quota-code CODE --desired-value NUMBER",
			what, at, region, exceeded.service, request, exceeded.service)
	}
	return fmt.Sprintf("a quota of %s is used up, which the message names: have it raised, then run again\n"+
		"  where: Service Quotas in the console, or %s --service-code SERVICE --quota-code CODE --desired-value NUMBER", at, request)
}

// advice is what to do about other failures, by what AWS says.
var advice = []struct {
	message *regexp.Regexp
	text    func(w *workload, match []string) string
}{
	{regexp.MustCompile(`CAA_ERROR`), func(*workload, []string) string {
		return "a CAA record of the domain, or of one above it, forbids Amazon to issue certificates: whoever keeps that zone adds 0 issue \"amazon.com\""
	}},
	{regexp.MustCompile(`Insufficient(DB)?InstanceCapacity`), func(w *workload, match []string) string {
		keys := "mp_instance_type, or instance_type of the node group"
		if match[1] != "" {
			keys = "db_instance_class"
		}
		return fmt.Sprintf("%s has none of these instances left at the moment, which no quota changes: run again later, or give another type in ptd.yaml (%s)", w.config.Region, keys)
	}},
	{regexp.MustCompile(`OptInRequired|SubscriptionRequired`), func(w *workload, _ []string) string {
		return fmt.Sprintf("account %s has not signed up for this: whoever administers it accepts the terms (the message has the address, if it is an image of the Marketplace), "+
			"or enables the service or the region (aws account enable-region --region-name %s); then run again", w.config.AccountID, w.config.Region)
	}},
	{regexp.MustCompile(`PendingVerification|currently being validated|account is being verified`), func(w *workload, _ []string) string {
		return fmt.Sprintf("AWS verifies account %s, which takes up to some hours: run again after its mail; if none comes, open a case at AWS Support (Account and billing)", w.config.AccountID)
	}},
	{regexp.MustCompile(`pending-acceptance|PendingAcceptance|ResourceShareInvitation|InvalidResourceShareState`), func(*workload, []string) string {
		return "the account at the other side has to accept first: a share with aws ram get-resource-share-invitations and accept-resource-share-invitation, " +
			"a peering with aws ec2 accept-vpc-peering-connection; then run again"
	}},
	{regexp.MustCompile(`(?s)(?:User: |Principal: )?(\S+) is not authorized to perform: (\S+)(?: on resource: (\S+))?(.*)`), func(_ *workload, match []string) string {
		return adviseAccess(match[1], match[2], match[3], match[4])
	}},
	{regexp.MustCompile(`(?s)UnauthorizedOperation.*?Encoded authorization failure message: ([A-Za-z0-9_-]+)`), func(_ *workload, match []string) string {
		return "the role that runs ptd may not do this; what is missing: aws sts decode-authorization-message --encoded-message " + match[1]
	}},
	{regexp.MustCompile(`AccessDenied(Exception)?|UnauthorizedOperation`), func(w *workload, _ []string) string {
		return fmt.Sprintf("the role that runs ptd in account %s may not do this: whoever administers it allows the action that the message names; `aws sts get-caller-identity` says who ptd is", w.config.AccountID)
	}},
}

// adviseAccess names who may not do what, and where that is decided.
func adviseAccess(who, action, on, why string) string {
	who, action = strings.Trim(who, `"'`), strings.TrimRight(action, ".,;")
	on = strings.TrimRight(on, ".,;")
	if on == "" {
		on = "*"
	}
	where := fmt.Sprintf("whoever administers it adds a statement to its policies: {\"Effect\": \"Allow\", \"Action\": %q, \"Resource\": %q}", action, on)
	switch {
	case strings.Contains(why, "service control policy"):
		where = "a service control policy of the organization denies it: whoever administers the organization allows it for this account"
	case strings.Contains(why, "permissions boundary"):
		where = "its permissions boundary does not have it: whoever administers it adds the action there"
	case strings.Contains(why, "explicit deny"):
		where = "a statement denies it explicitly: whoever administers it takes that away"
	}
	return fmt.Sprintf("%s may not do %s on %s: %s; then run again", who, action, on, where)
}

// globalRegion is where the quotas of services that are in no region are asked for.
func globalRegion(region string) string {
	switch {
	case strings.HasPrefix(region, "us-gov-"):
		return "us-gov-west-1"
	case strings.HasPrefix(region, "cn-"):
		return "cn-northwest-1"
	}
	return "us-east-1"
}
