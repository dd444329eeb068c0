package kubernetes

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// MimirURL is where Mimir (NewMimir) is reached in its cluster.
const MimirURL = "http://mimir-gateway.mimir.svc.cluster.local"

// MimirArgs says what a Mimir is like. Store and Identity are required.
type MimirArgs struct {
	Installation
	// Store holds the metrics.
	Store ObjectStore
	// Identity is that of mimir/mimir.posit.team, which reads and writes Store.
	Identity Identity
	// Replicas is how many pods there are of each part that keeps data; 2 if 0.
	Replicas int
	// RetentionDays is after how long metrics are deleted; 0 is never.
	RetentionDays int
	// NoTelemetry keeps Mimir from reporting its use to its makers.
	NoTelemetry bool
}

// NewMimir makes the Chart of Mimir, in the namespace mimir, which must be there:
// metrics in a bucket, and a gateway at MimirURL. The parts with volumes stay off the
// nodes that Karpenter may take away.
//
// It is an error if a required argument is missing.
// (docs/reference/aws-workload-apps.md 8.1, 8.2)
func NewMimir(ctx *pulumi.Context, name string, args *MimirArgs, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil || args.Store == nil || !args.Store.complete() || args.Identity.id == nil {
		return nil, fmt.Errorf("chart of Mimir %s: a bucket, its region and a role are required", name)
	}
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "mimir", Chart: "mimir-distributed", Repository: grafanaCharts, Namespace: "mimir",
		Values: values(args.values()), Installation: args.Installation,
	}, opts...)
}

func (args *MimirArgs) values() object {
	off := object{"enabled": false}
	limits := object{"max_global_series_per_user": 800000, "max_label_names_per_series": 45}
	if args.RetentionDays > 0 {
		limits["compactor_blocks_retention_period"] = fmt.Sprintf("%dd", args.RetentionDays)
	}
	config := args.Store.mimir()
	config["limits"] = limits
	if args.NoTelemetry {
		config["usage_stats"] = off
	}
	made := object{
		"serviceAccount": args.Identity.serviceAccount("mimir.posit.team"),
		"minio":          off, "alertmanager": off, "ruler": off, "nginx": off,
		"mimir": object{"structuredConfig": config},
		"gateway": object{
			"enabledNonEnterprise": true, "nginx": object{"image": unprivilegedNginx()},
		},
	}
	if global := (object{}); args.Identity.labels != nil {
		args.Identity.labelPods(global)
		made["global"] = global
	}
	for _, part := range []string{"ingester", "compactor", "store_gateway"} {
		stateful := args.stateful()
		if part != "compactor" {
			stateful["zoneAwareReplication"] = off
		}
		if part == "store_gateway" {
			stateful["resources"] = object{
				"requests": object{"cpu": "100m", "memory": "512Mi"},
				"limits":   object{"cpu": "1", "memory": "4Gi"},
			}
		}
		made[part] = stateful
	}
	return made
}

// stateful are the values of a part with volumes.
func (args *MimirArgs) stateful() object {
	return object{
		"persistentVolume": object{
			"size": "20Gi", "enableRetentionPolicy": true,
			"whenDeleted": "Delete", "whenScaled": "Delete",
		},
		"replicas": replicas(args.Replicas),
		"affinity": object{"nodeAffinity": object{
			"requiredDuringSchedulingIgnoredDuringExecution": object{"nodeSelectorTerms": []object{{
				"matchExpressions": []object{{
					"key": "karpenter.sh/nodepool", "operator": "DoesNotExist",
				}},
			}}},
		}},
	}
}
