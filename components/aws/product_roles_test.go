package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const inlineType = "aws:iam/rolePolicy:RolePolicy"

func productRolesArgs(sites ...string) *ProductRolesArgs {
	args := &ProductRolesArgs{
		Workload: "demo01-staging", Release: "20250115", Region: componenttest.Region, AccountID: componenttest.Account,
		Issuers: pulumi.ToStringArray([]string{mockIssuer}), PermissionsBoundary: pulumi.String("boundary"),
		Tags:            map[string]string{"posit.team/managed-by": "test"},
		Secrets:         []string{"demo01-staging.posit.team", "demo01-staging-*.posit.team"},
		ChronicleBucket: pulumi.String("chronicle"), PackageManagerBucket: pulumi.String("ppm"),
		TeamOperatorPolicyARN: pulumi.String("arn:aws:iam::123456789012:policy/team-operator.demo01-staging.posit.team"),
		Bedrock:               true,
	}
	for _, site := range sites {
		args.Sites = append(args.Sites, ProductSite{Name: site, Secrets: []string{"demo01-staging-" + site + ".posit.team"}})
	}
	return args
}

func makeProductRoles(args *ProductRolesArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewProductRoles(ctx, "demo01-staging-20250115-product-roles", args)
		return err
	}
}

// inlineDocuments are the inline policies of a role, in their order.
func inlineDocuments(r *componenttest.Recorder, role string) []string {
	documents := []string{}
	for _, made := range r.All(inlineType) {
		if strings.HasPrefix(made.Name, role+"-role-policy-") {
			documents = append(documents, made.Args()["policy"].(string))
		}
	}
	return documents
}

func TestProductRoles(t *testing.T) {
	t.Parallel()
	args := productRolesArgs("analytics", "main")
	args.Keycloak = true
	args.FileSystem = &FileSystemAccess{ID: pulumi.String("fs-1"), AccessPointID: "fsap-1"}
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		made, err := NewProductRoles(ctx, "demo01-staging-20250115-product-roles", args)
		if err != nil {
			return err
		}
		arns := componenttest.Await(ctx, made.ARNs).Value.(map[string]string)
		for key, name := range map[string]string{
			"home": "home.20250115", "keycloak": "keycloak.20250115", "team-operator": "team-operator.20250115",
			"chr-ro/main": "chr-ro.20250115.main", "dev-ses/analytics": "dev-ses.20250115.analytics",
		} {
			if want := "arn:aws:iam::123456789012:role/" + name + ".demo01-staging.posit.team"; arns[key] != want {
				t.Errorf("ARN of %s is %q, want %q", key, arns[key], want)
			}
		}
		if len(arns) != 5+2*5 {
			t.Errorf("%d roles, want 15", len(arns))
		}
		return nil
	})
	r.Golden(t, "product-roles")
	componenttest.SamePreview(t, makeProductRoles(args))

	const tail = ".demo01-staging.posit.team"
	secrets := func(names ...string) string {
		return ReadSecretsPolicy(componenttest.Region, componenttest.Account, names...).JSON()
	}
	all := secrets("demo01-staging.posit.team", "demo01-staging-*.posit.team")
	own := secrets("demo01-staging-main.posit.team")
	bedrock := BedrockPolicy().JSON()
	efs := ElasticFileSystemPolicy(componenttest.Region, componenttest.Account, "fs-1", "fsap-1").JSON()
	for role, want := range map[string]struct {
		namespace string
		accounts  []string
		inline    []string
	}{
		"home.20250115" + tail:          {"posit-team", []string{"analytics-home", "main-home"}, []string{all}},
		"pub.20250115" + tail:           {"posit-team", []string{"analytics-connect", "main-connect"}, []string{all}},
		"dev.20250115" + tail:           {"posit-team", []string{"analytics-workbench", "main-workbench"}, []string{all, efs}},
		"keycloak.20250115" + tail:      {"posit-team", []string{"analytics-keycloak", "main-keycloak"}, []string{all}},
		"team-operator.20250115" + tail: {"posit-team-system", []string{"team-operator-controller-manager"}, []string{}},
		"chr.20250115.main" + tail:      {"posit-team", []string{"main-chronicle"}, []string{own}},
		"chr-ro.20250115.main" + tail:   {"posit-team", []string{"main-chronicle"}, []string{own}},
		"pub-ses.20250115.main" + tail:  {"posit-team", []string{"main-connect-session"}, []string{bedrock}},
		"dev-ses.20250115.main" + tail:  {"posit-team", []string{"main-workbench-session"}, []string{bedrock, efs}},
		"pkg.20250115.main" + tail:      {"posit-team", []string{"main-packagemanager"}, []string{own}},
	} {
		r.Find(t, roleType, role).Exactly(t, map[string]any{
			"name": role, "permissionsBoundary": "boundary", "tags": map[string]any{"posit.team/managed-by": "test"},
			"assumeRolePolicy": ServiceAccountTrust(componenttest.Account, []string{mockIssuer}, want.namespace, want.accounts).JSON(),
		})
		assert.Equal(t, want.inline, inlineDocuments(r, role), "inline policies of %s", role)
	}
	r.Find(t, inlineType, "dev.20250115"+tail+"-role-policy-1").Exactly(t, map[string]any{
		"name": "dev.20250115" + tail + "-role-policy-1", "role": "role/dev.20250115" + tail, "policy": efs,
	})
	for attachment, want := range map[string][2]string{
		"team-operator" + tail + "-20250115-att":                               {"team-operator.20250115", "team-operator"},
		"chronicle-s3-bucket.20250115.main" + tail + "-20250115-att":           {"chr.20250115.main", "chronicle-s3-bucket.20250115.main"},
		"chronicle-s3-bucket-read-only.20250115.main" + tail + "-20250115-att": {"chr-ro.20250115.main", "chronicle-s3-bucket-read-only.20250115.main"},
		"pub-ses.20250115.main" + tail + "-20250115-att":                       {"pub-ses.20250115.main", "chronicle-s3-bucket-read-only.20250115.main"},
		"dev-ses.20250115.main" + tail + "-20250115-att":                       {"dev-ses.20250115.main", "chronicle-s3-bucket-read-only.20250115.main"},
		"ppm-s3-bucket.20250115.main" + tail + "-20250115-att":                 {"pkg.20250115.main", "ppm-s3-bucket.20250115.main"},
	} {
		r.Find(t, attachmentType, attachment).Exactly(t, map[string]any{
			"role": want[0] + tail, "policyArn": "arn:aws:iam::123456789012:policy/" + want[1] + tail,
		})
	}
}

