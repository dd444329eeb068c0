package kubernetes

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// releaseArgs are the inputs of a Helm release, in the plain form of the SDK's
// (kubernetes/helm/v3), whose package brings every version of every API of Kubernetes
// along. A test compares it with the SDK's source.
type releaseArgs struct {
	AllowNullValues          *bool                   `pulumi:"allowNullValues"`
	Atomic                   *bool                   `pulumi:"atomic"`
	Chart                    string                  `pulumi:"chart"`
	CleanupOnFail            *bool                   `pulumi:"cleanupOnFail"`
	Compat                   *string                 `pulumi:"compat"`
	CreateNamespace          *bool                   `pulumi:"createNamespace"`
	DependencyUpdate         *bool                   `pulumi:"dependencyUpdate"`
	Description              *string                 `pulumi:"description"`
	Devel                    *bool                   `pulumi:"devel"`
	DisableCRDHooks          *bool                   `pulumi:"disableCRDHooks"`
	DisableOpenapiValidation *bool                   `pulumi:"disableOpenapiValidation"`
	DisableWebhooks          *bool                   `pulumi:"disableWebhooks"`
	ForceUpdate              *bool                   `pulumi:"forceUpdate"`
	Keyring                  *string                 `pulumi:"keyring"`
	Lint                     *bool                   `pulumi:"lint"`
	Manifest                 map[string]interface{}  `pulumi:"manifest"`
	MaxHistory               *int                    `pulumi:"maxHistory"`
	Name                     *string                 `pulumi:"name"`
	Namespace                *string                 `pulumi:"namespace"`
	Postrender               *string                 `pulumi:"postrender"`
	RecreatePods             *bool                   `pulumi:"recreatePods"`
	RenderSubchartNotes      *bool                   `pulumi:"renderSubchartNotes"`
	Replace                  *bool                   `pulumi:"replace"`
	RepositoryOpts           *repositoryOpts         `pulumi:"repositoryOpts"`
	ResetValues              *bool                   `pulumi:"resetValues"`
	ResourceNames            map[string][]string     `pulumi:"resourceNames"`
	ReuseValues              *bool                   `pulumi:"reuseValues"`
	SkipAwait                *bool                   `pulumi:"skipAwait"`
	SkipCrds                 *bool                   `pulumi:"skipCrds"`
	Timeout                  *int                    `pulumi:"timeout"`
	ValueYamlFiles           []pulumi.AssetOrArchive `pulumi:"valueYamlFiles"`
	Values                   map[string]interface{}  `pulumi:"values"`
	Verify                   *bool                   `pulumi:"verify"`
	Version                  *string                 `pulumi:"version"`
	WaitForJobs              *bool                   `pulumi:"waitForJobs"`
}

// repositoryOpts say where a chart comes from.
type repositoryOpts struct {
	CaFile   *string `pulumi:"caFile"`
	CertFile *string `pulumi:"certFile"`
	KeyFile  *string `pulumi:"keyFile"`
	Password *string `pulumi:"password"`
	Repo     *string `pulumi:"repo"`
	Username *string `pulumi:"username"`
}
