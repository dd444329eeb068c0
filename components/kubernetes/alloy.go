package kubernetes

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// AlloyArgs says what an Alloy is like. Config and RoleARN are required, and Password
// with a control room.
type AlloyArgs struct {
	Installation
	Config AlloyConfig
	// RoleARN is the role, for alloy/alloy.posit.team, that reads metrics of AWS.
	RoleARN pulumi.StringInput
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
// written (see AlloyConfig.Text). (facts: aws-workload-apps 8.1, 8.2, 8.4)
func NewAlloy(ctx *pulumi.Context, name string, args *AlloyArgs, opts ...pulumi.ResourceOption) (*Alloy, error) {
	if args == nil || args.RoleARN == nil || (args.Config.ControlRoom != nil && args.Password == nil) {
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
		object, err := NewObject(ctx, configMap+"-configmap", "v1", "ConfigMap", pulumi.Map{
			"metadata": metadata(namespace, configMap, args.Labels),
			"data":     pulumi.StringMap{alloyConfigKey: pulumi.String(config)},
		}, child)
		if err != nil {
			return err
		}
		before := []pulumi.Resource{object}
		if args.Config.ControlRoom != nil {
			secret, err := NewObject(ctx, name+"-alloy-"+alloyPasswordSecret, "v1", "Secret", pulumi.Map{
				"metadata":   metadata(namespace, alloyPasswordSecret, args.Labels),
				"stringData": pulumi.StringMap{alloyPasswordKey: args.Password},
			}, child)
			if err != nil {
				return err
			}
			before = append(before, secret)
		}
		made.Chart, err = NewChart(ctx, name+"-grafana-alloy-release", &ChartArgs{
			ReleaseName: "alloy", Chart: "alloy", Repository: grafanaCharts, Namespace: namespace,
			Values: args.values(configMap), Installation: args.Installation,
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

func (args *AlloyArgs) values(configMap string) pulumi.Map {
	config := args.Config
	security := pulumi.Map{"privileged": pulumi.Bool(config.SystemLogs)}
	if config.SystemLogs {
		security["runAsUser"] = pulumi.Int(0)
	}
	mounts := pulumi.Map{"varlog": pulumi.Bool(config.SystemLogs)}
	alloy := pulumi.Map{
		"clustering": pulumi.Map{"enabled": pulumi.Bool(true)},
		"extraPorts": pulumi.Array{pulumi.Map{
			"name": pulumi.String("faro"), "port": pulumi.Int(alloyFaroPort), "targetPort": pulumi.Int(alloyFaroPort),
			"protocol": pulumi.String("TCP"),
		}},
		"mounts":          mounts,
		"securityContext": security,
		"configMap": pulumi.Map{
			"create": pulumi.Bool(false), "name": pulumi.String(configMap), "key": pulumi.String(alloyConfigKey),
		},
	}
	if args.NoTelemetry {
		alloy["reporting"] = pulumi.Map{"enabled": pulumi.Bool(false)}
	}
	values := pulumi.Map{
		"alloy":          alloy,
		"serviceAccount": roleServiceAccount("alloy.posit.team", args.RoleARN),
		"ingress": pulumi.Map{
			"enabled": pulumi.Bool(true), "faroPort": pulumi.Int(alloyFaroPort), "hosts": texts("faro." + config.Domain),
		},
	}
	// The sheet has tolerations at the top, where the chart does not look.
	controller := pulumi.Map{"tolerations": pulumi.Array{sessionToleration()}}
	values["controller"] = controller
	if config.ControlRoom != nil {
		mounts["extra"] = pulumi.Array{pulumi.Map{
			"name": pulumi.String(alloyPasswordSecret), "mountPath": pulumi.String(alloyPasswordDirectory), "readOnly": pulumi.Bool(true),
		}}
		controller["volumes"] = pulumi.Map{"extra": pulumi.Array{pulumi.Map{
			"name": pulumi.String(alloyPasswordSecret),
			"secret": pulumi.Map{
				"secretName": pulumi.String(alloyPasswordSecret),
				"items": pulumi.Array{pulumi.Map{
					"key": pulumi.String(alloyPasswordKey), "path": pulumi.String(alloyPasswordKey),
				}},
			},
		}}}
	}
	return values
}
