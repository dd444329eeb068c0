// Package site makes the sites of a workload in a cluster with the Team Operator.
package site

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload"
)

// Args says what a site is in the cluster of a release. All but SessionNodes are required.
type Args struct {
	workload.Site
	Release  string
	Workload *config.WorkloadCommon
	Labels   map[string]string
	// Secret and WorkloadSecret are the names of the secrets of site and workload.
	Secret, WorkloadSecret string
	// Cloud is the part of the spec that the cloud decides: where secrets, files and buckets
	// are. Outputs in it are texts.
	Cloud map[string]any
	// SessionNodes says that the release has nodes that are kept for sessions.
	SessionNodes bool
}

// New makes the object of a site.
//
// It is an error if the spec does not fit the definition of a Site.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*kubernetes.Site, error) {
	spec, err := args.spec()
	if err != nil {
		return nil, err
	}
	if args.losesSessionToleration() {
		_ = ctx.Log.Warn(fmt.Sprintf("workbench.sessionTolerations of site %s takes the place of ptd's own, so that sessions cannot run on the nodes kept for them "+
			"(workload-type=session): list that toleration too, or set append_site_lists: true", args.Name), nil)
	}
	return kubernetes.NewSite(ctx, name, &kubernetes.SiteArgs{ObjectName: args.Name, Labels: args.Labels, Spec: spec}, opts...)
}

// URLs are where a site ("site") and its products are, as site.yaml names them
// ("connect", ...); a product without replicas has none.
func URLs(site workload.Site) pulumi.StringMap {
	urls := pulumi.StringMap{"site": pulumi.String("https://" + site.Domain)}
	for product, host := range site.Settings().Hosts(site.Domain) {
		urls[product] = pulumi.String("https://" + host)
	}
	return urls
}

// spec is the spec of a site's object: what ptd knows of workload, site and release, and
// over it the site.yaml: maps are merged and everything else replaced, also by false and 0;
// lists are replaced or, with append_site_lists, appended
// (docs/reference/aws-workload-apps.md 9; docs/reference/azure-workload.md 11). It is checked against the definition as it will be sent.
func (args Args) spec() (pulumi.Map, error) {
	file := args.Settings()
	lists := config.ReplaceLists
	if args.Workload.AppendSiteLists {
		lists = config.AppendLists
	}
	merged := lists.Merge(args.Cloud, map[string]any{
		"clusterDate":          args.Release,
		"domain":               args.Domain,
		"networkTrust":         args.Workload.NetworkTrust.Level(),
		"secret":               map[string]any{"vaultName": args.Secret},
		"workloadCompoundName": args.Workload.CompoundName(),
		"workloadSecret":       map[string]any{"vaultName": args.WorkloadSecret},
	}, args.sessionTolerations(), file.Spec)
	if workbench, ok := merged["workbench"].(map[string]any); ok {
		if tolerations, ok := workbench["sessionTolerations"].([]any); ok {
			workbench["sessionTolerations"] = distinctTolerations(tolerations)
		}
	}
	if err := file.Check(withoutOutputs(merged).(map[string]any), args.Workload.AllowUnknownSiteFields); err != nil {
		return nil, fmt.Errorf("the object does not fit the definition of a Site:\n%w", err)
	}
	return kubernetes.Inputs(merged), nil
}

// sessionTolerations let sessions run on the nodes that are kept for them.
func (args Args) sessionTolerations() map[string]any {
	if !args.SessionNodes {
		return nil
	}
	return map[string]any{"workbench": map[string]any{"sessionTolerations": []any{map[string]any{
		"key": "workload-type", "operator": "Equal", "value": "session", "effect": "NoSchedule",
	}}}}
}

// losesSessionToleration says that the site.yaml has session tolerations, which take the
// place of the one for session nodes, and that none of them does for it.
func (args Args) losesSessionToleration() bool {
	workbench, _ := args.Settings().Spec["workbench"].(map[string]any)
	tolerations, given := workbench["sessionTolerations"].([]any)
	if !given || !args.SessionNodes || args.Workload.AppendSiteLists {
		return false
	}
	return !slices.ContainsFunc(tolerations, func(toleration any) bool {
		fields, _ := toleration.(map[string]any)
		key, _ := fields["key"].(string)
		operator, _ := fields["operator"].(string)
		effect, _ := fields["effect"].(string)
		return (key == "workload-type" && (operator == "Exists" || fields["value"] == "session") || key == "" && operator == "Exists") &&
			(effect == "" || effect == "NoSchedule")
	})
}

// distinctTolerations are tolerations, each once, in their order.
func distinctTolerations(tolerations []any) []any {
	seen, kept := map[string]bool{}, []any{}
	for _, toleration := range tolerations {
		fields, ok := toleration.(map[string]any)
		id := fmt.Sprint(toleration)
		if ok {
			normal := maps.Clone(fields)
			if normal["operator"] == nil || normal["operator"] == "" {
				normal["operator"] = "Equal" // what Kubernetes takes it for
			}
			id = fmt.Sprint(normal) // in the order of the keys
		}
		if !seen[id] {
			seen[id], kept = true, append(kept, toleration)
		}
	}
	return kept
}

// withoutOutputs puts a text in place of each output, which all are texts.
func withoutOutputs(value any) any {
	switch value := value.(type) {
	case map[string]any:
		plain := map[string]any{}
		for key, below := range value {
			plain[key] = withoutOutputs(below)
		}
		return plain
	case pulumi.Output:
		return "known in the run"
	default:
		return value
	}
}
