package awsworkload

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// serviceAccountRole is a role that pods of the workload's clusters assume, with one
// policy: one of AWS's (managed), or one of the workload's own.
type serviceAccountRole struct {
	// name is the first part of the role's name, namespace and accounts who may assume it.
	name, namespace string
	accounts        []string

	policy      string // name of the policy, without "{cn}.posit.team"
	document    pulumi.StringInput
	description string // of the policy
	policyTag   string // Name tag of the policy; "" for no tags

	managed, attachment string
	// logical is the role's logical name where it is not its physical one.
	logical string
	keep    bool // create before delete
}

// makeRoles makes the roles of the workload's service accounts and the Team Operator's
// policy, which the roles of each cluster have attached (facts: aws-workload-base 5).
func (p *persistent) makeRoles() error {
	operator, err := p.policy("team-operator", p.teamOperatorPolicy(),
		fmt.Sprintf("Posit Team Dedicated policy for %s Team Operator", p.name), p.name+"-team-operator-policy")
	if err != nil {
		return err
	}
	p.outputs.TeamOperatorPolicyARN = operator.Arn

	roles, err := p.serviceAccountRoles()
	if err != nil {
		return err
	}
	arns := pulumi.StringMap{}
	for _, role := range roles {
		made, err := p.serviceAccountRole(role)
		if err != nil {
			return fmt.Errorf("%s: %w", role.name, err)
		}
		arns[role.name] = made.Arn
	}
	p.outputs.RoleARNs = arns.ToStringMapOutput()
	return nil
}

// serviceAccountRoles lists the roles (facts: aws-workload-base 5.3).
func (p *persistent) serviceAccountRoles() ([]serviceAccountRole, error) {
	const system = "kube-system"
	loadBalancers, err := policyDocument(loadBalancerControllerStatements()...)
	if err != nil {
		return nil, err
	}
	metrics, err := policyDocument(statement{
		Action: of("tag", "GetResources", "cloudwatch", "GetMetricData GetMetricStatistics ListMetrics"),
	})
	if err != nil {
		return nil, err
	}
	roles := []serviceAccountRole{
		{
			name: "aws-fsx-openzfs-csi-driver", namespace: system,
			accounts: []string{"controller.aws-fsx-openzfs-csi-driver", "nodes.aws-fsx-openzfs-csi-driver"},
			managed:  "arn:aws:iam::aws:policy/AmazonFSxFullAccess", attachment: p.name + "-fsx-openzfs",
			logical: "aws-fsx-openzfs-csi-driver.posit.team", keep: true,
		},
		{
			name: "aws-load-balancer-controller", namespace: system, accounts: []string{"aws-load-balancer-controller"},
			policy: "lbc", document: pulumi.String(loadBalancers),
		},
		{
			name: "traefik-forward-auth", namespace: system, accounts: []string{"traefik-forward-auth"},
			policy: "traefik-forward-auth-read-secrets",
			document: allow(of("secretsmanager", "GetSecretValue DescribeSecret"), p.secrets("okta-oidc-client-creds-*",
				"okta-oidc-client-creds.*.posit.team", "okta-oidc-client-creds.*.posit.team*")...),
		},
		p.bucketRole("mimir", p.mimir.Arn),
		p.bucketRole("loki", p.loki.Arn),
		{
			name: "aws-ebs-csi", namespace: system, accounts: []string{"aws-ebs-csi-driver"},
			managed: "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy", attachment: "ebs-csi-driver-policy-att",
		},
		{
			name: "alloy", namespace: "alloy", accounts: []string{"alloy"}, policy: "alloy", document: pulumi.String(metrics),
		},
	}
	if p.config.ExternalDNSEnabled {
		roles = append(roles, serviceAccountRole{
			name: "external-dns", namespace: system, accounts: []string{"external-dns"}, policy: "dns-update",
			document: p.zoneARNs.ToStringArrayOutput().ApplyT(dnsUpdatePolicy).(pulumi.StringOutput),
		})
	}
	return roles, nil
}

// bucketRole is the role of something that keeps its data in the bucket of its name.
func (p *persistent) bucketRole(name string, bucketARN pulumi.StringOutput) serviceAccountRole {
	title := strings.ToUpper(name[:1]) + name[1:]
	actions := of("s3", `AbortMultipartUpload DeleteObject GetBucketLocation GetObject GetObjectTagging HeadObject
		ListBucket ListObjects PutObject PutObjectTagging`)
	return serviceAccountRole{
		name: name, namespace: name, accounts: []string{name}, policy: name + "-s3-bucket",
		document:    allow(actions, bucketARN, pulumi.Sprintf("%s/*", bucketARN)),
		description: fmt.Sprintf("Posit Team Dedicated policy for %s to read the %s S3 bucket", p.name, title),
		policyTag:   fmt.Sprintf("%s-%s-%s-s3-bucket-policy", p.name, p.name, name),
	}
}

