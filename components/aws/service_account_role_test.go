package aws

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

const (
	roleType       = "aws:iam/role:Role"
	policyType     = "aws:iam/policy:Policy"
	attachmentType = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

	mockIssuer = "https://oidc.eks.us-east-2.amazonaws.com/id/AAAA"
)

func lokiRoleArgs() *ServiceAccountRoleArgs {
	return &ServiceAccountRoleArgs{
		Namespace:           "loki",
		ServiceAccounts:     []string{"loki.posit.team"},
		Issuers:             pulumi.ToStringArray([]string{mockIssuer}),
		AccountID:           pulumi.String(componenttest.Account),
		PermissionsBoundary: pulumi.String("boundary"),
		Tags:                map[string]string{"posit.team/managed-by": "test"},
		Policies: []RolePolicy{{
			Name: "loki-s3-bucket.demo01-staging.posit.team",
			Document: PolicyOf(pulumi.StringArray{pulumi.String("arn:aws:s3:::demo")}, func(arns []string) PolicyDocument {
				return BucketReadWritePolicy(arns[0], "")
			}),
			Description: "Posit Team Dedicated policy for demo01-staging to read the Loki S3 bucket",
			Tags:        map[string]string{"Name": "demo01-staging-demo01-staging-loki-s3-bucket-policy"},
		}},
	}
}

func makeRole(name string, args *ServiceAccountRoleArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewServiceAccountRole(ctx, name, args)
		return err
	}
}

func TestServiceAccountRole(t *testing.T) {
	t.Parallel()
	const (
		name   = "loki.demo01-staging.posit.team"
		policy = "loki-s3-bucket.demo01-staging.posit.team"
	)
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		role, err := NewServiceAccountRole(ctx, name, lokiRoleArgs())
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{"arn": "arn:aws:iam::123456789012:role/" + name, "name": name},
			map[string]pulumi.Output{"arn": role.ARN, "name": role.Name})
		return nil
	})
	r.Golden(t, "service-account-role")
	r.Find(t, roleType, name).Exactly(t, map[string]any{
		"name": name, "permissionsBoundary": "boundary", "tags": map[string]any{"posit.team/managed-by": "test"},
		"assumeRolePolicy": ServiceAccountTrust(componenttest.Account, []string{mockIssuer}, "loki", []string{"loki.posit.team"}).JSON(),
	})
	r.Find(t, policyType, policy).Exactly(t, map[string]any{
		"name": policy, "description": "Posit Team Dedicated policy for demo01-staging to read the Loki S3 bucket",
		"tags":   map[string]any{"Name": "demo01-staging-demo01-staging-loki-s3-bucket-policy"},
		"policy": BucketReadWritePolicy("arn:aws:s3:::demo", "").JSON(),
	})
	r.Find(t, attachmentType, policy+"-att").Exactly(t, map[string]any{
		"role": name, "policyArn": "arn:aws:iam::123456789012:policy/" + policy,
	})
}

