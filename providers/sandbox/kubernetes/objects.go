package kubernetes

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	admissionregistration "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	networking "k8s.io/api/networking/v1"
	node "k8s.io/api/node/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	scheduling "k8s.io/api/scheduling/v1"
	storage "k8s.io/api/storage/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const (
	apiServiceType     = "kubernetes:apiregistration.k8s.io/v1:APIService"
	configMapType      = "kubernetes:core/v1:ConfigMap"
	priorityClassType  = "kubernetes:scheduling.k8s.io/v1:PriorityClass"
	namespaceType      = "kubernetes:core/v1:Namespace"
	serviceAccountType = "kubernetes:core/v1:ServiceAccount"
	definitionType     = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
)

// scheme holds the kinds that a cluster has from the start.
var scheme = sync.OnceValue(func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		admissionregistration.AddToScheme, apiextensions.AddToScheme, apps.AddToScheme, autoscaling.AddToScheme,
		batch.AddToScheme, coordination.AddToScheme, core.AddToScheme, discovery.AddToScheme, networking.AddToScheme,
		node.AddToScheme, policy.AddToScheme, rbac.AddToScheme, scheduling.AddToScheme, storage.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			panic(err) // two kinds of one name, which only a change of the list can bring
		}
	}
	return scheme
})

// decoder refuses fields that a kind does not have, and fields given twice.
var decoder = sync.OnceValue(func() runtime.Decoder {
	return serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, scheme(), scheme(), serializer.SerializerOptions{Strict: true})
})

// clusterScoped are the kinds of the scheme that belong to no namespace.
var clusterScoped = map[string]bool{
	"Namespace": true, "Node": true, "PersistentVolume": true, "ClusterRole": true, "ClusterRoleBinding": true,
	"StorageClass": true, "VolumeAttachment": true, "CSIDriver": true, "CSINode": true, "IngressClass": true,
	"PriorityClass": true, "RuntimeClass": true, "CustomResourceDefinition": true,
	"ValidatingWebhookConfiguration": true, "MutatingWebhookConfiguration": true,
	"ValidatingAdmissionPolicy": true, "ValidatingAdmissionPolicyBinding": true,
}

// preexisting are the namespaces that every cluster has.
var preexisting = []string{"default", "kube-system", "kube-public", "kube-node-lease"}

// replacing are the fields whose change makes the provider replace an object, besides
// its name and namespace.
var replacing = map[string][]string{
	"Deployment":            {"spec.selector"},
	"StatefulSet":           {"spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"},
	"Job":                   {"spec.completions", "spec.parallelism", "spec.selector", "spec.template"},
	"ConfigMap":             {"binaryData", "data"},
	"Secret":                {"type", "stringData", "data"},
	"PersistentVolume":      {"spec.csi", "spec.nfs", "spec.hostPath", "spec.local", "spec.awsElasticBlockStore", "spec.azureDisk", "spec.azureFile"},
	"PersistentVolumeClaim": {"spec"},
	"ResourceQuota":         {"spec.scopes"},
	"Service":               {"spec.clusterIP"},
	"RoleBinding":           {"roleRef"},
	"ClusterRoleBinding":    {"roleRef"},
	"StorageClass":          {"parameters", "provisioner"},
}

// immutable are fields that the API refuses to change, which the provider does not know.
var immutable = map[string][]string{
	"DaemonSet":                {"spec.selector"},
	"StorageClass":             {"reclaimPolicy", "volumeBindingMode"},
	"CSIDriver":                {"spec.attachRequired"},
	"PriorityClass":            {"value", "preemptionPolicy"},
	"CustomResourceDefinition": {"spec.group", "spec.scope", "spec.names.kind"},
	"RuntimeClass":             {"handler"},
}

// kindOf reads a type token such as "kubernetes:apps/v1:Deployment".
func kindOf(token string) (schema.GroupVersionKind, bool) {
	parts := strings.Split(token, ":")
	if len(parts) != 3 || parts[0] != "kubernetes" {
		return schema.GroupVersionKind{}, false
	}
	group, version, ok := strings.Cut(parts[1], "/")
	if group == "core" {
		group = ""
	}
	return schema.GroupVersionKind{Group: group, Version: version, Kind: parts[2]}, ok
}

