package awsworkload

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

// makeRoles makes the roles of the workload's service accounts, and the Team
// Operator's policy, which the roles of each cluster attach
// (docs/reference/aws-workload-base.md 5).
func (p *persistent) makeRoles() error {
	name := p.config.ScopedName("team-operator")
	operator, err := iam.NewPolicy(p.ctx, name, &iam.PolicyArgs{
		Name:        pulumi.String(name),
		Description: pulumi.String("Posit Team Dedicated policy for " + p.name + " Team Operator"),
		Policy:      aws.PolicyOf(pulumi.StringArray{p.outputs.DBSecretARN}, p.teamOperatorPolicy),
		Tags:        pulumi.ToStringMap(p.tagsNamed(p.name + "-team-operator-policy")),
	}, p.child)
	if err != nil {
		return err
	}
	p.outputs.TeamOperatorPolicyARN = operator.Arn

	arns := pulumi.StringMap{}
	for _, role := range p.serviceAccountRoles() {
		if arns[role.name], err = p.serviceAccountRole(role); err != nil {
			return err
		}
	}
	p.outputs.RoleARNs = arns.ToStringMapOutput()
	return nil
}

// teamOperatorPolicy lets the operator read the secrets of the workload and its sites,
// and the master password of the database; no others of the account.
func (p *persistent) teamOperatorPolicy(databaseSecret []string) aws.PolicyDocument {
	return aws.NewPolicyDocument(aws.PolicyStatement{
		Action:   aws.Actions("secretsmanager", "GetSecretValue"),
		Resource: slices.Concat(p.secretARNs(p.config.SecretPatterns()...), extraSecrets(p.config), databaseSecret),
	})
}

// serviceAccountRole is a role that pods of the workload's clusters assume.
type serviceAccountRole struct {
	name      string // of the role, before ".{cn}.posit.team"
	logical   string // its logical name; the physical one if ""
	namespace string
	accounts  []string // before ".posit.team"; the role's name if nil
	pattern   string   // of the accounts, for more clusters than their names leave room for
	managed   []aws.ManagedPolicy
	policies  []aws.RolePolicy
}

// serviceAccountRoles lists the roles (docs/reference/aws-workload-base.md 5.3).
func (p *persistent) serviceAccountRoles() []serviceAccountRole {
	const system = "kube-system"
	roles := []serviceAccountRole{
		{
			name: "aws-fsx-openzfs-csi-driver", logical: config.ServiceAccount("aws-fsx-openzfs-csi-driver"), namespace: system,
			accounts: []string{"controller.aws-fsx-openzfs-csi-driver", "nodes.aws-fsx-openzfs-csi-driver"},
			pattern:  config.ServiceAccount("*.aws-fsx-openzfs-csi-driver"),
			managed: []aws.ManagedPolicy{{
				Name: p.name + "-fsx-openzfs", ARN: pulumi.String("arn:aws:iam::aws:policy/AmazonFSxFullAccess"),
			}},
		},
		{
			name: "aws-load-balancer-controller", namespace: system,
			policies: p.ownPolicy("lbc", aws.LoadBalancerControllerPolicy()),
		},
		{
			name: "traefik-forward-auth", namespace: system,
			policies: p.ownPolicy("traefik-forward-auth-read-secrets", aws.NewPolicyDocument(aws.PolicyStatement{
				Action:   aws.Actions("secretsmanager", "GetSecretValue", "DescribeSecret"),
				Resource: p.secretARNs(config.ForwardAuthSecretPatterns()...),
			})),
		},
		p.bucketRole("mimir", p.mimirARN),
		p.bucketRole("loki", p.lokiARN),
		{
			name: "aws-ebs-csi", namespace: system, accounts: []string{"aws-ebs-csi-driver"},
			managed: []aws.ManagedPolicy{{
				Name: "ebs-csi-driver-policy-att",
				ARN:  pulumi.String("arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"),
			}},
		},
		{
			name: "alloy", namespace: "alloy",
			policies: p.ownPolicy("alloy", aws.NewPolicyDocument(aws.PolicyStatement{
				Action: append(aws.Actions("tag", "GetResources"),
					aws.Actions("cloudwatch", "GetMetricData", "GetMetricStatistics", "ListMetrics")...),
				Resource: []string{"*"},
			})),
		},
	}
	if p.config.ExternalDNSEnabled {
		roles = append(roles, serviceAccountRole{
			name: "external-dns", namespace: system,
			policies: []aws.RolePolicy{{
				Name: p.config.ScopedName("dns-update"), Document: aws.PolicyOf(p.zoneARNs, dnsUpdatePolicy),
			}},
		})
	}
	return roles
}

