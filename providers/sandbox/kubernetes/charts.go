package kubernetes

import "github.com/ptd-go/ptd/providers/sandbox"

// chart is a Helm chart that the sandbox knows. Which values it reads is in the catalogue.
type chart struct {
	name string
	// repositories have it; an address that holds the chart itself ("oci://...",
	// "https://.../chart-{version}.tgz") is one, too.
	repositories []string
	// required are values without which its templates fail, with what they say.
	required map[string]string
	// fixed are values that are in a part of a StatefulSet that the API never changes, below
	// each of its components.
	fixed []string
	// check finds what is wrong with values that the chart reads.
	check func(r sandbox.Inputs) error
	// versionsWithV says that all its versions begin with v.
	versionsWithV bool
	// crds are definitions that Helm installs when they are absent and never touches
	// again, templates those that belong to the release.
	crds, templates []bundle
	// accounts are its service accounts.
	accounts []account
	// objects builds what else matters to others, grown what its controller then makes,
	// which Helm does not own.
	objects, grown func(r *release) []map[string]any
}

// bundle is a set of definitions: a group, or some kinds of it.
type bundle struct {
	group string
	kinds []string
	// when is the path of a value that switches the bundle, off by absent; keep of one that
	// leaves it behind when the release goes.
	when, keep string
	absent     bool
}

// account is a service account: a fixed name, or what values below path say.
type account struct {
	path, name string
	// nameOnly is true where the values only name an account that others make.
	nameOnly bool
}

const (
	grafanaCharts = "https://grafana.github.io/helm-charts"
	kubernetesSIG = "https://kubernetes-sigs.github.io/"
)

// charts are the charts of ptd's programs. (docs/reference/aws-workload-apps.md 7, 8.1, 8.8;
// docs/reference/aws-workload-eks.md 10)
var charts = []*chart{
	{
		name: "aws-load-balancer-controller", repositories: []string{"https://aws.github.io/eks-charts"},
		required: map[string]string{"clusterName": "Chart cannot be installed without a valid clusterName!"},
		crds:     []bundle{{group: "elbv2.k8s.aws"}},
		accounts: []account{{path: "serviceAccount"}},
		objects: func(r *release) []map[string]any {
			objects := []map[string]any{loadBalancerController(r)}
			if r.flag("createIngressClassResource", true) {
				objects = append(objects, ingressClass(r.text("ingressClass", "alb"), "ingress.k8s.aws/alb", r.flag("ingressClassConfig.default", false)))
			}
			return objects
		},
	},
	{
		name: "aws-fsx-openzfs-csi-driver", repositories: []string{kubernetesSIG + "aws-fsx-openzfs-csi-driver"},
		accounts: []account{
			{path: "controller.serviceAccount", name: "fsx-openzfs-csi-controller-sa"}, {path: "node.serviceAccount", name: "fsx-openzfs-csi-node-sa"},
		},
		objects: func(*release) []map[string]any { return []map[string]any{csiDriver("fsx.openzfs.csi.aws.com")} },
	},
	{
		name: "secrets-store-csi-driver", repositories: []string{kubernetesSIG + "secrets-store-csi-driver/charts"},
		crds:     []bundle{{group: "secrets-store.csi.x-k8s.io"}},
		accounts: []account{{name: "secrets-store-csi-driver"}},
		objects:  func(*release) []map[string]any { return []map[string]any{csiDriver("secrets-store.csi.k8s.io")} },
	},
	{
		name: "secrets-store-csi-driver-provider-aws", repositories: []string{"https://aws.github.io/secrets-store-csi-driver-provider-aws"},
		accounts: []account{{}},
	},
	{
		name: "traefik", repositories: []string{"https://traefik.github.io/charts", "https://helm.traefik.io/traefik"},
		crds:     []bundle{{group: "traefik.io"}},
		accounts: []account{{path: "serviceAccount", nameOnly: true}},
		objects: func(r *release) []map[string]any {
			if r.flag("ingressClass.enabled", true) {
				return []map[string]any{ingressClass(r.text("ingressClass.name", r.fullname()), "traefik.io/ingress-controller", r.flag("ingressClass.isDefaultClass", true))}
			}
			return nil
		},
	},
	{
		name: "metrics-server", repositories: []string{kubernetesSIG + "metrics-server"},
		accounts: []account{{path: "serviceAccount"}},
		objects:  func(*release) []map[string]any { return []map[string]any{apiService("metrics.k8s.io", "v1beta1")} },
	},
	{
		name: "loki", repositories: []string{grafanaCharts},
		fixed:    []string{"persistence.size", "persistence.storageClass", "persistence.volumeClaimsEnabled", "podManagementPolicy"},
		check:    checkLokiRing,
		accounts: []account{{path: "serviceAccount"}},
	},
	{
		name: "grafana", repositories: []string{grafanaCharts},
		accounts: []account{{path: "serviceAccount"}},
	},
	{
		name: "mimir-distributed", repositories: []string{grafanaCharts},
		fixed:    []string{"persistentVolume.size", "persistentVolume.storageClass", "persistentVolume.accessModes", "podManagementPolicy"},
		check:    checkMimirRing,
		accounts: []account{{path: "serviceAccount"}},
	},
	{
		name: "kube-state-metrics", repositories: []string{"https://prometheus-community.github.io/helm-charts"},
		check:    checkMetricLabels,
		accounts: []account{{path: "serviceAccount"}},
	},
	{
		name: "alloy", repositories: []string{grafanaCharts},
		templates: []bundle{{group: "monitoring.grafana.com", when: "crds.create", absent: true}},
		accounts:  []account{{path: "serviceAccount"}},
	},
	{
		// plugin is in the values of live workloads, and without effect.
		name: "nvidia-device-plugin", repositories: []string{"https://nvidia.github.io/k8s-device-plugin"},
		crds:     []bundle{{group: "nfd.k8s-sigs.io", when: "nfd.enabled", absent: true}},
		accounts: []account{{path: "nfd.master.serviceAccount", name: "node-feature-discovery"}},
	},
	{
		name: "karpenter", repositories: []string{"oci://public.ecr.aws/karpenter/karpenter"},
		crds:     []bundle{{group: "karpenter.sh"}, {group: "karpenter.k8s.aws"}},
		accounts: []account{{path: "serviceAccount"}},
	},
	{
		name: "karpenter-crd", repositories: []string{"oci://public.ecr.aws/karpenter/karpenter-crd"},
		templates: []bundle{{group: "karpenter.sh"}, {group: "karpenter.k8s.aws"}},
	},
	{
		name: "team-operator", repositories: []string{"oci://ghcr.io/posit-dev/charts/team-operator"}, versionsWithV: true,
		templates: []bundle{{group: "core.posit.team", when: "crd.enable", absent: true, keep: "crd.keep"}},
		accounts:  []account{{name: "team-operator-controller-manager"}},
	},
	{
		name: "external-dns", repositories: []string{kubernetesSIG + "external-dns"},
		accounts: []account{{path: "serviceAccount"}},
	},
	{
		name:         "traefik-forward-auth",
		repositories: []string{"https://github.com/colearendt/helm/releases/download/traefik-forward-auth-{version}/traefik-forward-auth-{version}.tgz"},
		accounts:     []account{{path: "serviceAccount"}},
	},
	{
		name: "tigera-operator", repositories: []string{"https://docs.tigera.io/calico/charts", "https://projectcalico.docs.tigera.io/charts"},
		crds:     []bundle{{group: "operator.tigera.io"}, {group: "crd.projectcalico.org"}},
		accounts: []account{{name: "tigera-operator"}},
		objects:  calico, grown: calicoGrown,
	},
	{
		name: "cert-manager", repositories: []string{"https://charts.jetstack.io", "oci://quay.io/jetstack/charts/cert-manager"},
		templates: []bundle{
			{group: "cert-manager.io", when: "crds.enabled|installCRDs", keep: "crds.keep"},
			{group: "acme.cert-manager.io", when: "crds.enabled|installCRDs", keep: "crds.keep"},
		},
		accounts: []account{{path: "serviceAccount"}, {path: "webhook.serviceAccount", name: "cert-manager-webhook"}, {path: "cainjector.serviceAccount", name: "cert-manager-cainjector"}},
	},
}

