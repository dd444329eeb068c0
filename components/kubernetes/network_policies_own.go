package kubernetes

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ownOrder is the order of the policies for ptd's own namespaces: before Kubernetes'
// policies, which have 1000, and before the denial of everything, which has none and is
// last.
const ownOrder = 200

// ownNamespaces are those that ptd installs charts in, other than the ones that the
// denial of everything leaves out.
var ownNamespaces = []string{
	"alloy", "cert-manager", "grafana", "helm-controller", "loki", "mimir", "nvidia-device-plugin", "posit-team-system", traefikNamespace,
}

// flow is TCP traffic between two namespaces; to all ports if there are none.
type flow struct {
	from, to string
	ports    []int
}

// ownFlows are what the charts need of each other. Traefik has a door to the sites, to
// Grafana, to Alloy's receiver of what browsers tell, and to the forward auth of the
// sites in kube-system. Alloy's own, which are to everything, are not here.
func (args *NetworkPoliciesArgs) ownFlows() []flow {
	return []flow{
		{traefikNamespace, args.Namespace, nil}, {traefikNamespace, systemNamespace, nil},
		{traefikNamespace, "grafana", []int{3000}}, {traefikNamespace, "alloy", []int{alloyFaroPort}},
		{"grafana", "loki", nil}, {"grafana", "mimir", nil},
	}
}

// ownPolicies let ptd's own namespaces work where everything is denied, so that charts
// can be installed and do their work: each reaches DNS, the API server and HTTPS
// anywhere, itself, and what its flows say. Probes come from the nodes, which policies
// for pods do not hold back.
//
// The namespace of the products has none: with the denial of its own, it is under
// TrustNobody what it is under TrustSameSite, and the Team Operator makes policies for
// each product there, which come before the denial: in from Traefik, Alloy and products
// of the same site, out to the database, the API server and the internet. Those let
// Connect and Keycloak out to a database in 10.0.0.0/8 only. Pods there that are no
// products, and namespaces that are not ptd's, need policies of their own.
func (args *NetworkPoliciesArgs) ownPolicies() []calicoPolicy {
	var policies []calicoPolicy
	for _, namespace := range ownNamespaces {
		is := pulumi.Map{"namespaceSelector": namespaceIs(namespace)}
		egress := pulumi.Array{
			dnsTo(systemNamespace, "TCP"), dnsTo(systemNamespace, "UDP"), tcp("destination", pulumi.Map{"ports": pulumi.IntArray{pulumi.Int(443)}}),
			allow(pulumi.Map{"destination": is}),
		}
		ingress := pulumi.Array{allow(pulumi.Map{"source": is})}
		// Grafana believes who a request says its user is: only Traefik may make one.
		if namespace != "alloy" && namespace != "grafana" {
			ingress = append(ingress, tcp("source", pulumi.Map{"namespaceSelector": namespaceIs("alloy")}))
		}
		for _, flow := range args.ownFlows() {
			if flow.from == namespace {
				egress = append(egress, tcp("destination", pulumi.Map{"namespaceSelector": namespaceIs(flow.to)}, flow.ports...))
			}
			if flow.to == namespace {
				ingress = append(ingress, tcp("source", pulumi.Map{"namespaceSelector": namespaceIs(flow.from)}, flow.ports...))
			}
		}
		more, from := args.ownMore(namespace)
		policies = append(policies, calicoPolicy{
			logical: "calico-policy-allow-" + namespace, kind: "GlobalNetworkPolicy", name: "allow-" + namespace,
			spec: pulumi.Map{
				"order":    pulumi.Int(ownOrder),
				"selector": pulumi.String("projectcalico.org/namespace == '" + namespace + "'"),
				"types":    texts("Ingress", "Egress"),
				"ingress":  slices.Concat(ingress, from), "egress": slices.Concat(egress, more),
			},
		})
	}
	return policies
}

// ownMore is what a namespace needs of who is in no namespace, or in all of them.
func (args *NetworkPoliciesArgs) ownMore(namespace string) (egress, ingress pulumi.Array) {
	inside := pulumi.Map{"nets": texts(args.PrivateRanges...)}
	switch namespace {
	case "alloy": // what it scrapes, which pods and nodes say where
		egress = append(egress, tcp("destination", pulumi.Map{"namespaceSelector": pulumi.String("all()")}), tcp("destination", inside))
	case "grafana", "posit-team-system": // their database, and those of the products
		egress = append(egress, tcp("destination", inside, 5432))
	case "cert-manager": // it looks whether the world can see its answers to challenges
		for _, protocol := range []string{"TCP", "UDP"} {
			egress = append(egress, allow(pulumi.Map{
				"protocol": pulumi.String(protocol), "destination": pulumi.Map{"ports": pulumi.IntArray{pulumi.Int(53)}},
			}))
		}
		egress = append(egress, tcp("destination", pulumi.Map{"ports": pulumi.IntArray{pulumi.Int(80)}}))
	case traefikNamespace: // load balancers, by way of any node: it is the front door
		ingress = append(ingress, allow(pulumi.Map{"protocol": pulumi.String("TCP")}))
	}
	return egress, ingress
}

// tcp allows TCP from a source or to a destination; ports are the destination's.
func tcp(side string, entity pulumi.Map, ports ...int) pulumi.Map {
	rule := allow(pulumi.Map{"protocol": pulumi.String("TCP")})
	if len(ports) > 0 {
		numbers := pulumi.ToIntArray(ports)
		if side == "source" {
			rule["destination"] = pulumi.Map{"ports": numbers}
		} else {
			copied := pulumi.Map{"ports": numbers}
			for key, value := range entity {
				copied[key] = value
			}
			entity = copied
		}
	}
	rule[side] = entity
	return rule
}
