package awsworkload

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/stacks/config"
)

// siteSpec is the spec of a site's object: what ptd knows of workload, site and release,
// and over it the site.yaml: maps are merged, lists appended, and everything else
// replaced, also by false and 0 (facts: aws-workload-apps 9). It is checked against the
// definition as it will be sent.
func (r *sitesRelease) siteSpec(name string, site config.AWSSite) (pulumi.Map, error) {
	file := r.siteFile(name)
	merged := config.Merge(r.workloadFields(), map[string]any{
		"domain":               site.Domain,
		"clusterDate":          r.release,
		"secret":               map[string]any{"vaultName": r.in.Config.SiteSecretName(name)},
		"workloadCompoundName": r.in.Config.CompoundName(),
		"workloadSecret":       map[string]any{"vaultName": r.in.Config.WorkloadSecretName()},
	}, r.sessionTolerations(), file.Spec)
	if workbench, ok := merged["workbench"].(map[string]any); ok {
		if tolerations, ok := workbench["sessionTolerations"].([]any); ok {
			workbench["sessionTolerations"] = distinctTolerations(tolerations)
		}
	}
	if err := file.Check(withoutOutputs(merged).(map[string]any), r.in.Config.AllowUnknownSiteFields); err != nil {
		return nil, fmt.Errorf("the object does not fit the definition of a Site:\n%w", err)
	}
	return asInput(merged).(pulumi.Map), nil
}

// workloadFields are those that all sites of a release have.
func (r *sitesRelease) workloadFields() map[string]any {
	workload, persistent := r.in.Config, r.in.Persistent
	fields := map[string]any{
		"awsAccountId":                 workload.AccountID,
		"chronicle":                    map[string]any{"s3Bucket": persistent.ChronicleBucket},
		"mainDatabaseCredentialSecret": map[string]any{"type": "aws", "vaultName": persistent.DBSecretARN},
		"networkTrust":                 workload.NetworkTrust.Level(),
		"packageManager":               map[string]any{"s3Bucket": persistent.PackageManagerBucket},
		"secret":                       map[string]any{"type": "aws"},
		"secretType":                   "aws",
		"workloadSecret":               map[string]any{"type": "aws"},
		"volumeSource":                 map[string]any{"type": "nfs", "dnsName": persistent.FSDNSName},
	}
	if r.cluster.EFSNeeded() {
		fields["efsEnabled"], fields["vpcCIDR"] = true, persistent.vpcCIDR(workload)
	}
	return fields
}

// sessionTolerations let sessions run on the nodes that are kept for them, when the
// release has such nodes.
func (r *sitesRelease) sessionTolerations() map[string]any {
	if r.cluster.KarpenterConfig == nil {
		return nil
	}
	for _, pool := range r.cluster.KarpenterConfig.NodePools {
		if pool.SessionTaints {
			return map[string]any{"workbench": map[string]any{"sessionTolerations": []any{map[string]any{
				"key": "workload-type", "operator": "Equal", "value": "session", "effect": "NoSchedule",
			}}}}
		}
	}
	return nil
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

// asInput is a plain value, with outputs in it, as an input of a resource.
func asInput(value any) pulumi.Input {
	switch value := value.(type) {
	case map[string]any:
		input := pulumi.Map{}
		for key, below := range value {
			input[key] = asInput(below)
		}
		return input
	case []any:
		input := pulumi.Array{}
		for _, below := range value {
			input = append(input, asInput(below))
		}
		return input
	case pulumi.Input:
		return value
	default:
		return pulumi.ToOutput(value)
	}
}