// resolve describes a kind: one of the scheme, a custom one, whose group has a dot, or the
// patch of either.
func (s *simulation) resolve(token string) (sandbox.Type, bool) {
	kind, ok := kindOf(token)
	if !ok || strings.HasSuffix(kind.Kind, "List") || kind.Group == "helm.sh" {
		return sandbox.Type{}, false
	}
	known := scheme().Recognizes(kind)
	if !known && strings.HasSuffix(kind.Kind, "Patch") {
		target := strings.TrimSuffix(token, "Patch")
		if _, ok := s.resolve(target); !ok {
			return sandbox.Type{}, false
		}
		return s.patches(target), true
	}
	typ := sandbox.Type{
		AutoName: "metadata.name",
		Replace:  append([]string{"apiVersion", "kind", "metadata.name", "metadata.namespace"}, replacing[kind.Kind]...),
		Outputs:  []string{"status"},
		References: []sandbox.Reference{{
			Path: "metadata.namespace", Types: []string{namespaceType}, Message: "namespaces %q not found", Weak: true,
			Skip: func(_ *sandbox.Operation, name string) bool { return slices.Contains(preexisting, name) },
		}},
		DeleteBeforeReplace: true,

		Create: s.create,
		Update: s.update,
		Delete: func(o *sandbox.Operation) error { return s.cluster(o).clean(o.Old) },
	}
	if !known {
		if scheme().IsGroupRegistered(kind.Group) || !strings.Contains(kind.Group, ".") {
			return sandbox.Type{}, false
		}
		typ.Replace = typ.Replace[:4]
		typ.Check = func(in sandbox.Inputs) []sandbox.Problem { return checkIdentity(kind, in) }
		typ.Admit = func(o *sandbox.Operation, preview bool) error {
			return s.cluster(o).admitCustom(kind, o.Inputs, preview)
		}
		if token == helmChartType {
			typ = s.helmChart(typ)
		}
		return typ, true
	}
	typ.Check = func(in sandbox.Inputs) []sandbox.Problem {
		if problems := checkIdentity(kind, in); len(problems) > 0 {
			return problems
		}
		return checkObject(in)
	}
	typ.Admit = s.admit
	if kind.Kind == "Secret" {
		typ.Secret = []string{"data", "stringData"}
	}
	return typ, true
}

// adapt applies what the provider's own options say of a type: with them, a change of the
// data of a ConfigMap or Secret is an update.
func (s *simulation) adapt(_ *sandbox.Cloud, options sandbox.Inputs, token string, typ sandbox.Type) (sandbox.Type, error) {
	on := func(option string) bool { return options.Flag(option) || options[option] == "true" }
	if token == configMapType && on("enableConfigMapMutable") || token == secretType && on("enableSecretMutable") {
		typ.Replace = slices.DeleteFunc(slices.Clone(typ.Replace), func(path string) bool {
			return path == "data" || path == "binaryData" || path == "stringData"
		})
		typ.ReplaceIf = func(old, _ sandbox.Inputs) []string {
			if old.Flag("immutable") {
				return []string{"data", "binaryData", "stringData"}
			}
			return nil
		}
	}
	return typ, nil
}

// namespaceOf is where an object that says nothing else is.
func namespaceOf(in sandbox.Inputs) string {
	if namespace, ok := in.Map("metadata").Text("namespace"); ok && namespace != "" {
		return namespace
	}
	return "default"
}

// physical is the name that an object has in its cluster.
func physical(in sandbox.Inputs) string {
	name, _ := in.Map("metadata").Text("name")
	return name
}

// checkIdentity makes sure that an object is what its type says.
func checkIdentity(kind schema.GroupVersionKind, in sandbox.Inputs) []sandbox.Problem {
	var problems []sandbox.Problem
	for property, want := range map[string]string{"apiVersion": kind.GroupVersion().String(), "kind": kind.Kind} {
		if got, _ := in.Text(property); got != want {
			problems = append(problems, sandbox.Problem{Path: property, Text: fmt.Sprintf("is %q, want %q", got, want)})
		}
	}
	slices.SortFunc(problems, func(a, b sandbox.Problem) int { return strings.Compare(a.Path, b.Path) })
	return problems
}

// checkObject decodes an object into its API type and checks it as the API does. What
// is not known yet is checked when it is.
func checkObject(in sandbox.Inputs) []sandbox.Problem {
	known, all := without(map[string]any(in))
	object, err := decode(known)
	if err != nil {
		return []sandbox.Problem{{Text: err.Error()}}
	}
	if !all {
		return nil
	}
	var problems []sandbox.Problem
	for _, problem := range validate(object) {
		problems = append(problems, sandbox.Problem{Path: problem.Field, Text: problem.ErrorBody()})
	}
	return problems
}

func decode(plain any) (runtime.Object, error) {
	content, err := json.Marshal(plain)
	if err != nil {
		return nil, err
	}
	object, _, err := decoder().Decode(content, nil, nil)
	return object, err
}

// without leaves unknown values out, and tells whether there were none.
func without(plain any) (known any, all bool) {
	all = true
	switch plain := plain.(type) {
	case map[string]any:
		kept := make(map[string]any, len(plain))
		for key, value := range plain {
			if value == sandbox.Unknown {
				all = false
				continue
			}
			value, complete := without(value)
			kept[key], all = value, all && complete
		}
		return kept, all
	case []any:
		kept := make([]any, 0, len(plain))
		for _, value := range plain {
			if value == sandbox.Unknown {
				all = false
				continue
			}
			value, complete := without(value)
			kept, all = append(kept, value), all && complete
		}
		return kept, all
	default:
		return plain, true
	}
}

