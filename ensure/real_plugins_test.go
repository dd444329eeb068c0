package ensure

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	awssdk "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-eks/sdk/v3/go/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	component "github.com/ptd-go/ptd/components"
	"github.com/ptd-go/ptd/components/aws"
	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/stacks/config"
)

// What docs/reference/real-plugins.md section 1 measured of the eks plugin, and how ptd
// lives with it.

// stateOf reads the resources of a trial's stack.
func (t *trial) stateOf(test *testing.T) map[string]map[string]any {
	test.Helper()
	exported, err := t.stack.Export(context.Background())
	require.NoError(test, err)
	var deployment struct{ Resources []map[string]any }
	require.NoError(test, json.Unmarshal(exported.Deployment, &deployment))
	found := map[string]map[string]any{}
	for _, made := range deployment.Resources {
		_, name, _ := strings.Cut(made["urn"].(string), "::trial::")
		found[name] = made
	}
	return found
}

// planned previews, and applies what the preview showed.
func planned(ctx context.Context, stack *engine.Stack, operation engine.Operation) (*engine.Plan, error) {
	plan, err := stack.Preview(ctx, operation)
	if err != nil {
		return nil, err
	}
	return stack.Up(ctx, operation, plan)
}

// Of a cluster that a preview makes, core is one unknown: children of node groups and
// add-ons have no dependencies on it then, and have them in the apply. The apply keeps to its
// preview all the same.
func TestCoreIsOneUnknownInAPreview(t *testing.T) {
	t.Parallel()
	const cluster, group, addon = "eks:index:Cluster::main", "eks:index:ManagedNodeGroup$aws:eks/nodeGroup:NodeGroup::nodes",
		"eks:index:Cluster$eks:index:Addon$aws:eks/addon:Addon::ebs"
	p := platform{version: "1.33", nodeVersion: "1.33"}
	trial := newTrial(t)
	seen := &asked{inputs: map[string]resource.PropertyMap{}}
	simulated := trial.environment.plugins.plugins
	trial.environment.plugins.plugins = func(target *config.Target) engine.Plugins {
		plugins := simulated(target)
		aws := plugins.Simulated["aws"]
		plugins.Simulated["aws"] = func() (plugin.Provider, error) {
			provider, err := aws()
			return &asker{provider, seen}, err
		}
		return plugins
	}
	_, err := trial.operate(p, planned)
	require.NoError(t, err)
	for _, child := range []string{group, addon} { // as the preview asked first
		assert.True(t, seen.inputs[child]["clusterName"].IsComputed(), "%v", seen.inputs[child])
	}
	state := trial.stateOf(t)
	for _, child := range []string{group, addon} {
		assert.Contains(t, state[child]["dependencies"], state["eks:index:Cluster$aws:eks/cluster:Cluster::main-eksCluster"]["urn"], child)
	}
	require.Contains(t, seen.inputs, "eks:index:Cluster$aws:eks/cluster:Cluster::main-eksCluster")
	assert.NotContains(t, seen.inputs["eks:index:Cluster$aws:eks/cluster:Cluster::main-eksCluster"], resource.PropertyKey("bootstrapSelfManagedAddons"))
	outputs := state[cluster]["outputs"].(map[string]any)
	assert.Equal(t, "", outputs["core"].(map[string]any)["autoModeNodeRoleName"])
	text := outputs["kubeconfigJson"].(string)
	assert.Less(t, strings.Index(text, `"server"`), strings.Index(text, `"certificate-authority-data"`))
	assert.Less(t, strings.Index(text, `"command"`), strings.Index(text, `"args"`))

	again, err := trial.operate(p, planned)
	require.NoError(t, err)
	assert.Empty(t, changed(again))
}

// asked are the inputs that a provider was first asked to check, by the end of the URN.
type asked struct {
	mutex  sync.Mutex
	inputs map[string]resource.PropertyMap
}

// asker notes what its provider is asked.
type asker struct {
	plugin.Provider
	asked *asked
}

func (a *asker) Check(ctx context.Context, request plugin.CheckRequest) (plugin.CheckResponse, error) {
	_, name, _ := strings.Cut(string(request.URN), "::trial::")
	a.asked.mutex.Lock()
	if _, again := a.asked.inputs[name]; !again {
		a.asked.inputs[name] = request.News
	}
	a.asked.mutex.Unlock()
	return a.Provider.Check(ctx, request)
}

