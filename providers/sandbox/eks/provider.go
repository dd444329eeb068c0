// Package eks simulates the component provider of pulumi-eks: it registers the children
// that the real one does, with the engine that runs it, so that the simulated AWS makes
// them. What the real one refuses is refused; what the sandbox cannot make is refused
// with the switch that turns it off. (docs/reference/aws-workload-eks.md 19)
package eks

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi-eks/sdk/v3/go/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// The versions of the provider, and of those that its children ask for.
var (
	version           = semver.MustParse("3.9.1")
	awsVersion        = "6.79.1"
	kubernetesVersion = "4.19.0"
)

const (
	clusterType      = "eks:index:Cluster"
	nodeGroupType    = "eks:index:ManagedNodeGroup"
	addonType        = "eks:index:Addon"
	serviceRoleType  = "eks:index:ServiceRole"
	vpcCniType       = "eks:index:VpcCniAddon"
	awsClusterType   = "aws:eks/cluster:Cluster"
	awsNodeGroupType = "aws:eks/nodeGroup:NodeGroup"
	awsAddonType     = "aws:eks/addon:Addon"
	roleType         = "aws:iam/role:Role"
)

// kind is a component type: the plain form of its arguments, and what makes it.
type kind struct {
	args  reflect.Type
	build func(*component) error
}

var kinds = map[tokens.Type]kind{
	clusterType:   {eks.ClusterArgs{}.ElementType(), buildCluster},
	nodeGroupType: {eks.ManagedNodeGroupArgs{}.ElementType(), buildNodeGroup},
	addonType:     {eks.AddonArgs{}.ElementType(), buildAddon},
}

// Provider is the simulated component provider. It keeps nothing: what its components
// are made of is in the engine's state.
type Provider struct {
	plugin.UnimplementedProvider

	// ReachesIssuers says that the machine reaches the issuers of EKS' clusters by HTTPS.
	// That of a sandbox does not.
	ReachesIssuers bool
}

// New makes the simulated provider.
func New() *Provider { return &Provider{} }

// Pkg implements plugin.Provider.
func (*Provider) Pkg() tokens.Package { return "eks" }

// GetPluginInfo implements plugin.Provider.
func (*Provider) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	return plugin.PluginInfo{Version: &version}, nil
}

// Close implements plugin.Provider.
func (*Provider) Close() error { return nil }

// SignalCancellation implements plugin.Provider: the engine refuses the next child.
func (*Provider) SignalCancellation(context.Context) error { return nil }

// CheckConfig implements plugin.Provider.
func (*Provider) CheckConfig(_ context.Context, r plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	return plugin.CheckConfigResponse{Properties: r.News}, nil
}

// DiffConfig implements plugin.Provider.
func (*Provider) DiffConfig(context.Context, plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	return plugin.DiffConfigResponse{Changes: plugin.DiffNone}, nil
}

// Configure implements plugin.Provider.
func (*Provider) Configure(context.Context, plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	return plugin.ConfigureResponse{}, nil
}

// Construct implements plugin.Provider. As in the real provider, the component is
// registered before its arguments are checked.
func (p *Provider) Construct(ctx context.Context, r plugin.ConstructRequest) (plugin.ConstructResponse, error) {
	kind, ok := kinds[r.Type]
	if !ok {
		return plugin.ConstructResponse{}, fmt.Errorf("the sandbox does not simulate %s, only %s", r.Type, strings.Join(known(), ", "))
	}
	c, err := newComponent(ctx, r)
	if err != nil {
		return plugin.ConstructResponse{}, err
	}
	defer c.close()
	c.reachesIssuers = p.ReachesIssuers
	parent := r.Parent
	if r.Type == addonType { // always below its cluster, wherever the program puts it
		if cluster := c.input("cluster"); cluster.IsResourceReference() {
			parent = cluster.ResourceReferenceValue().URN
		}
	}
	return c.construct(kind, parent)
}

func (c *component) construct(kind kind, parent resource.URN) (plugin.ConstructResponse, error) {
	if err := c.registerSelf(parent); err != nil {
		return plugin.ConstructResponse{}, err
	}
	response := plugin.ConstructResponse{URN: c.urn}
	if failures := sandbox.CheckShape(c.Inputs, kind.args); len(failures) > 0 {
		texts := make([]string, len(failures))
		for i, failure := range failures {
			texts[i] = fmt.Sprintf("%s %s", failure.Property, failure.Reason)
		}
		return response, fmt.Errorf("%s", strings.Join(texts, "; "))
	}
	if err := kind.build(c); err != nil {
		return response, err
	}
	response.Outputs = c.outputs
	return response, c.registerOutputs()
}

func known() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		names = append(names, string(name))
	}
	return names
}

var _ plugin.Provider = (*Provider)(nil)
