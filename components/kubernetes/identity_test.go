package kubernetes

import (
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

// A managed identity is an annotation of the service account, and a label of it and of
// the pods, wherever a chart takes those. (docs/reference/azure-workload.md 10.2)
func TestWorkloadIdentity(t *testing.T) {
	t.Parallel()
	client := WorkloadIdentity(pulumi.String("client"))
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		if err := makeLoki(lokiArgs(func(args *LokiArgs) { args.Identity = client }))(ctx); err != nil {
			return err
		}
		if err := makeMimir(mimirArgs(func(args *MimirArgs) { args.Identity = client }))(ctx); err != nil {
			return err
		}
		return makeAlloy(alloyArgs(func(args *AlloyArgs) { args.Identity = client }))(ctx)
	})
	label := map[string]any{"azure.workload.identity/use": "true"}
	for name, below := range map[string]string{"loki": "loki", "mimir": "global", "alloy": "controller"} {
		logical := map[string]string{"loki": "loki-helm-release", "mimir": "mimir-helm-release", "alloy": "demo-grafana-alloy-release"}[name]
		var values map[string]any
		text := r.Find(t, helmChartType, logical).Args()["spec"].(map[string]any)["valuesContent"].(string)
		if err := yaml.Unmarshal([]byte(text), &values); err != nil {
			t.Fatal(err)
		}
		assert.Equal(t, map[string]any{
			"create": true, "name": name + ".posit.team", "labels": label,
			"annotations": map[string]any{"azure.workload.identity/client-id": "client"},
		}, values["serviceAccount"], "service account of %s", name)
		assert.Equal(t, label, values[below].(map[string]any)["podLabels"], "pods of %s", name)
	}
}