// No default aws or kubernetes provider appears beside an explicit one, although the component
// asks for other versions; the one of kubernetes that it makes is used by nothing.
func TestProvidersOfACluster(t *testing.T) {
	t.Parallel()
	trial := newTrial(t)
	_, err := trial.operate(platform{version: "1.33", nodeVersion: "1.33", explicit: true, cluster: func(args *eks.ClusterArgs) {
		args.ProviderCredentialOpts = eks.KubeconfigOptionsArgs{}
	}}, planned)
	require.NoError(t, err)
	var unused, versions []string
	state := trial.stateOf(t)
	for name, made := range state {
		if !strings.HasPrefix(name, "eks:index:Cluster") {
			continue
		}
		if strings.Contains(name, "pulumi:providers:kubernetes::main-eks-k8s") {
			versions = append(versions, made["inputs"].(map[string]any)["version"].(string))
		}
		if provider, ok := made["provider"].(string); ok && strings.Contains(provider, "main-eks-k8s") {
			unused = append(unused, name)
		}
		if provider, ok := made["provider"].(string); ok && strings.HasPrefix(made["type"].(string), "aws:") {
			assert.Contains(t, provider, "pulumi:providers:aws::explicit", name)
		}
	}
	assert.Equal(t, []string{"4.19.0"}, versions)
	assert.Empty(t, unused)
}

// Without a route to EKS' issuers the component cannot make an OIDC provider; of the error,
// the cause is told once and without the frames of Node's stack.
func TestOIDCProviderOfTheComponentNeedsARoute(t *testing.T) {
	t.Parallel()
	trial := newTrial(t)
	trial.environment.plugins.plugins = func(*config.Target) engine.Plugins {
		return simulatedPlugins(trial.environment.cloud, &config.Target{})
	}
	_, err := trial.operate(platform{version: "1.33", nodeVersion: "1.33"}, preview)
	require.ErrorContains(t, err, "Cannot retrieve the certificate fingerprint at the issuer URL: https://oidc.eks.us-east-2.amazonaws.com")
	assert.NotContains(t, err.Error(), "node:internal")
	assert.NotContains(t, err.Error(), "    at ")
	assert.Equal(t, 1, strings.Count(err.Error(), "Cannot retrieve"), err.Error())
}

// An output or a secret in the configuration of an add-on is refused: the component does not
// wait for it.
func TestConfigurationValuesAreNotAwaited(t *testing.T) {
	t.Parallel()
	_, err := newTrial(t).operate(platform{version: "1.33", nodeVersion: "1.33", addon: func(args *eks.AddonArgs) {
		args.ConfigurationValues = pulumi.Map{"a": pulumi.ToSecret("x")}
	}}, up)
	require.ErrorContains(t, err, "Calling [toJSON] on an [Output<T>] is not supported")
}

// Options of a component that are lost on the way reach neither it nor its children.
func TestOptionsOfRemoteComponentsAreLost(t *testing.T) {
	t.Parallel()
	trial := newTrial(t)
	_, err := trial.operate(platform{version: "1.33", nodeVersion: "1.33", options: []pulumi.ResourceOption{
		pulumi.IgnoreChanges([]string{"version"}), pulumi.RetainOnDelete(true), pulumi.AdditionalSecretOutputs([]string{"kubeconfig"}),
	}}, planned)
	require.NoError(t, err)
	for name, made := range trial.stateOf(t) {
		if strings.HasPrefix(name, "eks:index:Cluster") {
			assert.NotContains(t, made, "retainOnDelete", name)
			assert.NotContains(t, made, "additionalSecretOutputs", name)
		}
	}
}

// After one failed child the others fail only because the engine has stopped: the first in
// time is the reason, and is told once.
func TestFirstFailureIsTheReason(t *testing.T) {
	t.Parallel()
	trial := newTrial(t)
	_, err := trial.operate(platform{version: "1.33", nodeVersion: "1.33", cluster: func(args *eks.ClusterArgs) {
		args.EnabledClusterLogTypes = pulumi.ToStringArray([]string{"nonsense"})
	}}, up)
	var failed *engine.OperationError
	require.ErrorAs(t, err, &failed)
	require.Len(t, failed.Failures, 1, err.Error())
	assert.Contains(t, failed.Failures[0].URN, "aws:eks/cluster:Cluster::main-eksCluster")
	assert.NotContains(t, err.Error(), "connection is closing")
}