// create names the object and gives it what a cluster adds.
func (s *simulation) create(o *sandbox.Operation) (err error) {
	c := s.cluster(o)
	if o.ID, err = c.idOf(o.Type, o.Inputs); err != nil {
		return err
	}
	existing, err := c.get(o.Type, o.ID)
	if err != nil {
		return err
	}
	if existing != nil {
		kind, _ := kindOf(o.Type)
		return fmt.Errorf("%s %q already exists", kind.GroupKind(), o.ID)
	}
	o.Outputs["metadata"] = c.metadata(o.Type, o.ID, o.Inputs)
	status, err := c.address(o.Type, o.ID, o.Inputs)
	if err != nil {
		return err
	}
	if status != nil {
		o.Outputs["status"] = status
	}
	if o.Type == deploymentType {
		return c.runHelmCharts(o.Inputs)
	}
	return nil
}

// update refuses what the API refuses to change.
func (s *simulation) update(o *sandbox.Operation) error {
	c := s.cluster(o)
	kind, _ := kindOf(o.Type)
	for _, path := range immutable[kind.Kind] {
		if before, after := at(o.Old.Inputs, path), at(o.Inputs, path); fmt.Sprint(before) != fmt.Sprint(after) {
			return fmt.Errorf("%s %q is invalid: %s: Invalid value: %v: field is immutable", kind.GroupKind(), o.ID, path, after)
		}
	}
	for _, object := range []string{"ConfigMap", "Secret"} {
		if kind.Kind != object || !sandbox.Inputs(o.Old.Inputs).Flag("immutable") {
			continue
		}
		for _, field := range []string{"immutable", "data", "binaryData", "stringData"} {
			if !reflect.DeepEqual(o.Old.Inputs[field], o.Inputs[field]) {
				return fmt.Errorf("%s %q is invalid: %s: Forbidden: field is immutable when `immutable` is set", kind.GroupKind(), o.ID, field)
			}
		}
	}
	o.Outputs["metadata"] = c.metadata(o.Type, o.ID, o.Inputs)
	live := &sandbox.Object{Type: o.Type, ID: o.ID, Account: o.Account, Inputs: o.Inputs, Outputs: o.Outputs}
	c.overlay(live, c.patchesOf(live, ""))
	if o.Type == deploymentType {
		return c.runHelmCharts(o.Inputs)
	}
	return nil
}

func at(in sandbox.Inputs, path string) any {
	head, rest, below := strings.Cut(path, ".")
	if !below {
		return in[head]
	}
	return at(in.Map(head), rest)
}

// admit makes sure that the service account and the priority class of pods are there, and
// the class of an Ingress.
func (s *simulation) admit(o *sandbox.Operation, preview bool) error {
	if o.Type == ingressType {
		return s.cluster(o).admitIngress(o.Inputs, preview)
	}
	kind, _ := kindOf(o.Type)
	path, ok := podTemplates[kind.Kind]
	if !ok || preview {
		return nil
	}
	class, _ := at(o.Inputs, path+".priorityClassName").(string)
	if !s.cluster(o).hasPriority(class) {
		return fmt.Errorf("pods of %s %q are forbidden: no PriorityClass with name %s was found", kind.GroupKind(), namespaceOf(o.Inputs)+"/"+physical(o.Inputs), class)
	}
	name, ok := at(o.Inputs, path+".serviceAccountName").(string)
	if !ok || name == "" || name == "default" {
		return nil
	}
	id := namespaceOf(o.Inputs) + "/" + name
	if o.Cloud.Object(sandbox.Key(serviceAccountType, o.Account, o.Region, id)) == nil {
		return fmt.Errorf("pods of %s %q are forbidden: error looking up service account %s: serviceaccount %q not found",
			kind.GroupKind(), namespaceOf(o.Inputs)+"/"+physical(o.Inputs), id, name)
	}
	return nil
}

// hasPriority tells whether a priority class is there; "" is none.
func (c *cluster) hasPriority(class string) bool {
	return class == "" || strings.HasPrefix(class, "system-") || c.cloud.Object(sandbox.Key(priorityClassType, c.account, "", class)) != nil
}

// podTemplates leads to the pod specification of the kinds that make pods.
var podTemplates = map[string]string{
	"Pod": "spec", "Deployment": "spec.template.spec", "StatefulSet": "spec.template.spec", "DaemonSet": "spec.template.spec",
	"ReplicaSet": "spec.template.spec", "Job": "spec.template.spec", "CronJob": "spec.jobTemplate.spec.template.spec",
}
