package kubernetes

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

const (
	policyType       = "kubernetes:projectcalico.org/v3:NetworkPolicy"
	globalPolicyType = "kubernetes:projectcalico.org/v3:GlobalNetworkPolicy"
	networkSetType   = "kubernetes:projectcalico.org/v3:NetworkSet"
)

func makePolicies(args *NetworkPoliciesArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewNetworkPolicies(ctx, "demo", args)
		return err
	}
}

// wantSpec checks the specification and the name of an object.
func wantSpec(t *testing.T, r *componenttest.Recorder, typ, name, physical string, want map[string]any) {
	t.Helper()
	made := r.Find(t, typ, name)
	if made.Physical() != physical {
		t.Errorf("%s is %s, want %s", name, made.Physical(), physical)
	}
	made.Want(t, map[string]any{"spec": want, "apiVersion": "projectcalico.org/v3"})
}

func TestNetworkPolicies(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	var (
		all  = []any{"Ingress", "Egress"}
		deny = object{"selector": "all()", "types": all}
	)
	for _, test := range []struct {
		trust   NetworkTrust
		objects int
		check   func(*testing.T, *componenttest.Recorder)
	}{
		{TrustNobody, 16, func(t *testing.T, r *componenttest.Recorder) {
			wantSpec(t, r, policyType, "demo-calico-policy-default-deny", "posit-team/default-deny-1", deny)
			wantSpec(t, r, globalPolicyType, "demo-calico-policy-global-default-deny", "default-deny-1", object{
				"selector": "projectcalico.org/namespace not in {'kube-system', 'calico-system', 'calico-apiserver'}", "types": all,
			})
		}},
		{TrustSameSite, 6, func(t *testing.T, r *componenttest.Recorder) {
			wantSpec(t, r, policyType, "demo-calico-policy-default-deny", "posit-team/default-deny-1", deny)
		}},
		{TrustEverybody, 6, func(t *testing.T, r *componenttest.Recorder) {
			anywhere := []any{object{"action": "Allow", "destination": object{"nets": []any{"0.0.0.0/0"}}}}
			wantSpec(t, r, policyType, "demo-calico-policy-allow-external", "posit-team/allow-external-1", object{
				"ingress": anywhere, "egress": anywhere,
			})
		}},
	} {
		t.Run(fmt.Sprint(int(test.trust)), func(t *testing.T) {
			t.Parallel()
			program := makePolicies(&NetworkPoliciesArgs{Suffix: "1", Trust: test.trust})
			r := componenttest.Run(t, program)
			r.Golden(t, fmt.Sprintf("network-policies-%d", test.trust))
			componenttest.SamePreview(t, program)
			if got := len(r.All("")) - 1; got != test.objects {
				t.Errorf("%d objects, want %d", got, test.objects)
			}
			test.check(t, r)

			inNamespace := func(name string) object {
				return object{"namespaceSelector": "projectcalico.org/name == '" + name + "'"}
			}
			dns := func(protocol string) object {
				to := inNamespace("kube-system")
				to["ports"] = []any{53.0}
				return object{"action": "Allow", "protocol": protocol, "destination": to}
			}
			wantSpec(t, r, policyType, "demo-calico-policy-egress-allow-dns", "posit-team/egress-allow-dns-1", object{
				"order": 100.0, "egress": []any{dns("TCP"), dns("UDP")},
			})
			wantSpec(t, r, policyType, "demo-calico-policy-egress-explicit-deny", "posit-team/egress-explicit-deny-1", object{
				"order":    160.0,
				"selector": "posit.team/component == 'workbench' || posit.team/component == 'workbench-session' || posit.team/component == 'connect-session'",
				"egress":   []any{object{"action": "Deny", "destination": object{"selector": "posit.team/egress == 'deny'"}}},
			})
			wantSpec(t, r, policyType, "demo-calico-policy-egress-deny-metadata", "posit-team/egress-deny-metadata-1", object{
				"order": 170.0, "selector": "all()", "types": []any{"Egress"},
				"egress": []any{object{"action": "Deny", "destination": object{"selector": "posit.team/egress == 'deny'"}}},
			})
			wantSpec(t, r, networkSetType, "demo-calico-network-set-ec2-imds", "posit-team/ec2-imds-1", object{
				"nets": []any{"169.254.169.254/32", "fd00:ec2::254/128"},
			})
			r.Find(t, networkSetType, "demo-calico-network-set-ec2-imds").Want(t, map[string]any{
				"metadata": object{"name": "ec2-imds-1", "namespace": "posit-team", "labels": object{"posit.team/egress": "deny"}},
			})
			reach := func(namespace string) object {
				return object{
					"action": "Allow", "protocol": "TCP", "source": inNamespace(namespace), "destination": object{"ports": []any{8080.0}},
				}
			}
			wantSpec(t, r, policyType, "demo-calico-policy-flightdeck-team-operator-allow", "posit-team/flightdeck-team-operator-policy-allow-1", object{
				"selector": "app.kubernetes.io/managed-by == 'team-operator' && app.kubernetes.io/name == 'flightdeck'", "types": all,
				"ingress": []any{reach("traefik"), reach("alloy")},
				"egress": []any{
					object{"action": "Allow", "protocol": "TCP", "destination": object{
						"nets": []any{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"}, "ports": []any{443.0},
					}},
					object{"action": "Allow", "destination": inNamespace("kube-system")},
				},
			})
		})
	}
}

func TestNetworkPolicyArguments(t *testing.T) {
	t.Parallel()
	componenttest.Fails(t, makePolicies(nil), "network policies demo: a suffix is required")
	componenttest.Fails(t, makePolicies(&NetworkPoliciesArgs{Suffix: "1", Trust: 7}), "network policies demo: trust 7 is none of 0, 50 and 100")
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		made, err := NewNetworkPolicies(ctx, "demo", &NetworkPoliciesArgs{Suffix: "1", Namespace: "team", PrivateRanges: []string{"10.9.0.0/16"}})
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{"names": []string{
			"allow-alloy-1", "allow-cert-manager-1", "allow-grafana-1", "allow-helm-controller-1", "allow-loki-1", "allow-mimir-1",
			"allow-nvidia-device-plugin-1", "allow-posit-team-system-1", "allow-traefik-1", "default-deny-1",
			"team/default-deny-1", "team/ec2-imds-1", "team/egress-allow-dns-1", "team/egress-deny-metadata-1", "team/egress-explicit-deny-1",
			"team/flightdeck-team-operator-policy-allow-1",
		}}, map[string]pulumi.Output{"names": made.Names})
		return nil
	})
	spec := r.Find(t, policyType, "demo-calico-policy-flightdeck-team-operator-allow").Args()["spec"].(map[string]any)
	if got := fmt.Sprint(spec["egress"].([]any)[0].(map[string]any)["destination"]); got != "map[nets:[10.9.0.0/16] ports:[443]]" {
		t.Errorf("Flightdeck reaches %s", got)
	}
}

func ExampleNewNetworkPolicies() {
	program := func(ctx *pulumi.Context) error {
		_, err := NewNetworkPolicies(ctx, "demo", &NetworkPoliciesArgs{Suffix: "20250115", Trust: TrustSameSite})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, policy := range mocks.All("kubernetes:projectcalico.org/v3:NetworkPolicy") {
		fmt.Println(policy.Physical())
	}
	// Output:
	// posit-team/default-deny-20250115
	// posit-team/egress-allow-dns-20250115
	// posit-team/egress-deny-metadata-20250115
	// posit-team/egress-explicit-deny-20250115
	// posit-team/flightdeck-team-operator-policy-allow-20250115
}
