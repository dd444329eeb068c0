package kubernetes

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// TraefikPort is the port of the nodes on which Traefik answers TraefikPing.
const (
	TraefikPort = 32090
	TraefikPing = "/ping"
)

// TraefikArgs says how Traefik runs. Version is required.
type TraefikArgs struct {
	Installation
	// Replicas is 3 if 0.
	Replicas int
	// NoTelemetry stops it from asking for new versions and sending usage figures.
	NoTelemetry bool
	// TrustedProxies are the blocks from which load balancers come, whose word on who asked,
	// and how, is passed on; nobody's if nil.
	TrustedProxies pulumi.StringArrayInput
	// Labels are those of the PriorityClass.
	Labels map[string]string
}

// Traefik is a cluster's ingress controller, the default one.
type Traefik struct {
	pulumi.ResourceState

	// IngressClass is the class that it serves.
	IngressClass pulumi.StringOutput `pulumi:"ingressClass"`
	// Chart is what resources with its definitions (Middleware, ...) depend on.
	Chart *Chart
}

// NewTraefik makes a Traefik with the logical name name: the chart {name}-helm-release in
// the namespace traefik, which must be there, and a priority class so that it is the last
// to be evicted. Its replicas are spread over nodes. It serves the Service traefik there,
// on a port of each node, and answers health checks on TraefikPort. Its dashboard, which
// would be on that port too, is off.
//
// It is an error if a required argument is missing.
// (docs/reference/aws-workload-apps.md 8.1, 8.2, 8.7, 15 point 11)
func NewTraefik(ctx *pulumi.Context, name string, args *TraefikArgs, opts ...pulumi.ResourceOption) (*Traefik, error) {
	if args == nil {
		return nil, errors.New("Traefik " + name + ": a version is required")
	}
	const priority = "traefik-critical"
	made := &Traefik{}
	err := components.Register(ctx, "ptd:kubernetes:Traefik", name, made, func(child pulumi.ResourceOption) error {
		class, err := NewObject(ctx, name+"-critical-priority", "scheduling.k8s.io/v1", "PriorityClass", values(object{
			"metadata": metadata("", priority, args.Labels),
			"value":    1_000_000_000, "globalDefault": false, "preemptionPolicy": "PreemptLowerPriority",
			"description": "Traefik: all sites are behind it",
		}), child)
		if err != nil {
			return err
		}
		replicas := args.Replicas
		if replicas == 0 {
			replicas = 3
		}
		traefik := object{
			"image":             object{"registry": "ghcr.io/traefik"},
			"deployment":        object{"kind": "Deployment", "replicas": replicas},
			"priorityClassName": priority,
			"resources": object{
				"requests": object{"cpu": "200m", "memory": "256Mi"}, "limits": object{"cpu": "1000m", "memory": "512Mi"},
			},
			"topologySpreadConstraints": []object{{
				"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway",
				"labelSelector": object{"matchLabels": object{"app.kubernetes.io/name": "traefik"}},
			}},
			"podDisruptionBudget": object{"enabled": true, "maxUnavailable": 1},
			"logs":                object{"access": object{"enabled": true}, "general": object{"level": "INFO"}},
			"ingressClass":        object{"enabled": true, "isDefaultClass": true},
			"ingressRoute":        object{"dashboard": object{"enabled": false}},
			"providers": object{
				"kubernetesCRD":     object{"enabled": true, "allowCrossNamespace": true},
				"kubernetesIngress": object{"enabled": true},
			},
			"ports":   object{"traefik": object{"expose": object{"default": true}, "nodePort": TraefikPort}},
			"service": object{"type": "NodePort"},
		}
		if args.TrustedProxies != nil {
			traefik["ports"].(object)["web"] = object{"forwardedHeaders": object{"trustedIPs": args.TrustedProxies}}
		}
		if args.NoTelemetry {
			// The chart gave the arguments up in 36.0.0, and has read these values since.
			if older(args.Version, 36, 0) {
				traefik["globalArguments"] = []string{"--global.checknewversion=false", "--global.sendanonymoususage=false"}
			} else {
				traefik["global"] = object{"checkNewVersion": false, "sendAnonymousUsage": false}
			}
		}
		installation := args.Installation
		if installation.Controller != nil {
			// The definitions of the chart need the third version of Helm.
			controller := *installation.Controller
			controller.HelmVersion = "v3"
			installation.Controller = &controller
		}
		made.Chart, err = NewChart(ctx, name+"-helm-release", &ChartArgs{
			ReleaseName: "traefik", Chart: "traefik", Repository: "https://traefik.github.io/charts", Namespace: traefikNamespace,
			Installation: installation, Values: values(traefik),
		}, child, pulumi.DependsOn([]pulumi.Resource{class}))
		made.IngressClass = pulumi.String("traefik").ToStringOutput()
		return err
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

const traefikNamespace = "traefik"
