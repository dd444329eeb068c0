package kubernetes

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// fieldIsImmutable are the words by which the provider knows, in a preview, that an object
// is being replaced, and tries another name (provider/pkg/await/await.go, Creation).
const fieldIsImmutable = "field is immutable"

// immutable are the fields that the API server refuses to change, by kind, with what it
// says (Kubernetes' pkg/apis/*/validation): "Forbidden: ..." or, after the value, "Invalid
// value: ...".
var immutable = map[string]map[string]string{
	"Deployment": {"spec.selector": fieldIsImmutable},
	"DaemonSet":  {"spec.selector": fieldIsImmutable},
	"Job":        {"spec.selector": fieldIsImmutable, "spec.template": fieldIsImmutable, "spec.completionMode": fieldIsImmutable, "spec.completions": fieldIsImmutable},
	"StorageClass": {
		"parameters": "Forbidden: updates to parameters are forbidden.", "provisioner": "Forbidden: updates to provisioner are forbidden.",
		"reclaimPolicy": "Forbidden: updates to reclaimPolicy are forbidden.", "volumeBindingMode": fieldIsImmutable,
	},
	"RoleBinding":        {"roleRef": "cannot change roleRef"},
	"ClusterRoleBinding": {"roleRef": "cannot change roleRef"},
	"PriorityClass":      {"value": "Forbidden: may not be changed in an update.", "preemptionPolicy": fieldIsImmutable},
	"CSIDriver":          {"spec.attachRequired": fieldIsImmutable, "spec.volumeLifecycleModes": fieldIsImmutable},
	"RuntimeClass":       {"handler": fieldIsImmutable, "overhead": fieldIsImmutable, "scheduling": fieldIsImmutable},
	"IngressClass":       {"spec.controller": fieldIsImmutable},
	"ResourceQuota":      {"spec.scopes": fieldIsImmutable},
	"Secret":             {"type": fieldIsImmutable},
	"Service":            {"spec.clusterIP": "may not change once set"},
	"CustomResourceDefinition": {
		"spec.group": fieldIsImmutable, "spec.scope": fieldIsImmutable, "spec.names.kind": fieldIsImmutable,
	},
}

// specificationsThatStay are the kinds whose specification may only change in the fields
// that are listed, with what is said otherwise.
var specificationsThatStay = map[string]struct {
	may  []string
	says string
}{
	"StatefulSet": {
		[]string{"replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy", "minReadySeconds"},
		"Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', " +
			"'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
	},
	"PersistentVolumeClaim": {
		[]string{"resources", "volumeAttributesClassName"},
		"Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
	},
	"Pod": {
		[]string{"containers", "initContainers", "activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"},
		"Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`," +
			"`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds`",
	},
}

// unchanged refuses what the API server refuses to change in an object of a kind, in its
// words.
func unchanged(kind schema.GroupVersionKind, id string, before, after sandbox.Inputs) error {
	if !scheme().Recognizes(kind) {
		return nil
	}
	var problems []string
	fixed := immutable[kind.Kind]
	for _, path := range slices.Sorted(maps.Keys(fixed)) {
		old, changed := before.At(path), after.At(path)
		if reflect.DeepEqual(old, changed) || old == nil && path == "spec.clusterIP" {
			continue
		}
		says := fixed[path]
		if !strings.HasPrefix(says, "Forbidden") {
			says = fmt.Sprintf("Invalid value: %v: %s", changed, says)
		}
		problems = append(problems, path+": "+says)
	}
	if stays, ok := specificationsThatStay[kind.Kind]; ok {
		old, changed := maps.Clone(before.Map("spec")), maps.Clone(after.Map("spec"))
		for _, field := range stays.may {
			delete(old, field)
			delete(changed, field)
		}
		if !reflect.DeepEqual(old, changed) {
			problems = append(problems, "spec: "+stays.says)
		}
	}
	if kind.Kind == "PersistentVolumeClaim" && shrinks(before, after) {
		problems = append(problems, "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity")
	}
	if (kind.Kind == "ConfigMap" || kind.Kind == "Secret") && before.Flag("immutable") {
		for _, field := range []string{"immutable", "data", "binaryData", "stringData"} {
			if !reflect.DeepEqual(before[field], after[field]) {
				problems = append(problems, field+": Forbidden: field is immutable when `immutable` is set")
			}
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("%s %q is invalid: %s", kind.GroupKind(), id, strings.Join(problems, ", "))
}

// shrinks tells whether a claim asks for less than it has.
func shrinks(before, after sandbox.Inputs) bool {
	size := func(in sandbox.Inputs) (resource.Quantity, error) {
		text, _ := in.Map("spec").Map("resources").Map("requests").Text("storage")
		return resource.ParseQuantity(text)
	}
	old, oldErr := size(before)
	asked, err := size(after)
	return oldErr == nil && err == nil && asked.Cmp(old) < 0
}

// dryRun is what the API server answers to a preview. A create is an apply by force to what
// may be there already: the object that is being replaced. Where the answer has the words
// "field is immutable", the provider tries another name; every other refusal is the preview's
// (provider/pkg/await/await.go, Creation; docs/reference/real-plugins.md 2, rows 4 and 6).
func (s *simulation) dryRun(o *sandbox.Operation) error {
	if _, known := without(map[string]any(o.Inputs)); !known {
		return nil // the provider asks nobody
	}
	c := s.cluster(o)
	id, err := c.idOf(o.Type, o.Inputs)
	if err != nil {
		return err
	}
	existing, err := c.get(o.Type, id)
	if err != nil || existing == nil {
		return err
	}
	kind, _ := kindOf(o.Type)
	if o.ID != "" {
		_, err := c.changed(o, existing)
		return err
	}
	m := managedOf(existing)
	if err := m.apply(fieldManager(o.URN), o.Inputs, true, kind.GroupVersion().String()); err != nil {
		return err
	}
	err = unchanged(kind, id, existing.Inputs, m.fields)
	if err == nil || strings.Contains(err.Error(), fieldIsImmutable) {
		return nil
	}
	return fmt.Errorf("resource %q was not successfully created by the Kubernetes API server: %w", o.URN, err)
}

// dryRunPatch is the same of a patch, of which only updates are tried.
func (s *simulation) dryRunPatch(o *sandbox.Operation, target string, preview bool) error {
	if _, known := without(map[string]any(o.Inputs)); !preview || o.ID == "" || !known {
		return nil
	}
	c := s.cluster(o)
	tried := *o
	tried.Old = &sandbox.Object{}
	_, made, err := c.patched(&tried, target)
	if err == nil && made {
		err = errors.New("the object that is patched is not there any more")
	}
	return err
}