// Names and descriptions of policies can never change.
func TestProductBucketPolicies(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeProductRoles(productRolesArgs("main")))
	const tail, described = ".20250115.main.demo01-staging.posit.team", "Posit Team Dedicated policy for demo01-staging to "
	for name, want := range map[string]map[string]any{
		"chronicle-s3-bucket" + tail: {
			"description": described + "read/write the Chronicle S3 bucket at the main/ and below paths",
			"policy":      BucketReadWritePolicy("arn:aws:s3:::chronicle", "main").JSON(),
			"tags":        map[string]any{"Name": "demo01-staging-chronicle-s3-bucket" + tail + "-s3-bucket-policy"},
		},
		"chronicle-s3-bucket-read-only" + tail: {
			"description": described + "read the Chronicle S3 bucket at the main/ and below paths",
			"policy":      BucketReadPolicy("arn:aws:s3:::chronicle", "main").JSON(),
			"tags":        map[string]any{"Name": "demo01-staging-chronicle-s3-bucket-read-only" + tail + "-s3-bucket-read-only-policy"},
		},
		"ppm-s3-bucket" + tail: {
			"description": described + "read the PPM S3 bucket at the main/ and below paths",
			"policy":      BucketReadWritePolicy("arn:aws:s3:::ppm", "main").JSON(),
			"tags":        map[string]any{"Name": "demo01-staging-ppm-main-20250115-s3-bucket-policy", "posit.team/managed-by": "test"},
		},
	} {
		want["name"] = name
		r.Find(t, policyType, name).Exactly(t, want)
	}
	for _, name := range []string{"pub-ses", "dev-ses"} {
		if got := len(inlineDocuments(r, name+tail)); got != 1 {
			t.Errorf("%s has %d inline policies, want Bedrock's", name, got)
		}
	}
	args := productRolesArgs("main")
	args.Bedrock = false
	r = componenttest.Run(t, makeProductRoles(args))
	for _, made := range r.All(inlineType) {
		if strings.Contains(made.Args()["policy"].(string), "bedrock") {
			t.Errorf("%s allows Bedrock", made.Name)
		}
	}
}

