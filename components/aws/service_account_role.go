package aws

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components"
)

// ServiceAccountRoleArgs says who may assume a ServiceAccountRole and what it allows.
// Namespace, ServiceAccounts, Issuers and AccountID are required.
type ServiceAccountRoleArgs struct {
	// PhysicalName is the role's name in IAM; the logical name if "".
	PhysicalName string
	// Namespace and ServiceAccounts are those of Kubernetes.
	Namespace       string
	ServiceAccounts []string
	// ServiceAccountPattern, where * stands for any text, is trusted instead when the
	// names are more than IAM takes in one document; "" keeps the names.
	ServiceAccountPattern string
	// Issuers are the URLs of the clusters' OIDC issuers. With none of them nobody
	// can assume the role.
	Issuers pulumi.StringArrayInput
	// AccountID is that of the account which the OIDC providers are in.
	AccountID pulumi.StringInput
	// PermissionsBoundary is a policy ARN.
	PermissionsBoundary pulumi.StringPtrInput
	Tags                map[string]string
	// Policies are made and attached; ManagedPolicies, which are there, are attached.
	Policies        []RolePolicy
	ManagedPolicies []ManagedPolicy
	// InlinePolicies are documents that are part of the role. The one at index i has the
	// name {name}-role-policy-{i}, logical and physical.
	InlinePolicies []pulumi.StringInput
}

// RolePolicy is a policy that a ServiceAccountRole brings along.
type RolePolicy struct {
	Name        string // logical and physical; the attachment is called Name-att
	Document    pulumi.StringInput
	Description string // cannot change without replacing the policy
	Tags        map[string]string
}

// ManagedPolicy is a policy that a ServiceAccountRole attaches.
type ManagedPolicy struct {
	Name string // logical name of the attachment
	ARN  pulumi.StringInput
}

// ServiceAccountRole is an IAM role that pods assume by their Kubernetes service
// account (IRSA).
type ServiceAccountRole struct {
	pulumi.ResourceState

	ARN  pulumi.StringOutput `pulumi:"arn"`
	Name pulumi.StringOutput `pulumi:"name"` // physical
}

