package kubernetes

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// AlloyArgs says what an Alloy is like. Config and Identity are required, and Password
// with a control room.
type AlloyArgs struct {
	Installation
	Config AlloyConfig
	// Identity is that of alloy/alloy.posit.team, which reads metrics of the cloud.
	Identity Identity
	// Password is that of Config.ControlRoom.User. It is kept as a secret.
	Password pulumi.StringInput
	// NoTelemetry keeps Alloy from reporting its use to its makers.
	NoTelemetry bool
	// Labels are those of the ConfigMap and the Secret.
	Labels map[string]string
}

// Alloy collects metrics and logs of a cluster, with a pod on every node.
type Alloy struct {
	pulumi.ResourceState

	Chart *Chart
}

// NewAlloy makes an Alloy of the cluster called name, in the namespace alloy, which must
// be there. Its configuration is in the ConfigMap {name}-alloy-config, from which a
// running Alloy takes changes.
//
// With Config.SystemLogs it runs privileged, and as root.
//
// It is an error if a required argument is missing or the configuration cannot be
// written (see AlloyConfig.Text). (docs/reference/aws-workload-apps.md 8.1, 8.2, 8.4)
func NewAlloy(ctx *pulumi.Context, name string, args *AlloyArgs, opts ...pulumi.ResourceOption) (*Alloy, error) {
	if args == nil || args.Identity.id == nil || (args.Config.ControlRoom != nil && args.Password == nil) {
		return nil, fmt.Errorf("Alloy %s: a role is required, and with a control room a password", name)
	}
	config, err := args.Config.Text()
	if err != nil {
		return nil, fmt.Errorf("Alloy %s: %w", name, err)
	}
	made := &Alloy{}
	err = components.Register(ctx, "ptd:kubernetes:Alloy", name, made, func(child pulumi.ResourceOption) error {
		const namespace = "alloy"
		configMap := name + "-alloy-config"
		written, err := NewObject(ctx, configMap+"-configmap", "v1", "ConfigMap", values(object{
			"metadata": metadata(namespace, configMap, args.Labels),
			"data":     object{alloyConfigKey: config},
		}), child)
		if err != nil {
			return err
		}
		before := []pulumi.Resource{written}
		if args.Config.ControlRoom != nil {
			secret, err := NewObject(ctx, name+"-alloy-"+alloyPasswordSecret, "v1", "Secret", values(object{
				"metadata":   metadata(namespace, alloyPasswordSecret, args.Labels),
				"stringData": object{alloyPasswordKey: args.Password},
			}), child)
			if err != nil {
				return err
			}
			before = append(before, secret)
		}
		made.Chart, err = NewChart(ctx, name+"-grafana-alloy-release", &ChartArgs{
			ReleaseName: "alloy", Chart: "alloy", Repository: grafanaCharts, Namespace: namespace,
			Values: values(args.values(configMap)), Installation: args.Installation,
		}, child, pulumi.DependsOn(before))
		return err
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

const (
	alloyConfigKey      = "config.alloy"
	alloyPasswordSecret = "mimir-auth"
	alloyPasswordKey    = "password" // and the name of the file
)

func (args *AlloyArgs) values(configMap string) object {
	config := args.Config
	security := object{"privileged": config.SystemLogs}
	if config.SystemLogs {
		security["runAsUser"] = 0
	}
	volumes, extra := args.volumes()
	alloy := object{
		"clustering": object{"enabled": true},
		"extraPorts": []object{{
			"name": "faro", "port": alloyFaroPort, "targetPort": alloyFaroPort,
			"protocol": "TCP",
		}},
		"mounts":          object{"varlog": config.SystemLogs, "extra": extra},
		"securityContext": security,
		"storagePath":     alloyStorage,
		"resources":       object{"requests": object{"cpu": "100m", "memory": "256Mi"}},
		"configMap": object{
			"create": false, "name": configMap, "key": alloyConfigKey,
		},
	}
	if args.NoTelemetry {
		alloy["enableReporting"] = false
	}
	made := object{
		"alloy":          alloy,
		"serviceAccount": args.Identity.serviceAccount("alloy.posit.team"),
		"ingress": object{
			"enabled": true, "faroPort": alloyFaroPort, "hosts": []string{"faro." + config.Domain},
		},
	}
	// The sheet has tolerations at the top, where the chart does not look.
	controller := object{"tolerations": []any{sessionToleration()}, "volumes": object{"extra": volumes}}
	args.Identity.labelPods(controller)
	made["controller"] = controller
	return made
}

// Where Alloy finds its node, and where on it what outlives a pod is: positions in logs, and
// metrics that are not sent yet.
const (
	hostProc, hostSys, hostRoot = "/host/proc", "/host/sys", "/host/root"
	alloyStorage                = "/var/lib/alloy"
)

// volumes are those of the pods, and how they are mounted. What prometheus.exporter.unix
// tells is its own container's where it does not see its node's.
func (args *AlloyArgs) volumes() (volumes, mounts []object) {
	for _, of := range []struct{ name, path, at, propagation string }{
		{"host-proc", "/proc", hostProc, ""}, {"host-sys", "/sys", hostSys, ""}, {"host-root", "/", hostRoot, "HostToContainer"},
	} {
		mount := object{"name": of.name, "mountPath": of.at, "readOnly": true}
		if of.propagation != "" { // what is mounted on the node later, too
			mount["mountPropagation"] = of.propagation
		}
		volumes, mounts = append(volumes, object{"name": of.name, "hostPath": object{"path": of.path}}), append(mounts, mount)
	}
	volumes = append(volumes, object{"name": "storage", "hostPath": object{"path": alloyStorage, "type": "DirectoryOrCreate"}})
	mounts = append(mounts, object{"name": "storage", "mountPath": alloyStorage})
	if args.Config.ControlRoom != nil {
		volumes = append(volumes, object{
			"name": alloyPasswordSecret,
			"secret": object{
				"secretName": alloyPasswordSecret,
				"items":      []object{{"key": alloyPasswordKey, "path": alloyPasswordKey}},
			},
		})
		mounts = append(mounts, object{"name": alloyPasswordSecret, "mountPath": alloyPasswordDirectory, "readOnly": true})
	}
	return volumes, mounts
}
