package kubernetes

import (
	"fmt"
	"strings"

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
	// Replicas is how many pods there are of each part that keeps data; 3 if 0.
	Replicas int
	// ReplicationFactor is how many ingesters have each sample (see FactorOfChart); by
	// Replicas if 0.
	ReplicationFactor int
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
	live, err := args.Live.values()
	if err != nil {
		return nil, fmt.Errorf("chart of Mimir %s: %w", name, err)
	}
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "mimir", Chart: "mimir-distributed", Repository: grafanaCharts, Namespace: "mimir",
		Values: values(args.values(live)), Installation: args.Installation,
		Stateful: &Stateful{Fixed: []string{
			"*.persistentVolume.size", "*.persistentVolume.storageClass", "*.persistentVolume.accessModes",
			"*.persistentVolume.enabled", "*.podManagementPolicy",
		}},
	}, opts...)
}

// values are the chart's. A Mimir that is live without room of its own for each pod goes
// on so: there may be no node that has it.
func (args *MimirArgs) values(live object) object {
	off := object{"enabled": false}
	limits := object{"max_global_series_per_user": 800000, "max_label_names_per_series": 45}
	if args.RetentionDays > 0 {
		limits["compactor_blocks_retention_period"] = fmt.Sprintf("%dd", args.RetentionDays)
	}
	config := args.Store.mimir()
	config["limits"] = limits
	if factor := replicationFactor(args.Replicas, args.ReplicationFactor); factor > 0 {
		config["ingester"] = object{"ring": object{"replication_factor": factor}}
	}
	if args.NoTelemetry {
		config["usage_stats"] = off
	}
	made := object{
		"serviceAccount": args.Identity.serviceAccount("mimir.posit.team"),
		"minio":          off, "alertmanager": off, "ruler": off, "nginx": off,
		"mimir": object{"structuredConfig": config},
		"gateway": object{
			"enabledNonEnterprise": true, "replicas": 2, "nginx": object{"image": unprivilegedNginx()},
		},
		"distributor": object{"replicas": 2},
		// It restarts pods zone by zone, and there are no zones here.
		"rollout_operator": off,
	}
	if global := (object{}); args.Identity.labels != nil {
		args.Identity.labelPods(global)
		made["global"] = global
	}
	for _, part := range []string{"ingester", "compactor", "store_gateway"} {
		stateful := args.stateful()
		if part != "compactor" {
			stateful["zoneAwareReplication"] = off
			if live == nil || MimirKeepsApart(live, part) {
				stateful["affinity"].(object)["podAntiAffinity"] = ownNode(strings.ReplaceAll(part, "_", "-"))
			}
		}
		switch part {
		case "store_gateway":
			stateful["resources"] = object{
				"requests": object{"cpu": "100m", "memory": "512Mi"},
				"limits":   object{"cpu": "1", "memory": "4Gi"},
			}
		case "ingester":
			// What they have not shipped yet is nowhere else, also when there are fewer of them.
			stateful["persistentVolume"].(object)["whenScaled"] = "Retain"
			if live == nil || valueAt(live, part, "resources") != nil {
				stateful["resources"] = object{"requests": object{"cpu": "100m", "memory": "3Gi"}}
			}
		}
		made[part] = stateful
	}
	return made
}

// MimirKeepsApart tells whether values of Mimir keep the pods of a part on nodes of their own.
func MimirKeepsApart(values map[string]any, part string) bool {
	return valueAt(values, part, "affinity", "podAntiAffinity") != nil
}

// stateful are the values of a part with volumes.
func (args *MimirArgs) stateful() object {
	return object{
		"persistentVolume": object{
			"size": "20Gi", "enableRetentionPolicy": true,
			"whenDeleted": "Delete", "whenScaled": "Delete",
		},
		"replicas": replicas(args.Replicas),
		"affinity": object{"nodeAffinity": requiredNodes(object{"key": "karpenter.sh/nodepool", "operator": "DoesNotExist"})},
	}
}

// ownNode is the affinity for nodes that have no other pod of a component of Mimir: with the
// node, all that have the same samples would go.
func ownNode(component string) object {
	return object{"requiredDuringSchedulingIgnoredDuringExecution": []object{{
		"topologyKey": "kubernetes.io/hostname",
		"labelSelector": object{"matchLabels": object{
			"app.kubernetes.io/name": "mimir", "app.kubernetes.io/instance": "mimir", "app.kubernetes.io/component": component,
		}},
	}}}
}
