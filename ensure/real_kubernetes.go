package ensure

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/providers/sandbox"
	sandboxkubernetes "github.com/ptd-go/ptd/providers/sandbox/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

// kubernetesPlugin is the real plugin on the cluster that stands for one of a target's. The
// engine and the state see the provider as the program made it. It is configured when it is
// first used: the provider that eks makes and nobody uses starts no process.
type kubernetesPlugin struct {
	plugin.Provider
	cloud  *sandbox.Cloud
	target *config.Target
	parts  RealParts
	seeds  *seeds

	mutex  sync.Mutex // for what follows
	wanted plugin.ConfigureRequest
	ready  bool
}

// Configure implements plugin.Provider.
func (k *kubernetesPlugin) Configure(_ context.Context, r plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.wanted, k.ready = r, false
	return plugin.ConfigureResponse{}, nil
}

// configured configures the plugin with the given kubeconfig in place of the program's.
func (k *kubernetesPlugin) configured(ctx context.Context) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.ready {
		return nil
	}
	r := k.wanted
	if !r.Inputs.ContainsUnknowns() {
		name, err := k.cluster(ctx, r.Inputs)
		if err != nil {
			return fmt.Errorf("connect to the Kubernetes cluster: %w", err)
		}
		contexts, err := k.parts.Kubernetes.Context(clusterNames(k.target)...)
		if err != nil {
			return fmt.Errorf("connect to the Kubernetes cluster: %w", err)
		}
		text, err := k.parts.Kubernetes.Text(contexts[name])
		if err != nil {
			return fmt.Errorf("connect to the Kubernetes cluster: %w", err)
		}
		r.Inputs = r.Inputs.Copy()
		r.Inputs["kubeconfig"] = resource.MakeSecret(resource.NewStringProperty(text))
		delete(r.Inputs, "context")
		delete(r.Inputs, "cluster")
	}
	if _, err := k.Provider.Configure(ctx, r); err != nil {
		return err
	}
	k.ready = true
	return nil
}

// cluster is the name of the target's cluster that the program's kubeconfig leads to, once
// what its cloud makes in a cluster is in the one that stands for it.
func (k *kubernetesPlugin) cluster(ctx context.Context, inputs resource.PropertyMap) (name string, err error) {
	server, err := sandboxkubernetes.Server(sandbox.PlainMap(inputs))
	if err != nil {
		return "", err
	}
	var made []map[string]any
	err = k.cloud.Do(func() error {
		for release := range k.target.AWSWorkload.Clusters {
			identifier := k.target.AWSWorkload.ClusterARN(release)
			if k.cloud.Cluster(func(cluster sandbox.Cluster) bool { return cluster.Endpoint() == server && cluster.Is(identifier) }) != nil {
				name, made = k.target.AWSWorkload.ClusterName(release), sandboxkubernetes.Made(k.cloud, identifier)
				return nil
			}
		}
		return fmt.Errorf("none of the target's clusters answers at %s", server)
	})
	if err != nil {
		return "", err
	}
	return name, k.seeds.provide(ctx, made, name, func() (*kubernetes.APICluster, error) { return k.parts.cluster(k.target, name) })
}

// seeds are the objects that a simulated cloud has put into real clusters.
type seeds struct {
	mutex sync.Mutex
	there map[string]bool
}

// provide makes sure that objects are in a cluster, each once.
func (s *seeds) provide(ctx context.Context, objects []map[string]any, name string, reach func() (*kubernetes.APICluster, error)) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, object := range objects {
		metadata := sandbox.Inputs(object).Map("metadata")
		key := fmt.Sprint(name, " ", object["kind"], " ", metadata["namespace"], " ", metadata["name"])
		if s.there[key] {
			continue
		}
		cluster, err := reach()
		if err == nil {
			err = cluster.Provide(ctx, object)
		}
		if err != nil {
			return fmt.Errorf("put into cluster %s what its cloud makes there: %w", name, err)
		}
		if s.there == nil {
			s.there = map[string]bool{}
		}
		s.there[key] = true
	}
	return nil
}

// skipAwait is the annotation that makes the plugin wait for nothing.
const skipAwait = "pulumi.com/skipAwait"

// awaited are the types of which the plugin waits for what controllers do.
// (awaiters of pulumi-kubernetes, provider/pkg/await/awaiters.go)
var awaited = []string{
	"core/v1:PersistentVolume", "core/v1:PersistentVolumeClaim", "core/v1:Pod", "core/v1:ReplicationController", "core/v1:ResourceQuota",
	"core/v1:Service", "apps/v1:DaemonSet", "apps/v1:Deployment", "apps/v1:ReplicaSet", "apps/v1:StatefulSet", "batch/v1:Job",
	"networking.k8s.io/v1:Ingress",
}

