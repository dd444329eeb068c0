package kubernetes

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

const (
	// TigeraOperator is the name of Calico's chart, its release and its namespace.
	TigeraOperator = "tigera-operator"

	calicoRepository = "https://docs.tigera.io/calico/charts"
)

// CalicoArgs describes Calico. Version (of the chart) and PodCIDR are required. The
// controller of other charts cannot install it: its job has no network before.
type CalicoArgs struct {
	Installation
	// PodCIDR is the block that pods get addresses from. It does not change while there are
	// pods.
	PodCIDR string
	// WithoutUsageReports tells nobody that Calico is used.
	WithoutUsageReports bool
	// NamespaceName is the logical name of the namespace; {name}-ns if "".
	NamespaceName string
	// Marked are the kinds of CalicoObjects that others made, which are marked as the chart's
	// first: Helm refuses to take over what is not.
	Marked []string
	// MarksName is what the logical names of the marks begin with; name if "".
	MarksName string
	// TakeOverFrom is the logical name of a patch that makes the network Calico's where the
	// operator took the cloud's, as on clusters that older programs made; none if "".
	TakeOverFrom string
}

// Calico is the pods' network and what enforces network policies, run by the Tigera
// operator.
type Calico struct {
	pulumi.ResourceState

	Namespace pulumi.StringOutput `pulumi:"namespace"`
	Version   pulumi.StringOutput `pulumi:"version"` // of the chart
}

// NewCalico makes Calico with the logical name name, which the chart has too. The operator
// runs on the host's network and on nodes that are not ready yet: nodes and Calico are
// made side by side, and neither may wait for the other.
//
// It is an error if a required argument is missing.
// (docs/reference/aws-workload-eks.md 4.1, 6.11, 10)
func NewCalico(ctx *pulumi.Context, name string, args *CalicoArgs, opts ...pulumi.ResourceOption) (*Calico, error) {
	if args == nil || args.Version == "" || args.PodCIDR == "" || args.Controller != nil {
		return nil, fmt.Errorf("calico %s: a version and a block for pods are required, and no controller", name)
	}
	made := &Calico{}
	err := components.Register(ctx, "ptd:kubernetes:Calico", name, made, func(child pulumi.ResourceOption) error {
		namespaceName := args.NamespaceName
		if namespaceName == "" {
			namespaceName = name + "-ns"
		}
		namespace, err := NewObject(ctx, namespaceName, "v1", "Namespace", pulumi.Map{"metadata": metadata("", TigeraOperator, nil)}, child)
		if err != nil {
			return err
		}
		before, err := args.mark(ctx, name, child, pulumi.DependsOn([]pulumi.Resource{namespace}))
		if err != nil {
			return err
		}
		chart, err := NewChart(ctx, name, &ChartArgs{
			ReleaseName: TigeraOperator, Chart: TigeraOperator, Repository: calicoRepository,
			Namespace: TigeraOperator, Values: args.values(), Installation: args.Installation,
		}, child, pulumi.DependsOn(append(before, namespace)))
		if err != nil {
			return err
		}
		if args.TakeOverFrom != "" {
			calico := pulumi.StringMap{"type": pulumi.String("Calico")}
			if _, err := NewPatch(ctx, args.TakeOverFrom, "operator.tigera.io/v1", "Installation", pulumi.Map{
				"metadata": metadata("", "default", nil),
				"spec":     pulumi.Map{"cni": pulumi.Map{"type": pulumi.String("Calico"), "ipam": calico}},
			}, child, pulumi.DependsOnInputs(chart.Installed)); err != nil {
				return err
			}
		}
		made.Namespace, made.Version = pulumi.String(TigeraOperator).ToStringOutput(), chart.Version
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

// values are the chart's. The dataplane stays iptables: nftables was tried and dropped.
func (args *CalicoArgs) values() pulumi.Map {
	felix := object{"enabled": true}
	if args.WithoutUsageReports {
		felix["usageReportingEnabled"] = false
	}
	installation := object{
		"enabled":  true,
		"registry": "quay.io",
		"calicoNetwork": object{
			"bgp":       "Enabled",
			"hostPorts": "Enabled",
			"ipPools": []any{object{
				"blockSize": 26, "cidr": args.PodCIDR, "encapsulation": "VXLAN", "natOutgoing": "Enabled", "nodeSelector": "all()",
			}},
			"linuxDataplane":             "Iptables",
			"multiInterfaceMode":         "None",
			"nodeAddressAutodetectionV4": object{"firstFound": true},
		},
		"cni":                             object{"type": "Calico", "ipam": object{"type": "Calico"}},
		"calicoNodeDaemonSet":             bounds(bound{"calico-node", "250m", "512Mi"}),
		"typhaDeployment":                 bounds(bound{"calico-typha", "100m", "256Mi"}),
		"calicoKubeControllersDeployment": bounds(bound{"calico-kube-controllers", "50m", "192Mi"}),
	}
	if older(args.Version, 3, 31) { // the later ones have no such driver
		installation["csiNodeDriverDaemonSet"] = bounds(bound{"calico-csi", "10m", "64Mi"}, bound{"csi-node-driver-registrar", "10m", "64Mi"})
	}
	return values(object{
		"installation":              installation,
		"goldmane":                  object{"enabled": false},
		"whisker":                   object{"enabled": false},
		"defaultFelixConfiguration": felix,
		"apiServer":                 object{"apiServerDeployment": bounds(bound{"calico-apiserver", "100m", "256Mi"})},
		"resources":                 bound{TigeraOperator, "250m", "384Mi"}.resources(),
	})
}

// bound is what a container asks for: memory is limited to it, the processor is not.
type bound struct{ container, cpu, memory string }

func (b bound) resources() object {
	return object{
		"requests": object{"cpu": b.cpu, "memory": b.memory}, "limits": object{"memory": b.memory},
	}
}

// bounds are those of a workload's containers, as the operator takes them.
func bounds(of ...bound) object {
	var containers []any
	for _, b := range of {
		containers = append(containers, object{"name": b.container, "resources": b.resources()})
	}
	return object{"spec": object{"template": object{"spec": object{"containers": containers}}}}
}