// bucketRole is the role of something that keeps its data in the bucket of its name.
func (p *persistent) bucketRole(name string, bucketARN pulumi.StringOutput) serviceAccountRole {
	title := strings.ToUpper(name[:1]) + name[1:]
	return serviceAccountRole{
		name: name, namespace: name,
		policies: []aws.RolePolicy{{
			Name: p.config.ScopedName(name + "-s3-bucket"),
			Document: aws.PolicyOf(pulumi.StringArray{bucketARN}, func(arns []string) aws.PolicyDocument {
				return aws.BucketReadWritePolicy(arns[0], "")
			}),
			Description: fmt.Sprintf("Posit Team Dedicated policy for %s to read the %s S3 bucket", p.name, title),
			Tags:        p.tagsNamed(fmt.Sprintf("%s-%s-%s-s3-bucket-policy", p.name, p.name, name)),
		}},
	}
}

// dnsUpdatePolicy lets ExternalDNS change the records of the zones, each named once.
// Without zones it may only look: IAM refuses a statement without resources.
func dnsUpdatePolicy(zoneARNs []string) aws.PolicyDocument {
	look := aws.PolicyStatement{
		Action:   aws.Actions("route53", "ListHostedZones", "ListResourceRecordSets", "ListTagsForResource"),
		Resource: []string{"*"},
	}
	zones := slices.Compact(slices.Sorted(slices.Values(zoneARNs)))
	if len(zones) == 0 {
		return aws.NewPolicyDocument(look)
	}
	return aws.NewPolicyDocument(aws.PolicyStatement{
		Action: aws.Actions("route53", "ChangeResourceRecordSets"), Resource: zones,
	}, look)
}

func (p *persistent) serviceAccountRole(r serviceAccountRole) (pulumi.StringOutput, error) {
	physical := p.config.ScopedName(r.name)
	logical := r.logical
	if logical == "" {
		logical = physical
	}
	accounts := r.accounts
	if accounts == nil {
		accounts = []string{r.name}
	}
	for i := range accounts {
		accounts[i] = config.ServiceAccount(accounts[i])
	}
	role, err := aws.NewServiceAccountRole(p.ctx, logical, &aws.ServiceAccountRoleArgs{
		PhysicalName:          physical,
		Namespace:             r.namespace,
		ServiceAccounts:       accounts,
		ServiceAccountPattern: r.pattern,
		Issuers:               p.issuers,
		AccountID:             pulumi.String(p.config.AccountID),
		PermissionsBoundary:   p.boundary,
		Tags:                  p.tags,
		Policies:              r.policies,
		ManagedPolicies:       r.managed,
	}, p.child)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return role.ARN, nil
}

// ownPolicy is a policy of one of the workload's roles.
func (p *persistent) ownPolicy(name string, document aws.PolicyDocument) []aws.RolePolicy {
	return []aws.RolePolicy{{Name: p.config.ScopedName(name), Document: pulumi.String(document.JSON())}}
}

// secretARNs are ARN patterns of secrets with the given names.
func (p *persistent) secretARNs(names ...string) []string {
	var arns []string
	for _, name := range names {
		arns = append(arns, fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s", p.config.Region, p.config.AccountID, name))
	}
	return arns
}

// tagsNamed are the tags of everything, and a Name.
func (p *persistent) tagsNamed(name string) map[string]string {
	tags := maps.Clone(p.tags)
	tags["Name"] = name
	return tags
}

// trustedIssuers are the clusters' and the configured issuers, sorted, each once.
func trustedIssuers(clusters pulumi.StringArrayInput, extra []string) pulumi.StringArrayOutput {
	if clusters == nil {
		clusters = pulumi.StringArray{}
	}
	return apply.To(clusters.ToStringArrayOutput(), func(clusters []string) []string {
		return slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(clusters), extra...))))
	}).(pulumi.StringArrayOutput)
}