// NewServiceAccountRole makes a ServiceAccountRole with the logical name name. Policies
// and attachments are children of the role. All have fixed names, so that one which
// must be replaced is deleted first.
//
// It is an error if a required argument is missing or a policy has no name.
//
// (docs/reference/aws-workload-base.md 5.1, 5.3; docs/reference/aws-workload-apps.md 7.2)
func NewServiceAccountRole(ctx *pulumi.Context, name string, args *ServiceAccountRoleArgs, opts ...pulumi.ResourceOption) (*ServiceAccountRole, error) {
	if args == nil || args.Namespace == "" || len(args.ServiceAccounts) == 0 || args.Issuers == nil || args.AccountID == nil {
		return nil, fmt.Errorf("service account role %s: namespace, service accounts, issuers and account id are required", name)
	}
	made := &ServiceAccountRole{}
	err := components.Register(ctx, "ptd:aws:ServiceAccountRole", name, made, func(child pulumi.ResourceOption) error {
		replaceFirst := pulumi.DeleteBeforeReplace(true)
		role, err := iam.NewRole(ctx, name, &iam.RoleArgs{
			Name:                pulumi.String(cmp.Or(args.PhysicalName, name)),
			AssumeRolePolicy:    trustServiceAccounts(args),
			PermissionsBoundary: args.PermissionsBoundary,
			Tags:                tags(args.Tags),
		}, child, replaceFirst)
		if err != nil {
			return err
		}

		attachments := slices.Clone(args.ManagedPolicies)
		for _, policy := range args.Policies {
			if policy.Name == "" || policy.Document == nil {
				return fmt.Errorf("policy %q: a name and a document are required", policy.Name)
			}
			policyArgs := &iam.PolicyArgs{Name: pulumi.String(policy.Name), Policy: policy.Document}
			if policy.Description != "" {
				policyArgs.Description = pulumi.String(policy.Description)
			}
			if len(policy.Tags) > 0 {
				policyArgs.Tags = tags(policy.Tags)
			}
			own, err := iam.NewPolicy(ctx, policy.Name, policyArgs, pulumi.Parent(role), replaceFirst)
			if err != nil {
				return err
			}
			attachments = append(attachments, ManagedPolicy{Name: policy.Name + "-att", ARN: own.Arn})
		}
		for _, attachment := range attachments {
			if attachment.Name == "" || attachment.ARN == nil {
				return fmt.Errorf("managed policy %q: a name and an ARN are required", attachment.Name)
			}
			if _, err := iam.NewRolePolicyAttachment(ctx, attachment.Name, &iam.RolePolicyAttachmentArgs{
				Role: role.Name, PolicyArn: attachment.ARN,
			}, pulumi.Parent(role), replaceFirst); err != nil {
				return err
			}
		}
		for i, document := range args.InlinePolicies {
			inline := fmt.Sprintf("%s-role-policy-%d", name, i)
			if _, err := iam.NewRolePolicy(ctx, inline, &iam.RolePolicyArgs{
				Name: pulumi.String(inline), Role: role.ID(), Policy: document,
			}, pulumi.Parent(role), replaceFirst); err != nil {
				return err
			}
		}
		made.ARN, made.Name = role.Arn, role.Name
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

func trustServiceAccounts(args *ServiceAccountRoleArgs) pulumi.StringOutput {
	return apply.To(pulumi.All(args.AccountID.ToStringOutput(), args.Issuers.ToStringArrayOutput()), func(values []any) string {
		account, issuers := values[0].(string), values[1].([]string)
		trust := ServiceAccountTrust(account, issuers, args.Namespace, args.ServiceAccounts).JSON()
		if len(trust) > maxTrustPolicy && args.ServiceAccountPattern != "" {
			trust = ServiceAccountTrust(account, issuers, args.Namespace, []string{args.ServiceAccountPattern}).JSON()
		}
		return trust
	}).(pulumi.StringOutput)
}

// maxTrustPolicy is how many characters IAM takes in a trust policy.
const maxTrustPolicy = 2048

// ServiceAccountTrust is the trust policy of a role for service accounts of the
// clusters with these OIDC issuers (URLs, in any order, repeated or not): a statement
// an issuer. A slash at the end of an issuer is part of it, also in the ARN of its
// provider. A * in the name of a service account stands for any text. Without issuers
// it is one that denies everybody, since IAM does not take a trust policy without
// statements.
//
// (docs/reference/aws-workload-base.md 5.1, 12 point 13)
func ServiceAccountTrust(accountID string, issuers []string, namespace string, serviceAccounts []string) PolicyDocument {
	var tails []string
	for _, issuer := range issuers {
		if _, tail, found := strings.Cut(issuer, "//"); found {
			issuer = tail
		}
		if issuer != "" {
			tails = append(tails, issuer)
		}
	}
	slices.Sort(tails)
	tails = slices.Compact(tails)
	if len(tails) == 0 {
		return NewPolicyDocument(PolicyStatement{
			Effect: Deny, Principal: map[string][]string{"AWS": {"*"}}, Action: Actions("sts", "AssumeRole"),
		})
	}

	subjects, patterns := make([]string, len(serviceAccounts)), false
	for i, account := range serviceAccounts {
		subjects[i] = "system:serviceaccount:" + namespace + ":" + account
		patterns = patterns || strings.Contains(account, "*")
	}
	statements := make([]PolicyStatement, len(tails))
	for i, tail := range tails {
		audience, subject := map[string][]string{tail + ":aud": {"sts.amazonaws.com"}}, map[string][]string{tail + ":sub": subjects}
		condition := map[string]map[string][]string{"StringEquals": audience}
		if patterns {
			condition["StringLike"] = subject
		} else {
			maps.Copy(audience, subject)
		}
		statements[i] = PolicyStatement{
			Principal: map[string][]string{"Federated": {"arn:aws:iam::" + accountID + ":oidc-provider/" + tail}},
			Action:    Actions("sts", "AssumeRoleWithWebIdentity"),
			Condition: condition,
		}
	}
	return NewPolicyDocument(statements...)
}
