package aws

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// The namespaces of the products and of their operator.
const (
	productNamespace  = "posit-team"
	operatorNamespace = "posit-team-system"
)

// ProductRolesArgs says what the products of a release may do. All but Tags,
// PermissionsBoundary, FileSystem, Bedrock and Keycloak are required.
type ProductRolesArgs struct {
	// Workload and Release are part of every name.
	Workload, Release string
	Region, AccountID string
	// Issuers are the URLs of the OIDC issuers that are trusted: that of the release's
	// cluster.
	Issuers             pulumi.StringArrayInput
	PermissionsBoundary pulumi.StringPtrInput // policy ARN
	Tags                map[string]string
	// Sites have roles of their own, and their service accounts the roles of the release.
	Sites []ProductSite
	// Secrets are the names of those that the roles of the release may read; * stands
	// for any text. An ARN stands for itself, here and of a site.
	Secrets []string
	// ChronicleBucket and PackageManagerBucket are names.
	ChronicleBucket, PackageManagerBucket pulumi.StringInput
	// TeamOperatorPolicyARN is the policy of the Team Operator.
	TeamOperatorPolicyARN pulumi.StringInput
	// FileSystem is the EFS file system that Workbench mounts; nil for none.
	FileSystem *FileSystemAccess
	// Bedrock lets sessions use Amazon Bedrock; Keycloak makes its role.
	Bedrock, Keycloak bool
}

// ProductSite is a site and the names of the secrets that its own roles may read.
type ProductSite struct {
	Name    string
	Secrets []string
}

// FileSystemAccess is an EFS file system; with AccessPointID only through that.
type FileSystemAccess struct {
	ID            pulumi.StringInput
	AccessPointID string
}

// ProductRoles are the IAM roles of the products' service accounts in the cluster of a
// release.
type ProductRoles struct {
	pulumi.ResourceState

	// ARNs are the roles by what they are for: home, pub, dev, team-operator, keycloak,
	// and of each site chr/{site}, chr-ro/{site}, pub-ses/{site}, dev-ses/{site} and
	// pkg/{site}.
	ARNs pulumi.StringMapOutput `pulumi:"arns"`
}