func TestProductPolicies(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]PolicyDocument{
		"read-secrets-policy":             ReadSecretsPolicy("us-east-2", componenttest.Account, "a.posit.team", "a-*.posit.team"),
		"bedrock-policy":                  BedrockPolicy(),
		"elastic-file-system-policy":      ElasticFileSystemPolicy("us-east-2", componenttest.Account, "fs-1", "fsap-1"),
		"elastic-file-system-policy-open": ElasticFileSystemPolicy("us-east-2", componenttest.Account, "fs-1", ""),
		"bucket-read-write-site-policy":   BucketReadWritePolicy("arn:aws:s3:::ppm", "main"),
	} {
		goldenPolicy(t, name, policy.JSON())
	}
}

// IAM takes 2048 characters of trust: with many sites a pattern stands for the accounts.
func TestProductRolesOfManySites(t *testing.T) {
	t.Parallel()
	var sites []string
	for i := range 60 {
		sites = append(sites, fmt.Sprintf("site%02d", i))
	}
	r := componenttest.Run(t, makeProductRoles(productRolesArgs(sites...)))
	want := ServiceAccountTrust(componenttest.Account, []string{mockIssuer}, "posit-team", []string{"*-connect"}).JSON()
	r.Find(t, roleType, "pub.20250115.demo01-staging.posit.team").Want(t, map[string]any{"assumeRolePolicy": want})
	if !strings.Contains(want, `"StringLike":{"oidc.eks.us-east-2.amazonaws.com/id/AAAA:sub":["system:serviceaccount:posit-team:*-connect"]}`) ||
		!strings.Contains(want, `"StringEquals":{"oidc.eks.us-east-2.amazonaws.com/id/AAAA:aud":["sts.amazonaws.com"]}`) {
		t.Errorf("trust is %s", want)
	}
	for _, role := range r.All(roleType) {
		if got := len(role.Args()["assumeRolePolicy"].(string)); got > maxTrustPolicy {
			t.Errorf("trust of %s has %d characters", role.Name, got)
		}
	}
	for _, inline := range r.All(inlineType) {
		if got := len(inline.Args()["policy"].(string)); got > 2000 {
			t.Errorf("%s has %d characters", inline.Name, got)
		}
	}
}

func TestProductRolesErrors(t *testing.T) {
	t.Parallel()
	const prefix = "product roles demo01-staging-20250115-product-roles: "
	componenttest.Fails(t, makeProductRoles(nil), prefix+"workload, release, region, account id and issuers are required")
	for _, test := range []struct {
		change func(*ProductRolesArgs)
		want   string
	}{
		{func(a *ProductRolesArgs) { a.Release = "" }, "workload, release, region"},
		{func(a *ProductRolesArgs) { a.Issuers = nil }, "workload, release, region"},
		{func(a *ProductRolesArgs) { a.Sites = nil }, "sites, secrets, both buckets"},
		{func(a *ProductRolesArgs) { a.ChronicleBucket = nil }, "sites, secrets, both buckets"},
		{func(a *ProductRolesArgs) { a.TeamOperatorPolicyARN = nil }, "sites, secrets, both buckets"},
	} {
		args := productRolesArgs("main")
		test.change(args)
		componenttest.Fails(t, makeProductRoles(args), prefix+test.want)
	}
}

func ExampleNewProductRoles() {
	program := func(ctx *pulumi.Context) error {
		roles, err := NewProductRoles(ctx, "demo01-staging-20250115", &ProductRolesArgs{
			Workload: "demo01-staging", Release: "20250115", Region: "us-east-2", AccountID: "123456789012",
			Issuers:         pulumi.ToStringArray([]string{"https://oidc.eks.us-east-2.amazonaws.com/id/AAAA"}),
			Sites:           []ProductSite{{Name: "main", Secrets: []string{"demo01-staging-main.posit.team"}}},
			Secrets:         []string{"demo01-staging-*.posit.team"},
			ChronicleBucket: pulumi.String("demo-chronicle"), PackageManagerBucket: pulumi.String("demo-packages"),
			TeamOperatorPolicyARN: pulumi.String("arn:aws:iam::123456789012:policy/team-operator"),
		})
		if err != nil {
			return err
		}
		ctx.Export("roles", roles.ARNs)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, role := range mocks.All("aws:iam/role:Role") {
		fmt.Println(role.Name)
	}
	// Output:
	// chr-ro.20250115.main.demo01-staging.posit.team
	// chr.20250115.main.demo01-staging.posit.team
	// dev-ses.20250115.main.demo01-staging.posit.team
	// dev.20250115.demo01-staging.posit.team
	// home.20250115.demo01-staging.posit.team
	// pkg.20250115.main.demo01-staging.posit.team
	// pub-ses.20250115.main.demo01-staging.posit.team
	// pub.20250115.demo01-staging.posit.team
	// team-operator.20250115.demo01-staging.posit.team
}
