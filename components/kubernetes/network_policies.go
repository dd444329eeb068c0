package kubernetes

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// NetworkTrust says how far the sites of a workload trust each other on the network.
type NetworkTrust int

// The levels of trust.
const (
	// TrustNobody denies everything that no policy allows, in the whole cluster.
	TrustNobody NetworkTrust = 0
	// TrustSameSite denies everything that no policy allows in the products' namespace.
	TrustSameSite NetworkTrust = 50
	// TrustEverybody allows everything in the products' namespace but the instances'
	// metadata service.
	TrustEverybody NetworkTrust = 100
)

// NetworkPoliciesArgs says what may talk to what. Suffix is required.
type NetworkPoliciesArgs struct {
	// Namespace is that of the products; posit-team if "".
	Namespace string
	// Suffix ends the names of the policies: the release.
	Suffix string
	Trust  NetworkTrust
	// PrivateRanges are where API servers may be; PrivateRanges() if nil.
	PrivateRanges []string
}

// PrivateRanges are the IPv4 blocks that a VPC may be made of.
func PrivateRanges() []string {
	return []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"}
}

// metadataAddresses are those of the service that gives credentials to EC2 instances.
var metadataAddresses = []string{"169.254.169.254/32", "fd00:ec2::254/128"}

// NetworkPolicies are Calico's policies for the products of Posit Team. They need
// Calico's API server in the cluster.
type NetworkPolicies struct {
	pulumi.ResourceState

	// Names are the objects, {namespace}/{name} or {name}, sorted.
	Names pulumi.StringArrayOutput `pulumi:"names"`
}

