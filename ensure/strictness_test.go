package ensure

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/providers/sandbox"
	sandboxeks "github.com/ptd-go/ptd/providers/sandbox/eks"
	"github.com/ptd-go/ptd/stacks/config"
)

// declaring is a program of raw resources, which, unlike one that uses the SDKs, can
// be wrong in any way.
type declaring func(add adder)

type adder func(typ, name string, properties pulumi.Map, options ...pulumi.ResourceOption) *anyResource

// anyResource has the outputs that the programs here pass on.
type anyResource struct {
	pulumi.CustomResourceState
	ARN  pulumi.StringOutput `pulumi:"arn"`
	Name pulumi.StringOutput `pulumi:"name"`
}

// anyProvider is a provider with raw inputs.
type anyProvider struct{ pulumi.ProviderResourceState }

// TestStrictness runs wrong programs on the real engine in the sandbox: each is refused,
// with a message that says what is wrong. Here is one of each way to be wrong; the rules of
// the providers are tested in providers/sandbox.
func TestStrictness(t *testing.T) {
	text := func(value string) pulumi.Input { return pulumi.String(value) }
	list := func(values ...string) pulumi.Input { return pulumi.ToStringArray(values) }
	after := func(resource pulumi.Resource) pulumi.ResourceOption {
		return pulumi.DependsOn([]pulumi.Resource{resource})
	}
	const (
		vpcType     = "aws:ec2/vpc:Vpc"
		subnetType  = "aws:ec2/subnet:Subnet"
		sqlRole     = "postgresql:index/role:Role"
		sqlDatabase = "postgresql:index/database:Database"
		sqlGrant    = "postgresql:index/grant:Grant"
	)
	vpc := pulumi.Map{"cidrBlock": text("10.10.0.0/16")}
	database := pulumi.Map{
		"identifier": text("second"), "engine": text("postgres"), "engineVersion": text("15"), "username": text("postgres"),
		"instanceClass": text("db.m5.large"), "allocatedStorage": pulumi.Int(100), "skipFinalSnapshot": pulumi.Bool(true),
		"manageMasterUserPassword": pulumi.Bool(true),
	}
	with := func(properties pulumi.Map, more pulumi.Map) pulumi.Map {
		properties = maps.Clone(properties)
		maps.Copy(properties, more)
		return properties
	}
	object := func(name string, fields pulumi.Map) pulumi.Map {
		return with(fields, pulumi.Map{"metadata": pulumi.Map{"name": text(name), "namespace": text("default")}})
	}
	deployment := object("app", pulumi.Map{"spec": pulumi.Map{
		"selector": pulumi.Map{"matchLabels": pulumi.Map{"app": text("app")}},
		"template": pulumi.Map{
			"metadata": pulumi.Map{"labels": pulumi.Map{"app": text("app")}},
			"spec":     pulumi.Map{"containers": pulumi.Array{pulumi.Map{"name": text("app"), "image": text("example.com/app:1")}}},
		},
	}})
	definition := pulumi.Map{"metadata": pulumi.Map{"name": text("sites.core.posit.team")}, "spec": pulumi.Map{
		"group": text("core.posit.team"), "scope": text("Namespaced"),
		"names": pulumi.Map{"kind": text("Site"), "plural": text("sites"), "singular": text("site"), "listKind": text("SiteList")},
		"versions": pulumi.Array{pulumi.Map{
			"name": text("v1beta1"), "served": pulumi.Bool(true), "storage": pulumi.Bool(true),
			"schema": pulumi.Map{"openAPIV3Schema": pulumi.Map{"type": text("object"), "properties": pulumi.Map{
				"spec": pulumi.Map{"type": text("object"), "required": list("domain"), "properties": pulumi.Map{
					"domain":   pulumi.Map{"type": text("string")},
					"replicas": pulumi.Map{"type": text("integer"), "maximum": pulumi.Int(5)},
				}},
			}}},
		}},
	}}
	site := func(spec pulumi.Map) declaring {
		return func(add adder) {
			defined := add("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "sites", definition)
			add("kubernetes:core.posit.team/v1beta1:Site", "main", object("main", pulumi.Map{"spec": spec}), after(defined))
		}
	}
	one := func(typ, name string, properties pulumi.Map) []declaring {
		return []declaring{func(add adder) { add(typ, name, properties) }}
	}
	var saved string // an id from the first program for the second
	remember := func(resource *anyResource) {
		resource.ID().ApplyT(func(id pulumi.ID) string { saved = string(id); return saved })
	}
	for name, test := range map[string]struct {
		programs []declaring // all but the last are right
		want     string
	}{
		"unknown property": {
			one(vpcType, "main", with(vpc, pulumi.Map{"enableDnsSuport": pulumi.Bool(true)})),
			`aws:ec2/vpc:Vpc resource 'main': property enableDnsSuport value {true} has a problem: is not a property of this resource (did you mean "enableDnsSupport"?)`,
		},
		"subnet of no VPC": {
			one(subnetType, "main", pulumi.Map{"vpcId": text("vpc-0123456789abcdef0"), "cidrBlock": text("10.0.0.0/24")}),
			"vpcId: InvalidVpcID.NotFound: The vpc ID 'vpc-0123456789abcdef0' does not exist",
		},
		"reserved tag": {
			one(vpcType, "main", with(vpc, pulumi.Map{"tags": pulumi.Map{"aws:name": text("x")}})),
			"aws:ec2/vpc:Vpc resource 'main': property tags.aws:name value {<nil>} has a problem: the prefix aws: is reserved",
		},
		"subnet outside its VPC": {[]declaring{func(add adder) {
			add(subnetType, "main", pulumi.Map{"vpcId": add(vpcType, "main", vpc).ID(), "cidrBlock": text("10.11.0.0/24")})
		}}, "InvalidSubnet.Range: The CIDR '10.11.0.0/24' is invalid: it is not in the block 10.10.0.0/16 of vpc-3b92cbac46f4922df"},
		"VPC deleted before its subnet": {[]declaring{
			func(add adder) {
				main := add(vpcType, "main", vpc)
				remember(main)
				add(subnetType, "main", pulumi.Map{"vpcId": main.ID(), "cidrBlock": text("10.10.0.0/24")})
			},
			func(add adder) {
				add(subnetType, "main", pulumi.Map{"vpcId": text(saved), "cidrBlock": text("10.10.0.0/24")})
			},
		}, "DependencyViolation: Vpc vpc-3b92cbac46f4922df cannot be deleted: Subnet subnet-11ee32924275c1f00 still uses it"},
		"protected database deleted": {[]declaring{
			one("aws:rds/instance:Instance", "main", with(database, pulumi.Map{"deletionProtection": pulumi.Bool(true)}))[0],
			func(adder) {},
		}, "InvalidParameterCombination: Cannot delete protected DB Instance second, please disable deletion protection and try again"},
		"database with less storage": {[]declaring{
			one("aws:rds/instance:Instance", "main", database)[0],
			one("aws:rds/instance:Instance", "main", with(database, pulumi.Map{"allocatedStorage": pulumi.Int(50)}))[0],
		}, "InvalidParameterCombination: The allocated storage size can't be less than the current size: 50 GiB is less than 100 GiB of second"},
		"type that is not simulated": {
			one("aws:sns/topic:Topic", "main", pulumi.Map{"name": text("main")}),
			"the sandbox does not simulate aws:sns/topic:Topic",
		},
		"privilege of a table": {
			one(sqlGrant, "main", pulumi.Map{"database": text("postgres"), "role": text("postgres"), "objectType": text("database"), "privileges": list("SELECT")}),
			"postgresql:index/grant:Grant resource 'main': property privileges[0] value {<nil>} has a problem: SELECT is not an allowed privilege for object type database",
		},
		"role deleted while it owns a database": {[]declaring{
			func(add adder) {
				role := add(sqlRole, "main", pulumi.Map{"name": text("main")})
				add(sqlDatabase, "main", pulumi.Map{"name": text("main"), "owner": role.Name})
			},
			func(add adder) {
				add(sqlDatabase, "main", pulumi.Map{"name": text("main"), "owner": text("main")})
			},
		}, "DependencyViolation: Role main cannot be deleted: Database main still uses it"},
		"password without length": {
			one("random:index/randomPassword:RandomPassword", "main", pulumi.Map{}),
			"random:index/randomPassword:RandomPassword resource 'main': property length value {<nil>} has a problem: is required",
		},
		"unknown field": {
			one("kubernetes:apps/v1:Deployment", "app", with(deployment, pulumi.Map{"replica": pulumi.Int(2)})),
			`kubernetes:apps/v1:Deployment resource 'app' has a problem: strict decoding error: unknown field "replica"`,
		},
		"field of another manager": {[]declaring{
			one("kubernetes:core/v1:ConfigMap", "main", object("main", pulumi.Map{"data": pulumi.Map{"a": text("b")}}))[0],
			func(add adder) {
				first := add("kubernetes:core/v1:ConfigMap", "main", object("main", pulumi.Map{"data": pulumi.Map{"a": text("b")}}))
				add("kubernetes:core/v1:ConfigMap", "second", object("main", pulumi.Map{"data": pulumi.Map{"a": text("c")}}), after(first))
			},
		}, `server-side apply field conflict: apply failed with 1 conflict: conflict with "pulumi-kubernetes-6312cbea" using v1: .data.a; the annotation pulumi.com/patchForce lets the patch take the field`},
		"custom resource against its schema": {
			[]declaring{site(pulumi.Map{"domain": pulumi.Int(7)})},
			`Site.core.posit.team "main" is invalid: spec.domain in body must be of type string: "number"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trial := newTrial(t)
			for i, program := range test.programs {
				err := trial.up(program)
				if i < len(test.programs)-1 {
					require.NoError(t, err)
					continue
				}
				var failed *engine.OperationError
				require.ErrorAs(t, err, &failed)
				var messages []string
				for _, failure := range failed.Failures {
					if failure.URN != "" { // the rest says that the stack failed
						messages = append(messages, failure.Message)
					}
				}
				assert.Equal(t, []string{test.want}, messages)
			}
		})
	}
}

// trial is a stack in a sandbox of its own, which has a database server and a cluster. Its
// machine reaches the issuers of EKS' clusters.
type trial struct {
	environment *Sandbox
	stack       *engine.Stack
}

func newTrial(t *testing.T) *trial {
	directory := t.TempDir()
	cloud, err := sandbox.Open(directory)
	require.NoError(t, err)
	for _, external := range []sandbox.Object{
		{Provider: "aws", Type: "aws:rds/instance:Instance", ID: "main", Region: "us-east-2",
			Inputs: map[string]any{"identifier": "main", "username": "postgres", "password": "secret", "address": "main.example.com"}},
		{Provider: "aws", Type: "aws:iam/role:Role", ID: "admin.posit.team", Account: "000000000000",
			Inputs: map[string]any{"name": "admin.posit.team", "arn": "arn:aws:iam::000000000000:role/admin.posit.team"}},
		{Provider: "aws", Type: "aws:eks/cluster:Cluster", ID: "main", Region: "us-east-2",
			Inputs: map[string]any{"name": "main"}, Outputs: map[string]any{"endpoint": "https://main.example.com"}},
	} {
		external.External = true
		require.NoError(t, cloud.Do(func() error { return cloud.Put(&external) }))
	}
	require.NoError(t, cloud.Close())
	environment, err := OpenSandbox(directory)
	require.NoError(t, err)
	environment.plugins.plugins = func(target *config.Target) engine.Plugins {
		plugins := simulatedPlugins(environment.cloud, target)
		plugins.Simulated["eks"] = func() (plugin.Provider, error) { return &sandboxeks.Provider{ReachesIssuers: true}, nil }
		return plugins
	}
	backend := engine.NewBackend(engine.BackendOptions{
		URL:             "file://" + filepath.ToSlash(filepath.Join(directory, "state", "trial")),
		SecretsProvider: engine.KeyFileScheme + "://default", KeyFile: filepath.Join(directory, "state", "key"),
	})
	t.Cleanup(func() { require.NoError(t, errors.Join(backend.Close(), environment.Close())) })
	return &trial{environment, backend.Stack("trial", "trial")}
}

// up applies a program.
func (t *trial) up(program declaring) error {
	ctx := context.Background()
	if err := t.stack.Lock(ctx); err != nil {
		return err
	}
	defer t.stack.Unlock(ctx)
	_, err := t.stack.Up(ctx, engine.Operation{
		Host: t.environment.Host(&config.Target{}), Config: map[string]string{"aws:region": "us-east-2"},
		Program: func(ctx *pulumi.Context) error {
			providers := map[string]pulumi.ProviderResource{}
			for name, inputs := range map[string]pulumi.Map{
				"postgresql": {"host": pulumi.String("main.example.com"), "username": pulumi.String("postgres"), "password": pulumi.String("secret")},
				"kubernetes": {"kubeconfig": pulumi.String(trialKubeconfig)},
			} {
				provider := &anyProvider{}
				if err := ctx.RegisterResource("pulumi:providers:"+name, name, inputs, provider); err != nil {
					return err
				}
				providers[name] = provider
			}
			var failures []error
			program(func(typ, name string, properties pulumi.Map, options ...pulumi.ResourceOption) *anyResource {
				resource := &anyResource{}
				parts := strings.Split(typ, ":")
				if provider, ok := providers[parts[0]]; ok {
					options = append(options, pulumi.Provider(provider))
				}
				if parts[0] == "kubernetes" { // the SDK gives these
					properties = maps.Clone(properties)
					properties["apiVersion"], properties["kind"] = pulumi.String(strings.TrimPrefix(parts[1], "core/")), pulumi.String(parts[2])
				}
				failures = append(failures, ctx.RegisterResource(typ, name, properties, resource, options...))
				return resource
			})
			return errors.Join(failures...)
		},
	}, nil)
	return err
}

const trialKubeconfig = `
current-context: main
contexts: [{name: main, context: {cluster: main, user: main}}]
clusters: [{name: main, cluster: {server: "https://main.example.com"}}]
users: [{name: main}]
`
