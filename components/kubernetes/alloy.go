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
	mounts := object{"varlog": config.SystemLogs}
	alloy := object{
		"clustering": object{"enabled": true},
		"extraPorts": []object{{
			"name": "faro", "port": alloyFaroPort, "targetPort": alloyFaroPort,
			"protocol": "TCP",
		}},
		"mounts":          mounts,
		"securityContext": security,
		"configMap": object{
			"create": false, "name": configMap, "key": alloyConfigKey,
		},
	}
	if args.NoTelemetry {
		alloy["reporting"] = object{"enabled": false}
	}
	made := object{
		"alloy":          alloy,
		"serviceAccount": args.Identity.serviceAccount("alloy.posit.team"),
		"ingress": object{
			"enabled": true, "faroPort": alloyFaroPort, "hosts": []string{"faro." + config.Domain},
		},
	}
	// The sheet has tolerations at the top, where the chart does not look.
	controller := object{"tolerations": []any{sessionToleration()}}
	args.Identity.labelPods(controller)
	made["controller"] = controller
	if config.ControlRoom != nil {
		mounts["extra"] = []object{{
			"name": alloyPasswordSecret, "mountPath": alloyPasswordDirectory, "readOnly": true,
		}}
		controller["volumes"] = object{"extra": []object{{
			"name": alloyPasswordSecret,
			"secret": object{
				"secretName": alloyPasswordSecret,
				"items": []object{{
					"key": alloyPasswordKey, "path": alloyPasswordKey,
				}},
			},
		}}}
	}
	return made
}
