package kubernetes

import (
	"net/netip"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func validatePort(port int, at *field.Path) field.ErrorList {
	if port == 0 {
		return field.ErrorList{field.Required(at, "")}
	}
	return invalid(at, port, validation.IsValidPortNum(port))
}

func validateService(service *core.ServiceSpec, at *field.Path) field.ErrorList {
	var problems field.ErrorList
	switch {
	case service.Type == core.ServiceTypeExternalName:
		if service.ExternalName == "" {
			problems = append(problems, field.Required(at.Child("externalName"), ""))
		}
		return problems
	case len(service.Ports) == 0 && service.ClusterIP != core.ClusterIPNone:
		problems = append(problems, field.Required(at.Child("ports"), ""))
	}
	names := map[string]bool{}
	for i, port := range service.Ports {
		where := at.Child("ports").Index(i)
		problems = append(problems, validatePort(int(port.Port), where.Child("port"))...)
		if len(service.Ports) > 1 {
			problems = append(problems, validateLabelName(port.Name, names, where.Child("name"))...)
		}
	}
	return problems
}

func validateNetworkPolicy(spec *networking.NetworkPolicySpec, at *field.Path) field.ErrorList {
	problems := metavalidation.ValidateLabelSelector(&spec.PodSelector, metavalidation.LabelSelectorValidationOptions{}, at.Child("podSelector"))
	for i, policy := range spec.PolicyTypes {
		if policy != networking.PolicyTypeIngress && policy != networking.PolicyTypeEgress {
			problems = append(problems, field.NotSupported(at.Child("policyTypes").Index(i), policy,
				[]networking.PolicyType{networking.PolicyTypeEgress, networking.PolicyTypeIngress}))
		}
	}
	for i, rule := range spec.Ingress {
		problems = append(problems, validatePeers(rule.From, at.Child("ingress").Index(i).Child("from"))...)
	}
	for i, rule := range spec.Egress {
		problems = append(problems, validatePeers(rule.To, at.Child("egress").Index(i).Child("to"))...)
	}
	return problems
}

func validatePeers(peers []networking.NetworkPolicyPeer, at *field.Path) field.ErrorList {
	var problems field.ErrorList
	for i, peer := range peers {
		where := at.Index(i)
		if peer.IPBlock == nil {
			if peer.PodSelector == nil && peer.NamespaceSelector == nil {
				problems = append(problems, field.Required(where, "must specify a peer"))
			}
			continue
		}
		if peer.PodSelector != nil || peer.NamespaceSelector != nil {
			problems = append(problems, field.Forbidden(where, "may not specify both ipBlock and another peer"))
		}
		block := where.Child("ipBlock")
		whole, err := netip.ParsePrefix(peer.IPBlock.CIDR)
		if err != nil {
			problems = append(problems, field.Invalid(block.Child("cidr"), peer.IPBlock.CIDR, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"))
			continue
		}
		for j, except := range peer.IPBlock.Except {
			part, err := netip.ParsePrefix(except)
			if err != nil || !whole.Contains(part.Addr()) || part.Bits() <= whole.Bits() {
				problems = append(problems, field.Invalid(block.Child("except").Index(j), except, "must be a strict subset of `cidr`"))
			}
		}
	}
	return problems
}

func validateIngress(ingress *networking.IngressSpec, at *field.Path) field.ErrorList {
	var problems field.ErrorList
	if len(ingress.Rules) == 0 && ingress.DefaultBackend == nil {
		problems = append(problems, field.Invalid(at, ingress.Rules, "either `defaultBackend` or `rules` must be specified"))
	}
	for i, rule := range ingress.Rules {
		where := at.Child("rules").Index(i)
		if name, wild := strings.CutPrefix(rule.Host, "*."); rule.Host != "" {
			messages := validation.IsDNS1123Subdomain(name)
			if wild {
				messages = validation.IsWildcardDNS1123Subdomain(rule.Host)
			}
			problems = append(problems, invalid(where.Child("host"), rule.Host, messages)...)
		}
		if rule.HTTP == nil {
			continue
		}
		for j, path := range rule.HTTP.Paths {
			here := where.Child("http", "paths").Index(j)
			if path.PathType == nil {
				problems = append(problems, field.Required(here.Child("pathType"), "pathType must be specified"))
			}
			if path.Backend.Service == nil && path.Backend.Resource == nil {
				problems = append(problems, field.Required(here.Child("backend"), "either a service or a resource is required"))
			}
		}
	}
	return problems
}