// NewNetworkPolicies makes NetworkPolicies: DNS, no metadata service, and what Flightdeck
// needs, always; and by trust either everything, or nothing, in the namespace or the
// whole cluster, where only ptd's own namespaces then still work.
//
// It is an error if the suffix is missing, or the trust is none of the three.
// (docs/reference/aws-workload-apps.md 7.11, 15 point 16)
func NewNetworkPolicies(ctx *pulumi.Context, name string, args *NetworkPoliciesArgs, opts ...pulumi.ResourceOption) (*NetworkPolicies, error) {
	if args == nil || args.Suffix == "" {
		return nil, fmt.Errorf("network policies %s: a suffix is required", name)
	}
	if !slices.Contains([]NetworkTrust{TrustNobody, TrustSameSite, TrustEverybody}, args.Trust) {
		return nil, fmt.Errorf("network policies %s: trust %d is none of %d, %d and %d",
			name, args.Trust, TrustNobody, TrustSameSite, TrustEverybody)
	}
	set := *args
	if set.Namespace == "" {
		set.Namespace = "posit-team"
	}
	if set.PrivateRanges == nil {
		set.PrivateRanges = PrivateRanges()
	}
	made := &NetworkPolicies{}
	err := components.Register(ctx, "ptd:kubernetes:NetworkPolicies", name+"-network-policies", made, func(child pulumi.ResourceOption) error {
		var names []string
		for _, policy := range set.policies() {
			physical := policy.name + "-" + set.Suffix
			namespace, described := set.Namespace, set.Namespace+"/"+physical
			if policy.kind == "GlobalNetworkPolicy" {
				namespace, described = "", physical
			}
			_, err := NewObject(ctx, name+"-"+policy.logical, "projectcalico.org/v3", policy.kind, pulumi.Map{
				"metadata": metadata(namespace, physical, policy.labels), "spec": policy.spec,
			}, child)
			if err != nil {
				return err
			}
			names = append(names, described)
		}
		slices.Sort(names)
		made.Names = texts(names...).ToStringArrayOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

// calicoPolicy is one of the objects.
type calicoPolicy struct {
	logical, kind, name string // before the suffix
	labels              map[string]string
	spec                pulumi.Map
}

// policies are the objects that the trust asks for.
func (args *NetworkPoliciesArgs) policies() []calicoPolicy {
	const policy, denied = "NetworkPolicy", "posit.team/egress"
	both := texts("Ingress", "Egress")
	var policies []calicoPolicy
	switch {
	case args.Trust > TrustSameSite:
		anywhere := pulumi.Array{allow(pulumi.Map{"destination": pulumi.Map{"nets": texts("0.0.0.0/0")}})}
		policies = append(policies, calicoPolicy{
			logical: "calico-policy-allow-external", kind: policy, name: "allow-external",
			spec: pulumi.Map{"ingress": anywhere, "egress": anywhere},
		})
	default:
		policies = append(policies, calicoPolicy{
			logical: "calico-policy-default-deny", kind: policy, name: "default-deny",
			spec: pulumi.Map{"selector": pulumi.String("all()"), "types": both},
		})
	}
	if args.Trust == TrustNobody {
		policies = append(policies, calicoPolicy{
			logical: "calico-policy-global-default-deny", kind: "GlobalNetworkPolicy", name: "default-deny",
			spec: pulumi.Map{
				"selector": pulumi.String("projectcalico.org/namespace not in {'kube-system', 'calico-system', 'calico-apiserver'}"),
				"types":    both,
			},
		})
		policies = append(policies, args.ownPolicies()...)
	}
	reach := func(namespace string) pulumi.Map {
		return allow(pulumi.Map{
			"protocol": pulumi.String("TCP"), "source": pulumi.Map{"namespaceSelector": namespaceIs(namespace)},
			"destination": pulumi.Map{"ports": pulumi.IntArray{pulumi.Int(8080)}},
		})
	}
	return append(policies,
		calicoPolicy{
			logical: "calico-policy-egress-allow-dns", kind: policy, name: "egress-allow-dns",
			spec: pulumi.Map{"order": pulumi.Int(100), "egress": pulumi.Array{dnsTo(systemNamespace, "TCP"), dnsTo(systemNamespace, "UDP")}},
		},
		calicoPolicy{
			logical: "calico-policy-egress-explicit-deny", kind: policy, name: "egress-explicit-deny",
			spec: pulumi.Map{
				"order": pulumi.Int(160),
				"selector": pulumi.String("posit.team/component == 'workbench' || posit.team/component == 'workbench-session' || " +
					"posit.team/component == 'connect-session'"),
				"egress": pulumi.Array{pulumi.Map{
					"action": pulumi.String("Deny"), "destination": pulumi.Map{"selector": pulumi.String(denied + " == 'deny'")},
				}},
			},
		},
		// All other pods of the namespace, too: products take roles by their service accounts.
		// It comes before the policies that the Team Operator makes, and before what allows
		// everything. Pods on the host's network are not subject to it.
		calicoPolicy{
			logical: "calico-policy-egress-deny-metadata", kind: policy, name: "egress-deny-metadata",
			spec: pulumi.Map{
				"order": pulumi.Int(170), "selector": pulumi.String("all()"), "types": texts("Egress"),
				"egress": pulumi.Array{pulumi.Map{
					"action": pulumi.String("Deny"), "destination": pulumi.Map{"selector": pulumi.String(denied + " == 'deny'")},
				}},
			},
		},
		calicoPolicy{
			logical: "calico-network-set-ec2-imds", kind: "NetworkSet", name: "ec2-imds",
			labels: map[string]string{denied: "deny"}, spec: pulumi.Map{"nets": texts(metadataAddresses...)},
		},
		calicoPolicy{
			logical: "calico-policy-flightdeck-team-operator-allow", kind: policy, name: "flightdeck-team-operator-policy-allow",
			spec: pulumi.Map{
				"selector": pulumi.String("app.kubernetes.io/managed-by == 'team-operator' && app.kubernetes.io/name == 'flightdeck'"),
				"types":    both,
				"ingress":  pulumi.Array{reach("traefik"), reach("alloy")},
				"egress": pulumi.Array{
					// The API server, which Flightdeck reads the sites from.
					allow(pulumi.Map{"protocol": pulumi.String("TCP"), "destination": pulumi.Map{
						"nets": texts(args.PrivateRanges...), "ports": pulumi.IntArray{pulumi.Int(443)},
					}}),
					allow(pulumi.Map{"destination": pulumi.Map{"namespaceSelector": namespaceIs("kube-system")}}),
				},
			},
		})
}

func allow(rule pulumi.Map) pulumi.Map {
	rule["action"] = pulumi.String("Allow")
	return rule
}

func dnsTo(namespace, protocol string) pulumi.Map {
	return allow(pulumi.Map{"protocol": pulumi.String(protocol), "destination": pulumi.Map{
		"namespaceSelector": namespaceIs(namespace), "ports": pulumi.IntArray{pulumi.Int(53)},
	}})
}

func namespaceIs(name string) pulumi.String {
	return pulumi.String("projectcalico.org/name == '" + name + "'")
}