// takenOver is a program with a cluster as it was made when the component made its OIDC
// provider, or as it is made now.
func takenOver(now bool) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		network, err := ec2.NewVpc(ctx, "main", &ec2.VpcArgs{CidrBlock: pulumi.String("10.10.0.0/16")})
		if err != nil {
			return err
		}
		var subnets pulumi.StringArray
		for i, zone := range []string{"a", "b"} {
			subnet, err := ec2.NewSubnet(ctx, "main-"+zone, &ec2.SubnetArgs{
				VpcId: network.ID(), CidrBlock: pulumi.Sprintf("10.10.%d.0/24", i), AvailabilityZone: pulumi.String("us-east-2" + zone),
			})
			if err != nil {
				return err
			}
			subnets = append(subnets, subnet.ID())
		}
		provider, err := awssdk.NewProvider(ctx, "aws", &awssdk.ProviderArgs{Region: pulumi.String("us-east-2")})
		if err != nil {
			return err
		}
		if now {
			made, err := aws.NewEKSCluster(ctx, "demo", &aws.EKSClusterArgs{
				Version: "1.33", VpcID: network.ID(), SubnetIDs: subnets, Protect: true, KeepAuthentication: true,
			}, pulumi.Providers(provider))
			if err == nil {
				ctx.Export("arn", made.OIDCProviderARN)
			}
			return err
		}
		made := &struct{ pulumi.ResourceState }{}
		return component.Register(ctx, "ptd:aws:EKSCluster", "demo", made, func(child pulumi.ResourceOption) error {
			role, err := iam.NewRole(ctx, "demo-eks", &iam.RoleArgs{
				Name: pulumi.String("demo-eks.posit.team"), AssumeRolePolicy: pulumi.String(clusterTrust),
			}, child)
			if err != nil {
				return err
			}
			yes, no, mode := true, false, eks.AuthenticationModeApi
			made, err := eks.NewCluster(ctx, "demo", &eks.ClusterArgs{
				Name: pulumi.String("demo"), Version: pulumi.String("1.33"), ServiceRole: role, VpcId: network.ID(), SubnetIds: subnets,
				EndpointPrivateAccess: pulumi.Bool(true), EndpointPublicAccess: pulumi.Bool(false), AuthenticationMode: &mode,
				CreateOidcProvider: pulumi.Bool(true), SkipDefaultNodeGroup: &yes, SkipDefaultSecurityGroups: &yes, UseDefaultVpcCni: &yes,
				KubeProxyAddonOptions: &eks.KubeProxyAddonOptionsArgs{Enabled: &no}, CorednsAddonOptions: &eks.CoreDnsAddonOptionsArgs{Enabled: &no},
				ProviderCredentialOpts: eks.KubeconfigOptionsArgs{},
			}, child, pulumi.Transforms([]pulumi.ResourceTransform{
				func(_ context.Context, made *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
					if made.Type != "aws:iam/openIdConnectProvider:OpenIdConnectProvider" {
						return nil
					}
					made.Props["tags"], made.Opts.Protect = pulumi.StringMap{}, true
					return &pulumi.ResourceTransformResult{Props: made.Props, Opts: made.Opts}
				},
			}))
			if err == nil {
				ctx.Export("arn", made.OidcProviderArn)
			}
			return err
		}, pulumi.Providers(provider))
	}
}

// An OIDC provider that the component made is the same one when ptd makes it: not deleted,
// not made again, not changed. Nothing is asked but AWS' API.
func TestOIDCProviderOfTheComponentIsTakenOver(t *testing.T) {
	t.Parallel()
	trial := newTrial(t)
	operate := func(now bool, do func(context.Context, *engine.Stack, engine.Operation) (*engine.Plan, error)) *engine.Plan {
		plan, err := trial.run(takenOver(now), do)
		require.NoError(t, err)
		return plan
	}
	const typ = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
	before := operate(false, planned)
	was := trial.stateOf(t)["ptd:aws:EKSCluster$eks:index:Cluster$"+typ+"::demo-oidcProvider"]
	require.NotNil(t, was)
	require.Contains(t, was["inputs"], "thumbprintLists")

	applied := operate(true, planned)
	for _, change := range applied.Changes {
		assert.NotEqual(t, typ, change.Type, "%s %v", change.Kind, change.Differences)
	}
	assert.Equal(t, before.Outputs["arn"], applied.Outputs["arn"])
	state := trial.stateOf(t)
	is := state["ptd:aws:EKSCluster$"+typ+"::demo-oidcProvider"]
	require.NotNil(t, is)
	assert.Equal(t, was["id"], is["id"])
	assert.Equal(t, true, is["protect"])
	assert.NotContains(t, state, "ptd:aws:EKSCluster$eks:index:Cluster$"+typ+"::demo-oidcProvider")
	assert.Empty(t, changed(operate(true, planned)))
	providers := slices.DeleteFunc(trial.made(t), func(made string) bool { return !strings.HasPrefix(made, "OpenIdConnectProvider") })
	assert.Len(t, providers, 1)
}