func TestServiceAccountRoleOptions(t *testing.T) {
	t.Parallel()
	args := lokiRoleArgs()
	args.PhysicalName, args.Issuers, args.PermissionsBoundary = "physical.posit.team", pulumi.StringArray{}, nil
	args.Policies = []RolePolicy{{Name: "lbc.posit.team", Document: pulumi.String(LoadBalancerControllerPolicy().JSON())}}
	args.ManagedPolicies = []ManagedPolicy{
		{Name: "demo01-staging-fsx-openzfs", ARN: pulumi.String("arn:aws:iam::aws:policy/AmazonFSxFullAccess")},
	}
	r := componenttest.Run(t, makeRole("logical.posit.team", args))
	r.Golden(t, "service-account-role-options")
	r.Find(t, roleType, "logical.posit.team").Want(t, map[string]any{
		"name": "physical.posit.team", "permissionsBoundary": nil,
		"assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":["*"]},"Action":["sts:AssumeRole"]}]}`,
	})
	r.Find(t, policyType, "lbc.posit.team").Exactly(t, map[string]any{
		"name": "lbc.posit.team", "policy": LoadBalancerControllerPolicy().JSON(),
	})
	r.Find(t, attachmentType, "demo01-staging-fsx-openzfs").Exactly(t, map[string]any{
		"role": "physical.posit.team", "policyArn": "arn:aws:iam::aws:policy/AmazonFSxFullAccess",
	})
}

// In the first plan of all steps the issuers are not known: neither is the trust, which
// must not look like that of a role without issuers.
func TestServiceAccountRoleOfUnknownIssuers(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{true, false} {
		r := componenttest.New()
		r.Preview = true
		args := lokiRoleArgs()
		if err := r.Exec(func(ctx *pulumi.Context) error {
			if !known {
				args.Issuers = pulumi.UnsafeUnknownOutput(nil).ApplyT(func(any) []string { return nil }).(pulumi.StringArrayOutput)
			}
			return makeRole("loki.posit.team", args)(ctx)
		}); err != nil {
			t.Fatal(err)
		}
		trust, found := r.Find(t, roleType, "loki.posit.team").Args()["assumeRolePolicy"]
		if found != known { // the mocks leave out what is unknown
			t.Errorf("issuers known %v: trust policy %v", known, trust)
		}
		for _, typ := range []string{policyType, attachmentType} {
			if got := len(r.All(typ)); got != 1 {
				t.Errorf("issuers known %v: %d of %s, want 1", known, got, typ)
			}
		}
	}
}

func TestServiceAccountRoleErrors(t *testing.T) {
	t.Parallel()
	const required = "service account role r: namespace, service accounts, issuers and account id are required"
	componenttest.Fails(t, makeRole("r", nil), required)
	for _, test := range []struct {
		change func(*ServiceAccountRoleArgs)
		want   string
	}{
		{func(a *ServiceAccountRoleArgs) { a.Namespace = "" }, required},
		{func(a *ServiceAccountRoleArgs) { a.ServiceAccounts = nil }, required},
		{func(a *ServiceAccountRoleArgs) { a.Issuers = nil }, required},
		{func(a *ServiceAccountRoleArgs) { a.AccountID = nil }, required},
		{func(a *ServiceAccountRoleArgs) { a.Policies[0].Name = "" }, `policy "": a name and a document are required`},
		{func(a *ServiceAccountRoleArgs) { a.Policies[0].Document = nil }, ".posit.team\": a name and a document are required"},
		{func(a *ServiceAccountRoleArgs) { a.ManagedPolicies = []ManagedPolicy{{Name: "m"}} },
			`managed policy "m": a name and an ARN are required`},
	} {
		args := lokiRoleArgs()
		test.change(args)
		componenttest.Fails(t, makeRole("r", args), test.want)
	}
}

func ExampleNewServiceAccountRole() {
	program := func(ctx *pulumi.Context) error {
		bucket, err := NewBucket(ctx, "demo01-staging-loki-bucket", &BucketArgs{Bucket: "ptd-demo01-staging-loki"})
		if err != nil {
			return err
		}
		role, err := NewServiceAccountRole(ctx, "loki.demo01-staging.posit.team", &ServiceAccountRoleArgs{
			Namespace:       "loki",
			ServiceAccounts: []string{"loki.posit.team"},
			Issuers:         pulumi.ToStringArray([]string{"https://oidc.eks.us-east-2.amazonaws.com/id/AAAA"}),
			AccountID:       pulumi.String("123456789012"),
			Policies: []RolePolicy{{
				Name: "loki-s3-bucket.demo01-staging.posit.team",
				Document: PolicyOf(pulumi.StringArray{bucket.ARN}, func(arns []string) PolicyDocument {
					return BucketReadWritePolicy(arns[0], "")
				}),
			}},
		})
		if err != nil {
			return err
		}
		ctx.Export("loki_role", role.ARN)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, attachment := range mocks.All(attachmentType) {
		fmt.Println(attachment.Args()["role"], "has", attachment.Args()["policyArn"])
	}
	// Output: loki.demo01-staging.posit.team has arn:aws:iam::123456789012:policy/loki-s3-bucket.demo01-staging.posit.team
}
