package kubernetes

import (
	"slices"
	"strings"
	"testing"

	"github.com/ptd-go/ptd/components/componenttest"
)

// passage is traffic from a namespace, or to one.
type passage struct {
	from, to, protocol string // "" is out of the cluster
	port               float64
}

// passes tells whether the policies of both ends let traffic through. What is not in
// policed is held back by nothing.
func passes(policies map[string]map[string]any, p passage) bool {
	for _, end := range []struct{ of, direction, side, other string }{
		{p.from, "egress", "destination", p.to}, {p.to, "ingress", "source", p.from},
	} {
		spec, policed := policies[end.of]
		if !policed {
			continue
		}
		rules, _ := spec[end.direction].([]any)
		if !slices.ContainsFunc(rules, func(listed any) bool {
			rule := listed.(map[string]any)
			peer, _ := rule[end.side].(map[string]any)
			destination, _ := rule["destination"].(map[string]any)
			ports, limited := destination["ports"].([]any)
			selector, selects := peer["namespaceSelector"].(string)
			_, addresses := peer["nets"]
			return (rule["protocol"] == nil || rule["protocol"] == p.protocol) && (!limited || slices.Contains(ports, any(p.port))) &&
				(!selects || end.other != "" && (selector == "all()" || strings.Contains(selector, "'"+end.other+"'"))) &&
				(!addresses || end.other == "")
		}) {
			return false
		}
	}
	return true
}

func TestOwnNamespacesWorkWhereEverythingIsDenied(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makePolicies(&NetworkPoliciesArgs{Suffix: "1", Trust: TrustNobody}))
	policies := map[string]map[string]any{}
	for _, made := range r.All(globalPolicyType) {
		spec := made.Args()["spec"].(map[string]any)
		if namespace, ok := strings.CutPrefix(made.Physical(), "allow-"); ok {
			namespace = strings.TrimSuffix(namespace, "-1")
			policies[namespace] = spec
			if spec["order"] != 200.0 || spec["selector"] != "projectcalico.org/namespace == '"+namespace+"'" {
				t.Errorf("%s has order %v and selector %v", made.Physical(), spec["order"], spec["selector"])
			}
		}
	}
	for _, namespace := range ownNamespaces {
		for _, needed := range []passage{
			{namespace, "kube-system", "UDP", 53}, {namespace, "kube-system", "TCP", 53}, {namespace, "", "TCP", 443},
			{namespace, namespace, "TCP", 7946}, {"alloy", namespace, "TCP", 9100},
		} {
			if needed.from == "alloy" && needed.to == "grafana" {
				continue
			}
			if !passes(policies, needed) {
				t.Errorf("%+v does not pass", needed)
			}
		}
	}
	for _, needed := range []passage{
		{"traefik", "posit-team", "TCP", 8787}, {"traefik", "grafana", "TCP", 3000}, {"traefik", "alloy", "TCP", 12347},
		{"traefik", "kube-system", "TCP", 4181}, {"", "traefik", "TCP", 8000}, {"alloy", "loki", "TCP", 8080}, {"alloy", "mimir", "TCP", 8080},
		{"alloy", "posit-team", "TCP", 3232}, {"alloy", "", "TCP", 9100}, {"grafana", "loki", "TCP", 8080}, {"grafana", "mimir", "TCP", 8080},
		{"grafana", "", "TCP", 5432}, {"posit-team-system", "", "TCP", 5432}, {"cert-manager", "", "UDP", 53},
	} {
		if !passes(policies, needed) {
			t.Errorf("%+v does not pass", needed)
		}
	}
	for _, kept := range []passage{
		{"posit-team", "grafana", "TCP", 3000}, {"alloy", "grafana", "TCP", 3000}, {"posit-team", "loki", "TCP", 8080}, {"posit-team", "alloy", "TCP", 12347},
		{"loki", "", "TCP", 5432}, {"loki", "mimir", "TCP", 8080}, {"traefik", "loki", "TCP", 8080}, {"traefik", "grafana", "TCP", 22},
		{"", "helm-controller", "TCP", 443}, {"", "mimir", "TCP", 8080}, {"helm-controller", "", "TCP", 80},
	} {
		if passes(policies, kept) {
			t.Errorf("%+v passes", kept)
		}
	}
}