// unawaited sets the annotation on what only controllers bring about.
func (k *kubernetesPlugin) unawaited(typ string, inputs resource.PropertyMap) resource.PropertyMap {
	metadata := inputs["metadata"]
	kind := strings.TrimSuffix(strings.TrimPrefix(typ, "kubernetes:"), "Patch")
	if !k.parts.Unawaited || !metadata.IsObject() || !waits(kind, metadata.ObjectValue()) {
		return inputs
	}
	changed := annotated(inputs, func(annotations resource.PropertyMap) {
		annotations[skipAwait] = resource.NewStringProperty("true")
		delete(annotations, waitFor)
	})
	return changed
}

// waitFor is the annotation that makes the plugin wait for a state of any object.
const waitFor = "pulumi.com/waitFor"

func waits(kind string, metadata resource.PropertyMap) bool {
	for _, typ := range awaited {
		if kind == typ {
			return true
		}
	}
	annotations := metadata["annotations"]
	return annotations.IsObject() && annotations.ObjectValue().HasValue(waitFor)
}

// annotated are inputs with other annotations.
func annotated(inputs resource.PropertyMap, change func(annotations resource.PropertyMap)) resource.PropertyMap {
	metadata := inputs["metadata"].ObjectValue().Copy()
	annotations := resource.PropertyMap{}
	if given := metadata["annotations"]; given.IsObject() {
		annotations = given.ObjectValue().Copy()
	} else if !given.IsNull() {
		return inputs // they are not known, or secret as a whole
	}
	change(annotations)
	metadata["annotations"] = resource.NewObjectProperty(annotations)
	changed := inputs.Copy()
	changed["metadata"] = resource.NewObjectProperty(metadata)
	return changed
}

// Check implements plugin.Provider.
func (k *kubernetesPlugin) Check(ctx context.Context, r plugin.CheckRequest) (plugin.CheckResponse, error) {
	if err := k.configured(ctx); err != nil {
		return plugin.CheckResponse{}, err
	}
	r.News = k.unawaited(string(r.URN.Type()), r.News)
	return k.Provider.Check(ctx, r)
}

// Diff implements plugin.Provider.
func (k *kubernetesPlugin) Diff(ctx context.Context, r plugin.DiffRequest) (plugin.DiffResponse, error) {
	if err := k.configured(ctx); err != nil {
		return plugin.DiffResponse{}, err
	}
	return k.Provider.Diff(ctx, r)
}

// Create implements plugin.Provider.
func (k *kubernetesPlugin) Create(ctx context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	if err := k.configured(ctx); err != nil {
		return plugin.CreateResponse{}, err
	}
	return k.Provider.Create(ctx, r)
}

// Read implements plugin.Provider.
func (k *kubernetesPlugin) Read(ctx context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) {
	if err := k.configured(ctx); err != nil {
		return plugin.ReadResponse{}, err
	}
	return k.Provider.Read(ctx, r)
}

// Update implements plugin.Provider.
func (k *kubernetesPlugin) Update(ctx context.Context, r plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	if err := k.configured(ctx); err != nil {
		return plugin.UpdateResponse{}, err
	}
	return k.Provider.Update(ctx, r)
}

// Delete implements plugin.Provider. It waits, whatever the object says: a replacement must
// not meet what it replaces. (docs/reference/real-plugins.md 2, row 10)
func (k *kubernetesPlugin) Delete(ctx context.Context, r plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	if err := k.configured(ctx); err != nil {
		return plugin.DeleteResponse{}, err
	}
	if k.parts.Unawaited {
		r.Inputs, r.Outputs = waitedFor(r.Inputs), waitedFor(r.Outputs)
	}
	return k.Provider.Delete(ctx, r)
}

// waitedFor are properties without the annotation that keeps the plugin from waiting.
func waitedFor(properties resource.PropertyMap) resource.PropertyMap {
	const kept = "__inputs" // where the plugin keeps the inputs, which it follows
	inputs := properties[kept]
	if inputs.IsSecret() {
		inputs = inputs.SecretValue().Element
	}
	if inputs.IsObject() {
		properties = properties.Copy()
		properties[kept] = resource.NewObjectProperty(waitedFor(inputs.ObjectValue()))
	}
	if !properties["metadata"].IsObject() {
		return properties
	}
	return annotated(properties, func(annotations resource.PropertyMap) { delete(annotations, skipAwait) })
}

// Invoke implements plugin.Provider.
func (k *kubernetesPlugin) Invoke(ctx context.Context, r plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	if err := k.configured(ctx); err != nil {
		return plugin.InvokeResponse{}, err
	}
	return k.Provider.Invoke(ctx, r)
}

// Construct implements plugin.Provider.
func (k *kubernetesPlugin) Construct(context.Context, plugin.ConstructRequest) (plugin.ConstructResponse, error) {
	return plugin.ConstructResponse{}, errors.New("the sandbox runs no components of the real kubernetes plugin, which would ask for clusters past it")
}
