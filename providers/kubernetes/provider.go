package kubernetes

import (
	"encoding/json"
	"errors"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
)

// PluginVersion is that of the provider plugin: state that is taken over was written
// with it, and an older one does not read it.
const PluginVersion = "4.25.0"

// ProxyURL is where ptd's tunnel into a target's network listens while it runs.
const ProxyURL = "socks5://localhost:1080"

// Args says which cluster a provider works on. All but ProxyURL are required.
type Args struct {
	// Target and Cluster are the names that `ptd token` gets a credential for.
	Target, Cluster string
	// Identifier tells clusters apart and never changes while the cluster lives (its
	// ARN): with it, another address or proxy replaces nothing.
	Identifier string
	// Endpoint is the address of the API server, CertificateAuthority its CA in base64.
	Endpoint, CertificateAuthority pulumi.StringInput
	// ProxyURL is the proxy that leads to the API server, "" for none.
	ProxyURL string
}

// NewProvider makes a provider with the logical name name, {cluster}-k8s in the sheets.
// It applies on the server's side, and updates ConfigMaps and Secrets in place. Its
// kubeconfig has no credential: the plugin asks `ptd token` for one.
//
// It is an error if a required argument is missing. (docs/reference/aws-workload-eks.md 9;
// docs/reference/aws-workload-apps.md 6)
func NewProvider(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*kubernetes.Provider, error) {
	if args.Target == "" || args.Cluster == "" || args.Identifier == "" || args.Endpoint == nil || args.CertificateAuthority == nil {
		return nil, errors.New("make the Kubernetes provider " + name +
			": target, cluster, identifier, endpoint and certificate authority are required")
	}
	kubeconfig := apply.To(pulumi.All(args.Endpoint.ToStringOutput(), args.CertificateAuthority.ToStringOutput()),
		func(values []any) (string, error) {
			return args.kubeconfig(values[0].(string), values[1].(string))
		}).(pulumi.StringOutput)
	return kubernetes.NewProvider(ctx, name, &kubernetes.ProviderArgs{
		Kubeconfig:             kubeconfig,
		ClusterIdentifier:      pulumi.String(args.Identifier),
		EnableServerSideApply:  pulumi.Bool(true),
		EnableConfigMapMutable: pulumi.Bool(true),
		EnableSecretMutable:    pulumi.Bool(true),
		DeleteUnreachable:      pulumi.Bool(false),
	}, append(opts, pulumi.Version(PluginVersion))...)
}

// kubeconfig is the text of a kubeconfig for one cluster.
func (args Args) kubeconfig(endpoint, certificateAuthority string) (string, error) {
	type object = map[string]any
	cluster := object{"server": endpoint, "certificate-authority-data": certificateAuthority}
	if args.ProxyURL != "" {
		cluster["proxy-url"] = args.ProxyURL
	}
	text, err := json.Marshal(object{
		"apiVersion": "v1", "kind": "Config", "current-context": args.Cluster,
		"clusters": []object{{"name": args.Cluster, "cluster": cluster}},
		"contexts": []object{{"name": args.Cluster, "context": object{"cluster": args.Cluster, "user": args.Cluster}}},
		"users": []object{{"name": args.Cluster, "user": object{"exec": object{
			"apiVersion": "client.authentication.k8s.io/v1", "command": "ptd", "args": []string{"token", args.Target, args.Cluster},
			"interactiveMode": "Never", "provideClusterInfo": false,
		}}}},
	})
	return string(text), err
}