// NewProductRoles makes ProductRoles, called {role}.{release}.{workload}.posit.team or
// {role}.{release}.{site}.{workload}.posit.team, and the policies for the sites' parts of
// the buckets. The roles of a site read the secrets of that site alone.
//
// It is an error if a required argument is missing. IAM takes names of 64 characters.
// (docs/reference/aws-workload-apps.md 7.2 to 7.4, 15 points 1 to 4)
func NewProductRoles(ctx *pulumi.Context, name string, args *ProductRolesArgs, opts ...pulumi.ResourceOption) (*ProductRoles, error) {
	if args == nil || args.Workload == "" || args.Release == "" || args.Region == "" || args.AccountID == "" || args.Issuers == nil {
		return nil, fmt.Errorf("product roles %s: workload, release, region, account id and issuers are required", name)
	}
	if len(args.Sites) == 0 || len(args.Secrets) == 0 || args.ChronicleBucket == nil || args.PackageManagerBucket == nil ||
		args.TeamOperatorPolicyARN == nil {
		return nil, fmt.Errorf("product roles %s: sites, secrets, both buckets and the policy of the Team Operator are required", name)
	}
	made := &ProductRoles{}
	err := components.Register(ctx, "ptd:aws:ProductRoles", name, made, func(child pulumi.ResourceOption) error {
		p := &productRoles{ctx: ctx, args: args, child: child, arns: pulumi.StringMap{}}
		if err := p.makeRelease(); err != nil {
			return err
		}
		for _, site := range args.Sites {
			if err := p.makeSite(site); err != nil {
				return fmt.Errorf("site %s: %w", site.Name, err)
			}
		}
		made.ARNs = p.arns.ToStringMapOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

// productRoles makes the roles.
type productRoles struct {
	ctx   *pulumi.Context
	args  *ProductRolesArgs
	child pulumi.ResourceOption
	arns  pulumi.StringMap
}

// productRole is a role as far as it differs from the others.
type productRole struct {
	use, site string // site is "" for a role of the release
	namespace string // productNamespace if ""
	accounts  []string
	pattern   string
	inline    []pulumi.StringInput
	managed   []ManagedPolicy
}

// makeRelease makes the roles that all sites share.
func (p *productRoles) makeRelease() error {
	secrets := p.readSecrets(p.args.Secrets)
	roles := []productRole{
		p.shared("home", "home", secrets),
		p.shared("pub", "connect", secrets),
		p.shared("dev", "workbench", append([]pulumi.StringInput{secrets}, p.fileSystem()...)...),
		{
			use: "team-operator", namespace: operatorNamespace, accounts: []string{"team-operator-controller-manager"},
			managed: []ManagedPolicy{p.attach("team-operator."+p.args.Workload+".posit.team", p.args.TeamOperatorPolicyARN)},
		},
	}
	if p.args.Keycloak {
		roles = append(roles, p.shared("keycloak", "keycloak", secrets))
	}
	return p.makeRoles(roles)
}

// makeSite makes a site's own roles, and its policies. Chronicle's both roles have one
// service account.
func (p *productRoles) makeSite(site ProductSite) error {
	chronicle, err := p.bucketPolicy("chronicle-s3-bucket", site.Name, p.args.ChronicleBucket, BucketReadWritePolicy,
		fmt.Sprintf("read/write the Chronicle S3 bucket at the %s/ and below paths", site.Name))
	if err != nil {
		return err
	}
	chronicleRead, err := p.bucketPolicy("chronicle-s3-bucket-read-only", site.Name, p.args.ChronicleBucket, BucketReadPolicy,
		fmt.Sprintf("read the Chronicle S3 bucket at the %s/ and below paths", site.Name))
	if err != nil {
		return err
	}
	packages, err := p.bucketPolicy("ppm-s3-bucket", site.Name, p.args.PackageManagerBucket, BucketReadWritePolicy,
		fmt.Sprintf("read the PPM S3 bucket at the %s/ and below paths", site.Name))
	if err != nil {
		return err
	}
	secrets := p.readSecrets(site.Secrets)
	var bedrock []pulumi.StringInput
	if p.args.Bedrock {
		bedrock = append(bedrock, pulumi.String(BedrockPolicy().JSON()))
	}
	own := func(use, product string, inline []pulumi.StringInput, managed ManagedPolicy) productRole {
		return productRole{
			use: use, site: site.Name, accounts: []string{site.Name + "-" + product}, inline: inline, managed: []ManagedPolicy{managed},
		}
	}
	bySession := func(use string) ManagedPolicy { return p.attach(p.name(use, site.Name), chronicleRead.ARN) }
	return p.makeRoles([]productRole{
		own("chr", "chronicle", []pulumi.StringInput{secrets}, chronicle),
		own("chr-ro", "chronicle", []pulumi.StringInput{secrets}, chronicleRead),
		own("pub-ses", "connect-session", bedrock, bySession("pub-ses")),
		own("dev-ses", "workbench-session", append(slices.Clone(bedrock), p.fileSystem()...), bySession("dev-ses")),
		own("pkg", "packagemanager", []pulumi.StringInput{secrets}, packages),
	})
}

// shared is a role that the service accounts of a product of all sites have.
func (p *productRoles) shared(use, product string, inline ...pulumi.StringInput) productRole {
	role := productRole{use: use, pattern: "*-" + product, inline: inline}
	for _, site := range p.args.Sites {
		role.accounts = append(role.accounts, site.Name+"-"+product)
	}
	return role
}

func (p *productRoles) makeRoles(roles []productRole) error {
	for _, role := range roles {
		namespace, key := role.namespace, role.use
		if namespace == "" {
			namespace = productNamespace
		}
		if role.site != "" {
			key += "/" + role.site
		}
		made, err := NewServiceAccountRole(p.ctx, p.name(role.use, role.site), &ServiceAccountRoleArgs{
			Namespace: namespace, ServiceAccounts: role.accounts, ServiceAccountPattern: role.pattern,
			Issuers: p.args.Issuers, AccountID: pulumi.String(p.args.AccountID),
			PermissionsBoundary: p.args.PermissionsBoundary, Tags: p.args.Tags,
			InlinePolicies: role.inline, ManagedPolicies: role.managed,
		}, p.child)
		if err != nil {
			return err
		}
		p.arns[key] = made.ARN
	}
	return nil
}

// bucketPolicy makes the policy of a site's part of a bucket. A description can never
// change without replacing the policy.
func (p *productRoles) bucketPolicy(
	use, site string, bucket pulumi.StringInput, document func(bucketARN, prefix string) PolicyDocument, may string,
) (ManagedPolicy, error) {
	name, workload := p.name(use, site), p.args.Workload
	named := map[string]string{}
	switch use {
	case "ppm-s3-bucket":
		maps.Copy(named, p.args.Tags)
		named["Name"] = fmt.Sprintf("%s-ppm-%s-%s-s3-bucket-policy", workload, site, p.args.Release)
	case "chronicle-s3-bucket":
		named["Name"] = fmt.Sprintf("%s-%s-s3-bucket-policy", workload, name)
	default:
		named["Name"] = fmt.Sprintf("%s-%s-s3-bucket-read-only-policy", workload, name)
	}
	policy, err := iam.NewPolicy(p.ctx, name, &iam.PolicyArgs{
		Name:        pulumi.String(name),
		Description: pulumi.String("Posit Team Dedicated policy for " + workload + " to " + may),
		Policy: PolicyOf(pulumi.StringArray{bucket}, func(names []string) PolicyDocument {
			return document("arn:aws:s3:::"+names[0], site)
		}),
		Tags: pulumi.ToStringMap(named),
	}, p.child, pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return ManagedPolicy{}, err
	}
	return p.attach(name, policy.Arn), nil
}

// attach names an attachment.
func (p *productRoles) attach(name string, policyARN pulumi.StringInput) ManagedPolicy {
	return ManagedPolicy{Name: name + "-" + p.args.Release + "-att", ARN: policyARN}
}

// name is that of a role or policy, of the release or of a site in it.
func (p *productRoles) name(use, site string) string {
	if site != "" {
		site += "."
	}
	return use + "." + p.args.Release + "." + site + p.args.Workload + ".posit.team"
}

func (p *productRoles) readSecrets(names []string) pulumi.StringInput {
	return pulumi.String(ReadSecretsPolicy(p.args.Region, p.args.AccountID, names...).JSON())
}

// fileSystem is what Workbench and its sessions may do with the file system.
func (p *productRoles) fileSystem() []pulumi.StringInput {
	access := p.args.FileSystem
	if access == nil {
		return nil
	}
	return []pulumi.StringInput{PolicyOf(pulumi.StringArray{access.ID}, func(ids []string) PolicyDocument {
		return ElasticFileSystemPolicy(p.args.Region, p.args.AccountID, ids[0], access.AccessPointID)
	})}
}