func ingressClass(name, controller string, isDefault bool) map[string]any {
	metadata := map[string]any{"name": name}
	if isDefault {
		metadata["annotations"] = map[string]any{"ingressclass.kubernetes.io/is-default-class": "true"}
	}
	return map[string]any{
		"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": metadata, "spec": map[string]any{"controller": controller},
	}
}

func csiDriver(name string) map[string]any {
	return map[string]any{
		"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": map[string]any{"name": name}, "spec": map[string]any{},
	}
}

// apiService is the registration of an API server beside Kubernetes' own.
func apiService(group, version string) map[string]any {
	return map[string]any{
		"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": map[string]any{"name": version + "." + group},
		"spec": map[string]any{"group": group, "version": version},
	}
}

// calico builds what the Tigera operator's release has.
// (docs/reference/aws-workload-eks.md 10)
func calico(r *release) []map[string]any {
	var objects []map[string]any
	add := func(apiVersion, kind, value string, enabled bool) {
		if !r.flag(value+".enabled", enabled) {
			return
		}
		spec := map[string]any{}
		for key, given := range r.values.Map(value) {
			if key != "enabled" {
				spec[key] = given
			}
		}
		objects = append(objects, map[string]any{
			"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": "default"}, "spec": spec,
		})
	}
	add("operator.tigera.io/v1", "Installation", "installation", true)
	if add("operator.tigera.io/v1", "APIServer", "apiServer", true); r.flag("apiServer.enabled", true) {
		objects[len(objects)-1]["status"] = map[string]any{"state": "Ready"} // as the operator does
	}
	add("operator.tigera.io/v1", "Goldmane", "goldmane", true)
	add("operator.tigera.io/v1", "Whisker", "whisker", true)
	add("crd.projectcalico.org/v1", "FelixConfiguration", "defaultFelixConfiguration", false)
	return objects
}

// calicoGrown builds what the operator makes: the API server, and a FelixConfiguration
// that the chart leaves to it.
func calicoGrown(r *release) []map[string]any {
	var objects []map[string]any
	if r.flag("apiServer.enabled", true) {
		objects = append(objects, apiService("projectcalico.org", "v3"))
	}
	return append(objects, map[string]any{
		"apiVersion": "crd.projectcalico.org/v1", "kind": "FelixConfiguration", "metadata": map[string]any{"name": "default"},
		"spec": map[string]any{},
	})
}
