// Package kubernetes simulates the Kubernetes provider of Pulumi on the clusters of a
// sandbox: a cluster must be there and let the caller in, objects decode strictly into
// their API types, a custom resource needs a definition and follows its schema, and
// charts bring what they really bring, by the provider or by a Helm controller.
package kubernetes

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// Options say what the simulation knows from outside.
type Options struct {
	// SiteSchema is the OpenAPI v3 schema of a Site, which the Team Operator's chart brings, in
	// a version of the operator ("" for one that nobody knows); nil takes any Site.
	SiteSchema func(version string) map[string]any
	// PodsRun says that what a chart has installed runs as soon as it is there.
	PodsRun bool
}

// New makes the simulated provider, with no options.
func New(cloud *sandbox.Cloud) *sandbox.Provider { return With(Options{})(cloud) }

// With makes simulated providers with options.
func With(options Options) func(cloud *sandbox.Cloud) *sandbox.Provider {
	pkg := (&simulation{options}).describe()
	return func(cloud *sandbox.Cloud) *sandbox.Provider { return sandbox.NewProvider(cloud, pkg) }
}

// Package describes the simulated provider, with no options.
func Package() *sandbox.Package { return (&simulation{}).describe() }

func (s *simulation) describe() *sandbox.Package {
	return &sandbox.Package{
		Name:                name,
		Types:               map[string]sandbox.Type{releaseType: s.releases()},
		Resolve:             s.resolve,
		Adapt:               s.adapt,
		Naming:              sandbox.Naming{Separator: "-", Digits: 7},
		Configure:           configure,
		ReplacedByConfigure: true,
		Connect:             connect,
		Unreachable:         unreachable,
		Orphaned:            orphaned,
	}
}

const name = "kubernetes"

// simulation is the provider with its options.
type simulation struct{ options Options }

// cluster is the one that an operation works on.
func (s *simulation) cluster(o *sandbox.Operation) *cluster {
	return &cluster{cloud: o.Cloud, account: o.Account, options: s.options}
}

// define builds a definition that a chart brings in a version.
func (options Options) define(group group, kind, version string) map[string]any {
	if kind == "Site" && options.SiteSchema != nil {
		return definitionObject(schema.GroupVersionKind{Group: group.Group, Version: group.Version, Kind: kind}, "sites", "", options.SiteSchema(version))
	}
	return group.definition(kind)
}

// configure finds the cluster that objects belong to: the identifier that the program
// gives, which a changed address leaves alone, or the address.
func configure(in sandbox.Inputs) (account, region string, err error) {
	for _, property := range []string{"namespace", "renderYamlToDirectory", "kubeClientSettings"} {
		if _, ok := in[property]; ok {
			return "", "", fmt.Errorf("the sandbox does not simulate the property %s of the provider", property)
		}
	}
	if identifier, ok := in.Text("clusterIdentifier"); ok {
		return identifier, "", nil
	}
	if in["kubeconfig"] == sandbox.Unknown {
		return "", "", nil
	}
	context, err := currentContext(in)
	if err != nil {
		return "", "", err
	}
	return context.server, "", nil
}

// connect makes sure that a cluster answers at the address, that it is the one that the
// identifier names, and that it lets the caller in.
func connect(cloud *sandbox.Cloud, in sandbox.Inputs) error {
	context, err := currentContext(in)
	if err != nil {
		return err
	}
	cluster := cloud.Cluster(func(cluster sandbox.Cluster) bool { return cluster.Endpoint() == context.server })
	if cluster == nil {
		//lint:ignore ST1005 these are the words of the plugin
		return fmt.Errorf("Get %q: dial tcp: lookup %s: no such host", context.server+"/openapi/v2", strings.TrimPrefix(context.server, "https://"))
	}
	identifier, _ := in.Text("clusterIdentifier")
	return cluster.Enter(identifier, context.credential)
}

// unreachable is what the provider makes of a cluster that it cannot reach, for whatever
// reason: it says the reason in a warning, fails without it, and recommends to forget what is in
// state, which deleteUnreachable does (provider/pkg/provider/provider.go, Configure, Read and
// Delete, of version 4.25; Releases say it otherwise there).
func unreachable(operation string, in sandbox.Inputs, reason error) (warning string, failure error) {
	warning = fmt.Sprintf("configured Kubernetes cluster is unreachable: unable to load schema information from the API server: %v", reason)
	advice := `. If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the ` +
		`PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"`
	switch forgets := in.Flag("deleteUnreachable") || in["deleteUnreachable"] == "true"; {
	case operation != "read" && operation != "delete":
		return "", errors.New(warning)
	case forgets:
		return warning, nil
	case operation == "read":
		return warning, errors.New("failed to read resource state due to unreachable cluster" + advice)
	default:
		return warning, errors.New("configured Kubernetes cluster is unreachable" + advice)
	}
}
