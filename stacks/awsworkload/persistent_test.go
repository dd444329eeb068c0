package awsworkload

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/components/componenttest"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
)

const clusterIssuer = "https://oidc.eks.us-east-2.amazonaws.com/id/CLUSTER"

// runPersistent runs the program with mocks.
func runPersistent(t *testing.T, r *componenttest.Recorder, workload *config.AWSWorkload, issuers ...string) *PersistentOutputs {
	t.Helper()
	var outputs *PersistentOutputs
	err := r.Exec(func(ctx *pulumi.Context) (err error) {
		outputs, err = Persistent(ctx, PersistentIn{
			Config: workload, TargetName: workload.Name, OIDCIssuers: pulumi.ToStringArray(issuers),
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return outputs
}

// resolved is what an output came to.
type resolved struct {
	value         any
	known, secret bool
}

// resolve gives what stack outputs come to, by name.
func resolve(t *testing.T, outputs any) map[string]resolved {
	t.Helper()
	all := map[string]resolved{}
	err := componenttest.New().Exec(func(ctx *pulumi.Context) error {
		if err := output.Export(ctx, outputs); err != nil {
			return err
		}
		for name, exported := range ctx.GetCurrentExportMap() {
			result := componenttest.Await(ctx, exported.(pulumi.Output))
			all[name] = resolved{result.Value, result.Known, result.Secret}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return all
}

var awsTargets = []string{"demo01-staging", "minimal01-staging", "tailscale01-staging", "adopted01-production"}

func TestPersistentRegistrations(t *testing.T) {
	t.Parallel()
	for _, name := range awsTargets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			workload, r := load(t, name), newRecorder()
			lookUps(r, workload)
			runPersistent(t, r, workload)
			r.Golden(t, "persistent-"+name)
			for _, made := range r.All("") {
				if made.Type != "ptd:awsworkload:Persistent" && !strings.HasPrefix(made.Type, "pulumi:providers:") && made.Parent == "" {
					t.Errorf("%s %s is not below the stack's component", made.Type, made.Name)
				}
				if strings.HasPrefix(made.Type, "aws:") && made.Provider == "" {
					t.Errorf("%s %s has no explicit provider", made.Type, made.Name)
				}
			}
		})
	}
}

// The default set of resources (docs/reference/aws-workload-base.md 11).
func TestPersistentCounts(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	runPersistent(t, r, load(t, "minimal01-staging"))
	issuersRoles := 0
	for _, role := range r.All("aws:iam/role:Role") {
		if strings.Contains(fmt.Sprint(input(role, "assumeRolePolicy")), `"Deny"`) {
			issuersRoles++
		}
	}
	got := map[string]int{"service-account roles": issuersRoles}
	want := map[string]int{
		"service-account roles":                               8,
		"aws:ec2/vpc:Vpc":                                     1,
		"aws:ec2/subnet:Subnet":                               6,
		"aws:ec2/routeTable:RouteTable":                       4,
		"aws:ec2/natGateway:NatGateway":                       3,
		"aws:ec2/eip:Eip":                                     3,
		"aws:ec2/networkAclRule:NetworkAclRule":               31,
		"aws:ec2/vpcEndpoint:VpcEndpoint":                     7,
		"aws:ec2/instance:Instance":                           1,
		"aws:rds/instance:Instance":                           1,
		"aws:s3/bucket:Bucket":                                4,
		"aws:fsx/openZfsFileSystem:OpenZfsFileSystem":         1,
		"aws:efs/fileSystem:FileSystem":                       0,
		"aws:route53/zone:Zone":                               1,
		"aws:acm/certificate:Certificate":                     1,
		"aws:route53/record:Record":                           1,
		"aws:acm/certificateValidation:CertificateValidation": 1,
		"random:index/randomPassword:RandomPassword":          1,
	}
	for typ := range want {
		if strings.Contains(typ, ":") {
			got[typ] = len(r.All(typ))
		}
	}
	assert.Equal(t, want, got, "resources")
}

func TestPersistentEndpoints(t *testing.T) {
	t.Parallel()
	for want, change := range map[int]func(*config.AWSWorkload){
		6: func(w *config.AWSWorkload) { w.VpcEndpoints.ExcludedServices = []string{"fsx"} },
		5: func(w *config.AWSWorkload) { w.VpcEndpoints.ExcludedServices = []string{"s3", "kms"} },
		0: func(w *config.AWSWorkload) { w.VpcEndpoints.Enabled = false },
	} {
		r := newRecorder()
		runPersistent(t, r, load(t, "minimal01-staging", change))
		if got := len(r.All("aws:ec2/vpcEndpoint:VpcEndpoint")); got != want {
			t.Errorf("%d endpoints, want %d", got, want)
		}
	}
}

// Every output of the sheet, its type and whether it is secret.
func TestPersistentOutputs(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	outputs := resolve(t, runPersistent(t, r, load(t, "demo01-staging"), clusterIssuer))
	issuers := []string{clusterIssuer}
	cn := "demo01-staging"
	for name, want := range map[string]any{
		"bastion_id":               "instance/" + cn + "-bastion",
		"access_security_group_id": "securitygroup/" + cn + "-bastion",
		"chronicle_bucket":         "ptd-" + cn + "-chronicle-0123456",
		"packagemanager_bucket":    "ptd-" + cn + "-ppm-0123456",
		"mimir_bucket":             "ptd-" + cn + "-mimir",
		"loki_bucket":              "ptd-" + cn + "-loki",
		"db":                       cn + "-0123456",
		"db_address":               cn + "-0123456.db.example",
		"rds_host":                 cn + "-0123456.db.example",
		"db_secret_arn":            "arn:aws:secretsmanager:us-east-2:" + testAccount + ":secret:rds!" + cn + "-0123456",
		"db_url":                   "postgres://" + cn + "-0123456.db.example/postgres?sslmode=require",
		"fs_dns_name":              cn + "-filesystem.fsx.example",
		"fs_root_volume_id":        "fsvol/" + cn + "-filesystem",
		"fs_id":                    "openzfsfilesystem/" + cn + "-filesystem",
		"vpc":                      "vpc/" + cn,
		"vpc_cidr":                 "10.37.0.0/16",
		"private_subnet_ids":       []string{"subnet/" + cn + "-private-az1", "subnet/" + cn + "-private-az2", "subnet/" + cn + "-private-az3"},
		"subnet_ids":               []string{"subnet/" + cn + "-private-az1", "subnet/" + cn + "-private-az2", "subnet/" + cn + "-private-az3"},
		"hosted_zone_info":         "",
		"oidc_issuers":             issuers,
		"cluster_oidc_issuers":     issuers,
		"mimir_password":           secretValue,
		"domain_ns_map": map[string][]string{
			"demo.staging.example.com":      {"ns-1.example", "ns-2.example"},
			"analytics.staging.example.com": {"ns-1.example", "ns-2.example"},
		},
		"zone_ids": map[string]string{
			"demo.staging.example.com": "zone/demo.staging.example.com-zone", "analytics.staging.example.com": "Z0400000ANALYTICS001",
		},
		"hosted_zone_name_servers": map[string]map[string]any{
			"main": {
				"domain": "demo.staging.example.com", "zone_id": "zone/demo.staging.example.com-zone",
				"name_servers": []string{"ns-1.example", "ns-2.example"},
			},
			"analytics": {
				"domain": "analytics.staging.example.com", "zone_id": "Z0400000ANALYTICS001",
				"name_servers": []string{"ns-1.example", "ns-2.example"},
			},
		},
		"certificate_validation_records": map[string][]map[string]string{
			"demo.staging.example.com": {{
				"name": "_validate.demo.staging.example.com.", "type": "CNAME", "value": "_answer.demo.staging.example.com.acm.example.",
			}},
			"analytics.staging.example.com": {{
				"name": "_validate.analytics.staging.example.com.", "type": "CNAME", "value": "_answer.analytics.staging.example.com.acm.example.",
			}},
		},
	} {
		assert.Equal(t, want, outputs[name].value, "output %s", name)
	}
	for name, got := range outputs {
		if !got.known {
			t.Errorf("output %s is unknown", name)
		}
		if got.secret != (name == "mimir_password") {
			t.Errorf("output %s: secret is %t", name, got.secret)
		}
	}
	arns := outputs["cert_arns"].value.([]string)
	require.Len(t, arns, 2)
	assert.Contains(t, arns[0], "analytics", "cert_arns are those of the domains in order of their first site")
	assert.Equal(t, map[string]string{firstDomain: arns[0], secondDomain: arns[1]}, outputs["certificate_arns"].value)
	roles := outputs["role_arns"].value.(map[string]string)
	want := []string{
		"alloy", "aws-ebs-csi", "aws-fsx-openzfs-csi-driver", "aws-load-balancer-controller", "external-dns", "loki", "mimir", "traefik-forward-auth",
	}
	if got := slices.Sorted(maps.Keys(roles)); !slices.Equal(got, want) {
		t.Errorf("roles %v", got)
	}
}

func TestPersistentOutputsOfOtherShapes(t *testing.T) {
	t.Parallel()
	tailscale := load(t, "tailscale01-staging")
	outputs := resolve(t, runPersistent(t, newRecorder(), tailscale))
	if got := outputs["bastion_id"].value; got != "" {
		t.Errorf("bastion_id with Tailscale is %q", got)
	}
	if got := outputs["access_security_group_id"].value; got != "securitygroup/tailscale01-staging-tailscale-sg" {
		t.Errorf("access_security_group_id with Tailscale is %q", got)
	}
	assert.Equal(t, tailscale.ExtraClusterOIDCURLs, outputs["oidc_issuers"].value, "oidc_issuers")
	assert.Equal(t, []string{tailscale.Sites["main"].CertificateARN}, outputs["cert_arns"].value, "cert_arns")

	adopted, r := load(t, "adopted01-production"), newRecorder()
	lookUps(r, adopted)
	outputs = resolve(t, runPersistent(t, r, adopted))
	for name, want := range map[string]any{
		"bastion_id": "i-0123456789abcdef0", "access_security_group_id": "", "vpc": "vpc-0a1b2c3d4e5f60718", "vpc_cidr": "10.42.0.0/16",
		"private_subnet_ids": []string{"subnet-0", "subnet-1", "subnet-2"},
		"hosted_zone_info":   "Hosted zones are externally managed", "domain_ns_map": map[string][]string{},
		"hosted_zone_name_servers": map[string]map[string]any{}, "certificate_validation_records": map[string][]map[string]string{},
		"zone_ids": map[string]string{}, "efs_id": "", "cert_arns": []string{adopted.Sites["main"].CertificateARN},
		"certificate_arns": map[string]string{"posit.corp.example.com": adopted.Sites["main"].CertificateARN},
	} {
		assert.Equal(t, want, outputs[name].value, "output %s", name)
	}
}

// A dry run of a target that was never applied, before its clusters are there.
func TestPersistentPreview(t *testing.T) {
	t.Parallel()
	for _, name := range awsTargets {
		workload, r := load(t, name), newRecorder()
		r.Preview = true
		lookUps(r, workload)
		err := r.Exec(func(ctx *pulumi.Context) error {
			unknown := pulumi.UnsafeUnknownOutput(nil).ApplyT(func(any) []string { return nil }).(pulumi.StringArrayOutput)
			_, err := Persistent(ctx, PersistentIn{Config: workload, TargetName: name, OIDCIssuers: unknown})
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPersistentProtection(t *testing.T) {
	t.Parallel()
	for _, protect := range []bool{true, false} {
		r := newRecorder()
		runPersistent(t, r, load(t, "demo01-staging", func(w *config.AWSWorkload) { w.ProtectPersistentResources = protect }))
		for _, made := range r.All("") {
			switch made.Type {
			case "aws:rds/instance:Instance", "aws:s3/bucket:Bucket", "aws:fsx/openZfsFileSystem:OpenZfsFileSystem", "aws:efs/fileSystem:FileSystem":
				if made.Protect != protect {
					t.Errorf("%s %s: protect is %t, want %t", made.Type, made.Name, made.Protect, protect)
				}
			}
		}
		db := r.Find(t, "aws:rds/instance:Instance", "demo01-staging")
		if input(db, "skipFinalSnapshot") != !protect || input(db, "multiAz") != false || input(db, "engineVersion") != "16.4" {
			t.Errorf("database: skipFinalSnapshot %v, multiAz %v, engineVersion %v", input(db, "skipFinalSnapshot"), input(db, "multiAz"), input(db, "engineVersion"))
		}
		if family := input(r.Find(t, "aws:rds/parameterGroup:ParameterGroup", "demo01-staging-main-database-parameter-group"), "family"); family != "postgres16" {
			t.Errorf("parameter family %v, want postgres16", family)
		}
	}
}

func TestPersistentPrivateZone(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	runPersistent(t, r, load(t, "tailscale01-staging"))
	zone := r.Find(t, "aws:route53/zone:Zone", "tailscale.staging.example.com-zone")
	var vpcs []any
	for _, vpc := range input(zone, "vpcs").([]any) {
		vpcs = append(vpcs, vpc.(map[string]any)["vpcId"])
	}
	assert.Equal(t, []any{"vpc/tailscale01-staging", "vpc-0f1e2d3c4b5a69788"}, vpcs, "VPCs of the private zone")
	if got := input(zone, "comment"); got != "Hosted Zone for the Posit Team Dedicated service in tailscale01-staging. Private" {
		t.Errorf("comment %q", got)
	}
}

// An instance that is there keeps its identifier, a new one gets one from a prefix.
func TestPersistentDatabaseIdentifier(t *testing.T) {
	t.Parallel()
	workload := load(t, "minimal01-staging")
	for identifier, want := range map[string][2]any{"": {nil, "minimal01-staging-"}, "minimal01-staging-abc": {"minimal01-staging-abc", nil}} {
		r := newRecorder()
		err := r.Exec(func(ctx *pulumi.Context) error {
			in := PersistentIn{Config: workload, TargetName: workload.Name}
			if identifier != "" {
				in.Database = &ExistingDatabase{Identifier: identifier}
			}
			_, err := Persistent(ctx, in)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		db := r.Find(t, "aws:rds/instance:Instance", "minimal01-staging")
		if got := [2]any{input(db, "identifier"), input(db, "identifierPrefix")}; got != want {
			t.Errorf("identifier and prefix %v, want %v", got, want)
		}
	}
}

// What force_destroy_buckets promises would not happen to a bucket that is only forgotten.
func TestPersistentBuckets(t *testing.T) {
	t.Parallel()
	for _, force := range []bool{true, false} {
		r := newRecorder()
		runPersistent(t, r, load(t, "minimal01-staging", func(w *config.AWSWorkload) { w.ForceDestroyBuckets = force }))
		for _, bucket := range r.All("aws:s3/bucket:Bucket") {
			if (input(bucket, "forceDestroy") == true) != force || bucket.Retain == force {
				t.Errorf("bucket %s: forceDestroy %v, retained %t", bucket.Name, input(bucket, "forceDestroy"), bucket.Retain)
			}
		}
		if got := len(r.All("aws:s3/bucketVersioningV2:BucketVersioningV2")); got != 2 {
			t.Errorf("%d buckets keep old versions, want those of Package Manager and Chronicle", got)
		}
	}
}

// A Tailscale router needs no public subnets, which an adopted VPC does not have.
func TestPersistentTailscaleInAdoptedVpc(t *testing.T) {
	t.Parallel()
	r, workload := newRecorder(), load(t, "adopted01-production", func(w *config.AWSWorkload) { w.TailscaleEnabled = true })
	lookUps(r, workload)
	runPersistent(t, r, workload)
	service := r.Find(t, "aws:ecs/service:Service", "adopted01-production-tailscale-service")
	want := map[string]any{
		"assignPublicIp": false, "securityGroups": []any{"securitygroup/adopted01-production-tailscale-sg"},
		"subnets": []any{"subnet-0", "subnet-1", "subnet-2"},
	}
	assert.Equal(t, want, input(service, "networkConfiguration"), "network of the router")
}

func TestPersistentWithoutExternalDNS(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	outputs := resolve(t, runPersistent(t, r, load(t, "minimal01-staging", func(w *config.AWSWorkload) { w.ExternalDNSEnabled = false })))
	if roles := outputs["role_arns"].value.(map[string]string); len(roles) != 7 || roles["external-dns"] != "" {
		t.Errorf("roles %v", roles)
	}
}

// The secret whose name and key ptd does not control must be there, with a remedy if not.
func TestPersistentTailscaleWithoutAuthKey(t *testing.T) {
	t.Parallel()
	r, workload := newRecorder(), load(t, "tailscale01-staging")
	delete(r.Calls, "aws:secretsmanager/getSecret:getSecret")
	err := r.Exec(func(ctx *pulumi.Context) error {
		_, err := Persistent(ctx, PersistentIn{Config: workload, TargetName: workload.Name})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "look up secret tailscale-authkey (make it in account 777788889999") {
		t.Errorf("error %v", err)
	}
}

// Nothing waits for a certificate that ACM could never validate.
func TestPersistentPrivateZoneOfOthers(t *testing.T) {
	t.Parallel()
	workload := load(t, "demo01-staging")
	run := func(private bool) error {
		r := newRecorder()
		r.Calls["aws:route53/getZone:getZone"] = componenttest.Answer(map[string]any{"id": "Z0400000ANALYTICS001", "privateZone": private})
		return r.Exec(func(ctx *pulumi.Context) error {
			_, err := Persistent(ctx, PersistentIn{Config: workload, TargetName: workload.Name})
			return err
		})
	}
	if err := run(false); err != nil {
		t.Fatal(err)
	}
	assert.ErrorContains(t, run(true), "certificate of analytics.staging.example.com: zone Z0400000ANALYTICS001 is private, "+
		"and ACM sees no record in it: give certificate_arn, or set certificate_validation_enabled to false")
}