func (p *persistent) serviceAccountRole(r serviceAccountRole) (*iam.Role, error) {
	physical := p.inWorkload(r.name)
	logical, replace := physical, pulumi.DeleteBeforeReplace(!r.keep)
	if r.logical != "" {
		logical = r.logical
	}
	role, err := iam.NewRole(p.ctx, logical, &iam.RoleArgs{
		Name:                pulumi.String(physical),
		AssumeRolePolicy:    p.trust(r.namespace, r.accounts),
		PermissionsBoundary: p.boundary,
		Tags:                pulumi.ToStringMap(p.tags),
	}, p.child, replace)
	if err != nil {
		return nil, err
	}
	attached, attachment := pulumi.String(r.managed).ToStringOutput(), r.attachment
	if r.managed == "" {
		policy, err := p.policy(r.policy, r.document, r.description, r.policyTag)
		if err != nil {
			return nil, err
		}
		attached, attachment = policy.Arn, p.inWorkload(r.policy)+"-att"
	}
	_, err = iam.NewRolePolicyAttachment(p.ctx, attachment, &iam.RolePolicyAttachmentArgs{
		Role: role.Name, PolicyArn: attached,
	}, p.child, replace)
	return role, err
}

// policy makes a policy of the workload. Description and tags are left out if "".
func (p *persistent) policy(name string, document pulumi.StringInput, description, nameTag string) (*iam.Policy, error) {
	physical := p.inWorkload(name)
	args := &iam.PolicyArgs{Name: pulumi.String(physical), Policy: document}
	if description != "" {
		args.Description = pulumi.String(description)
	}
	if nameTag != "" {
		args.Tags = p.tagsNamed(nameTag)
	}
	return iam.NewPolicy(p.ctx, physical, args, p.child, pulumi.DeleteBeforeReplace(true))
}

// inWorkload is the name of one of the workload's roles or policies.
func (p *persistent) inWorkload(name string) string { return name + "." + p.name + ".posit.team" }

// secrets are ARN patterns of secrets with the given names.
func (p *persistent) secrets(names ...string) []pulumi.StringInput {
	var arns []pulumi.StringInput
	for _, name := range names {
		arns = append(arns, pulumi.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s", p.config.Region, p.config.AccountID, name))
	}
	return arns
}

// teamOperatorPolicy lets the operator read the secrets of the workload and its sites,
// and the master password of the database; no others of the account.
func (p *persistent) teamOperatorPolicy() pulumi.StringOutput {
	names := []string{p.name + ".posit.team-*", p.name + "-*.posit.team-*"}
	if p.config.Name != p.name { // true_name or environment is overridden: bootstrap uses the directory's name
		names = append(names, p.config.Name+".posit.team-*", p.config.Name+"-*.posit.team-*")
	}
	return allow([]string{"secretsmanager:GetSecretValue"}, append(p.secrets(names...), p.outputs.DBSecretARN)...)
}

// trust lets service accounts of clusters with the trusted issuers assume a role
// (facts: aws-workload-base 5.1). While there are none it denies everybody: IAM wants
// a trust policy, and whoever runs ptd has no business in the role.
func (p *persistent) trust(namespace string, accounts []string) pulumi.StringOutput {
	var subjects []string
	for _, account := range accounts {
		subjects = append(subjects, fmt.Sprintf("system:serviceaccount:%s:%s.posit.team", namespace, account))
	}
	return p.issuers.ApplyT(func(issuers []string) (string, error) {
		statements := []map[string]any{}
		for _, issuer := range issuers {
			_, tail, _ := strings.Cut(issuer, "//")
			statements = append(statements, map[string]any{
				"Effect":    "Allow",
				"Action":    "sts:AssumeRoleWithWebIdentity",
				"Principal": map[string]string{"Federated": "arn:aws:iam::" + p.config.AccountID + ":oidc-provider/" + tail},
				"Condition": map[string]any{"StringEquals": map[string]any{
					tail + ":aud": "sts.amazonaws.com", tail + ":sub": subjects,
				}},
			})
		}
		if len(issuers) == 0 {
			statements = append(statements, map[string]any{
				"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": map[string]string{"AWS": "*"},
			})
		}
		document, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
		return string(document), err
	}).(pulumi.StringOutput)
}

// trustedIssuers are the clusters' and the configured issuers, sorted, each once.
func trustedIssuers(clusters pulumi.StringArrayInput, extra []string) pulumi.StringArrayOutput {
	if clusters == nil {
		clusters = pulumi.StringArray{}
	}
	return clusters.ToStringArrayOutput().ApplyT(func(clusters []string) ([]string, error) {
		issuers := slices.Sorted(slices.Values(append(slices.Clone(clusters), extra...)))
		for _, issuer := range issuers {
			if !strings.Contains(issuer, "//") {
				return nil, fmt.Errorf("issuer %q is not a URL", issuer)
			}
		}
		return slices.Compact(issuers), nil
	}).(pulumi.StringArrayOutput)
}
